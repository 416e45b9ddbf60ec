"""Tables that are not of users: a few columns by name, as CSV, JSON Lines or JSON."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from maia_scim.diff import is_object

from .decoding import Feed
from .errors import InvalidFile
from .json_file import array_records, line_records
from .model import Fault
from .reading import format_of, opened
from .sheet import Sheet, at

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator
    from pathlib import Path


class Record(NamedTuple):
    """A record of a table.

    Attributes:
        line: Where it begins.
        values: What it has, by the name of the column: of CSV texts without blanks around them, of JSON any value.
    """

    line: int
    values: dict[str, Any]


@contextmanager
def open_table(
    file: Path | BinaryIO,
    columns: Collection[str],
    *,
    optional: Collection[str] = (),
    name: str | None = None,
    encoding: str | None = None,
) -> Generator[Iterator[Record]]:
    """Open a table.

    Args:
        file: The file, or a stream of bytes.
        columns: The columns that it needs, in any order and letter case; others are left out.
        optional: Columns that it may have.
        name: What messages call it.
        encoding: Its encoding, unless it has a BOM; None for UTF-8.

    Yields:
        Its records, one by one.

    Raises:
        InvalidFile: If it cannot be read, or lacks a column; in the course of it, if it does not go on as it should.
    """
    with opened(file, name) as (stream, called):
        feed = Feed(stream, called, encoding)
        wanted = {each.casefold(): each for each in (*columns, *optional)}
        form = format_of(called, feed)
        if form == "csv":
            yield _of_sheet(feed, wanted, columns)
        else:
            yield _of_json(feed, wanted, columns, line_records(feed) if form == "jsonl" else array_records(feed))


def _listed(columns: Collection[str]) -> str:
    *others, last = columns
    return f"{', '.join(others)} and {last}" if others else last


def text_of(value: Any) -> str:
    """A value of a record as text without blanks around it; ``""`` of what is none."""
    return value.strip() if isinstance(value, str) else ""


def _of_sheet(feed: Feed, wanted: dict[str, str], columns: Collection[str]) -> Iterator[Record]:
    needs = f"the column{'s' * (len(columns) != 1)} {_listed(columns)}"
    sheet = Sheet(feed, lambda header: header.strip().casefold() in wanted, delimiter=None, needs=needs)
    found: dict[str, int] = {}
    for number, header in enumerate(sheet.header):
        known = wanted.get(header.strip().casefold())
        if known is not None and found.setdefault(known, number) != number:
            raise feed.refused(sheet.line, "the header has it twice", known)
    if missing := [each for each in columns if each not in found]:
        raise feed.refused(
            sheet.line, f"there is no column {' and no column '.join(missing)}: the header needs {needs}"
        )
    for line, cells in sheet.records():
        if wide := sheet.too_wide(cells):
            raise feed.refused(line, wide)
        yield Record(line, {name: at(cells, number) for name, number in found.items()})


def _of_json(feed: Feed, wanted: dict[str, str], columns: Collection[str], records: Any) -> Iterator[Record]:
    for record in records:
        if not is_object(record.value):
            raise feed.refused(record.line, record.fault or f"needs an object with {' and '.join(columns)}")
        values = {wanted[key.casefold()]: each for key, each in record.value.items() if key.casefold() in wanted}
        if missing := [each for each in columns if each not in values]:
            raise InvalidFile(feed.name, [Fault(record.line, None, f"lacks {' and '.join(missing)}")])
        yield Record(record.line, values)
