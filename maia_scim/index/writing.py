"""Writing notes into the tables, within a transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from maia_scim.database import dumps
from maia_scim.text import fold

from . import schema
from .notes import Mention, Note

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from .model import Kind


def write_all(sql: sqlite3.Connection, notes: Iterable[Note | tuple[Kind, str]]) -> None:
    """Write notes, and forget those of whom there is nothing but the id, in this order."""
    told = set[Mention]()  # many users are in the same groups
    for note in notes:
        if isinstance(note, Note):
            _write(sql, note, told)
        else:
            forget(sql, *note)
            told.clear()


def _write(sql: sqlite3.Connection, note: Note, told: set[Mention]) -> None:
    """Write a note, unless what is known is newer, or more."""
    if not _put(sql, note) or note.others is None:
        return
    if note.kind == "group":
        sql.execute(schema.CLEAR_MEMBERS, (note.id,))
        sql.executemany(schema.ADD_MEMBER, [(note.id, each.id, each.kind) for each in note.others])
        sql.execute(schema.MEMBERS_KNOWN, (note.id, note.id))
    else:
        sql.execute(schema.CLEAR_GROUPS, (note.id,))
        sql.executemany(schema.ADD_GROUP, [(each.id, note.id, each.direct) for each in note.others])
    for each in note.others:
        if each not in told:
            _put(sql, _hint(each.kind, each.id, each.display, note.seen))
    told.update(note.others)


def forget(sql: sqlite3.Connection, kind: Kind, id: str) -> None:
    """Forget one, and its memberships."""
    row = sql.execute(schema.KNOWN, (kind, id, id)).fetchone()
    if row is not None:
        sql.executemany(schema.FORGET_NAME, [(*name, row["key"]) for name in folded(row)])
        sql.execute(schema.FORGET, (row["key"],))
    sql.execute(schema.FORGET_MEMBER, (id,))
    if kind == "group":
        sql.execute(schema.FORGET_GROUP, (id,))


def _hint(kind: Kind, id: str, display: str | None, seen: str) -> Note:
    if kind == "group":
        return Note(kind, id, seen, display, whole=False)
    return Note(kind, id, seen, display_name=display, whole=False)


def _put(sql: sqlite3.Connection, note: Note) -> bool:
    """Write what it says of the one that it is about; tell whether it did."""
    known = sql.execute(schema.KNOWN, (note.kind, note.id, note.id)).fetchone()
    if known is not None and not _says_more(note, known):
        return False
    if known is not None and not note.whole:
        note = note._replace(name=note.name or known["name"], display_name=note.display_name or known["display_name"])
    values = {
        "name": note.name,
        "emails": dumps(note.emails) if note.emails else None,
        "external_id": note.external_id,
        "display_name": note.display_name,
    }
    columns = (*values.values(), note.role, note.active)
    if known is None:
        key = sql.execute(schema.ADD, (note.kind, note.id, note.seen, note.whole, *columns)).lastrowid
        before = set[tuple[str, int]]()
    else:
        key = known["key"]
        sql.execute(schema.CHANGE, (note.seen, note.whole, *columns, key))
        if all(known[name] == value for name, value in values.items()):
            return True
        before = folded(known)
    after = folded({"kind": note.kind, **values})
    sql.executemany(schema.FORGET_NAME, [(*name, key) for name in before - after])
    sql.executemany(schema.ADD_NAME, [(*name, key) for name in after - before])
    return True


def _says_more(note: Note, known: sqlite3.Row) -> bool:
    """Whether a note is better than what is known: an answer than a mention, and the newer than the older."""
    if note.whole != bool(known["whole"]):
        return note.whole
    return note.seen >= str(known["at"])


def folded(row: Mapping[str, Any] | sqlite3.Row) -> set[tuple[str, int]]:
    """The names that a row has, folded, each with the place of its attribute."""
    return {
        (fold(text), place)
        for place, (kind, _, column) in enumerate(schema.ATTRIBUTES)
        if kind == row["kind"]
        for text in spelt(row, column)
    }


def spelt(row: Mapping[str, Any] | sqlite3.Row, column: str) -> list[str]:
    """The names that a row has in a column."""
    value = row[column]
    if not value:
        return []
    return json.loads(value) if column == "emails" else [value]
