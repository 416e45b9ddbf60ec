"""Cells: what each says, in the type that the specification gives the attribute.

What the specification does not type, an extension's attribute, stays what it is: text of a spreadsheet stays text, so
that ``007`` keeps its zeros; JSON keeps its types.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn
from unicodedata import category, name
from uuid import UUID

from maia_scim.diff import is_array, is_object
from maia_scim.resources import resource_id
from maia_scim.schema import attributes
from maia_scim.text import line

if TYPE_CHECKING:
    from maia_scim.schema import Attribute

    from .columns import Target

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# RFC 7643 section 2.3.5. Without an offset, the service would have to guess it.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
# U+FFFD is where a conversion lost a character.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ufffd\ufffe\uffff\ud800-\udfff]")
_NO_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff\ud800-\udfff]")
# A directory that deletes softly puts 32 hex digits before the name, so that the name is free again.
TOMBSTONE = re.compile(r"[0-9a-f]{32}[^@\s]+@\S+", re.IGNORECASE)
_NAMES = {"\t": "a tab", "\n": "a line break", "\r": "a line break"}


def coerce(target: Target, cell: Any) -> Any:
    """Read a cell as its attribute takes it.

    Args:
        target: The attribute.
        cell: A text without blanks around it, or a JSON value. What clears, such as None, is not for here.

    Returns:
        The JSON value. Moments and UUIDs are left as they are written.

    Raises:
        ValueError: If it is no such value. The message says what is needed.
    """
    if target.kind is list:
        return _items(target, cell)
    return _value(target.kind, cell, target.attribute, target.sub)


def _items(target: Target, cell: Any) -> list[Any]:
    attribute = attributes("User")[target.attribute.lower()]
    if not is_array(cell):
        raise ValueError("needs an array of its items")
    items: list[Any] = []
    for number, each in enumerate(cell, 1):
        try:
            items.append(_whole(attribute, each))
        except ValueError as error:
            raise ValueError(f"item {number}: {error}") from None
    return items


def _whole(attribute: Attribute, item: Any) -> Any:
    """An item of an array; a part that has no value (null, RFC 7643 section 2.5) stays as it is."""
    if not attribute.parts:
        return _value(attribute.type, item, attribute.name, None)
    if not is_object(item):
        raise ValueError('needs an object, as in {"value": …, "type": "work"}')
    whole: dict[str, Any] = {}
    for key, value in item.items():
        part = attribute.parts.get(key.lower())
        try:
            known = (part.type, part.name) if part else (object, key)
            whole[key] = None if value is None else _value(known[0], value, attribute.name, known[1])
        except ValueError as error:
            raise ValueError(f"{line(key)}: {error}") from None
    return whole


def _value(kind: type, cell: Any, attribute: str, sub: str | None) -> Any:
    if kind is bool:
        return _bool(cell)
    if kind in (int, float):
        return _number(kind, cell)
    if kind is object:
        _open(cell)
        return cell
    return _written(kind, cell, attribute, sub) if isinstance(cell, str) else _refuse(cell)


def _refuse(cell: Any) -> NoReturn:
    raise ValueError(f"needs text, in double quotes: it is {_json_type(cell)}")


def _written(kind: type, cell: str, attribute: str, sub: str | None) -> str:
    if kind is datetime:
        return _moment(cell)
    if kind is UUID:
        if not _UUID.fullmatch(cell):
            raise ValueError("needs a UUID, as in 0b2f4b1c-8a4e-4f0e-9d3c-5a1f6c7e8d90")
        return cell
    _text(cell, lines=attribute == "addresses" and sub in ("formatted", "streetAddress"))  # RFC 7643 section 4.1.2
    if attribute in ("id", "userName") or (attribute, sub) == ("emails", "value"):
        _visible(cell)
    if attribute == "id":
        return resource_id(cell, "user")
    if attribute == "userName" and TOMBSTONE.fullmatch(cell):
        raise ValueError(
            f"{cell} is the name of a deleted account, 32 hex digits before its address: leave the row out, "
            "or write the name that it had"
        )
    return cell


def _bool(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    known = _BOOLEANS.get(str(cell).strip().lower()) if isinstance(cell, str | int) else None
    if known is None:
        raise ValueError(f"needs true or false (yes and no, or 1 and 0, will do): it is {_shown(cell)}")
    return known


def _number(kind: type, cell: Any) -> int | float:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and (kind is float or isinstance(cell, int)):
        return cell
    if isinstance(cell, str) and _NUMBER.fullmatch(cell):
        number: int | float = json.loads(cell)
        if kind is float or isinstance(number, int):
            return number
    raise ValueError(f"needs a {'whole ' * (kind is int)}number, as in 12: it is {_shown(cell)}")


def _moment(cell: str) -> str:
    if _MOMENT.fullmatch(cell):
        with suppress(ValueError):
            datetime.fromisoformat(cell.upper())
            return cell
    raise ValueError(f"needs a date and time with its offset, as in 2024-01-31T08:00:00Z: it is {_shown(cell)}")


def _open(cell: Any) -> None:
    """Look at the texts of a value that has no type in the specification, however it nests."""
    todo = [cell]
    while todo:
        each = todo.pop()
        if isinstance(each, str):
            _text(each, lines=True)
        elif is_object(each):
            todo += [*each, *each.values()]
        elif is_array(each):
            todo += each


def _text(text: str, *, lines: bool) -> None:
    if found := (_NO_LINES if lines else _NO_TEXT).search(text):
        raise ValueError(f"holds {named(found[0])}, which no text has: write it anew")


def _visible(text: str) -> None:
    """Refuse what looks like another id or address, and is not it, such as one with a no-break space."""
    if text != text.strip():
        raise ValueError("has blanks around it: leave them out")
    for sign in text:
        if (sign == " " and "@" in text) or (sign != " " and category(sign) in ("Cf", "Zs", "Zl", "Zp")):
            raise ValueError(f"holds {named(sign)}, which is not seen: write it anew")


def named(sign: str) -> str:
    """How a message names a character that is not seen."""
    if "\ud800" <= sign <= "\udfff":
        return f"half a character (U+{ord(sign):04X}, a lone surrogate)"
    if sign in _NAMES:
        return f"{_NAMES[sign]} (U+{ord(sign):04X})"
    if sign == "\ufffd":
        return "U+FFFD, which stands where a conversion lost a character"
    return f"U+{ord(sign):04X} ({name(sign, 'a control character').lower()})"


def _shown(cell: Any) -> str:
    return line(repr(cell)) if isinstance(cell, str) else _json_type(cell)


def _json_type(cell: Any) -> str:
    if isinstance(cell, bool | int | float):
        return line(json.dumps(cell))
    return "null" if cell is None else "an array" if is_array(cell) else "an object"


__all__ = ["TOMBSTONE", "coerce", "named"]
