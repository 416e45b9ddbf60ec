"""From a user or group, as the service answered, to what an index keeps of it. No I/O, and no password."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from maia_scim.models import ScimGroup, ScimUser
from maia_scim.resources import named
from maia_scim.text import fold, is_text

if TYPE_CHECKING:
    from maia_scim.models import GroupMember

    from .model import Found, Kind


class Mention(NamedTuple):
    """One that another's answer speaks of: a member of a group, or the group of a user.

    Attributes:
        kind: ``user`` or ``group``.
        id: Its id.
        display: What the answer calls it.
        direct: Whether it is so by itself, and not by a group within the group.
    """

    kind: Kind
    id: str
    display: str | None
    direct: bool = True


class Note(NamedTuple):
    """What an index keeps of a user or group.

    Attributes:
        kind: ``user`` or ``group``.
        id: The id.
        seen: When, as files hold it.
        name: ``userName``; of a group ``displayName``.
        emails: The addresses.
        external_id: ``externalId``.
        display_name: ``displayName`` of a user.
        role: ``role`` of a group.
        active: ``active`` of a user.
        whole: Whether the answer was about it, and not about another that speaks of it.
        others: The members of a group, or the groups of a user; None where the answer did not say.
    """

    kind: Kind
    id: str
    seen: str
    name: str | None = None
    emails: tuple[str, ...] = ()
    external_id: str | None = None
    display_name: str | None = None
    role: str | None = None
    active: bool | None = None
    whole: bool = True
    others: tuple[Mention, ...] | None = None


def stamp(when: datetime | None = None) -> str:
    """A time as the file holds it, so that the later one is the greater text; now, if none is given."""
    return (when or now()).astimezone(UTC).isoformat(timespec="milliseconds")


def now() -> datetime:
    """The time. Tests put their own function here."""
    return datetime.now(UTC)


def taken(resource: Mapping[str, Any] | ScimUser | ScimGroup, kind: Kind, seen: str) -> Note | None:
    """Take from a user or group what an index keeps.

    Args:
        resource: The user or group, as the service answered.
        kind: Which of them it is.
        seen: When.

    Returns:
        The note; None of what has no id.
    """
    if isinstance(resource, Mapping):
        resource = (ScimUser if kind == "user" else ScimGroup).from_dict(resource)
    id = text(resource.id)
    if id is None:
        return None
    if isinstance(resource, ScimUser):
        emails = (text(each.value) for each in resource.emails)
        return Note(
            "user",
            id,
            seen,
            text(resource.user_name),
            tuple(dict.fromkeys(each for each in emails if each)),
            text(resource.external_id),
            text(resource.display_name),
            active=resource.active,
            others=_groups(resource),
        )
    return Note(
        "group",
        id,
        seen,
        text(resource.display_name),
        external_id=text(resource.external_id),
        role=text(resource.role),
        others=_members(resource),
    )


def _members(group: ScimGroup) -> tuple[Mention, ...] | None:
    if not group.members and not _says(group, "members"):
        return None
    return tuple(
        Mention("group" if _is_group(each) else "user", id, text(each.display))
        for each in group.members
        if (id := text(each.value))
    )


def _is_group(member: GroupMember) -> bool:
    """Whether a member is a group: by its type, else by its address."""
    return (member.type_ or "").lower() == "group" if member.type_ else "/Groups/" in (member.ref or "")


def _groups(user: ScimUser) -> tuple[Mention, ...] | None:
    if not user.groups and not _says(user, "groups"):
        return None
    return tuple(
        Mention("group", id, text(each.display), direct=str(getattr(each.type_, "value", "")).lower() != "indirect")
        for each in user.groups
        if (id := text(each.value))
    )


def _says(resource: ScimUser | ScimGroup, attribute: str) -> bool:
    """Whether an answer says that there are none. One without the attribute, or with null, says nothing."""
    body = resource.to_dict()
    name = named(body, attribute)
    return name is not None and isinstance(body[name], list)


def text(value: object) -> str | None:
    """A text that is none but itself: not empty, and without half characters, which the file cannot hold."""
    return value if isinstance(value, str) and value and (value.isascii() or is_text(value)) else None


def is_still(found: Found, resource: Mapping[str, Any] | ScimUser | ScimGroup) -> bool:
    """Whether a user or group still has the name that it was found by."""
    note = taken(resource, found.kind, "")
    if found.by == "id":
        return True
    if note is None:
        return False
    has: dict[str, tuple[str | None, ...]] = {
        "userName": (note.name,),
        "emails": note.emails,
        "externalId": (note.external_id,),
        "displayName": (note.name if found.kind == "group" else note.display_name,),
    }
    return fold(found.said) in [fold(name) for name in has[found.by] if name]
