"""SCIM filters (RFC 7644 section 3.4.2.2), parsed by scim2-models and applied to plain JSON.

scim2-models takes 0.3 s to import, so it is imported when the first filter is read, and not with this module.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final, Protocol

from maia_public_api.values import to_bool

from maia_scim.diff import is_array, is_object
from maia_scim.resources import named
from maia_scim.text import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scim2_models.path import AttrPath, FilterNode

    Test = Callable[[Any], bool]

LONGEST: Final = 10_000  # characters of a filter: more than anybody writes, and read in less than a tenth of a second
ORDERING: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
TEXTUAL: Final = frozenset({"co", "sw", "ew"})
# What belongs where a filter goes wrong, by a token that the grammar of scim2-models would take there.
_WANTED: Final = {
    "STRING": "a text in double quotes, a number, true, false or null belongs",
    "COMPARE_OP": "one of eq, ne, co, sw, ew, gt, ge, lt, le and pr belongs",
    "ATTR_PATH": "an attribute, ( or not ( belongs",
    "_AND": "and or or belongs, or a closing bracket",
    "_LPAR": "( belongs, as in not (title pr)",
    "_RPAR": ") belongs",
}


class Unreadable(ValueError):
    """A text is no filter.

    Attributes:
        at: Where it goes wrong, counted from 0; the length of the text if something is missing at its end; None if that
            is not known.
        why: What is wrong there.
    """

    def __init__(self, at: int | None, why: str) -> None:
        self.at = at
        self.why = why
        super().__init__(why if at is None else f"character {at + 1}: {why}")


class Leaves(Protocol):
    """What a filter's comparisons are to whoever applies it. Each makes a test of what holds the attribute."""

    def present(self, path: AttrPath) -> Test:
        """Make the test for ``title pr``."""
        ...

    def compared(self, path: AttrPath, op: str, value: Any) -> Test:
        """Make the test for ``title eq "Engineer"``."""
        ...

    def chosen(self, path: AttrPath, inner: FilterNode, /) -> Test:
        """Make the test for ``emails[type eq "work"]``."""
        ...


# Reading.


def parse(text: str) -> FilterNode:
    """Read a filter.

    Args:
        text: The filter in one line.

    Returns:
        What scim2-models makes of it, for ``test_of``.

    Raises:
        Unreadable: If it is none, is longer than any needs to be, or nests too deep.
        ImportError: If scim2-models is not installed.
    """
    from scim2_models import InvalidFilterException, ScimFilter

    if len(text) > LONGEST:
        raise Unreadable(None, f"it has {len(text)} characters, and at most {LONGEST} are read")
    try:
        return ScimFilter[Any](text).ast
    except InvalidFilterException as error:
        raise _unreadable(text, error) from None
    except RecursionError:
        raise Unreadable(None, "it nests too deep") from None


def _unreadable(text: str, error: Exception) -> Unreadable:
    """What scim2-models found wrong. Of syntax it tells only where; the parser below it knows what belongs there."""
    detail, cause = str(getattr(error, "detail", error)), error.__cause__
    column: object = getattr(cause, "column", None)
    if not isinstance(column, int):
        return Unreadable(None, line(detail))
    tokens: Iterable[str] = getattr(cause, "expected", None) or getattr(cause, "allowed", None) or ()
    expected = {*tokens}
    wanted = next((words for token, words in _WANTED.items() if token in expected), "nothing more belongs")
    ended = getattr(getattr(cause, "token", None), "type", None) == "$END"
    at = len(text) if ended else column - 1
    return Unreadable(at, f"it ends where {wanted}" if ended else f"{line(text[at : at + 30])!r} stands where {wanted}")


def test_of(node: FilterNode, leaves: Leaves) -> Test:
    """Make a test of a filter.

    Args:
        node: The filter, or what is in its brackets.
        leaves: What makes tests of its comparisons.

    Raises:
        ValueError: As ``leaves`` does.
    """
    from scim2_models.path import Comparison, LogicalExpr, LogicalOperator, Not, Present, ValuePath

    match node:
        case LogicalExpr(op=op, terms=terms):
            every = all if op == LogicalOperator.and_ else any
            tests = tuple(test_of(term, leaves) for term in terms)
            return lambda holder: every(test(holder) for test in tests)
        case Not():
            test = test_of(node.expr, leaves)
            return lambda holder: not test(holder)
        case Present():
            return leaves.present(node.attr_path)
        case Comparison():
            return leaves.compared(node.attr_path, node.op.value, node.value)
        case ValuePath():
            return leaves.chosen(node.attr_path, node.val_filter)
        case _:
            raise TypeError(f"{type(node).__name__} is no part of a filter")


# Comparing.


def values(holder: Any, *names: str) -> list[Any]:
    """The values that a holder has at a path, those of arrays one by one.

    Args:
        holder: An object, or an item of an array: of a plain one, ``value`` is it itself (RFC 7643 section 2.4).
        names: The attribute, and the parts that lead on from it, in any case.
    """
    if not is_object(holder):
        return [holder] if [name.lower() for name in names] == ["value"] else []
    found: list[Any] = [holder]
    for name in names:
        inner = [each[key] for each in found if is_object(each) and (key := named(each, name)) is not None]
        found = [value for each in inner for value in (each if is_array(each) else [each])]
    return found


def has_value(value: Any) -> bool:
    """Whether there is something for ``pr``: ``False`` and 0 are, however deep they lie."""
    todo = [value]
    while todo:
        each = todo.pop()
        if is_object(each):
            todo += each.values()
        elif is_array(each):
            todo += each
        elif each is not None and each != "":
            return True
    return False


def holds(op: str, found: Iterable[Any], compares: Callable[[str, Any], bool]) -> bool:
    """Whether a comparison holds of the values that were found: of one of them, and for ``ne`` that none is equal."""
    if op == "ne":
        return not any(compares("eq", value) for value in found)
    return any(compares(op, value) for value in found)


def compare(op: str, actual: Any, expected: Any, *, exact: bool = True) -> bool:
    """Compare two values. Those of different types are not equal, and none is greater.

    Args:
        op: The operator; ``ne`` is for ``holds``.
        actual: The value that is there.
        expected: The value that the filter has; ``"True"``, as Entra writes it, is what a boolean is compared with.
        exact: Whether letter case counts.

    Raises:
        ValueError: If booleans are to be ordered.
    """
    if isinstance(actual, bool) and isinstance(expected, str):
        known = to_bool(expected)
        expected = expected if known is None else known
    if op in ORDERING and (isinstance(actual, bool) or isinstance(expected, bool)):
        raise ValueError(f"{op} does not compare booleans")
    if isinstance(actual, str) and isinstance(expected, str):
        return compare_texts(op, *((actual, expected) if exact else (actual.casefold(), expected.casefold())))
    if op == "eq":
        return isinstance(actual, bool) == isinstance(expected, bool) and bool(actual == expected)
    if op in ORDERING and isinstance(actual, int | float) and isinstance(expected, int | float):
        return ORDERING[op](actual, expected)
    return False


def compare_texts(op: str, actual: str, expected: str) -> bool:
    """Compare two texts to the letter."""
    match op:
        case "eq":
            return actual == expected
        case "co":
            return expected in actual
        case "sw":
            return actual.startswith(expected)
        case "ew":
            return actual.endswith(expected)
        case _:
            return ORDERING[op](actual, expected)


__all__ = [
    "LONGEST",
    "ORDERING",
    "TEXTUAL",
    "Leaves",
    "Unreadable",
    "compare",
    "compare_texts",
    "has_value",
    "holds",
    "parse",
    "test_of",
    "values",
]
