from __future__ import annotations

import os

import pytest

from tests.facade.clients import run_async, run_sync
from tests.support.canary_plugin import Plugin


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Plugin(), "canary")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the credentials or proxies of whoever runs it."""
    for name in list(os.environ):
        if name.startswith(("MAIA_", "MATILLION_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(params=[run_sync, run_async], ids=["sync", "async"])
def run(request: pytest.FixtureRequest):
    """Runs an operation on a client: `run(lambda client: client.users.replace(user), **client_arguments)`."""
    return request.param
