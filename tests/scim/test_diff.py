"""Comparing resources: what changed, what a PUT leaves unsaid, and what that shows."""

from __future__ import annotations

import copy
import pickle
import random
import time
from typing import Any

import pytest
from hypothesis import given

from maia_scim.diff import Change, Conflict, Difference, diff, holds, not_kept, unspoken
from tests.scim import ENTERPRISE as URN
from tests.scim import RESOURCES, many, meaning
from tests.support.canary import PASSWORD


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {change.path: (change.before, change.after) for change in diff(before, after)}


# diff


def test_the_changes_of_a_user():
    before = {
        "userName": "babs",
        "title": "Clerk",
        "name": {"givenName": "Babs", "familyName": "Jensen"},
        "emails": [{"value": "a@example.com"}],
        URN: {"department": "A", "manager": {"value": "1", "displayName": "John"}},
    }
    after = {
        "userName": "babs",
        "name": {"givenName": "Barbara", "familyName": "Jensen", "middleName": "J"},
        "emails": [{"value": "b@example.com"}],
        URN: {"department": "A", "manager": {"value": "2", "displayName": "John"}, "division": "D"},
        "active": False,
    }
    assert diff(before, after) == (
        Change("title", "Clerk", None),
        Change("name.givenName", "Babs", "Barbara"),
        Change("name.middleName", None, "J"),
        Change("emails", [{"value": "a@example.com"}], [{"value": "b@example.com"}]),
        Change(f"{URN}:manager.value", "1", "2"),
        Change(f"{URN}:division", None, "D"),
        Change("active", None, False),
    )


@pytest.mark.parametrize("nothing", [None, [], {}, {"givenName": None}, {"a": {"b": []}}])
def test_the_ways_to_be_unassigned_are_one(nothing: Any):
    assert diff({"name": nothing}, {}) == diff({}, {"name": nothing}) == diff({"name": nothing}, {"name": None}) == ()
    assert changes({"name": nothing}, {"name": {"givenName": "A"}}) == {"name.givenName": (None, "A")}
    assert changes({"name": {"givenName": "A"}}, {"name": nothing}) == {"name.givenName": ("A", None)}


@pytest.mark.parametrize("nothing", [None, [], {}, {"a": None}])
def test_what_was_nothing_is_told_as_none(nothing: Any):
    assert changes({"title": nothing}, {"title": "A"}) == {"title": (None, "A")}
    assert changes({"title": "A"}, {"title": nothing}) == {"title": ("A", None)}


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0, False), ("1", 1), ("", None), (False, None)])
def test_values_of_different_text_differ(one: Any, other: Any):
    assert changes({"x": one}, {"x": other}) == {"x": (one, other)}
    assert diff({"x": [one]}, {"x": [other]})
    assert diff({"x": [{"y": one}]}, {"x": [{"y": other}]})


def test_falsy_values_are_values():
    assert changes({}, {"active": False, "x": 0, "y": ""}) == {"active": (None, False), "x": (None, 0), "y": (None, "")}


def test_names_are_equal_in_any_case_and_spelled_as_after_does():
    assert diff({"userName": "a", "name": {"givenName": "b"}}, {"USERNAME": "a", "Name": {"givenname": "b"}}) == ()
    assert list(changes({"name": {"givenName": "b"}}, {"Name": {"GivenName": "c"}})) == ["Name.GivenName"]
    assert list(changes({"name": {"givenName": "b"}}, {"Name": None})) == ["Name.givenName"]
    assert list(changes({URN: {"department": "a"}}, {URN.upper(): {}})) == [f"{URN.upper()}:department"]


def test_values_differ_by_case():
    assert changes({"title": "a"}, {"title": "A"}) == {"title": ("a", "A")}


def test_a_name_in_two_spellings_is_two_attributes():
    both = {"title": 1, "TITLE": 2}
    assert diff(both, {"TITLE": 2, "title": 1}) == ()
    assert changes(both, {"TITLE": 2}) == {"title": (1, None)}
    assert diff({"x": [both]}, {"x": [{"TITLE": 1, "title": 2}]})


