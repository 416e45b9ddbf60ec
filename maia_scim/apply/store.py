"""The SQLite file behind plans and journals: one schema, in which a plan is a run that nothing was written of yet.

A plan that is being made lives in a temporary file; saved, in one of its own; applied, in the journal, where every
write stands before it is sent, and its outcome when it is known. Rows are read and written one by one, so that memory
does not grow with them. A connection is used by one thread at a time.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final, Literal
from weakref import WeakValueDictionary

from maia_scim.database import Database, make_private

from .errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

APPLICATION: Final = 0x4D414941  # "MAIA", in the header of each file
FORMAT: Final = 2
HEADER: Final = b"SQLite format 3\x00"
# What writes to a file in this process, by device and number of the file. To open such a file otherwise and close it
# again would let go of the lock on it (sqlite.org/howtocorrupt.html, section 2.2).
_held: Final[WeakValueDictionary[tuple[int, int], Store]] = WeakValueDictionary()

_SCHEMA: Final = """
CREATE TABLE run (
    run INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,   -- of the plan, wherever it is copied to
    kind TEXT NOT NULL,         -- apply, undo, or what else is planned
    base_url TEXT NOT NULL,
    region TEXT,
    account TEXT NOT NULL,
    profile TEXT,
    file TEXT NOT NULL,
    sha256 TEXT,
    form TEXT,                  -- JSON: how the file is written
    journal TEXT,               -- of a saved plan: where the journal is, seen from the plan
    planned TEXT NOT NULL,
    passed INTEGER NOT NULL DEFAULT 0,      -- users who were looked at, and not meant
    state TEXT NOT NULL         -- planned, running, finished, stopped, abandoned
);
CREATE TABLE entry (
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,         -- user, new user, group
    line INTEGER,
    id TEXT NOT NULL,
    said TEXT,                  -- the name that the id was found by, in an index
    seen TEXT,                  -- when the index saw it
    name TEXT,
    state TEXT NOT NULL,
    note TEXT,
    faults TEXT,
    changes TEXT,
    kept TEXT,
    case_only INTEGER NOT NULL DEFAULT 0,
    deactivates INTEGER NOT NULL DEFAULT 0,
    renames INTEGER NOT NULL DEFAULT 0,
    adds INTEGER NOT NULL DEFAULT 0,        -- members of the group
    removes INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,        -- members that the group had, in the first of its entries
    empties INTEGER NOT NULL DEFAULT 0,     -- whether it would have none after this
    before TEXT,
    wanted TEXT,
    version TEXT,
    source TEXT,
    PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE INDEX entry_by_id ON entry (id COLLATE NOCASE);
CREATE TABLE write (
    seq INTEGER PRIMARY KEY,    -- one for each time that a change was about to be written
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    begun TEXT NOT NULL,
    ended TEXT,
    outcome TEXT,
    error TEXT,
    status INTEGER,
    request_id TEXT,
    attempts INTEGER,
    differences TEXT,
    after TEXT
);
CREATE INDEX write_by_entry ON write (run, number, seq);
"""
_ADD_RUN: Final = """
INSERT INTO run VALUES (
    :run, :uid, :kind, :base_url, :region, :account, :profile, :file, :sha256, :form, :journal, :planned, :passed,
    :state
)
"""
ADD_ENTRY: Final = """
INSERT INTO entry VALUES (
    :run, :number, :kind, :line, :id, :said, :seen, :name, :state, :note, :faults, :changes, :kept, :case_only,
    :deactivates, :renames, :adds, :removes, :held, :empties, :before, :wanted, :version, :source
)
"""
# An entry about which nothing is known yet.
EMPTY: Final[dict[str, Any]] = {
    "kind": "user",
    "line": None,
    "id": "",
    "said": None,
    "seen": None,
    "name": None,
    "note": None,
    "faults": None,
    "changes": None,
    "kept": None,
    "case_only": 0,
    "deactivates": 0,
    "renames": 0,
    "adds": 0,
    "removes": 0,
    "held": 0,
    "empties": 0,
    "before": None,
    "wanted": None,
    "version": None,
    "source": None,
}
UPDATE: Final = """
UPDATE entry SET name = :name, state = :state, note = :note, faults = :faults, changes = :changes, kept = :kept,
    case_only = :case_only, deactivates = :deactivates, renames = :renames, before = :before, wanted = :wanted,
    version = :version
WHERE run = :run AND number = :number
"""


class Store(Database):
    """A connection to such a file.

    Args:
        connection: The connection.
        name: What to call the file in messages.
    """

    refusal = JournalError
    busy = "another run is using it; wait for its end"

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        super().__init__(connection, name)
        self._key: tuple[int, int] | None = None

    @classmethod
    def temporary(cls) -> Store:
        """Make one that is gone when it is closed. SQLite keeps it in memory while it is small, and then on disk."""
        with cls.guard("plan"):
            store = cls(sqlite3.connect("", isolation_level=None, check_same_thread=False), "plan")
            store.sql.executescript(_SCHEMA)
        return store

    @classmethod
    def open(cls, file: Path, mode: Literal["read", "write", "create"]) -> Store:
        """Open a file: to read, to write to one that there is, or to one that is made if there is none.

        Whoever writes holds the file alone until it is closed, or the process ends.

        Raises:
            JournalError: If it is no such file, another run holds it, or it cannot be opened.
        """
        if mode == "create":
            _make(file)
        elif not _is_file(file):
            raise JournalError(f"{file}: there is no such file")
        elif not is_ours(file):
            raise JournalError(f"{file}: neither a plan nor a journal of maia-scim")
        # To read, too: what a crash left half written is rolled back by whoever comes next. Where the file cannot be
        # written, SQLite is content with reading.
        uri = f"{file.absolute().as_uri()}?mode=rw"
        with cls.guard(str(file)):
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0.3, check_same_thread=False)
        store = cls(connection, str(file))
        try:
            store._check(exclusive=mode != "read")
            if mode != "read":
                store._key = _key(file)
                _held[store._key] = store
        except BaseException:
            store.close()
            raise
        return store

    def _check(self, *, exclusive: bool) -> None:
        with self.guarded():
            if not exclusive:
                self.sql.execute("PRAGMA query_only = ON")
            else:
                self.sql.execute("PRAGMA locking_mode = EXCLUSIVE")
                self.sql.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut
                self.sql.execute("BEGIN EXCLUSIVE")
                if not self.pragma("application_id"):
                    for statement in _SCHEMA.split(";\n"):
                        self.sql.execute(statement)
                    self.sql.execute(f"PRAGMA application_id = {APPLICATION}")
                    self.sql.execute(f"PRAGMA user_version = {FORMAT}")
                self.sql.execute("COMMIT")
            if self.pragma("application_id") != APPLICATION:
                raise JournalError(f"{self.name}: neither a plan nor a journal of maia-scim")
            if self.pragma("user_version") != FORMAT:
                raise JournalError(f"{self.name}: written by another version of maia-scim, which has to read it")

    def copy_run(self, run: int, to: Store, **changes: str | None) -> int:
        """Copy the plan of a run to another file.

        Args:
            run: The run.
            to: The other file.
            changes: Columns of the run that are other there.

        Returns:
            The run's number there.
        """
        about = self.row("SELECT * FROM run WHERE run = ?", run)
        assert about is not None
        copy = to.add_run({**dict(about), **changes})
        rows = self.rows("SELECT * FROM entry WHERE run = ? ORDER BY number", run)
        to.write_all(ADD_ENTRY, ({**dict(row), "run": copy} for row in rows))
        return copy

    def add_run(self, values: Mapping[str, Any]) -> int:
        """Add a run, and give its number."""
        return self.write(_ADD_RUN, {**values, "run": None})

    def close(self) -> None:
        """Close the connection."""
        super().close()
        if self._key is not None:
            _held.pop(self._key, None)
            self._key = None


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # in a folder that is not to be looked into
        return False


def _key(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_dev, found.st_ino


def is_ours(file: Path) -> bool:
    """Whether a file is a plan or a journal, by its header."""
    if not _is_file(file):  # a look into a pipe would take from it
        return False
    try:
        if _key(file) in _held:
            return True
        with file.open("rb") as stream:
            header = stream.read(100)
    except OSError:
        return False
    return header.startswith(HEADER) and header[68:72] == APPLICATION.to_bytes(4, "big")


def _make(file: Path) -> None:
    """Make an empty file that its owner alone may read, since it will hold personal data; leave one that there is.

    Raises:
        JournalError: If it cannot be made, or is something else.
    """
    try:
        make_private(file)
    except FileExistsError:
        if file.stat().st_size and not is_ours(file):
            raise JournalError(f"{file}: there is another file of that name: choose one with --journal") from None
    except OSError as error:
        raise JournalError(f"{file}: {error.strerror or error}") from error
