"""The base of the models: how JSON objects are read into them and written back.

Reading never raises. Writing sends an attribute back as it came for as long as what came still reads as the
attribute's value; what was there and is cleared goes out as ``null`` or ``[]``; what was never there is left out.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Never, Self, TypeVar, cast

from .values import OpenIntEnum, OpenStrEnum, copy_json, same

M = TypeVar("M", bound="Model")

_NOTHING: Final = object()


class Source(dict[str, Any]):
    """What a model was read from, where a plain dict of its attributes does not tell all of it."""

    names: Mapping[str, str] = {}
    """Attribute names that came in another spelling, with that spelling"""
    instead: Any = _NOTHING
    """What came in place of an object"""
    kept: Kept | None = None
    """The answer it came in, if whoever read it keeps that"""

    def restore(self, out: dict[str, Any]) -> dict[str, Any]:
        """Give attributes back the names they came under."""
        return {self.names.get(key, key): value for key, value in out.items()} if self.names else out


class Kept(NamedTuple):
    """The answer that a model was read from. Copies of the model share it; no repr or comparison shows it."""

    origin: str
    """Which service it came from"""
    content: bytes
    """The JSON, as it came"""
    etag: str | None
    """The ``ETag`` of the answer"""
    shape: Shape
    """What the JSON speaks of"""


# The names in a JSON object, and of what is an object again its name and those in it. Plain tuples: one is made of each
# answer.
Shape = tuple[tuple[str, ...], "list[tuple[str, Shape]]"]


def _shape(value: dict[str, Any]) -> Shape:
    return tuple(value), [(key, _shape(inner)) for key, inner in value.items() if inner.__class__ is dict and inner]


def speaks_of(value: dict[str, Any], shape: Shape) -> bool:
    """Whether an object has all names of a shape, in the same spelling."""
    names, objects = shape
    for name in names:
        if name not in value:
            return False
    for name, inner in objects:
        within = value[name]
        if within.__class__ is not dict or not speaks_of(within, inner):
            return False
    return True


def keep(model: Model, origin: str, content: bytes, etag: str | None) -> None:
    """Keep the answer beside the model that was just read from it; see ``Kept``."""
    source = model._source if isinstance(model._source, Source) else Source(model._source)
    came = {**source.restore(source), **model.additional_properties} if model.additional_properties else source
    source.kept = Kept(origin, content, etag, _shape(came))
    slots: Any = model
    slots._source = source


def kept(model: Model) -> Kept | None:
    """The answer that is kept beside a model."""
    return model._source.kept if isinstance(model._source, Source) else None


class Model:
    """Base of the models. Attributes that the schema does not name (SCIM extensions) are read and set as items."""

    __slots__ = ()

    _names: ClassVar[frozenset[str]]
    """The attributes of the schema, as JSON spells them"""
    _aliases: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Other spellings that the spec tells of (``xml.name``), with the attribute they mean"""
    _secrets: ClassVar[frozenset[str]] = frozenset()
    """Attributes whose value ``repr`` hides"""

    if TYPE_CHECKING:
        additional_properties: dict[str, Any]
        _source: dict[str, Any]

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object. Never raises, and leaves ``src_dict`` as it is."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Write a JSON object: what was read goes out as it came, what was cleared as ``null`` or ``[]``."""
        raise NotImplementedError

    @property
    def additional_keys(self) -> list[str]:
        """Names of the attributes that the schema does not name."""
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self._names:
            raise KeyError(f"{key} is an attribute of {type(self).__name__}: set it as such, not as an item")
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __repr__(self) -> str:
        attributes: tuple[str, ...] = self.__slots__
        parts = [
            f"{name}='***'" if name in self._secrets else f"{name}={value!r}"
            for name in attributes
            if not name.startswith("_")
            and name != "additional_properties"
            and (value := getattr(self, name)) is not None
            and value != []
        ]
        parts += [f"{key!r}: …" for key in self.additional_properties]
        return f"{type(self).__name__}({', '.join(parts)})"

    def _as_came(self) -> Any:
        """The JSON of an array's item: what stood in place of an object, while nothing was set on it."""
        out, source = self.to_dict(), self._source
        if isinstance(source, Source) and source.instead is not _NOTHING and same(out, dict(source)):
            return copy_json(source.instead)
        return out


# Reading.


