"""The job against a sandbox: what goes out, and what is made of trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

import offboarding
import pytest

from maia_scim import MaiaScim, RetryPolicy
from maia_scim.sandbox import faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maia_scim.sandbox import Sandbox

BARBARA = "2819c223-7f76-453a-919d-413861904646"
GONE_ALREADY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


@pytest.fixture
def maia(maia_sandbox: Sandbox) -> Iterator[MaiaScim]:
    with MaiaScim(**maia_sandbox.connection, retry=RetryPolicy(backoff=0)) as client:  # no test waits
        yield client


def test_a_leaver_is_deactivated(maia: MaiaScim, maia_sandbox: Sandbox) -> None:
    assert offboarding.offboard(maia, [BARBARA]) == []

    assert maia_sandbox.users[BARBARA]["active"] is False
    maia_sandbox.requests.assert_patch(BARBARA).once()


def test_who_is_inactive_already_is_left_alone(maia: MaiaScim, maia_sandbox: Sandbox) -> None:
    assert offboarding.offboard(maia, [GONE_ALREADY]) == []

    maia_sandbox.requests.assert_no_writes()


def test_a_wrong_id_is_told_and_stops_nobody(maia: MaiaScim, maia_sandbox: Sandbox) -> None:
    assert offboarding.offboard(maia, ["nobody", BARBARA]) == ["nobody: there is no such user"]

    assert maia_sandbox.users[BARBARA]["active"] is False


def test_a_lost_answer_is_told_as_unknown(maia: MaiaScim, maia_sandbox: Sandbox) -> None:
    maia_sandbox.inject(faults.Reset(done=True), on="users.patch")

    [line] = offboarding.offboard(maia, [BARBARA])

    assert line.startswith(f"{BARBARA} may be deactivated: ")
    assert maia_sandbox.users[BARBARA]["active"] is False  # it was, and the job could not know


def test_a_busy_service_is_asked_again(maia: MaiaScim, maia_sandbox: Sandbox) -> None:
    maia_sandbox.inject(faults.Status.too_many_requests(retry_after=0), on="users.patch")

    assert offboarding.offboard(maia, [BARBARA]) == []

    maia_sandbox.requests.assert_patch(BARBARA).times(2)


def test_the_job_as_it_is_run(
    maia_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in maia_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "leavers.txt").write_text(f"{BARBARA}\nnobody\n", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["offboarding", str(tmp_path / "leavers.txt")])

    assert offboarding.main() == 1

    told = capsys.readouterr()
    assert (told.out, told.err) == ("1 of 2 off-boarded\n", "nobody: there is no such user\n")
