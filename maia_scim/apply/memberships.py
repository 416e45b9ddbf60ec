"""Who is in a group, and what a plan has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from maia_scim import operations
from maia_scim.database import dumps
from maia_scim.diff import is_array, is_object
from maia_scim.errors import MaiaError, NotFound
from maia_scim.index import NameNotFound
from maia_scim.resources import named
from maia_scim.text import fold

from .errors import ApplyError
from .guards import protects
from .reads import read_one, read_users
from .store import ADD_ENTRY, EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .model import Entry
    from .planning import Making

    Members = Mapping[str, "Member"]

CHUNK: Final = 100  # members of a write


class Member(NamedTuple):
    """A member of a group.

    Attributes:
        id: Its id.
        name: What to call it: its ``userName``, or what the group displays.
        is_group: Whether it is a group itself.
    """

    id: str
    name: str | None = None
    is_group: bool = False


def members_of(group: Mapping[str, Any]) -> dict[str, Member]:
    """The members of a group by id, as a service gives them (RFC 7643 section 4.2).

    Args:
        group: JSON of the group.
    """
    key = named(dict(group), "members")
    items: list[Any] = group[key] if key is not None and is_array(group[key]) else []
    found: dict[str, Member] = {}
    for each in items:
        values = {name.lower(): value for name, value in each.items()} if is_object(each) else {"value": each}
        id, display = values.get("value"), values.get("display")
        if isinstance(id, str) and id:
            is_group = _is_group(values)
            found[id] = Member(id, display if isinstance(display, str) else None, is_group)
    return found


def _is_group(member: Mapping[str, Any]) -> bool:
    """Whether a member is a group itself: by its type, else by its address."""
    type, address = member.get("type"), member.get("$ref")
    return str(type).casefold() == "group" if type else isinstance(address, str) and "/Groups/" in address


def entries_of(
    group: Mapping[str, Any], additions: Sequence[Member], removals: Sequence[Member]
) -> list[dict[str, Any]]:
    """What a plan has for a group, as columns of its entries: additions first, so that it is never without members.

    Args:
        group: JSON of the group as the service holds it.
        additions: Who comes.
        removals: Who goes.

    Returns:
        One entry for each write; one that is unchanged, if there is nothing to write.
    """
    held = members_of(group)
    own, name = (group.get(named(dict(group), each) or "") for each in ("id", "displayName"))
    about = {"kind": "group", "id": str(own), "name": name if isinstance(name, str) else None}
    found: list[dict[str, Any]] = []
    for chunk in _parts(additions):
        found.append({**about, "state": "change", "changes": _change((), chunk), "adds": len(chunk)})
    for chunk in _parts(removals):
        found.append({**about, "state": "change", "changes": _change(chunk, ()), "removes": len(chunk)})
    if not found:
        found.append({**about, "state": "unchanged"})
    found[0]["held"] = len(held)
    if removals and len(held) + len(additions) == len(removals):
        found[-1] |= {"empties": 1, "note": "the group would be left without members"}
    return found


def _parts(members: Sequence[Member]) -> Iterator[Sequence[Member]]:
    return (members[at : at + CHUNK] for at in range(0, len(members), CHUNK))


def _change(removed: Iterable[Member], added: Iterable[Member]) -> str:
    return dumps([["members", [*map(json_of, removed)] or None, [*map(json_of, added)] or None]])


def json_of(member: Member) -> dict[str, str]:
    """A member as SCIM has it."""
    return {"value": member.id, **({"display": member.name} if member.name else {})}


def moves(entry: Entry) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
    """Who goes, and who comes, by an entry."""
    gone, come = (
        tuple(members_of({"members": each.before if side == 0 else each.after}).values())
        for side in (0, 1)
        for each in entry.changes[:1]
    )
    return gone, come


# Planning.


def propose(
    making: Making,
    id: str,
    delta: Callable[[Members], tuple[Iterable[Member], Iterable[Member]]],
    called: Mapping[str, str | None] | None = None,
) -> None:
    """Read a group, and note what is to be changed in it.

    Args:
        making: The plan.
        id: The group's id.
        delta: Tells who comes and who goes, of those who are in it. Who is in it already does not come, who is not does
            not go.
        called: What members are called, by id, where the group does not say.
    """
    group = read_group(making, id)
    if isinstance(group, NotFound):
        note(making, [{"kind": "group", "id": id, "state": "not_found", "note": "there is no such group (any more)"}])
        return
    if isinstance(group, MaiaError):
        note(making, [{"kind": "group", "id": id, "state": "unread", "note": str(group)}])
        return
    held = members_of(group)
    come, go = delta(held)
    names = called or {}
    additions = [_named(making, each, names) for each in come if each.id not in held]
    removals = [_named(making, each, names) for each in go if each.id in held]
    kept = protected(making, removals)
    entries = entries_of(group, additions, [each for each in removals if each.id not in kept])
    if kept:
        shielded = [each for each in removals if each.id in kept]
        told = "; ".join(
            f"{', '.join(each.name or each.id for each in shielded if kept[each.id] == why)}: {why}"
            for why in dict.fromkeys(kept.values())
        )
        about = {"kind": "group", "id": entries[0]["id"], "name": entries[0]["name"]}
        entries.append({**about, "state": "protected", "changes": _change(shielded, ()), "note": told})
    note(making, entries)


def _named(making: Making, member: Member, called: Mapping[str, str | None]) -> Member:
    """A member with a name, if one is known."""
    name = member.name or called.get(member.id)
    if not name and making.index is not None:
        try:
            found = making.index.find(member.id)
        except NameNotFound:
            return member
        name = found.name if found.by == "id" and found.name != found.id else None
    return member._replace(name=name)


def read_group(making: Making, id: str) -> dict[str, Any] | MaiaError:
    """Read a group: its JSON, or why it cannot be read.

    Raises:
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """
    found: dict[str, Any] | MaiaError
    try:
        found = read_one(making.client, operations.groups(), id).to_dict()
    except MaiaError as error:
        found = error
    except ValueError as error:  # no id that can be asked for
        found = ApplyError(str(error))
    if isinstance(found, MaiaError) and making.streak.hopeless(found):
        raise found
    if not isinstance(found, MaiaError):
        making.streak.hopeless(None)
    return found


def note(making: Making, entries: Iterable[Mapping[str, Any]]) -> None:
    """Add entries to a plan.

    Args:
        making: The plan.
        entries: Their columns, but for the number and what is as of none.
    """
    row = making.store.row("SELECT coalesce(max(number), 0) AS last FROM entry WHERE run = ?", making.run)
    for number, values in enumerate(entries, row["last"] + 1 if row else 1):
        making.store.write(ADD_ENTRY, {**EMPTY, **values, "run": making.run, "number": number})


def protected(making: Making, members: Sequence[Member]) -> dict[str, str]:
    """The ids of those members who are protected, each with why. By which names they are, their own users say.

    Args:
        making: The plan.
        members: The members.
    """
    rules = making.rules
    if not rules.protected:
        return {}
    why = "protected, and would be removed"
    found = {each.id: why for each in members if {fold(each.id), fold(each.name or "")} & rules.protected}
    others = [each.id for each in members if each.id not in found]
    for read in read_users(making.client, enumerate(others), len(others), making.concurrency):
        id = others[read.key]
        if read.error is None and protects(rules.protected, id, read.user.to_dict()):
            found[id] = why
        elif read.error is not None and not isinstance(read.error, NotFound):
            found[id] = "could not be read, and may be protected"
    return found
