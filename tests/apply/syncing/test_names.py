"""Bringing groups to members: names instead of ids, and members who are protected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maia_scim import apply
from maia_scim.apply import GuardRail
from maia_scim.index import Index, add_groups, add_users
from tests.apply.small import NFC, NFD, Broken, fill, group, members, moved, put, sent, user
from tests.apply.syncing.files import refused, sync

if TYPE_CHECKING:
    from maia_scim import MaiaScim
    from maia_scim.sandbox import Sandbox

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
