"""Writing who is in a group: some members at a time, each answer looked at, however odd the service is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from maia_scim import RetryPolicy, apply
from maia_scim.apply import GuardRail, JournalError, Plan, memberships
from maia_scim.apply.memberships import CHUNK, Member, members_of
from maia_scim.apply.model import Summary
from maia_scim.apply.store import FORMAT
from maia_scim.apply.syncing import sync_groups
from maia_scim.errors import ServerError
from tests.apply.small import Odd, group, moved, outcomes, put
from tests.support.scripted import Answer

if TYPE_CHECKING:
    from pathlib import Path

USERS = [f"u{number:03}" for number in range(250)]


def sync(odd: Odd, tmp_path: Path, wanted: dict[str, list[str]], *, once: bool = False, **options: Any) -> Plan:
    """Plan to have these members in groups; once, nothing is sent again."""
    lines = [f"{group},{each}" for group, ids in wanted.items() for each in ids or [""]]
    client = odd.client(retry=None) if once else odd.client()
    return sync_groups(client, put(tmp_path / "groups.csv", "group,member", *lines), **options)


def undo(odd: Odd, tmp_path: Path) -> Plan:
    return apply.undo(odd.client(), tmp_path / "groups.csv.journal")


def resume(odd: Odd, tmp_path: Path) -> Plan:
    return apply.resume(odd.client(), tmp_path / "groups.csv.journal")


# What a service says of members.


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"members": [{"value": "1", "display": "One"}]}, {"1": Member("1", "One")}),
        ({"Members": [{"VALUE": "1", "Type": "GROUP"}]}, {"1": Member("1", None, is_group=True)}),
        ({"members": ["1", "2", "1"]}, {"1": Member("1"), "2": Member("2")}),
        ({"members": [{"value": ""}, {"value": 7}, {}, None, {"display": "x"}]}, {}),
        ({"members": [{"value": "1", "display": 7, "type": None}]}, {"1": Member("1")}),
        ({"members": [{"value": "1", "$ref": "https://x.example/v2/Groups/1"}]}, {"1": Member("1", None, True)}),
        ({"members": [{"value": "1", "type": "User", "$ref": "https://x.example/Groups/1"}]}, {"1": Member("1")}),
        ({"members": None}, {}),
        ({"members": {"value": "1"}}, {}),
        ({}, {}),
    ],
)
def test_members_are_found_however_they_are_written(body: dict[str, Any], found: dict[str, Member]) -> None:
    assert members_of(body) == found


# A few at a time.


def test_many_members_come_and_go_a_hundred_at_a_time_those_who_come_first(tmp_path: Path) -> None:
    with Odd(USERS, group("g", *USERS[:120])) as odd:
        with sync(odd, tmp_path, {"g": USERS[115:]}) as plan:
            summary = plan.summary
            assert (summary.change, summary.groups, plan.groups) == (4, 4, 1)
            assert (summary.additions, summary.removals, summary.members) == (130, 115, 120)
            assert plan.apply().done == 4
        sizes = [
            [len(each["value"]) if each["op"] == "add" else 1 for each in operations] for _, operations in odd.patches
        ]
        assert [sum(each) for each in sizes] == [CHUNK, 30, CHUNK, 15]
        assert [operations[0]["op"] for _, operations in odd.patches] == ["add", "add", "remove", "remove"]
        assert odd.members("g") == USERS[115:]
        reads = [each.path for each in odd.service.received if each.method == "GET" and "/Groups/" in each.path]
        assert len(reads) == 3, "to find it, to plan, to write; and none for the answers, which tell it all"


@pytest.mark.parametrize("shown", ["204", "none", "null", "first", "before"])
def test_an_answer_that_does_not_tell_all_is_looked_after(tmp_path: Path, shown: str) -> None:
    """204, no members, members as null, the first 100 of them, and those from before."""
    few, many = (110, 115) if shown == "first" else (10, 15)
    with Odd(USERS[: few + 5], group("g", *USERS[:few])) as odd:

        def short(held: dict[str, Any]) -> Answer:
            about = {name: held[name] for name in ("id", "displayName", "meta")}
            answers = {
                "204": Answer(204),
                "none": Answer.of_json(about),
                "null": Answer.of_json({**about, "members": None}),
                "first": Answer.of_json({**about, "members": held["members"][:100]}),
                "before": Answer.of_json({**about, "members": before[-1]}),
            }
            return answers[shown]

        before: list[Any] = []
        odd.patched = lambda _number, held: before.append([*held["members"]])

        odd.shown = short
        with sync(odd, tmp_path, {"g": USERS[2:many]}) as plan:
            assert plan.apply().done == 2
        assert odd.members("g") == USERS[2:many]


def test_a_service_that_does_nothing_and_says_nothing_is_found_out(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *USERS[:3])) as odd:
        odd.patched = lambda _number, _held: Answer(204)
        with sync(odd, tmp_path, {"g": USERS[:4]}) as plan:
            assert plan.apply().refused == 1
            assert "the service answered 204, and it did not add u003" in str(next(plan.failed()).result)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three members a write."""
    monkeypatch.setattr(memberships, "CHUNK", 3)


