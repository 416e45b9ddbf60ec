"""CSV as spreadsheets write it (RFC 4180, loosely): other delimiters, ``sep=;``, any line ends, short rows."""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from maia_scim.text import line

from .columns import target
from .decoding import Lines
from .errors import InvalidFile
from .mapping import Cell, overlaps, row_of
from .model import Fault
from .picks import Picker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .columns import Target
    from .decoding import Feed
    from .mapping import Headings
    from .model import Row
    from .picks import Picks
    from .reading import Form

_DELIMITERS = ",;\t|"
_SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # Excel's own first line
_HEADER_LINES = 100


class CsvFile:
    """A CSV file, read up to the end of its header.

    Attributes:
        header: The headers as they came.
        delimiter: What separates cells.
        newline: How lines end.
        sep: Excel's first line, ``sep=;``, or None.
    """

    def __init__(self, feed: Feed, headings: Headings, *, delimiter: str | None, picks: Picks) -> None:
        """Read the header.

        Args:
            feed: The file.
            headings: What the headers stand for.
            delimiter: What separates cells; None to tell it by the header.
            picks: Which rows to take.

        Raises:
            InvalidFile: If there is no header, it has faults, or lacks a column that is matched.
        """
        self._feed = feed
        self._lines = Lines(feed)
        self._picks = picks
        self.sep, first = self._first()
        self.newline = first[len(first.rstrip("\r\n")) :] or "\r\n"
        self._line = self._lines.number
        text = self._header_text(first)
        said = _SEP.fullmatch(self.sep) if self.sep else None
        self.delimiter = delimiter or (said[1] if said else _delimiter(text, headings))
        try:
            self.header = _cells(text, self.delimiter)
        except csv.Error as error:
            raise feed.refused(self._line, f"the header is no CSV: {error}") from None
        self._targets = self._read_header(headings)
        self._matched = [self._column(header) for header, _ in picks.match]

    def rows(self, *, clear_empty: bool) -> Iterator[Row]:
        """Read the rows.

        Args:
            clear_empty: Whether an empty cell clears its attribute.

        Raises:
            InvalidFile: If the file does not go on as CSV.
        """
        picker = Picker(self._picks)
        reader = csv.reader(self._lines, **_form(self.delimiter))
        while not picker.done:
            number = self._lines.number + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise self._broken(number, error) from None
            if cells is None:
                return
            if any(map(str.strip, cells)) and picker.takes(_at(cells, column) for column in self._matched):
                yield self._row(number, cells, clear_empty)

    # The header.

    def _first(self) -> tuple[str | None, str]:
        """Excel's line, if the file has it, and the first line with something in it."""
        sep = None
        for text in self._lines:
            if self._lines.number == 1 and _SEP.fullmatch(text.strip("\r\n")):
                sep = text.strip("\r\n")
            elif text.strip():
                return sep, text
        raise self._feed.refused(None, "the file is empty: its first row needs to be a header, with a column id")

    def _header_text(self, first: str) -> str:
        """The first row, which goes on while a quote is open."""
        text = first
        for _ in range(_HEADER_LINES):
            if text.count('"') % 2 == 0:
                return text
            text += next(self._lines, "")
        raise self._feed.refused(self._line, "the header does not end: is a quote not closed?")

    def _read_header(self, headings: Headings) -> list[tuple[str, Target | None]]:
        """The attribute of each column; None if it is left out or has no header."""
        found: list[tuple[str, Target | None]] = []
        faults: list[Fault] = []
        for cell in self.header:
            header = line(cell)  # without the line breaks that a spreadsheet has in a narrow column
            try:
                found.append((header, headings.target(cell.strip()) if header else None))
            except ValueError as error:
                found.append((header, None))
                faults.append(Fault(self._line, header, str(error)))
        targets = [(header, each) for header, each in found if each]
        faults += [Fault(self._line, header, f"sets what column {other} sets") for header, other in overlaps(targets)]
        faults += headings.unused()
        if not any(each.path == "id" for _, each in targets):
            faults.append(Fault(self._line, None, "no column id: the service has no search, so each row needs one"))
        if faults:
            raise InvalidFile(self._feed.name, faults)
        return found

    def _column(self, header: str) -> int:
        """The number of a column, by its header, or by what it sets."""
        headers = [each for each, _ in self._targets]
        folded = [each.casefold() for each in headers]
        if header.strip() in headers:
            return headers.index(header.strip())
        if header.strip().casefold() in folded:
            return folded.index(header.strip().casefold())
        with suppress(ValueError):
            path = target(header).path.casefold()
            paths = [each.path.casefold() if each else "" for _, each in self._targets]
            return paths.index(path)
        raise self._feed.refused(None, f"there is no such column to match: it has {', '.join(headers)}", header)

    # The rows.

    def _row(self, number: int, cells: list[str], clear_empty: bool) -> Row:
        faults: list[Fault] = []
        found: list[Cell] = []
        for at, (header, attribute) in enumerate(self._targets):
            cell = _at(cells, at)
            if attribute is not None:
                found.append(Cell(header, attribute, cell))
            elif cell and not header:
                faults.append(Fault(number, None, f"cell {at + 1} stands under no header"))
        if any(cell.strip() for cell in cells[len(self._targets) :]):
            wide = f"{len(cells)} cells, but the header has {len(self._targets)}"
            faults.append(Fault(number, None, f"{wide}: a cell with a {_name(self.delimiter)} in it stands in quotes"))
        return row_of(number, found, cells, faults, clear_empty=clear_empty)

    def _broken(self, number: int, error: csv.Error) -> InvalidFile:
        """What to raise of what the parser refuses. It cannot go on, as it is unknown where the next row begins."""
        if "field limit" in str(error):
            message = f"a cell has more than {csv.field_size_limit()} characters: is a quote not closed?"
        elif "unexpected end" in str(error):
            message = "a quote is not closed: the file ends in a cell that begins in this row"
        else:
            message = f"is no CSV: {error}; a quote within quotes is written twice"
        return self._feed.refused(number, message)


