from __future__ import annotations

from pathlib import Path

import pytest

from tests.regen.checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.create(tmp_path / "repo")
