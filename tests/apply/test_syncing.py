"""Bringing groups to the members that a file says: what is taken, what is refused, what is written."""

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
from maia_scim.apply import GuardRail, InvalidFile, JournalError, Plan, memberships
from maia_scim.apply.syncing import sync_groups
from maia_scim.errors import AuthenticationError, ServerError
from maia_scim.index import Index, add_groups, add_users
from maia_scim.sandbox import faults
from tests.apply.conftest import client_of
from tests.apply.small import Odd, fill, group, members, moved, put, sent, states, stream, user
from tests.apply.test_kill import line
from tests.support.scripted import Answer, Received

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from maia_scim import MaiaScim
    from maia_scim.sandbox import Sandbox

# The same letters twice, composed and not (U+00E9; U+0065 U+0301).
NFC, NFD = "zo\u00e9", "zoe\u0301"


@pytest.fixture
def held(sandbox: Sandbox) -> Sandbox:
    """Users a to f, and groups g (a, b, c), h (d) and k (nobody)."""
    fill(sandbox, "abcdef", [group("g", *"abc"), group("h", "d"), group("k")])
    return sandbox


@pytest.fixture
def index(held: Sandbox, maia: MaiaScim, tmp_path: Path) -> Iterator[Index]:
    """What knows them all by their names."""
    with Index.open(tmp_path / "seen.sqlite", maia) as index:
        add_groups(index, maia, ["g", "h", "k"])
        add_users(index, maia, "abcdef")
        held.forget_requests()
        yield index


def sync(maia: MaiaScim, tmp_path: Path, *lines: str, **options: Any) -> Plan:
    return sync_groups(maia, put(tmp_path / "groups.csv", "group,member", *lines), **options)


def refused(maia: MaiaScim, *lines: str, **options: Any) -> list[str]:
    """The faults of a file that is refused."""
    with pytest.raises(InvalidFile) as caught:
        sync_groups(maia, stream("group,member", *lines), **options)
    assert caught.value.total == len(caught.value.faults)
    return [str(each) for each in caught.value.faults]


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


