"""Which users are meant, by a SCIM filter over what a directory answered of them (RFC 7644 section 3.4.2.2).

A filter may choose hundreds of accounts to be changed, so whatever could only be a slip is refused when it is read: an
attribute that no user has, a value of another type, an empty text to look for.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category, normalize

from maia_public_api.values import to_bool, to_datetime, to_float, to_int, to_str

from maia_scim.diff import is_object
from maia_scim.errors import ConfigurationError
from maia_scim.filters import ORDERING, TEXTUAL, Unreadable, compare, has_value, holds, parse, test_of
from maia_scim.resources import named

from .domains import in_ascii, in_unicode
from .terms import of_item, of_user, parts, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scim2_models.path import AttrPath, FilterNode

    from maia_scim.filters import Test

    from .terms import Kind, Term

    Compares = Callable[[str, Any], bool]

_EXAMPLE = 'active eq true and emails.domain eq "old.example"'
# Texts in quotes, which stay as they are, and what is written otherwise than in SCIM.
_WORDS = re.compile(r'(?P<text>"(?:[^"\\]|\\.)*"?)|(?P<equal>==)|(?P<other>!=)|(?P<blank>\s)', re.DOTALL)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ].*)?", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d.*", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUOTES = frozenset("'`\u2018\u2019\u201c\u201d\u201e\u00ab")  # what a word processor, or a habit, makes of a quote


class Where:
    """Which users are meant: a filter over a user's JSON.

    It is a filter of RFC 7644 section 3.4.2.2, with two additions. ``==`` and ``!=`` are ``eq`` and ``ne``. And
    ``emails.domain`` and ``userName.domain`` are what stands behind the last ``@``, where ``münchen.example`` and
    ``xn--mnchen-3ya.example`` are one domain.

    Names of attributes are in any case. Texts are compared without case where SCIM does so. Null, ``[]`` and no
    attribute are the same. Of an array, one item is enough; ``ne`` means that none is equal. Moments are compared as
    such, whatever their offset; one without an offset is taken as UTC, and a date as the beginning of its day.

    >>> meant = Where('active eq true and emails.domain == "old.example"')
    >>> meant({"active": True, "emails": [{"value": "ada@old.example"}]})
    True
    """

    def __init__(self, text: str) -> None:
        """Read a filter.

        Args:
            text: The filter.

        Raises:
            ValueError: If it is none, or names what no user has. The message says what to write.
            ConfigurationError: If scim2-models is not installed.
        """
        self.text = text
        scim, origin = _in_scim(text)
        try:
            self._test = test_of(parse(scim), _User())
        except ImportError as error:
            raise ConfigurationError("a filter needs a package: pip install 'maia-scim[filter]'") from error
        except Unreadable as error:
            at = "" if error.at is None else f", character {origin[error.at] + 1}"
            hint = "" if error.at is None else _hint(scim[error.at :])
            raise ValueError(f"the filter{at}: {error.why}{hint}. A filter is such as {_EXAMPLE}") from None

    def __repr__(self) -> str:
        return f"Where({self.text!r})"

    def __call__(self, user: Mapping[str, Any]) -> bool:
        """Tell whether a user is meant.

        Args:
            user: The user's JSON, as the service answered.
        """
        return self._test(user if is_object(user) else dict(user))


# The text.


def _in_scim(text: str) -> tuple[str, list[int]]:
    """A filter as SCIM spells it, in one line, and where each of its characters and its end stand in the text."""
    scim: list[str] = []
    origin: list[int] = []
    end = 0
    for word in _WORDS.finditer(text):
        instead = {"text": word[0], "equal": " eq ", "other": " ne ", "blank": " "}[word.lastgroup or "text"]
        scim += (text[end : word.start()], instead)
        origin += range(end, word.start())
        origin += range(word.start(), word.end()) if word.lastgroup == "text" else [word.start()] * len(instead)
        end = word.end()
    return "".join([*scim, text[end:]]), [*origin, *range(end, len(text) + 1)]


def _hint(rest: str) -> str:
    """What else to say of the place where a filter goes wrong, by what stands there."""
    for start, said in (
        ('"', ": is the quote closed, and each backslash within written twice?"),
        ("=", ": equal is eq or =="),
        ("&", ": it is spelled and"),
        ("|", ": it is spelled or"),
        ("!", ": it is spelled not ( … )"),
    ):
        if rest.startswith(start):
            return said
    return ": the quotes around a text are plain double ones" if rest[:1] in _QUOTES else ""


# Tests.


class _User:
    """Makes tests of users."""

    def term(self, path: AttrPath) -> Term:
        return of_user(path)

    def present(self, path: AttrPath) -> Test:
        return _present(self.term(path))

    def compared(self, path: AttrPath, op: str, value: Any) -> Test:
        return _compared(self.term(path), op, value)

    def chosen(self, path: AttrPath, inner: FilterNode, /) -> Test:
        array = self.term(path)
        if array.attribute and not array.attribute.many:
            better = parts(array.attribute) if array.attribute.parts else array.shown
            raise ValueError(f"{array.shown} is no array, which a filter in brackets needs: write {better}")
        test = test_of(inner, _Item(array))
        return lambda user: any(map(test, array.found(user)))


class _Item(_User):
    """Makes tests of the items of an array."""

    def __init__(self, array: Term) -> None:
        self._array = array

    def term(self, path: AttrPath) -> Term:
        return of_item(self._array, path)


def _present(term: Term) -> Test:
    return lambda holder: any(map(has_value, term.found(holder)))


def _compared(term: Term, op: str, value: Any) -> Test:
    """Make the test of a comparison.

    Raises:
        ValueError: If it could not hold of any value, or of each.
    """
    if value is None:
        if op not in ("eq", "ne"):
            raise ValueError(f"{term.shown} {op} null says nothing: write {term.shown} pr, or not ({term.shown} pr)")
        test = _present(term)
        return test if op == "ne" else lambda holder: not test(holder)
    if term.kind == "whole":
        term = value_of(term)
    if op in TEXTUAL and value == "":
        raise ValueError(f'{term.shown} {op} "" is true of each text: write {term.shown} pr if that is meant')
    if isinstance(value, str) and (hidden := next((sign for sign in value if category(sign) == "Cc"), None)):
        raise ValueError(f"the text for {term.shown} holds U+{ord(hidden):04X}: a backslash in it is written twice")
    compares = _COMPARISONS[term.kind](term, op, value)
    return lambda holder: holds(op, term.found(holder), compares)


def _texts(term: Term, op: str, value: Any) -> Compares:
    expected = _folded(value, term.exact) if isinstance(value, str) else None
    if expected is None:
        raise ValueError(f'{term.shown} is text: write {term.shown} {op} "{str(value).lower()}"')
    return lambda op, actual: compare(op, _folded(actual, term.exact), expected)


def _booleans(term: Term, op: str, value: Any) -> Compares:
    expected = to_bool(value) if isinstance(value, bool | str) else None
    if expected is None or op not in ("eq", "ne"):
        raise ValueError(f"{term.shown} is true or false: write {term.shown} eq true, or {term.shown} eq false")
    return lambda _, actual: to_bool(actual) is expected


def _moments(term: Term, op: str, value: Any) -> Compares:
    if op in TEXTUAL:
        return _texts(term, op, value)
    expected = _instant(value) if isinstance(value, str) and _DATE.fullmatch(value) else None
    if expected is None:
        raise ValueError(f'{term.shown} is a date and time: write {term.shown} {op} "2024-01-31T08:00:00Z"')
    return lambda op, actual: compare(op, _instant(actual), expected)


def _domains(term: Term, op: str, value: Any) -> Compares:
    if not isinstance(value, str) or "@" in value or not value.strip() or op in ORDERING:
        raise ValueError(
            f"{term.shown} is what stands behind the @, compared by eq, ne, co, sw and ew: "
            f'write {term.shown} eq "old.example"'
        )
    expected = in_unicode(value if op in TEXTUAL else value.removesuffix("."))
    ascii_too = in_ascii(expected)

    def compares(op: str, actual: str) -> bool:
        # Both forms, since a part of a label is found in one of them only.
        return compare(op, actual, expected) or compare(op, in_ascii(actual), ascii_too)

    return compares


def _any(term: Term, op: str, value: Any) -> Compares:
    """Compare what has no type that is known: as the filter has it, by number, by moment or by text."""
    if op in TEXTUAL and not isinstance(value, str):
        raise ValueError(f'{op} compares texts: write {term.shown} {op} "{str(value).lower()}"')
    if isinstance(value, bool) and op in ORDERING:
        raise ValueError(f"{op} does not compare booleans: write {term.shown} eq {str(value).lower()}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return lambda op, actual: compare(op, _number(_simple(actual)), value)
    expected = _plain(value, term.exact)
    moment = _instant(value) if isinstance(value, str) and _DATE_TIME.fullmatch(value) and op not in TEXTUAL else None

    def compares(op: str, actual: Any) -> bool:
        actual = _simple(actual)
        if moment is not None and isinstance(actual, str) and _DATE_TIME.fullmatch(actual):
            return compare(op, _instant(actual), moment)
        return compare(op, _plain(actual, term.exact), expected)

    return compares


_COMPARISONS: Final[dict[Kind, Callable[[Term, str, Any], Compares]]] = {
    "text": _texts,
    "boolean": _booleans,
    "moment": _moments,
    "domain": _domains,
    "open": _any,
}


def _folded(value: Any, exact: bool) -> str | None:
    """A text, or what reads as one, so that texts that SCIM calls equal are the same."""
    text = to_str(value)
    if text is None:
        return None
    whole = normalize("NFC", text)
    return whole if exact else normalize("NFC", whole.casefold())


def _plain(value: Any, exact: bool) -> str | None:
    """A text; booleans, which some services write as text, in one form."""
    known = to_bool(value) if isinstance(value, bool | str) else None
    return _folded(value, exact) if known is None else str(known).lower()


def _simple(value: Any) -> Any:
    """A value; of an object, such as a manager, its ``value``."""
    return value.get(named(value, "value") or "") if is_object(value) else value


def _number(value: Any) -> int | float | None:
    whole = to_int(value)
    return to_float(value) if whole is None else whole


def _instant(value: Any) -> int | None:
    """Microseconds since 1970, of whatever reads as a date-time."""
    moment = to_datetime(value)
    if moment is None:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


__all__ = ["Where"]
