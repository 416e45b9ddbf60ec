"""Picking rows: those whose cells match, without the first ones, up to a number of them ("five first")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Picks:
    """Which rows of a file are taken. What is not picked is not checked either.

    Args:
        match: Columns, as the file heads them or by the attributes they set, each with a regular expression that is
            found anywhere in the cell (``re.search``); a row is taken if all are.
        skip: How many of those are left out first.
        limit: How many are taken then.

    Raises:
        ValueError: If an expression is none, or a number is too small.
    """

    match: tuple[tuple[str, str], ...] = ()
    skip: int = 0
    limit: int | None = None

    def __post_init__(self) -> None:
        self.expressions()
        if self.skip < 0:
            raise ValueError(f"skip is {self.skip}: it must be 0 or more")
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"limit is {self.limit}: it must be 1 or more")

    @classmethod
    def parse(cls, match: Iterable[str] = (), skip: int = 0, limit: int | None = None) -> Self:
        """Make picks of each ``COLUMN=REGEX``, as a command line has them. A column ends at the first ``=``.

        Raises:
            ValueError: If one is none, or a number is too small.
        """
        parted: list[tuple[str, str]] = []
        for text in match:
            column, sign, expression = text.partition("=")
            if not (sign and column.strip()):
                raise ValueError(f"{text!r} is no COLUMN=REGEX, as in userName=@example\\.com$")
            parted.append((column.strip(), expression))
        return cls(tuple(parted), skip, limit)

    def expressions(self) -> list[re.Pattern[str]]:
        """The expressions, in order."""
        return [_compiled(column, expression) for column, expression in self.match]


def _compiled(column: str, expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{expression!r}, to match {column} with, is no regular expression: {error}") from None


class Picker:
    """Picks the rows of one file as they pass by."""

    def __init__(self, picks: Picks) -> None:
        self._expressions = picks.expressions()
        self._skip = picks.skip
        self._left = picks.limit

    @property
    def done(self) -> bool:
        """Whether the limit is reached."""
        return self._left == 0

    def takes(self, cells: Iterable[str] | None) -> bool:
        """Whether a row is picked.

        Args:
            cells: Its texts in the columns that are matched, in order; None of a record that cannot be read, which may
                be one that would match.
        """
        matches = zip(self._expressions, cells, strict=True) if cells is not None else ()
        if not all(expression.search(cell) for expression, cell in matches):
            return False
        if self._skip:
            self._skip -= 1
            return False
        if self._left is not None:
            self._left -= 1
        return True


__all__ = ["Picker", "Picks"]
