"""Names that two users would have after a renaming."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from maia_scim.index import NameAmbiguous, NameNotFound
from maia_scim.text import fold, line

from . import records
from .errors import Faults
from .model import Fault
from .renaming import names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from maia_scim.index import Index

    from .planning import Making


class Renamed(NamedTuple):
    """A user that is renamed in a run.

    Attributes:
        number: Its place in the run.
        id: Its id.
        old: Its names before, as of ``names_of``.
        new: Its names after.
    """

    number: int
    id: str
    old: tuple[str, ...]
    new: tuple[str, ...]


class Collision(NamedTuple):
    """A name that a user cannot get.

    Attributes:
        number: The user's place in the run.
        id: The user's id.
        name: The name.
        other: The id of who has it, or gets it too.
        message: Why, in a sentence that names both.
    """

    number: int
    id: str
    name: str
    other: str
    message: str


class _Holder(NamedTuple):
    id: str
    name: str
    leaves: bool


def collisions(renamed: Iterable[Renamed], known: Callable[[str], str | None]) -> list[Collision]:
    """Tell which users would get a name that another one has, or gets too.

    A name that another user gives up in the same run is none to be had either: writes go out at the same time, one of
    them may fail, and the service would refuse the other, or have two users of one name.

    Args:
        renamed: The users, as they were read. They are gone through once; of each, its names are kept.
        known: Tells the id of who is known to have a name, such as by an index; None of a name that nobody has. Of the
            users of the run, what was read counts, and not what it says.

    Returns:
        The collisions by the place of the user in the run. Of two users who would get one name, it is the later one's.
    """
    ids: set[str] = set()
    holders: dict[str, _Holder] = {}
    getters: dict[str, tuple[Renamed, str]] = {}
    found: list[Collision] = []
    for user in renamed:
        ids.add(user.id)
        before, after = {fold(name): name for name in user.old}, {fold(name): name for name in user.new}
        for key, name in before.items():
            holders[key] = _Holder(user.id, name, key not in after)
        for key in after.keys() - before.keys():
            first, _ = getters.setdefault(key, (user, after[key]))
            if first.id != user.id:
                message = f"{_shown(first)} and {_shown(user)} would both be called {line(after[key])}"
                found.append(Collision(user.number, user.id, after[key], first.id, message))
    found += _taken(getters, holders, ids, known)
    return sorted(found, key=lambda each: (each.number, each.name))


def _taken(
    getters: Mapping[str, tuple[Renamed, str]],
    holders: Mapping[str, _Holder],
    ids: set[str],
    known: Callable[[str], str | None],
) -> Iterator[Collision]:
    """The names that somebody has already."""
    for key, (user, name) in getters.items():
        holder = holders.get(key)
        other = holder.id if holder else known(name)
        if other is None or (holder is None and other in ids):
            continue
        message = f"{_shown(user)} would be called {line(name)}, as {other} is"
        if holder and holder.leaves:
            message += " until it is renamed in this run, too, in no certain order: rename that one in a run before"
        yield Collision(user.number, user.id, name, other, message)


def refuse_collisions(
    making: Making,
    name: str,
    faults: Sequence[Fault] = (),
    known: Callable[[str], str | None] | None = None,
) -> None:
    """Refuse a plan by which two users would have the same name or address.

    Args:
        making: The plan, with its changes.
        name: What messages call it.
        faults: What else is wrong with it.
        known: Tells the id of who is known to have a name, where there is no index.

    Raises:
        InvalidFile: If so.
    """
    index = making.index
    renamed = (
        Renamed(entry.number, entry.id, names_of(entry.before or {}), names_of(entry.wanted or {}))
        for entry in records.entries(making.store, records.OF_STATE, making.run, "change")
        if entry.kind == "user"
    )
    found = collisions(renamed, lambda text: _holder(index, text) if index else known(text) if known else None)
    told = Faults()
    told.add(*faults, *(Fault(None, None, each.message) for each in found))
    told.refuse(name)


def _holder(index: Index, name: str) -> str | None:
    """Who is known to have a name."""
    try:
        found = index.find(name)
    except NameNotFound:
        return None
    except NameAmbiguous as error:
        found = error.found[0]
    return found.id if found.by in ("userName", "emails") else None


def _shown(user: Renamed) -> str:
    return f"{user.id} ({line(user.old[0])})" if user.old else user.id


__all__ = ["Collision", "Renamed", "collisions", "refuse_collisions"]
