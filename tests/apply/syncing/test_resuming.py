"""Bringing groups to members: a run that is killed or loses an answer is taken up again, whoever the members are."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maia_scim import apply
from maia_scim.apply import JournalError, memberships
from maia_scim.apply.syncing import sync_groups
from maia_scim.sandbox import faults
from tests.apply.conftest import client_of, line
from tests.apply.small import fill, group, members, put, sent

if TYPE_CHECKING:
    import subprocess

    from maia_scim import MaiaScim
    from maia_scim.sandbox import Sandbox


@pytest.mark.parametrize("number", range(14))
def test_a_sync_that_is_killed_is_taken_up_again(
    forker: subprocess.Popen[str], sandbox: Sandbox, tmp_path: Path, number: int
) -> None:
    """Once so many writes have come. A write has three members at most."""
    people = [f"u{number:02}" for number in range(24)]
    fill(sandbox, people, [group("g", *people[:12]), group("h", *people)])
    file = put(tmp_path / "groups.csv", "group,member", *[f"g,{each}" for each in people[6:]], "h,u00")
    assert forker.stdin is not None
    forker.stdin.write(f"{file}\t{sandbox.base_url}\t{sandbox.client_id}\n")
    forker.stdin.flush()
    child = int(line(forker.stdout))
    for _ in range(20_000):
        if len(sent(sandbox)) >= number:
            break
        time.sleep(0.0005)
    time.sleep(number % 4 * 0.0008)
    with suppress(ProcessLookupError):  # it came to its end
        os.kill(child, signal.SIGKILL)
    assert int(line(forker.stdout)) in (0, signal.SIGKILL)
    journal = file.with_name("groups.csv.journal")
    with client_of(sandbox) as maia:
        try:
            plan = apply.resume(maia, journal)
        except JournalError:  # before it had one, or after the last
            plan = sync_groups(maia, file)
        with plan:
            plan.apply()
            assert [*plan.failed()] == []
        assert (members(sandbox, "g"), members(sandbox, "h")) == (people[6:], ["u00"])
        operations = [
            each for request in sandbox.requests if request.method == "PATCH" for each in request.json["Operations"]
        ]
        added = [each["value"] for operation in operations for each in operation.get("value", ())]
        assert sorted(added) == people[12:], "each was added once"
        removed = [operation["path"] for operation in operations if operation["op"] == "remove"]
        assert len(removed) == 6 + 23, "each was removed once"
        with sync_groups(maia, file) as plan:
            assert plan.summary.change == 0
        with apply.undo(maia, journal) as plan:
            plan.apply()
    assert (members(sandbox, "g"), members(sandbox, "h")) == (people[:12], people)


PEOPLE = [f"u{number}" for number in range(8)]
some = st.sets(st.sampled_from(PEOPLE))


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    held=some,
    nested=st.booleans(),
    wanted=some,
    protected=some,
    only=st.sampled_from([None, "add", "remove"]),
    others=some,
    lost=st.integers(0, 6),
    chunk=st.integers(1, 4),
)
def test_any_members_become_any_others_and_come_back(
    maia: MaiaScim,
    sandbox: Sandbox,
    tmp_path: Path,
    held: set[str],
    nested: bool,
    wanted: set[str],
    protected: set[str],
    only: Any,
    others: set[str],
    lost: int,
    chunk: int,
) -> None:
    """Even where others come meanwhile, and an answer gets lost midway."""
    inner = {"h"} if nested else set[str]()
    fill(
        sandbox, PEOPLE, [group("g", *sorted(held), *[{"value": each, "type": "Group"} for each in inner]), group("h")]
    )
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    protect = put(folder / "protect", "nobody", *protected)
    come = set[str]() if only == "remove" else wanted - held
    gone = set[str]() if only == "add" else held - wanted - protected
    late = others - held - wanted
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memberships, "CHUNK", chunk)
        lines = ["group,member", *[f"g,{each}" for each in sorted(wanted) or [""]]]
        with sync_groups(maia, put(folder / "groups.csv", *lines), only=only, protect=protect) as plan:
            assert (plan.summary.additions, plan.summary.removals) == (len(come), len(gone))
            assert plan.summary.members == len(held | inner)
            assert bool([*plan.emptied()]) == (bool(gone) and not (held | come | inner) - gone)
            if late:
                maia.groups.add_members("g", *late)
            sandbox.inject(Lost(lost), on="groups.patch", times=None)
            plan.apply()
        sandbox.clear_faults()
        journal = folder / "groups.csv.journal"
        with suppress(JournalError), apply.resume(maia, journal) as plan:
            plan.apply()
        assert {*members(sandbox, "g")} == ((held | come) - gone) | inner | late
        with sync_groups(maia, put(folder / "groups.csv", *lines), only=only, protect=protect) as plan:
            assert plan.summary.additions == 0
            assert plan.summary.removals == (0 if only == "add" else len(late - protected))
        if come or gone:
            with apply.undo(maia, journal) as plan:
                plan.apply()
        assert {*members(sandbox, "g")} == held | inner | late, "what others did stays"


class Lost(faults.Fault):
    """The answer to one of the writes gets lost.

    Args:
        number: Which, from 0; it is done if the number is even.
    """

    def __init__(self, number: int) -> None:
        self.count, self.number = -1, number

    def meet(self, exchange: faults.Exchange) -> faults.Answer:
        self.count += 1
        if self.count == self.number:
            return faults.Reset(done=self.number % 2 == 0).meet(exchange)
        return exchange.perform()
