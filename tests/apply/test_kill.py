"""Killed at any point, a run can be taken up again: nothing is lost, and nothing is written twice."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from maia_scim import apply
from maia_scim.apply import JournalError
from maia_scim.sandbox import Sandbox
from tests.apply.conftest import client_of, line

COUNT = 12


def kill_after(requests: int, seconds: float, sandbox: Sandbox, child: int) -> None:
    """Kill a process once it has sent so many requests, and a moment later."""
    for _ in range(20_000):
        if len(sandbox.requests) >= requests:
            break
        time.sleep(0.0005)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    with suppress(ProcessLookupError):  # it came to its end
        os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("seed", range(50))
def test_a_run_that_is_killed_is_taken_up_again(
    forker: subprocess.Popen[str], sandbox: Sandbox, write: Callable[..., Path], seed: int
) -> None:
    chance = random.Random(seed)
    sandbox.reset()
    rows: list[dict[str, Any]] = [{"id": id, "title": f"Title {seed}"} for id in [*sandbox.users][:COUNT]]
    file = write(rows)
    assert forker.stdin is not None
    forker.stdin.write(f"{file}\t{sandbox.base_url}\t{sandbox.client_id}\n")
    forker.stdin.flush()
    child = int(line(forker.stdout))
    # Half of the requests read, and half of them write.
    kill_after(chance.randrange(COUNT // 2, 2 * COUNT + 1), chance.uniform(0, 0.006), sandbox, child)
    status = int(line(forker.stdout))
    assert status in (0, signal.SIGKILL)

    with client_of(sandbox) as maia:
        try:
            plan = apply.resume(maia, file.with_name("people.csv.journal"))
        except JournalError:  # it was killed before its first write, or after the last
            plan = apply.plan(maia, file)
        with plan:
            plan.apply()
            assert [*plan.failed()] == []
    users = [*sandbox.users.values()][:COUNT]
    assert {user["title"] for user in users} == {f"Title {seed}"}
    assert {user["meta"]["version"] for user in users} == {'W/"2"'}  # each was written once
    with apply.Journal(file.with_name("people.csv.journal")) as journal:
        last = journal.runs()[-1]
        assert last.state == "finished"
        tried = [entry.id for run in journal.runs() for entry in journal.entries(run.number) if entry.result]
        assert sorted(tried) == sorted(row["id"] for row in rows)


def test_the_kills_are_at_many_points() -> None:
    """So that the test above is about something: how often each seed kills before, while and after it writes."""
    drawn = [random.Random(seed).randrange(COUNT // 2, 2 * COUNT + 1) for seed in range(50)]
    assert sum(requests > COUNT for requests in drawn) > 25
    assert len(set(drawn)) > 12
