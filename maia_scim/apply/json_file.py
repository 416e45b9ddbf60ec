"""JSON and JSON Lines, a record at a time."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from maia_scim.diff import is_array, is_object
from maia_scim.text import line as one_line

from .decoding import LONGEST, Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .decoding import Feed
    from .reading import Form

_DEEPEST = 32  # levels of a record, where a user of RFC 7643 has four
_SPACE = " \t\r\n"  # RFC 8259 section 2
_BLANKS = re.compile(rf"[{_SPACE}]*")
_HALF = re.compile("[\ud800-\udfff]")
_CUT = 16  # characters that a literal, an escape or a number cut off may have at the least


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a file.

    Attributes:
        line: Where it begins.
        value: The JSON value; None if it cannot be used.
        text: Its text.
        fault: Why it cannot be used.
    """

    line: int
    value: Any
    text: str
    fault: str | None = None


class _Decoder:
    """Decodes JSON values, and notes what JSON allows and an attribute cannot have twice, or at all."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self._json = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._constant, parse_float=self._float
        )

    def decode(self, text: str, at: int) -> tuple[Any, int]:
        """Decode the value that begins at a place, and tell where it ends.

        Raises:
            ValueError: If it is no JSON, or does not end.
        """
        self.fault = None
        try:
            value, end = self._json.raw_decode(text, at)
        except RecursionError:
            raise _TooDeep from None
        if self.fault is None:
            self.fault = _unusable(value)
        return value, end

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len({name.lower() for name in value}) < len(pairs):
            counts = Counter(name.lower() for name, _ in pairs)
            twice = max(counts, key=lambda name: counts[name])
            self.fault = f"has {one_line(ascii(twice))} twice: case does not matter in names"
        return value

    def _constant(self, text: str) -> None:
        self.fault = f"has {text}, which is no JSON"

    def _float(self, text: str) -> float:
        value = float(text)
        if value in (float("inf"), float("-inf")):
            self._constant(f"the number {one_line(text)}")
        return value


class _TooDeep(ValueError):
    """The value nests deeper than it can be read."""


def _unusable(value: Any) -> str | None:
    """What keeps a value from being used that is JSON."""
    level = [value]
    for _ in range(_DEEPEST):
        inner: list[Any] = []
        for each in level:
            if is_object(each):
                inner += [*each, *each.values()]
            elif is_array(each):
                inner += each
            elif isinstance(each, str) and _HALF.search(each):
                return "has half a character (a lone surrogate)"
        level = inner
        if not level:
            return None
    return f"nests deeper than {_DEEPEST} levels"


def line_records(feed: Feed) -> Iterator[Record]:
    """Read JSON Lines. A line that is no JSON does not keep the next ones from being read."""
    decoder = _Decoder()
    lines = Lines(feed)
    for each in lines:
        text = each.strip(_SPACE)
        if not text:
            continue
        value: Any = None
        try:
            value, end = decoder.decode(text, 0)
            fault = decoder.fault if end == len(text) else "has more than one value: JSON Lines have one on each line"
        except ValueError as error:
            fault = _told(error)
        yield Record(lines.number, None if fault else value, text, fault)


def array_records(feed: Feed) -> Iterator[Record]:
    """Read the items of a JSON array, of the ``Resources`` of a list (RFC 7644 section 3.4.2), or a single object.

    Raises:
        InvalidFile: If it is no such JSON. Where it breaks, it is unknown where the next item begins.
    """
    return _Stream(feed).records()


class _Stream:
    """A JSON text that is read as far as the next value needs it."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._texts = iter(feed)
        self._text = ""
        self._at = 0
        self._line, self._counted = 1, 0  # the line of a place
        self._decoder = _Decoder()

    def records(self) -> Iterator[Record]:
        first = self._next()
        if first == "[":
            yield from self._items()
        elif first == "{":
            yield from self._single()
        elif first:
            self._refuse("needs to be an array of objects")
        else:
            self._refuse("the file is empty")
        if self._next():
            self._refuse("goes on after its end: is it JSON Lines? Then say --format jsonl")

    def _items(self) -> Iterator[Record]:
        self._at += 1
        if self._next() != "]":
            yield self._record()
            while self._next() == ",":
                self._at += 1
                self._next()
                yield self._record()
        if self._next() != "]":
            self._refuse("needs a comma, or the end of the array" if self._next() else "the array does not end")
        self._at += 1

    def _single(self) -> Iterator[Record]:
        one = self._record()
        listed = next((one.value[key] for key in one.value or () if key.lower() == "resources"), None)
        if is_array(listed):
            yield from (Record(one.line, each, json.dumps(each, ensure_ascii=False)) for each in listed)
        else:
            yield one

    def _record(self) -> Record:
        """The value that begins here."""
        while True:
            try:
                value, end = self._decoder.decode(self._text, self._at)
            except ValueError as error:
                if not (self._may_be_cut(error) and self._grow()):
                    self._refuse(_told(error), error.pos if isinstance(error, json.JSONDecodeError) else None)
                continue
            if end == len(self._text) and self._grow():  # a number may go on
                continue
            line, text, fault = self._line_at(self._at), self._text[self._at : end], self._decoder.fault
            self._at = end
            return Record(line, None if fault else value, text, fault)

    def _may_be_cut(self, error: ValueError) -> bool:
        """Whether a text that is no JSON may be so since the rest of it is yet to be read."""
        if not isinstance(error, json.JSONDecodeError):
            return False
        # A string that does not end is told by its beginning, all else by where it breaks.
        return error.msg.startswith("Unterminated") or error.pos >= len(self._text.rstrip(_SPACE)) - _CUT

    def _next(self) -> str:
        """The next character that is no blank, ``""`` at the end."""
        while True:
            blanks = _BLANKS.match(self._text, self._at)
            self._at = blanks.end() if blanks else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._grow():
                return ""

    def _grow(self) -> bool:
        """Read as much again as there is, so that all reading of a value anew takes no longer than twice its length.

        What was taken before is let go.
        """
        self._line = self._line_at(self._at)
        pieces = [self._text[self._at :]]
        size = len(pieces[0])
        self._text, self._at, self._counted = pieces[0], 0, 0
        if size > LONGEST:
            self._refuse(f"has a value of more than {LONGEST} characters, or one that does not end")
        wanted = 2 * size
        for text in self._texts:
            pieces.append(text)
            size += len(text)
            if size >= wanted:
                break
        self._text = "".join(pieces)
        return len(pieces) > 1

    def _line_at(self, at: int) -> int:
        """The line of a place in the text, which is not before the last one that was asked for."""
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def _refuse(self, message: str, at: int | None = None) -> NoReturn:
        raise self._feed.refused(self._line_at(self._at if at is None else at), message)


def _told(error: ValueError) -> str:
    if isinstance(error, _TooDeep):
        return f"nests deeper than {_DEEPEST} levels"
    if isinstance(error, json.JSONDecodeError):
        return f"is no JSON: {error.msg} at character {error.colno}"
    return "has a number of too many digits"


def json_text(form: Form, rows: Iterable[Any]) -> Iterator[str]:
    """Write records as they came: objects, or the texts of those that could not be read.

    Args:
        form: How the file is written.
        rows: The records.

    Yields:
        Pieces of the text.
    """
    ascii_only = not form.encoding.startswith("utf")  # what it has no sign for came as an escape
    texts = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=ascii_only) for row in rows)
    if form.format == "jsonl":
        yield from (text + form.newline for text in texts)
        return
    yield "["
    for number, text in enumerate(texts):
        yield f"{',' * (number > 0)}{form.newline}{text}"
    yield f"{form.newline}]{form.newline}"


__all__ = ["Record", "array_records", "json_text", "line_records"]
