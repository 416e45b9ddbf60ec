"""Plans that change members of groups, as an administrator sees them and carries them out."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maia_scim import MaiaScim
from maia_scim.apply.model import About, Summary
from maia_scim.apply.syncing import sync_groups
from maia_scim.apply.words import question, to_do
from maia_scim.sandbox import Sandbox
from tests.cli.command import BARBARA, ENGINEERS, at_terminal, invoke, spawn, writes

ADMINISTRATORS = "fc348aa8-3835-40eb-a20b-c726e15c55b5"


@pytest.fixture
def plan(sandbox: Sandbox, tmp_path: Path) -> str:
    """A saved plan that gives the engineers two others, and leaves the administrators without members."""
    file = tmp_path / "groups.csv"
    come = [*sandbox.users][10:12]
    lines = [*(f"{ENGINEERS},{id}" for id in come), f"{ADMINISTRATORS},"]
    file.write_text("\n".join(["group,member", *lines, ""]), encoding="utf-8")
    with MaiaScim() as maia, sync_groups(maia, file) as made:
        assert made.groups == 2
        made.save(tmp_path / "groups.plan")
    sandbox.forget_requests()
    return str(tmp_path / "groups.plan")


def members(sandbox: Sandbox, group: str) -> set[str]:
    return {each["value"] for each in sandbox.groups[group].get("members") or ()}


def test_who_goes_and_who_comes_is_shown_group_by_group(sandbox: Sandbox, plan: str) -> None:
    shown = invoke("apply", plan, "-n", "-o", "table", "--allow-empty", ADMINISTRATORS.upper())
    assert shown.code == 0
    assert shown.out.startswith("Plan of groups sync · groups.csv · no profile")
    assert f"Data Engineering · {ENGINEERS} · group\n  - Barbara Jensen ({BARBARA})\n" in shown.out
    assert shown.out.count(f"{ENGINEERS} · group") == 1  # though it takes two writes
    assert "  + praghunathan (" in shown.out
    assert "  ! the group would be left without members" in shown.out
    assert "  2 members to add to and 5 to remove from 2 groups\n" in shown.out
    assert not writes(sandbox)


def test_many_members_are_cut_short(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text("".join(["group,member\n", *(f"{ENGINEERS},{id}\n" for id in sandbox.users)]), encoding="utf-8")
    with MaiaScim() as maia, sync_groups(maia, file, only="add") as made:
        made.save(tmp_path / "groups.plan")
        count = made.summary.additions
    shown = invoke("apply", str(tmp_path / "groups.plan"), "-n", "-o", "table")
    assert f"  + and {count - 19} more: --all shows all" in shown.out
    assert shown.out.count("  + ") == 20
    everything = invoke("apply", str(tmp_path / "groups.plan"), "-n", "-o", "table", "--all")
    assert everything.out.count("  + ") == count


@pytest.mark.parametrize("dry", [(), ("-n",)])
def test_no_group_is_emptied_unless_it_is_named(sandbox: Sandbox, plan: str, dry: tuple[str, ...]) -> None:
    stopped = invoke("apply", plan, "--yes", "--allow-empty", "Data Engineering", *dry)
    assert stopped.code == 3
    assert "it would leave Platform Administrators without members, which --allow-empty has to name" in stopped.err
    assert not writes(sandbox)


@pytest.mark.parametrize("named", [ADMINISTRATORS, " platform administrators"])
def test_a_group_that_is_named_is_emptied(sandbox: Sandbox, plan: str, tmp_path: Path, named: str) -> None:
    report = tmp_path / "report.csv"
    done = invoke("apply", plan, "--yes", "-o", "table", "--allow-empty", named, "--report", str(report))
    assert (done.code, "3 writes done" in done.out) == (0, True)
    assert members(sandbox, ADMINISTRATORS) == set()
    assert members(sandbox, ENGINEERS) == {*[*sandbox.users][10:12]}
    lines = [*csv.DictReader(io.StringIO(report.read_text(encoding="utf-8-sig")))]
    assert sum((line["action"], line["kind"]) == ("remove", "group") for line in lines) == 5
    (run,) = invoke("journal", str(tmp_path / "groups.csv.journal")).data
    assert (run["kind"], run["addMembers"], run["removeMembers"], run["left"]) == ("groups sync", 2, 5, 0)
    undone = invoke("apply", "--undo", str(tmp_path / "groups.csv.journal"), "--yes", "-o", "table")
    assert undone.code == 0
    assert "5 members to add to and 2 to remove from 2 groups" in undone.out
    assert len(members(sandbox, ADMINISTRATORS)) == 2


def test_at_a_terminal_the_name_of_the_group_is_typed(sandbox: Sandbox, plan: str) -> None:
    asks = "Platform Administrators would be left without members. Type its name: "
    refused = at_terminal("apply", plan, piped=False, answers={asks: "y\n"})
    assert (refused.code, "the name was not typed" in refused.err) == (3, True)
    assert not writes(sandbox)
    answers = {asks: "Platform Administrators\n", "Add 2 members and remove 5 in 2 groups (no profile": "y\n"}
    done = at_terminal("apply", plan, piped=False, answers=answers)
    assert done.code == 0, done
    assert members(sandbox, ADMINISTRATORS) == set()


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        (("--max-removals", "4"), "it would remove 5 members, and at most 4 may be"),
        (("--max-removals", "50%"), "it would remove 5 members, and at most 2 (50% of 5 members) may be"),
        (("--max-changes", "6"), "it would add or remove 7 members, and at most 6 may be"),
        (("--max-changes", "10%"), "it would add or remove 7 members, and at most 0 (10% of 5 members) may be"),
        (("--max-changes", "7", "--max-removals", "5"), ""),
    ],
)
def test_bounds_count_members(sandbox: Sandbox, plan: str, bound: tuple[str, ...], told: str) -> None:
    ran = invoke("apply", plan, "-n", "--allow-empty", ADMINISTRATORS, *bound)
    assert (ran.code, told in ran.err) == (3 if told else 0, True), ran.err


def test_rows_that_failed_are_of_a_file_of_users(sandbox: Sandbox, plan: str, tmp_path: Path) -> None:
    refused = spawn("apply", plan, "--yes", "--failed-out", str(tmp_path / "failed.csv"))
    assert (refused.code, "this plan has none" in refused.err) == (2, True)
    assert not writes(sandbox)


def test_json_tells_groups(sandbox: Sandbox, plan: str) -> None:
    told = json.loads(invoke("apply", plan, "-n", "--allow-empty", ADMINISTRATORS).out)
    assert told["about"]["kind"] == "groups sync"
    assert {entry["displayName"] for entry in told["entries"]} == {"Data Engineering", "Platform Administrators"}
    assert told["summary"]["removals"] == 5


@pytest.mark.parametrize(
    ("summary", "groups", "asked", "to_be_done"),
    [
        (Summary(change=1), 0, "Change 1 user", ["1 user to change"]),
        (
            Summary(change=4, creations=1, groups=1, additions=1, deactivations=1),
            1,
            "Change 2 users, deactivate 1 of them, create 1 user, and add 1 member in 1 group",
            ["2 users to change, 1 of them deactivated", "1 user to create", "1 member to add to 1 group"],
        ),
        (Summary(change=2, creations=2), 0, "Create 2 users", ["2 users to create"]),
        (
            Summary(change=3, groups=3, removals=1200),
            2,
            "Remove 1,200 members in 2 groups",
            ["1,200 members to remove from 2 groups"],
        ),
        (Summary(unchanged=3), 0, "", ["0 users to change"]),
    ],
)
def test_what_is_to_be_done_is_told_kind_by_kind(
    summary: Summary, groups: int, asked: str, to_be_done: list[str]
) -> None:
    about = About("apply", "https://x.example", None, "client", None, "x.csv", datetime.now(UTC))
    assert [*to_do(summary, groups)] == to_be_done
    if asked:
        assert question(about, summary, summary.change, groups) == asked
        assert question(about, summary, 1, groups) == "Go on with the change that is left" or summary.change == 1
