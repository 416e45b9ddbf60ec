"""Filters of PATCH paths (RFC 7644 §3.4.2.2), parsed by scim2-models and applied to plain JSON.

scim2-models takes 0.3 s to import, so nothing imports this module before a filter comes.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from scim2_models import InvalidPathException
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    Not,
    Path,
    Present,
    ValuePath,
)

from maia_scim.diff import is_array, is_object
from maia_scim.sandbox.schema import BOOLEANS, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# RFC 7643 §2.3.6 and §2.3.7: binary values and references are case-exact, all other text of these attributes is not.
_EXACT = frozenset({("x509certificates", "value"), ("photos", "value")})
_REFERENCES = frozenset({"$ref", "ref"})
_ORDERING: dict[CompareOperator, Callable[[Any, Any], bool]] = {
    CompareOperator.gt: operator.gt,
    CompareOperator.ge: operator.ge,
    CompareOperator.lt: operator.lt,
    CompareOperator.le: operator.le,
}


class Filter:
    """A path with a filter: ``emails[type eq "work"].value``.

    Attributes:
        urn: the extension before the name, if there is one.
        name: the array's name.
        sub: the sub-attribute after the filter, if there is one.
    """

    def __init__(self, path: str) -> None:
        """Parse a path.

        Raises:
            ValueError: when it is not valid.
        """
        try:
            node = Path(path).ast
        except InvalidPathException as error:
            raise ValueError(error.detail) from error
        if not isinstance(node, ValuePath):
            raise ValueError('a filter stands in brackets after an array, as in emails[type eq "work"]')  # noqa: TRY004
        self.urn, self.name, self.sub = node.attr_path.uri, node.attr_path.attr, node.sub_attr
        self._node = node.val_filter

    def names(self) -> set[str]:
        """Return the sub-attributes that it compares."""
        return {path.attr for path in _paths(self._node)}

    def matches(self, item: Any) -> bool:
        """Tell whether an item of the array is meant.

        Raises:
            ValueError: when its operator does not go with what the item has.
        """
        return _matches(self._node, item, self.name.lower())

    def described(self) -> dict[str, Any] | None:
        """Return the item that ``[type eq "work"]`` describes; ``None`` for any other filter."""
        node = self._node
        if not isinstance(node, Comparison) or node.op != CompareOperator.eq or node.value is None:
            return None
        return {node.attr_path.attr: node.value}


def _paths(node: FilterNode) -> Iterator[AttrPath]:
    if isinstance(node, LogicalExpr):
        for term in node.terms:
            yield from _paths(term)
    elif isinstance(node, Not):
        yield from _paths(node.expr)
    elif isinstance(node, Comparison | Present):
        yield node.attr_path


def _matches(node: FilterNode, item: Any, array: str) -> bool:
    match node:
        case LogicalExpr(op=LogicalOperator.and_):
            return all(_matches(term, item, array) for term in node.terms)
        case LogicalExpr():
            return any(_matches(term, item, array) for term in node.terms)
        case Not():
            return not _matches(node.expr, item, array)
        case Present():
            return any(_has_value(value) for value in _values(item, node.attr_path))
        case Comparison(op=op, attr_path=path):
            name = path.attr.lower()
            exact = (array, name) in _EXACT or name in _REFERENCES
            values = _values(item, path) or [None]
            if op == CompareOperator.ne:  # of several values, none is equal
                return not any(_compare(CompareOperator.eq, value, node.value, exact) for value in values)
            return any(_compare(op, value, node.value, exact) for value in values)
        case _:
            raise ValueError("a filter in brackets has no brackets itself")


def _values(item: Any, path: AttrPath) -> list[Any]:
    """Return what an item has at a path; the ``value`` of a plain text or number is it itself (RFC 7643 §2.4)."""
    if not is_object(item):
        return [item] if path.attr.lower() == "value" and not path.sub_attr else []
    found: list[Any] = [item]
    for name in (path.attr, path.sub_attr) if path.sub_attr else (path.attr,):
        inner = [each[key] for each in found if is_object(each) and (key := find(each, name)) is not None]
        found = [value for each in inner for value in (each if is_array(each) else [each])]
    return found


def _has_value(value: Any) -> bool:
    """Tell whether a value is there for ``pr``: ``False`` and 0 are."""
    if is_object(value):
        return any(map(_has_value, value.values()))
    if is_array(value):
        return any(map(_has_value, value))
    return value is not None and value != ""


def _compare(op: CompareOperator, actual: Any, expected: Any, exact: bool) -> bool:
    if isinstance(actual, bool) and isinstance(expected, str):  # Entra: [primary eq "True"]
        expected = BOOLEANS.get(expected.lower(), expected)
    if op in _ORDERING and (isinstance(actual, bool) or isinstance(expected, bool)):
        raise ValueError(f"{op.value} does not compare booleans")
    if isinstance(actual, str) and isinstance(expected, str):
        return _compare_texts(op, *((actual, expected) if exact else (actual.casefold(), expected.casefold())))
    if op == CompareOperator.eq:
        return isinstance(actual, bool) == isinstance(expected, bool) and bool(actual == expected)
    if op in _ORDERING and isinstance(actual, int | float) and isinstance(expected, int | float):
        return _ORDERING[op](actual, expected)
    return False


def _compare_texts(op: CompareOperator, actual: str, expected: str) -> bool:
    match op:
        case CompareOperator.eq:
            return actual == expected
        case CompareOperator.co:
            return expected in actual
        case CompareOperator.sw:
            return actual.startswith(expected)
        case CompareOperator.ew:
            return actual.endswith(expected)
        case _:
            return _ORDERING[op](actual, expected)
