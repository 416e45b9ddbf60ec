"""The answer that a model was read from, kept beside it for whoever wants to know what it held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .base import Model, attributes
from .shapes import ABSENT, Shape, Source, weight

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a JSON object speaks of: its names; then, of each that is an object again, its name and the outline of that.
Outline = tuple[Any, ...]
_DEEPEST = 8
_DEEPER: Final[Outline] = ((ABSENT,),)  # what no object speaks of: of what is within, an outline does not tell


class Kept(NamedTuple):
    """An answer. Copies of the model share it; no repr or comparison shows it."""

    origin: str
    """Which service it came from"""
    content: bytes
    """The JSON, as it came"""
    etag: str | None
    """The ``ETag`` of the answer"""
    outline: Outline
    """What the JSON speaks of"""


def keep(model: Model, origin: str, content: bytes, etag: str | None) -> None:
    """Keep an answer beside the model that was just read from it; see ``Kept``."""
    source = Source(model._source)
    source.kept = Kept(origin, content, etag, _shared(_outline(model)))
    slots: Any = model
    slots._source = source


def kept(model: Model) -> Kept | None:
    """The answer that is kept beside a model."""
    return model._source.kept if isinstance(model._source, Source) else None


def speaks_of(value: Mapping[str, Any], outline: Outline) -> bool:
    """Whether an object has all names of an outline, in the same spelling."""
    names = outline[0]
    if names.__class__ is Shape:
        if not (value.keys() >= names.blank.keys() and value.keys() >= set(names.others)):
            return False
    elif not value.keys() >= set(names):
        return False
    for place in range(1, len(outline), 2):
        within = value[outline[place]]
        if within.__class__ is not dict or not speaks_of(within, outline[place + 1]):
            return False
    return True


def _outline(model: Model) -> Outline:
    kind: Any = type(model)
    source, others = model._source, model.additional_properties
    outline: list[Any] = [source.shared]
    for name in kind._objects:
        value = getattr(model, attributes(kind)[name])
        if value is not None:
            outline += _within(name, value)
    for name in source.others:
        outline += _within(name, others.get(name))
    if isinstance(source, Source) and source.odd:
        name = ""
        for came in source.odd:  # a name, what came, a name, what came: objects in place of something else
            if came.__class__ is dict:
                outline += _within(name, came)
            name = came
    return tuple(outline)


def _within(name: str, value: Any) -> Outline:
    if value.__class__ is dict:
        return name, _outline_of(value)
    return (name, _outline(value)) if isinstance(value, Model) else ()


def _outline_of(value: dict[str, Any], deepest: int = _DEEPEST) -> Outline:
    outline: list[Any] = [tuple(value)]
    for name, inner in value.items():
        if inner.__class__ is dict:
            outline += name, _outline_of(inner, deepest - 1) if deepest else _DEEPER
    return tuple(outline)


def _shared(outline: Outline) -> Outline:
    """The same outline of another answer, if there was one: users of a directory have few."""
    shared = _outlines.get(outline)
    if shared is None:
        shared = outline
        if len(_outlines) < _OUTLINES and _weight(outline) < _WEIGHT:
            _outlines[outline] = outline
    return shared


def _weight(outline: Outline) -> int:
    names = outline[0]
    own = (*names.blank, *names.others) if isinstance(names, Shape) else names
    return weight(own) + sum(map(_weight, outline[2::2]))


_outlines: dict[Outline, Outline] = {}
_OUTLINES, _WEIGHT = 256, 16_000  # what a hostile service may have us keep
