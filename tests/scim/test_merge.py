"""Three-way merges: my changes in what somebody else made of a resource meanwhile."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from maia_scim.diff import Conflict, diff, merge
from tests.scim import ENTERPRISE, RESOURCES, many, meaning
from tests.support.canary import PASSWORD

BASE: dict[str, Any] = {
    "id": "1",
    "meta": {"version": "1"},
    "userName": "babs",
    "title": "Clerk",
    "name": {"givenName": "Babs", "familyName": "Jensen"},
    "emails": [{"value": "a@example.com"}, {"value": "b@example.com"}],
    ENTERPRISE: {"department": "A", "manager": {"value": "1"}},
}


def changed(**changes: Any) -> dict[str, Any]:
    """The base with other values; ``...`` takes an attribute out."""
    return {key: value for key, value in {**copy.deepcopy(BASE), **changes}.items() if value is not ...}


def merged(mine: dict[str, Any], theirs: dict[str, Any], base: dict[str, Any] = BASE) -> dict[str, Any]:
    result, conflicts = merge(base, mine, theirs)
    assert conflicts == ()
    return result


def conflict(mine: dict[str, Any], theirs: dict[str, Any], base: dict[str, Any] = BASE) -> Conflict:
    result, (found,) = merge(base, mine, theirs)
    assert result == theirs, "in a conflict nothing is written"
    return found


def test_changes_of_different_attributes_come_together():
    assert merged(changed(title="Boss"), changed(userName="babs2", active=False)) == changed(
        title="Boss", userName="babs2", active=False
    )


def test_changes_within_a_complex_attribute_come_together():
    mine = changed(name={"givenName": "Barbara", "familyName": "Jensen"})
    theirs = changed(name={"givenName": "Babs", "familyName": "Jones", "middleName": "J"})
    assert merged(mine, theirs)["name"] == {"givenName": "Barbara", "familyName": "Jones", "middleName": "J"}
    mine = changed(**{ENTERPRISE: {"department": "B", "manager": {"value": "1"}}})
    theirs = changed(**{ENTERPRISE: {"department": "A", "manager": {"value": "2", "displayName": "x"}}})
    assert merged(mine, theirs)[ENTERPRISE] == {"department": "B", "manager": {"value": "2", "displayName": "x"}}


def test_what_both_begin_comes_together():
    mine, theirs = {"name": {"givenName": "A"}}, {"name": {"familyName": "B"}}
    bases: list[dict[str, Any]] = [{}, {"name": None}, {"name": []}, {"name": {}}]
    for base in bases:
        assert merged(mine, theirs, base) == {"name": {"givenName": "A", "familyName": "B"}}


def test_the_same_change_on_both_sides_is_no_conflict():
    both = changed(title="Boss", name=None, emails=[{"value": "c"}, {"value": "d"}])
    theirs = {**both, "name": ..., "emails": [{"value": "d"}, {"VALUE": "c", "type": None}]}
    theirs = {key: value for key, value in theirs.items() if value is not ...}
    assert merged(both, theirs) == theirs


def test_different_changes_of_a_value_are_a_conflict():
    assert conflict(changed(title="Boss"), changed(title="Chef")) == Conflict("title", "Clerk", "Boss", "Chef")
    assert conflict(changed(title=None), changed(title="Chef")) == Conflict("title", "Clerk", None, "Chef")
    assert conflict(changed(title="Boss"), changed(title=...)) == Conflict("title", "Clerk", "Boss", None)
    assert conflict(changed(active=True), changed(active=1)) == Conflict("active", None, True, 1)


def test_a_conflict_within_a_complex_attribute_is_told_by_its_leaf():
    mine = changed(name={"givenName": "B", "familyName": "X"})
    theirs = changed(name={"givenName": "C", "familyName": "Jensen"})
    result, conflicts = merge(BASE, mine, theirs)
    assert conflicts == (Conflict("name.givenName", "Babs", "B", "C"),)
    assert result["name"] == {"givenName": "C", "familyName": "X"}
    mine = changed(**{ENTERPRISE: {"department": "B", "manager": {"value": "1"}}})
    theirs = changed(**{ENTERPRISE: {"department": "C", "manager": {"value": "1"}}})
    assert conflict(mine, theirs).path == f"{ENTERPRISE}:department"


def test_an_array_is_one_value():
    mine, theirs = [{"value": "a@example.com"}], [{"value": "b@example.com"}]
    assert conflict(changed(emails=mine), changed(emails=theirs)) == Conflict("emails", BASE["emails"], mine, theirs)
    assert merged(changed(emails=mine), changed(emails=BASE["emails"][::-1]))["emails"] == mine
    assert merged(changed(emails=BASE["emails"][::-1]), changed(emails=theirs))["emails"] == theirs


@pytest.mark.parametrize("cleared", [..., None, [], {}, "text"])
@pytest.mark.parametrize("leaf", [{"givenName": "B", "familyName": "Jensen"}, {**BASE["name"], "middleName": "J"}])
def test_the_whole_on_one_side_and_a_value_within_on_the_other_is_a_conflict(cleared: Any, leaf: dict[str, Any]):
    whole, part = changed(name=cleared), changed(name=leaf)
    told = cleared if cleared == "text" else None
    assert conflict(whole, part) == Conflict("name", BASE["name"], told, leaf)
    assert conflict(part, whole) == Conflict("name", BASE["name"], leaf, told)


@pytest.mark.parametrize("cleared", [None, [], {}, {"givenName": None, "familyName": None}])
def test_what_is_cleared_is_cleared_as_it_was_said(cleared: Any):
    assert merged(changed(name=cleared), BASE)["name"] == cleared
    assert merged(changed(title=cleared), BASE)["title"] == cleared
    assert "title" not in merged(changed(title=...), BASE)
    assert "name" not in merged(changed(name=...), BASE)


def test_a_value_within_is_cleared_as_it_was_said():
    theirs = changed(name={**BASE["name"], "middleName": "J"})
    assert merged(changed(name={"givenName": None, "familyName": "Jensen"}), theirs)["name"] == {
        "givenName": None,
        "familyName": "Jensen",
        "middleName": "J",
    }
    assert merged(changed(name={"familyName": "Jensen"}), theirs)["name"] == {"familyName": "Jensen", "middleName": "J"}


def test_what_mine_left_as_it_was_is_theirs():
    theirs = changed(title=..., userName="x", new=[1], active=None)
    assert merged(BASE, theirs) == theirs
    assert merged(changed(active=None, ims=[]), theirs) == theirs, "nothing was nothing before"


def test_read_only_attributes_are_theirs():
    mine = {**BASE, "id": "2", "META": {"version": "2"}, "groups": [{"value": "mine"}]}
    theirs = {**BASE, "id": "3", "meta": {"version": "3"}, "Groups": [{"value": "theirs"}]}
    assert merged(mine, theirs) == theirs
    assert merged(mine, {"title": "Clerk"}, {"title": "Clerk"}) == {
        "title": "Clerk",
        **{key: BASE[key] for key in ("userName", "name", "emails", ENTERPRISE)},
    }


def test_the_same_names_elsewhere_are_like_any_other():
    assert merged({"x": {"id": 2, "groups": [1]}}, {"x": {"id": 1}}, {"x": {"id": 1}}) == {
        "x": {"id": 2, "groups": [1]}
    }
    assert conflict({"x": {"id": 2}}, {"x": {"id": 3}}, {"x": {"id": 1}}).path == "x.id"


def test_a_password_never_conflicts():
    mine = changed(password=PASSWORD)
    assert merged(mine, changed(password=f"{PASSWORD}-hash")) == mine
    assert merged(mine, BASE) == mine
    assert merged(BASE, changed(password=f"{PASSWORD}-hash")) == changed(password=f"{PASSWORD}-hash")
    assert conflict({"x": {"password": 1}}, {"x": {"password": 2}}, {}).path == "x.password"


def test_names_are_equal_in_any_case_and_keep_their_spelling():
    mine = {"Title": "Boss", "NAME": {"givenname": "B"}, "nickName": "x"}
    theirs = {"title": "Clerk", "name": {"givenName": "Babs", "familyName": "Jones"}}
    assert merged(mine, theirs, {"TITLE": "Clerk", "name": {"GivenName": "Babs"}}) == {
        "title": "Boss",
        "name": {"givenName": "B", "familyName": "Jones"},
        "nickName": "x",
    }
    assert merged({}, {"title": "Clerk"}, {"TITLE": "Clerk"}) == {}
    assert conflict({"TITLE": 1}, {"title": 2}, {}).path == "title"


def test_nothing_is_shared_and_nothing_changed():
    base: dict[str, Any] = {"x": {"y": [1]}, "c": [1]}
    mine: dict[str, Any] = {"x": {"y": [1]}, "c": [2], "mine": [{"z": []}], "new": {"w": [1]}}
    theirs: dict[str, Any] = {"x": {"y": [3]}, "c": [3], "theirs": [{"z": []}]}
    before = copy.deepcopy((base, mine, theirs))
    result, (found,) = merge(base, mine, theirs)
    for holder in (result["x"]["y"], result["mine"][0]["z"], result["new"]["w"], result["theirs"][0]["z"]):
        holder.append("more")
    for each in (found.base, found.mine, found.theirs, result["c"]):
        each.append("more")
    assert (base, mine, theirs) == before
    assert (found.base, found.mine, found.theirs) == ([1, "more"], [2, "more"], [3, "more"])


def test_deep_nesting():
    def nested(value: Any) -> dict[str, Any]:
        for _ in range(20_000):
            value = {"x": value}
        whole: dict[str, Any] = value
        return whole

    result, conflicts = merge(nested({"a": 1}), nested({"a": 1, "b": 2}), nested({"a": 3}))
    assert not conflicts
    assert diff(result, nested({"a": 3, "b": 2})) == ()
    assert len(merge(nested(1), nested(2), nested(3))[1]) == 1


READ_ONLY = {"id", "meta", "groups"}


def free(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key.lower() not in READ_ONLY}


@many
@given(base=RESOURCES, mine=RESOURCES)
def test_without_their_changes_the_result_is_mine(base: dict[str, Any], mine: dict[str, Any]):
    result, conflicts = merge(base, mine, base)
    assert conflicts == ()
    assert meaning(free(result)) == meaning(free(mine))
    assert {key: result.get(key) for key in base if key.lower() in READ_ONLY} == {
        key: value for key, value in base.items() if key.lower() in READ_ONLY
    }


@many
@given(base=RESOURCES, theirs=RESOURCES)
def test_without_my_changes_the_result_is_theirs(base: dict[str, Any], theirs: dict[str, Any]):
    assert merge(base, base, theirs) == (theirs, ())
    assert merge(base, theirs, theirs) == (theirs, ())


@many
@given(base=RESOURCES, mine=RESOURCES, theirs=RESOURCES)
def test_what_is_merged_are_my_changes_and_no_others(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]
):
    def told(before: dict[str, Any], after: dict[str, Any]) -> set[tuple[str, str]]:
        return {(change.path.lower(), str(meaning(change.after))) for change in diff(free(before), free(after))}

    kept = copy.deepcopy((base, mine, theirs))
    result, conflicts = merge(base, mine, theirs)
    assert told(theirs, result) <= told(base, mine)
    others, mirrored = merge(base, theirs, mine)
    assert {each.path.lower() for each in conflicts} == {each.path.lower() for each in mirrored}
    if not conflicts:
        assert meaning(free(others)) == meaning(free(result))
        assert {path for path, _ in told(mine, result)} <= {path for path, _ in told(base, theirs)}
    for each in conflicts:
        assert len({str(meaning(value)) for value in (each.base, each.mine, each.theirs)}) == 3
    assert (base, mine, theirs) == kept
