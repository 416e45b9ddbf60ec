"""Who is in a group: what is to be changed, some members at a time, and writing it, each answer looked at.

Additions and removals are PATCHes of the members that are meant (RFC 7644 section 3.5.2), so that what others change
meanwhile stays. Some services keep a part of a long list, or drop members that nobody spoke of: so a write has few
members, one group is written by one request at a time, and what does not come out as it was sent ends the group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from maia_scim import lives, operations
from maia_scim.call import live
from maia_scim.database import dumps
from maia_scim.diff import is_array, is_object
from maia_scim.errors import NotFound
from maia_scim.patch import add, item, remove
from maia_scim.resources import named

from .errors import Moved, NotKept, NotTried

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from maia_scim.core import Core
    from maia_scim.steps import Life

    from .model import Entry
    from .writing import Attempt

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


@dataclass(slots=True)
class Rolls:
    """What is known of the groups that a run writes.

    Attributes:
        held: The ids of who is in a group, as its last answer had them, by group.
        ended: Why a group is not written any more.
    """

    held: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    ended: dict[str, str] = field(default_factory=dict[str, str])


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
            is_group = str(values.get("type")).casefold() == "group"
            found[id] = Member(id, display if isinstance(display, str) else None, is_group)
    return found


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
    return dumps([["members", [*map(_item, removed)] or None, [*map(_item, added)] or None]])


def _item(member: Member) -> dict[str, str]:
    return {"value": member.id, **({"display": member.name} if member.name else {})}


def moves(entry: Entry) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
    """Who goes, and who comes, by an entry."""
    gone, come = (
        tuple(members_of({"members": each.before if side == 0 else each.after}).values())
        for side in (0, 1)
        for each in entry.changes[:1]
    )
    return gone, come


# Writing.


def write(core: Core, attempt: Attempt) -> Life[None]:
    """Write one entry of a group, and note who is as it wants them now.

    Args:
        core: The client's.
        attempt: The entry.

    Raises:
        Moved: If the group is not there any more, or would now be left empty.
        NotTried: If an earlier entry of the group ended it.
        NotKept: If the members are not those there were, with what was sent.
    """
    entry, rolls = attempt.entry, attempt.rolls
    if why := rolls.ended.get(entry.id):
        raise NotTried(f"not tried, since of this group an earlier write failed: {why}")
    gone, come = moves(entry)
    held = rolls.held.get(entry.id)
    if held is None:
        held = yield from _look(core, entry.id, rolls, again=attempt.again)
    removals = [each.id for each in gone if each.id in held]
    additions = [each.id for each in come if each.id not in held]
    expected = (held | set(additions)) - set(removals)
    if removals and not expected and not entry.empties:
        raise Moved("others left the group since the plan was made, and it would be left without members: plan again")
    now = held
    if removals or additions:
        changes = [remove(item("members", each)) for each in removals]
        if additions:
            changes.append(add("members", [{"value": each} for each in additions]))
        group = yield from live(operations.patch(core, operations.groups(), entry.id, changes, if_match=None), core)
        now = {*members_of(group.to_dict())}
        if not expected <= now or now & set(removals):  # some services answer with no members, or with the first ones
            group = yield from lives.look(core, operations.groups(), entry.id, "unknown")
            now = {*members_of(group.to_dict())}
    rolls.held[entry.id] = now
    came = [*(each for each in gone if each.id not in now), *(each for each in come if each.id in now)]
    attempt.after = {"members": [*map(_item, came)]}
    if problems := [*_problems(expected - now, set(additions), now & set(removals))]:
        rolls.ended[entry.id] = told = f"the service answered 200, and {'; '.join(problems)}"
        raise NotKept(told)


def _look(core: Core, id: str, rolls: Rolls, *, again: bool) -> Life[set[str]]:
    try:
        group = yield from lives.look(core, operations.groups(), id, "unknown" if again else "not_sent")
    except NotFound:
        rolls.ended[id] = told = "the group is not there any more"
        raise Moved(told) from None
    held = rolls.held[id] = {*members_of(group.to_dict())}
    return held


def _problems(missing: set[str], additions: set[str], stayed: set[str]) -> Iterator[str]:
    """What an answer has otherwise than it should. Who came besides was added by somebody else."""
    for what, ids in (
        ("it did not add", missing & additions),
        ("it did not remove", stayed),
        ("members are gone that nobody spoke of:", missing - additions),
    ):
        if ids:
            yield f"{what} {', '.join(sorted(ids)[:5])}" + (f" and {len(ids) - 5:,} more" if len(ids) > 5 else "")
