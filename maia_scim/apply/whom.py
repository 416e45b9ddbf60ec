"""Whom a verb is about: ids of a file, members of groups, everyone that an index knows.

All of it is looked at before the first id is given: a line that is none, a name that nobody has, a group that is gone.
The ids are kept in a temporary SQLite table, which stays in memory while it is small: so each is given once, however
many there are.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol, Self, TypeGuard, cast

from maia_scim.database import Database
from maia_scim.errors import MaiaError, NotFound
from maia_scim.resources import resource_id

from . import names
from .decoding import Feed, Lines
from .errors import ApplyError, Faults, InvalidFile
from .model import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from typing import Literal

    from maia_scim import MaiaScim

    class Found(Protocol):
        """Whom a name means; as ``maia_scim.index`` tells it."""

        @property
        def id(self) -> str: ...
        @property
        def by(self) -> str: ...
        @property
        def name(self) -> str: ...
        @property
        def seen(self) -> datetime: ...
        @property
        def form_differs(self) -> bool: ...

    class Seen(Protocol):
        """A user whom an index knows."""

        @property
        def id(self) -> str: ...

    class Index(Protocol):
        """What is needed of an index."""

        def is_name(self, text: str) -> bool: ...
        def find(self, who: str, kind: Literal["user", "group"] = ...) -> Found: ...
        def users(self) -> Iterator[Seen]: ...


_COMMENT = re.compile(r"(?:^|\s)#")  # within a name (babs_example.com#EXT#) it is none
_LINES = 3  # of each kind that are told where a file mixes ids and names
_SCHEMA = """
CREATE TABLE chosen (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE COLLATE NOCASE,  -- as apply has it, to which two that differ in case are one user
    note TEXT,
    said TEXT,
    seen TEXT
);
"""
_PAGE = "SELECT number, id, note FROM chosen WHERE number > ? ORDER BY number LIMIT 500"


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a verb is about: all of these together, each once.

    Attributes:
        ids: Ids, or names if there is an index: an iterable of them; or a file with one a line, in which # begins a
            comment, as a path or a binary stream.
        groups: Ids of groups, or their names if there is an index: their members.
        index: What finds the id that a name means.
        everyone: Whether it is about all users whom the index knows.
    """

    ids: Iterable[str] | Path | BinaryIO = ()
    groups: Iterable[str] = ()
    index: Index | None = None
    everyone: bool = False


class Chosen(NamedTuple):
    """Somebody whom a verb is about.

    Attributes:
        id: The id.
        note: How it was found, if by a name.
        said: The name that it was found by.
        seen: When the index saw that, as text.
    """

    id: str
    note: str | None = None
    said: str | None = None
    seen: str | None = None


class Ids(Database):
    """Ids with a note each, in the order in which they were named. Close it, use ``with``, or go through to its end."""

    refusal = ApplyError

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        super().__init__(connection, name)
        self._page: list[sqlite3.Row] = []
        self._given: int | None = 0  # up to which number; None after the last

    @classmethod
    def none(cls) -> Self:
        """Make one without any."""
        with cls.guard("the list of ids"):
            made = cls(sqlite3.connect("", isolation_level=None, check_same_thread=False), "the list of ids")
            made.sql.executescript(_SCHEMA)
        return made

    def add(self, chosen: Chosen) -> None:
        """Add one; nothing comes of one that is there."""
        query = "INSERT OR IGNORE INTO chosen (id, note, said, seen) VALUES (:id, :note, :said, :seen)"
        self.write(query, chosen._asdict())

    def all(self) -> Iterator[Chosen]:
        """Give them all, each with the name that it was found by."""
        for row in self.rows("SELECT id, note, said, seen FROM chosen ORDER BY number"):
            yield Chosen(**dict(row))

    @property
    def count(self) -> int:
        """How many there are."""
        row = self.row("SELECT count(*) AS count FROM chosen")
        return int(row["count"]) if row else 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[str, str | None]:
        """Give the next one; after the last, let go of the table."""
        if not self._page and self._given is not None:
            # No cursor is left open where somebody ends early.
            self._page = [*self.rows(_PAGE, self._given)][::-1]
        if not self._page:
            self._given = None
            self.close()
            raise StopIteration
        row = self._page.pop()
        self._given = row["number"]
        return row["id"], row["note"]


