"""Filters in PATCH paths (RFC 7644 §3.5.2), parsed by scim2-models.

scim2-models takes 0.3 s to import, so nothing imports this module before a filter comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scim2_models import InvalidPathException
from scim2_models.path import Comparison, LogicalExpr, Not, Path, Present, ValuePath

from maia_scim.diff import is_object
from maia_scim.filters import compare, has_value, holds, test_of, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scim2_models.path import AttrPath, FilterNode

    from maia_scim.filters import Test

# RFC 7643 §2.3.6 and §2.3.7: binary values and references are case-exact, all other text of these attributes is not.
_EXACT = frozenset({("x509certificates", "value"), ("photos", "value")})
_REFERENCES = frozenset({"$ref", "ref"})


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
        self._test = test_of(node.val_filter, _Parts(self.name.lower()))

    def names(self) -> set[str]:
        """Return the sub-attributes that it compares."""
        return {path.attr for path in _paths(self._node)}

    def matches(self, item: Any) -> bool:
        """Tell whether an item of the array is meant.

        Raises:
            ValueError: when its operator does not go with what the item has.
        """
        return self._test(item)

    def described(self) -> dict[str, Any] | None:
        """Return the item that ``[type eq "work"]`` describes; ``None`` for any other filter."""
        node = self._node
        if not isinstance(node, Comparison) or node.op != "eq" or node.value is None:
            return None
        return {node.attr_path.attr: node.value}


class _Parts:
    """Makes tests of the items of an array."""

    def __init__(self, array: str) -> None:
        self._array = array

    def present(self, path: AttrPath) -> Test:
        return lambda item: any(map(has_value, _values(item, path)))

    def compared(self, path: AttrPath, op: str, value: Any) -> Test:
        name = path.attr.lower()
        exact = (self._array, name) in _EXACT or name in _REFERENCES

        def compares(op: str, actual: Any) -> bool:
            return compare(op, actual, value, exact=exact)

        def test(item: Any) -> bool:
            return holds(op, _values(item, path) or [None], compares)

        if op != "eq" or path.sub_attr or not isinstance(value, str):
            return test
        folded = value.casefold()

        def quick(item: Any) -> bool:  # members[value eq "…"], of which a PATCH may have as many as a group has members
            actual = item.get(path.attr) if is_object(item) else None
            if not isinstance(actual, str):
                return test(item)
            return actual == value or (not exact and actual.casefold() == folded)

        return quick

    def chosen(self, _path: AttrPath, _inner: FilterNode, /) -> Test:
        raise ValueError("a filter in brackets has no brackets itself")


def _values(item: Any, path: AttrPath) -> list[Any]:
    return values(item, path.attr, path.sub_attr) if path.sub_attr else values(item, path.attr)


def _paths(node: FilterNode) -> Iterator[AttrPath]:
    if isinstance(node, LogicalExpr):
        for term in node.terms:
            yield from _paths(term)
    elif isinstance(node, Not):
        yield from _paths(node.expr)
    elif isinstance(node, Comparison | Present):
        yield node.attr_path
