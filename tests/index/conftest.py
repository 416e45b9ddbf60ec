"""A sandbox that is as new for every test, a client of it, and an index with a time of its own."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maia_scim import MaiaScim
from maia_scim.index import Index, notes
from maia_scim.sandbox import Sandbox

START = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="package")
def running() -> Iterator[Sandbox]:
    with Sandbox(rate=None) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


@pytest.fixture
def maia(sandbox: Sandbox) -> Iterator[MaiaScim]:
    with MaiaScim(**sandbox.connection, rate_limit=None) as client:
        yield client


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "seen.sqlite"


@pytest.fixture
def index(file: Path, maia: MaiaScim) -> Iterator[Index]:
    with Index.open(file, maia) as index:
        yield index


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets days pass, from START on."""
    time = [START]
    monkeypatch.setattr(notes, "now", lambda: time[0])

    def passes(days: float) -> None:
        time[0] += timedelta(days=days)

    return passes
