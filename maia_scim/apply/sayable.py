"""What a file can say of a user so that ``apply`` takes it, and finds nothing to change.

Each value is put to the test by the very code that will read it, and compare it with the user: so both cannot come
apart. What does not pass is left out, and told.
"""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from maia_scim.diff import is_array, is_object
from maia_scim.resources import named
from maia_scim.schema import attributes

from .columns import READ_ONLY, target
from .errors import InvalidFile
from .mapping import Cell, is_empty, row_of
from .model import Setting
from .reading import open_rows
from .wanted import changes_of, without_password

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .columns import Target
    from .model import Row

Json = dict[str, Any]

# Why a value is left out.
UNKNOWN: Final = "no attribute that apply knows"
NO_TYPE: Final = "an item without a type"
SECOND: Final = "another item of the same type"
SHAPE: Final = "no single value"
FORMULA: Final = "a text that a spreadsheet would compute"
OTHERWISE: Final = "a value that apply would refuse, or read as another"

_LONGEST_CELL = 32_767  # characters, which Excel cuts off
# What is computed, if it begins so: = and @ (in any width, behind what is skipped), and + or - before a function or a
# call of another program. A number with its sign, such as +49 30 1234, is none.
_COMPUTED = re.compile(
    r"[\s\x00-\x20\u200b\ufeff]*(?:[=@\uff1d\uff20]|[+\-\uff0b\uff0d](?=.*(?:[|!]|[a-z_][\w.]{0,60}\()))",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN_TYPE = re.compile(r"[A-Za-z0-9_-]+")
_ID: Final = target("id")


class Left(NamedTuple):
    """A value that is left out.

    Attributes:
        path: Where it stands.
        why: What it is.
    """

    path: str
    why: str


def id_of(held: Mapping[str, Any]) -> str | None:
    """The id of a user, or None if a file cannot say it."""
    id = held.get(named(dict(held), "id") or "")
    if not isinstance(id, str):
        return None
    return id if _row(id, (), clear_empty=False).id == id else None


def is_computed(text: str) -> bool:
    """Whether a spreadsheet would compute a text, rather than show it."""
    return bool(_COMPUTED.match(text))


# CSV.


def cells_of(held: Json) -> tuple[list[Cell], list[Left]]:
    """Tell what a row of CSV can say of a user, and what it cannot.

    Args:
        held: JSON of the user as the service holds it. Its id can be said.

    Returns:
        Its cells but for the id, by the headers that ``apply`` takes, and what is left out.
    """
    found: list[Cell] = []
    left: list[Left] = []
    for header, value, problem in _values(held):
        if is_empty(value):
            continue  # to a cell it is nothing
        text = _text(value)
        if problem or text is None:
            left.append(Left(header, problem or SHAPE))
        elif len(text) > _LONGEST_CELL or is_computed(text):
            left.append(Left(header, OTHERWISE if len(text) > _LONGEST_CELL else FORMULA))
        else:
            try:
                of = target(header, arrays=False)
                found.append(Cell(_spelled(of, header), of, text))
            except ValueError:
                left.append(Left(header, UNKNOWN))
    if changes_nothing(held, found, clear_empty=False):
        return found, left
    passed = [cell for cell in found if changes_nothing(held, [cell], clear_empty=False)]
    return passed, left + [Left(cell.header, OTHERWISE) for cell in found if cell not in passed]


def changes_nothing(held: Json, cells: Iterable[Cell], *, clear_empty: bool) -> bool:
    """Whether ``apply`` takes a row, and finds nothing to change in a user.

    Args:
        held: JSON of the user.
        cells: The row, but for the id; its texts may be empty.
        clear_empty: Whether an empty cell clears its attribute.
    """
    id = str(held.get(named(held, "id") or ""))
    return _same(held, _row(id, cells, clear_empty=clear_empty))


def _row(id: str, cells: Iterable[Cell], *, clear_empty: bool) -> Row:
    read = (Cell(cell.header, cell.target, cell.value.strip()) for cell in cells)  # as CsvFile reads them
    return row_of(1, [Cell("id", _ID, id.strip()), *read], None, (), clear_empty=clear_empty)


def _same(held: Json, row: Row) -> bool:
    # A plan keeps what a row says by path, and takes it up by that.
    settings = [Setting(target(each.target.path), each.value) for each in row.settings]
    return not row.faults and not changes_of(held, settings)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def _values(held: Json) -> Iterator[tuple[str, Any, str | None]]:
    """What might be a cell: header, value, and why it is none."""
    known = attributes("User")
    for name, value in held.items():
        folded = name.lower()
        if folded in READ_ONLY or folded in ("id", "password"):
            continue
        if ":" in name and is_object(value):
            for inner, each in value.items():
                yield from _of_attribute(f"{name}:{inner}", each)
        elif folded in known:
            yield from _of_attribute(known[folded].name, value)
        else:
            yield name, value, SHAPE if ":" in name else UNKNOWN


def _of_attribute(header: str, value: Any) -> Iterator[tuple[str, Any, str | None]]:
    if is_array(value):
        yield from _of_items(header, value)
    elif is_object(value):
        for sub, each in value.items():
            yield f"{header}.{sub}", each, None
    else:
        yield header, value, None


def _of_items(header: str, items: Sequence[Any]) -> Iterator[tuple[str, Any, str | None]]:
    """Of each type the item that a column is about: the primary one, else the first."""
    about: dict[str, Json] = {}
    for item in items:
        type = _type(item)
        if type is not None:
            kept = about.setdefault(type.casefold(), item)
            if _is_primary(item) and not _is_primary(kept):
                about[type.casefold()] = item
    for item in items:
        type = _type(item)
        if type is None:
            yield header, item, NO_TYPE
            continue
        column = f"{header}[{_filter(type)}]"
        if item is not about[type.casefold()]:
            yield column, item, SECOND
            continue
        for sub, value in item.items():
            if sub.lower() != "type":
                yield column if sub.lower() == "value" else f"{column}.{sub}", value, None


def _spelled(of: Target, header: str) -> str:
    """A header as the specification spells it, however the service does."""
    if of.extension is not None:
        return header
    item = "" if of.type is None else f"[{_filter(of.type)}]"
    part = "" if of.sub is None or (of.type is not None and of.sub == "value") else f".{of.sub}"
    return f"{of.attribute}{item}{part}"


def _filter(type: str) -> str:
    return type if _PLAIN_TYPE.fullmatch(type) else f"type eq {json.dumps(type, ensure_ascii=False)}"


def _type(item: Any) -> str | None:
    type = item.get(named(item, "type") or "") if is_object(item) else None
    return type if isinstance(type, str) and type.strip() else None


def _is_primary(item: Json) -> bool:
    return str(item.get(named(item, "primary") or "")).lower() == "true"


# JSON.


def record_of(held: Json) -> tuple[Json, list[Left], list[Setting]]:
    """Tell what a JSON record can say of a user: the user as it came, without what ``apply`` would not leave as it is.

    Args:
        held: JSON of the user as the service holds it. Its id can be said.

    Returns:
        The record, what is left out, and what the record sets.
    """
    whole = without_password(held)
    settings = _settings(held, whole)
    if settings is not None:
        return whole, [], settings
    left: list[Left] = []
    id = named(held, "id") or "id"
    kept: Json = {id: held[id]}
    for name, value in whole.items():
        if name == id:
            continue
        kept[name] = value
        if _settings(held, kept) is not None:
            continue
        del kept[name]
        if is_object(value) and value:  # an extension, or the parts of a name
            kept[name] = {}
            for inner, each in value.items():
                kept[name][inner] = each
                if _settings(held, kept) is None:
                    del kept[name][inner]
                    if not is_empty(each):
                        left.append(Left(f"{name}{':' if ':' in name else '.'}{inner}", OTHERWISE))
            if not kept[name]:
                del kept[name]
        elif not is_empty(value):
            left.append(Left(name, OTHERWISE))
    return {name: kept[name] for name in whole if name in kept}, left, _settings(held, kept) or []


def _settings(held: Json, record: Json) -> list[Setting] | None:
    """What a record sets; None if ``apply`` would refuse it, or change something."""
    text = json.dumps(record)
    if '"password":' in text.lower():  # wherever a service may have put one
        return None
    try:
        # Whoever does not clear what is empty sets a part of this.
        with open_rows(BytesIO(text.encode()), name="-", format="jsonl", clear_empty=True) as source:
            [row] = source.rows()
    except InvalidFile:
        return None
    return [*row.settings] if _same(held, row) else None


__all__ = ["Left", "cells_of", "changes_nothing", "id_of", "is_computed", "record_of"]
