"""Many members for groups of an odd service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maia_scim import apply
from maia_scim.apply import Plan
from maia_scim.apply.syncing import sync_groups
from tests.apply.small import Odd, put

if TYPE_CHECKING:
    from pathlib import Path

USERS = [f"u{number:03}" for number in range(250)]


def sync(odd: Odd, tmp_path: Path, wanted: dict[str, list[str]], *, once: bool = False, **options: Any) -> Plan:
    """Plan to have these members in groups; once, nothing is sent again."""
    lines = [f"{group},{each}" for group, ids in wanted.items() for each in ids or [""]]
    client = odd.client(retry=None) if once else odd.client()
    return sync_groups(client, put(tmp_path / "groups.csv", "group,member", *lines), **options)


def undo(odd: Odd, tmp_path: Path) -> Plan:
    return apply.undo(odd.client(), tmp_path / "groups.csv.journal")


def resume(odd: Odd, tmp_path: Path) -> Plan:
    return apply.resume(odd.client(), tmp_path / "groups.csv.journal")


A, B = USERS[:7], USERS[7:9]
