"""The base of the models: how JSON objects are read into them and written back.

Reading never raises. Writing sends an attribute back as it came for as long as what came still reads as the
attribute's value; what was there and is cleared goes out as ``null`` or ``[]``; what was never there is left out.

What came is remembered where its reading would be written otherwise, and nowhere else: a text is the attribute itself,
``"True"`` reads as ``True``.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from operator import is_
from typing import TYPE_CHECKING, Any, ClassVar, Final, Never, Self, TypeVar, cast

from .shapes import ABSENT, Shape, Source, shape_of
from .values import DEEPEST, OpenIntEnum, OpenStrEnum, copy_json, same, to_list

M = TypeVar("M", bound="Model")


def _become(model: Model, source: Shape) -> None:
    slots: Any = model
    slots._source = source


class Model:
    """Base of the models. Attributes that the schema does not name (SCIM extensions) are read and set as items."""

    __slots__ = ()

    _names: ClassVar[Mapping[str, str]]
    """The attributes of the schema, as JSON and as Python spell them"""
    _aliases: ClassVar[Mapping[str, str]] = {}
    """Attributes with another spelling that the spec tells of (``xml.name``), under which they are expected"""
    _objects: ClassVar[tuple[str, ...]] = ()
    """Attributes that may be an object"""
    _secrets: ClassVar[frozenset[str]] = frozenset()
    """Attributes whose value ``repr`` hides"""
    _shapes: ClassVar[dict[tuple[str, ...], Shape]]
    """The sets of names that objects came with, and came as they are expected"""
    _shapes_apart: ClassVar[dict[tuple[str, ...], Shape]]
    """The same with other spellings, or with names that the schema does not name"""

    if TYPE_CHECKING:
        additional_properties: dict[str, Any]
        _source: Shape
        __attrs_attrs__: ClassVar[tuple[Any, ...]]

    def __init_subclass__(cls) -> None:
        cls._shapes, cls._shapes_apart = {}, {}

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
        if key in self._names or key in self._aliases.values():
            raise KeyError(f"{key} is an attribute of {type(self).__name__}: set it as such, not as an item")
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    __hash__ = None  # type: ignore[assignment]  # it may change

    @property
    def _fields(self) -> Iterator[str]:
        fields: tuple[Any, ...] = self.__attrs_attrs__
        return (field.name for field in fields if not field.name.startswith("_"))

    def __repr__(self) -> str:
        parts = [
            f"{name}='***'" if name in self._secrets else f"{name}={value!r}"
            for name in self._fields
            if name != "additional_properties" and (value := getattr(self, name)) is not None and value != []
        ]
        parts += [f"{key!r}: …" for key in self.additional_properties]
        return f"{type(self).__name__}({', '.join(parts)})"

    def _as_came(self) -> Any:
        """The JSON of an array's item: what stood in place of an object, while nothing was set on it."""
        out, source = self.to_dict(), self._source
        if isinstance(source, Source) and source.instead is not ABSENT:
            untouched = type(self).from_dict(source.instead)
            if same(out, untouched.to_dict()):
                return copy_json(source.instead)
        return out


# Reading.


def begin(model: Model, came: Any, shapes: Mapping[tuple[str, ...], Shape]) -> Any:
    """Begin to read a model: note under which names it came, and set what the schema does not name.

    Args:
        model: A new one.
        came: A JSON object. A simple value is the ``value`` of a multi-valued attribute's item (RFC 7643 section 2.4).
        shapes: The ``_shapes`` of the model's class.

    Returns:
        The attributes, by the names that they are expected under.
    """
    slots: Any = model
    if type(came) is dict and (shape := shapes.get(tuple(came))) is not None:
        slots.additional_properties = {}
        slots._source = shape
        return came
    instead: Any = ABSENT
    if not isinstance(came, Mapping):
        instead = copy_json(came)
        came = {"value": came} if isinstance(came, _SIMPLE) and "value" in model._names else {}
    came = dict(cast("Mapping[str, Any]", came))
    shape = shape_of(type(model), tuple(came))
    slots.additional_properties = {key: copy_json(came[key]) for key in shape.others}
    slots._source = shape
    if shape.names or instead is not ABSENT:
        slots._source = source = Source(shape)
        source.instead = instead
        came.update({name: came[key] for name, key in shape.names.items()})
    return came


_SIMPLE: Final = (str, int, float)


def read(owner: Model, key: str, came: Any, reader: Callable[[Any], Any]) -> Any:
    """Read an attribute, and remember what came if the reading would be written otherwise."""
    value = reader(came)
    if not same(dump(key, value), came):
        _remember(owner, key, copy_json(came))
    return value


def read_date(owner: Model, key: str, came: Any, reader: Callable[[Any], Any]) -> Any:
    """The same for a date: to write one takes longer than to remember what came."""
    _remember(owner, key, came if came.__class__ is str else copy_json(came))
    return reader(came)


def _remember(owner: Model, *odd: Any) -> None:
    source = owner._source
    if not isinstance(source, Source):
        _become(owner, source := Source(source))
    source.odd += odd


def read_list(owner: Model, key: str, came: Any, reader: Callable[[Any], Any]) -> list[Any]:
    """The same for an array of simple values."""
    values = to_list(reader, came)
    if type(came) is list and len(values) == len(came) and all(map(is_, values, came)):
        return values
    return cast("list[Any]", read(owner, key, came, lambda _: values))


