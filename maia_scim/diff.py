"""Comparing and merging resources as JSON (``to_dict()``), without I/O.

What SCIM calls equal is equal here: attribute names in any case (RFC 7643 section 2.1); null, ``[]``, ``{}`` and no
attribute, which all mean unassigned (section 2.5); the values of a multi-valued attribute in any order (section 2.4).
An array is one value, never compared item by item. Scalars are equal as text has it: 1, 1.0 and true are three values.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from math import isnan
from reprlib import Repr
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from maia_public_api.values import copy_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Json = dict[str, Any]
# Where a value stands: the place of the object it is in, and its name there. The resource itself is None.
_Place = tuple[Any, str] | None

_ABSENT: Final = object()
# RFC 7643 sections 3.1 and 4.1.2: the service sets them, and ignores or refuses what a client says of them.
_READ_ONLY = frozenset({"id", "meta", "groups"})
# What a service never returns, and what it adds to by itself.
_NOT_COMPARED = _READ_ONLY | {"password", "schemas"}
_MANY_SHAPES = 32


# What a comparison finds.


class _Found:
    """Shows its path and values, but for those of a password."""

    __slots__: tuple[str, ...] = ()
    path: str

    def __repr__(self) -> str:
        shown = [f"{name}={value}" for name, value in self._shown().items()]
        return f"{type(self).__name__}({', '.join([f'path={self.path!r}', *shown])})"

    def __str__(self) -> str:
        return f"{self.path}: " + ", ".join(f"{name} {value}" for name, value in self._shown().items())

    def _shown(self) -> dict[str, str]:
        secret = "password" in re.split("[.:]", self.path.lower())
        values = {name: getattr(self, name) for name in self.__slots__ if name != "path"}
        return {name: "'***'" if secret and value is not None else _SHORT.repr(value) for name, value in values.items()}


class _Short(Repr):
    """A repr of bounded length and depth that hides passwords."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 200

    def repr_dict(self, x: Mapping[str, Any], level: int) -> str:
        return super().repr_dict({key: "***" if _fold(key) == "password" else x[key] for key in x}, level)


_SHORT: Final = _Short()


@dataclass(frozen=True, slots=True, repr=False)
class Change(_Found):
    """A value that differs between two resources.

    Attributes:
        path: Where, as RFC 7644 section 3.10 spells it: ``name.givenName``,
            ``urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value``.
        before: What it was; None if unassigned.
        after: What it is; None if unassigned.
    """

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, repr=False)
class Conflict(_Found):
    """A value that was changed on both sides, each time to another.

    Attributes:
        path: Where; of a complex attribute that one side set or cleared as a whole, its own path.
        base: What it was; None if unassigned, as below.
        mine: What the caller made of it.
        theirs: What somebody else made of it.
    """

    path: str
    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True, slots=True, repr=False)
class Difference(_Found):
    """What a service's answer does not hold as it was sent.

    Attributes:
        path: Where.
        sent: What was sent; None if it was cleared.
        answered: What the answer has there; None if unassigned.
    """

    path: str
    sent: Any
    answered: Any

    @property
    def ignored(self) -> bool:
        """Whether nothing came of it: a value that the answer lacks, or a clearing that left the value there."""
        return self.answered is None or self.sent is None


