"""A table of actions as a file to apply: a plan or a report that somebody has gone over, or one made by other means.

What stands as ``before`` is what the line was made for: where the service holds something else by now, and not what is
wanted either, the user is left alone.
"""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from maia_scim.database import dumps
from maia_scim.resources import resource_id

from . import planning, records
from .actions import value_of
from .collisions import refuse_collisions
from .columns import coerce, target
from .decoding import Feed
from .errors import Faults, InvalidFile, Moved
from .making import journal_for, make
from .mapping import cleared
from .memberships import Member, note, propose
from .model import Fault, Setting
from .plans import CONCURRENCY
from .reading import opened
from .tables import open_table, text_of
from .wanted import changes_of, created, same, value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import BinaryIO

    from maia_scim import MaiaScim
    from maia_scim.files import AnyPath
    from maia_scim.index import Index

    from .columns import Target
    from .memberships import Members
    from .planning import Making
    from .plans import Plan
    from .tables import Record

_NEEDED = ("action", "kind", "id", "target", "after")
_OPTIONAL = ("userName", "before")
_TELLING = {"action", "kind", "target"}  # by which such a table is known
_LOOK = 65_536  # bytes of a stream that are looked at
_VERBS = {("set", "user"), ("create", "user"), ("add", "group"), ("remove", "group")}
_KNOWN = ", ".join(f"{action} of kind {kind}" for action, kind in sorted(_VERBS))
# Gone with the connection.
_SCRATCH = """
CREATE TEMP TABLE act (
    line INTEGER NOT NULL,
    action TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT,                -- JSON; NULL where the file has no such column
    after TEXT NOT NULL         -- JSON
);
CREATE INDEX temp.act_by_id ON act (id COLLATE NOCASE, target COLLATE NOCASE);
CREATE INDEX temp.act_by_target ON act (action, target);
"""
_ADD = "INSERT INTO act VALUES (:line, :action, :id, :name, :target, :before, :after)"
_TWICE = """
SELECT act.line, first.line AS first FROM (
    SELECT id, target, min(line) AS line FROM act WHERE id <> ''
    GROUP BY id COLLATE NOCASE, target COLLATE NOCASE HAVING count(*) > 1
) first CROSS JOIN act ON act.id = first.id COLLATE NOCASE AND act.target = first.target COLLATE NOCASE
AND act.line <> first.line
"""
_USERS = "SELECT id, min(line) AS line FROM act WHERE action = 'set' GROUP BY id COLLATE NOCASE ORDER BY 2"
_OF_USER = "SELECT * FROM act WHERE action = 'set' AND id = ? COLLATE NOCASE ORDER BY line"
_NEW = "SELECT name, min(line) AS line FROM act WHERE action = 'create' GROUP BY name COLLATE NOCASE ORDER BY 2"
_OF_NEW = "SELECT * FROM act WHERE action = 'create' AND name = ? COLLATE NOCASE ORDER BY line"
_GROUPS = "SELECT target, min(line) AS line FROM act WHERE action IN ('add', 'remove') GROUP BY 1 ORDER BY 2"
_OF_GROUP = "SELECT id, name FROM act WHERE action = ? AND target = ? ORDER BY line"


