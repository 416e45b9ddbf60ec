"""Which values SCIM compares without regard to letter case (``caseExact``; RFC 7643 sections 2.2, 8.7.1 and 8.7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from maia_scim.diff import diff, is_array, is_object
from maia_scim.text import fold

from .wanted import names

if TYPE_CHECKING:
    from maia_scim.diff import Change

ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"
# All texts of these two schemas are compared without case, but for these; of other schemas none is known to be.
EXACT: Final = frozenset(
    {
        ("id",),
        ("externalid",),
        ("profileurl",),
        ("password",),
        ("photos", "value"),
        ("x509certificates", "value"),
        ("groups", "value"),
        ("groups", "$ref"),
        ("groups", "ref"),
        (ENTERPRISE, "manager", "value"),
        (ENTERPRISE, "manager", "$ref"),
        (ENTERPRISE, "manager", "ref"),
    }
)


def only_case(change: Change) -> bool:
    """Whether a change is one of letter case or Unicode form alone, and SCIM calls both values equal."""
    place = tuple(name.lower() for name in names(change.path))
    return not diff({"_": _folded(change.before, place)}, {"_": _folded(change.after, place)})


def _folded(value: Any, place: tuple[str, ...]) -> Any:
    """A value with its case taken off where the schema says that it does not count."""
    if is_array(value):
        return [_folded(item, place) for item in value]
    if is_object(value):
        return {name: _folded(inner, (*place, name.lower())) for name, inner in value.items()}
    exact = place in EXACT or (":" in place[0] and place[0] != ENTERPRISE)
    return fold(value) if isinstance(value, str) and not exact else value