class Broken(faults.Fault):
    """An error for some users or groups, by their ids."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids

    def meet(self, exchange: faults.Exchange) -> faults.Answer:
        if exchange.request.path.rpartition("/")[2] in self.ids:
            return faults.problem(exchange.request, 500, "broken")
        return exchange.perform()


def test_a_service_that_is_not_well_is_given_up(maia: MaiaScim, sandbox: Sandbox) -> None:
    fill(sandbox, "a", [group(f"g{number}") for number in range(40)])
    sandbox.inject(faults.Status(500), on="groups.get", times=None)
    with pytest.raises(ServerError):
        sync_groups(maia, stream("group,member", *[f"g{number},a" for number in range(40)]))
    assert len(sandbox.requests) == 25


# Names.


def test_names_do_as_well_where_an_index_knows_them(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path
) -> None:
    with sync(maia, tmp_path, "Group g,A@x.EXAMPLE", "GROUP G,f@mail.example", index=index) as plan:
        assert plan.summary.change == 2
        plan.apply()
    assert members(held, "g") == ["a", "f"]
    assert index.members_of("g") == ("a", "f"), "and it knows what was done"


def test_who_is_named_is_read_even_if_in_the_group_already(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path
) -> None:
    with sync(maia, tmp_path, "Group g,a@x.example", index=index):
        pass
    assert [request.id for request in held.requests if "/Users/" in request.path] == ["a"]


AN_ID = "an id (or a name that the index does not know)"


@pytest.mark.parametrize(
    "lines", [("Group g,a", "Group g,b@x.example"), ("Group g,a@x.example", "Group g,b"), ("g,a", "Group h,b")]
)
def test_ids_and_names_are_not_mixed_in_a_column(
    maia: MaiaScim, held: Sandbox, index: Index, lines: tuple[str, str]
) -> None:
    (told,) = refused(maia, *lines, index=index)
    column = "group" if lines[0] == "g,a" else "member"
    kinds = (AN_ID, "a name") if lines[1].endswith("g,b") else ("a name", AN_ID)
    assert told == f"line 3, column {column}: {kinds[0]}, and line 2 has {kinds[1]}: a file has either"


def test_the_first_of_each_kind_is_told(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    (told,) = refused(maia, "g,a@x.example", "g,b@x.example", "g,c", "g,d", "g,e@x.example", index=index)
    assert told == f"line 4, column member: {AN_ID}, and line 2 has a name: a file has either"


def test_ids_of_members_may_stand_beside_names_of_groups(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path
) -> None:
    with sync(maia, tmp_path, "Group g,a", index=index) as plan:
        plan.apply()
    assert members(held, "g") == ["a"]


def test_a_name_that_nobody_has_is_told(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    first, second = refused(maia, "g,b@x.example", "g,nobody@x.example", "h,x@x.example", index=index)
    assert first.startswith("line 3, column member: nobody@x.example: no user of that name was seen.")
    assert second.startswith("line 4, column member: x@x.example: ")
    assert not [*held.requests]


def test_a_name_that_several_have_is_told(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    shared = [{"value": "team@x.example"}]
    fill(sandbox, [user("a", emails=shared), user("b", emails=shared)], [group("g"), group("h", displayName="Group g")])
    with Index.open(tmp_path / "seen.sqlite", maia) as index:
        add_groups(index, maia, ["g", "h"])
        add_users(index, maia, "ab")
        (told,) = refused(maia, "g,team@x.example", index=index)
        assert told.startswith("line 2, column member: team@x.example is the emails of 2 users: ")
        (told,) = refused(maia, "Group g,a", index=index)
        assert told.startswith("line 2, column group: Group g is the displayName of 2 groups: ")


@pytest.mark.parametrize("other", ["A@X.EXAMPLE", "a@mail.example", "a@x.example"])
def test_somebody_twice_by_different_names_is_refused(maia: MaiaScim, held: Sandbox, index: Index, other: str) -> None:
    assert refused(maia, "Group g,a@x.example", f"GROUP g,{other}", index=index) == [
        f"line 3, column member: {other} is in GROUP g by line 2 already"
    ]


def test_somebody_twice_by_two_forms_of_a_name_is_refused(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    fill(sandbox, [user("z", userName=f"{NFC}@x.example")], [group("g")])
    with Index.open(tmp_path / "seen.sqlite", maia) as index:
        add_users(index, maia, "z")
        (told,) = refused(maia, f"g,{NFC}@x.example", f"g,{NFD}@X.example", index=index)
        assert told.endswith("is in g by line 2 already")
        with sync(maia, tmp_path, f"g,{NFD}@x.example", index=index) as plan:
            assert [moved(each) for each in plan.entries()] == [([], ["z"])]


def test_a_name_that_is_out_of_date_is_refused(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    other = held.dump()
    other["users"][4] |= {"userName": "new@x.example", "emails": []}
    other["users"][5] |= {"userName": "e@x.example"}
    other["users"][0] |= {"userName": "another@x.example"}
    held.load(other)
    assert refused(maia, "g,a@x.example", "g,e@x.example", index=index) == [
        "line 2, column member: the index is out of date: who was a@x.example is another@x.example now; read it anew",
        "line 3, column member: the index is out of date: who was e@x.example is new@x.example now; read it anew",
    ]
    assert sent(held) == []


def test_the_name_of_a_group_that_is_out_of_date_is_refused(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    other = held.dump()
    other["groups"][0]["displayName"] = "Another"
    held.load(other)
    (told,) = refused(maia, "Group g,a", index=index)
    assert told.startswith("line 2, column group: the index is out of date: ")
    assert "Another" in told
    assert sent(held) == []


def test_a_name_of_somebody_who_is_gone_is_told(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    fill(held, "abcd", [group("g", *"abc")])
    (told,) = refused(maia, "g,e@x.example", index=index)
    assert told == "line 2, column member: there is no user e in this account and region"


# Who is protected.


@pytest.mark.parametrize("name", ["a", "A", "a@x.example", "A@MAIL.EXAMPLE"])
def test_who_is_protected_is_not_removed(maia: MaiaScim, held: Sandbox, tmp_path: Path, name: str) -> None:
    protect = put(tmp_path / "protect", f"{name}  # the boss")
    with sync(maia, tmp_path, "g,d", protect=protect) as plan:
        assert [(each.state, *moved(each)) for each in plan.entries()] == [
            ("change", [], ["d"]),
            ("change", ["b", "c"], []),
            ("protected", ["a"], []),
        ]
        (entry,) = plan.entries("protected")
        assert entry.note == "a: protected, and would be removed"
        assert (plan.summary.removals, plan.summary.members, plan.summary.protected) == (2, 3, 1)
        plan.apply()
        assert [each.id for each in plan.failed()] == ["g"]
    assert members(held, "g") == ["a", "d"]


def test_what_a_group_displays_protects_too(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    fill(sandbox, "a", [group("g", "a", {"value": "ghost", "display": "The Boss"})])
    protect = put(tmp_path / "protect", "the boss")
    with sync(maia, tmp_path, "g,a", protect=protect) as plan:
        assert [(each.state, each.note) for each in plan.entries()] == [
            ("unchanged", None),
            ("protected", "The Boss: protected, and would be removed"),
        ]


@pytest.mark.parametrize(("written", "has"), [(NFC, NFD), (NFD, NFC)])
def test_a_name_protects_in_each_of_its_forms(
    maia: MaiaScim, sandbox: Sandbox, tmp_path: Path, written: str, has: str
) -> None:
    fill(sandbox, ["a", user("z", userName=f"{has}@x.example")], [group("g", "a", "z")])
    protect = put(tmp_path / "protect", f"{written.upper()}@x.example")
    with sync(maia, tmp_path, "g,a", protect=protect) as plan:
        assert [each.state for each in plan.entries()] == ["unchanged", "protected"]


def test_who_cannot_be_read_may_be_protected(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    protect = put(tmp_path / "protect", "boss@x.example")
    held.inject(Broken("b"), on="users.get", times=None)
    with sync(maia, tmp_path, "g,a", protect=protect) as plan:
        assert [(each.state, moved(each)[0]) for each in plan.entries()] == [("change", ["c"]), ("protected", ["b"])]
        note = next(plan.entries("protected")).note or ""
        assert note == "b: could not be read, and may be protected"


def test_who_is_gone_is_not_protected(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    fill(sandbox, "a", [group("g", "a", "ghost")])
    with sync(maia, tmp_path, "g,a", protect=put(tmp_path / "protect", "boss")) as plan:
        assert [(each.state, moved(each)[0]) for each in plan.entries()] == [("change", ["ghost"])]


def test_a_group_that_keeps_its_protected_member_is_not_empty(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with sync(maia, tmp_path, "g,", protect=put(tmp_path / "protect", "b")) as plan:
        assert [*plan.emptied()] == []
        plan.check()
        plan.apply()
    assert members(held, "g") == ["b"]


def test_a_plan_that_was_saved_before_somebody_was_protected_stops(
    maia: MaiaScim, sandbox: Sandbox, tmp_path: Path
) -> None:
    fill(sandbox, "abc", [group("g", {"value": "a", "display": "Ann"}, *"bc")])
    with sync(maia, tmp_path, "g,b") as plan:
        plan.save(tmp_path / "saved.plan")
    with apply.open_plan(maia, tmp_path / "saved.plan") as plan:
        plan.check(protected=frozenset({"b", "g", "group g"}))
        for name, told in (("ann", "Ann"), ("a", "Ann"), ("c", "c")):
            with pytest.raises(GuardRail) as caught:
                plan.check(protected=frozenset({name}))
            assert caught.value.reasons == (f"it would remove {told} from Group g, which is protected",)


def test_an_empty_list_of_the_protected_is_refused(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(apply.ApplyError, match="names nobody to protect"):
        sync(maia, tmp_path, "g,a", protect=put(tmp_path / "protect", "# nobody"))


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


# Killed.


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


# Any members at all.

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
