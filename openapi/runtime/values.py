"""Reading JSON values as the types that a schema promises.

Each ``to_…`` takes any JSON value and never raises: a value of another type reads as its obvious conversion, and as
``None`` where none is obvious.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import Enum
    from uuid import UUID

T = TypeVar("T")
EnumT = TypeVar("EnumT", bound="Enum")


class OpenStrEnum(StrEnum):
    """An enum that keeps a value it does not know: equal to its text, and told apart by ``is_known``."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """Whether the spec lists this value."""
        return self._value_ in type(self)._value2member_map_


class OpenIntEnum(IntEnum):
    """An enum that keeps a number it does not know: equal to it, and told apart by ``is_known``."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = str(value), value
        return member

    @property
    def is_known(self) -> bool:
        """Whether the spec lists this value."""
        return self._value_ in type(self)._value2member_map_


def to_str(value: Any) -> str | None:
    """Text as it is, numbers and booleans as JSON spells them."""
    if isinstance(value, str):
        return value
    return json_text(value) if isinstance(value, int | float) else None


def json_text(value: float) -> str | None:
    """The JSON text of a number or boolean; None for an integer with more digits than Python will write."""
    try:
        return json.dumps(value)
    except ValueError:
        return None


def to_bool(value: Any) -> bool | None:
    """Booleans, and what other clients send for them: ``"True"``, ``"false"``, 1 and 0."""
    if isinstance(value, str):
        return _BOOLEANS.get(value.strip().lower())
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None


_BOOLEANS: Final = {"true": True, "false": False}


def to_int(value: Any) -> int | None:
    """Whole numbers, also as text or with a fraction of zero."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    try:
        number = float(value) if isinstance(value, float | str) else math.nan
        return (
            (int(value) if isinstance(value, str) and value.strip("+- ").isdecimal() else int(number))
            if (number.is_integer())
            else None
        )
    except (ValueError, OverflowError):
        return None


def to_float(value: Any) -> float | None:
    """Numbers, also as text."""
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None


def to_datetime(value: Any) -> datetime.datetime | None:
    """ISO 8601 in the forms that servers use, seconds or milliseconds since 1970, or an array of numbers.

    Without an offset the zone is unknown, and the result is naive. A leap second reads as the second after it.
    """
    try:
        if isinstance(value, str):
            return _datetime_of_text(value)
        if isinstance(value, list):  # Jackson's LocalDateTime: year, month, day, hour, minute, second, nanosecond
            numbers: list[Any] = value
            year, month, day, *clock = numbers
            return datetime.datetime(year, month, day, *clock[:3], *(n // 1000 for n in clock[3:]))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _datetime_of_epoch(value)
    except (ValueError, OverflowError, TypeError, OSError):
        pass
    return None


def _datetime_of_text(text: str) -> datetime.datetime | None:
    if text[4:5] == "-":  # the form that nearly all have
        try:
            return datetime.datetime.fromisoformat(text)
        except ValueError:
            pass
    text = text.strip().upper()
    if text.isdecimal() and len(text) != len("YYYYMMDD"):  # fromisoformat takes 1712010112345 for a day in 1712
        return _datetime_of_epoch(int(text))
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        pass
    if (leap := _LEAP_SECOND.sub(r"\1:59\2", text)) != text:
        return datetime.datetime.fromisoformat(leap) + datetime.timedelta(seconds=1)
    from dateutil.parser import isoparse  # for what fromisoformat refuses, 24:00:00 above all

    return isoparse(text)


_LEAP_SECOND: Final = re.compile(r"([T ]\d\d:\d\d):60(\D|$)")


def _datetime_of_epoch(number: float) -> datetime.datetime:
    seconds = number / 1000 if abs(number) > 1e11 else number  # 1e11 seconds are the year 5138
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def to_date(value: Any) -> datetime.date | None:
    """A date, or the date of what reads as a date-time."""
    moment = to_datetime(value)
    return moment and moment.date()


def to_uuid(value: Any) -> UUID | None:
    """A UUID in any spelling that Python takes."""
    from uuid import UUID

    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def to_str_enum(enum: type[EnumT], value: Any) -> EnumT | None:
    """A member of an open enum, known or not."""
    text = to_str(value)
    return None if text is None else enum(text)


def to_int_enum(enum: type[EnumT], value: Any) -> EnumT | None:
    """A member of an open enum, known or not."""
    number = to_int(value)
    return None if number is None else enum(number)


def to_const(const: T, value: Any) -> T | None:
    """The one value that the spec allows, or None."""
    return const if same(const, value) else None


def to_list(read: Callable[[Any], T | None], value: Any) -> list[T]:
    """What is readable in a JSON array; of a single simple value, an array of one."""
    if value is None:
        return []
    items: list[Any] = value if isinstance(value, list) else [value]
    return [item for item in map(read, items) if item is not None]


def copy_json(value: Any) -> Any:
    """A copy of a JSON value that shares nothing that can change.

    A loop, since JSON may nest deeper than Python calls.

    Raises:
        ValueError: If the value holds itself.
    """
    if not isinstance(value, _CONTAINERS):
        return value
    copied: Any = value.copy()
    inside: list[tuple[Any, int]] = [(copied, 0)]
    while inside:
        container, depth = inside.pop()
        if depth > DEEPEST:
            raise ValueError("a value that holds itself cannot be written as JSON")
        for key, item in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(item, _CONTAINERS):
                container[key] = copy = item.copy()
                inside.append((copy, depth + 1))
    return copied


_CONTAINERS: Final = (dict, list)
DEEPEST: Final = 100_000  # no JSON reader goes there


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values as text has it: 1, 1.0 and true are three values."""
    if not isinstance(one, _CONTAINERS):
        return type(one) is type(other) and bool(one is other or one == other)
    pairs: list[tuple[Any, Any]] = [(one, other)]
    while pairs:
        a, b = pairs.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, _CONTAINERS):
            if len(a) != len(b) or (isinstance(a, dict) and a.keys() != b.keys()):
                return False
            pairs += zip(a, b, strict=True) if isinstance(a, list) else ((a[key], b[key]) for key in a)
        elif a is not b and a != b:
            return False
    return True
