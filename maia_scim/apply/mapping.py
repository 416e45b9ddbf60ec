"""From what a file has to what is set: its headers to attributes, by a mapping file if need be, and records to rows."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from maia_scim.diff import is_object
from maia_scim.text import line as one_line

from .columns import Target, coerce, target
from .errors import InvalidFile
from .model import Fault, Row, Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from maia_scim.files import AnyPath

_NEVER_CLEARED = frozenset({"userName", "active"})
_TABLE = "columns"


# Mapping files.


def read_mapping(path: AnyPath) -> dict[str, str]:
    """Read a mapping file: TOML, whose table ``[columns]`` has the attribute of each header, or ``""`` to leave it out.

    Raises:
        InvalidFile: If it cannot be read, or an entry is no attribute.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        entries = tomllib.loads(text)
    except OSError as error:
        raise InvalidFile(str(path), [Fault(None, None, f"cannot be read: {error.strerror or error}")]) from error
    except UnicodeDecodeError as error:
        raise InvalidFile(str(path), [Fault(None, None, f"is not UTF-8, at byte {error.start}")]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidFile(str(path), [Fault(None, None, f"is no TOML: {error}")]) from None
    columns: Any = entries.pop(_TABLE, None)
    faults = [Fault(_line(text, key), key, f"has no place here: entries belong in [{_TABLE}]") for key in entries]
    table: dict[str, Any] = {}
    if is_object(columns):
        table = columns
        faults += [fault for key, value in table.items() if (fault := _entry_fault(text, key, value))]
    else:
        faults.append(Fault(None, None, f'needs a table [{_TABLE}], as in "E-Mail" = "emails[work]"'))
    if faults:
        raise InvalidFile(str(path), faults)
    return table


def _entry_fault(text: str, key: str, value: Any) -> Fault | None:
    if is_object(value):
        return Fault(_line(text, key), key, "a header with a dot in it stands in quotes")
    if not isinstance(value, str):
        return Fault(_line(text, key), key, 'needs an attribute in quotes, or ""')
    try:
        if value.strip():
            target(value)
    except ValueError as error:
        return Fault(_line(text, key), key, f"{one_line(value)}: {error}")
    return None


def _line(text: str, key: str) -> int | None:
    """The line of an entry, which the parser does not tell: the one that is this entry if it is read alone."""
    for number, each in enumerate(text.split("\n"), 1):
        try:
            if key in tomllib.loads(each):
                return number
        except (tomllib.TOMLDecodeError, RecursionError):
            continue
    return None


class Headings:
    """What the headers of a file stand for."""

    def __init__(self, mapping: Mapping[str, str] | None, *, arrays: bool) -> None:
        """Take a mapping.

        Args:
            mapping: The attribute of each header, ``""`` to leave it out; others are attributes themselves.
            arrays: Whether an array may be set as a whole.
        """
        self._mapping = dict(mapping or {})
        self._folded = {_fold(header): header for header in self._mapping}
        self._arrays = arrays
        self._used: set[str] = set()

    def mapped(self, header: str) -> str | None:
        """What the mapping has for a header, exactly so or else but for case and blanks around; None if nothing."""
        key = header if header in self._mapping else self._folded.get(_fold(header))
        if key is None:
            return None
        self._used.add(key)
        return self._mapping[key].strip()

    def target(self, header: str) -> Target | None:
        """The attribute that a header stands for; None if it is left out.

        Raises:
            ValueError: If it stands for none.
        """
        mapped = self.mapped(header)
        if mapped is None:
            return target(header, arrays=self._arrays)
        try:
            return target(mapped, arrays=self._arrays) if mapped else None
        except ValueError as error:
            raise ValueError(f"it is mapped to {one_line(mapped)}: {error}") from None

    def knows(self, header: str) -> bool:
        """Whether a header stands for something, or is left out."""
        try:
            return _fold(header) in self._folded or bool(target(header, arrays=self._arrays))
        except ValueError:
            return False

    def unused(self) -> list[Fault]:
        """A fault for each entry of the mapping that no header of the file has met."""
        return [
            Fault(None, header, "the mapping has an entry for it, but the file has no such column")
            for header in self._mapping
            if header not in self._used
        ]


def _fold(header: str) -> str:
    return header.strip().casefold()


# Rows.


class Cell(NamedTuple):
    """What a record has for an attribute.

    Attributes:
        header: How the file heads it.
        target: The attribute.
        value: A text without blanks around it, or a JSON value.
    """

    header: str
    target: Target
    value: Any


def row_of(
    line: int, cells: Iterable[Cell], source: Any, faults: Iterable[Fault], *, clear_empty: bool, by_name: bool = False
) -> Row:
    """Make a row of a record, and check it.

    Args:
        line: Where the record begins.
        cells: What it has.
        source: The record as it came.
        faults: What is known to be wrong with it.
        clear_empty: Whether an empty cell clears its attribute, or leaves it as it is.
        by_name: Whether a row may do without an id.
    """
    found = list(faults)
    settings: list[Setting] = []
    id, has_id, id_header = "", False, "id"
    for header, attribute, value in cells:
        empty = is_empty(value)
        try:
            if attribute.path == "id":
                has_id, id_header = has_id or not empty, header
                id = "" if empty else str(coerce(attribute, value))
            elif not empty:
                settings.append(Setting(attribute, coerce(attribute, value), header))
            elif clear_empty:
                settings.append(cleared(attribute))
        except ValueError as error:
            found.append(Fault(line, header, str(error)))
    if not has_id and not by_name:
        found.append(Fault(line, None, "no id: the service has no search, so each row needs the user's id"))
    return Row(line, id, tuple(settings), source, tuple(found), id_header)


def is_empty(value: Any) -> bool:
    """Whether a value is an empty cell: what RFC 7643 section 2.5 calls unassigned, or a text of blanks."""
    return not value.strip() if isinstance(value, str) else value is None or value in ([], {})


def overlaps(targets: Iterable[tuple[str, Target]]) -> Iterator[tuple[str, str]]:
    """The headers that set what an earlier one sets, too, in whole or in part; each with the earlier one."""
    seen: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
    whole = ("", "")
    for header, each in targets:
        others = seen.setdefault(((each.extension or "").lower(), each.attribute.lower()), {})
        at = ((each.sub or "").lower(), (each.type or "").casefold())
        other = others.get(at) or others.get(whole) or (next(iter(others.values()), None) if at == whole else None)
        if other is not None:
            yield header, other
        others.setdefault(at, header)


def cleared(attribute: Target) -> Setting:
    """The setting that clears an attribute.

    Raises:
        ValueError: If it cannot be cleared.
    """
    if attribute.path in _NEVER_CLEARED:
        raise ValueError(f"{attribute.path} cannot be cleared: write a value, or leave the column out")
    return Setting(attribute, None)


__all__ = ["Cell", "Headings", "cleared", "is_empty", "overlaps", "read_mapping", "row_of"]