def test_ref_goes_by_two_names():
    assert diff({"members": [{"ref": "x"}]}, {"members": [{"$ref": "x"}]}) == ()


def test_arrays_have_no_order_but_count():
    one, two = {"value": "1", "type": "work"}, {"type": "home", "value": "2"}
    assert (
        diff({"emails": [one, two, "x"]}, {"emails": ["x", two, {"Type": "work", "value": "1", "primary": None}]}) == ()
    )
    assert diff({"emails": [one, one, two]}, {"emails": [one, two, two]})
    assert diff({"emails": [one, one]}, {"emails": [one]})
    assert diff({"x": [[1, 2], [3]]}, {"x": [[3], [2, 1]]}) == ()
    assert diff({"x": [[1, 2], [3]]}, {"x": [[1], [2, 3]]})
    assert diff({"x": [None]}, {"x": []}), "an array that holds a null holds something"


def test_an_array_is_one_value():
    before, after = [{"value": "1"}], [{"value": "1"}, {"value": "2"}]
    assert changes({"emails": before}, {"emails": after}) == {"emails": (before, after)}


@pytest.mark.parametrize("simple", ["text", 5, [1], [{"givenName": "A"}]])
def test_complex_on_one_side_and_simple_on_the_other_is_one_change(simple: Any):
    whole = {"givenName": "A", "familyName": "B"}
    assert changes({"name": whole}, {"name": simple}) == {"name": (whole, simple)}
    assert changes({"name": simple}, {"name": whole}) == {"name": (simple, whole)}


def test_nan_is_one_value():
    assert diff({"x": float("nan")}, {"x": float("nan")}) == ()
    assert diff({"x": float("nan")}, {"x": 1.0})


def test_the_changes_share_nothing_with_the_resources():
    before, after = {"x": [{"y": 1}]}, {"x": [{"y": 2}]}
    (change,) = diff(before, after)
    change.before[0]["y"] = change.after[0]["y"] = 3
    assert (before, after) == ({"x": [{"y": 1}]}, {"x": [{"y": 2}]})


@many
@given(one=RESOURCES, other=RESOURCES)
def test_no_change_is_found_where_both_mean_the_same(one: dict[str, Any], other: dict[str, Any]):
    kept = copy.deepcopy((one, other))
    assert diff(one, one) == ()
    assert (diff(one, other) == ()) == (meaning(one) == meaning(other))
    there = {(change.path.lower(), repr(change.before), repr(change.after)) for change in diff(one, other)}
    back = {(change.path.lower(), repr(change.after), repr(change.before)) for change in diff(other, one)}
    assert there == back
    assert (one, other) == kept


# unspoken


HELD = {
    "id": "1",
    "meta": {"version": "1"},
    "groups": [{"value": "g"}],
    "schemas": ["x"],
    "password": PASSWORD,
    "userName": "babs",
    "active": False,
    "nickName": None,
    "emails": [{"value": "a@example.com"}],
    "name": {"givenName": "Babs", "familyName": "Jensen", "middleName": None},
    URN: {"department": "A", "manager": {"value": "1"}},
}


def test_what_a_body_does_not_speak_of():
    assert unspoken(HELD, {}) == (
        "userName",
        "active",
        "emails",
        "name.givenName",
        "name.familyName",
        f"{URN}:department",
        f"{URN}:manager.value",
    )
    assert unspoken(HELD, HELD) == ()
    assert unspoken({}, HELD) == ()


def test_another_value_speaks():
    body = {"USERNAME": "x", "active": True, "emails": [{"value": "b"}], "name": "Babs", URN: {"department": "B"}}
    assert unspoken(HELD, body) == (f"{URN}:manager.value",)


@pytest.mark.parametrize("cleared", [None, []])
def test_a_clearing_speaks_for_all_within(cleared: Any):
    body = {"userName": "x", "active": cleared, "emails": cleared, "name": cleared, URN: {"manager": cleared}}
    assert unspoken(HELD, body) == (f"{URN}:department",)
    assert unspoken(HELD, {**body, URN: cleared}) == ()


