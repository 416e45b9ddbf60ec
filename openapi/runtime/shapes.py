"""Which attributes a JSON object came with.

Users of one directory come with the same few sets of names. Each set is worked out once and shared by all objects that
came with it, which costs a fraction of what a dict in each of them would.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, Self, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .base import Model
    from .kept import Kept

ABSENT: Final = ...  # what no JSON value is, and what pickles
_SHAPES, _WEIGHT = 256, 8000  # of a model, and of the names in one: what a hostile service may have us keep


class Shape:
    """The names that a JSON object came with. Shared, and never changed."""

    __slots__ = ("blank", "names", "others", "shared")

    def __init__(self, blank: dict[str, None], others: tuple[str, ...] = (), names: Mapping[str, str] = {}) -> None:
        self.blank = blank
        """The attributes of the schema, each ``None``"""
        self.others = others
        """The names that the schema does not name"""
        self.names = names
        """Attributes that came in another spelling, with that spelling"""
        self.shared: Shape = self
        """Itself, or of a ``Source`` the shape that it has of its own"""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Shape, (self.blank, self.others, self.names)


class Source(Shape):
    """What a single model was read from, where its names and its attributes do not tell all of it."""

    __slots__ = ("instead", "kept", "odd")

    def __init__(self, shape: Shape) -> None:
        self.blank, self.others, self.names, self.shared = shape.blank, shape.others, shape.names, shape.shared
        self.odd: tuple[Any, ...] = ()
        """Attributes as they came that would be written otherwise: a name, what came, a name, what came"""
        self.instead: Any = ABSENT
        """What came in place of an object"""
        self.kept: Kept | None = None
        """The answer it came in, if whoever read it keeps that"""
        if isinstance(shape, Source):
            self.odd, self.instead = shape.odd, shape.instead

    def __reduce__(self) -> tuple[Any, ...]:
        return Source, (self.shared,), (None, {"odd": self.odd, "instead": self.instead, "kept": self.kept})


NEW: Final = Shape({})
"""Of a model that was not read"""


def shape_of(model: type[Model], keys: tuple[str, ...]) -> Shape:
    """Tell apart the names that ``model`` has for attributes and all others.

    Names differ in case (RFC 7643 section 2.1) or come under their ``xml.name``; of two spellings, the one of the
    specification is the attribute.
    """
    for shapes in (model._shapes, model._shapes_apart):
        if (shape := shapes.get(keys)) is not None:
            return shape
    aliases = model._aliases
    came = {name: name for name in keys if name in model._names}
    others: list[str] = []
    folded = _folded(cast("Any", model))
    for key in keys:
        if key not in model._names:
            name = folded.get(key.lower())
            if name is None or name in came:
                others.append(key)
            else:
                came[name] = key
    spelled = {aliases.get(name, name): key for name, key in came.items()}
    shape = Shape(dict.fromkeys(spelled), tuple(others), {name: key for name, key in spelled.items() if name != key})
    shapes = model._shapes_apart if shape.others or shape.names else model._shapes
    # A key of another class may be equal to a text, and is the caller's own.
    if len(shapes) < _SHAPES and weight(keys) < _WEIGHT and all(key.__class__ is str for key in keys):
        shapes[keys] = shape
    return shape


def weight(names: Iterable[Any]) -> int:
    """About the bytes that it takes to keep names."""
    return sum(32 + len(name) for name in names if name is not ABSENT)


@cache
def _folded(model: Any) -> Mapping[str, str]:
    return {name.lower(): name for name in model._names} | {
        alias.lower(): name for name, alias in model._aliases.items()
    }
