"""The text of a file: read once, from a pipe too, hashed as it passes by, and decoded without guesses."""

from __future__ import annotations

import codecs
from hashlib import sha256
from io import StringIO
from typing import TYPE_CHECKING, BinaryIO

from .errors import InvalidFile
from .model import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 16
LONGEST = 4_000_000  # characters of a line or a record, so that no file fills the memory
# The longer ones first: that of UTF-16 LE begins that of UTF-32 LE.
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What is plain without a BOM: RFC 2781 section 4.3 has big-endian, yet it is Windows that writes UTF-16.
_PLAIN = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_NO_TEXT = frozenset({"utf-7", "unicode-escape", "raw-unicode-escape", "idna", "punycode"})
_OTHER_FILES = (
    (b"PK\x03\x04", "an Excel workbook or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old kind"),
    (b"\x1f\x8b", "a gzip file"),
    (b"%PDF", "a PDF file"),
)


def bom_of(encoding: str) -> bytes:
    """The bytes that a BOM is in an encoding."""
    return next((bom for bom, name in _BOMS if name == encoding), b"")


class Feed:
    """The bytes of a file.

    Attributes:
        name: What messages call it.
        encoding: How it is decoded: as its BOM says, else as the caller says, else UTF-8.
        bom: Whether it has a BOM.
        done: Whether all of it was read.
        start: How its text begins, to tell what it is.
    """

    def __init__(self, file: BinaryIO, name: str, encoding: str | None) -> None:
        """Begin to read.

        Args:
            file: The file.
            name: Its name.
            encoding: Its encoding; None for UTF-8.

        Raises:
            ValueError: If there is no such encoding.
            InvalidFile: If the file cannot be read, is empty, or is no text.
        """
        asked = None if encoding is None else _known(encoding)
        self.name = name
        self.done = False
        self._file = file
        self._hash = sha256()
        head = self._read()
        while len(head) < max(len(bom) for bom, _ in _BOMS) and not self.done:
            head += self._read()
        bom, found = next(((bom, name) for bom, name in _BOMS if head.startswith(bom)), (b"", None))
        self.bom = bool(bom)
        self.encoding = found or asked or "utf-8"
        if not head:
            raise self.refused(None, "the file is empty")
        what = next((what for start, what in _OTHER_FILES if head.startswith(start)), None)
        if what:
            raise self.refused(None, f"that is {what}: save the sheet as CSV UTF-8")
        if not bom and not asked and b"\x00" in head:
            raise self.refused(
                None, "it has null bytes, as UTF-16 does: save it as CSV UTF-8, or say --encoding utf-16"
            )
        self._pending = head[len(bom) :]
        self.start = self._pending.decode(self.encoding, "ignore")
        self._texts = self._decoded(len(bom))

    def __iter__(self) -> Iterator[str]:
        """The text, in pieces; each is given once."""
        return self._texts

    def drain(self) -> None:
        """Read what is left, for its hash."""
        while not self.done:
            self._read()

    @property
    def digest(self) -> str:
        """SHA-256 of what was read, in hex."""
        return self._hash.hexdigest()

    def refused(self, line: int | None, message: str, column: str | None = None) -> InvalidFile:
        """What to raise of a file that cannot be taken."""
        return InvalidFile(self.name, [Fault(line, column, message)])

    def _read(self) -> bytes:
        try:
            data = self._file.read(_CHUNK)
        except OSError as error:
            raise self.refused(None, f"cannot be read: {error.strerror or error}") from error
        self._hash.update(data)
        self.done = not data
        return data

    def _decoded(self, offset: int) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self.encoding)()
        data, ended = self._pending, False
        ends = [0, 0]  # of LF, and of CR, which a file has alone or before LF, whatever a piece ends with
        self._pending = b""
        while not ended:
            ended = self.done
            try:
                text = decoder.decode(data, ended)
            except UnicodeDecodeError as error:
                seen: bytes = error.object  # what was left of the last piece, and this one
                _count(ends, seen[: error.start].decode(self.encoding, "replace"))
                at = offset - (len(seen) - len(data)) + error.start
                raise self._undecodable(1 + (ends[0] or ends[1]), at, seen[error.start]) from None
            if text:
                yield text
            _count(ends, text)
            offset += len(data)
            data = b"" if ended else self._read()

    def _undecodable(self, line: int, offset: int, byte: int) -> InvalidFile:
        utf8 = self.encoding == "utf-8"
        advice = (
            "save it as CSV UTF-8, or say its encoding, as with --encoding cp1252" if utf8 else "is it another one?"
        )
        name = "UTF-8" if utf8 else self.encoding
        return self.refused(line, f"byte {offset} of the file, 0x{byte:02X}, is not {name}: {advice}")


class Lines:
    """The lines of a text, each with its end: LF, CR LF or CR, and no other sign that Unicode has for it.

    Attributes:
        number: How many were given.
    """

    def __init__(self, feed: Feed) -> None:
        self.number = 0
        self._feed = feed
        self._lines = self._split()

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        """Give the next line.

        Raises:
            InvalidFile: If it is too long to be one, or cannot be decoded.
        """
        line = next(self._lines)
        self.number += 1
        return line

    def _split(self) -> Iterator[str]:
        rest = ""
        for text in self._feed:
            rest += text
            held = "\r" if rest.endswith("\r") else ""  # a \n may follow
            lines = list(StringIO(rest.removesuffix(held), newline=""))
            rest = held if not lines or lines[-1].endswith(("\r", "\n")) else lines.pop() + held
            yield from lines
            if len(rest) > LONGEST:
                raise self._feed.refused(self.number + 1, f"a line of more than {LONGEST} characters")
        if rest:
            yield rest


def _count(ends: list[int], text: str) -> None:
    ends[0] += text.count("\n")
    ends[1] += text.count("\r")


def _known(encoding: str) -> str:
    """The name of an encoding without its BOM."""
    try:
        "".encode(encoding)  # which refuses codecs of Python that are for no text, such as hex
        name = codecs.lookup(encoding).name.replace("_", "-")
    except LookupError:
        name = ""
    if not name or name in _NO_TEXT:
        raise ValueError(f"there is no encoding {encoding!r}: it is utf-8, utf-16, cp1252, …")
    return _PLAIN.get(name, name)


__all__ = ["LONGEST", "Feed", "Lines", "bom_of"]
