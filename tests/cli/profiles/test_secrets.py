"""Profiles: where their secrets are, in variables, the keyring, or typed at a terminal."""

import keyring
import pytest

from maia_scim.cli import profile_store, secret_places
from maia_scim.cli.exits import Wrong
from maia_scim.sandbox import Sandbox
from tests.cli.command import BARBARA, at_terminal, invoke, spawn
from tests.cli.profiles.keyrings import Locked, add
from tests.support.canary import CLIENT_SECRET, PASSWORD, TOKEN, clean


def test_a_secret_in_a_variable(file, monkeypatch):
    add("p", "--secret", "env:P_SECRET")
    profile = profile_store.load().all["p"]
    with pytest.raises(Wrong, match="has its secret in the variable P_SECRET, which is not set"):
        secret_places.read(profile, "p")
    monkeypatch.setenv("P_SECRET", CLIENT_SECRET)
    assert secret_places.read(profile, "p") == CLIENT_SECRET


def test_a_secret_goes_into_the_keyring_and_out_of_it(file, ring, monkeypatch):
    with Sandbox() as sandbox:
        where = ["--base-url", sandbox.base_url, "--token-url", sandbox.token_url, "--secret", "keyring"]
        for name in ("one", "two"):
            added = invoke("profiles", "add", name, *where, "--client-id", sandbox.client_id)
            assert f"maia-scim profiles set-secret {name}" in added.err
        ran = invoke("--profile", "one", "users", "get", BARBARA)
        assert ran.code == 2
        assert "`maia-scim profiles set-secret one` puts it there" in ran.err

        asked = []

        def typed(question, stream):
            asked.append(question)
            return sandbox.client_secret

        monkeypatch.setattr(secret_places, "_has_terminal", lambda: True)
        monkeypatch.setattr("getpass.getpass", typed)
        rehearsed = invoke("profiles", "set-secret", "one", "--dry-run")
        assert (rehearsed.code, asked, ring.held) == (0, [], {})
        assert f"the secret of client id {sandbox.client_id}" in rehearsed.err
        assert invoke("profiles", "set-secret", "one").code == 0
        assert asked == [f"Client secret of profile one · {sandbox.base_url} · client id {sandbox.client_id}: "]
        assert ring.held == {("maia-scim", sandbox.client_id): sandbox.client_secret}
        assert invoke("--profile", "two", "users", "get", BARBARA).code == 0

        assert invoke("profiles", "remove", "one").code == 0
        assert ring.held, "two has it still"
        assert invoke("profiles", "remove", "two").code == 0
        assert ring.held == {}


def test_white_space_around_a_secret_of_the_keyring_is_taken_off(file, ring):
    add("p", "--secret", "keyring")
    profile = profile_store.load().all["p"]
    ring.held["maia-scim", "3f2a"] = CLIENT_SECRET + "\n"
    assert secret_places.read(profile, "p") == CLIENT_SECRET
    ring.held["maia-scim", "3f2a"] = "\n"
    with pytest.raises(Wrong, match="the keyring has no secret"):
        secret_places.read(profile, "p")


@pytest.mark.parametrize("name", ["p", "absent"])
def test_a_secret_after_the_name_is_not_shown(name, file, ring):
    add("p", "--secret", "keyring")
    ran = invoke("profiles", "set-secret", name, CLIENT_SECRET)

    assert (ran.code, ran.out) == (2, "")
    assert "never taken from the command line" in ran.err
    assert ring.held == {}


def test_a_secret_for_the_keyring_of_a_profile_that_has_it_elsewhere_is_told(file, ring, monkeypatch):
    add("p", "--secret", "env:X")
    monkeypatch.setattr(secret_places, "ask", lambda _: CLIENT_SECRET)
    ran = invoke("profiles", "set-secret", "p")

    assert ran.code == 0
    assert "the profile has its secret elsewhere: env:X" in ran.err


@pytest.mark.parametrize("command", [["profiles", "set-secret", "p"], ["--profile", "p", "users", "get", BARBARA]])
def test_a_keyring_that_does_not_answer_is_told(command, file, ring, monkeypatch):
    add("p", "--secret", "keyring")
    keyring.set_keyring(Locked())
    monkeypatch.setattr(secret_places, "ask", lambda _: CLIENT_SECRET)
    ran = invoke(*command)

    assert ran.code == 2
    assert "locked\n" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert invoke("profiles", "remove", "p").code == 0, "the profile can be removed all the same"


def test_without_the_keyring_package_it_says_what_to_install(file):
    add("p", "--secret", "keyring")
    for command in (["profiles", "set-secret", "p"], ["--profile", "p", "users", "get", BARBARA]):
        ran = spawn(*command, before="import sys; sys.modules['keyring'] = None\n", input="")
        assert ran.code == 2
        assert "pip install 'maia-scim[keyring]'" in ran.err


def test_a_secret_is_typed_at_a_terminal_unseen(file, tmp_path):
    add("p", "--secret", "keyring")
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "keyring.py").write_text(
        "import types, hashlib\n"
        "errors = types.SimpleNamespace(KeyringError=RuntimeError)\n"
        "def set_password(service, name, secret):\n"
        f"    assert hashlib.sha256(secret.encode()).hexdigest() == {sha256(PASSWORD)!r}\n"
    )
    typed = {"client id 3f2a: ": PASSWORD + "\n"}
    ran = at_terminal("profiles", "set-secret", "p", answers=typed, environment={"PYTHONPATH": str(tmp_path / "fake")})

    assert ran.code == 0, ran.err
    assert clean(ran.err).endswith("The keyring has the secret of client id 3f2a now.\n")


def sha256(text):
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def test_the_file_says_that_it_holds_no_secret(file):
    add("prod")

    assert file.read_text().startswith("# Profiles of maia-scim. No secret belongs in here")
    assert TOKEN not in file.read_text()
