"""What an index tells: who was found, who was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

Kind = Literal["user", "group"]
By = Literal["id", "userName", "emails", "externalId", "displayName"]


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a name means.

    Attributes:
        id: The id.
        kind: ``user`` or ``group``.
        name: The ``userName``, or the ``displayName``, as the directory spells it; the id where neither is known.
        said: What was asked for.
        by: What that was found as.
        seen: When it was so: the time of the answer that said it.
        form_differs: Whether the two differ in their Unicode form (NFC, NFD), and not merely in case.
    """

    id: str
    kind: Kind
    name: str
    said: str
    by: By
    seen: datetime
    form_differs: bool = False


@dataclass(frozen=True, slots=True)
class SeenUser:
    """A user as last seen.

    Attributes:
        id: The id.
        name: The ``userName``; None of a user who is known only as a member of a group.
        emails: The addresses.
        external_id: The ``externalId``.
        display_name: The ``displayName``.
        active: Whether it may sign in, as far as it was said.
        seen: When.
    """

    id: str
    name: str | None
    emails: tuple[str, ...]
    external_id: str | None
    display_name: str | None
    active: bool | None
    seen: datetime


@dataclass(frozen=True, slots=True)
class SeenGroup:
    """A group as last seen.

    Attributes:
        id: The id.
        name: The ``displayName``.
        seen: When.
        members_known: Whether an answer told who is in it.
        role: The role that it gives to its members.
    """

    id: str
    name: str | None
    seen: datetime
    members_known: bool
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much an index knows.

    Attributes:
        users: Users.
        named: Those of them whose ``userName`` is known.
        groups: Groups.
        memberships: Who is in which group.
        oldest: When the one was seen that was not seen for longest; None of an empty index.
        newest: When one was seen last.
    """

    users: int
    named: int
    groups: int
    memberships: int
    oldest: datetime | None
    newest: datetime | None


__all__ = ["By", "Counts", "Found", "Kind", "SeenGroup", "SeenUser"]
