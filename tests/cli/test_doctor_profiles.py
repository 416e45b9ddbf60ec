"""``maia-scim doctor``: profiles, and what they say."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.cli.doctoring import as_localhost, examine, set_all, told
from tests.support.canary import CLIENT_SECRET


@pytest.fixture
def profile(sandbox, monkeypatch):
    """A profile of the sandbox, which is the default; what it says further can be added."""

    def write(*lines, secret="env:TEST_SECRET"):
        file = Path(os.environ["MAIA_PROFILES"])
        entry = {"base_url": sandbox.base_url, "token_url": sandbox.token_url, "client_id": sandbox.client_id}
        text = "".join(f'{name} = "{value}"\n' for name, value in {**entry, "secret": secret}.items())
        file.write_text('default = "test"\n[profiles.test]\n' + text + "\n".join(lines))
        file.chmod(0o600)
        for name in sandbox.environment:
            monkeypatch.delenv(name)
        monkeypatch.setenv("TEST_SECRET", sandbox.client_secret)
        return file

    return write


def test_a_profile(profile, sandbox):
    file = profile()

    checks = examine()

    assert checks["service"]["facts"]["by"] == "profile test"
    assert f"by the profile; profile test, the default of {file}" in checks["service"]["found"]
    assert "secret by TEST_SECRET" in checks["credentials"]["found"]
    assert checks["region"]["status"] == "ok"


def test_what_named_the_profile(profile, monkeypatch):
    profile()

    assert "profile test, named by --profile, of" in examine("--profile", "test")["service"]["found"]
    monkeypatch.setenv("MAIA_PROFILE", "test")
    assert "profile test, named by MAIA_PROFILE, of" in examine()["service"]["found"]


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_a_file_of_profiles_that_others_may_write(profile):
    file = profile()
    file.chmod(0o620)

    status, _, todo = told(examine()["service"])

    assert (status, todo) == ("warn", f"chmod 600 {file}")


def test_a_profile_whose_secret_is_not_set(profile, monkeypatch):
    profile()
    monkeypatch.delenv("TEST_SECRET")

    status, found, todo = told(examine(code=2)["credentials"])

    assert (status, "TEST_SECRET, which is not set" in found, "profiles" in todo) == ("fail", True, True)


def test_a_keyring_that_is_not_installed(profile, monkeypatch):
    profile(secret="keyring")
    monkeypatch.setitem(sys.modules, "keyring", None)

    status, found, todo = told(examine(code=2)["credentials"])

    assert (status, "pip install" in found, "install it" in todo) == ("fail", True, True)


def test_a_profile_that_asks_where_nobody_answers(profile, monkeypatch):
    from maia_scim.cli import secret_places

    profile(secret="prompt")
    monkeypatch.setattr(secret_places, "_has_terminal", lambda: False)

    assert "nobody can be asked" in examine(code=2)["credentials"]["found"]


def test_a_default_profile_that_variables_win_over(profile, sandbox, monkeypatch):
    profile()
    set_all(monkeypatch, **sandbox.environment)

    assert "the default profile test is not used, since MAIA_BASE_URL is set" in examine()["service"]["found"]


@pytest.mark.parametrize("named", [True, False])
def test_a_file_of_profiles_that_cannot_be_read(sandbox, monkeypatch, named):
    Path(os.environ["MAIA_PROFILES"]).write_text("[profiles.test\n")

    checks = examine(*(["--profile", "test"] if named else []), code=2 if named else 0)

    assert checks["service"]["status"] == ("fail" if named else "warn")
    assert "profiles.toml, line 1" in checks["service"]["found"]
    assert checks["credentials"]["status"] == ("skipped" if named else "ok")


def test_ipv4_only_of_the_profile(profile, monkeypatch):
    profile("ipv4_only = true")

    checks = examine()

    assert checks["ipv6"]["found"] == "the profile is for IPv4 only"
    assert checks["region"]["status"] == "ok"


def test_ipv4_only_of_a_profile_leaves_ipv6_alone(profile, monkeypatch):
    file = profile("ipv4_only = true")
    file.write_text(file.read_text().replace("//127.0.0.1", "//localhost"))
    as_localhost(monkeypatch, "::1", "127.0.0.1")

    checks = examine()

    assert checks["dns"]["facts"] == {"ipv4": ["127.0.0.1"], "ipv6": ["::1"]}
    assert told(checks["ipv6"])[:2] == ("skipped", "the profile is for IPv4 only")


def test_ipv4_only_where_there_is_no_ipv4(monkeypatch):
    lines = ('base_url = "https://[::1]:9/dpc"', 'client_id = "a"', 'secret = "env:TEST_SECRET"', "ipv4_only = true")
    Path(os.environ["MAIA_PROFILES"]).write_text("\n".join(["[profiles.test]", *lines]))
    set_all(monkeypatch, TEST_SECRET=CLIENT_SECRET, MAIA_PROFILE="test")

    status, found, todo = told(examine(code=1)["dns"])

    assert (status, "has no IPv4 address" in found, todo) == ("fail", True, "take ipv4_only out")
