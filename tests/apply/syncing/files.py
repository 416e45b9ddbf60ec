"""Files of groups and members."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from maia_scim.apply import InvalidFile, Plan
from maia_scim.apply.syncing import sync_groups
from tests.apply.small import put, stream

if TYPE_CHECKING:
    from maia_scim import MaiaScim


def sync(maia: MaiaScim, tmp_path: Path, *lines: str, **options: Any) -> Plan:
    return sync_groups(maia, put(tmp_path / "groups.csv", "group,member", *lines), **options)


def refused(maia: MaiaScim, *lines: str, **options: Any) -> list[str]:
    """The faults of a file that is refused."""
    with pytest.raises(InvalidFile) as caught:
        sync_groups(maia, stream("group,member", *lines), **options)
    assert caught.value.total == len(caught.value.faults)
    return [str(each) for each in caught.value.faults]
