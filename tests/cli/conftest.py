"""No test of the command line reads the profiles, the editor or the colours of whoever runs it."""

import pytest

from maia_scim.sandbox import Sandbox


@pytest.fixture(autouse=True)
def own_settings(tmp_path_factory, monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "VISUAL", "EDITOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MAIA_PROFILES", str(tmp_path_factory.mktemp("profiles") / "profiles.toml"))


@pytest.fixture
def sandbox(monkeypatch):
    """A sandbox that the environment leads to."""
    with Sandbox() as sandbox:
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        yield sandbox
