"""Writing who is in a group: some members at a time, each answer looked at, and others who write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from maia_scim import apply
from maia_scim.apply.memberships import CHUNK, Member, members_of
from tests.apply.small import Odd, group, moved, outcomes
from tests.apply.syncing.odd import USERS, A, B, sync, undo
from tests.support.scripted import Answer

if TYPE_CHECKING:
    from pathlib import Path

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
