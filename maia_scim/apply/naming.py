"""Rows that have a name where others have an id: whose each is, by an index; and users who are not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maia_scim.database import dumps
from maia_scim.errors import MaiaError
from maia_scim.index import NameAmbiguous, NameNotFound
from maia_scim.text import fold

from . import names, records
from .errors import InvalidFile
from .judging import user_name
from .loading import add_fault, said
from .model import Fault, Setting
from .store import EMPTY, UPDATE
from .wanted import changes_of, created
from .whom import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maia_scim.index import Index

    from .model import Entry
    from .planning import Making

_NO_ID = "no id: the service has no search, so each row needs the user's id, or an index that finds it by its userName"
_SCRATCH = "CREATE TEMP TABLE created (name TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;"
_KNOW = "UPDATE entry SET id = :id, said = :said, seen = :seen WHERE run = :run AND number = :number"


def resolve(making: Making, name: str, *, create_missing: bool) -> None:
    """Find the id of each row that has a name for it, and make rows of unknown users ones that create them.

    Args:
        making: The plan that is being made, with the rows of its file.
        name: What messages call the file.
        create_missing: Whether to create who has no id and is not known by the ``userName``.

    Raises:
        InvalidFile: If some rows have ids, and others names, in the same column.
    """
    store, run = making.store, making.run
    _remember(making)
    kinds: dict[bool, int] = {}
    for entry in records.entries(store, records.OF_STATE, run, "unread"):
        if entry.id:
            named = _is_name(making, entry.id)
            kinds.setdefault(named, entry.line or 0)
            if len(kinds) == 2:
                told = f"an id on line {kinds[False]}, and a name on line {kinds[True]}: the column id has either"
                raise InvalidFile(name, [Fault(kinds[named], "id", told)])
            if named and making.index:
                _find(making, making.index, entry, entry.id, "id")
        else:
            _find_by_user_name(making, entry, create_missing=create_missing)


def _remember(making: Making) -> None:
    """Note whom earlier runs created, by their names as they are compared."""
    with making.store.guarded():
        making.store.sql.executescript(_SCRATCH)
    if making.earlier:
        for name, id in records.created(making.earlier, making.base_url):
            making.store.write("INSERT OR REPLACE INTO created VALUES (:name, :id)", {"name": fold(name), "id": id})


def _is_name(making: Making, text: str) -> bool:
    return making.index is not None and making.index.is_name(text)


def _find(making: Making, index: Index, entry: Entry, said: str, column: str) -> None:
    try:
        found = find(said, "user", index)
    except MaiaError as error:
        add_fault(making.store, making.run, entry.number, Fault(entry.line, column, str(error)))
        return
    _know(making, entry.number, found.id, said, found.seen)


def _find_by_user_name(making: Making, entry: Entry, *, create_missing: bool) -> None:
    """Find the user of a row without an id, or have it created."""
    store, run, number, line = making.store, making.run, entry.number, entry.line
    settings = said(making.store, number)
    said_name = next((each.value for each in settings if each.target.path == "userName"), None)
    if not isinstance(said_name, str):
        add_fault(store, run, number, Fault(line, None, "no id and no userName: a row needs one of them"))
        return
    found = _holder(making, said_name)
    if isinstance(found, Fault):
        add_fault(store, run, number, Fault(line, "userName", found.message))
    elif found is not None:
        _know(making, number, *found)
        store.write("UPDATE said SET called = :called WHERE number = :number", {"called": said_name, "number": number})
    elif create_missing:
        _create(making, number, said_name, settings)
    else:
        unknown = f"no id: the index knows nobody of the userName {said_name}; --create-missing would create one"
        add_fault(store, run, number, Fault(line, None, unknown if making.index else _NO_ID))


def _holder(making: Making, name: str) -> tuple[str, str | None, str | None] | Fault | None:
    """The id of who has a ``userName``, by the index or an earlier run; why nobody can be meant; or None."""
    if making.index is not None:
        try:
            found = making.index.find(name)
        except NameAmbiguous as error:
            return Fault(None, None, str(error))
        except NameNotFound:
            pass
        else:
            if found.by == "userName":
                return found.id, name, found.seen.isoformat()
            if found.by == "emails":
                return Fault(
                    None, None, f"{name} is an address of {found.name} ({found.id}): give the id, if that is meant"
                )
    row = making.store.row("SELECT id FROM created WHERE name = ?", fold(name))
    return (row["id"], None, None) if row else None


def _know(making: Making, number: int, id: str, said: str | None, seen: str | None) -> None:
    making.store.write(_KNOW, {"id": id, "said": said, "seen": seen, "run": making.run, "number": number})


def wanted(making: Making, number: int, held: Mapping[str, Any]) -> list[Setting]:
    """What a row wants of a user.

    Args:
        making: The plan.
        number: The number of its entry.
        held: JSON of the user as the service holds it.

    Raises:
        LookupError: If the user was found by its ``userName``, and is called otherwise now: it would be renamed back.
    """
    row = making.store.row("SELECT called FROM said WHERE number = ?", number)
    called = row["called"] if row else None
    name = user_name(dict(held)) or ""
    if called is not None and fold(called) != fold(name):
        why = f"who was created as {called} is {name or 'without a userName'} now: give the id, if that is meant"
        raise LookupError(names.outdated(held, called) if making.index else why)
    return said(making.store, number)


def _create(making: Making, number: int, name: str, settings: list[Setting]) -> None:
    changes = changes_of({}, settings)
    values: dict[str, Any] = {
        "name": name,
        "state": "change",
        "changes": records.written(changes),
        "wanted": dumps(created(changes)),
    }
    making.store.write(UPDATE, {**EMPTY, **values, "run": making.run, "number": number})
    making.store.write(
        "UPDATE entry SET kind = 'new user' WHERE run = :run AND number = :number",
        {"run": making.run, "number": number},
    )
