"""A file of profiles, and a keyring in memory."""

import keyring
import pytest

from tests.cli.profiles.keyrings import Keyring


@pytest.fixture
def file(monkeypatch, tmp_path):
    file = tmp_path / "conf" / "profiles.toml"
    monkeypatch.setenv("MAIA_PROFILES", str(file))
    return file


@pytest.fixture
def ring():
    before, ring = keyring.get_keyring(), Keyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)