# The comparisons.


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Tell what changed between two resources.

    Complex attributes and extensions are entered. Where one side has a complex value and the other a simple one or an
    array, it is one change of the whole.

    Args:
        before: JSON of a resource.
        after: JSON of another, or of the same one later.

    Returns:
        The changes in the order of ``before``, in each object followed by what is new there; empty if both are equal.
        Paths are spelled as in ``after``, else as in ``before``. The values are copies.
    """
    numbers = _Numbers()
    return tuple(
        Change(_path(place), _copy(one), _copy(other))
        for place, one, other in _leaves(dict(before), dict(after))
        if numbers.of(one) != numbers.of(other)
    )


def merge(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[Json, tuple[Conflict, ...]]:
    """Make the changes from ``base`` to ``mine`` in ``theirs`` (a three-way merge by leaf path).

    ``id``, ``meta`` and ``groups`` are always theirs. What ``mine`` clears is cleared as it says it: by an explicit
    null, ``[]`` or ``{}``, or by leaving it out. A password that ``mine`` sets is set, since no service returns one.

    Args:
        base: JSON of the resource that both sides began with.
        mine: What the caller made of it.
        theirs: What the service holds now.

    Returns:
        The merged JSON, which shares nothing with the arguments, and the conflicts, where it has what is theirs: what
        both sides changed, to different values. One side that set or cleared a complex attribute as a whole while the
        other changed a value within it is a conflict, too.
    """
    numbers = _Numbers()
    merged: Json = copy_json(dict(theirs))
    conflicts: list[Conflict] = []
    todo: list[tuple[_Place, Json, Json, Json]] = [(None, dict(base), dict(mine), merged)]
    while todo:
        above, old, own, new = todo.pop()
        for was, said, has in _aligned(old, own, new):
            name: str = next(each for each in (has, said, was) if each is not None)
            if above is None and _fold(name) in _READ_ONLY:
                continue
            a, b, c = _get(old, was), _get(own, said), _get(new, has)
            if is_object(b) and is_object(c) and b and c and (inner := _opened(a)) is not None:
                todo.append(((above, name), inner, b, c))
                continue
            one, two, three = numbers.of(a), numbers.of(b), numbers.of(c)
            if two in (one, three):
                continue
            if three != one and not (above is None and _fold(name) == "password"):
                conflicts.append(Conflict(_path((above, name)), _copy(a), _copy(b), _copy(c)))
            elif b is not _ABSENT:
                new[name] = copy_json(b)
            elif has is not None:
                del new[has]
    return merged, tuple(conflicts)


def unspoken(held: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[str, ...]:
    """Tell what a PUT would clear without saying so (RFC 7644 section 3.5.1).

    Args:
        held: JSON of the resource as the service has it, or had it when it was read.
        body: JSON that is to replace it.

    Returns:
        Paths of what ``held`` has assigned and ``body`` neither holds nor clears by an explicit null or ``[]``, which
        speaks for all that is within. Not ``id``, ``meta``, ``groups``, ``schemas``, ``password``.
    """
    leaves = _leaves(_compared(body), _compared(held), stated=True)
    return tuple(_path(place) for place, said, _ in leaves if said is _ABSENT)


def not_kept(sent: Mapping[str, Any], answered: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Tell what a service's answer to a write does not hold as it was sent.

    What the answer has beyond that is no difference: attributes that were not sent, and in the items of an array
    sub-attributes such as ``display`` that were not. ``primary`` is false where it is not said (RFC 7643 section 2.4).

    Args:
        sent: JSON that was sent.
        answered: JSON of the answer.

    Returns:
        What was sent assigned and is missing or other in the answer, and what was cleared by an explicit null or ``[]``
        and is still there. Not ``id``, ``meta``, ``groups``, ``schemas``, ``password``.
    """
    numbers = _Numbers(primary_is_false=True)
    return tuple(
        Difference(_path(place), _copy(one), _copy(other))
        for place, one, other in _leaves(_compared(sent), _compared(answered), stated=True)
        if one is not _ABSENT and numbers.of(one) != numbers.of(other) and not _items_kept(one, other, numbers)
    )


