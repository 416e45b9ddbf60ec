"""The default personality: seeds and dumps, and the groups of users that follow from members."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from maia_scim.sandbox.directory import State
from tests.sandbox.asked import BADGE, BASE, ENTERPRISE, SEED, UUID4, Directory

# -- Groups of users --------------------------------------------------------------


def test_the_groups_of_a_user_follow_from_their_members(directory: Directory) -> None:
    def groups(path: str) -> list[Any]:
        return [(each["display"], each["value"], each["$ref"], each["type"]) for each in directory.get(path)["groups"]]

    readers = ("Readers", "g1", f"{BASE}/Groups/g1", "DIRECT")
    writers = ("Writers", "g2", f"{BASE}/Groups/g2", "DIRECT")
    assert groups("Users/u1") == [readers, writers]
    assert groups("Users/ü/2") == [writers]

    directory.patch("Groups/g2", {"op": "remove", "path": 'members[value eq "u1"]'})
    directory.put("Groups/g1", {"displayName": "All", "members": [{"value": "u1"}, {"value": "ü/2"}, {}]})

    every = ("All", *readers[1:])
    assert groups("Users/u1") == [every]
    assert groups("Users/ü/2") == [every, writers]
    directory.put("Groups/g1", {"displayName": "All"})
    assert "groups" not in directory.get("Users/u1")


def test_groups_of_elsewhere_stay() -> None:
    far = {"value": "far", "display": "Far", "type": "INDIRECT", "x": 1}
    near = {"Value": "g1", "display": "Readers"}
    directory = Directory({"users": [{"id": "u1", "userName": "a", "groups": [near, far]}], "groups": SEED["groups"]})

    assert [each["display"] for each in directory.get("Users/u1")["groups"]] == ["Far", "Readers", "Writers"]
    changed = directory.put("Users/u1", {"userName": "b", "groups": []})
    assert changed["groups"][0] == far


# -- Seeds ------------------------------------------------------------------------


def test_a_dump_can_be_loaded_again_and_is_a_copy(directory: Directory) -> None:
    directory.now += 5
    directory.patch("Users/u1", {"op": "add", "path": "emails", "value": [{"value": "a"}]})
    first = directory.plain.dump()
    other = Directory(first)

    assert other.plain.dump() == first
    assert json.loads(json.dumps(first)) == first
    assert first["users"][0]["meta"]["version"] == 'W/"2"'
    first["users"][0]["emails"][0]["value"] = first["users"][0]["meta"]["created"] = "changed"
    assert other.get("Users/u1")["emails"] == [{"value": "a"}]
    changed = other.put("Users/u1", {"userName": "una"})
    assert changed["meta"] | {"lastModified": ""} == {
        "resourceType": "User",
        "created": "2020-01-02T03:04:05+02:00",
        "lastModified": "",
        "location": f"{BASE}/Users/u1",
        "version": 'W/"3"',
    }


def test_a_seed_does_not_follow_what_the_caller_changes_later() -> None:
    state: State = {"users": [{"id": "u", "userName": "a", BADGE: {"level": 1}}], "groups": []}
    directory = Directory(state)
    state["users"][0][BADGE]["level"] = 2

    assert directory.get("Users/u")[BADGE] == {"level": 1}


@pytest.mark.parametrize(
    ("given", "version"),
    [('W/"41"', 'W/"41"'), ('"41"', 'W/"1"'), ('W/"a1"', 'W/"1"'), ("", 'W/"1"'), (None, 'W/"1"'), ('W/""', 'W/"1"')],
)
def test_versions_of_a_seed(given: object, version: str) -> None:
    directory = Directory({"users": [{"id": "u", "userName": "a", "meta": {"VERSION": given}}], "groups": []})

    assert directory.get("Users/u")["meta"]["version"] == version


@pytest.mark.parametrize("date", ["2024-05-01T12:30:45.123456789Z", "2024-05-01", [2024, 5, 1, 12, 30], 1714566645])
def test_dates_of_a_seed_are_shown_as_they_came(date: object) -> None:
    meta = {"created": date, "lastModified": date, "resourceType": "Other", "location": "here", "x": 1}
    directory = Directory({"users": [{"id": "u", "userName": "a", "meta": meta}], "groups": []})
    shown = directory.get("Users/u")["meta"]

    assert (shown["created"], shown["lastModified"]) == (date, date)
    for mine in (copied for copied in directory.plain.dump()["users"][0]["meta"].values() if isinstance(copied, list)):
        mine.clear()
    assert directory.get("Users/u")["meta"] == shown
    assert (shown["resourceType"], shown["location"], "x" in shown) == ("User", f"{BASE}/Users/u", False)


def test_what_a_seed_leaves_out_is_given() -> None:
    directory = Directory({"users": [{"userName": "a", "id": None}], "groups": [{"DisplayName": "g", "meta": None}]})
    dump = directory.plain.dump()
    (user,), (group,) = dump["users"], dump["groups"]

    assert re.fullmatch(UUID4, user["id"])
    assert group["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:Group"]
    assert user["meta"]["created"] == group["meta"]["lastModified"] == "2023-11-14T22:13:20.250Z"


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ([{"userName": "a"}, "b"], r"users\[1\]: a JSON object is needed, not str"),
        ([{"displayName": "a"}], r"users\[0\]: userName is required"),
        ([{"userName": 1, "emails": "x"}], r"users\[0\]: userName: text .*; emails: an array is needed, not text"),
        ([{"userName": "a", "meta": {"created": "soon"}}], r"users\[0\]: meta\.created: a date-time is needed"),
        ([{"userName": "a", "meta": "x", "ID": 5}], r"users\[0\]: meta: an object is needed.*; id: text is needed"),
        ([{"userName": "a", "groups": ["g"]}], r"users\[0\]: groups\[0\]: an object is needed"),
        ([{"userName": "a", "x": {1, 2}}], r"users\[0\]: Object of type set is not JSON"),
        ([{"userName": "a", "x": float("nan")}], r"users\[0\]: Out of range float"),
        ([{"userName": "a", "x": "\ud800"}], r"users\[0\]: .*surrogate"),
        ([{"userName": "a", "username": "b"}], r"users\[0\]: .*one attribute"),
        ([{"userName": "a", "id": "1"}, {"userName": "b", "id": "1"}], r"users\[1\]: User id '1' is taken by users"),
        ([{"userName": "a"}, {"userName": "A"}], r"users\[1\]: userName 'a' is taken by users\[0\]"),
    ],
)  # fmt: skip
def test_a_bad_seed_is_refused_by_name_and_replaces_nothing(
    directory: Directory, users: list[Any], message: str
) -> None:
    before = directory.plain.dump()
    with pytest.raises(ValueError, match=message):
        directory.plain.load({"users": users, "groups": []})

    assert directory.plain.dump() == before


def test_a_user_and_a_group_may_have_the_same_id() -> None:
    directory = Directory({"users": [{"id": "1", "userName": "a"}], "groups": [{"id": "1", "displayName": "a"}]})

    assert "userName" in directory.get("Users/1")
    assert "displayName" in directory.get("Groups/1")


def test_locations_follow_the_base_url_and_references_are_absolute(directory: Directory) -> None:
    members = [{"value": "u1", "$ref": "Users/u1"}, {"value": "x", "$ref": "../Users/x"}]
    manager = {"value": "u1", "$ref": "Users/u1", "deeper": [{"$ref": "Groups/g1"}, {"$ref": 5}]}
    state: State = {
        "users": [{"id": "ü/2", "userName": "a", ENTERPRISE: {"manager": manager}, "$ref": "Users/"}],
        "groups": [{"id": "g1", "displayName": "g", "members": members}],
    }
    directory.plain.load(state)
    directory.plain.base_url = "http://elsewhere"
    user, group = directory.get("Users/ü/2"), directory.get("Groups/g1")

    assert user["meta"]["location"] == f"http://elsewhere/Users/{quote('ü/2', safe='')}"
    assert user[ENTERPRISE]["manager"] == {
        "value": "u1",
        "$ref": "http://elsewhere/Users/u1",
        "deeper": [{"$ref": "http://elsewhere/Groups/g1"}, {"$ref": 5}],
    }
    assert user["$ref"] == "Users/"
    assert [member["$ref"] for member in group["members"]] == ["http://elsewhere/Users/u1", "../Users/x"]
    assert directory.put("Groups/g1", group) == group
