"""Which account a command is about: options before profiles, profiles before the environment."""

import pytest

from maia_scim import config
from maia_scim.cli.connection import ACCOUNTS, PLACES, Connection
from maia_scim.cli.exits import Wrong
from maia_scim.sandbox import Sandbox
from tests.cli.command import BARBARA, at_terminal, invoke, spawn
from tests.support.canary import CLIENT_SECRET, TOKEN, clean

PROFILES = """
default = "prod"

[profiles.prod]
region = "eu1"
client_id = "3f2a"
secret = "env:PROD_SECRET"

[profiles.test]
base_url = "https://maia.example/dpc"
client_id = "77b0"
secret = "env:TEST_SECRET"
token_url = "https://id.example/token"
audience = "test"
ipv4_only = true
per_minute = 60
"""


@pytest.fixture
def profiles(tmp_path, monkeypatch):
    file = tmp_path / "p.toml"
    file.write_text(PROFILES)
    monkeypatch.setenv("MAIA_PROFILES", str(file))
    monkeypatch.setenv("PROD_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("TEST_SECRET", CLIENT_SECRET)
    return file


def test_the_variables_are_those_of_the_sdk():
    families = config.FAMILIES
    assert {*PLACES} == {name for each in families for name in (each.base_url, each.region)}
    assert {*ACCOUNTS} == {name for each in families for name in (each.token, each.client_id) if name}


def test_the_default_profile_is_for_an_environment_that_names_nothing(profiles, monkeypatch):
    assert Connection().title == "profile prod · EU1 · client id 3f2a"
    monkeypatch.setenv("MAIA_CLIENT_SECRET", CLIENT_SECRET)
    assert Connection().profile == "prod", "a secret alone names nobody"
    monkeypatch.setenv("MAIA_CLIENT_ID", "mine")
    monkeypatch.setenv("MAIA_REGION", "us1")
    assert Connection().title == "no profile · US1 · client id mine"


def test_a_profile_that_is_named_wins_over_the_environment(profiles, monkeypatch):
    monkeypatch.setenv("MAIA_REGION", "us1")
    monkeypatch.setenv("MAIA_CLIENT_ID", "mine")
    monkeypatch.setenv("MAIA_TOKEN", TOKEN)
    monkeypatch.setenv("MAIA_TOKEN_URL", "https://sandbox.example/token")
    monkeypatch.setenv("MAIA_AUDIENCE", "sandbox")
    connection = Connection(profile="prod")

    assert connection.title == "profile prod · EU1 · client id 3f2a"
    with connection.client() as maia:
        assert "client_id='3f2a'" in repr(maia)
    assert connection.token_url == config.TOKEN_URL, "the secret of prod goes to no other place"
    assert getattr(connection.auth, "audience", None) == config.AUDIENCE


def test_options_win_over_the_profile(profiles):
    assert Connection(profile="prod", region="us").title == "profile prod · US1 · client id 3f2a"
    local = Connection(profile="prod", base_url="http://127.0.0.1:1/dpc")
    assert local.title == "profile prod · http://127.0.0.1:1/dpc · client id 3f2a"
    assert (local.region_name, local.base_url) == (None, "http://127.0.0.1:1/dpc")
    with pytest.raises(Wrong, match="--region and --base-url are both given"):
        Connection(region="eu1", base_url="https://maia.example")


def test_all_that_a_profile_says_is_used(profiles, monkeypatch):
    made = {}
    monkeypatch.setattr("maia_scim.MaiaScim", lambda **options: made.update(options), raising=False)
    connection = Connection(profile="test")
    connection.client(timeout=3)

    assert connection.facts == {
        "profile": "test",
        "region": None,
        "baseUrl": "https://maia.example/dpc",
        "account": "client id 77b0",
    }
    assert (made["base_url"], made["ipv4_only"], made["timeout"]) == ("https://maia.example/dpc", True, 3)
    assert made["rate_limit"].per_minute == 60
    auth = made["auth"]
    assert (auth.client_id, auth.token_url, auth.audience) == ("77b0", "https://id.example/token", "test")


def test_a_token_of_the_environment_is_an_account(monkeypatch):
    monkeypatch.setenv("MAIA_REGION", "eu1")
    monkeypatch.setenv("MAIA_TOKEN", TOKEN)

    assert clean(Connection().title) == "no profile · EU1 · token from MAIA_TOKEN"


def test_nothing_is_resolved_before_it_is_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("MAIA_PROFILES", str(tmp_path))  # a folder, which cannot be read
    connection = Connection()
    with pytest.raises(Wrong, match=r"Is a directory|Permission"):
        _ = connection.title


def test_a_title_cannot_control_the_terminal(monkeypatch):
    monkeypatch.setenv("MAIA_REGION", "eu1")
    monkeypatch.setenv("MAIA_CLIENT_ID", "a\x1b[2Jb")
    monkeypatch.setenv("MAIA_CLIENT_SECRET", CLIENT_SECRET)

    assert Connection().title == "no profile · EU1 · client id a\\x1b[2Jb"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "it is not said where the service is: name a profile (--profile NAME"),
        ({"MAIA_REGION": "eu1"}, "it is not said who calls: name a profile"),
        ({"MAIA_REGION": "eu1", "MAIA_CLIENT_ID": "x"}, "MAIA_CLIENT_ID is set and MAIA_CLIENT_SECRET is not"),
        ({"MAIA_REGION": "nowhere", "MAIA_TOKEN": TOKEN}, "MAIA_REGION 'nowhere' is unknown"),
        ({"MAIA_PROFILE": "absent"}, "no profile 'absent' in"),
    ],
)
def test_what_is_missing_is_told(variables, message, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ran = invoke("users", "get", BARBARA)

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def add(name, sandbox, where):
    arguments = ["--base-url", sandbox.base_url, "--client-id", sandbox.client_id, "--token-url", sandbox.token_url]
    assert invoke("profiles", "add", name, *arguments, "--secret", where).code == 0


def test_a_profile_may_be_named_in_three_places(monkeypatch):
    with Sandbox() as one, Sandbox() as two:
        monkeypatch.setenv("ONE", one.client_secret)
        monkeypatch.setenv("TWO", two.client_secret)
        add("one", one, "env:ONE")
        add("two", two, "env:TWO")

        assert invoke("--profile", "one", "users", "get", BARBARA).code == 0
        assert (len(one.requests), len(two.requests)) == (1, 0)
        assert invoke("users", "get", BARBARA, "--profile", "two").code == 0
        assert (len(one.requests), len(two.requests)) == (1, 1)
        assert invoke("--profile", "one", "users", "get", "--profile", "two", BARBARA).code == 0
        assert (len(one.requests), len(two.requests)) == (1, 2), "the nearest to the command wins"
        monkeypatch.setenv("MAIA_PROFILE", "two")
        assert invoke("--profile", "one", "users", "get", BARBARA).code == 0
        assert (len(one.requests), len(two.requests)) == (2, 2), "an option wins over the variable"
        assert invoke("users", "get", BARBARA).code == 0
        assert (len(one.requests), len(two.requests)) == (2, 3)


def test_a_secret_is_asked_for_once_and_not_shown():
    with Sandbox() as sandbox:
        add("asked", sandbox, "prompt")
        question = f"Client secret for profile asked · {sandbox.base_url} · client id {sandbox.client_id}: "
        arguments = ["--profile", "asked", "users", "deactivate", BARBARA]
        ran = at_terminal(*arguments, answers={question: sandbox.client_secret + "\n", "[y/N]": "y\n"})

        assert ran.code == 0, ran.err
        assert ran.data["active"] is False
        assert ran.err.count("Client secret") == 1
        assert sandbox.token_requests == 1
        ran = at_terminal(*arguments, answers={question: "\n"})
        assert (ran.code, ran.out) == (3, "")
        ran = at_terminal(*arguments, answers={question: "\x04"})
        assert (ran.code, ran.out) == (3, "")


def test_a_secret_that_nobody_can_be_asked_for_is_told():
    with Sandbox() as sandbox:
        add("asked", sandbox, "prompt")
        ran = spawn("--profile", "asked", "users", "get", BARBARA, input="")

    assert (ran.code, ran.out) == (2, "")
    assert "nobody can be asked for it here" in ran.err


def test_requests_are_told_with_their_ids(sandbox):
    ran = invoke("users", "get", BARBARA, "-v")

    assert ran.data["id"] == BARBARA
    lines = ran.err.splitlines()
    assert lines[0].startswith(f"· token from {sandbox.token_url}: 200 in ")
    assert lines[1].startswith("· GET /v1/directory-integration/scim/v2/Users/{id}: 200 in ")
    assert lines[1].endswith(f", attempt 1, request id {sandbox.requests[0].request_id}")
    assert " is done after 1 attempt in " in lines[2]
    assert invoke("users", "get", BARBARA).err == ""


def test_long_waits_are_told(monkeypatch, capsys):
    from maia_scim.events import Wait

    connection = Connection()
    connection.tell(Wait("GET", "/Users/{id}", 12.4, "gate"))
    connection.tell(Wait("GET", "/Users/{id}", 0.4, "retry"))

    assert capsys.readouterr().err == "Waiting 12 s: the service asks to wait.\n"
