from __future__ import annotations

import time as real
from typing import TYPE_CHECKING

import pytest

from maia_scim.token_state import State
from tests.facade.conftest import time  # noqa: F401 - time that no test has to wait for

if TYPE_CHECKING:
    from tests.facade.conftest import Time


@pytest.fixture(autouse=True)
def time_of_tokens(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """The pause after a failed token request goes by the same clock."""
    monkeypatch.setattr(State.__init__, "__defaults__", (time.monotonic, real.time))
