"""The methods of users and groups as lives: what each asks for, in which order. Sync and async live them alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from . import guard as guards
from . import operations
from .call import live
from .core import checked_guard
from .errors import MaiaError, NotFound, UnexpectedResponse
from .resources import named, resource_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maia_public_api.base import Model

    from .core import Core
    from .errors import WriteOutcome
    from .models import GroupMember, ScimGroup, ScimUser
    from .operations import Kind
    from .patch import Operations
    from .steps import Life

    M = TypeVar("M", bound=Model)


def get(core: Core, kind: Kind[M], id: str) -> Life[M]:
    """Read a resource."""
    return (yield from _read(core, kind, resource_id(id, kind.what)))


def _read(core: Core, kind: Kind[M], target: str) -> Life[M]:
    try:
        return (yield from live(operations.get(core, kind, target), core))
    except NotFound as error:
        # One that says nothing is a gateway's, which answers so to whatever it does not know the way to.
        if core.witness is not None and error.problem is not None and (error.problem.title or error.problem.detail):
            core.witness.missed(kind.what, target)
        raise


def replace(
    core: Core, kind: Kind[M], *, resource: M, id: str | None, if_match: str | None, guard: str | None
) -> Life[M]:
    """Replace a resource, with the guard."""
    chosen = checked_guard(guard, core)
    check_model(resource, kind)
    own: Any = resource
    target = resource_id(own.id if id is None else id, kind.what)
    version = core.if_match if if_match is None else if_match
    put = operations.put(core, kind, target, resource, if_match=version)
    if chosen != "off":
        # Without active, an account may come to life again; and who is in a group is what a group is for.
        vital = "active" if kind.name == "User" else "members"
        missing: tuple[str, ...] = () if named(put.body, vital) else (vital,)
        if chosen == "check":
            from .diff import unspoken

            held = yield from look(core, kind, target, "not_sent")
            missing += unspoken(held.to_dict(), put.body)
        else:
            missing += guards.lost(resource, put.body, target, core)
        guards.enforce(chosen, put.path, tuple(dict.fromkeys(missing)), core.warn_at)
    return (yield from live(put, core))


def look(core: Core, kind: Kind[M], target: str, outcome: WriteOutcome) -> Life[M]:
    """Read a resource on the way to a write, or after it.

    Args:
        core: The client's.
        kind: What it is.
        target: Its id.
        outcome: What is known of the write meanwhile, for an error: that of a read says nothing of it.
    """
    try:
        return (yield from _read(core, kind, target))
    except MaiaError as error:
        error.outcome = outcome
        raise


def check_model(resource: object, kind: Kind[Any]) -> None:
    """Refuse what is no resource of a kind.

    Raises:
        TypeError: If it is another thing.
    """
    if not isinstance(resource, kind.model):
        name = kind.model.__name__
        raise TypeError(
            f"{kind.what} is a {type(resource).__name__}, not a {name}: make one with {name}(…) or {name}.from_dict(…)"
        )


def create(core: Core, user: ScimUser) -> Life[ScimUser]:
    """Create a user."""
    check_model(user, operations.users())
    return (yield from live(operations.post_user(core, user), core))


def patch(core: Core, kind: Kind[M], id: str, changes: Operations, if_match: str | None) -> Life[M]:
    """Change a resource."""
    target = resource_id(id, kind.what)
    version = core.if_match if if_match is None else if_match
    return (yield from live(operations.patch(core, kind, target, changes, if_match=version), core))


def set_active(core: Core, id: str, active: bool) -> Life[ScimUser]:
    """Let a user sign in, or no more, by the smallest write that does it."""
    from .patch import replace

    kind = operations.users()
    target = resource_id(id, kind.what)
    user = yield from look(core, kind, target, "not_sent")
    if user.active is active:
        return user
    change = operations.patch(core, kind, target, [replace("active", active)], if_match=core.if_match)
    user = yield from live(change, core)
    if user.active is not active:
        raise _not_done(f"PATCH {change.path}", f"the user's active is {user.active!r} all the same")
    return user


def change_members(
    core: Core, id: str, members: Iterable[object], *, add: bool, if_match: str | None
) -> Life[ScimGroup]:
    """Add members to a group or remove them, and see to it that the others stay."""
    from .patch import add as adding
    from .patch import item, remove

    kind = operations.groups()
    target = resource_id(id, kind.what)
    wanted = dict.fromkeys(map(member_id, members))
    group = yield from look(core, kind, target, "not_sent")
    before = _ids(group)
    affected = [each for each in wanted if (each in before) is not add]
    if not affected:
        return group
    if add:
        changes = [adding("members", [{"value": each} for each in affected])]
    else:
        changes = [remove(item("members", each)) for each in affected]
    version = core.if_match if if_match is None else if_match
    change = operations.patch(core, kind, target, changes, if_match=version)
    group = yield from live(change, core)
    if not group.members:  # some services leave them out of the answer
        group = yield from look(core, kind, target, "unknown")
    after = _ids(group)
    expected = before | set(affected) if add else before - set(affected)
    if after != expected:
        told = [
            f"{what} {', '.join(sorted(ids)[:5])}" + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
            for what, ids in (("it lacks", expected - after), ("it has besides", after - expected))
            if ids
        ]
        raise _not_done(f"PATCH {change.path}", f"of its members, {'; '.join(told)}")
    return group


def member_id(member: object) -> str:
    """The id of what is, or is to be, a member of a group: an id, a user, or a member of a group.

    Raises:
        ValueError: If it has none.
        TypeError: If it is another thing.
    """
    from .models import GroupMember, ScimUser

    if isinstance(member, ScimUser):
        return resource_id(member.id, "member")
    return resource_id(member.value if isinstance(member, GroupMember) else member, "member")


def _ids(group: ScimGroup) -> set[str]:
    members: list[GroupMember] = group.members
    return {member.value for member in members if member.value}


def _not_done(what: str, found: str) -> MaiaError:
    """A write that was answered with 200 and is not what the service holds now."""
    return UnexpectedResponse(
        f"{what} answered 200, and {found}: the service did not do all of it, or somebody else wrote at the same time",
        outcome="unknown",
        status=200,
    )