class Ahead:
    """A stream that can be looked into before it is read.

    Args:
        stream: The stream.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.name = getattr(stream, "name", None)
        self.start = b""
        while len(self.start) < _LOOK and (more := stream.read(_LOOK - len(self.start))):
            self.start += more
        self._left = self.start

    def read(self, size: int = -1) -> bytes:
        """Read on, from the beginning."""
        if not self._left:
            return self._stream.read(size)
        end = len(self._left) if size < 0 else size
        found, self._left = self._left[:end], self._left[end:]
        return found + self._stream.read() if size < 0 else found


def is_table(file: AnyPath | Ahead) -> bool:
    """Whether a file is a table of actions, by its header or its first record.

    Args:
        file: The file, or a stream.
    """
    try:
        if isinstance(file, Ahead):
            start = Feed(io.BytesIO(file.start), "-", None).start
        else:
            with opened(Path(file), None) as (stream, called):
                start = Feed(stream, called, None).start
    except InvalidFile:
        return False  # whoever opens it next says why
    start = start.lstrip()
    if start[:1] in "[{":
        head = start.partition("}")[0].lower()
        return all(f'"{each}"' in head for each in _TELLING)
    return {each.strip(' "\r') for each in re.split(r"[,;\t]", start.partition("\n")[0].lower())} >= _TELLING


def plan_actions(
    client: MaiaScim,
    file: AnyPath | BinaryIO,
    *,
    name: str | None = None,
    index: Index | None = None,
    protect: AnyPath | None = None,
    journal: AnyPath | None = None,
    profile: str | None = None,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
) -> Plan:
    """Plan what a table of actions says. Nothing is written to the service.

    Args:
        client: The client.
        file: CSV, JSON Lines or JSON with the columns ``action``, ``kind``, ``id``, ``target`` and ``after``, and those
            that it may have, ``userName`` and ``before``. Lines whose action is ``none`` are passed over.
        name: What to call a stream.
        index: What takes note of everything that is read.
        protect: A file that names accounts that are never deactivated, renamed or removed, one a line.
        journal: Where the journal is to be; beside the file, if not given.
        profile: What to call the account in the plan's heading.
        concurrency: How many requests may be under way.
        on_progress: Is told how many users were read, of how many.

    Returns:
        The plan. Close it, or use ``with``.

    Raises:
        InvalidFile: If the file cannot be taken as it is; nothing was sent.
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """
    stream = Path(file) if isinstance(file, str | os.PathLike) else file
    where = stream if isinstance(stream, Path) else None
    called = name or (str(where) if where else "-")

    def fill(making: Making) -> None:
        acts = _Acts(making, called)
        with open_table(stream, _NEEDED, optional=_OPTIONAL, name=called) as lines:
            acts.load(lines)
        acts.plan()

    return make(
        client,
        "apply",
        fill,
        name=PurePath(called).name,
        index=index,
        exact_case=True,
        protect=protect,
        journal=journal or (journal_for(where) if where else None),
        profile=profile,
        concurrency=concurrency,
        on_progress=on_progress,
    )


class _Said(NamedTuple):
    """What a line says of an attribute."""

    target: Target
    before: Any
    expects: bool
    after: Any


class _Acts:
    """Takes the lines, and plans what they say."""

    def __init__(self, making: Making, called: str) -> None:
        self._making, self._store, self._called = making, making.store, called
        with self._store.guarded():
            self._store.sql.executescript(_SCRATCH)

    def load(self, lines: Iterable[Record]) -> None:
        """Take the lines.

        Raises:
            InvalidFile: If one is wrong.
        """
        faults = Faults()
        with self._store.together():
            for line, values in lines:
                try:
                    if (act := _row(line, values)) is not None:
                        self._store.write(_ADD, act)
                except ValueError as error:
                    faults.add(Fault(line, None, str(error)))
            for row in self._store.rows(_TWICE):
                faults.add(Fault(row["line"], None, f"line {row['first']} is about the same already"))
        faults.refuse(self._called)

    def plan(self) -> None:
        """Read what the lines are about, and note what is to be changed."""
        making, store = self._making, self._store
        note(making, ({"id": row["id"], "line": row["line"], "state": "unread"} for row in [*store.rows(_USERS)]))
        planning.compare(making, lambda number, held: self._wish(records.entry(store, making.run, number).id, held))
        refuse_collisions(making, self._called)
        note(making, (self._new(row["name"], row["line"]) for row in [*store.rows(_NEW)]))
        for row in [*store.rows(_GROUPS)]:
            propose(making, row["target"], self._delta(row["target"]))

    def _wish(self, id: str, held: dict[str, Any]) -> list[Setting]:
        said = [_said(row) for row in self._store.rows(_OF_USER, id)]
        moved = [each.target.path for each in said if not _is_expected(each, held)]
        if moved:
            raise Moved(f"somebody else changed {', '.join(moved)} since the file was made")
        return [Setting(each.target, each.after) for each in said]

    def _new(self, name: str, line: int) -> dict[str, Any]:
        said = [_said(row) for row in self._store.rows(_OF_NEW, name)]
        settings = [Setting(each.target, each.after) for each in said if each.after is not None]
        if not any(each.target.path == "userName" for each in settings):
            settings.append(Setting(target("userName"), name))
        changes = changes_of({}, settings)
        about = {"kind": "new user", "line": line, "name": name, "state": "change"}
        return {**about, "changes": records.written(changes), "wanted": dumps(created(changes))}

    def _delta(self, group: str) -> Callable[[Members], tuple[list[Member], list[Member]]]:
        def delta(_held: Members) -> tuple[list[Member], list[Member]]:
            come, go = (
                [Member(row["id"], row["name"] or None) for row in self._store.rows(_OF_GROUP, verb, group)]
                for verb in ("add", "remove")
            )
            return come, go

        return delta


def _row(line: int, values: dict[str, Any]) -> dict[str, Any] | None:
    """A line as it is kept; None of one that does nothing.

    Raises:
        ValueError: If it cannot be.
    """
    action, kind = text_of(values["action"]).casefold(), text_of(values["kind"]).casefold()
    if action == "none":
        return None
    if (action, kind) not in _VERBS:
        raise ValueError(f"there is no action {action!r} of kind {kind!r}: there are {_KNOWN}, and none")
    id, name, path = (text_of(values.get(each)) for each in ("id", "userName", "target"))
    if action == "create" and id:
        action = "set"  # of a report: it was created
    row = {"line": line, "action": action, "name": name, "before": None}
    if kind == "group":
        return {**row, "id": resource_id(id, "user"), "target": resource_id(path, "group"), "after": "null"}
    if action == "create" and not name:
        raise ValueError("a user who is to be created needs a userName in each of its lines")
    attribute = target(path)
    if attribute.path == "id":
        raise ValueError("id says who a user is, and cannot be set")
    before, after = (value_of(values.get(each), attribute) for each in ("before", "after"))
    setting = cleared(attribute) if after is None else Setting(attribute, coerce(attribute, after))
    if action == "set":
        row["id"] = resource_id(id, "user")
    expected = dumps(before) if "before" in values and "[" not in attribute.path else None
    return {"id": "", **row, "target": attribute.path, "before": expected, "after": dumps(setting.value)}


def _said(row: Any) -> _Said:
    before: str | None = row["before"]
    told = None if before is None else json.loads(before)
    return _Said(target(row["target"]), told, before is not None, json.loads(row["after"]))


def _is_expected(said: _Said, held: dict[str, Any]) -> bool:
    """Whether a user has what a line was made for, or what it wants."""
    if not said.expects:
        return True
    current = value_at(held, said.target.path)
    if isinstance(current, str):
        current = current.strip()  # as cells are
    return same(current, said.before) or same(current, said.after)


__all__ = ["is_table", "plan_actions"]
