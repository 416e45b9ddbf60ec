"""The users and groups that a sandbox begins with: a company that holds together, and that nobody can be reached at."""

import json
import re
import uuid
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import maia_scim.sandbox
from maia_scim.models import ScimGroup, ScimUser
from maia_scim.sandbox import Sandbox

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SEED = json.loads((Path(maia_scim.sandbox.__file__).parent / "seed.json").read_text("utf-8"))
USERS: list[dict[str, Any]] = SEED["users"]
GROUPS: list[dict[str, Any]] = SEED["groups"]
BY_ID = {user["id"]: user for user in USERS}
# RFC 2606, and the numbers that the regulators keep free for fiction.
RESERVED_DOMAIN = re.compile(r"(.+\.)?(example\.(com|org|net)|[^.]+\.example)")
RESERVED_NUMBER = re.compile(
    r"\+1-555-555-\d{4}|\+44 20 7946 0\d{3}|\+49 30 23125 \d{3}|\+33 1 99 00 \d\d \d\d|\+61 2 5550 \d{4}"
)

each_user = pytest.mark.parametrize("user", [pytest.param(user, id=user["userName"]) for user in USERS])
each_group = pytest.mark.parametrize("group", [pytest.param(group, id=group["displayName"]) for group in GROUPS])
each_resource = pytest.mark.parametrize(
    "resource", [pytest.param(one, id=one.get("userName") or one["displayName"]) for one in USERS + GROUPS]
)


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(value.casefold() for value in values).items() if count > 1]


def manager_of(user: dict[str, Any]) -> dict[str, Any] | None:
    manager: dict[str, Any] | None = user.get(ENTERPRISE, {}).get("manager")
    return manager


def line_of(user: dict[str, Any]) -> list[str]:
    """Return the user names from a user up to the one that has no manager."""
    line = [user["userName"]]
    while manager := manager_of(user):
        user = BY_ID[manager["value"]]
        assert user["userName"] not in line, f"{user['userName']} is above themselves"
        line.append(user["userName"])
    return line


def test_fifty_users_and_five_groups() -> None:
    assert (len(USERS), len(GROUPS)) == (50, 5)
    assert SEED.keys() == {"users", "groups"}
    assert [user["userName"] for user in USERS[:8]] == [
        "bjensen",
        "yhaddad",
        "mokafor",
        "zgarcia.núñez",
        "ktanaka",
        "lfischer",
        "jmensah",
        "svc-orchestration",
    ]


def test_nothing_that_must_differ_is_there_twice() -> None:
    addresses = [email["value"] for user in USERS for email in user.get("emails", [])]
    numbers = [number["value"] for user in USERS for number in user.get("phoneNumbers", [])]

    assert repeated([one["id"] for one in USERS + GROUPS]) == []
    assert repeated([user["userName"] for user in USERS]) == []
    assert repeated([one["externalId"] for one in USERS + GROUPS if "externalId" in one]) == []
    assert repeated([group["displayName"] for group in GROUPS]) == []
    assert repeated(addresses) == []
    assert repeated(numbers) == []


@each_resource
def test_what_every_resource_has(resource: dict[str, Any]) -> None:
    identifier = uuid.UUID(resource["id"])
    assert (str(identifier), identifier.version) == (resource["id"], 4)

    kind = "User" if "userName" in resource else "Group"
    extensions = [name for name in resource if name.startswith("urn:")]
    assert resource["schemas"] == [f"urn:ietf:params:scim:schemas:core:2.0:{kind}", *extensions]
    assert set(extensions) <= {ENTERPRISE}

    assert resource["meta"].keys() == {"created", "lastModified"}
    assert all(time.endswith("Z") for time in resource["meta"].values())
    created, modified = (datetime.fromisoformat(resource["meta"][name]) for name in ("created", "lastModified"))
    assert created.year >= 2019
    assert created <= modified < datetime.fromisoformat("2026-11-01T00:00:00Z")


@each_user
def test_the_model_gives_a_user_back_unchanged(user: dict[str, Any]) -> None:
    model = ScimUser.from_dict(user)

    assert model.to_dict() == user
    assert set(model.additional_properties) <= {ENTERPRISE}


@each_group
def test_the_model_gives_a_group_back_unchanged(group: dict[str, Any]) -> None:
    model = ScimGroup.from_dict(group)

    assert model.to_dict() == group
    assert model.additional_properties == {}


@each_user
def test_nobody_can_be_reached(user: dict[str, Any]) -> None:
    for entry in user.get("emails", []) + user.get("ims", []):
        assert RESERVED_DOMAIN.fullmatch(entry["value"].rpartition("@")[2]), entry
    for number in user.get("phoneNumbers", []):
        assert RESERVED_NUMBER.fullmatch(number["value"]), number
    urls = [photo["value"] for photo in user.get("photos", [])]
    for url in urls + ([user["profileUrl"]] if "profileUrl" in user else []):
        assert RESERVED_DOMAIN.fullmatch(urlsplit(url).hostname or ""), url


