"""CSV of users: the attribute of each column, and what each row says."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from maia_scim.text import line

from .columns import target
from .errors import InvalidFile
from .mapping import Cell, overlaps, row_of
from .model import Fault
from .picks import Picker
from .sheet import Sheet, at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .columns import Target
    from .decoding import Feed
    from .mapping import Headings
    from .model import Row
    from .picks import Picks
    from .reading import Form


class CsvFile(Sheet):
    """A CSV file of users, read up to the end of its header."""

    def __init__(
        self, feed: Feed, headings: Headings, *, delimiter: str | None, picks: Picks, by_name: bool = False
    ) -> None:
        """Read the header.

        Args:
            feed: The file.
            headings: What the headers stand for.
            delimiter: What separates cells; None to tell it by the header.
            picks: Which rows to take.
            by_name: Whether rows may do without an id.

        Raises:
            InvalidFile: If there is no header, it has faults, or lacks a column that is matched.
        """
        super().__init__(feed, headings.knows, delimiter=delimiter, needs="a column id")
        self._picks, self._by_name = picks, by_name
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
        if picker.done:
            return
        for number, cells in self.records():
            if picker.takes(at(cells, column) for column in self._matched):
                yield self._row(number, cells, clear_empty)
            if picker.done:
                return

    # The header.

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
                faults.append(Fault(self.line, header, str(error)))
        targets = [(header, each) for header, each in found if each]
        faults += [Fault(self.line, header, f"sets what column {other} sets") for header, other in overlaps(targets)]
        faults += headings.unused()
        paths = {each.path for _, each in targets}
        if "id" not in paths and not self._by_name:
            faults.append(Fault(self.line, None, "no column id: the service has no search, so each row needs one"))
        elif not paths & {"id", "userName"}:
            faults.append(Fault(self.line, None, "no column id and no column userName: it needs one of them"))
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
        for column, (header, attribute) in enumerate(self._targets):
            cell = at(cells, column)
            if attribute is not None:
                found.append(Cell(header, attribute, cell))
            elif cell and not header:
                faults.append(Fault(number, None, f"cell {column + 1} stands under no header"))
        if wide := self.too_wide(cells):
            faults.append(Fault(number, None, wide))
        return row_of(number, found, cells, faults, clear_empty=clear_empty, by_name=self._by_name)


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


__all__ = ["CsvFile", "csv_text"]
