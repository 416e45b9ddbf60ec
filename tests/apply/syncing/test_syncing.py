"""Bringing groups to the members that a file says: what is written, and what is refused before that."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from maia_scim import apply
from maia_scim.apply import GuardRail, InvalidFile, memberships
from maia_scim.apply.syncing import sync_groups
from maia_scim.errors import AuthenticationError, ServerError
from maia_scim.sandbox import faults
from tests.apply.small import Broken, Odd, fill, group, members, moved, put, sent, states, stream
from tests.apply.syncing.files import refused, sync
from tests.support.scripted import Answer, Received

if TYPE_CHECKING:
    from maia_scim import MaiaScim
    from maia_scim.sandbox import Sandbox

# What is written.


def test_only_what_differs_is_written(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with sync(maia, tmp_path, "g,b", "g,e", "g,f", "g,c") as plan:
        (entry,) = [each for each in plan.entries() if moved(each)[1]]
        assert moved(entry) == ([], ["e", "f"])
        assert entry.changes[0].after == [
            {"value": "e", "display": "e@x.example"},
            {"value": "f", "display": "f@x.example"},
        ]
        assert (entry.kind, entry.id, entry.name) == ("group", "g", "Group g")
        summary = plan.summary
        assert (summary.change, summary.groups, summary.additions, summary.removals, summary.members) == (2, 2, 2, 1, 3)
        assert (plan.groups, summary.users, summary.rows) == (1, 0, 2)
        assert plan.about.kind == "groups sync"
        assert plan.about.file == "groups.csv"
        plan.check(max_changes=3, max_removals=1)
        for bounds in ({"max_changes": 2}, {"max_removals": 0}, {"max_changes": "99%"}, {"max_removals": "33%"}):
            with pytest.raises(GuardRail):
                plan.check(**bounds)
        assert plan.apply().done == 2
    assert members(held, "g") == ["b", "c", "e", "f"]
    bodies = [request.json["Operations"] for request in held.requests if request.method == "PATCH"]
    assert bodies == [
        [{"op": "add", "path": "members", "value": [{"value": "e"}, {"value": "f"}]}],
        [{"op": "remove", "path": 'members[value eq "a"]'}],
    ]
    assert (members(held, "h"), members(held, "k")) == (["d"], [])


def test_a_second_run_writes_nothing(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    for expected in (2, 0):
        with sync(maia, tmp_path, "g,f", "g,a") as plan:
            assert plan.apply().done == expected
            assert plan.left == 0
    assert sent(held) == ["PATCH g"] * 2
    with apply.Journal(tmp_path / "groups.csv.journal") as journal:
        assert [run.state for run in journal.runs()] == ["finished", "finished"]


@pytest.mark.parametrize(("only", "expected"), [("add", "abcf"), ("remove", "a"), (None, "af")])
def test_only_additions_or_removals(maia: MaiaScim, held: Sandbox, tmp_path: Path, only: Any, expected: str) -> None:
    with sync(maia, tmp_path, "g,a", "g,f", only=only) as plan:
        plan.apply()
    assert members(held, "g") == [*expected]


@pytest.mark.parametrize("only", [None, "remove"])
def test_an_empty_member_is_nobody(maia: MaiaScim, held: Sandbox, tmp_path: Path, only: Any) -> None:
    with sync(maia, tmp_path, "h,", "k,  ", only=only) as plan:
        assert states(plan) == [("h", "change"), ("k", "unchanged")]
        (entry,) = plan.emptied()
        assert (entry.id, entry.empties, entry.note) == ("h", True, "the group would be left without members")
        assert [(each.empties, each.note) for each in plan.entries("unchanged")] == [(False, None)]
        assert [*plan.emptied(["H "])] == [*plan.emptied(["group H"])] == []
        with pytest.raises(GuardRail) as caught:
            plan.check()
        assert caught.value.reasons == ("it would leave Group h without members, which --allow-empty has to name",)
        plan.check(allow_empty=["h"])
        plan.apply()
    assert members(held, "h") == []


def test_an_empty_member_adds_nobody(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with sync(maia, tmp_path, "h,", only="add") as plan:
        assert states(plan) == [("h", "unchanged")]


def test_a_group_that_is_changed_through_is_not_empty_in_between(
    maia: MaiaScim, held: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memberships, "CHUNK", 2)
    with sync(maia, tmp_path, "g,d", "g,e", "g,f") as plan:
        assert [moved(each) for each in plan.entries()] == [
            ([], ["d", "e"]),
            ([], ["f"]),
            (["a", "b"], []),
            (["c"], []),
        ]
        assert not [*plan.emptied()]
        plan.check()
        plan.apply()
    assert members(held, "g") == ["d", "e", "f"]


def test_the_last_of_the_writes_is_the_one_that_empties(
    maia: MaiaScim, held: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memberships, "CHUNK", 2)
    with sync(maia, tmp_path, "g,") as plan:
        assert [(moved(each)[0], each.empties) for each in plan.entries()] == [(["a", "b"], False), (["c"], True)]
        assert plan.summary.members == 3
        plan.apply()
    assert members(held, "g") == []


def test_groups_that_are_members_are_left_alone(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    nested = [{"value": "h", "type": "Group"}, {"value": "k", "$ref": "Groups/k"}]
    fill(sandbox, "abc", [group("g", "a", *nested, "b"), group("h"), group("k")])
    with sync(maia, tmp_path, "g,c") as plan:
        plan.apply()
    assert members(sandbox, "g") == ["c", "h", "k"]
    with sync(maia, tmp_path, "g,") as plan:
        plan.check()  # the groups stay, so it is not without members
        plan.apply()
    assert members(sandbox, "g") == ["h", "k"]


def test_a_group_with_a_nested_group_as_a_wish_is_refused(maia: MaiaScim, sandbox: Sandbox) -> None:
    fill(sandbox, "abc", [group("g", "a", {"value": "h", "type": "GROUP"}), group("h"), group("k")])
    assert refused(maia, "g,a", "g,h", "g,k", "g,g") == [
        "line 3, column member: h is a group: the file is about users who are members",
        "line 4, column member: k is a group: the file is about users who are members",
        "line 5, column member: g is a group: the file is about users who are members",
    ]


def test_members_who_are_there_already_are_not_read(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with sync(maia, tmp_path, "g,a", "g,b", "h,a", "h,e", on_progress=lambda *far: told.append(far)):
        pass
    read = [request.id for request in held.requests if "/Users/" in request.path]
    assert read == ["e"]
    assert told == [(1, 1)]


def test_who_is_gone_and_still_a_member_may_stay(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    fill(sandbox, "a", [group("g", "a", "ghost")])
    with sync(maia, tmp_path, "g,a", "g,ghost") as plan:
        assert states(plan) == [("g", "unchanged")]
    with sync(maia, tmp_path, "g,a") as plan:
        plan.apply()
    assert members(sandbox, "g") == ["a"]


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.json"])
def test_json_does_as_well(maia: MaiaScim, held: Sandbox, tmp_path: Path, name: str) -> None:
    rows = ['{"Group": "g", "Member": " f "}', '{"member": null, "group": "h", "why": "closed"}']
    lines = rows if name.endswith("l") else [f"[{','.join(rows)}]"]
    with sync_groups(maia, put(tmp_path / name, *lines)) as plan:
        plan.apply()
    assert (members(held, "g"), members(held, "h")) == (["f"], [])


def test_ids_are_the_same_in_any_case_to_a_service_that_takes_them_so(tmp_path: Path) -> None:
    with Odd("ab", group("g", "a")) as odd:
        answer = odd.service.answer

        def lenient(request: Received) -> Answer:
            base, kind, id = request.path.rsplit("/", 2)
            return answer(Received(request.method, f"{base}/{kind}/{id.lower()}", request.headers, request.body))

        odd.service.answer = lenient
        with sync(odd.client(), tmp_path, "G,A", "g,B") as plan:
            assert [(each.id, *moved(each)) for each in plan.entries()] == [("g", [], ["b"])]
            assert plan.apply().done == 1
        assert odd.members("g") == ["a", "b"]


def test_a_member_who_cannot_be_read_is_told(maia: MaiaScim, held: Sandbox) -> None:
    held.inject(Broken("e"), on="users.get", times=None)
    told, other = refused(maia, "g,e", "g,f", "g,nobody")
    assert told.startswith("line 2, column member: could not be read: GET ")
    assert other.startswith("line 4, column member: there is no user nobody")


def test_the_journal_of_a_stream_has_to_be_named(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with sync_groups(maia, stream("group,member", "g,a"), name="-") as plan:
        assert plan.journal is None
        assert plan.about.file == "-"
        with pytest.raises(apply.PlanError, match="no journal"):
            plan.apply()
        plan.apply(tmp_path / "journal")
    assert members(held, "g") == ["a"]


# What is refused, before anything is written.


def test_all_that_is_wrong_in_a_file_is_told_at_once(maia: MaiaScim, held: Sandbox) -> None:
    lines = ["g,a", ",a", "g,a", "h,", "h,b", "../x,c", "g,../y", "k,"]
    assert refused(maia, *lines) == [
        "line 3, column group: is empty: each row needs a group",
        "line 4, column member: a is in g by line 2 already",
        "line 5, column member: is empty, as of a group that is to have nobody, and line 6 has somebody",
        "line 7, column group: '../x' is no id of a group: it holds a path or control characters",
        "line 8, column member: '../y' is no id of a member: it holds a path or control characters",
    ]
    assert not [*held.requests], "all of it is seen without asking anybody"


def test_who_is_not_there_is_told(maia: MaiaScim, held: Sandbox) -> None:
    assert refused(maia, "g,a", "gone,a", "g,nobody", "h,some@x.example") == [
        "line 3, column group: there is no such group (any more) in this account and region; "
        "if it is a name, an index finds whose it is",
        "line 4, column member: there is no user nobody in this account and region",
        "line 5, column member: there is no such id; if it is a name, an index finds whose it is",
    ]
    assert sent(held) == []


@pytest.mark.parametrize("lines", [[], ["", " , "]])
def test_a_file_without_rows_is_refused(maia: MaiaScim, held: Sandbox, lines: list[str]) -> None:
    assert refused(maia, *lines) == ["column group: the file has no rows: nothing is to be done"]


def test_a_file_with_other_columns_is_refused(maia: MaiaScim, tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="there is no column member"):
        sync_groups(maia, stream("group,user", "g,a"))
    with pytest.raises(InvalidFile, match="cannot be read"):
        sync_groups(maia, tmp_path / "missing.csv")


def test_values_that_are_no_text_are_refused(maia: MaiaScim, held: Sandbox) -> None:
    with pytest.raises(InvalidFile) as caught:
        sync_groups(maia, stream('{"group": "g", "member": 7}', '{"group": ["g"], "member": true}'), name="x.jsonl")
    assert [str(each) for each in caught.value.faults] == [
        "line 1, column member: needs text, in double quotes",
        "line 2, column group: needs text, in double quotes",
        "line 2, column member: needs text, in double quotes",
    ]


def test_of_many_faults_the_first_are_told_and_all_are_counted(maia: MaiaScim, held: Sandbox) -> None:
    with pytest.raises(InvalidFile) as caught:
        sync_groups(maia, stream("group,member", *[f"g,../{number}" for number in range(1200)]))
    assert (len(caught.value.faults), caught.value.total) == (1000, 1200)
    assert "1200 faults" in str(caught.value)


def test_credentials_that_are_refused_end_it(maia: MaiaScim, held: Sandbox) -> None:
    held.inject(faults.Status(401), times=None)
    with pytest.raises(AuthenticationError):
        sync_groups(maia, stream("group,member", "g,a"))


def test_a_group_that_cannot_be_read_stops_no_other(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    struck = held.inject(faults.Status(500), on="groups.get", times=None)
    struck.stop()
    held.inject(faults.Status(500), on="groups.get", times=1)
    with sync(maia, tmp_path, "g,a", "h,e") as plan:
        assert dict(states(plan)) == {"g": "change", "h": "change"}, "read again, it can be"
    held.inject(Broken("g"), on="groups.get", times=None)
    with sync(maia, tmp_path, "g,a", "h,e") as plan:
        (unread,) = plan.entries("unread")
        assert (unread.id, unread.kind) == ("g", "group")
        assert "500" in (unread.note or "")
        assert {each.id for each in plan.entries("change")} == {"h"}
        assert {each.id for each in plan.failed()} == {"g", "h"}
        plan.apply()
        assert {each.id for each in plan.failed()} == {"g"}
    assert (members(held, "g"), members(held, "h")) == (["a", "b", "c"], ["e"])


def test_a_service_that_is_not_well_is_given_up(maia: MaiaScim, sandbox: Sandbox) -> None:
    fill(sandbox, "a", [group(f"g{number}") for number in range(40)])
    sandbox.inject(faults.Status(500), on="groups.get", times=None)
    with pytest.raises(ServerError):
        sync_groups(maia, stream("group,member", *[f"g{number},a" for number in range(40)]))
    assert len(sandbox.requests) == 25


# Many.


def test_a_thousand_members(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    people = [f"u{number:04}" for number in range(1000)]
    fill(sandbox, people, [group("g", *people[:600])])
    begun = time.monotonic()
    with sync(maia, tmp_path, *[f"g,{each}" for each in people[400:]]) as plan:
        assert (plan.summary.change, plan.summary.additions, plan.summary.removals) == (8, 400, 400)
        assert plan.apply().done == 8
    assert time.monotonic() - begun < 15
    assert members(sandbox, "g") == people[400:]
    assert len([each for each in sandbox.requests if "/Groups/" in each.path]) == 11
