"""Renaming users: their ``userName`` and e-mail addresses, by a pattern or by pairs of an old and a new name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unicodedata import normalize

from maia_scim.diff import is_array, is_object
from maia_scim.resources import named
from maia_scim.text import fold, line

from .cells import TOMBSTONE
from .columns import coerce, target
from .errors import Faults, InvalidFile
from .guards import addresses
from .model import Fault, Setting
from .tables import open_table, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from maia_scim.files import AnyPath

    from .tables import Record

_LONGEST: Final = 500  # characters of a name that a pattern is tried on; RFC 5321 has 320 for an address
_OTHER_GROUP = re.compile(r"\$(?:\d|&|\{\w+\})")  # how other languages write \1


# What is renamed.


class Renaming:
    r"""Renaming by a pattern, as in ``Renaming(r"@old\.example$", "@new.example")``."""

    def __init__(self, pattern: str, to: str) -> None:
        r"""Take a pattern.

        Args:
            pattern: A regular expression of Python, that is found anywhere in a name and in any case.
            to: What comes in place of what it finds; ``\1`` and ``\g<name>`` are what its groups found.

        Raises:
            ValueError: If the pattern is none or matches nothing at all, or ``to`` names a group that is not there.
        """
        self.pattern = pattern
        self.to = to
        self._expression = _compiled(normalize("NFC", pattern))
        self._to = normalize("NFC", to)
        if found := _OTHER_GROUP.search(to):
            raise ValueError(f"{line(repr(to))} has {found[0]}: what a group found is written \\1, or \\g<name>")
        try:
            self._expression.sub(self._to, "")
        except (re.error, IndexError) as error:
            raise ValueError(f"{line(repr(to))} cannot take the place of what is found: {error}") from None

    def __repr__(self) -> str:
        return f"Renaming({self.pattern!r}, {self.to!r})"

    def settings(self, held: Mapping[str, Any]) -> tuple[Setting, ...]:
        """Tell what it sets in a user.

        Args:
            held: JSON of the user as the service holds it.

        Returns:
            The new ``userName`` and the new ``emails`` as a whole, as far as they change. Nothing of a deleted account,
            whose name has 32 hex digits before it: it keeps the name that it had.

        Raises:
            ValueError: If a new name cannot be one.
        """
        return _settings(held, self._renamed)

    def _renamed(self, name: str) -> str:
        if len(name) > _LONGEST:
            raise ValueError(f"{line(name)} has {len(name)} characters: a pattern is tried on at most {_LONGEST}")
        return self._expression.sub(self._to, name, count=1)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        expression = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{line(repr(pattern))} is no regular expression: {error}") from None
    if expression.search(""):
        raise ValueError(
            f"{line(repr(pattern))} is found in an empty text, and so in each name: say what is to be replaced"
        )
    return expression


class Pair(NamedTuple):
    """An old name and the new one.

    Attributes:
        line: The line of the file, from 1.
        old: The name that a user has.
        new: The name that it is to have.
    """

    line: int
    old: str
    new: str


class Pairs:
    """Renaming by pairs of names. A name is one in any letter case.

    Attributes:
        pairs: The pairs in the order of the file.
    """

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self.pairs = tuple(pairs)
        self._new = {fold(pair.old): pair.new for pair in self.pairs}
        self._names = {*self._new, *map(fold, self._new.values())}
        self._met: set[str] = set()

    @classmethod
    def read(cls, file: AnyPath, encoding: str | None = None) -> Pairs:
        """Read a file with the columns ``old`` and ``new``: CSV, JSON Lines or JSON; others are left alone.

        Args:
            file: The file.
            encoding: Its encoding, unless it has a BOM; None for UTF-8.

        Raises:
            InvalidFile: If it cannot be read, or a row has a fault.
            ValueError: If there is no such encoding.
        """
        with open_table(Path(file), ("old", "new"), encoding=encoding) as records:
            pairs, faults = _checked(records)
        faults.refuse(str(file))
        if not pairs:
            raise InvalidFile(str(file), [Fault(None, None, "it has a header and no pairs")])
        return cls(pairs)

    @property
    def olds(self) -> dict[str, int]:
        """The old names in order, each with its line."""
        return {pair.old: pair.line for pair in self.pairs}

    @property
    def unused(self) -> tuple[Pair, ...]:
        """The pairs of nobody: whose old name, or new one, none had of whom ``settings`` was asked."""
        return tuple(pair for pair in self.pairs if self._met.isdisjoint({fold(pair.old), fold(pair.new)}))

    def settings(self, held: Mapping[str, Any], old: str | None = None) -> tuple[Setting, ...]:
        """Tell what they set in a user.

        Args:
            held: JSON of the user as the service holds it.
            old: The one old name that is to be looked for; None for all of them, so that a user whose names are in
                several pairs is written once.

        Returns:
            As ``Renaming.settings`` does.

        Raises:
            KeyError: If ``old`` is in no pair.
            ValueError: If a new name cannot be one beside what else the user has.
        """
        self._met |= self._names.intersection(map(fold, names_of(held)))
        if old is None:
            return _settings(held, lambda name: self._new.get(fold(name), name))
        key = fold(old)
        new = self._new[key]
        return _settings(held, lambda name: new if fold(name) == key else name)


# Names.


def names_of(user: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of a user: its ``userName`` and the values of its e-mail addresses."""
    name, emails = _names(user)
    return tuple(each for each in (name, *addresses(emails)) if isinstance(each, str))