@each_user
def test_one_email_is_the_primary_one(user: dict[str, Any]) -> None:
    if "emails" in user:
        assert [email.get("primary") for email in user["emails"]].count(True) == 1
    for name in ("phoneNumbers", "addresses", "ims", "photos", "roles", "entitlements"):
        assert user.get(name) != [], name
        assert [entry.get("primary") for entry in user.get(name, [])].count(True) <= 1, name


@each_user
def test_managers_are_there(user: dict[str, Any]) -> None:
    if manager := manager_of(user):
        boss = BY_ID[manager["value"]]
        assert manager["displayName"] == boss["displayName"]
        assert manager.get("$ref") in {None, f"Users/{boss['id']}"}
        assert boss["active"]
        assert boss["userType"] == "Employee"


def test_reporting_lines_lead_to_one_ceo() -> None:
    lines = {user["userName"]: line_of(user) for user in USERS}

    (ceo,) = [user["userName"] for user in USERS if user.get("title") == "Chief Executive Officer"]
    # What Yasmin Haddad's own line is, her record does not say.
    assert {line[-1] for name, line in lines.items() if len(line) > 1 and name != "bjensen"} == {ceo}
    assert lines["bjensen"] == ["bjensen", "yhaddad"]
    assert max(map(len, lines.values())) == 4


@each_group
def test_members_are_users_by_their_names(group: dict[str, Any]) -> None:
    assert repeated([member["value"] for member in group["members"]]) == []
    for member in group["members"]:
        user = BY_ID[member["value"]]
        assert member["type"] == "USER"
        assert member["$ref"] == f"Users/{user['id']}"
        assert member.get("display") == user.get("displayName")
        assert user["active"]


def test_all_staff_are_the_active_people() -> None:
    (staff,) = [group for group in GROUPS if group["displayName"] == "All Staff"]
    people = [user["id"] for user in USERS if user["active"] and user.get("userType") != "Service"]

    assert [member["value"] for member in staff["members"]] == people
    assert len(people) == 44


def test_groups_are_of_the_account_or_of_a_project() -> None:
    project = {"environment", "projectId", "projectName"}
    for group in GROUPS:
        assert (group["accountId"], group["accountName"]) == ("40123", "Example Studios")
        assert project & group.keys() in (set(), project)
    assert {group["displayName"]: group["role"] for group in GROUPS if "projectId" in group} == {
        "Data Engineering": "CONTRIBUTOR",
        "Analytics": "VIEWER",
    }


def test_it_holds_what_a_directory_holds() -> None:
    assert Counter(user.get("userType") for user in USERS) == {
        "Employee": 39,
        "Contractor": 4,
        "Service": 3,
        None: 4,
    }
    assert [user["userName"] for user in USERS if not user["active"]] == ["jmensah", "gpike", "tokoro"]
    departments = {user[ENTERPRISE].get("department") for user in USERS if ENTERPRISE in user}
    assert departments >= {"Analytics", "Data Engineering", "Engineering", "Finance", "People", "Platform", "Sales"}
    sparse = [user for user in USERS if user.keys() == {"schemas", "id", "userName", "name", "active", "meta"}]
    assert len(sparse) == 4
    names = [user.get("displayName", "") for user in USERS]
    for character in "òßčÞıΔЄل小黃'-":
        assert any(character in name for name in names), character
    assert "Suryani" in names  # a name of one word
    assert max(map(len, names)) > 80


def test_a_sandbox_begins_with_it() -> None:
    with Sandbox() as sandbox:
        users, groups = sandbox.users, sandbox.groups
        prefix = f"{sandbox.base_url}/v1/directory-integration/scim/v2/"

    absolute = json.loads(json.dumps(SEED).replace('"Users/', f'"{prefix}Users/'))  # the service completes a $ref
    for shown, given in ((users, absolute["users"]), (groups, absolute["groups"])):
        assert list(shown) == [one["id"] for one in given]
        for one in given:
            answer = shown[one["id"]]
            meta = {name: answer["meta"][name] for name in one["meta"]}
            assert {**answer, "meta": meta} == one | ({"groups": answer["groups"]} if "groups" in answer else {})
    # RFC 7643 §4.1.2: a user's groups follow from the members of the groups.
    memberships = {(user, group["value"]) for user in users for group in users[user].get("groups", [])}
    assert memberships == {(member["value"], group["id"]) for group in GROUPS for member in group["members"]}