A, B = USERS[:7], USERS[7:9]


# Answers that are not as they should be.


@pytest.mark.usefixtures("few")
def test_a_service_that_drops_members_past_a_number_is_found_out(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *A[:2]), group("h", *B)) as odd:
        odd.after = lambda _number, held: held["members"].__delitem__(slice(4, None))
        with sync(odd, tmp_path, {"g": A, "h": [B[0]]}) as plan:
            plan.apply()
            assert outcomes(plan) == ["refused", "not_sent", "done"]
            first, second, _ = [(entry.result and entry.result.error) or "" for entry in plan.entries()]
        assert first == "the service answered 200, and it did not add u004"
        assert second == f"not tried, since of this group an earlier write failed: {first}"
        assert (odd.members("g"), odd.members("h")) == (A[:4], B[:1])
        with undo(odd, tmp_path) as plan:
            assert [moved(entry) for entry in plan.entries("change")] == [(A[2:4], []), ([], B[1:])]
            plan.apply()
        assert (odd.members("g"), odd.members("h")) == (A[:2], B)


@pytest.mark.usefixtures("few")
def test_what_was_not_kept_can_be_undone_where_nothing_else_was_done(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *B)) as odd:
        odd.after = lambda _number, held: held["members"].pop()
        with sync(odd, tmp_path, {"g": [*B, *A]}, only="add") as plan:
            assert plan.apply().refused == 1
        odd.after = lambda _number, _held: None
        with undo(odd, tmp_path) as plan:
            assert [moved(entry) for entry in plan.entries("change")] == [(A[:2], [])]
            plan.apply()
        assert odd.members("g") == B


@pytest.mark.usefixtures("few")
def test_a_service_that_does_nothing_is_found_out(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *B), group("h", *A)) as odd:
        odd.patched = lambda _number, held: Answer.of_json({**held, "meta": {}})
        with sync(odd, tmp_path, {"g": [*B, A[0]], "h": A[1:]}) as plan:
            assert plan.apply().refused == 2
            told = [entry.result and entry.result.error for entry in plan.entries()]
        assert told[0] == "the service answered 200, and it did not add u000"
        assert told[1] == "the service answered 200, and it did not remove u000"
        with undo(odd, tmp_path) as plan:
            assert plan.summary.change == 0


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("verb", ["add", "remove"])
def test_a_service_that_drops_somebody_whom_nobody_spoke_of_is_found_out(tmp_path: Path, verb: str) -> None:
    with Odd(USERS[:20], group("g", *A)) as odd:
        odd.after = lambda _number, held: held["members"].pop(0)
        wanted = [*A, *B, *USERS[9:12]] if verb == "add" else A[:2]
        with sync(odd, tmp_path, {"g": wanted}) as plan:
            plan.apply()
            assert outcomes(plan) == ["refused", "not_sent"]
            error = next(plan.entries()).result
        assert error is not None
        assert error.error == "the service answered 200, and members are gone that nobody spoke of: u000"
        assert len(odd.patches) == 1


@pytest.mark.usefixtures("few")
def test_a_service_that_replaces_members_instead_of_adding_loses_no_more_than_once(tmp_path: Path) -> None:
    with Odd(USERS, group("g", *USERS[:8])) as odd:
        odd.after = lambda _number, held: held.update(members=held["members"][8:])
        with sync(odd, tmp_path, {"g": USERS[:20]}) as plan:
            plan.apply()
            assert outcomes(plan) == ["refused"] + ["not_sent"] * 3
            entry = next(plan.entries())
        assert entry.result is not None
        assert "gone that nobody spoke of: u000, u001, u002, u003, u004 and 3 more" in (entry.result.error or "")
        assert (entry.result.status, len(odd.patches)) == (200, 1)


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


# Others who write.