def _names(user: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """The ``userName`` of a user, and its e-mails; one that stands alone is an array of it."""
    body = dict(user)
    name, emails = body.get(named(body, "userName") or ""), body.get(named(body, "emails") or "")
    return name, emails if is_array(emails) else [] if emails is None else [emails]


def _settings(held: Mapping[str, Any], renamed: Callable[[str], str]) -> tuple[Setting, ...]:
    name, emails = _names(held)
    if isinstance(name, str) and TOMBSTONE.fullmatch(name):
        return ()
    settings: list[Setting] = []
    if isinstance(name, str) and (new := _new(name, renamed)) is not None:
        settings.append(Setting(target("userName"), new))
    items = [_item(item, renamed) for item in emails]
    if items != emails:
        _check_apart(emails, items)
        settings.append(Setting(target("emails"), items))
    return tuple(settings)


def _item(item: Any, renamed: Callable[[str], str]) -> Any:
    """An e-mail with its new address, and all else as it is."""
    if isinstance(item, str):
        new = _new(item, renamed)
        return item if new is None else new
    key = named(item, "value") if is_object(item) else None
    value = item[key] if key is not None else None
    new = _new(value, renamed) if isinstance(value, str) else None
    return item if new is None else {**item, key: new}


def _new(name: str, renamed: Callable[[str], str]) -> str | None:
    """The new name; None if it stays.

    Raises:
        ValueError: If it cannot be one.
    """
    whole = normalize("NFC", name)
    new = renamed(whole)
    if new == whole:
        return None
    if fault := _fault(whole, new):
        raise ValueError(f"{line(name)} would become {line(repr(new))}: {fault}")
    return new


def _fault(old: str, new: str) -> str | None:
    """What is wrong with a new name."""
    if not new.strip():
        return "that is empty"
    try:
        coerce(target("userName"), new)
    except ValueError as error:
        return str(error)
    return "that is no e-mail address, and the old one is" if _is_address(old) and not _is_address(new) else None


def _is_address(name: str) -> bool:
    local, _, domain = name.partition("@")
    return bool(local.strip() and domain.strip()) and "@" not in domain


def _check_apart(before: list[Any], after: list[Any]) -> None:
    """See that addresses which differ do not become the same, since no two items of an array may be (RFC 7643, 2.4)."""
    seen: dict[str, str] = {}
    for old, new in zip(addresses(before), addresses(after), strict=True):
        if isinstance(old, str) and isinstance(new, str):
            other = seen.setdefault(fold(new), old)
            if fold(other) != fold(old):
                raise ValueError(f"{line(new)} would be an e-mail address twice, of {line(other)} and of {line(old)}")


# Files of pairs.


def _checked(records: Iterable[Record]) -> tuple[list[Pair], Faults]:
    """The pairs of a file, and what is wrong with it."""
    pairs: list[Pair] = []
    faults = Faults()
    olds: dict[str, int] = {}
    news: dict[str, int] = {}
    for number, values in records:
        old, new = (text_of(values[name]) for name in ("old", "new"))
        found = [*_cell_faults(number, old, new)]
        if old and (first := olds.setdefault(fold(old), number)) != number:
            found.append(Fault(number, "old", f"{line(old)} is in line {first}, too: a name has one new name"))
        if new and (first := news.setdefault(fold(new), number)) != number:
            found.append(Fault(number, "new", f"{line(new)} is what line {first} makes of another name, too"))
        faults.add(*found)
        if not found:
            pairs.append(Pair(number, old, new))
    return pairs, faults


def _cell_faults(number: int, old: str, new: str) -> Iterator[Fault]:
    for column, cell in (("old", old), ("new", new)):
        fault = "it is empty: a pair has both names" if not cell else _fault("", cell)
        if fault:
            yield Fault(number, column, fault)
    if old and normalize("NFC", old) == normalize("NFC", new):
        yield Fault(number, "new", "it is the old name")
    elif _is_address(old) and new and not _is_address(new):
        yield Fault(number, "new", f"{line(new)} is no e-mail address, and {line(old)} is")


__all__ = ["Pair", "Pairs", "Renaming", "names_of"]
