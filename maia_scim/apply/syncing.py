"""Bringing the members of groups to what a file says: only what differs is written.

A group that the file does not name is not touched. Neither are groups that are members of a group: the file is about
users.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from maia_scim.errors import MaiaError, NotFound
from maia_scim.resources import named, resource_id

from . import names
from .errors import Faults
from .making import journal_for, make
from .memberships import Member, members_of, propose, read_group
from .model import Fault
from .plans import CONCURRENCY
from .reads import read_users
from .tables import open_table
from .whom import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from maia_scim import MaiaScim
    from maia_scim.files import AnyPath
    from maia_scim.index import Index

    from .memberships import Members
    from .planning import Making
    from .plans import Plan

Column = Literal["group", "member"]
_COLUMNS: tuple[Column, ...] = ("group", "member")
# The pairs of a file. Gone with the connection.
_SCRATCH = """
CREATE TEMP TABLE pair (
    line INTEGER NOT NULL,
    said_group TEXT NOT NULL,
    said_member TEXT NOT NULL,  -- '' where a group is to have nobody
    grp TEXT,
    member TEXT
);
CREATE INDEX temp.pair_by_group ON pair (said_group);
CREATE INDEX temp.pair_by_member ON pair (said_member);
CREATE INDEX temp.pair_by_ids ON pair (grp, member);
CREATE TEMP TABLE member (id TEXT PRIMARY KEY, name TEXT);  -- users, as far as that was seen
"""
# For each column: what it says, each once; and what that is.
_SAID: dict[Column, tuple[str, str]] = {
    "group": (
        "SELECT said_group AS said, min(line) AS line FROM pair WHERE said_group <> '' GROUP BY 1 ORDER BY 2",
        "UPDATE pair SET grp = :id WHERE said_group = :said",
    ),
    "member": (
        "SELECT said_member AS said, min(line) AS line FROM pair WHERE said_member <> '' GROUP BY 1 ORDER BY 2",
        "UPDATE pair SET member = :id WHERE said_member = :said",
    ),
}
_TWICE = """
SELECT p.line, first.line AS first, p.said_group AS grp, p.said_member AS said
FROM (
    SELECT grp, member, min(line) AS line FROM pair WHERE member IS NOT NULL GROUP BY grp, member HAVING count(*) > 1
) first CROSS JOIN pair p ON p.grp = first.grp AND p.member = first.member AND p.line <> first.line
"""
_EMPTY = """
SELECT empty.line, min(other.line) AS other FROM pair empty
CROSS JOIN pair other ON other.grp = empty.grp AND other.said_member <> '' WHERE empty.said_member = '' GROUP BY 1
"""
# Who is in none of the groups yet, or was said by a name.
_NEW = """
SELECT member AS id, min(line) AS line, max(CASE WHEN said_member <> member THEN said_member END) AS said FROM pair
WHERE member IS NOT NULL AND (said_member <> member OR member NOT IN (SELECT id FROM member)) GROUP BY 1 ORDER BY 2
"""
_WANTED = """
SELECT member AS id, name FROM pair LEFT JOIN member ON id = member WHERE grp = ? AND member IS NOT NULL ORDER BY line
"""
_NAMES = """
SELECT said_group AS said, min(line) AS line FROM pair WHERE grp = ? AND said_group <> grp COLLATE NOCASE GROUP BY 1
"""
_SEEN = "INSERT INTO member VALUES (:id, :name) ON CONFLICT (id) DO UPDATE SET name = coalesce(excluded.name, name)"
# How the service spells an id, which may differ in case.
_OWN_GROUP = "UPDATE pair SET grp = :own WHERE grp = :said AND grp <> :own"
_OWN_MEMBER = "UPDATE pair SET member = :own WHERE member = :said AND member <> :own"
_AN_ID = "an id (or a name that the index does not know)"
_NO_INDEX = "; if it is a name, an index finds whose it is"


def sync_groups(
    client: MaiaScim,
    file: AnyPath | BinaryIO,
    *,
    name: str | None = None,
    only: Literal["add", "remove"] | None = None,
    index: Index | None = None,
    protect: AnyPath | None = None,
    journal: AnyPath | None = None,
    profile: str | None = None,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
) -> Plan:
    """Plan to give groups the members that a file says. Nothing is written to the service.

    Args:
        client: The client.
        file: CSV, JSON Lines or JSON with the columns ``group`` and ``member``: ids, or names if there is an index. A
            group with an empty ``member`` alone is to have nobody.
        name: What to call a stream.
        only: Whether to add only or to remove only. Else both is done.
        index: What knows ids by names.
        protect: A file that names accounts that are never removed, one a line.
        journal: Where the journal is to be; beside the file, if not given.
        profile: What to call the account in the plan's heading.
        concurrency: How many requests may be under way.
        on_progress: Is told how many users were read, of how many.

    Returns:
        The plan. Close it, or use ``with``.

    Raises:
        InvalidFile: If the file cannot be taken as it is: a group that is gone, a member that is a group or nobody, ids
            and names mixed, somebody twice. Nothing was sent that writes.
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """
    opened = Path(file) if isinstance(file, str | os.PathLike) else file
    where = opened if isinstance(opened, Path) else None
    called = name or (str(where) if where else "-")

    def fill(making: Making) -> None:
        _Sync(making, called, only).fill(opened)

    return make(
        client,
        "groups sync",
        fill,
        name=PurePath(called).name,
        index=index,
        protect=protect,
        journal=journal or (journal_for(where) if where else None),
        profile=profile,
        concurrency=concurrency,
        on_progress=on_progress,
    )


class _Sync:
    """Reads the file, finds who is meant, and compares."""

    def __init__(self, making: Making, called: str, only: Literal["add", "remove"] | None) -> None:
        self._making, self._store, self._called, self._only = making, making.store, called, only
        self._faults = Faults()

    def fill(self, file: Path | BinaryIO) -> None:
        """Note what is to be changed."""
        with self._store.guarded():
            self._store.sql.executescript(_SCRATCH)
        with self._store.together():
            self._load(file)
            for column in _COLUMNS:
                self._resolve(column)
            self._check_rows()
        self._faults.refuse(self._called)
        self._read_members(self._read_groups(self._groups()))
        self._faults.refuse(self._called)
        for id in self._groups():
            propose(self._making, id, self._delta(id))

    def _fault(self, line: int | None, column: str, message: str) -> None:
        self._faults.add(Fault(line, column, message))

    # What the file says.

    def _load(self, file: Path | BinaryIO) -> None:
        count = 0
        with open_table(file, _COLUMNS, name=self._called) as records:
            for line, values in records:
                count += 1
                texts: dict[str, str] = {}
                for column in _COLUMNS:
                    value = "" if values[column] is None else values[column]
                    texts[column] = value.strip() if isinstance(value, str) else ""
                    if not isinstance(value, str):
                        self._fault(line, column, "needs text, in double quotes")
                    elif not texts[column] and column == "group":
                        self._fault(line, column, "is empty: each row needs a group")
                self._store.write(
                    "INSERT INTO pair (line, said_group, said_member) VALUES (:line, :group, :member)",
                    {"line": line, **texts},
                )
        if not count:
            self._fault(None, "group", "the file has no rows: nothing is to be done")

    def _resolve(self, column: Column) -> None:
        """Find the id of each group or member that was said, each once."""
        index, first = self._making.index, dict[bool, int]()
        said, found = _SAID[column]
        for row in [*self._store.rows(said)]:
            text, line = row["said"], row["line"]
            named = index is not None and index.is_name(text)
            if first and named not in first:
                kinds = ("a name", _AN_ID) if named else (_AN_ID, "a name")
                told = f"{kinds[0]}, and line {first[not named]} has {kinds[1]}: a file has either"
                self._fault(line, column, told)
            first.setdefault(named, line)
            self._store.write(found, {"id": self._id(text, line, column, index if named else None), "said": text})

    def _id(self, said: str, line: int, column: Column, index: Index | None) -> str | None:
        try:
            if index is None:
                return resource_id(said, column)
            return find(said, "group" if column == "group" else "user", index).id
        except (MaiaError, ValueError) as error:
            self._fault(line, column, str(error))
            return None

    def _check_rows(self) -> None:
        for row in self._store.rows(_TWICE):
            self._fault(row["line"], "member", f"{row['said']} is in {row['grp']} by line {row['first']} already")
        for row in self._store.rows(_EMPTY):
            told = f"is empty, as of a group that is to have nobody, and line {row['other']} has somebody"
            self._fault(row["line"], "member", told)

    # Who is meant.

    def _groups(self) -> list[str]:
        return [row["grp"] for row in self._store.rows("SELECT grp FROM pair GROUP BY grp ORDER BY min(line)")]

    def _read_groups(self, groups: list[str]) -> dict[str, set[str]]:
        """Read each group, and give the groups that are members of one."""
        nested: dict[str, set[str]] = {}
        for id in groups:
            body = read_group(self._making, id)
            if isinstance(body, NotFound):
                hint = "; if it is a name, the index does not know it" if self._making.index else _NO_INDEX
                self._fault(*self._first(id), f"there is no such group (any more) in this account and region{hint}")
            if isinstance(body, MaiaError):  # it is read again to be compared, and that tells of it
                continue
            for said in self._store.rows(_NAMES, id):
                if outdated := names.outdated_group(body, said["said"]):
                    self._fault(said["line"], "group", outdated)
            members = members_of(body)
            own = str(body.get(named(body, "id") or "") or id)
            self._store.write(_OWN_GROUP, {"own": own, "said": id})
            nested[own] = {each.id for each in members.values() if each.is_group}
            for each in members.values():
                if not each.is_group:
                    self._seen(each.id, each.name)
        return nested

    def _first(self, group: str) -> tuple[int | None, str]:
        row = self._store.row("SELECT min(line) AS line FROM pair WHERE grp = ?", group)
        return (row["line"] if row else None), "group"

    def _seen(self, id: str, name: str | None) -> None:
        self._store.write(_SEEN, {"id": id, "name": name})

    def _read_members(self, nested: Mapping[str, set[str]]) -> None:
        """Read who is new, or was said by a name, to see whether it is who is meant."""
        groups = {*nested} | {id for ids in nested.values() for id in ids}
        new = [*self._store.rows(_NEW)]
        making = self._making
        for done, read in enumerate(read_users(making.client, self._ids(new), len(new), making.concurrency), 1):
            row = new[read.key]
            if isinstance(read.error, NotFound):
                self._fault(row["line"], "member", self._why(row["id"], groups))
            elif read.error is not None:
                self._fault(row["line"], "member", f"could not be read: {read.error}")
            else:
                held: dict[str, Any] = read.user.to_dict()
                if row["said"] is not None and not names.has(held, row["said"]):
                    self._fault(row["line"], "member", names.outdated(held, row["said"]))
                self._store.write(_OWN_MEMBER, {"own": read.user.id, "said": row["id"]})
                self._seen(read.user.id, read.user.user_name)
            if making.on_progress:
                making.on_progress(done, len(new))

    @staticmethod
    def _ids(rows: list[Any]) -> Iterator[tuple[int, str]]:
        return ((number, row["id"]) for number, row in enumerate(rows))

    def _why(self, id: str, groups: set[str]) -> str:
        """What to say of a member whom nobody is."""
        is_group = id in groups
        if not is_group:
            try:
                self._making.client.groups.get(id)
                is_group = True
            except NotFound:
                pass
        if is_group:
            return f"{id} is a group: the file is about users who are members"
        return names.NO_INDEX if "@" in id else f"there is no user {id} in this account and region"

    # What differs.

    def _delta(self, group: str) -> Callable[[Members], tuple[list[Member], list[Member]]]:
        def delta(held: Members) -> tuple[list[Member], list[Member]]:
            wanted = {row["id"]: Member(row["id"], row["name"]) for row in self._store.rows(_WANTED, group)}
            come = [] if self._only == "remove" else [*wanted.values()]
            gone = [each for each in held.values() if each.id not in wanted and not each.is_group]
            return come, ([] if self._only == "add" else gone)

        return delta