@pytest.mark.usefixtures("few")
def test_who_comes_meanwhile_stays_and_is_not_undone(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *A)) as odd:
        odd.after = lambda number, held: held["members"].append({"value": f"u01{number}"})
        with sync(odd, tmp_path, {"g": [*A[2:], *B, *USERS[15:17]]}) as plan:
            odd.directory.resources["Groups/g"]["members"] += [{"value": B[0]}, {"value": "u019"}]
            del odd.directory.resources["Groups/g"]["members"][0]
            assert plan.apply().done == 3
        added = [each["value"] for _, operations in odd.patches for each in operations[0].get("value", ())]
        assert sorted(added) == [B[1], *USERS[15:17]]
        kept = ["u011", "u012", "u013", "u019"]
        assert odd.members("g") == sorted([*A[2:], *B, *USERS[15:17], *kept])
        odd.after = lambda _number, _held: None
        with undo(odd, tmp_path) as plan:
            plan.apply()
        assert odd.members("g") == sorted([*A[1:], B[0], *kept]), "who was added or removed by others stays so"


@pytest.mark.usefixtures("few")
def test_who_came_meanwhile_is_not_lost_unseen(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *B)) as odd:

        def meddle(number: int, held: dict[str, Any]) -> None:
            if number == 1:
                held["members"].append({"value": "u019"})
            else:
                held["members"] = [each for each in held["members"] if each["value"] != "u019"]

        odd.after = meddle
        with sync(odd, tmp_path, {"g": A}) as plan:
            plan.apply()
            assert outcomes(plan) == ["done", "refused", "not_sent", "not_sent"]
            assert "members are gone that nobody spoke of: u019" in str(next(iter(plan.failed())).result)


def test_a_group_that_is_gone_meanwhile_is_told_of(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *B), group("h", *B)) as odd:
        with sync(odd, tmp_path, {"g": [*A, *B], "h": A}) as plan:
            del odd.directory.resources["Groups/g"]
            plan.apply()
            assert outcomes(plan) == ["moved", "done", "done"]
            assert "the group is not there any more" in str(next(plan.failed()).result)
        assert odd.members("h") == A
        with undo(odd, tmp_path) as plan:
            assert {entry.id for entry in plan.entries()} == {"h"}


def test_a_group_that_is_gone_when_a_run_is_undone_is_told_of(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *B)) as odd:
        with sync(odd, tmp_path, {"g": [*A, *B]}) as plan:
            plan.apply()
        del odd.directory.resources["Groups/g"]
        with undo(odd, tmp_path) as plan:
            (entry,) = plan.entries()
            assert (entry.state, entry.kind, entry.id) == ("not_found", "group", "g")
            assert entry.note == "there is no such group (any more)"


def test_a_group_that_others_have_emptied_is_not_emptied(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *A, *B)) as odd:
        with sync(odd, tmp_path, {"g": A}) as plan:
            plan.check()
            odd.directory.resources["Groups/g"]["members"] = [{"value": each} for each in B]
            assert plan.apply().moved == 1
            assert "would be left without members: plan again" in str(next(plan.failed()).result)
        assert odd.members("g") == B
        assert odd.patches == []


def test_a_saved_plan_is_compared_anew(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *A)) as odd:
        with sync(odd, tmp_path, {"g": [*A[1:], *B]}) as plan:
            plan.save(tmp_path / "saved.plan")
        held = odd.directory.resources["Groups/g"]
        held["members"] = [{"value": each} for each in [*A[1:4], B[0], "u019"]]
        with apply.open_plan(odd.client(), tmp_path / "saved.plan") as plan:
            assert plan.journal == tmp_path / "groups.csv.journal"
            assert plan.apply().done == 2
        assert odd.members("g") == [*A[1:4], *B, "u019"]
        assert [[each["op"] for each in operations] for _, operations in odd.patches] == [["add"]]
        with undo(odd, tmp_path) as plan:
            plan.apply()
        assert odd.members("g") == [*A[1:4], B[0], "u019"], "only what the run did itself"


def test_a_plan_that_has_all_been_done_by_others_writes_nothing(tmp_path: Path) -> None:
    with Odd(USERS[:20], group("g", *A)) as odd:
        with sync(odd, tmp_path, {"g": B}) as plan:
            plan.save(tmp_path / "saved.plan")
        odd.directory.resources["Groups/g"]["members"] = [{"value": each} for each in B]
        with apply.open_plan(odd.client(), tmp_path / "saved.plan") as plan:
            assert plan.apply().done == 2
        assert odd.patches == []
        with undo(odd, tmp_path) as plan:
            assert plan.summary.change == 0


def test_no_version_is_asked_of_a_group(tmp_path: Path) -> None:
    """So that what others change in it meanwhile, such as its name, stops nothing; and stays."""
    with Odd(USERS[:20], group("g", *A), versions=True) as odd:
        with sync(odd, tmp_path, {"g": A[1:]}) as plan:
            odd.directory.change("Groups/g", displayName="Another name")
            assert plan.apply().done == 1
        assert odd.directory.resources["Groups/g"]["displayName"] == "Another name"


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