def test_an_empty_object_speaks_of_nothing():
    assert unspoken({"name": {"givenName": "A"}}, {"name": {}}) == ("name.givenName",)
    assert unspoken({"name": {"givenName": "A"}}, {"name": {"givenName": None}}) == ()


@many
@given(held=RESOURCES, body=RESOURCES)
def test_what_is_unspoken_is_what_a_put_would_change(held: dict[str, Any], body: dict[str, Any]):
    ignored = {"id", "meta", "groups", "schemas", "password"}
    cleared = {
        change.path.lower()
        for change in diff(held, body)
        if change.after is None and change.path.lower().partition(".")[0] not in ignored
    }
    assert {path.lower() for path in unspoken(held, body)} <= cleared


# What they show


def test_findings_show_themselves():
    change = Change("title", "A", None)
    assert repr(change) == "Change(path='title', before='A', after=None)"
    assert str(change) == "title: before 'A', after None"
    assert repr(Conflict("x", 1, True, [2])) == "Conflict(path='x', base=1, mine=True, theirs=[2])"
    assert str(Difference("x", {"y": 1}, "")) == "x: sent {'y': 1}, answered ''"


@pytest.mark.parametrize("path", ["password", "Password", f"{URN}:password", "x.password", "password.value"])
def test_no_finding_shows_a_password(path: str):
    for found in (
        Change(path, None, PASSWORD),
        Conflict(path, PASSWORD, PASSWORD, None),
        Difference(path, PASSWORD, 1),
    ):
        assert PASSWORD not in f"{found} {found!r}"
        assert "'***'" in repr(found)
    assert "None" in repr(Change(path, None, PASSWORD))


def test_no_finding_shows_a_password_within_a_value():
    whole = {"a": [{"Password": PASSWORD}], "password": PASSWORD, "b": 1}
    assert PASSWORD not in repr(Change("x", whole, [whole]))
    assert "'b': 1" in repr(Change("x", whole, None))


def test_a_long_value_is_cut():
    assert len(repr(Change("x", "a" * 10_000, [{"a": "b" * 10_000}] * 10_000))) < 3000


def test_findings_are_values():
    change = Change("x", [{"y": 1}], None)
    assert pickle.loads(pickle.dumps(change)) == copy.deepcopy(change) == change
    with pytest.raises(AttributeError):
        change.path = "y"  # type: ignore[misc]


# Any JSON


def nested(depth: int, value: Any, *, array: bool = False) -> Any:
    for _ in range(depth):
        value = [value] if array else {"x": value}
    return value


@pytest.mark.parametrize("array", [True, False])
def test_deep_nesting(array: bool):
    one, other = ({"x": nested(20_000, value, array=array)} for value in (1, 2))
    for compare in (diff, not_kept):
        assert compare(one, one) == ()
        (found,) = compare(one, other)
        assert len(found.path) == (1 if array else 2 * 20_000 + 1)
        assert len(repr(found)) < 3 * 20_000
        assert str(found)
    assert holds(one, one)
    assert not holds(one, other)
    assert len(unspoken(one, {})) == 1


def test_large_arrays_in_little_time():
    members = [{"value": str(number), "type": "USER"} for number in range(30_000)]
    shuffled = random.Random(1).sample(members, len(members))
    answered = [{**member, "display": member["value"]} for member in shuffled]
    begun = time.process_time()
    assert diff({"members": members}, {"members": shuffled}) == ()
    assert not_kept({"members": members}, {"members": answered}) == ()
    assert len(not_kept({"members": members}, {"members": answered[1:]})) == 1
    assert not holds({"members": members}, {"members": answered})
    assert time.process_time() - begun < 20  # comparing each item with each takes many times that


def test_many_attributes_in_little_time():
    one = {f"a{number}": {"b": number, "c": [number]} for number in range(1000)}
    begun = time.process_time()
    assert len(diff(one, {key.upper(): {"b": 0, "c": []} for key in one})) == 1999
    assert len(unspoken(one, {})) == 2000
    assert time.process_time() - begun < 10
