"""Renaming users without a file of values, and names that two would have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from maia_scim import apply
from maia_scim.apply import ApplyError, GuardRail, InvalidFile, Plan
from maia_scim.apply.changing import rename, set_attributes, settings_of
from maia_scim.apply.renaming import Pair, Pairs, Renaming
from maia_scim.apply.where import Where
from maia_scim.apply.whom import Whom
from maia_scim.errors import AuthenticationError
from maia_scim.index import Index, NameAmbiguous, NameNotFound, add_users
from maia_scim.sandbox import faults
from tests.apply.changing.people import named
from tests.apply.small import NFC, NFD, Broken, fill, put, sent, states, user

if TYPE_CHECKING:
    from pathlib import Path

    from maia_scim import MaiaScim
    from maia_scim.sandbox import Sandbox

MOVE = Renaming(r"@x\.example$", "@y.example")


def pairs(*names: str) -> Pairs:
    """Pairs of names, written old>new."""
    return Pairs(Pair(number, *each.split(">")) for number, each in enumerate(names, 2))


def renamed(maia: MaiaScim, tmp_path: Path, renaming: Renaming | Pairs, *ids: str, **options: Any) -> Plan:
    whom = Whom(ids=ids, index=options.get("index")) if ids else None
    return rename(maia, renaming, whom, **{"journal": tmp_path / "journal", **options})


def refused(maia: MaiaScim, renaming: Renaming | Pairs, *ids: str, **options: Any) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        rename(maia, renaming, Whom(ids=ids) if ids else None, **options)
    assert str(caught.value).startswith("users rename: ")
    return [str(each) for each in caught.value.faults]


def names_of(sandbox: Sandbox, id: str) -> tuple[str, list[str]]:
    held = sandbox.users[id]
    return held["userName"], [each["value"] for each in held["emails"]]


# Renaming.


def test_the_name_and_the_addresses_change_together(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with renamed(maia, tmp_path, MOVE, "a", "b") as plan:
        assert states(plan) == [("a", "change"), ("b", "change")]
        assert [[change.path for change in each.changes] for each in plan.entries()] == [["userName", "emails"]] * 2
        assert plan.about.kind == "users rename"
        plan.check(max_changes=2)
        with pytest.raises(GuardRail):
            plan.check(max_changes=1)
        assert plan.apply().done == 2
    assert names_of(held, "a") == ("a@y.example", ["a@y.example"])
    assert names_of(held, "c") == ("c@x.example", ["c@x.example"])
    assert sorted(sent(held)) == ["PUT a", "PUT b"]


def test_whoever_keeps_its_names_is_not_in_the_plan(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    fill(held, [named("a", "a@z.example"), named("b", "b@x.example"), "c"])
    with renamed(maia, tmp_path, MOVE, "a", "b", "gone") as plan:
        assert states(plan) == [("b", "change"), ("gone", "not_found")]
        assert plan.summary.rows == 2
        plan.apply()
    with renamed(maia, tmp_path, MOVE, "a", "b") as plan:
        assert states(plan) == []
        assert plan.apply().done == 0


def test_pairs_mean_those_who_have_the_old_names(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    change = pairs("A@x.example>ann@y.example", "c@x.example>cy@y.example")
    with renamed(maia, tmp_path, change, index=index) as plan:
        assert states(plan) == [("a", "change"), ("c", "change")]
        assert plan.summary.named == 2
        plan.apply()
    assert names_of(held, "a") == ("ann@y.example", ["ann@y.example"])
    assert index.find("ann@y.example").id == "a"
    with pytest.raises(NameNotFound):
        renamed(maia, tmp_path, change, index=index)
    with pytest.raises(ApplyError, match="is a name: it takes an index"):
        renamed(maia, tmp_path, change)


def test_a_user_of_two_pairs_is_written_once(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    fill(held, [named("a", "a@x.example", "alias@x.example")])
    add_users(index, maia, "a")
    change = pairs("a@x.example>a@y.example", "alias@x.example>alias@y.example")
    with renamed(maia, tmp_path, change, index=index) as plan:
        assert plan.apply().done == 1
    assert names_of(held, "a") == ("a@y.example", ["a@y.example", "alias@y.example"])


def test_a_name_that_is_out_of_date_renames_nobody(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    fill(held, [named("a", "other@x.example"), named("b", "b@x.example")])
    with renamed(maia, tmp_path, pairs("a@x.example>n@y.example", "b@x.example>m@y.example"), index=index) as plan:
        assert states(plan) == [("a", "not_found"), ("b", "change")]
        assert (next(plan.entries()).note or "").startswith("the index is out of date: who was a@x.example is other@")


def test_a_pattern_needs_to_know_whom(maia: MaiaScim) -> None:
    with pytest.raises(ValueError, match="pass whom"):
        rename(maia, MOVE)
    with pytest.raises(ApplyError, match="nobody is named"):
        rename(maia, MOVE, Whom())


def test_a_change_of_case_alone_is_made(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with renamed(maia, tmp_path, Renaming("^a@x", "A@X"), "a", "b") as plan:
        assert plan.summary.case_only == 0
        assert plan.apply().done == 1
    assert names_of(held, "a") == ("A@X.example", ["A@X.example"])


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("", "a@x.example: a@x.example would become '': that is empty"),
        ("a@", "a@x.example: a@x.example would become 'a@': that is no e-mail address, and the old one is"),
        ("a\u00a0b@x.example", None),
        ("a\tb@x.example", None),
        ("@@", None),
    ],
)
def test_a_name_that_can_be_none_refuses_all(maia: MaiaScim, held: Sandbox, to: str, told: str | None) -> None:
    (found,) = refused(maia, Renaming("^a@x.example$", to), "a", "b", "c")
    assert found.startswith("a@x.example: a@x.example would become ")
    assert told is None or found == told
    assert sent(held) == []


def test_all_that_is_wrong_is_told(maia: MaiaScim, held: Sandbox) -> None:
    told = refused(maia, Renaming("^[ab]@x.example$", ""), "a", "b", "c")
    assert [each.partition(":")[0] for each in sorted(told)] == ["a@x.example", "b@x.example"]


# Names that two would have.


def test_two_who_would_have_one_name_are_refused(maia: MaiaScim, held: Sandbox) -> None:
    (told,) = refused(maia, Renaming("^[ab]@", "team@"), "a", "b", "c")
    assert told == "a (a@x.example) and b (b@x.example) would both be called team@x.example"
    assert sent(held) == []


@pytest.mark.parametrize("what", ["userName=same@x.example", "emails[work]=same@x.example"])
def test_one_name_is_not_set_for_two(maia: MaiaScim, held: Sandbox, what: str) -> None:
    with pytest.raises(InvalidFile) as told:
        set_attributes(maia, settings_of([what]), Whom(ids=["a", "b"]))
    assert "a (a@x.example) and b (b@x.example) would both be called same@x.example" in str(told.value)
    assert sent(held) == []
    with set_attributes(maia, settings_of([what]), Whom(ids=["a"])) as plan:  # of one it is as good as any
        assert plan.summary.change == 1


def test_a_share_is_of_all_who_were_looked_at(maia: MaiaScim, held: Sandbox) -> None:
    where = Where('userName sw "a"')
    with set_attributes(maia, settings_of(["active=false"]), Whom(ids=[*"abcd"]), where=where) as plan:
        assert (plan.summary.change, plan.summary.rows, plan.summary.passed) == (1, 1, 3)
        plan.check(max_deactivations="25%", max_changes="25%")
        with pytest.raises(GuardRail, match=r"at most 0 \(24% of 4 users\) may be"):
            plan.check(max_deactivations="24%")


def test_the_name_of_somebody_whom_the_index_knows_is_refused(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    (told,) = refused(maia, Renaming("^a@", "D@"), "a", index=index)
    assert told == "a (a@x.example) would be called D@x.example, as d is"
    assert sent(held) == []


def test_an_address_of_somebody_whom_the_index_knows_is_refused(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    fill(held, [named("a", "a@x.example"), named("d", "d@x.example", "alias@x.example")])
    add_users(index, maia, "ad")
    (told,) = refused(maia, Renaming("^a@", "alias@"), "a", index=index)
    assert told == "a (a@x.example) would be called alias@x.example, as d is"


def test_what_others_are_merely_shown_as_is_free(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    fill(held, [named("a", "a"), *[named(each, each, displayName="Twin", externalId="ext") for each in "bc"]])
    add_users(index, maia, "abc")
    for name in ("Twin", "ext"):
        with renamed(maia, tmp_path, Renaming("^a$", name), "a", index=index) as plan:
            assert plan.summary.change == 1
    with pytest.raises(NameAmbiguous):
        index.find("Twin")


def test_a_name_that_several_have_is_refused(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    fill(held, [named("a", "a@x.example"), *[named(each, f"{each}@x.example", "team@x.example") for each in "bc"]])
    add_users(index, maia, "abc")
    (told,) = refused(maia, Renaming("^a@", "team@"), "a", index=index)
    assert told.startswith("a (a@x.example) would be called team@x.example, as ")


def test_the_name_of_somebody_who_was_read_and_keeps_it_is_refused(
    maia: MaiaScim, held: Sandbox, tmp_path: Path
) -> None:
    told = "a (a@x.example) would be called B@x.example, as b is"
    assert refused(maia, Renaming("^a@", "B@"), "a", "b") == [told]
    protect = put(tmp_path / "protect", "b")
    fill(held, [named("a", "a@x.example"), named("b", "ba@x.example")])
    (told,) = refused(maia, Renaming("^(b?a)@", r"b\1@"), "a", "b", protect=protect)
    assert told == "a (a@x.example) would be called ba@x.example, as b is"
    assert sent(held) == []


def test_a_swap_is_refused(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    swap = pairs("a@x.example>b@x.example", "b@x.example>a@x.example")
    first, second = refused(maia, swap, index=index)
    assert first == (
        "a (a@x.example) would be called b@x.example, as b is until it is renamed in this run, too, in no certain "
        "order: rename that one in a run before"
    )
    assert second.startswith("b (b@x.example) would be called a@x.example, as a is until")
    assert sent(held) == []


def test_a_name_is_taken_in_each_of_its_forms(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    fill(held, [named("a", "a@x.example"), named("z", f"{NFD}@x.example")])
    add_users(index, maia, "az")
    (told,) = refused(maia, Renaming("^a@", f"{NFC.upper()}@"), "a", index=index)
    assert told.endswith("as z is")


def test_an_own_address_may_become_the_name(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    fill(held, [user("a", userName="a", emails=[{"value": "a@x.example"}])])
    add_users(index, maia, "a")
    with renamed(maia, tmp_path, pairs("a>a@x.example"), "a", index=index) as plan:
        plan.apply()
    assert names_of(held, "a") == ("a@x.example", ["a@x.example"])


def test_a_name_that_the_service_knows_to_be_taken_is_told(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    """Without an index, nobody but the service knows."""
    with renamed(maia, tmp_path, Renaming("^a@", "b@"), "a") as plan:
        assert plan.apply().refused == 1
        (entry,) = plan.failed()
    assert entry.result is not None
    assert entry.result.status == 409
    assert names_of(held, "a") == ("a@x.example", ["a@x.example"])


@pytest.mark.parametrize("name", ["a", "A@X.example"])
def test_who_is_protected_is_not_renamed(maia: MaiaScim, held: Sandbox, tmp_path: Path, name: str) -> None:
    with renamed(maia, tmp_path, MOVE, "a", "b", protect=put(tmp_path / "protect", name)) as plan:
        assert states(plan) == [("a", "protected"), ("b", "change")]
        assert next(plan.entries()).note == "the account is protected, and would be renamed"


def test_an_undo_brings_the_names_back(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with renamed(maia, tmp_path, MOVE, "a", "b") as plan:
        plan.apply()
    with maia.users.edit("b") as found:
        found.user_name = "somebody.else@x.example"
    with apply.undo(maia, tmp_path / "journal") as plan:
        assert states(plan) == [("a", "change"), ("b", "conflict")]
        plan.apply()
    assert names_of(held, "a") == ("a@x.example", ["a@x.example"])
    assert names_of(held, "b") == ("somebody.else@x.example", ["b@y.example"])


def test_who_cannot_be_read_stops_no_other(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    held.inject(Broken("a"), on="users.get", times=None)
    with renamed(maia, tmp_path, MOVE, "a", "b") as plan:
        assert states(plan) == [("a", "unread"), ("b", "change")]
    held.clear_faults()
    held.inject(faults.Status(401), times=None)
    with pytest.raises(AuthenticationError):
        renamed(maia, tmp_path, MOVE, "b")


def test_members_of_a_group_are_renamed(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    told: list[str] = []
    progress: list[tuple[int, int]] = []
    members = [{"value": "a"}, {"value": "g", "type": "Group"}]
    fill(sandbox, "ab", [{"id": "g", "displayName": "Staff", "members": members}])
    with rename(
        maia,
        MOVE,
        Whom(groups=["g"]),
        journal=tmp_path / "journal",
        tell=told.append,
        on_progress=lambda *far: progress.append(far),
    ) as plan:
        assert states(plan) == [("a", "change")]
    assert progress == [(1, 1)]
    assert told == ["group Staff: 1 of its members is a group: only users who are members themselves are taken"]
