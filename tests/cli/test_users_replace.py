"""``maia-scim users replace``: that it shows what changes, asks, and clears nothing by mistake."""

import json

import pytest

from maia_scim.sandbox.faults import Body
from tests.cli.command import (
    BARBARA,
    account,
    at_terminal,
    invoke,
    saved,
    spawn,
    writes,
)
from tests.support.canary import PASSWORD


def whole(sandbox, **changes):
    return {**sandbox.users[BARBARA], **changes}


def test_replace_shows_what_changes_and_asks(sandbox, tmp_path):
    file = saved(tmp_path, whole(sandbox, title="Data Engineer", nickName=None))
    ran = at_terminal("users", "replace", file, answers={"[y/N]": "y\n"})

    assert ran.code == 0, ran.err
    assert ran.data == sandbox.users[BARBARA]
    assert sandbox.users[BARBARA]["title"] == "Data Engineer"
    assert "~ title     Tour Guide → Data Engineer" in ran.err
    assert "- nickName  Babs" in ran.err
    title = f"no profile · {sandbox.base_url} · {account(sandbox)}"
    assert ran.err.startswith(title)
    assert f"Replace this user ({title})?" in ran.err
    assert "meta" not in ran.err
    assert f"Replaced user bjensen (Barbara Jensen), {BARBARA}: {title}\n" in ran.err
    [put] = writes(sandbox)
    assert put.if_match == 'W/"1"', "what was shown is what is replaced"


@pytest.mark.parametrize("answer", ["n\n", "\n", "yeah\n", "\x04"])
def test_any_other_answer_is_no(answer, sandbox, tmp_path):
    file = saved(tmp_path, whole(sandbox, title="Data Engineer"))
    ran = at_terminal("users", "replace", file, answers={"[y/N]": answer})

    assert (ran.code, ran.out) == (3, "")
    assert "nothing was written: the answer was no" in ran.err
    assert not writes(sandbox)


def test_ctrl_c_at_the_question(sandbox, tmp_path):
    # Ctrl-C is a signal to the foreground processes of a terminal, which the child has to be one of.
    file = saved(tmp_path, whole(sandbox, title="Data Engineer"))
    take = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    ran = at_terminal("users", "replace", file, answers={"[y/N]": "\x03"}, before=take)

    assert (ran.code, ran.out) == (130, "")
    assert ran.err.endswith("Error: interrupted\n"), "the write that was rehearsed is no write"
    assert not writes(sandbox)


def test_replace_where_nobody_can_be_asked_needs_yes(sandbox, tmp_path):
    file = saved(tmp_path, whole(sandbox, title="Data Engineer"))
    ran = spawn("users", "replace", file, input="y\n")
    assert (ran.code, ran.out) == (2, "")
    assert "--yes is needed where nobody can be asked" in ran.err
    assert not sandbox.requests

    ran = spawn("users", "replace", "-", "--yes", input=json.dumps(whole(sandbox, title="Data Engineer")))
    assert (ran.code, ran.data["title"]) == (0, "Data Engineer")
    assert "~ title  Tour Guide → Data Engineer" in ran.err


def test_what_is_left_out_is_not_cleared_by_mistake(sandbox):
    record = json.dumps({"userName": "bjensen", "active": True})
    for options in (["--yes"], ["--dry-run"]):
        ran = invoke("users", "replace", "-", "--id", BARBARA, *options, input=record)
        assert (ran.code, ran.out) == (3, "")
        assert "nothing was written, since externalId, name.formatted," in ran.err
        assert "--guard off" in ran.err
        assert not writes(sandbox)

    ran = invoke("users", "replace", "-", "--id", BARBARA, "--yes", "--guard", "off", input=record)
    assert ran.code == 0
    assert "title" not in sandbox.users[BARBARA]


def test_a_warning_of_the_guard_is_a_message(sandbox):
    record = json.dumps({"userName": "bjensen"})
    ran = spawn("users", "replace", "-", "--id", BARBARA, "--yes", "--guard", "warn", input=record)

    assert ran.code == 0
    assert ran.err.count("Warning: PUT ") == 1
    assert "leaves out active" in ran.err
    assert ".py" not in ran.err


def test_a_dry_run_of_replace_shows_the_request(sandbox):
    content = json.dumps(whole(sandbox, title="Data Engineer", password=PASSWORD))
    ran = invoke("users", "replace", "-", "--dry-run", "--if-match", 'W/"9"', input=content)

    assert ran.code == 0
    assert ran.data["request"]["method"] == "PUT"
    assert ran.data["request"]["url"].endswith(f"/Users/{BARBARA}")
    assert ran.data["request"]["headers"] == {"If-Match": 'W/"9"'}
    assert ran.data["request"]["body"]["title"] == "Data Engineer"
    assert ran.data["changes"] == [
        {"path": "title", "before": "Tour Guide", "after": "Data Engineer"},
        {"path": "password", "before": None, "after": "***"},
    ]
    assert not writes(sandbox)
    table = invoke("users", "replace", "-", "--dry-run", "-o", "table", input=content)
    assert f"would send PUT {sandbox.base_url}" in table.out
    assert "~ title     Tour Guide → Data Engineer" in table.out
    assert table.err == f"Dry run, nothing is written: no profile · {sandbox.base_url} · {account(sandbox)}\n"


def test_a_dry_run_shows_what_is_sent(sandbox, tmp_path):
    file = saved(tmp_path, whole(sandbox, title="Data Engineer"))
    planned = invoke("users", "replace", file, "--dry-run").data["request"]
    assert invoke("users", "replace", file, "--yes").code == 0

    [put] = writes(sandbox)
    assert planned["body"] == put.json
    assert planned["headers"]["If-Match"] == put.if_match
    assert planned["url"].endswith(put.path)


def test_a_replace_that_changes_nothing_sends_nothing(sandbox):
    ran = invoke("users", "replace", "-", "--yes", input=json.dumps(whole(sandbox)))

    assert (ran.code, ran.err) == (0, "Nothing to write: the user is so already.\n")
    assert ran.data["id"] == BARBARA
    assert not writes(sandbox)
    assert invoke("users", "replace", "-", "--dry-run", input=json.dumps(whole(sandbox))).data["request"] is None


def test_a_replace_of_another_version_is_refused(sandbox):
    content = json.dumps(whole(sandbox, title="Data Engineer"))
    ran = invoke("users", "replace", "-", "--yes", "--if-match", 'W/"9"', input=content)

    assert (ran.code, ran.out) == (1, "")
    assert "412" in ran.err


def test_what_the_service_did_not_keep_is_told(sandbox):
    sandbox.inject(Body.json(sandbox.users[BARBARA]), on="users.replace")
    ran = invoke("users", "replace", "-", "--yes", input=json.dumps(whole(sandbox, title="Data Engineer")))

    assert ran.code == 0
    assert "Warning: the service did not keep title: sent 'Data Engineer', answered 'Tour Guide'" in ran.err
