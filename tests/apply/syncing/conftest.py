"""Users and groups to bring together, and an index of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maia_scim.apply import memberships
from maia_scim.index import Index, add_groups, add_users
from tests.apply.small import fill, group

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maia_scim import MaiaScim
    from maia_scim.sandbox import Sandbox


@pytest.fixture
def held(sandbox: Sandbox) -> Sandbox:
    """Users a to f, and groups g (a, b, c), h (d) and k (nobody)."""
    fill(sandbox, "abcdef", [group("g", *"abc"), group("h", "d"), group("k")])
    return sandbox


@pytest.fixture
def index(held: Sandbox, maia: MaiaScim, tmp_path: Path) -> Iterator[Index]:
    """What knows them all by their names."""
    with Index.open(tmp_path / "seen.sqlite", maia) as index:
        add_groups(index, maia, ["g", "h", "k"])
        add_users(index, maia, "abcdef")
        held.forget_requests()
        yield index


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three members a write."""
    monkeypatch.setattr(memberships, "CHUNK", 3)
