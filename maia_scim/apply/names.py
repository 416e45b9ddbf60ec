"""Names of users as people give them: which id each means, by an index, and whether the user is still called so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maia_scim.resources import named
from maia_scim.text import fold

from .guards import addresses

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_INDEX = "there is no such id; if it is a name, an index finds whose it is"
_TEXTS = ("userName", "externalId", "displayName")
_OF_GROUPS = ("displayName", "externalId")


def of(user: Mapping[str, Any]) -> set[str]:
    """All names of a user that one may be found by, as they are compared.

    Args:
        user: JSON of the user.
    """
    held = dict(user)
    found = [held.get(named(held, name) or "") for name in _TEXTS]
    found += addresses(held.get(named(held, "emails") or ""))
    return {fold(each) for each in found if isinstance(each, str)}


def has(user: Mapping[str, Any], said: str) -> bool:
    """Whether a user is called so."""
    return fold(said) in of(user)


def outdated(user: Mapping[str, Any], said: str) -> str:
    """What to say of a user who is not called any more as an index has it."""
    name = user.get(named(dict(user), "userName") or "")
    return f"the index is out of date: who was {said} is {name or 'without a userName'} now; read it anew"


def outdated_group(group: Mapping[str, Any], said: str) -> str | None:
    """What to say of a group that is not called any more as an index has it; None of one that is.

    Args:
        group: JSON of the group.
        said: The name that it was found by.
    """
    held = dict(group)
    found = [held.get(named(held, name) or "") for name in _OF_GROUPS]
    if fold(said) in {fold(each) for each in found if isinstance(each, str)}:
        return None
    return f"the index is out of date: the group that was {said} is {found[0] or 'without a name'} now; read it anew"