def csv_text(form: Form, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write rows as they came, with their header.

    Args:
        form: How the file is written.
        rows: The cells of each row.

    Yields:
        Lines.
    """
    delimiter, end = form.delimiter or ",", form.newline
    # What reads the same without quotes: not one that begins with a blank, since those are skipped.
    plain = re.compile(rf'(?! )[^"\r\n{re.escape(delimiter)}]+')
    if form.dialect_line:
        yield form.dialect_line + end
    for cells in chain([form.header or ()], rows):
        quoted = (cell if not cell or plain.fullmatch(cell) else '"' + cell.replace('"', '""') + '"' for cell in cells)
        yield delimiter.join(quoted) + end


def _delimiter(header: str, headings: Headings) -> str:
    """What separates the cells of a header: the sign that leaves the most headers known, then the most cells."""
    best, most = ",", (0, 1)
    for delimiter in _DELIMITERS:
        with suppress(csv.Error):
            cells = _cells(header, delimiter)
            score = (sum(map(headings.knows, cells)), len(cells))
            if len(cells) > 1 and score > most:
                best, most = delimiter, score
    return best


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], **_form(delimiter)))


def _form(delimiter: str) -> dict[str, Any]:
    # A blank before a quote would make the quote a part of the cell; those in an unquoted cell do not count anyway.
    return {"delimiter": delimiter, "strict": True, "skipinitialspace": True}


def _at(cells: list[str], column: int) -> str:
    """A cell without blanks around it. Spreadsheets leave out the last ones of a row if they are empty."""
    return cells[column].strip() if column < len(cells) else ""


def _name(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab"}.get(delimiter, repr(delimiter))


__all__ = ["CsvFile", "csv_text"]
