"""Users between being read and being written: what a file says of each, and what it cannot.

They wait in a temporary SQLite file, which stays in memory while it is small: answers come in any order, and which
columns a CSV has is known at the end.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from maia_scim.database import Database, dumps
from maia_scim.resources import named
from maia_scim.schema import attributes
from maia_scim.text import line

from .columns import target
from .errors import ApplyError
from .guards import addresses
from .mapping import Cell, overlaps
from .reading import Form, Format, write_rows
from .sayable import cells_of, changes_nothing, id_of, record_of
from .wanted import without_password

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .columns import Target
    from .model import Setting
    from .sayable import Left

_FIRST: Final = ("username", "active")  # after the id; the others follow in the order of the specification
_MOST_COLUMNS: Final = 1000
_TOLD: Final = 20  # users who are left out that are told one by one
# A column that cannot say what more than one user in ten has is left out; else those users are.
_SHARE: Final = 10
_WHOLE: Final = "*"  # stands for a row as a whole
_Said = dict[str, tuple[str, str]]  # what a user has for each column: header and text
_NOTHING: Final = ("", "")
_EMPTY: Final = "nothing that a cell can say, and an empty one would clear it"

_SCHEMA: Final = """
CREATE TABLE user (number INTEGER PRIMARY KEY, id TEXT NOT NULL, held TEXT, said TEXT NOT NULL, left TEXT NOT NULL);
CREATE TABLE address (address TEXT, number INTEGER, place TEXT, PRIMARY KEY (address, number, place)) WITHOUT ROWID;
-- Where a user has what the file cannot say, and must not say otherwise.
CREATE TABLE harm (number INTEGER, place TEXT, why TEXT NOT NULL, PRIMARY KEY (number, place)) WITHOUT ROWID;
"""
_PAGE: Final = "SELECT * FROM user WHERE number > ? ORDER BY number LIMIT 50"
# A file in which two users have one address is refused, even if the directory has it so.
_SHARED: Final = """
INSERT OR IGNORE INTO harm
SELECT a.number, a.place, 'an address that another user has, too'
FROM (SELECT address, min(number) AS number FROM address GROUP BY address HAVING count(*) > 1) first
JOIN address a ON a.address = first.address AND a.number <> first.number
"""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not in the file, since it cannot say it, or ``apply`` would not take it.

    Attributes:
        values: How many values, by what they are.
        examples: One of each: whose it is, and where it stands.
        columns: Columns that could not say what too many users have.
        users: How many users of whom a row would change something, by an empty cell that clears what no cell can say.
        whose: The first of them, each with the reason.
    """

    values: dict[str, int] = field(default_factory=dict[str, int])
    examples: dict[str, str] = field(default_factory=dict[str, str])
    columns: tuple[str, ...] = ()
    users: int = 0
    whose: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.values or self.columns or self.users)


class Spool(Database):
    """What was read, and what of it cannot be said."""

    refusal = ApplyError

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        super().__init__(connection, name)
        self._values: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        self._whose: list[str] = []
        self.columns: tuple[str, ...] = ()
        self._left = 0

    @classmethod
    def temporary(cls) -> Self:
        """Make one that is gone when it is closed."""
        with cls.guard("the export"):
            made = cls(sqlite3.connect("", isolation_level=None, check_same_thread=False), "the export")
            made.sql.executescript(_SCHEMA)
        return made

    @property
    def left_out(self) -> LeftOut:
        """What was left out so far."""
        values = dict(self._values.most_common())
        return LeftOut(values, self._examples, self.columns, self._left, tuple(self._whose))

    def leave(self, id: str, left: Iterable[tuple[str, str]]) -> None:
        """Note values that are left out, each by its path and why."""
        for path, why in left:
            self._values[why] += 1
            self._examples.setdefault(why, f"user {id}, {line(path)}")

    def leave_user(self, id: object, path: str, why: str) -> None:
        """Note a user who is left out."""
        self._left += 1
        if len(self._whose) < _TOLD:
            self._whose.append(f"user {line(str(id))}, {line(path)}: {why}")

    def add(self, number: int, id: str, held: Any, said: Any, left: list[Left]) -> None:
        """Keep a user who was read: JSON of it, what the file says of it, and what it cannot."""
        self.write(
            "INSERT INTO user VALUES (:number, :id, :held, :said, :left)",
            {"number": number, "id": id, "held": held and dumps(held), "said": dumps(said), "left": dumps(left)},
        )

    def users(self) -> Iterator[sqlite3.Row]:
        """Give the users who were read, in the order in which they were named, some at a time."""
        last = 0
        while page := [*self.rows(_PAGE, last)]:  # no cursor is left open where the reading ends early
            yield from page
            last = page[-1]["number"]

    def harms(self, number: int) -> list[tuple[str, str]]:
        """Where a user has what the file cannot say, and why."""
        return [tuple(row) for row in self.rows("SELECT place, why FROM harm WHERE number = ? ORDER BY place", number)]

    def add_addresses(self, number: int, found: Iterable[tuple[str, str]]) -> None:
        """Keep the names and addresses that belong to one user alone, each with the place where it is said."""
        self.write_all(
            "INSERT OR IGNORE INTO address VALUES (:address, :number, :place)",
            ({"number": number, "address": address, "place": place} for address, place in found),
        )

    def harm(self, number: int, place: str, why: str) -> None:
        """Note that a user has what the file cannot say."""
        self.write(
            "INSERT OR IGNORE INTO harm VALUES (:number, :place, :why)", {"number": number, "place": place, "why": why}
        )


