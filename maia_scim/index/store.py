"""The index: a SQLite file of its own for each account, which any number of threads and processes may feed at once.

It is a cache, so it trades durability for speed: notes are written some hundred at a time, and a power cut may cost the
last of them.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from maia_scim.database import Database, make_private
from maia_scim.text import fold

from . import schema
from .errors import IndexRefused, NameAmbiguous, NameNotFound
from .model import Counts, Found, SeenGroup, SeenUser
from .notes import Note, stamp, taken
from .writing import spelt, write_all

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from maia_public_api.base import Model

    from maia_scim import AsyncMaiaScim, MaiaScim
    from maia_scim.core import Core
    from maia_scim.models import ScimGroup, ScimUser

    from .model import By, Kind

    C = TypeVar("C", MaiaScim, AsyncMaiaScim)

BUFFER: Final = 200  # notes that wait to be written
_PATIENCE: Final = 5.0  # seconds that another process may take to write
_SMALLEST: Final = 512  # bytes of a page of SQLite
log = logging.getLogger("maia_scim")


class Index(Database):
    """An index of who was seen. ``Index.open`` makes one; a context manager, safe to share between threads.

    Args:
        connection: The connection.
        name: What to call the file in messages.
    """

    refusal = IndexRefused

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        super().__init__(connection, name)
        self._lock, self._process = RLock(), os.getpid()
        self._waiting: list[Note | tuple[Kind, str]] = []  # a note, or who is gone
        self._warned = self._closed = False

    @classmethod
    def open(cls, file: Path, client: MaiaScim | AsyncMaiaScim, *, create: bool = True) -> Self:
        """Open the index of a client's account.

        Args:
            file: The file. It holds personal data: nobody but its owner may read it.
            client: The client that says which account it is.
            create: Whether to make the file if there is none.

        Raises:
            IndexRefused: If it is no index, or of another service or account, or cannot be opened.
        """
        core: Core = client._core  # pyright: ignore[reportPrivateUsage]
        try:
            if create:
                with suppress(FileExistsError):
                    make_private(file)
            elif not file.is_file():
                raise IndexRefused(f"{file}: there is no such index")
            # Told by its size: to look into it would let go of SQLite's locks (sqlite.org/howtocorrupt.html, 2.2), and
            # SQLite takes so small a file for an empty one.
            if 0 < file.stat().st_size < _SMALLEST:
                raise IndexRefused(f"{file}: that is no index of maia-scim")
        except OSError as error:
            raise IndexRefused(f"{file}: {error.strerror or error}") from error
        with cls.guard(str(file)):
            uri = f"{file.absolute().as_uri()}?mode=rw"
            connection = sqlite3.connect(
                uri, uri=True, isolation_level=None, timeout=_PATIENCE, check_same_thread=False
            )
        index = cls(connection, str(file))
        try:
            with index.guarded():
                index._prepare(core)
            index._check(core)
        except BaseException:
            connection.close()
            raise
        return index

    def _prepare(self, core: Core) -> None:
        if not self.pragma("application_id"):
            with self.together():  # another process may be about the same
                if not self.pragma("application_id") and not self.row("SELECT 1 FROM sqlite_master"):
                    for statement in schema.SCHEMA.split(";\n"):
                        self.sql.execute(statement)
                    about = core.place.base_url, core.auth.account, stamp()
                    self.sql.execute("INSERT INTO about VALUES (?, ?, ?)", about)
                    self.sql.execute(f"PRAGMA application_id = {schema.APPLICATION}")
                    self.sql.execute(f"PRAGMA user_version = {schema.FORMAT}")
        if self.pragma("application_id") != schema.APPLICATION:
            raise IndexRefused(f"{self.name}: that is no index of maia-scim")
        if self.pragma("user_version") != schema.FORMAT:
            raise IndexRefused(f"{self.name}: made by another version of maia-scim: remove it, and feed a new one")
        with suppress(sqlite3.OperationalError):  # where others have it open, they have set it
            self.sql.execute("PRAGMA journal_mode = WAL")
        self.sql.execute("PRAGMA synchronous = NORMAL")
        self.sql.execute("PRAGMA secure_delete = FAST")  # who is forgotten is not to be found in the file
        self.sql.execute("PRAGMA cache_size = -64000")  # KiB
        self.sql.execute("PRAGMA wal_autocheckpoint = 10000")  # pages: names lie all over the file

    def _check(self, core: Core) -> None:
        row = self.only("SELECT * FROM about", "it says not whose it is: remove it, and feed a new one")
        if not core.is_for(row["base_url"], row["account"]):
            raise IndexRefused(
                f"{self.name}: it is of {row['base_url']}, account {row['account']}, and this is "
                f"{core.place.base_url}, account {core.auth.account}"
            )

    # -- Asking -----------------------------------------------------------

    def find(self, who: str, kind: Kind = "user") -> Found:
        """Find the one that a name means.

        An id that is known wins. Else it is looked for as ``userName``, then as an address, ``externalId`` and
        ``displayName`` (of groups: ``displayName``, then ``externalId``), without regard to case and Unicode form. The
        first of them that somebody has decides.

        Args:
            who: A name, or an id.
            kind: Whether a user or a group is meant.

        Raises:
            NameNotFound: If nobody of that name was seen.
            NameAmbiguous: If several have it.
            IndexRefused: If the file cannot be read.
        """
        with self._lock:
            self._flush_quietly()
            ids = [*self.rows(schema.BY_ID, kind, who)]
            named = [] if ids else [*self.rows(schema.BY_NAME, fold(who), schema.FIRST[kind], schema.LAST[kind])]
        exact = [row for row in ids if row["id"] == who] or ids
        found = [_found(row, kind, who, "id", []) for row in exact]
        if named:
            place = int(named[0]["attribute"])
            _, by, column = schema.ATTRIBUTES[place]
            first = [row for row in named if row["attribute"] == place]
            found = [_found(row, kind, who, by, spelt(row, column)) for row in first]
        if not found:
            raise NameNotFound(
                f"{who}: no {kind} of that name was seen. That does not say that there is none: the index {self.name} "
                f"is no list of the directory, it knows who was seen. Show it the {kind} by its id (`maia-scim index "
                f"add {'--group ' * (kind == 'group')}ID`), or a journal (`maia-scim index learn JOURNAL`)"
            )
        if len(found) > 1:
            raise NameAmbiguous(who, found)
        return found[0]

    def is_name(self, text: str) -> bool:
        """Whether a text is a name rather than an id: it has an ``@``, or is known as a name and not as an id."""
        if "@" in text:
            return True
        with self._lock:
            self._flush_quietly()
            if self.row(schema.IS_ID, text):
                return False
            return self.row("SELECT 1 FROM name WHERE folded = ?", fold(text)) is not None

    def users(self) -> Iterator[SeenUser]:
        """All users who were seen, some at a time, so that notes may be taken meanwhile."""
        return map(_user, self._pages("user"))

    def groups(self) -> Iterator[SeenGroup]:
        """All groups that were seen."""
        return map(_group, self._pages("group"))

    def groups_of(self, user_id: str) -> tuple[str, ...]:
        """The ids of the groups that somebody is known to be in, by themselves or by another group."""
        with self._lock:
            self._flush_quietly()
            return tuple(row["grp"] for row in self.rows("SELECT grp FROM member WHERE id = ? ORDER BY grp", user_id))

    def members_of(self, group_id: str) -> tuple[str, ...]:
        """The ids of those who are known to be in a group by themselves: users, and groups."""
        return tuple(id for id, _ in self.memberships(group_id))

    def memberships(self, group_id: str) -> tuple[tuple[str, Kind], ...]:
        """The same, each with what it is."""
        with self._lock:
            self._flush_quietly()
            found = self.rows("SELECT id, kind FROM member WHERE grp = ? AND direct = 1 ORDER BY id", group_id)
            return tuple((row["id"], row["kind"]) for row in found)

    def counts(self) -> Counts:
        """How much it knows."""
        with self._lock:
            self._flush_quietly()
            row = self.only(schema.COUNT, "it cannot be counted")
        users, named, groups, memberships, *times = row
        oldest, newest = (time and datetime.fromisoformat(time) for time in times)
        return Counts(users, named, groups, memberships, oldest, newest)

    def _pages(self, kind: Kind) -> Iterator[sqlite3.Row]:
        last = 0
        while True:
            with self._lock:
                self._flush_quietly()
                page = [*self.rows(schema.PAGE, last, kind)]
            if not page:
                return
            yield from page
            last = page[-1]["key"]

    # -- Feeding ----------------------------------------------------------

    def note(
        self, resource: Mapping[str, Any] | ScimUser | ScimGroup, kind: Kind, seen: datetime | None = None
    ) -> None:
        """Note a user or group as the service answered. It replaces what is known of it, unless that is newer.

        A group's ``members`` replace who is known to be in it; one without says nothing of them. Members, and the
        groups of a user, become known by their ids, and by what the answer calls them.

        Args:
            resource: The user or group.
            kind: Which of them it is.
            seen: When the service answered; now, if not given.
        """
        if note := taken(resource, kind, stamp(seen)):
            self._add(note)

    def mention(self, kind: Kind, id: str, name: str | None, seen: datetime) -> None:
        """Note what little is known of somebody; it replaces nothing that an answer said."""
        self._add(Note(kind, id, stamp(seen), name, whole=False))

    def forget(self, kind: Kind, id: str) -> None:
        """Forget a user or group, as one that the service knows no more (404), and its memberships."""
        self._add((kind, id))

    def forget_before(self, when: datetime) -> int:
        """Forget all that was seen last before a time.

        Returns:
            How many that were.
        """
        with self._lock:
            self.flush()
            old: list[tuple[Kind, str]] = [(row["kind"], row["id"]) for row in self.rows(schema.OLD, stamp(when))]
            with self.together():
                write_all(self.sql, old)
        return len(old)

    def shrink(self) -> None:
        """Write the file anew, without what was forgotten."""
        with self._lock:
            self.flush()
            with self.guarded():
                self.sql.execute("VACUUM")
                self.sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def remove(self) -> None:
        """Close the file, and remove it.

        Raises:
            IndexRefused: If it cannot be removed.
        """
        with self._lock:
            self._waiting.clear()
            self.close()
            try:
                for end in ("", "-wal", "-shm"):
                    Path(self.name + end).unlink(missing_ok=True)
            except OSError as error:
                raise IndexRefused(f"{self.name}: {error.strerror or error}") from error

    def fed_by(self, client: C) -> C:
        """A copy of a client that notes here whomever it reads or writes, from any thread.

        A failure to note is logged once, and breaks no call.

        Args:
            client: The client. It is still the one to close.
        """
        return self.feed(client.with_options())

    def feed(self, client: C) -> C:
        """The same for the very client."""
        core: Core = client._core  # pyright: ignore[reportPrivateUsage]
        client._bind(core._replace(witness=self))  # pyright: ignore[reportPrivateUsage]
        return client

    def saw(self, resource: Model) -> None:
        """Note an answer. It raises nothing."""
        from maia_scim.models import ScimGroup, ScimUser

        with self._only_warning():
            if isinstance(resource, ScimUser | ScimGroup):
                self.note(resource, "user" if isinstance(resource, ScimUser) else "group")

    def missed(self, kind: Kind, id: str) -> None:
        """Note that the service knows no such user or group. It raises nothing."""
        with self._only_warning():
            self.forget(kind, id)

    def _add(self, note: Note | tuple[Kind, str]) -> None:
        with self._lock:
            self._waiting.append(note)
            if len(self._waiting) >= BUFFER:
                self.flush()

    def flush(self) -> None:
        """Write what was noted.

        Raises:
            IndexRefused: If it cannot be written. It is lost, then.
        """
        with self._lock:
            waiting, self._waiting = self._waiting, []
            if not waiting:
                return
            if self._closed:
                raise IndexRefused(f"{self.name}: it was closed")
            if self._process != os.getpid():  # sqlite.org/howtocorrupt.html, section 2.6
                raise IndexRefused(f"{self.name}: it was opened by another process, before a fork: open it again")
            with self.together():
                write_all(self.sql, waiting)

    def close(self) -> None:
        """Write what was noted, and close the file. What cannot be written is logged."""
        with self._lock:
            if not self._closed:
                self._flush_quietly()
                self._closed = True
                super().close()

    def _flush_quietly(self) -> None:
        with self._only_warning():
            self.flush()

    @contextmanager
    def _only_warning(self) -> Generator[None]:
        """Have what goes wrong with notes logged once, and break nothing else."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the call of the service was well
            if not self._warned:
                self._warned = True
                log.warning("the index is not fed: %s", error)


def _found(row: sqlite3.Row, kind: Kind, who: str, by: By, spelt: list[str]) -> Found:
    same = [text for text in spelt if fold(text) == fold(who)]
    differs = bool(same) and who.casefold() not in [text.casefold() for text in same]
    name = row["name"] or row["display_name"] or row["id"]
    return Found(row["id"], kind, name, who, by, datetime.fromisoformat(row["at"]), differs)


def _user(row: sqlite3.Row) -> SeenUser:
    return SeenUser(
        row["id"],
        row["name"],
        tuple(spelt(row, "emails")),
        row["external_id"],
        row["display_name"],
        None if row["active"] is None else bool(row["active"]),
        datetime.fromisoformat(row["at"]),
    )


def _group(row: sqlite3.Row) -> SeenGroup:
    at = datetime.fromisoformat(row["at"])
    return SeenGroup(row["id"], row["name"], at, bool(row["members"]), row["role"])
