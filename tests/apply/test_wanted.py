"""What a row makes of a user: that and nothing else."""

from typing import Any

import pytest

from maia_scim.apply.columns import target
from maia_scim.apply.model import Setting
from maia_scim.apply.wanted import changed, changes_of, equal, value_at
from maia_scim.diff import Change

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
HELD: dict[str, Any] = {
    "schemas": [CORE],
    "id": "1",
    "userName": "babs",
    "name": {"givenName": "Barbara", "familyName": "Jensen"},
    "active": True,
    "emails": [
        {"value": "babs@work.example", "type": "work", "primary": True},
        {"value": "babs@home.example", "type": "home", "display": "at home"},
    ],
    "nickName": "Babs",
    "x-unknown": {"kept": [1, 2]},
    "meta": {"version": 'W/"1"'},
}


def settings(**values: Any) -> list[Setting]:
    return [Setting(target(path), value) for path, value in values.items()]


def row(values: dict[str, Any]) -> list[Setting]:
    return [Setting(target(path), value) for path, value in values.items()]


def applied(values: dict[str, Any], held: dict[str, Any] = HELD) -> dict[str, Any]:
    return changed(held, changes_of(held, row(values)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"userName": "barbara"}, {"userName": "barbara"}),
        ({"USERNAME": "barbara"}, {"userName": "barbara"}),
        ({"name.givenName": "Babs"}, {"name": {"givenName": "Babs", "familyName": "Jensen"}}),
        ({"active": False}, {"active": False}),
        ({"title": "Engineer"}, {"title": "Engineer"}),
        ({"name.middleName": "J"}, {"name": {**HELD["name"], "middleName": "J"}}),
        (
            {"emails[work]": "b@new.example"},
            {"emails": [{**HELD["emails"][0], "value": "b@new.example"}, HELD["emails"][1]]},
        ),
        ({"emails[home].display": "home"}, {"emails": [HELD["emails"][0], {**HELD["emails"][1], "display": "home"}]}),
        (
            {"emails[other]": "o@x.example"},
            {"emails": [*HELD["emails"], {"value": "o@x.example", "type": "other"}]},
        ),
        ({"phoneNumbers[work]": "+49 1"}, {"phoneNumbers": [{"value": "+49 1", "type": "work"}]}),
        ({"emails": [{"value": "one@x.example"}]}, {"emails": [{"value": "one@x.example"}]}),
        (
            {f"{ENTERPRISE}:department": "Sales", f"{ENTERPRISE}:manager.value": "7"},
            {ENTERPRISE: {"department": "Sales", "manager": {"value": "7"}}, "schemas": [CORE, ENTERPRISE]},
        ),
        # Clearing.
        ({"nickName": None}, {"nickName": None}),
        ({"name.givenName": None}, {"name": {"familyName": "Jensen", "givenName": None}}),
        ({"emails[home]": None}, {"emails": [HELD["emails"][0]]}),
        (
            {"emails[home].display": None},
            {"emails": [HELD["emails"][0], {"value": "babs@home.example", "type": "home"}]},
        ),
        ({"emails": None}, {"emails": []}),
    ],
)
def test_a_row_changes_what_it_says(values: dict[str, Any], expected: dict[str, Any]) -> None:
    assert applied(values) == {**HELD, **expected}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"userName": "babs", "name.givenName": "Barbara", "active": True, "emails[work]": "babs@work.example"},
        {
            "title": None,
            "emails[other]": None,
            f"{ENTERPRISE}:department": None,
            "name.middleName": None,
            "photos": None,
        },
        {"emails": [HELD["emails"][1], HELD["emails"][0]]},
    ],
)
def test_a_row_that_says_what_is_there_changes_nothing(values: dict[str, Any]) -> None:
    assert changes_of(HELD, row(values)) == ()
    assert applied(values) == HELD


def test_a_boolean_that_is_given_as_text_is_one() -> None:
    assert changes_of({"active": "True"}, row({"active": True})) == ()
    assert changes_of({"active": "True"}, row({"active": False})) == (Change("active", "True", False),)


def test_the_user_that_is_held_is_not_touched() -> None:
    before = repr(HELD)
    wanted = applied({"emails[work]": "x@x.example", "name.givenName": "X", f"{ENTERPRISE}:department": "Y"})
    wanted["emails"][0]["value"] = wanted["x-unknown"]["kept"] = "changed"
    assert repr(HELD) == before


def test_names_are_found_in_any_case() -> None:
    held = {
        "ID": "1",
        "USERNAME": "babs",
        "Emails": [{"VALUE": "a@x", "Type": "Work"}],
        ENTERPRISE.upper(): {"DEPARTMENT": "A"},
    }
    values = {"userName": "b", "emails[work]": "c@x", f"{ENTERPRISE}:department": "B"}
    assert applied(values, held) == {
        **held,
        "USERNAME": "b",
        "Emails": [{"VALUE": "c@x", "Type": "Work"}],
        ENTERPRISE.upper(): {"DEPARTMENT": "B"},
        "schemas": [CORE, ENTERPRISE.upper()],
    }


def test_of_several_items_of_a_type_the_primary_one_is_meant_else_the_first() -> None:
    items = [{"value": "1", "type": "work"}, {"value": "2", "type": "work"}]
    assert applied({"emails[work]": "3"}, {"emails": items})["emails"][0]["value"] == "3"
    items[1]["primary"] = True  # type: ignore[assignment]
    assert [each["value"] for each in applied({"emails[work]": "3"}, {"emails": items})["emails"]] == ["1", "3"]


def test_changes_are_told_by_leaf_path() -> None:
    found = changes_of(HELD, row({"name.givenName": "B", f"{ENTERPRISE}:manager.value": "7"}))
    assert found == (
        Change("name.givenName", "Barbara", "B"),
        Change(f"{ENTERPRISE}:manager.value", None, "7"),
    )


def test_only_some_of_the_changes_are_made() -> None:
    found = changes_of(HELD, row({"name.givenName": "B", "title": "T"}))
    assert changed(HELD, found[:1]) == {**HELD, "name": {"givenName": "B", "familyName": "Jensen"}}


def test_a_value_is_found_by_its_path() -> None:
    held = {**HELD, ENTERPRISE: {"manager": {"value": "7"}}}
    assert value_at(held, "NAME.givenname") == "Barbara"
    assert value_at(held, f"{ENTERPRISE}:manager.value") == "7"
    assert value_at(held, f"{CORE}:userName") == "babs"
    assert value_at(held, "name.middleName") is None
    assert value_at(held, "userName.givenName") is None
    assert value_at(held, "emails") == HELD["emails"]


def test_equality_is_scims() -> None:
    assert equal(None, [])
    assert equal([{"value": "a"}, {"value": "b", "display": None}], [{"value": "b"}, {"value": "a"}])
    assert not equal("a", "A")
    assert not equal(True, "true")
