"""Writing who is in a group: errors midway, what is resumed and undone, and what a journal holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from maia_scim import RetryPolicy, apply
from maia_scim.apply import GuardRail, JournalError, memberships
from maia_scim.apply.model import Summary
from maia_scim.apply.store import FORMAT
from maia_scim.errors import ServerError
from tests.apply.small import Odd, group, moved, outcomes, put
from tests.apply.syncing.odd import USERS, A, B, resume, sync, undo
from tests.support.scripted import Answer

if TYPE_CHECKING:
    from pathlib import Path

# Errors midway.


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(429, headers={"Retry-After": "0"}), "refused"),
        (Answer(503, headers={"Retry-After": "0"}), "refused"),
        (Answer.problem(400), "refused"),
        (Answer.problem(403), "refused"),
        (Answer.problem(409), "refused"),
        (Answer.problem(412), "moved"),
        (Answer.problem(404), "refused"),
        (Answer.problem(500), "unknown"),
        (Answer(503), "unknown"),
        (Answer(drop=0), "unknown"),
        (Answer(200, b"<html>", {"Content-Type": "text/html"}), "unknown"),
    ],
)
def test_after_an_error_no_more_of_the_group_is_sent_and_other_groups_go_on(
    tmp_path: Path, answer: Answer, outcome: str
) -> None:
    with Odd(USERS[:20], group("g", *B), group("h", *B)) as odd:
        odd.patched = lambda number, _held: answer if number == 2 else None
        with sync(odd, tmp_path, {"g": A, "h": [*B, A[0]]}, once=True) as plan:
            plan.apply()
            assert outcomes(plan) == ["done", outcome, "not_sent", "not_sent", "done"]
            errors = [(entry.result and entry.result.error) or "" for entry in plan.entries()]
        assert [path for path, _ in odd.patches] == ["Groups/g", "Groups/g", "Groups/h"]
        assert all(each.startswith("not tried, since of this group an earlier write failed: ") for each in errors[2:4])
        assert odd.members("g") == sorted([*A[:3], *B])
        if outcome == "moved":
            assert errors[1] == "somebody else changed the group since it was read (412)"
        odd.patched = lambda _number, _held: None
        with undo(odd, tmp_path) as plan:  # what was not done is not taken back
            gone = [moved(entry) for entry in plan.entries("change") if entry.id == "g"]
            assert gone == [(A[:3], [])]


@pytest.mark.usefixtures("few")
def test_what_was_left_is_resumed(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *B)) as odd:
        odd.patched = lambda number, _held: Answer(429, headers={"Retry-After": "0"}) if number == 2 else None
        with sync(odd, tmp_path, {"g": A}, once=True) as plan:
            plan.apply()
        with resume(odd, tmp_path) as plan:
            assert plan.left == 3
            assert plan.apply().done == 4
        assert odd.members("g") == A
        with undo(odd, tmp_path) as plan:
            plan.apply()
        assert odd.members("g") == B


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("done", [True, False])
def test_a_write_whose_answer_was_lost_is_looked_at_first(tmp_path: Path, done: bool) -> None:
    with Odd(USERS[:20], group("g", *B)) as odd:

        def lost(number: int, held: dict[str, Any]) -> Answer | None:
            if number == 1 and done:
                held["members"] += [{"value": each} for each in A[:3]]
            return Answer(drop=0) if number == 1 else None

        odd.patched = lost
        with sync(odd, tmp_path, {"g": [*A[:4], *B]}) as plan:
            plan.apply()
            assert outcomes(plan) == ["unknown", "not_sent"]
        with resume(odd, tmp_path) as plan:
            assert plan.apply().done == 2
        added = [len(operations[0]["value"]) for _, operations in odd.patches]
        assert added == ([3, 1] if done else [3, 3, 1])
        assert odd.members("g") == [*A[:4], *B]
        with undo(odd, tmp_path) as plan:
            plan.apply()
        assert odd.members("g") == B, "what the first attempt may have done is undone, too"


@pytest.mark.usefixtures("few")
def test_a_removal_whose_answer_was_lost_is_undone_too(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *A)) as odd:

        def lost(number: int, held: dict[str, Any]) -> Answer | None:
            if number == 1:
                held["members"] = held["members"][2:]
            return Answer(drop=0) if number == 1 else None

        odd.patched = lost
        with sync(odd, tmp_path, {"g": A[3:]}) as plan:
            assert plan.apply().unknown == 1
        answer = odd.service.answer
        odd.service.answer = lambda _: Answer.problem(500)
        with resume(odd, tmp_path) as plan:  # what it is, still nobody knows
            assert plan.apply().unknown == 1
        odd.service.answer = answer
        with resume(odd, tmp_path) as plan:
            assert plan.apply().done == 1
        assert odd.members("g") == A[3:]
        with undo(odd, tmp_path) as plan:
            plan.apply()
        assert odd.members("g") == A


@pytest.mark.usefixtures("few")
def test_what_may_be_done_stays_so_over_an_attempt_that_was_turned_away(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *B)) as odd:

        def odd_one(number: int, held: dict[str, Any]) -> Answer | None:
            if number == 1:  # it does a part, and does not answer
                held["members"] += [{"value": each} for each in A[:2]]
                return Answer(drop=0)
            return Answer(429, headers={"Retry-After": "0"}) if number == 2 else None

        odd.patched = odd_one
        with sync(odd, tmp_path, {"g": [*A[:3], *B]}) as plan:
            assert plan.apply().unknown == 1
        for retry, outcome in ((None, "refused"), (RetryPolicy(backoff=0), "done")):
            with apply.resume(odd.client(retry=retry), tmp_path / "groups.csv.journal") as plan:
                plan.apply()
                assert outcomes(plan) == [outcome]
        with undo(odd, tmp_path) as plan:
            plan.apply()
        assert odd.members("g") == B


def test_a_service_that_is_not_well_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memberships, "CHUNK", 1)
    groups = [group(f"g{number:02}", USERS[0]) for number in range(30)]
    with Odd(USERS[:3], *groups) as odd:
        odd.patched = lambda _number, _held: Answer.problem(500)
        with sync(odd, tmp_path, {each["id"]: USERS[:3] for each in groups}) as plan:
            with pytest.raises(ServerError):
                plan.apply()
            assert (len(odd.patches), plan.summary.unknown) == (25, 25)
            assert plan.left == 60
        odd.patched = lambda _number, _held: None
        with resume(odd, tmp_path) as plan:
            assert plan.apply().done == 60
        assert {len(odd.members(each["id"])) for each in groups} == {3}


# Undoing.


def test_an_undo_that_would_leave_a_group_empty_asks(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g")) as odd:
        with sync(odd, tmp_path, {"g": A}) as plan:
            plan.apply()
        with undo(odd, tmp_path) as plan:
            with pytest.raises(GuardRail, match="leave Group g without members"):
                plan.check()
            plan.check(allow_empty=["g"])
            plan.check(allow_empty=[" GROUP G "])
            plan.apply()
        assert odd.members("g") == []
        with undo(odd, tmp_path) as plan:  # the undo is a run, too
            plan.apply()
        assert odd.members("g") == A


def test_nothing_is_undone_of_a_run_that_wrote_nothing(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *A)) as odd:
        with sync(odd, tmp_path, {"g": A}) as plan:
            assert plan.apply().unchanged == 1
        with pytest.raises(JournalError, match="nothing to undo"):
            undo(odd, tmp_path)


def test_an_undo_shields_who_is_protected_by_now(tmp_path: Path) -> None:
    protect = put(tmp_path / "protect", f"{A[0]}@MAIL.example")
    with Odd(USERS[:20], group("g", *B)) as odd:
        with sync(odd, tmp_path, {"g": [*A, *B]}) as plan:
            plan.apply()
        with apply.undo(odd.client(), tmp_path / "groups.csv.journal", protect=protect) as plan:
            assert [entry.state for entry in plan.entries()] == ["change", "protected"]
            plan.apply()
        assert odd.members("g") == [A[0], *B]


# What a journal holds of it.


def test_a_journal_of_another_version_is_refused(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *B)) as odd:
        with sync(odd, tmp_path, {"g": A}) as plan:
            plan.apply()
        file = tmp_path / "groups.csv.journal"
        for version in (1, 3):
            with closing(sqlite3.connect(file)) as connection:
                assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)
                connection.execute(f"PRAGMA user_version = {version}")
            for attempt in (lambda: sync(odd, tmp_path, {"g": B}), lambda: undo(odd, tmp_path)):
                with pytest.raises(JournalError, match="written by another version of maia-scim, which has to read it"):
                    attempt()
            with pytest.raises(JournalError, match="another version"):
                resume(odd, tmp_path)
            with closing(sqlite3.connect(file)) as connection:
                connection.execute(f"PRAGMA user_version = {FORMAT}")


@pytest.mark.usefixtures("few")
def test_what_a_run_did_is_counted(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *B), group("h", *A), group("k")) as odd:
        with sync(odd, tmp_path, {"g": A, "h": A, "k": A[:1]}) as plan:
            odd.patched = lambda number, _held: Answer.problem(400) if number == 2 else None
            assert plan.apply() == Summary(
                change=5,
                groups=5,
                additions=8,
                removals=2,
                members=9,
                unchanged=1,
                done=2,
                refused=1,
                not_sent=2,
            )
            assert (plan.groups, plan.left) == (2, 2)
        with apply.Journal(tmp_path / "groups.csv.journal") as journal:
            (run,) = journal.runs()
            assert (run.state, run.summary.done, run.summary.additions) == ("stopped", 2, 8)
            done = [entry.result and entry.result.after for entry in journal.entries(1)]
        assert done[0] == {"members": [{"value": each} for each in A[:3]]}
