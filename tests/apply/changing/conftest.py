"""Users whose addresses are their names, and an index of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maia_scim.index import Index, add_users
from tests.apply.changing.people import named
from tests.apply.small import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maia_scim import MaiaScim
    from maia_scim.sandbox import Sandbox


@pytest.fixture
def held(sandbox: Sandbox) -> Sandbox:
    """Users a to d, whose addresses are their names."""
    fill(sandbox, [named(each, f"{each}@x.example") for each in "abcd"])
    return sandbox


@pytest.fixture
def index(held: Sandbox, maia: MaiaScim, tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "seen.sqlite", maia) as index:
        add_users(index, maia, "abcd")
        held.forget_requests()
        yield index
