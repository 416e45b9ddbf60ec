"""Limiters of one account, on a clock that the tests turn."""

from __future__ import annotations

import pytest

from maia_scim import limits
from maia_scim.limits import Ledger, MemoryLimiter
from maia_scim.processwide import ProcessWide
from tests.limits.memory.turning import Clock


@pytest.fixture
def now():
    return Clock()


@pytest.fixture
def make(now):
    """Makes limiters of one account."""
    ledger = Ledger(now)
    return lambda windows=((10.0, 2),), **settings: MemoryLimiter(ledger, windows, **settings)


@pytest.fixture(autouse=True)
def accounts(monkeypatch):
    """No test leaves accounts behind."""
    monkeypatch.setattr(limits, "_ledgers", ProcessWide(limits.Ledger, limits.Ledger.idle))
    return limits._ledgers