class Json:
    """Users as the service gave them."""

    def __init__(self, spool: Spool, format: Format) -> None:
        self._spool = spool
        self._form = Form(format, "utf-8", bom=False, newline="\n")

    def take(self, number: int, held: dict[str, Any]) -> None:
        """Take a user who was read."""
        id = id_of(held)
        if id is None:
            _no_id(self._spool, held)
            return
        record, left, settings = record_of(held)
        self._spool.add(number, id, None, record, left)
        places = [(address, each.extension or each.attribute) for address, each in _addresses(settings)]
        self._spool.add_addresses(number, places)

    def write(self, out: BinaryIO) -> int:
        """Write those who were taken, and give how many."""
        self._spool.write(_SHARED, {})
        return write_rows(self._form, self._records(), out)

    def _records(self) -> Iterator[Any]:
        for row in self._spool.users():
            record = json.loads(row["said"])
            self._spool.leave(row["id"], json.loads(row["left"]))
            for place, why in self._spool.harms(row["number"]):
                record.pop(named(record, place) or "", None)
                self._spool.leave(row["id"], [(place, why)])
            yield record


@dataclass(slots=True)
class _Column:
    header: str
    target: Target
    said: int = 0  # how many users have a value that it says


class Csv:
    """A row for each user, a column for each attribute that one of them has."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._columns: dict[str, _Column] = {}

    def take(self, number: int, held: dict[str, Any]) -> None:
        """Take a user who was read."""
        id = id_of(held)
        if id is None:
            _no_id(self._spool, held)
            return
        cells, left = cells_of(held)
        said = {_place(cell.target): (cell.header, cell.value) for cell in cells}
        self._spool.add(number, id, without_password(held), said, left)

    def write(self, out: BinaryIO) -> int:
        """Write those who were taken, and give how many."""
        self._find_columns()
        places = self._apart()
        self._find_harm(places)
        self._spool.write(_SHARED, {})
        places = self._without_harmful(places)
        form = Form("csv", "utf-8", True, "\r\n", ",", ("id", *(self._columns[place].header for place in places)))
        return write_rows(form, self._rows(places), out)

    def _find_columns(self) -> None:
        """Find the columns. Users are gone through in their order, so that the same users give the same file."""
        for row in self._spool.users():
            self._spool.leave(row["id"], json.loads(row["left"]))
            for place, (header, _) in json.loads(row["said"]).items():
                if place not in self._columns and len(self._columns) >= _MOST_COLUMNS:
                    self._spool.leave(row["id"], [(header, f"a column beyond {_MOST_COLUMNS:,}")])
                else:
                    column = self._columns.setdefault(place, _Column(header, target(header)))
                    column.said += 1

    def _apart(self) -> list[str]:
        """The columns, in order, without those that set what another one sets, too; the one that says more stays."""
        by_use = sorted(self._columns.values(), key=lambda column: -column.said)
        twice = {header for header, _ in overlaps((column.header, column.target) for column in by_use)}
        self._spool.columns += tuple(sorted(twice))
        kept = [place for place, column in self._columns.items() if column.header not in twice]
        return sorted(kept, key=lambda place: _rank(self._columns[place].target))

    def _cells(self, places: Iterable[str], said: _Said) -> list[Cell]:
        columns = ((self._columns[place], said.get(place, _NOTHING)) for place in places)
        return [Cell(column.header, column.target, text) for column, (_, text) in columns]

    def _find_harm(self, places: list[str]) -> None:
        """Find users of whom the row would change something: where its empty cells clear what it could not say."""
        spool, kept = self._spool, frozenset(places)
        with spool.together():
            for row in spool.users():
                number, held, said = row["number"], json.loads(row["held"]), json.loads(row["said"])
                cells = self._cells(places, said)
                spool.add_addresses(number, self._own(said, kept))
                if changes_nothing(held, cells, clear_empty=True):
                    continue
                known = {left.path.casefold(): left.why for left in cells_of(held)[1]}
                rest: list[Cell] = []
                for place, cell in zip(places, cells, strict=True):
                    if changes_nothing(held, [cell], clear_empty=True):
                        rest.append(cell)
                    else:
                        spool.harm(number, place, known.get(cell.header.casefold(), _EMPTY))
                if not changes_nothing(held, rest, clear_empty=True):
                    spool.harm(number, _WHOLE, "cells that get in the way of each other")

    def _own(self, said: _Said, places: frozenset[str]) -> Iterator[tuple[str, str]]:
        for place, (_, text) in said.items():
            if place in places:
                of = self._columns[place].target
                if of.path == "userName" or _is_address(of):
                    yield text.strip().casefold(), place

    def _without_harmful(self, places: list[str]) -> list[str]:
        """The columns that stay; those users are left out for whom one of these does harm."""
        spool = self._spool
        row = spool.row("SELECT count(*) AS count FROM user")
        most = (row["count"] if row else 0) // _SHARE
        query = "SELECT place FROM harm WHERE place <> ? GROUP BY place HAVING count(*) > ?"
        gone = {each["place"] for each in [*spool.rows(query, _WHOLE, most)]}
        for place in (each for each in places if each in gone):
            spool.columns += (self._columns[place].header,)
            spool.write("DELETE FROM harm WHERE place = :place", {"place": place})
        return [place for place in places if place not in gone]

    def _rows(self, places: list[str]) -> Iterator[list[str]]:
        for row in self._spool.users():
            for place, why in self._spool.harms(row["number"]):
                header = self._columns[place].header if place in self._columns else "the row"
                self._spool.leave_user(row["id"], header, why)
                break
            else:
                said = json.loads(row["said"])
                yield [row["id"], *(said.get(place, _NOTHING)[1] for place in places)]


def _no_id(spool: Spool, held: dict[str, Any]) -> None:
    spool.leave_user(held.get(named(held, "id") or ""), "id", "none that apply takes")


def _addresses(settings: Iterable[Setting]) -> Iterator[tuple[str, Target]]:
    """The names and addresses that a row sets of which ``apply`` wants that they are one user's alone."""
    for setting in settings:
        of = setting.target
        values = [setting.value] if of.path == "userName" or _is_address(of) else []
        if of.path == "emails":
            values = addresses(setting.value)
        for value in values:
            if isinstance(value, str) and value:
                yield value.casefold(), of


def _is_address(of: Target) -> bool:
    return of.attribute == "emails" and of.sub == "value"


def _place(of: Target) -> str:
    """What two columns have in common that set the same, whatever the case."""
    return "\n".join(
        ((of.extension or "").lower(), of.attribute.lower(), (of.sub or "").lower(), (of.type or "").casefold())
    )


def _rank(of: Target) -> tuple[Any, ...]:
    """Where a column stands: names first, then as the specification has it, extensions by their paths."""
    if of.extension is not None:
        return 2, of.path.casefold()
    name = of.attribute.lower()
    known = attributes("User")
    parts = [*known[name].parts]
    first = _FIRST.index(name) if name in _FIRST else len(_FIRST)
    sub = "" if of.sub == "value" or of.sub is None else of.sub.lower()
    return 1, first, [*known].index(name), (of.type or "").casefold(), parts.index(sub) if sub in parts else -1


__all__ = ["Csv", "Json", "LeftOut", "Spool"]
