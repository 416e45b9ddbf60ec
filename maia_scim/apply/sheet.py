"""CSV as spreadsheets write it (RFC 4180, loosely): delimiters, ``sep=;``, any line ends, a header of some lines."""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .decoding import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .decoding import Feed
    from .errors import InvalidFile

_DELIMITERS = ",;\t|"
_SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # Excel's own first line
_HEADER_LINES = 100


class Sheet:
    """A CSV file, read up to the end of its header.

    Attributes:
        header: The headers as they came.
        line: The line where the header begins.
        delimiter: What separates cells.
        newline: How lines end.
        sep: Excel's first line, ``sep=;``, or None.
    """

    def __init__(self, feed: Feed, knows: Callable[[str], bool], *, delimiter: str | None, needs: str) -> None:
        """Read the header.

        Args:
            feed: The file.
            knows: Tells whether a header is known, by which the delimiter is found.
            delimiter: What separates cells; None to tell it by the header.
            needs: What the header needs to have, for a message.

        Raises:
            InvalidFile: If there is no header, or it is no CSV.
        """
        self._feed = feed
        self._lines = Lines(feed)
        self.sep, first = self._first(needs)
        self.newline = first[len(first.rstrip("\r\n")) :] or "\r\n"
        self.line = self._lines.number
        text = self._header_text(first)
        said = _SEP.fullmatch(self.sep) if self.sep else None
        self.delimiter = delimiter or (said[1] if said else _delimiter(text, knows))
        try:
            self.header = _cells(text, self.delimiter)
        except csv.Error as error:
            raise feed.refused(self.line, f"the header is no CSV: {error}") from None

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Read the cells of each row that is not empty, with the line where it begins.

        Raises:
            InvalidFile: If the file does not go on as CSV.
        """
        reader = csv.reader(self._lines, **_form(self.delimiter))
        while True:
            number = self._lines.number + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise self._broken(number, error) from None
            if cells is None:
                return
            if any(map(str.strip, cells)):
                yield number, cells

    def too_wide(self, cells: list[str]) -> str | None:
        """What to say of a row that has cells beyond the header."""
        if not any(cell.strip() for cell in cells[len(self.header) :]):
            return None
        wide = f"{len(cells)} cells, but the header has {len(self.header)}"
        return f"{wide}: a cell with a {_name(self.delimiter)} in it stands in quotes"

    def _first(self, needs: str) -> tuple[str | None, str]:
        """Excel's line, if the file has it, and the first line with something in it."""
        sep = None
        for text in self._lines:
            if self._lines.number == 1 and _SEP.fullmatch(text.strip("\r\n")):
                sep = text.strip("\r\n")
            elif text.strip():
                return sep, text
        raise self._feed.refused(None, f"the file is empty: its first row needs to be a header, with {needs}")

    def _header_text(self, first: str) -> str:
        """The first row, which goes on while a quote is open."""
        text = first
        for _ in range(_HEADER_LINES):
            if text.count('"') % 2 == 0:
                return text
            text += next(self._lines, "")
        raise self._feed.refused(self.line, "the header does not end: is a quote not closed?")

    def _broken(self, number: int, error: csv.Error) -> InvalidFile:
        """What to raise of what the parser refuses. It cannot go on, as it is unknown where the next row begins."""
        if "field limit" in str(error):
            message = f"a cell has more than {csv.field_size_limit()} characters: is a quote not closed?"
        elif "unexpected end" in str(error):
            message = "a quote is not closed: the file ends in a cell that begins in this row"
        else:
            message = f"is no CSV: {error}; a quote within quotes is written twice"
        return self._feed.refused(number, message)


def _delimiter(header: str, knows: Callable[[str], bool]) -> str:
    """What separates the cells of a header: the sign that leaves the most headers known, then the most cells."""
    best, most = ",", (0, 1)
    for delimiter in _DELIMITERS:
        with suppress(csv.Error):
            cells = _cells(header, delimiter)
            score = (sum(map(knows, cells)), len(cells))
            if len(cells) > 1 and score > most:
                best, most = delimiter, score
    return best


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], **_form(delimiter)))


def _form(delimiter: str) -> dict[str, Any]:
    # A blank before a quote would make the quote a part of the cell; those in an unquoted cell do not count anyway.
    return {"delimiter": delimiter, "strict": True, "skipinitialspace": True}


def at(cells: list[str], column: int) -> str:
    """A cell without blanks around it. Spreadsheets leave out the last ones of a row if they are empty."""
    return cells[column].strip() if column < len(cells) else ""


def _name(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab"}.get(delimiter, repr(delimiter))


__all__ = ["Sheet", "at"]
