"""A sandbox, and the examples: run as a user runs them, or imported."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from maia_scim.sandbox import Sandbox
from tests.facade.conftest import time  # noqa: F401 - time that no test has to wait for, in this process
from tests.support.canary import CLIENT_SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLES = Path(__file__).parents[2] / "examples"
BARBARA = "2819c223-7f76-453a-919d-413861904646"
YASMIN = "9067729b-6a2c-4b3d-8a1e-5f0c2d7e4b11"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(client_secret=CLIENT_SECRET) as sandbox:
        yield sandbox


@pytest.fixture
def imported(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Gives the module of an example, as it is when it was just imported in the environment of the sandbox."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(EXAMPLES)

    def import_example(name: str) -> Any:
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return import_example


def run(sandbox: Any, example: str, *arguments: Any, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / example, *arguments],
        env={**os.environ, **sandbox.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
