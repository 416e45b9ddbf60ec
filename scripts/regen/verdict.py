"""What a change asks of the next version number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from scripts.regen.errors import RegenError

if TYPE_CHECKING:
    from collections.abc import Iterable

Bump = Literal["none", "patch", "minor", "major"]
Action = Literal["added", "removed", "changed"]

# From the least to the most.
BUMPS: tuple[Bump, ...] = get_args(Bump)

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?P<pre>(?:[-_.]?(?:a|b|rc|alpha|beta|pre|dev)[-_.]?\d*)?)(?:[-_.+].*)?")


@dataclass(frozen=True)
class Finding:
    """One difference, and the bump that it calls for.

    Args:
        kind: The section of the report that it belongs to, as in "fields".
        name: What is different, as the specification (or Python) spells it.
        action: Whether it is new, gone or another.
        bump: The bump that it calls for.
        why: The reason for the bump, in one line.
        before: What it was, if that can be said in one line.
        after: What it is now.
    """

    kind: str
    name: str
    action: Action
    bump: Bump
    why: str
    before: str | None = None
    after: str | None = None


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings, the gravest first, and drop repetitions."""
    return tuple(sorted(set(findings), key=_rank))


def _rank(finding: Finding) -> tuple[int, str, str, str, str, str, str]:
    """A place for every finding, so that the order never depends on how they were found."""
    before, after = finding.before or "", finding.after or ""
    return (-BUMPS.index(finding.bump), finding.kind, finding.name, finding.action, before, after, finding.why)


def highest(bumps: Iterable[Bump]) -> Bump:
    """The bump that serves all of them."""
    return BUMPS[max((BUMPS.index(bump) for bump in bumps), default=0)]


def check_bump(base_version: str, version: str, bump: Bump) -> str | None:
    """Tell whether a version was raised far enough.

    Before 1.0 the places move down by one: for 0.y.z, a major verdict calls for the next y, minor and patch ones for
    the next z. A base that is a pre-release has promised nothing yet: any version from its final one on will do.

    Args:
        base_version: The version that the verdict compares with, as in "1.2.3" or "v1.2.3".
        version: The version of the working tree.
        bump: The verdict.

    Returns:
        What to do if the version is too low, None if it is high enough.

    Raises:
        RegenError: If one of the versions is none.
    """
    if bump == "none":
        return None
    (major, minor, patch), pre = _parse(base_version)
    old = (major, minor, patch)
    wanted = old
    if not pre:
        step = bump if major else {"major": "minor"}.get(bump, "patch")
        wanted = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0)}.get(step, (major, minor, patch + 1))
    if _parse(version)[0] >= wanted:
        return None
    name = ".".join(map(str, wanted))
    rule = " (before 1.0 a major change raises y of 0.y.z, any other z)" if old < (1, 0, 0) else ""
    return (
        f"the changes since {base_version} call for a {bump} bump{rule}, and the version is {version}: "
        f"set it to {name} or higher: make release SET={name}"
    )


def _parse(version: str) -> tuple[tuple[int, int, int], bool]:
    match = _VERSION.fullmatch(version.strip())
    if not match:
        raise RegenError("report", f"{version!r} is no version", remedy="write it as X.Y.Z, such as 1.2.3")
    major, minor, patch = (int(part) for part in match.groups()[:3])
    return (major, minor, patch), bool(match["pre"])