def ids_of(client: MaiaScim, whom: Whom, *, tell: Callable[[str], object] | None = None) -> Ids:
    """Find the ids of those whom a verb is about. All is looked at before the first is given.

    Args:
        client: The client, which reads groups.
        whom: Whom it is about.
        tell: Is told, a sentence each, which group a name means, and what is left out, such as groups that are members
            of a group: they are no users.

    Returns:
        An iterator of each id, once, with a note: how it was found, if by a name, or None. Its ``count`` is how many.

    Raises:
        InvalidFile: If a line of a file is neither an id nor a name of somebody, or it has both ids and names.
        ApplyError: If nobody is named, an index is needed that is not there, or a group has its name no more.
        IndexFault: If a name that stands in no file means nobody, or several.
        NotFound: If a group is gone; its message names all that are.
        ValueError: If an id is none.
    """
    if whom.everyone and whom.index is None:
        raise ApplyError("everyone is whom an index knows: there is none")
    ids = Ids.none()
    try:
        with ids.together():
            _fill(ids, client, whom, tell)
    except BaseException:
        ids.close()
        raise
    return ids


def _fill(ids: Ids, client: MaiaScim, whom: Whom, tell: Callable[[str], object] | None) -> None:
    named = _add_ids(ids, whom)
    groups: dict[str, Chosen] = {}
    for text in whom.groups:
        chosen = find(text.strip(), "group", whom.index)
        groups.setdefault(chosen.id, chosen)
    if not (named or groups or whom.everyone):
        raise ApplyError("nobody is named: it takes ids, a group, or everyone of an index")
    told = [chosen.note for chosen in groups.values() if chosen.note]
    for chosen, group in zip(groups.values(), _read(client, groups), strict=True):
        if chosen.said and (outdated := names.outdated_group(group.to_dict(), chosen.said)):
            raise ApplyError(outdated)
        told += _add_members(ids, group)
    if tell:
        for text in told:
            tell(text)
    if whom.everyone and whom.index:
        for user in whom.index.users():
            ids.add(Chosen(user.id))


def find(text: str, kind: Literal["user", "group"], index: Index | None) -> Chosen:
    """Tell whom a text means.

    Args:
        text: An id, or a name if there is an index.
        kind: What it is of.
        index: What finds the id that a name means.

    Raises:
        ApplyError: If it is a name, and there is no index; or one that others may have, too.
        IndexFault: If a name means nobody, or several.
        ValueError: If it is no id.
    """
    if index is not None and index.is_name(text):
        found = index.find(text, kind)
        if kind == "user" and found.by == "displayName":
            raise ApplyError(
                f"{text} is what {found.name} ({found.id}) is shown as, and others may be, too: write the userName, an "
                "address or the id"
            )
        form = f", which the directory spells in another Unicode form ({found.name})" if found.form_differs else ""
        note = f"{text} is {kind} {found.id} by its {found.by}{form}, seen {found.seen:%Y-%m-%d}"
        return Chosen(found.id, note, text, found.seen.isoformat())
    if index is None and "@" in text:
        raise ApplyError(f"{text} is a name: it takes an index to find whose it is")
    return Chosen(resource_id(text, kind))


# Ids and names.


def _add_ids(ids: Ids, whom: Whom) -> bool:
    """Add those that were named one by one, and tell whether there were any."""
    if _is_file(whom.ids):
        _add_file(ids, whom.ids, whom.index)
        return True
    named = False
    for text in cast("Iterable[str]", whom.ids):
        named = True
        ids.add(find(text.strip(), "user", whom.index))
    return named


