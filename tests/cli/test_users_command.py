"""``maia-scim users get`` and ``create`` against a sandbox: what is sent, what is shown, and how it ends."""

import json

import pytest

from maia_scim.sandbox.faults import Body
from tests.cli.command import (
    BARBARA,
    JORDAN,
    NOBODY,
    account,
    at_terminal,
    invoke,
    saved,
    sent,
)
from tests.support.canary import PASSWORD

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_get_gives_the_user_as_the_service_does(sandbox):
    ran = invoke("users", "get", BARBARA)

    assert (ran.code, ran.err) == (0, "")
    assert ran.data == sandbox.users[BARBARA]
    assert ran.out.startswith('{\n  "')


def test_get_of_several_is_an_array_and_one_that_fails_stops_no_other(sandbox):
    ran = invoke("users", "get", BARBARA, NOBODY, JORDAN, BARBARA)

    assert ran.code == 1
    assert [user["id"] for user in ran.data] == [BARBARA, JORDAN]
    assert f"Error: user {NOBODY}: GET {sandbox.base_url}" in ran.err
    assert "[request id sandbox-" in ran.err
    assert ran.err.endswith("1 of 3 failed.\n")
    assert sent(sandbox) == [("GET", BARBARA), ("GET", NOBODY), ("GET", JORDAN)]


def test_get_as_a_table_of_one_and_of_several(sandbox):
    one = invoke("users", "get", BARBARA, "-o", "table").out
    assert f"{ENTERPRISE}:manager.value " in one
    assert "emails " in one
    assert "bjensen@example.com (work, primary)" in one

    several = invoke("users", "get", BARBARA, JORDAN, "-o", "table").out.splitlines()
    assert [line.split() for line in several] == [
        ["id", "userName", "displayName", "active"],
        [BARBARA, "bjensen", "Barbara", "Jensen", "true"],
        [JORDAN, "jmensah", "Jordan", "Mensah", "false"],
    ]


def test_a_terminal_gets_a_table_and_a_pipe_gets_json(sandbox):
    assert at_terminal("users", "get", BARBARA, piped=False).err.startswith("\x1b[1mattribute")
    assert at_terminal("users", "get", BARBARA).data["id"] == BARBARA
    assert at_terminal("users", "get", BARBARA, "--output", "json", piped=False).err.startswith("{")


def test_one_that_fails_is_one_line_with_its_request_id(sandbox):
    ran = invoke("users", "get", NOBODY)

    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("Error: GET ")
    assert f"[request id {sandbox.requests[0].request_id}]" in ran.err


@pytest.mark.parametrize("bad", ["..", "a/b", "%2e%2e", " "])
def test_an_id_that_is_none_is_refused_before_anything_is_sent(bad, sandbox):
    ran = invoke("users", "get", BARBARA, bad)

    assert (ran.code, ran.out) == (2, "")
    assert "id" in ran.err
    assert not sandbox.requests
    assert not sandbox.token_requests


def test_a_read_whose_answer_is_odd_leaves_nothing_uncertain(sandbox):
    sandbox.inject(Body.empty())
    assert invoke("users", "get", BARBARA).code == 1


def test_credentials_that_are_refused_are_told_once_for_several(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_ID", "somebody-else")
    ran = invoke("users", "get", BARBARA, JORDAN)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("no token") == 1


def test_create(sandbox, tmp_path):
    ran = invoke("users", "create", saved(tmp_path, {"userName": "nlang", "active": True}))

    assert ran.code == 0
    assert sandbox.users[ran.data["id"]]["userName"] == "nlang"
    assert ran.err == f"Created user nlang, {ran.data['id']}: no profile · {sandbox.base_url} · {account(sandbox)}\n"


def test_create_from_standard_input(sandbox):
    ran = invoke("users", "create", "-", input='\ufeff{"userName": "zoë"}'.encode())

    assert ran.code == 0
    assert ran.data["userName"] == "zoë"


def test_create_of_one_that_is_there_is_told(sandbox):
    ran = invoke("users", "create", "-", input='{"userName": "bjensen"}')

    assert (ran.code, ran.out) == (1, "")
    assert "409" in ran.err


def test_create_of_which_nobody_knows(sandbox):
    sandbox.inject(Body.empty(), on="users.create")
    ran = invoke("users", "create", "-", input='{"userName": "nlang"}')

    assert (ran.code, ran.out) == (4, "")
    assert "read it again before you do it again" in ran.err


def test_a_dry_run_of_create_sends_nothing_and_shows_no_password(sandbox):
    user = {"userName": "nlang", "password": PASSWORD, "id": "7"}
    ran = invoke("users", "create", "-", "--dry-run", input=json.dumps(user))

    assert ran.code == 0
    assert not sandbox.requests
    assert ran.data["request"]["method"] == "POST"
    assert ran.data["request"]["url"].endswith("/scim/v2/Users")
    body = ran.data["request"]["body"]
    assert (body["userName"], body["password"], "id" in body) == ("nlang", "***", False)
    assert {"path": "password", "before": None, "after": "***"} in ran.data["changes"]
    assert (ran.data["dryRun"], ran.data["profile"], ran.data["baseUrl"]) == (True, None, sandbox.base_url)
    assert ran.data["account"] == account(sandbox)
    table = invoke("users", "create", "-", "--dry-run", "-o", "table", input=json.dumps(user)).out
    assert "+ password" in table


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1,\n "b" 2}', "standard input, line 2, column 6: it is no JSON: Expecting ':' delimiter"),
        ("[1]", "standard input: a user as one JSON object is needed"),
        ("", "standard input, line 1, column 1: it is no JSON"),
        (b"\xff", "standard input: it is no UTF-8"),
        ("[" * 100_000, "standard input: it is no JSON that can be read"),
        ('{"userName": NaN}', "JSON"),
    ],
    ids=["syntax", "array", "empty", "latin", "deep", "nan"],
)
def test_what_is_no_user_is_told_with_its_place(content, message, sandbox):
    ran = invoke("users", "create", "-", input=content)

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not sandbox.requests


def test_a_file_that_is_not_there_is_told(sandbox, tmp_path):
    ran = invoke("users", "create", str(tmp_path / "absent.json"))

    assert (ran.code, ran.err) == (2, f"Error: {tmp_path}/absent.json: No such file or directory\n")
