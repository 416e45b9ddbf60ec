"""``maia-scim users activate`` and ``deactivate``, and what several ids come to."""

import math
import signal
import subprocess
import sys

import click
import pytest

from maia_scim import errors
from maia_scim.cli.connection import Connection
from maia_scim.cli.each import Each
from maia_scim.sandbox.faults import Body, Delay, Status
from tests.cli.command import (
    BARBARA,
    JORDAN,
    MAIN,
    NOBODY,
    PATIENCE,
    account,
    at_terminal,
    invoke,
    spawn,
    writes,
)
from tests.support.canary import PASSWORD, clean


def test_deactivate_asks_and_names_who_it_is(sandbox):
    ran = at_terminal("users", "deactivate", BARBARA, JORDAN, answers={"[y/N]": "yes\n"})

    assert ran.code == 0, ran.err
    assert "user bjensen (Barbara Jensen)" in ran.err
    assert "~ active  true → false" in ran.err
    assert f"user jmensah (Jordan Mensah), {JORDAN}: nothing to write, it is so already" in ran.err
    assert [user["active"] for user in ran.data] == [False, False]
    assert [(request.method, request.id) for request in writes(sandbox)] == [("PATCH", BARBARA)]


def test_deactivate_asks_nothing_where_nothing_is_to_do(sandbox):
    ran = at_terminal("users", "deactivate", JORDAN)

    assert (ran.code, ran.data["active"]) == (0, False)
    assert "[y/N]" not in ran.err


def test_deactivate_needs_yes_where_nobody_can_be_asked(sandbox):
    assert invoke("users", "deactivate", BARBARA).code == 2
    assert not sandbox.requests
    assert invoke("users", "deactivate", BARBARA, "--yes").data["active"] is False
    assert sandbox.users[BARBARA]["active"] is False


def test_a_rehearsal_is_told_as_reading_alone(sandbox):
    ran = invoke("users", "deactivate", BARBARA, "--dry-run", "-v")

    assert ran.err.count("· GET ") == 4, "two reads, each with its end"
    assert "PATCH" not in ran.err


def test_activate_does_not_ask(sandbox):
    ran = invoke("users", "activate", JORDAN)

    assert (ran.code, ran.data["active"]) == (0, True)
    assert ran.err == f"1 active now: no profile · {sandbox.base_url} · {account(sandbox)}\n"


def test_the_worst_of_several_is_the_exit_code(sandbox):
    sandbox.inject(Body.empty(), on="users.patch")
    ran = invoke("users", "deactivate", BARBARA, NOBODY, "9067729b-6a2c-4b3d-8a1e-5f0c2d7e4b11", "--yes")

    assert ran.code == 4
    assert [user["userName"] for user in ran.data] == ["yhaddad"]
    assert "2 of 3 failed." in ran.err
    assert ran.err.count("read it again before you do it again") == 1, "nothing is unknown of the one that is not there"


def scored(*outcomes):
    """What is done of some ids, each of which ends so; and the exit code."""
    each, ends = Each(Connection(), "abcd", "user"), iter(outcomes)
    each._connection.writes.last = "PATCH"

    def action(id):
        end = next(ends)
        if isinstance(end, Exception):
            raise end
        return id

    done = each.run(action)
    with pytest.raises(click.exceptions.Exit) as caught:
        each.finish()
    return [*done], caught.value.exit_code


def test_no_token_any_more_stops_it_and_forgets_nothing(capsys):
    gone, unknown = errors.TokenError("no token"), errors.TransportError("no answer", outcome="unknown")
    assert scored("", gone) == (["a"], 1)
    told = capsys.readouterr().err
    assert "Error: user b: no token\n" in told
    assert "Not tried any more: c, d\n3 of 4 failed.\n" in told
    assert scored(unknown, gone) == ([], 4), "what is unknown stays so"
    assert scored("", "", "", errors.ConfigurationError("cache")) == (["a", "b", "c"], 1), "something was sent"
    assert "Not tried any more: none" in capsys.readouterr().err
    with pytest.raises(errors.TokenError):
        scored(gone)


@pytest.mark.parametrize(("command", "request_count"), [("activate", 1), ("deactivate", 1)])
def test_a_dry_run_of_activate_and_deactivate(command, request_count, sandbox):
    ran = invoke("users", command, BARBARA, JORDAN, NOBODY, "--dry-run")

    assert ran.code == 1, "one of them is not there"
    plans = ran.data
    assert [plan["request"] is not None for plan in plans] == [command == "deactivate", command == "activate"]
    assert {request.method for request in sandbox.requests} == {"GET"}


def test_an_interrupt_in_the_midst_of_a_write_says_that_nobody_knows(sandbox):
    sandbox.inject(Delay(math.inf), on="users.patch")
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "users", "deactivate", JORDAN, BARBARA, "--yes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not writes(sandbox):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)

    assert (process.returncode, out) == (130, "")
    told, error, *_ = clean(err).splitlines()
    assert told == f"Interrupted at user {BARBARA}. Before it were done: {JORDAN}."
    assert error.startswith("Error: interrupted during PATCH /v1/directory-integration/scim/v2/Users/{id}. ")
    assert "Traceback" not in err


def test_a_rehearsal_knows_the_token_endpoint_however_it_is_spelt(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_TOKEN_URL", sandbox.token_url.replace("127.0.0.1", "LOCALHOST"))
    ran = invoke("users", "deactivate", BARBARA, "--dry-run")

    assert (ran.code, ran.data["request"]["method"]) == (0, "PATCH")
    assert not writes(sandbox)


@pytest.mark.parametrize(
    "proxy", [f"http://me:{PASSWORD}#x@proxy.example", f"ftp://me:{PASSWORD}@proxy.example"], ids=["a", "b"]
)
@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["wet", "dry"])
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(dry, proxy, sandbox, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    ran = spawn("users", "deactivate", BARBARA, "--yes", *dry)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Error: no HTTP client can be made: ")
    assert len(ran.err.splitlines()) == 1


def test_what_the_service_says_cannot_control_the_terminal(sandbox):
    evil = "x\x1b[2J\x07\u202e"
    sandbox.inject(Body.json({"id": BARBARA, "userName": evil, "displayName": evil, "active": True}), times=None)
    told = [
        invoke("users", "get", BARBARA, "-o", "table").out,
        invoke("users", "get", BARBARA, JORDAN, "-o", "table").out,
        invoke("users", "deactivate", BARBARA, "--dry-run", "-o", "table").out,
        invoke("users", "patch", BARBARA, "--set", "title=a", "--dry-run", "-o", "table").out,
    ]
    for text in told:
        assert r"x\x1b[2J\x07\u202e" in text
        assert not {*evil[1:]} & {*text} - {*"[2J"}
    sandbox.clear_faults()
    sandbox.inject(Status(400, detail=evil))
    assert "\x1b" not in invoke("users", "get", BARBARA).err
