"""JSON values as text for people, on which nothing that was written is hidden, and no password is shown."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from maia_scim.diff import diff, is_array, is_object
from maia_scim.patched import names
from maia_scim.text import joins, without_joiners

from .case import only_case

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maia_scim.diff import Change

    from .model import Entry

ABSENT: Final = "—"
MASK: Final = "***"
_TOO_DEEP: Final = "(nested too deeply to show)"
_DEEPEST: Final = 16
# Texts that would read as a value of another kind. Numbers are none of them: all of a column would stand in quotes.
_LOOKALIKES: Final = frozenset({ABSENT, MASK, "true", "false", "null"})
# What str.isprintable() lets pass, and is seen all the same as a blank, or not at all.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")


class Items(NamedTuple):
    """How the items of an array change, each as text.

    Attributes:
        removed: Those that go.
        added: Those that come.
        same: Those that stay.
    """

    removed: tuple[str, ...]
    added: tuple[str, ...]
    same: tuple[str, ...]


def visible(text: str) -> str:
    r"""Make a text one line on which every sign is seen.

    Args:
        text: Any text.

    Returns:
        The text, with an escape such as ``\x1b`` or ``\u202e`` in place of each sign that moves the cursor, turns the
        direction of reading, or takes no ink: also of no-break and zero-width spaces, which look like none; not of
        joiners between what they join.
    """
    if text.isprintable() and _BLANK.isdisjoint(text):
        return text
    return "".join(
        sign if (sign.isprintable() and sign not in _BLANK) or joins(text, at) else _escaped(sign)
        for at, sign in enumerate(text)
    )


def text(value: Any, path: str = "") -> str:
    """Tell a value.

    Args:
        value: JSON; None if there is none.
        path: Where it stands; the value of a password is not told.

    Returns:
        One line: of a text the text itself, made ``visible``, in quotes if one would take it for something else; of an
        array its items, ``value (type)``; of an object its members.
    """
    if value is not None and is_secret(path):
        return MASK
    return _text(value, 0)


def pair(before: Any, after: Any, path: str = "") -> tuple[str, str]:
    """Tell two values so that they can be told from one another.

    Args:
        before: JSON.
        after: Other JSON.
        path: Where both stand.

    Returns:
        Their texts; if these look alike, as the number 12 and the text 12 do, or an é of one character and of two, then
        their JSON in ASCII.
    """
    one, other = text(before, path), text(after, path)
    if _seen(one) != _seen(other) or is_secret(path):
        return one, other
    return _exactly(before), _exactly(after)


def items(before: Any, after: Any, path: str = "") -> Items:
    """Tell what becomes of the items of an array, in whatever order they stand.

    Args:
        before: The array, or None.
        after: The array as it is to be, or None.
        path: Where it stands.
    """
    if is_secret(path):
        return Items(() if before is None else (MASK,), () if after is None else (MASK,), ())
    tell = _member_of_group if path.lower() == "members" else _item
    old = [(_key(item), item) for item in _array(before)]
    new = [(_key(item), item) for item in _array(after)]
    same = Counter(key for key, _ in old) & Counter(key for key, _ in new)
    gone, stay = _parted(old, same)
    come, _ = _parted(new, same)
    removed, added = [tell(item, 0) for item in gone], [tell(item, 0) for item in come]
    alike = {*map(_seen, removed)} & {*map(_seen, added)}
    return Items(
        tuple(_exactly(item) if _seen(told) in alike else told for told, item in zip(removed, gone, strict=True)),
        tuple(_exactly(item) if _seen(told) in alike else told for told, item in zip(added, come, strict=True)),
        tuple(tell(item, 0) for item in stay),
    )


def safe(value: Any, path: str = "") -> Any:
    """Copy a value so that it can be written as JSON.

    Args:
        value: JSON.
        path: Where it stands.

    Returns:
        The copy: ``***`` in place of passwords; texts in place of what JSON cannot say, such as NaN.
    """
    return MASK if value is not None and is_secret(path) else _safe(value, 0)


def is_secret(path: str) -> bool:
    """Whether a path leads to a password, or into one."""
    plain = path.replace("[", ".").replace("]", ".").replace(":", ".")
    return "password" in plain.lower().split(".")


def changes_of(entry: Entry) -> tuple[Change, ...]:
    """What an entry changes; of a user who is to be created, all that it is to have."""
    return entry.changes or (diff({}, entry.wanted or {}) if entry.kind == "new user" else ())


def deactivates(entry: Entry) -> bool:
    """Whether an account is to be switched off."""
    return entry.kind == "user" and any(
        _leads_to(change, "active") and change.after is False for change in entry.changes
    )


def activates(entry: Entry) -> bool:
    """Whether an account is to be switched on."""
    return entry.kind == "user" and any(
        _leads_to(change, "active") and change.after is True for change in entry.changes
    )


def renames(entry: Entry) -> bool:
    """Whether a user gets another ``userName``, by which people sign in."""
    return entry.kind == "user" and any(_leads_to(change, "username") for change in entry.changes)


def is_case_only(entry: Entry) -> bool:
    """Whether all that changes is letter case that SCIM does not tell apart."""
    return entry.kind == "user" and bool(entry.changes) and all(map(only_case, entry.changes))


def _leads_to(change: Change, name: str) -> bool:
    return [each.lower() for each in names(change.path)] == [name]


def _seen(told: str) -> str:
    """The same text of texts that look alike."""
    return unicodedata.normalize("NFC", without_joiners(told))


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def _text(value: Any, depth: int) -> str:
    if depth > _DEEPEST:
        return _TOO_DEEP
    if is_array(value):
        return ", ".join(_item(item, depth + 1) for item in value) or "(empty)"
    if is_object(value):
        return _members(value, depth) or "(empty)"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return visible(str(value))
    shown = visible(value)
    quoted = not value or value != value.strip() or value.lower() in _LOOKALIKES
    return f'"{shown}"' if quoted else shown


def _item(item: Any, depth: int) -> str:
    """An item of an array: what it is, and in brackets of which type."""
    if not is_object(item):
        return _text(item, depth)
    rest = {name: value for name, value in item.items() if value is not None}
    by_name = {name.lower(): name for name in rest}
    aside: list[str] = []
    for name in ("type", "primary"):
        if (key := by_name.get(name)) is not None and not is_secret(name):
            value = rest[key]
            if name == "primary" and not isinstance(value, bool):
                continue
            del rest[key]
            if value is not False:
                aside.append("primary" if value is True and name == "primary" else _text(value, depth + 1))
    if (key := by_name.get("value")) is not None:
        main = _text(rest.pop(key), depth + 1)
        aside += [_member(name, value, depth) for name, value in rest.items() if name.lower() not in ("$ref", "ref")]
    else:
        main = _members(rest, depth) or ABSENT
    return f"{main} ({', '.join(aside)})" if aside else main


def _member_of_group(item: Any, depth: int) -> str:
    """Who is in a group: the name first, and the id in brackets."""
    name, id = (item.get("display"), item.get("value")) if is_object(item) else (None, None)
    return f"{_text(name, depth)} ({_text(id, depth)})" if name and id else _item(id if id else item, depth)


def _members(value: dict[str, Any], depth: int) -> str:
    return ", ".join(_member(name, inner, depth) for name, inner in value.items() if inner is not None)


def _member(name: str, value: Any, depth: int) -> str:
    told = MASK if is_secret(name) else _text(value, depth + 1)
    return f"{visible(name)}: {f'({told})' if is_object(value) or is_array(value) else told}"


def _array(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if is_array(value) else [value]


def _parted(keyed: Iterable[tuple[str, Any]], same: Counter[str]) -> tuple[list[Any], list[Any]]:
    """The items that are not among the same, and those that are, as often as they are."""
    left, others, stay = same.copy(), list[Any](), list[Any]()
    for key, item in keyed:
        if left[key] > 0:
            left[key] -= 1
            stay.append(item)
        else:
            others.append(item)
    return others, stay


def _key(item: Any) -> str:
    """The same text of items that are equal to SCIM: names in any case, and what is unassigned left out."""
    try:
        return json.dumps(_folded(item), sort_keys=True)
    except RecursionError:
        return f"{_TOO_DEEP} {id(item)}"


def _folded(value: Any) -> Any:
    if is_object(value):
        folded = {name.lower(): _folded(inner) for name, inner in value.items()}
        return {name: inner for name, inner in folded.items() if inner is not None} or None
    if is_array(value):
        return sorted((_folded(item) for item in value), key=json.dumps) or None
    return value


def _exactly(value: Any) -> str:
    return ABSENT if value is None else json.dumps(_safe(value, 0))


def _safe(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        return _TOO_DEEP
    if is_array(value):
        return [_safe(item, depth + 1) for item in value]
    if is_object(value):
        return {
            name: MASK if is_secret(name) and inner is not None else _safe(inner, depth + 1)
            for name, inner in value.items()
        }
    known = isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))
    return value if value is None or known else str(value)