def read_others(owner: Model, reader: Callable[[Any], Any]) -> None:
    """The same for all that the schema has one type for without naming it (``additionalProperties``)."""
    came, others, odd = owner.additional_properties, dict[str, Any](), list[Any]()
    slots: Any = owner
    slots.additional_properties = others
    for key, each in came.items():
        value = reader(each)
        if value is not None:
            others[key] = value
        if value is None or not same(dump(key, value), each):  # null, too, has no other place
            odd += key, each
    if odd:
        _remember(owner, *odd)


def read_model(owner: Model, key: str, came: Any, model: type[M]) -> M | None:
    """The same for an object, which remembers what it came as."""
    if type(came) is dict:
        return model.from_dict(came)
    single: M | None = read(owner, key, came, lambda x: to_model(model, x))
    return single


def read_models(owner: Model, key: str, came: Any, model: type[M]) -> list[M]:
    """The same for an array of objects, each of which remembers what it came as."""
    if type(came) is list:
        items: list[Any] = came
        from_dict = model.from_dict
        return [from_dict(item) for item in items]
    models: list[M] = read(owner, key, came, lambda x: to_models(model, x))
    return models


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


def finish(model: Model, out: dict[str, Any]) -> dict[str, Any]:
    """Add what attributes do not hold: what came and still reads as the value, other spellings, other names."""
    source = model._source
    others = {key: dump(key, value) for key, value in model.additional_properties.items()}
    if isinstance(source, Source):
        odd = source.odd
        for place in range(0, len(odd), 2):
            key, came = odd[place], odd[place + 1]
            if out.get(key, ABSENT) is not came:
                _put_back(out if key in attributes(cast("Any", type(model))) else others, key, came, model)
        if source.names:
            out = {source.names.get(key, key): value for key, value in out.items()}
    out.update(others)
    return out


def _put_back(out: dict[str, Any], key: str, came: Any, model: Model) -> None:
    kind: Any = type(model)
    # What the schema does not name may be another spelling of what it names.
    beside: dict[str, None] = {} if key in attributes(kind) else dict.fromkeys(kind._names)

    def read(came: Any) -> Any:
        return _value(kind.from_dict({**beside, key: came}), key)

    value, again = _value(model, key), read(came)
    first: Any = value[0] if value and isinstance(value, list) else value
    # Models are compared as they are written, since their extensions may nest deeper than Python calls.
    if same(dump(key, again), out.get(key)) if isinstance(first, Model) else same(again, value):
        out[key] = copy_json(came)
    elif value and isinstance(value, list) and isinstance(came, list):
        out[key] = _put_items(key, value, came, read)


def _value(model: Model, key: str) -> Any:
    name = attributes(cast("Any", type(model))).get(key)
    return model.additional_properties.get(key) if name is None else getattr(model, name)


@cache
def attributes(model: Any) -> Mapping[str, str]:
    """The attributes of a model, by the names that they are expected under, as Python spells them."""
    return {model._aliases.get(name, name): attribute for name, attribute in model._names.items()}


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


def dump_date(owner: Model, key: str, value: Any, reader: Callable[[Any], Any]) -> Any:
    """A date: as it came, if it still is the same moment."""
    source = owner._source
    if isinstance(source, Source) and key in (names := source.odd[::2]):
        came = source.odd[2 * names.index(key) + 1]
        if came.__class__ is str and reader(came) == value:
            return came
    return dump(key, value)


def dump_model(key: str, value: Any, model: type[Model]) -> dict[str, Any]:
    """An object as JSON; ``key`` is for the error."""
    if not isinstance(value, model):
        refuse(key, value, model)
    return value.to_dict()


def dump_models(key: str, models: list[M], model: type[M]) -> list[Any]:
    """The same for an array of objects."""
    if not isinstance(models, list):
        models = _listed(key, models, model)
    try:
        return [item.to_dict() if item._source.__class__ is Shape else item._as_came() for item in models]
    except AttributeError:
        everything: list[Any] = [*models]
        refuse(key, next(item for item in everything if not isinstance(item, Model)), model)


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


def dump(key: str, value: Any) -> Any:
    """Any value as JSON, sharing nothing that can change.

    A loop, since JSON may nest deeper than Python calls.

    Raises:
        TypeError: If JSON has no form for it.
        ValueError: If it holds itself.
    """
    if value.__class__ in _JSON:
        return value
    if not isinstance(value, _NESTED):
        return _dump_single(key, value)
    whole: list[Any] = [value]
    inside: list[tuple[Any, int]] = [(whole, 0)]
    while inside:
        container, depth = inside.pop()
        if depth > DEEPEST:
            raise ValueError("a value that holds itself cannot be written as JSON")
        for place, item in container.items() if isinstance(container, dict) else enumerate(container):
            if item.__class__ in _JSON:
                continue
            if isinstance(item, _NESTED):
                container[place] = copied = dict(item) if isinstance(item, dict) else list(item)
                inside.append((copied, depth + 1))
            else:
                container[place] = _dump_single(key, item)
    return whole[0]


_JSON: Final = frozenset({str, bool, int, float, type(None)})
_NESTED: Final = (dict, list, tuple)


def _dump_single(key: str, value: Any) -> Any:
    if isinstance(value, Model):
        return value._as_came()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime.date):  # some servers refuse +00:00
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, _SIMPLE):
        return value
    from uuid import UUID  # loaded where there is one

    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{key} holds a {type(value).__name__}, which JSON has no form for")
