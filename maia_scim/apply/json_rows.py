"""From JSON records to rows: nested as a service has users, flat as a spreadsheet has them, or both."""

from __future__ import annotations

import re
from json import dumps
from typing import TYPE_CHECKING, Any

from maia_scim.diff import is_array, is_object
from maia_scim.schema import attributes
from maia_scim.text import line as one_line

from .columns import CORE, READ_ONLY, SCHEMA
from .errors import InvalidFile
from .mapping import Cell, is_empty, overlaps, row_of
from .model import Fault, Row
from .picks import Picker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .columns import Target
    from .decoding import Feed
    from .json_file import Record
    from .mapping import Headings
    from .picks import Picks

_USER = f"{CORE}2.0:User:".lower()
_NAME = re.compile(r"[A-Za-z$][A-Za-z0-9_$-]*")


class JsonRows:
    """Makes rows of the records of a file."""

    def __init__(self, feed: Feed, headings: Headings, *, picks: Picks, by_name: bool = False) -> None:
        """Take what the file is read by.

        Args:
            feed: The file.
            headings: What the names in a record stand for.
            picks: Which rows to take.
            by_name: Whether rows may do without an id.

        Raises:
            InvalidFile: If what is matched is no attribute and not in the mapping.
        """
        self._feed = feed
        self._headings = headings
        self._picks, self._by_name = picks, by_name
        self._matched = [(header, self._wanted(header)) for header, _ in picks.match]

    def rows(self, records: Iterable[Record], *, clear_empty: bool) -> Iterator[Row]:
        """Make rows.

        Args:
            records: The records of the file.
            clear_empty: Whether null, ``""`` and ``[]`` clear their attributes.

        Raises:
            InvalidFile: If the file breaks, or the mapping has an entry for what no record has.
        """
        picker = Picker(self._picks)
        record = None
        for record in records:
            if not is_object(record.value):
                if picker.takes(None):
                    fault = Fault(record.line, None, record.fault or "needs an object of attributes")
                    yield Row(record.line, "", (), record.text, (fault,))
            else:
                leaves = _Leaves(record, self._headings, clear_empty)
                if picker.takes(_text(record, leaves.cells, *each) for each in self._matched):
                    yield row_of(
                        record.line,
                        leaves.cells,
                        record.value,
                        leaves.faults,
                        clear_empty=clear_empty,
                        by_name=self._by_name,
                    )
            if picker.done:
                return
        if record is not None and (faults := self._headings.unused()):
            raise InvalidFile(self._feed.name, faults)

    def _wanted(self, header: str) -> Target | None:
        try:
            return self._headings.target(header)
        except ValueError as error:
            raise self._feed.refused(None, f"cannot be matched: {error}", header) from None


class _Leaves:
    """What a record has for each attribute. Complex attributes and extensions are entered; an array is one value."""

    def __init__(self, record: Record, headings: Headings, clear_empty: bool) -> None:
        self.cells: list[Cell] = []
        self.faults: list[Fault] = []
        self._line = record.line
        self._headings = headings
        self._clear_empty = clear_empty
        for name, value in record.value.items():
            self._enter(name, value)
        for header, other in overlaps((cell.header, cell.target) for cell in self.cells):
            self._fault(header, f"sets what {other} sets")

    def _enter(self, name: str, value: Any) -> None:
        """Take what stands at the top of a record: an attribute, or an extension."""
        if self._mapped(name, value):
            return
        if f"{name.lower()}:" == _USER:
            for inner, each in self._members(name, value):
                self._enter(f"{name}:{inner}", each)
        elif ":" in name and (SCHEMA.fullmatch(name) or (is_object(value) and not _is_in_extension(name))):
            if is_empty(value) and self._clear_empty:
                self._fault(name, f"an extension is cleared by its attributes, as in {name}:department")
            for inner, each in self._members(name, value):
                self._attribute(f"{name}:{inner}", each)
        else:
            self._attribute(name, value)

    def _attribute(self, label: str, value: Any) -> None:
        """Take an attribute, if it is complex its parts."""
        if self._mapped(label, value):
            return
        bare = label[len(_USER) :] if label.lower().startswith(_USER) else label
        if re.split(r"[.\[]", bare.lower(), maxsplit=1)[0] in READ_ONLY:
            return  # what a service sets is in every user that was exported
        known = attributes("User").get(bare.lower())
        if known is not None and known.parts and not known.many:
            members = [(part.name, None) for part in known.parts.values()] if is_empty(value) else None
            if members is not None or is_object(value):
                for inner, each in members or self._members(label, value):
                    self._leaf(f"{label}.{inner}", each)
                return
        if ":" in bare and is_object(value) and value and not re.search(r"[.\[]", bare.rpartition(":")[2]):
            for inner, each in self._members(label, value):
                self._leaf(f"{label}.{inner}", each)
            return
        self._leaf(label, value)

    def _members(self, label: str, value: Any) -> list[tuple[str, Any]]:
        """The members of an object that may be attributes; none of one that is empty."""
        if is_empty(value):
            return []
        if not is_object(value):
            self._fault(label, "needs an object of attributes")
            return []
        for name in value:
            if not _NAME.fullmatch(name):
                self._fault(f"{label}, {name!r}", "is no attribute's name")
        return [(name, each) for name, each in value.items() if _NAME.fullmatch(name)]

    def _mapped(self, label: str, value: Any) -> bool:
        """Take what the mapping has an entry for, as it says."""
        if self._headings.mapped(label) is None:
            return False
        self._leaf(label, value)
        return True

    def _leaf(self, label: str, value: Any) -> None:
        try:
            target = self._headings.target(label)
        except ValueError as error:
            self._fault(label, str(error))
            return
        if target is not None:
            self.cells.append(Cell(one_line(label), target, value))

    def _fault(self, label: str, message: str) -> None:
        self.faults.append(Fault(self._line, one_line(label), message))


def _is_in_extension(name: str) -> bool:
    return bool(SCHEMA.fullmatch(name.rpartition(":")[0]))


def _text(record: Record, cells: list[Cell], header: str, wanted: Target | None) -> str:
    """What a record has for a header or an attribute, as text to be matched; ``""`` if nothing."""
    folded = header.strip().casefold()
    for name, value in record.value.items():
        if name.casefold() == folded:
            return _written(value)
    for cell in cells:
        if cell.header.casefold() == folded or (wanted and cell.target.path.casefold() == wanted.path.casefold()):
            return _written(cell.value)
        if wanted and wanted.type and cell.target.path == wanted.attribute and is_array(cell.value):
            for item in cell.value:
                if is_object(item) and str(item.get("type")).casefold() == wanted.type.casefold():
                    return _written(item.get(wanted.sub or ""))
    return ""


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else dumps(value, ensure_ascii=False)


__all__ = ["JsonRows"]
