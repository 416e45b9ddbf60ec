"""Reading a file of users, and writing rows of it as they came.

Whatever its length, a row at a time is held. A fault of the file as a whole, or from which on it cannot be understood,
is raised; a fault of a row stands in the row.
"""

from __future__ import annotations

import codecs
import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, get_args

from maia_scim.diff import is_object

from .csv_file import CsvFile, csv_text
from .decoding import Feed, bom_of
from .errors import InvalidFile
from .json_file import array_records, json_text, line_records
from .json_rows import JsonRows
from .mapping import Headings
from .model import Fault
from .picks import Picks

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from .model import Row

Format = Literal["csv", "jsonl", "json"]
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
}


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written, so that rows of it can be written the same way.

    Attributes:
        format: What it is.
        encoding: Its encoding.
        bom: Whether it begins with a BOM.
        newline: How its lines end.
        delimiter: What separates the cells of CSV.
        header: The headers of CSV as they came.
        dialect_line: The first line of CSV if it is Excel's ``sep=;``.
    """

    format: Format
    encoding: str
    bom: bool
    newline: str
    delimiter: str | None = None
    header: tuple[str, ...] | None = None
    dialect_line: str | None = None


class Source:
    """A file that is open.

    Attributes:
        name: What messages call it.
        form: How it is written.
    """

    def __init__(self, name: str, form: Form, feed: Feed, rows: Iterator[Row]) -> None:
        self.name = name
        self.form = form
        self._feed = feed
        self._rows: Iterator[Row] | None = rows
        self._sha256: str | None = None

    def rows(self) -> Iterator[Row]:
        """Give the rows, once. What is left after a limit is read, but not checked.

        Raises:
            InvalidFile: If the file cannot be understood from some place on, or no longer be read.
            RuntimeError: If the rows were asked for before.
        """
        rows, self._rows = self._rows, None
        if rows is None:
            raise RuntimeError("the rows of a file are given once: open it again")
        return self._all(rows)

    def _all(self, rows: Iterator[Row]) -> Iterator[Row]:
        yield from rows
        self._feed.drain()
        self._sha256 = self._feed.digest

    @property
    def sha256(self) -> str:
        """The SHA-256 of all of the file, in hex.

        Raises:
            RuntimeError: If the last row is yet to be read.
        """
        if self._sha256 is None:
            raise RuntimeError("the hash of a file is known when all of its rows were read")
        return self._sha256


@contextmanager
def open_rows(
    file: Path | BinaryIO,
    *,
    name: str | None = None,
    format: Format | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    mapping: Mapping[str, str] | None = None,
    clear_empty: bool = False,
    picks: Picks | None = None,
    by_name: bool = False,
) -> Generator[Source]:
    """Open a file of users: CSV, JSON Lines or JSON.

    Args:
        file: The file, or a stream of bytes such as standard input, which need not be seekable and stays open.
        name: What messages call it.
        format: What it is; None to tell it by its suffix, else by how it begins.
        encoding: Its encoding, unless it has a BOM; None for UTF-8.
        delimiter: What separates the cells of CSV; None to tell it by the header.
        mapping: The attribute of each header, ``""`` to leave it out, as of ``read_mapping``.
        clear_empty: Whether an empty cell (in JSON null, ``""``, ``[]``) clears its attribute, or leaves it as it is.
        picks: Which rows to take; None for all.
        by_name: Whether rows may do without an id.

    Raises:
        InvalidFile: If it cannot be read, or its header has faults.
        ValueError: If there is no such format or encoding, or no delimiter can be so.
    """
    if format is not None and format not in get_args(Format):
        raise ValueError(f"there is no format {format!r}: it is one of {', '.join(get_args(Format))}")
    if delimiter is not None and (len(delimiter) != 1 or delimiter in ' "\r\n'):
        raise ValueError(f"{delimiter!r} cannot separate cells: one character can, as in ; or a tab")
    with opened(file, name) as (stream, called):
        feed = Feed(stream, called, encoding)
        found = format or format_of(called, feed)
        headings = Headings(mapping, arrays=found != "csv")
        chosen = picks or Picks()
        if found == "csv":
            csv = CsvFile(feed, headings, delimiter=delimiter, picks=chosen, by_name=by_name)
            form = Form(found, feed.encoding, feed.bom, csv.newline, csv.delimiter, tuple(csv.header), csv.sep)
            rows = csv.rows(clear_empty=clear_empty)
        else:
            form = Form(found, feed.encoding, feed.bom, "\r\n" if "\r\n" in feed.start else "\n")
            records = line_records(feed) if found == "jsonl" else array_records(feed)
            rows = JsonRows(feed, headings, picks=chosen, by_name=by_name).rows(records, clear_empty=clear_empty)
        yield Source(called, form, feed, rows)


@contextmanager
def opened(file: Path | BinaryIO, name: str | None) -> Generator[tuple[BinaryIO, str]]:
    """Open a file; a stream stays open.

    Args:
        file: The file, or a stream of bytes.
        name: What messages call it; its own name, if not given.

    Yields:
        The stream, and what messages call it.

    Raises:
        InvalidFile: If it cannot be opened.
    """
    given = str(file) if isinstance(file, Path) else getattr(file, "name", None)
    called = name or (given if isinstance(given, str) else "-")
    if not isinstance(file, Path):
        yield file, called
        return
    try:
        stream = file.open("rb")
    except OSError as error:
        raise InvalidFile(called, [Fault(None, None, f"cannot be read: {error.strerror or error}")]) from error
    with stream:
        yield stream, called


def format_of(name: str, feed: Feed) -> Format:
    """What a file is, by its suffix, or by how it begins."""
    return _SUFFIXES.get(Path(name).suffix.lower()) or _format(feed.start)


def _format(start: str) -> Format:
    """What a file is that begins so. A line that is an object is JSON Lines, unless it is a list of a service."""
    start = start.lstrip()
    if not start.startswith("{"):
        return "json" if start.startswith("[") else "csv"
    try:
        first: Any = json.loads(start.partition("\n")[0])
    except (ValueError, RecursionError):
        return "json"
    listed = is_object(first) and any(key.lower() == "resources" for key in first)
    return "json" if listed else "jsonl"


def write_rows(form: Form, sources: Iterable[Any], out: BinaryIO) -> int:
    """Write records as they came, ready to be run again: with the header, delimiter, encoding and line ends they had.

    Args:
        form: How the file was written.
        sources: The ``source`` of each row.
        out: Where to.

    Returns:
        How many records there were.
    """
    count = 0

    def counted() -> Iterator[Any]:
        nonlocal count
        for source in sources:
            count += 1
            yield source

    if form.bom:
        out.write(bom_of(form.encoding))
    encoder = codecs.getincrementalencoder(form.encoding)()
    for text in csv_text(form, counted()) if form.format == "csv" else json_text(form, counted()):
        out.write(encoder.encode(text))
    out.write(encoder.encode("", final=True))
    return count


__all__ = ["Form", "Format", "Source", "format_of", "open_rows", "opened", "write_rows"]
