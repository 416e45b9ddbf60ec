"""Standard streams that are closed, full or of another character set: no traceback, and the exit code as ever."""

import os
import subprocess
import sys

import pytest

from maia_scim.cli import output
from maia_scim.cli.exits import Stopped
from maia_scim.sandbox.faults import Body
from tests.cli.command import BARBARA, ENGINEERS, MAIN, NOBODY, PATIENCE, Ran, spawn, writes

ZOE = "5d48a0a8-e0cd-43c1-9d2b-7c9b0a3f6e52"


def through(redirect, *arguments):
    """Run it with its streams redirected by a shell."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirect}', "sh", sys.executable, "-c", MAIN, *arguments],
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=False,
        start_new_session=True,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_a_standard_input_that_is_closed_is_nobody_to_ask(sandbox):
    ran = through("<&-", "users", "deactivate", BARBARA)
    assert (ran.code, ran.out) == (2, "")
    assert "--yes is needed where nobody can be asked" in ran.err
    ran = through("<&-", "users", "create", "-")
    assert (ran.code, ran.out, ran.err) == (2, "", "Error: standard input is closed\n")
    assert not sandbox.requests
    assert through("<&-", "users", "get", BARBARA).data["id"] == BARBARA


@pytest.mark.parametrize("options", [[], ["-o", "json"], ["-o", "table"]], ids=["default", "json", "table"])
def test_a_standard_output_that_is_closed_takes_nothing(options, sandbox):
    ran = through(">&-", "users", "get", BARBARA, *options)

    assert (ran.code, ran.err) == (0, "")


def test_a_standard_error_that_is_closed_or_full_changes_no_exit_code(sandbox):
    for redirect in ("2>&-", "2>/dev/full"):
        assert through(redirect, "users", "get", BARBARA, "-v").data["id"] == BARBARA
        assert through(redirect, "users", "get", NOBODY).code == 1
        assert through(redirect, "users", "get", BARBARA, NOBODY).code == 1
        assert through(redirect, "users", "replace", "/no/such").code == 2
        assert through(redirect, "users", "patch", BARBARA, "--set", "title=y").data["title"] == "y"
        sandbox.inject(Body.empty(), on="users.patch")
        assert through(redirect, "users", "patch", BARBARA, "--set", "title=x").code == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["users", "get", BARBARA],
        ["users", "get", BARBARA, "-o", "table"],
        ["users", "deactivate", BARBARA, "-n", "-o", "table"],
        ["--version"],
        ["users", "--help"],
        ["completion", "bash"],
    ],
    ids=["json", "table", "plan", "version", "help", "completion"],
)
def test_a_full_disk_is_one_line(arguments, sandbox):
    ran = through(">/dev/full", *arguments)

    assert ran.code == 1
    assert ran.err.splitlines()[-1] == "Error: not all was written to standard output: No space left on device"
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("encoding", "arrow"),
    [("ascii", "→".encode()), ("latin-1", rb"\u2192"), ("latin-1:strict", rb"\u2192")],  # click makes UTF-8 of ASCII
    ids=["ascii", "latin", "strict"],
)
def test_signs_that_the_locale_has_not_are_spelt(encoding, arrow, sandbox):
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    plan = ["-c", MAIN, "users", "deactivate", ZOE, "--dry-run", "--output", "table"]
    done = subprocess.run(
        [sys.executable, *plan], capture_output=True, timeout=PATIENCE, check=False, env={**os.environ, **locale}
    )

    assert done.returncode == 0, done.stderr
    assert b"~ active  true " + arrow + b" false" in done.stdout


def test_an_answer_that_is_no_text_is_no(monkeypatch):
    class Garbled:
        def isatty(self):
            return True

        def readline(self):
            return b"y\xff\n".decode()

    monkeypatch.setattr("sys.stdin", Garbled())
    with pytest.raises(Stopped, match="the answer was no"):
        output.confirm("Really?", yes=False)


@pytest.mark.parametrize("option", ["--profile", "--region", "--base-url"])
@pytest.mark.parametrize("blank", ["", " "])
def test_a_blank_option_leads_to_no_other_account(option, blank, sandbox):
    lines = [["users", "deactivate", BARBARA, "--yes", option, blank]]
    if option == "--profile":
        lines.append([option, blank, "users", "deactivate", BARBARA, "--yes"])
    for arguments in lines:
        ran = spawn(*arguments)

        assert (ran.code, ran.out) == (2, "")
        assert ran.err.endswith(f"{option} is blank: give it a value, or leave it out\n")
    assert not sandbox.requests


def test_what_nests_too_deep_to_be_shown_is_told(sandbox):
    deep = '{"x": ' * 900 + "{}" + "}" * 900
    user = f'{{"id": "{BARBARA}", "x": {deep}}}'
    sandbox.inject(Body(user.encode()), on="users.get", times=None)

    ran = spawn("users", "get", BARBARA, "-o", "table")
    if ran.code:  # not every Python has the same depth
        assert (ran.code, ran.out, ran.err) == (1, "", "Error: what was given or answered nests too deep\n")


def test_odd_members_of_a_group_are_no_traceback(sandbox):
    for members in (["x"], [None], "x", {"value": BARBARA}, None):
        sandbox.inject(
            Body.json({"id": ENGINEERS, "displayName": "E", "members": members}), on="groups.get", times=None
        )
        for command in ("add-member", "remove-member"):
            ran = spawn("groups", command, ENGINEERS, BARBARA, "--dry-run")
            assert "Traceback" not in ran.err
            assert ran.code in (0, 1)
        sandbox.clear_faults()
    assert not writes(sandbox)
