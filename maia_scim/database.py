"""What SQLite files of ours have in common: rows one by one, all of a write or nothing, errors that name the file."""

from __future__ import annotations

import json
import os
import sqlite3
from abc import ABC, abstractmethod
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from .errors import MaiaError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType


class Closes(ABC):
    """What is closed at the end of a ``with`` block."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of what is held."""


class Database(Closes):
    """A connection to a file. It is used by one thread at a time.

    Args:
        connection: The connection, without transactions of its own (``isolation_level=None``).
        name: What to call the file in messages.
    """

    refusal: ClassVar[type[MaiaError]] = MaiaError
    """What is raised where SQLite refuses."""
    busy: ClassVar[str] = "another process is using it; wait for its end"
    """What to say where another process holds the file."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self.sql, self.name = connection, name
        connection.row_factory = sqlite3.Row

    @classmethod
    @contextmanager
    def guard(cls, name: str) -> Generator[None]:
        """Make errors of SQLite's ours.

        Args:
            name: What it is about.

        Raises:
            MaiaError: The class's ``refusal``.
        """
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise cls.refusal(f"{name}: {cls.busy}") from error
            raise cls.refusal(f"{name}: {error}") from error

    @contextmanager
    def guarded(self) -> Generator[None]:
        """Make errors of SQLite's ours, of this file."""
        with self.guard(self.name):
            yield

    @contextmanager
    def together(self) -> Generator[None]:
        """Write all of it or nothing."""
        with self.guarded():
            self.sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.sql.execute("COMMIT")
            except BaseException:
                if self.sql.in_transaction:  # SQLite may have rolled it back by itself, as where the disk is full
                    self.sql.execute("ROLLBACK")
                raise

    def rows(self, query: str, *values: Any) -> Iterator[sqlite3.Row]:
        """Read rows, one by one."""
        with self.guarded():
            yield from self.sql.execute(query, values)

    def row(self, query: str, *values: Any) -> sqlite3.Row | None:
        """Read one row."""
        with self.guarded():
            row: sqlite3.Row | None = self.sql.execute(query, values).fetchone()
        return row

    def only(self, query: str, missing: str, *values: Any) -> sqlite3.Row:
        """Read one row.

        Raises:
            MaiaError: The class's ``refusal``, saying what is missing, if there is none.
        """
        row = self.row(query, *values)
        if row is None:
            raise self.refusal(f"{self.name}: {missing}")
        return row

    def write(self, query: str, values: Mapping[str, Any]) -> int:
        """Write, and give the id of a row that was added."""
        with self.guarded():
            return self.sql.execute(query, {name: _fit(value) for name, value in values.items()}).lastrowid or 0

    def write_all(self, query: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write many rows."""
        with self.guarded():
            self.sql.executemany(query, rows)

    def pragma(self, name: str) -> int:
        """Read a setting of the file that is a number."""
        return int(self.sql.execute(f"PRAGMA {name}").fetchone()[0])

    def close(self) -> None:
        """Close the connection."""
        self.sql.close()


def make_private(file: Path) -> None:
    """Make an empty file that its owner alone may read, since it will hold personal data.

    Raises:
        FileExistsError: If there is one of that name; it is left as it is.
        OSError: If it cannot be made.
    """
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def dumps(value: Any) -> str:
    """JSON text as files hold it. In ASCII: half a character, which JSON may have, cannot be written in UTF-8."""
    return json.dumps(value, separators=(",", ":"))


def now() -> str:
    """The time, as files hold it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _fit(value: Any) -> Any:
    """A value without half characters, which a service's message or a user's name may have."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) and not value.isascii() else value
