"""What a plan has for a user who was read: what is changed, what is let be, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maia_scim.database import dumps
from maia_scim.diff import is_array
from maia_scim.resources import named

from . import records
from .case import only_case
from .guards import Protected, is_false, protects
from .wanted import changed, equal, without_password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maia_scim.diff import Change, Difference


_MANY_ITEMS = 200  # of an array; to compare each with each takes long beyond


@dataclass(frozen=True, slots=True)
class Rules:
    """How users are compared with what is wanted.

    Args:
        exact_case: Whether a change of letter case alone is one, where SCIM says that case does not count.
        protected: Accounts that are never deactivated or renamed.
    """

    exact_case: bool = False
    protected: Protected = frozenset()


def user_name(user: dict[str, Any]) -> str | None:
    """The ``userName`` of a user."""
    name = user.get(named(user, "userName") or "")
    return name if isinstance(name, str) else None


def judged(
    held: dict[str, Any],
    version: str | None,
    changes: tuple[Change, ...],
    rules: Rules,
    known: Mapping[str, Difference],
) -> dict[str, Any]:
    """What a plan has for a user.

    Args:
        held: JSON of the user as the service holds it.
        version: Its version.
        changes: What is to be changed.
        rules: How to compare.
        known: What the service is known to keep otherwise than it was sent.

    Returns:
        Columns of an entry.
    """
    held = without_password(held)
    case_only = [] if rules.exact_case else [change for change in changes if only_case(change)]
    kept = [known[change.path.lower()] for change in changes if _is_known(change, known) and change not in case_only]
    proposed = [change for change in changes if change not in case_only and not _is_known(change, known)]
    at = {change.path.lower(): change for change in proposed}
    deactivates = "active" in at and is_false(at["active"].after)
    renames = "username" in at
    values: dict[str, Any] = {
        "name": user_name(held),
        "kept": records.written(kept),
        "case_only": len(case_only),
        "state": "unchanged",
    }
    if not proposed:
        return values
    values |= {"changes": records.written(proposed), "deactivates": deactivates, "renames": renames, "version": version}
    own = held.get(named(held, "id") or "")
    if (deactivates or renames) and protects(rules.protected, str(own), held):
        what = "deactivated" if deactivates else "renamed"
        return values | {"state": "protected", "note": f"the account is protected, and would be {what}"}
    wanted = changed(held, proposed)
    note = None
    if named(wanted, "active") is None:
        note = "the user has no active: a service may read a PUT without it as true; a column active says which it is"
    return values | {"state": "change", "note": note, "before": dumps(held), "wanted": dumps(wanted)}


def _is_known(change: Change, known: Mapping[str, Difference]) -> bool:
    """Whether the service has been sent this value before, and keeps the one that it has."""
    difference = known.get(change.path.lower())
    if difference is None or not equal(difference.answered, change.before):
        return False
    return equal(difference.sent, change.after) or _are_known_items(difference.sent, change)


def _are_known_items(sent: Any, change: Change) -> bool:
    """Whether all items that a change adds to an array have been sent, and none that it takes away.

    So it is where a service drops the type of an item: the next plan finds none of that type, and would add another.
    """
    if not (is_array(sent) and is_array(change.before) and is_array(change.after)) or len(sent) > _MANY_ITEMS:
        return False

    def has(items: list[Any], item: Any) -> bool:
        return any(equal(item, each) for each in items)

    added = [item for item in change.after if not has(change.before, item)]
    gone = [item for item in change.before if not has(change.after, item)]
    return all(has(sent, item) for item in added) and not any(has(sent, item) for item in gone)
