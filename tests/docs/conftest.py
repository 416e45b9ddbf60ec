from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from tests.docs.building import build, checkout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation as it is built; once, however many processes run the tests."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "documentation"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            done = build(checkout(folder))
            assert done.returncode == 0, done.stdout
            assert "No issues found" in done.stdout, done.stdout
            assert "griffe" not in done.stdout, done.stdout  # what it says of docstrings is no issue to it
    assert (folder / "site/index.html").exists(), "its build failed in another process"
    return folder


@pytest.fixture(scope="session")
def site(built: Path) -> Path:
    return built / "site"
