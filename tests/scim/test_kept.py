"""Comparing what was sent with an answer: what was not kept, and whether a resource holds it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from maia_scim.diff import Difference, diff, holds, not_kept, unspoken
from tests.scim import ENTERPRISE as URN
from tests.scim import RESOURCES, many
from tests.support.canary import PASSWORD


def test_what_an_answer_does_not_hold():
    sent: dict[str, Any] = {
        "userName": "babs",
        "title": "Clerk",
        "nickName": None,
        "phoneNumbers": [],
        "ims": None,
        "name": {"givenName": "Babs", "familyName": "Jensen"},
        "locale": "en-us",
        URN: {"department": "A"},
    }
    answered = {
        "userName": "babs",
        "nickName": "Babsy",
        "phoneNumbers": [{"value": "1"}],
        "ims": [],
        "name": {"givenName": "Babs", "familyName": "JENSEN", "formatted": "Babs JENSEN"},
        "locale": "en-US",
        "displayName": "set by the service",
    }
    found = not_kept(sent, answered)
    assert found == (
        Difference("title", "Clerk", None),
        Difference("nickName", None, "Babsy"),
        Difference("phoneNumbers", None, [{"value": "1"}]),
        Difference("name.familyName", "Jensen", "JENSEN"),
        Difference("locale", "en-us", "en-US"),
        Difference(f"{URN}:department", "A", None),
    )
    assert [each.ignored for each in found] == [True, True, True, False, False, True]


def test_a_complex_value_that_was_cleared_and_is_still_there_is_one_difference():
    assert not_kept({"name": None}, {"name": {"givenName": "A"}}) == (Difference("name", None, {"givenName": "A"}),)
    assert not_kept({"name": None}, {"name": {"givenName": None}}) == ()
    assert not_kept({"name": {"givenName": None}}, {"name": {"givenName": "A"}}) == (
        Difference("name.givenName", None, "A"),
    )


@pytest.mark.parametrize("nothing", [None, [], {}])
def test_a_complex_value_that_is_not_there_is_told_by_its_leaves(nothing: Any):
    assert not_kept({"name": {"givenName": "A", "x": None}}, {"name": nothing}) == (
        Difference("name.givenName", "A", None),
    )


def test_what_the_service_sets_and_hides_is_left_out():
    sent = {"id": "1", "Meta": {"version": "1"}, "groups": [{"value": "1"}], "password": PASSWORD, "schemas": ["a"]}
    assert not_kept(sent, {}) == not_kept(sent, {"id": "2", "meta": {}, "schemas": ["a", "b"]}) == ()


def kept(sent: list[Any], answered: list[Any]) -> bool:
    return not_kept({"members": sent}, {"members": answered}) == ()


def test_items_may_come_back_with_more():
    assert kept([{"value": "1"}], [{"value": "1", "display": "Babs", "$ref": "x"}])
    assert kept(
        [{"value": "1"}, {"value": "2", "type": "a"}], [{"type": "a", "Value": "2"}, {"value": "1", "type": "b"}]
    )
    assert kept([{"value": "1", "primary": False}, {"value": "2", "type": None}], [{"value": "2"}, {"value": "1"}])
    assert kept([{"value": "1"}], [{"value": "1", "primary": False}])
    assert kept([{"value": "1"}, {"value": "1", "type": "a"}], [{"value": "1", "type": "a"}] * 2)
    assert kept(["a", "b"], ["b", "a"])


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ([{"value": "1"}], [{"value": "2"}]),
        ([{"value": "1"}], [{"value": "1"}, {"value": "2"}]),
        ([{"value": "1"}, {"value": "2"}], [{"value": "1"}]),
        ([{"value": "1"}, {"value": "1", "type": "a"}], [{"value": "1", "type": "a"}]),
        ([{"value": "1"}, {"value": "1"}], [{"value": "1"}, {"value": "2"}]),
        ([{"value": "1", "type": "work"}], [{"value": "1"}]),
        ([{"value": "1", "type": "work"}], [{"value": "1", "type": "home"}]),
        ([{"value": "1", "primary": True}], [{"value": "1"}]),
        ([{"value": "1"}, {"type": "a"}], [{"value": "1", "type": "a"}, {"value": "3"}]),
        ([{"value": "1", "type": "a"}] * 2 + [{"value": "1"}], [{"value": "1", "type": "a"}] + [{"value": "1"}] * 2),
        (["a"], ["A"]),
        (["a"], [{"value": "a"}]),
        ([1], [True]),
        ([{str(place): 1} for place in range(99)], [{str(place): 1, "x": 2} for place in range(99)]),
    ],
)
def test_items_that_are_missing_or_other_or_too_many(sent: list[Any], answered: list[Any]):
    assert not kept(sent, answered)
    (found,) = not_kept({"members": sent}, {"members": answered})
    assert (found.sent, found.answered, found.ignored) == (sent, answered, False)


def test_a_resource_holds_what_was_sent():
    sent = {
        "userName": "a",
        "emails": [{"value": "1"}, {"value": "2", "primary": False}],
        "title": None,
        "password": PASSWORD,
    }
    held = {
        "id": "1",
        "meta": {},
        "groups": [{}],
        "schemas": ["a"],
        "emails": [{"Value": "2"}, {"value": "1"}],
        "USERNAME": "a",
    }
    assert holds(held, sent)
    assert holds(sent, held)


@pytest.mark.parametrize(
    "other",
    [
        {"userName": "b", "emails": [{"value": "1"}]},
        {"userName": "a"},
        {"userName": "a", "emails": [{"value": "1"}], "title": "x"},
        {"userName": "a", "emails": [{"value": "1", "display": "x"}]},
        {"userName": "a", "emails": [{"value": "1"}, {"value": "1"}]},
        {"userName": "a", "emails": [{"value": "1", "primary": True}]},
        {"userName": "a", "emails": [{"value": "1"}], "active": False},
    ],
)
def test_a_resource_that_differs_in_any_way_does_not_hold_it(other: dict[str, Any]):
    sent = {"userName": "a", "emails": [{"value": "1"}]}
    assert not holds(other, sent)
    assert not holds(sent, other)


@many
@given(sent=RESOURCES, answered=RESOURCES)
def test_what_holds_is_kept_and_says_nothing_less(sent: dict[str, Any], answered: dict[str, Any]):
    assert not_kept(sent, sent) == ()
    assert unspoken(sent, sent) == ()
    assert holds(sent, sent)
    if holds(answered, sent):
        assert not_kept(sent, answered) == not_kept(answered, sent) == ()
        assert unspoken(answered, sent) == ()
    paths = {change.path.lower() for change in diff(sent, answered)}
    assert all(any(path.startswith(each.path.lower()) for path in paths) for each in not_kept(sent, answered))