def holds(held: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """Whether a resource is what was sent: nothing missing, nothing other, nothing more.

    Args:
        held: JSON of the resource as the service has it.
        sent: JSON that was sent.

    Returns:
        Whether both are equal without ``id``, ``meta``, ``groups``, ``schemas``, ``password`` and unassigned values.
    """
    numbers = _Numbers(primary_is_false=True)
    return numbers.of(_compared(held)) == numbers.of(_compared(sent))


# How they go about it. Loops all through, since JSON may nest deeper than Python calls.


class _Numbers:
    """Gives JSON values numbers: the same to equal ones, 0 to unassigned ones.

    A container is known by the numbers of what it holds, an array by those in order of size: comparing takes about as
    long as reading, whatever the length and order of arrays.
    """

    def __init__(self, *, primary_is_false: bool = False) -> None:
        self._known: dict[Any, int] = {}
        self._default = self.of(False) if primary_is_false else None

    def of(self, value: Any) -> int:
        done: list[int] = []
        todo: list[tuple[Any, bool]] = [(value, False)]
        while todo:
            item, entered = todo.pop()
            key: Any = None
            if is_object(item) or is_array(item):
                if not entered:
                    todo.append((item, True))
                    todo.extend([(inner, False) for inner in (item.values() if is_object(item) else item)])
                    continue
                start = len(done) - len(item)  # what it holds is done, last to first
                numbers = done[start:]
                del done[start:]
                named = self._named(reversed(item), numbers) if is_object(item) else None
                key = tuple(sorted(numbers)) if named is None else frozenset(named.items())
            elif item is not None and item is not _ABSENT:
                # NaN, which is not equal to itself, is one value all the same.
                key = type(item), None if isinstance(item, float) and isnan(item) else item
            done.append(self._known.setdefault(key, len(self._known) + 1) if key else 0)
        return done[0]

    def members(self, item: Any) -> dict[str, int]:
        """The numbers of what is assigned in an object, by name in lower case; of a simple value, its own."""
        return self._named(item, map(self.of, item.values())) if is_object(item) else {"": self.of(item)}

    def _named(self, names: Iterable[str], numbers: Iterable[int]) -> dict[str, int]:
        assigned = [
            (name, number)
            for name, number in zip(names, numbers, strict=True)
            if number and not (number == self._default and _fold(name) == "primary")
        ]
        folded = {_fold(name): number for name, number in assigned}
        return folded if len(folded) == len(assigned) else dict(assigned)


def _leaves(one: Json, other: Json, *, stated: bool = False) -> Iterator[tuple[_Place, Any, Any]]:
    """The values of two objects side by side, ``_ABSENT`` where there is none, and null alike.

    If what ``one`` says is ``stated``, its null and ``[]`` stand for themselves; else they are as good as ``{}``.
    """
    todo: list[tuple[_Place, Any, Any]] = [(None, one, other)]
    while todo:
        place, left, right = todo.pop()
        a = None if stated and _is_empty(left) else _opened(left)
        b = _opened(right)
        if a is None or b is None:
            yield place, left, right
            continue
        inner = [
            ((place, x if y is None else y), _get(a, x), _get(b, y))  # the name as the other spells it, if it does
            for x, y in _aligned(a, b)
        ]
        todo += reversed(inner)


def _aligned(*objects: Json) -> list[list[Any]]:
    """How each of some objects spells each attribute; None where it has it not.

    Where one of them has a name in two spellings, these are two attributes.
    """
    counts = [Counter(map(_fold, each)) for each in objects]
    twice = {name for count in counts for name in count if count[name] > 1}
    rows: dict[str, list[Any]] = {}
    for column, each in enumerate(objects):
        for name in each:
            folded = _fold(name)
            rows.setdefault(name if folded in twice else folded, [None] * len(objects))[column] = name
    return [*rows.values()]


def _items_kept(sent: Any, answered: Any, numbers: _Numbers) -> bool:
    """Whether each item of an array came back, with its sub-attributes and maybe others; and no item more."""
    if not (is_array(sent) and is_array(answered) and len(sent) == len(answered)):
        return False
    theirs = [numbers.members(item) for item in answered]
    shapes: dict[frozenset[str], Counter[tuple[int, ...]]] = {}
    for item in map(numbers.members, sent):
        shapes.setdefault(frozenset(item), Counter())[tuple(item[name] for name in sorted(item))] += 1
    if len(shapes) > _MANY_SHAPES:  # nothing that SCIM knows, and it would take too long
        return False
    matched: set[int] = set()
    for shape, wanted in shapes.items():
        names = sorted(shape)
        found = {at: tuple(item[name] for name in names) for at, item in enumerate(theirs) if shape <= item.keys()}
        if not wanted <= Counter(found.values()):
            return False
        matched.update(at for at, values in found.items() if values in wanted)
    return len(matched) == len(theirs)


def _compared(resource: Mapping[str, Any]) -> Json:
    return {name: value for name, value in resource.items() if _fold(name) not in _NOT_COMPARED}


def _path(place: _Place) -> str:
    """The text of a place. An extension is told by the colon in its URN (RFC 7644 section 3.10)."""
    names: list[str] = []
    while place is not None:
        place, name = place
        names.append(name)
    first, inner = names.pop(), ".".join(reversed(names))
    return f"{first}{':' if ':' in first else '.'}{inner}" if inner else first


def _fold(name: str) -> str:
    """A name without its case; ``$ref`` also goes by ``ref`` in some services."""
    folded = name.lower()
    return "ref" if folded == "$ref" else folded


def _get(item: Json, name: str | None) -> Any:
    return _ABSENT if name is None else item[name]


def is_object(value: Any) -> TypeGuard[Json]:
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_empty(value: Any) -> bool:
    return value is None or (is_array(value) and not value)


def _opened(value: Any) -> Json | None:
    """The object that a value is, empty if it is unassigned; None if it is something else."""
    if is_object(value):
        return value
    return {} if value is _ABSENT or _is_empty(value) else None


def _copy(value: Any) -> Any:
    """A copy to give away, None of what is unassigned."""
    unassigned = value is _ABSENT or _is_empty(value) or (is_object(value) and not _Numbers().of(value))
    return None if unassigned else copy_json(value)


__all__ = ["Change", "Conflict", "Difference", "diff", "holds", "merge", "not_kept", "unspoken"]
