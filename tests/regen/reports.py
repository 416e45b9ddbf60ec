"""Reports of regenerations: of one that changed nothing, and of one that changed some of everything."""

from __future__ import annotations

from scripts.regen.report import Report
from scripts.regen.verdict import Finding

NOTHING = Report(base="v1.0.0", spec=(), python=(), without_method=(), type_errors=(), notes=())
FULL = Report(
    base="v1.0.0",
    spec=(
        Finding("fields", "ScimUser.displayName", "changed", "major", "its Python type changes", "string", "integer"),
        Finding("enum values", "UserGroup.type", "added", "minor", "a new member", None, "NESTED"),
        Finding("enum values", "UserGroup.type", "added", "minor", "a new member", None, "OTHER"),
        Finding("servers", "AU1", "added", "minor", "Region.AU1 is new", None, "https://au1.example.com/dpc"),
        Finding("fields", "ScimUser.displayName", "changed", "patch", "description only"),
    ),
    python=(
        Finding("python", "models.ScimUser.display_name", "changed", "major", "the attribute's type changes", "a", "b"),
        Finding("python", "models.UserGroupType.NESTED", "added", "minor", "a new name"),
    ),
    without_method=("getUser (GET /Users/{id})",),
    type_errors=("examples/quick_start.py:3: error: Unsupported operand",),
    notes=("the overlay\nis superfluous",),
)
