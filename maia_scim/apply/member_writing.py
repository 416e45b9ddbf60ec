"""Writing who is in a group: some members at a time, each answer looked at.

Additions and removals are PATCHes of the members that are meant (RFC 7644 section 3.5.2), so that what others change
meanwhile stays. Some services keep a part of a long list, or drop members that nobody spoke of: so a write has few
members, one group is written by one request at a time, and what does not come out as it was sent ends the group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from maia_scim import lives, operations
from maia_scim.call import live
from maia_scim.errors import MaiaError, NotFound, UnexpectedResponse
from maia_scim.patch import add, item, remove

from .errors import Moved, NotKept, NotTried
from .memberships import json_of, members_of, moves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maia_scim.core import Core
    from maia_scim.models import PatchOperation
    from maia_scim.steps import Life

    from .memberships import Member
    from .writing import Attempt


@dataclass(slots=True)
class Rolls:
    """What is known of the groups that a run writes.

    Attributes:
        held: The ids of who is in a group, as its last answer had them, by group.
        ended: Why a group is not written any more.
    """

    held: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    ended: dict[str, str] = field(default_factory=dict[str, str])


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
    id, rolls = attempt.entry.id, attempt.rolls
    if why := rolls.ended.get(id):
        raise NotTried(f"not tried, since of this group an earlier write failed: {why}")
    try:
        yield from _write(core, attempt)
    except (MaiaError, ValueError, TypeError) as error:
        rolls.ended[id] = str(error)
        raise


def _write(core: Core, attempt: Attempt) -> Life[None]:
    entry, rolls = attempt.entry, attempt.rolls
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
        now = yield from _patch(core, entry.id, changes)
        if not expected <= now or now & set(removals):  # some services answer with no members, or with the first ones
            group = yield from lives.look(core, operations.groups(), entry.id, "unknown")
            now = {*members_of(group.to_dict())}
    rolls.held[entry.id] = now
    attempt.after = {"members": [*map(json_of, _came(attempt, {*removals}, {*additions}, now))]}
    if problems := [*_problems(expected - now, {*additions}, now & {*removals})]:
        raise NotKept(f"the service answered {attempt.status}, and {'; '.join(problems)}")


def _patch(core: Core, id: str, changes: list[PatchOperation]) -> Life[set[str]]:
    """Change a group, and give the ids of the members that are answered. With 204, that is none."""
    try:
        group = yield from live(operations.patch(core, operations.groups(), id, changes, if_match=None), core)
    except UnexpectedResponse as error:
        if error.status != 204:
            raise
        return set()
    return {*members_of(group.to_dict())}


def _came(attempt: Attempt, removals: set[str], additions: set[str], now: set[str]) -> list[Member]:
    """Who went and who came by a write, and not by somebody else; of a second attempt, this cannot be told apart."""
    gone, come = moves(attempt.entry)
    left = [each for each in gone if each.id not in now and (attempt.again or each.id in removals)]
    return left + [each for each in come if each.id in now and (attempt.again or each.id in additions)]


def _look(core: Core, id: str, rolls: Rolls, *, again: bool) -> Life[set[str]]:
    try:
        group = yield from lives.look(core, operations.groups(), id, "unknown" if again else "not_sent")
    except NotFound:
        raise Moved("the group is not there any more") from None
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
