"""The job against a sandbox: what goes out, and what is made of trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

import offboarding
import pytest

from maia_scim import MaiaScim, RetryPolicy, apply, index
from maia_scim.sandbox import faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maia_scim.sandbox import Sandbox

BARBARA = "2819c223-7f76-453a-919d-413861904646"
ENGINEERS = "e9e30dba-f08f-4109-8486-d5c6a331660a"


@pytest.fixture
def maia(maia_sandbox: Sandbox) -> Iterator[MaiaScim]:
    with MaiaScim(**maia_sandbox.connection, retry=RetryPolicy(backoff=0)) as client:  # no test waits
        yield client


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "offboard.journal"


def members(sandbox: Sandbox) -> set[str]:
    return {member["value"] for member in sandbox.groups[ENGINEERS]["members"]}


def test_a_leaver_is_switched_off_and_taken_out(maia: MaiaScim, maia_sandbox: Sandbox, journal: Path) -> None:
    before = members(maia_sandbox)

    assert offboarding.offboard(maia, BARBARA, groups=[ENGINEERS], journal=journal) == []

    assert maia_sandbox.users[BARBARA]["active"] is False
    assert members(maia_sandbox) == before - {BARBARA}
    maia_sandbox.requests.assert_put(BARBARA).with_json(active=False).once()


def test_a_second_run_writes_nothing(maia: MaiaScim, maia_sandbox: Sandbox, journal: Path) -> None:
    offboarding.offboard(maia, BARBARA, groups=[ENGINEERS], journal=journal)
    maia_sandbox.forget_requests()

    assert offboarding.offboard(maia, BARBARA, groups=[ENGINEERS], journal=journal) == []

    maia_sandbox.requests.assert_no_writes()


def test_a_busy_service_is_asked_again(maia: MaiaScim, maia_sandbox: Sandbox, journal: Path) -> None:
    maia_sandbox.inject(faults.Status.too_many_requests(retry_after=0), on="users.replace")

    assert offboarding.offboard(maia, BARBARA, journal=journal) == []

    maia_sandbox.requests.assert_put(BARBARA).times(2)


def test_a_lost_answer_is_told_as_unknown(maia: MaiaScim, maia_sandbox: Sandbox, journal: Path) -> None:
    maia_sandbox.inject(faults.Reset(done=True), on="users.replace", times=None)

    [line] = offboarding.offboard(maia, BARBARA, journal=journal)

    assert line.startswith("switch off bjensen: unknown, ")
    assert maia_sandbox.users[BARBARA]["active"] is False  # it was, and the job could not know
    maia_sandbox.clear_faults()
    assert offboarding.offboard(maia, BARBARA, journal=journal) == []


def test_a_refusal_stops_nothing_else(maia: MaiaScim, maia_sandbox: Sandbox, journal: Path) -> None:
    maia_sandbox.inject(faults.Status(403), on="users.replace")

    refused, missing = offboarding.offboard(maia, BARBARA, groups=[ENGINEERS, "no-group"], journal=journal)

    assert refused.startswith("switch off bjensen: refused, ")
    assert missing.startswith("take out of no-group: not_found, ")
    assert BARBARA not in members(maia_sandbox)


def test_no_group_is_left_without_members(maia: MaiaScim, maia_sandbox: Sandbox, journal: Path) -> None:
    maia.groups.remove_members(ENGINEERS, *members(maia_sandbox) - {BARBARA})
    maia_sandbox.forget_requests()

    with pytest.raises(apply.GuardRail, match="leave Data Engineering without members"):
        offboarding.offboard(maia, BARBARA, groups=[ENGINEERS], journal=journal)

    maia_sandbox.requests.assert_no_writes()


# -- The job as it is run


@pytest.fixture
def people(maia_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The file of an index, and an environment that leads to the sandbox."""
    for name, value in maia_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with MaiaScim() as maia, index.Index.open(tmp_path / "people.sqlite", maia) as people:
        index.add_groups(people, maia, [ENGINEERS])
    return "people.sqlite"


def test_a_receipt_is_printed(people: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert offboarding.main(["bjensen@example.com", "--index", people]) == 0

    off, *out = capsys.readouterr().out.splitlines()
    assert off.startswith("switch off bjensen: done, request sandbox-")
    assert [line.partition(", ")[0] for line in out] == [
        "take out of Data Engineering: done",
        "take out of All Staff: done",  # which the account itself tells of
    ]


def test_a_run_that_ends_early_tells_what_was_done(
    people: str, maia_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    maia_sandbox.inject(faults.Status(401), on="groups.patch", times=None)

    assert offboarding.main(["bjensen", "--index", people]) == 1

    told = capsys.readouterr()
    assert [line.partition(",")[0] for line in told.out.splitlines()] == [
        "switch off bjensen: done",
        "take out of Data Engineering: refused",
        "take out of All Staff: not tried",
    ]
    assert told.err.startswith("AuthenticationError: ")


def test_what_is_not_done_is_in_the_exit_code(people: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert offboarding.main(["nobody"]) == 1
    assert capsys.readouterr().out == "switch off nobody: not_found\n"

    assert offboarding.main(["nobody@example.com", "--index", people]) == 1
    assert capsys.readouterr().err.startswith("NameNotFound: ")