@cache
def _folded(names: frozenset[str], aliases: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {name.lower(): name for name in names} | dict(aliases)


def apart(model: type[Model], came: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a JSON value into the attributes that ``model`` names and all others.

    Names differ in case (RFC 7643 section 2.1) or come under their ``xml.name``; of two spellings, the exact one is the
    attribute. A simple value is the ``value`` of a multi-valued attribute's item (RFC 7643 section 2.4).
    """
    if not isinstance(came, Mapping):
        simple = isinstance(came, str | int | float) and "value" in model._names
        source = Source({"value": came} if simple else {})
        source.instead = came
        return source, {}
    known: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for key, value in cast("Mapping[str, Any]", came).items():
        if key in model._names:
            known[key] = value
        else:
            others[key] = copy_json(value)
    names: dict[str, str] = {}
    folded = _folded(model._names, model._aliases)
    for key in list(others):
        if (name := folded.get(key.lower())) and name not in known:
            known[name], names[name] = others.pop(key), key
    if not names:
        return known, others
    source = Source(known)
    source.names = names
    return source, others


def to_model(model: type[M], value: Any) -> M | None:
    """A model of a JSON object."""
    return model.from_dict(cast("dict[str, Any]", value)) if isinstance(value, dict) else None


def to_models(model: type[M], value: Any) -> list[M]:
    """Models of a JSON array; of a single object or simple value, an array of one."""
    if type(value) is list:
        items: list[Any] = value
        return [model.from_dict(item) for item in items]
    single: Any = value
    return [model.from_dict(single)] if single and (isinstance(single, dict) or "value" in model._names) else []


def to_union(value: Any, *reads: Callable[[Any], Any]) -> Any:
    """The reading that fits best, of equals the first: the right JSON type, and the fewest unknown names."""
    readings = [reading for read in reads if (reading := read(value)) is not None]
    return min(readings, key=lambda reading: _misfit(reading, value), default=None)


def _misfit(reading: Any, value: Any) -> int:
    if isinstance(reading, Model):
        return len(reading.additional_properties)
    if isinstance(reading, OpenStrEnum | OpenIntEnum):
        return not reading.is_known
    if type(reading) is type(value):
        return 0
    return 0 if isinstance(value, str) and not isinstance(reading, bool | int | float) else 1000


# Writing.


def put(out: dict[str, Any], key: str, value: Any, read: Callable[[Any], object]) -> None:
    """Write an attribute that is not the very object that came: keep what came if it still reads as the value."""
    if key in out and same(read(out[key]), value):
        out[key] = copy_json(out[key])
    elif value and isinstance(value, list) and isinstance(out.get(key), list):
        out[key] = _put_items(key, value, out[key], read)
    else:
        out[key] = dump(key, value)


def _put_items(key: str, values: list[Any], came: list[Any], read: Callable[[Any], Any]) -> list[Any]:
    """A changed array: what is still there goes out as it came, and what could not be read keeps its place."""
    readings: list[Any] = [read([item]) for item in came]
    if same(readings, [[item] for item in came]):
        return [dump(key, value) for value in values]
    out: list[Any] = []
    start = 0
    for value in values:
        places = (place for place in range(start, len(came)) if same(readings[place], [value]))
        if (found := next(places, None)) is None:
            out.append(dump(key, value))
            continue
        end = next((place for place in range(found + 1, len(came)) if readings[place]), len(came))
        out += [came[place] for place in range(start, end) if place == found or not readings[place]]
        start = end
    return [copy_json(item) for item in out]


def put_models(out: dict[str, Any], key: str, models: list[M], model: type[M]) -> None:
    """The same for an array of models, each of which knows what it came as."""
    came = out.get(key)
    if not isinstance(models, list):
        models = _listed(key, models, model)
    try:
        items = [item.to_dict() if type(item._source) is dict else item._as_came() for item in models]
    except AttributeError:
        everything: list[Any] = [*models]
        refuse(key, next(item for item in everything if not isinstance(item, Model)), model)
    if type(came) is list or (came is None and items):
        out[key] = items
    elif came is not None:
        out[key] = copy_json(came) if same(items, [came] if to_models(model, came) else []) else items


def _listed(key: str, value: Any, model: type[M]) -> list[M]:
    """What somebody set in place of a list."""
    if value is None or isinstance(value, tuple):
        return list(value or ())
    raise TypeError(f"{key} holds a {type(value).__name__} where a list of {model.__name__} belongs")


def refuse(key: str, value: Any, model: type[Model]) -> Never:
    """Say that something else stands where a model belongs."""
    raise TypeError(
        f"{key} holds a {type(value).__name__} where a {model.__name__} belongs: "
        f"make one with {model.__name__}(…) or {model.__name__}.from_dict(…)"
    ) from None


def put_others(out: dict[str, Any], model: Model, read: Callable[[Any], object]) -> None:
    """The same for all that the schema has one type for without naming it (``additionalProperties``)."""
    others = model.additional_properties
    for key in out.keys() - model._names - others.keys():
        if read(out[key]) is not None:  # it was readable, so it was deleted
            del out[key]
    for key, value in others.items():
        put(out, key, value, read)


def dump(key: str, value: Any) -> Any:
    """A value as JSON; ``key`` is for the error."""
    if isinstance(value, Model):
        return value._as_came()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        items: Sequence[Any] = value
        return [dump(key, item) for item in items]
    if isinstance(value, dict):
        members: dict[str, Any] = value
        return {name: dump(key, item) for name, item in members.items()}
    if isinstance(value, datetime.date):  # some servers refuse +00:00
        return value.isoformat().replace("+00:00", "Z")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    from uuid import UUID  # loaded where there is one

    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{key} holds a {type(value).__name__}, which JSON has no form for")
