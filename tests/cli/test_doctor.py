"""``maia-scim doctor`` as a whole: what it shows, what it sends, the clock, and that it shows no secret."""

from __future__ import annotations

import json
from typing import cast

import pytest

from maia_scim.cli.checkup import access
from maia_scim.cli.checkup.bench import Bench
from maia_scim.cli.checkup.checks import CHECKS
from maia_scim.cli.checkup.recorder import Exchange
from maia_scim.sandbox import faults
from tests.cli.command import at_terminal, invoke, spawn
from tests.cli.doctoring import (
    START,
    examine,
    set_all,
    told,
)
from tests.support.canary import TOKEN, clean


def test_all_is_well(sandbox):
    ran = invoke("doctor")

    assert (ran.code, ran.err) == (0, "All is well.\n")
    assert ran.data["status"] == "ok"
    statuses = {check["name"]: check["status"] for check in ran.data["checks"]}
    assert statuses == {
        **dict.fromkeys(("versions", "environment", "service", "credentials", "ipv4", "token", "region"), "ok"),
        **dict.fromkeys(("users", "groups", "clock", "answers"), "ok"),
        **dict.fromkeys(("dns", "ipv6", "tls", "token endpoint"), "skipped"),
    }
    assert all(check["todo"] is None for check in ran.data["checks"])


def test_it_asks_for_one_token_reads_twice_and_writes_nothing(sandbox):
    before = sandbox.dump()

    examine()

    assert sandbox.token_requests == 1
    assert [request.method for request in sandbox.requests] == ["GET", "GET"]
    assert sandbox.dump() == before


def test_a_table_names_each_check_and_what_to_do(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_SECRET", "wrong")

    ran = invoke("doctor", "--output", "table")

    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].split("  ")[0] == "check"
    [failed] = [number for number, line in enumerate(lines) if line.startswith("token ") and " fail " in line]
    assert "invalid_client" in lines[failed]
    assert lines[failed + 1].strip().startswith("→ check the secret")
    assert ran.err == "Error: 1 of 15 checks failed: token\n"


def test_on_a_terminal_it_is_a_table_in_colours(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_SECRET", "wrong")

    ran = at_terminal("doctor", piped=False)

    assert ran.code == 1
    assert "\x1b[31m" in ran.err
    assert "found, and what to do" in ran.err


def test_help_imports_nothing_heavy():
    watching = "import atexit, sys; atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)));"

    ran = spawn("doctor", "--help", before=watching)

    assert ran.code == 0
    assert not {"httpx", "rich", "ssl", "maia_scim.client", "maia_scim.cli.checkup"} & {*ran.err.split()}


def test_every_check_needs_what_comes_before_it():
    names = [check.name for check in CHECKS]
    for check in CHECKS:
        assert {*check.needs} <= {*names[: names.index(check.name)]}


def test_what_depends_on_a_failure_is_skipped_and_says_so(monkeypatch):
    set_all(monkeypatch, MAIA_BASE_URL="https://nowhere.invalid/dpc", MAIA_TOKEN=TOKEN)

    checks = examine(code=1)

    status, found, todo = told(checks["dns"])
    assert (status, "nowhere.invalid is not resolved" in found, "typing error" in todo) == ("fail", True, True)
    for name in ("ipv4", "ipv6", "tls", "region", "users", "groups", "answers"):
        assert told(checks[name])[:2] == ("skipped", "since dns failed")


def test_an_id_that_is_none_is_told_before_anything_is_sent(sandbox):
    ran = invoke("doctor", "--user", "")

    assert (ran.code, ran.out) == (2, "")
    assert sandbox.token_requests == 0


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1", "601"])
def test_a_time_that_is_none_is_told(seconds, sandbox):
    ran = invoke("doctor", "--timeout", seconds)

    assert (ran.code, ran.out) == (2, "")
    assert "--timeout" in ran.err


# -- Clock and answers


@pytest.mark.parametrize(
    ("seconds", "status", "code", "how"),
    [
        (0, "ok", 0, "in step"),
        (20, "ok", 0, "ahead of"),
        (60, "warn", 0, "ahead of"),
        (-60, "warn", 0, "behind"),
        (400, "fail", 1, "ahead of"),
        (-400, "fail", 1, "behind"),
    ],
)
def test_a_clock_that_is_wrong(seconds, status, code, how, sandbox, monkeypatch):
    real = Bench.now
    monkeypatch.setattr(Bench, "now", lambda self: real(self) + seconds)

    check = examine(code=code)["clock"]

    assert (check["status"], how in check["found"]) == (status, True)
    assert abs(check["facts"]["skew"] - seconds) <= 2
    assert bool(check["todo"]) == (status != "ok")


def test_the_clock_is_checked_when_the_token_is_refused_too(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_SECRET", "wrong")

    assert examine(code=1)["clock"]["status"] == "ok"


def test_answers_without_a_date(sandbox):
    sandbox.inject(faults.Status(404, headers={"Date": "now"}), times=None)
    sandbox.inject(faults.Status(401, headers={"Date": ""}), on="token")

    assert told(examine(code=1)["clock"])[:2] == ("skipped", "no answer has a Date")


def test_the_clock_goes_by_the_answer_that_came_fastest():
    def exchange(sent, received):
        return Exchange("a.example", 200, {"date": "Fri, 15 Jan 2027 08:00:00 GMT"}, sent, received, "HTTP/1.1", None)

    class Three:
        class recorder:
            exchanges = (exchange(START, START + 90), exchange(START + 41, START + 41.5), exchange(START, START + 80))

    assert access.clock(cast(Bench, Three)).facts == {"skew": 40}


def test_what_answers_tell(sandbox):
    headers = {"X-RateLimit-Remaining": "12", "Retry-After": "30"}
    sandbox.inject(faults.Status(404, headers=headers), times=None)

    check = examine()["answers"]

    assert check["status"] == "warn"
    assert check["facts"] == {
        "protocol": "HTTP/1.1",
        "peer": "127.0.0.1",
        "requestIdHeader": "x-request-id",
        "rateLimit": {"x-ratelimit-remaining": "12"},
        "retryAfter": "30",
    }


def test_what_a_service_repeats_is_not_shown(sandbox, monkeypatch):
    token = sandbox.issue_token()
    monkeypatch.setenv("MAIA_TOKEN", token)
    problem = json.dumps({"status": 403, "detail": f"no right: {token}"})
    sandbox.inject(faults.Body(problem.encode(), {"Content-Type": "application/problem+json"}), times=None)

    clean(str(invoke("doctor")))


def test_an_interrupt_ends_it(sandbox, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Bench, "client", interrupted)

    ran = invoke("doctor")

    assert (ran.code, ran.out) == (130, "")


def test_it_runs_as_a_process(sandbox):
    ran = spawn("doctor")

    assert (ran.code, ran.data["status"], ran.err) == (0, "ok", "All is well.\n")
