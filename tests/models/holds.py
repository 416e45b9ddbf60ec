"""What holds for every model and every JSON object, whatever is in it."""

from __future__ import annotations

import copy
import types
from functools import cache
from typing import TYPE_CHECKING, Any, Union, cast, get_args, get_origin, get_type_hints

import attrs

from tests.models.cases import json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_public_api.base import Model


def check(model: type[Model], body: dict[str, Any]) -> None:
    """Reading and writing never raise, lose nothing, change nothing, and give values of the promised types."""
    text = json_text(body)
    one = model.from_dict(body)
    assert not (odd := _unpromised(one)), f"{odd} of another type than {model.__name__} promises"
    written = one.to_dict()
    assert json_text(body) == text, "reading changed the body"
    assert json_text(written) == text, "what was written is not what came"
    assert one == model.from_dict(written)
    repr(one)
    for other in (copy.copy(one), attrs.evolve(untyped(one))):
        assert json_text(other.to_dict()) == text


def check_clearing(model: type[Model], body: dict[str, Any], attribute: str) -> None:
    """A cleared attribute goes out as null or [], if it had a value; nothing else changes with it."""
    one = model.from_dict(body)
    before = getattr(one, attribute)
    empty: Any = [] if isinstance(before, list) else None
    setattr(one, attribute, empty)
    written = one.to_dict()
    assert written.keys() == body.keys()
    differing = [key for key in body if json_text(body[key]) != json_text(written[key])]
    if before == empty:
        assert not differing
    else:
        assert [written[key] for key in differing] == [empty]


def check_setting(model: type[Model], body: dict[str, Any], attribute: str, value: Any) -> None:
    """A value that was set is what is read from what was written; nothing else changes with it."""
    one = model.from_dict(body)
    setattr(one, attribute, value)
    written = one.to_dict()
    assert getattr(model.from_dict(written), attribute) == value
    absent = object()
    keys = written.keys() | body.keys()
    values = [(written.get(key, absent), body.get(key, absent)) for key in keys]
    assert sum(absent in pair or json_text(pair[0]) != json_text(pair[1]) for pair in values) <= 1


def untyped(value: Any) -> Any:
    """What a caller without a type checker may hand over."""
    return value


def attributes(model: type[Any]) -> list[str]:
    """The attributes that the schema names, as Python calls them."""
    names = [field.name for field in attrs.fields(model)]
    return [name for name in names if name not in ("additional_properties", "_source")]


_hints: Callable[[Any], dict[str, Any]] = cache(get_type_hints)


def _unpromised(model: Any) -> list[str]:
    cls = cast("type[Model]", type(model))
    hints = _hints(cls)
    return [name for name in attributes(cls) if not _fits(getattr(model, name), hints[name])]


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    if get_origin(hint) in (Union, types.UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if get_origin(hint) is list:
        items: list[Any] = value
        return type(value) is list and all(_fits(item, get_args(hint)[0]) for item in items)
    return type(value) is hint and (not attrs.has(hint) or not _unpromised(value))