def _is_file(ids: Iterable[str] | Path | BinaryIO) -> TypeGuard[Path | BinaryIO]:
    return isinstance(ids, Path) or hasattr(ids, "read")


def _add_file(ids: Ids, file: Path | BinaryIO, index: Index | None) -> None:
    given = str(file) if isinstance(file, Path) else getattr(file, "name", None)
    name = given if isinstance(given, str) and given != "<stdin>" else "standard input"
    seen: dict[str, list[int]] = {"ids": [], "names": []}
    counts = dict.fromkeys(seen, 0)
    faults = Faults()
    with _opened(file, name) as stream:
        lines = Lines(Feed(stream, name, None))
        for each in lines:
            text = _COMMENT.split(each, maxsplit=1)[0].strip()
            if not text:
                continue
            kind = "names" if (index.is_name(text) if index else "@" in text) else "ids"
            counts[kind] += 1
            if counts[kind] <= _LINES:
                seen[kind].append(lines.number)
            try:
                ids.add(find(text, "user", index))
            except (MaiaError, ValueError) as error:
                faults.add(Fault(lines.number, None, str(error)))
    if all(counts.values()):  # a name that nobody has may be an id that was mistyped, so each kind stands alone
        where = " and ".join(f"{kind} (line {_listed(seen[kind], counts[kind])})" for kind in seen)
        known = "; what the index does not know as a name is taken for an id" if index else ""
        raise InvalidFile(name, [Fault(None, None, f"has both {where}: write the one or the other{known}")])
    faults.refuse(name)
    if not any(counts.values()):
        raise InvalidFile(name, [Fault(None, None, "names nobody: it takes an id a line")])


def _listed(lines: list[int], count: int) -> str:
    return ", ".join(map(str, lines)) + (", …" if count > len(lines) else "")


def _opened(file: Path | BinaryIO, name: str) -> AbstractContextManager[BinaryIO]:
    if not isinstance(file, Path):
        return nullcontext(file)
    return _open(file, name)


@contextmanager
def _open(file: Path, name: str) -> Generator[BinaryIO]:
    try:
        stream = file.open("rb")
    except OSError as error:
        raise InvalidFile(name, [Fault(None, None, f"cannot be read: {error.strerror or error}")]) from error
    with stream:
        yield stream


# Groups.


def _read(client: MaiaScim, groups: Iterable[str]) -> list[Any]:
    """Read groups, all of them before any is used."""
    read: list[Any] = []
    gone: list[str] = []
    last: NotFound | None = None
    for id in groups:
        try:
            read.append(client.groups.get(id))
        except NotFound as error:
            gone.append(id)
            last = error
    if last is not None:
        raise NotFound(
            f"group{'s' * (len(gone) > 1)} {', '.join(gone)}: gone, or never in this account and region; nothing was "
            "done for anybody",
            outcome="refused",
            status=last.status,
            request_id=last.request_id,
        ) from last
    return read


def is_group(member: Any) -> bool:
    """Whether a member of a group is a group itself: by its type, else by its address (RFC 7643 section 4.2)."""
    type: str | None = member.type_
    return type.lower() == "group" if type else "/Groups/" in (member.ref or "")


def _add_members(ids: Ids, group: Any) -> Iterator[str]:
    """Add the members of a group who are users, and tell what the others are."""
    groups = nobody = 0
    for member in group.members:
        if is_group(member):
            groups += 1
        elif not member.value:
            nobody += 1
        else:
            ids.add(Chosen(member.value))
    called = f"group {group.display_name or group.id}"
    if groups:
        is_are = "is a group" if groups == 1 else "are groups"
        yield f"{called}: {groups} of its members {is_are}: only users who are members themselves are taken"
    if nobody:
        yield f"{called}: {nobody} of its members {'has' if nobody == 1 else 'have'} no id, and cannot be read"


__all__ = ["Chosen", "Ids", "Whom", "find", "ids_of", "is_group"]
