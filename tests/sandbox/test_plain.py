"""The default personality: what it takes, keeps and shows."""

import copy
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from maia_scim.sandbox.digits import decode, encode
from maia_scim.sandbox.directory import RefusedError
from maia_scim.sandbox.plain import PlainDirectory
from maia_scim.sandbox.schema import schema
from maia_scim.schema import Attribute
from tests.sandbox.asked import BADGE, BASE, CORE, ENTERPRISE, UUID4, Directory, shown


def kept(directory: Directory, body: dict[str, Any]) -> dict[str, Any]:
    """What is shown of a body, less what the service adds to every user."""
    answer = directory.put("Users/ü/2", body)
    return {key: value for key, value in answer.items() if key not in ("id", "meta", "groups", "schemas")}


# -- What the specification says ------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), [("User", "ScimUser"), ("Group", "ScimGroup")])
def test_names_and_types_are_those_of_the_vendored_specification(kind: str, name: str) -> None:
    spec = json.loads((Path(__file__).parents[2] / "generated" / "openapi.json").read_text("utf-8"))
    schemas = spec["components"]["schemas"]

    def told(definition: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for attribute, content in definition["properties"].items():
            many = content.get("type") == "array"
            item = content["items"] if many else content
            parts = (
                told(schemas[item["$ref"].rpartition("/")[2]]) if "$ref" in item else item.get("format", item["type"])
            )
            for spelled in {attribute, item.get("xml", {}).get("name", attribute)}:
                found[spelled] = [parts] if many else parts
        return found

    def derived(attribute: Attribute) -> Any:
        names = {"str": "string", "bool": "boolean", "UUID": "uuid", "datetime": "date-time"}
        parts = {part.name: derived(part) for part in attribute.parts.values()} or names[attribute.type.__name__]
        return [parts] if attribute.many else parts

    expected = told(schemas[name])
    expected["password"] = expected.get("password") and "string"
    assert {each.name: derived(each) for each in schema(kind).attributes.values()} == {
        key: value for key, value in expected.items() if value
    }


# -- What is kept -----------------------------------------------------------------


def test_whatever_comes_is_kept_as_it_came(directory: Directory) -> None:
    body: dict[str, Any] = {
        "UserName": "ulf",
        "displayname": "U",
        "emails": [{"value": "u@e.example", "Primary": True, "verified": False}, {}],
        "name": {"givenName": "", "legalName": "Ulf"},
        "x-unknown": [1, {"a": None, "b": []}, []],
        "birth": "2001-02-03T04:05:06.000000+00:00",
        BADGE: {"number": 17, "open": None, "doors": [{"hours": []}, {}], "ünï": "ß"},
        f"{ENTERPRISE}:department": "Data",
    }

    assert kept(directory, body) == body
    assert kept(directory, directory.get("Users/ü/2")) == body


@pytest.mark.parametrize(
    "number",
    [
        "1.0",
        "1.10",
        "1e2",
        "1E+2",
        "-0",
        "-0.0",
        "0.1",
        "1e400",
        "-1e400",
        "12345678901234567890",
        "3" * 5000,
        "1e-400",
    ],
)
def test_numbers_are_kept_to_the_digit(directory: Directory, number: str) -> None:
    body = b'{"userName": "ulf", "n": {"a": [%s]}, "t": "\\"%s"}' % (number.encode(), number.encode())

    for answer in (directory.ask("PUT", "Users/ü/2", body), directory.ask("GET", "Users/ü/2")):
        assert f'"n": {{"a": [{number}]}}'.encode() in answer.body
    again = Directory(directory.plain.dump())
    assert f'"n": {{"a": [{number}]}}'.encode() in again.ask("GET", "Users/ü/2").body
    (kept,) = copy.deepcopy(directory.plain.dump())["users"][1]["n"]["a"]
    assert encode(kept) == repr(kept).encode() == number.encode()


def test_numbers_are_numbers_still() -> None:
    assert decode(b"[1.10, 2, 2.5]") == [1.1, 2, 2.5]
    assert decode(b"1.10") + 1 == pytest.approx(2.1)
    assert encode({"a": decode(b"[1.10]"), "b": "é"}) == b'{"a": [1.10], "b": "\\u00e9"}'


def test_what_has_no_value_is_not_kept(directory: Directory) -> None:
    body: dict[str, Any] = {
        "userName": "ulf",
        "title": None,
        "emails": [],
        "roles": None,
        "schemas": [],
        "name": {"givenName": None, "x": []},
        "ims": [{"value": "i", "type": None, "primary": None}],
        "x": None,
        BADGE: None,
    }

    assert kept(directory, body) == {"userName": "ulf", "ims": [{"value": "i"}]}
    assert directory.get("Users/ü/2")["schemas"] == [CORE]


def test_booleans_may_come_as_text(directory: Directory) -> None:
    body = {"userName": "ulf", "active": "False", "emails": [{"primary": "TRUE"}], BADGE: {"on": "True"}, "x": "true"}

    assert kept(directory, body) == body | {"active": False, "emails": [{"primary": True}]}


@pytest.mark.parametrize("ignored", [None, [], {}, "x", 3, {"created": [2024, 5, 1], "version": 7}, [{"value": 3}]])
def test_what_the_service_sets_itself_is_ignored_in_any_shape(directory: Directory, ignored: object) -> None:
    before = directory.get("Users/u1")
    body = {"userName": "una", "title": "One", "id": ignored, "ID": ignored, "Meta": ignored, "groups": ignored}

    assert directory.put("Users/u1", body) == before


def test_schemas_are_kept_and_completed(directory: Directory) -> None:
    def schemas(**body: Any) -> Any:
        return directory.put("Users/u1", {"userName": "una", **body})["schemas"]

    assert schemas() == [CORE]
    assert schemas(schemas=["urn:x", CORE]) == ["urn:x", CORE]
    assert schemas(**{BADGE: {"a": 1}}) == [CORE, BADGE]
    assert schemas(schemas=[CORE, BADGE.upper()], **{BADGE: {"a": 1}}) == [CORE, BADGE.upper()]
    assert schemas(**{f"{BADGE}:level": 1, "urn:x": "y"}) == [CORE]
    patched = directory.patch("Users/u1", {"op": "add", "path": f"{ENTERPRISE}:department", "value": "D"})
    assert (patched["schemas"], patched[ENTERPRISE]) == ([CORE, ENTERPRISE], {"department": "D"})


def test_a_password_is_kept_and_never_shown(directory: Directory) -> None:
    def version() -> Any:
        return directory.get("Users/ü/2")["meta"]["version"]

    secrets = ["hidden-by-seed"]
    assert version() == 'W/"1"'
    directory.put("Users/ü/2", {"userName": "Ulf"})
    assert version() == 'W/"1"'  # it is still there: nothing changed
    for number, change in enumerate(("hidden-2", "hidden-3")):
        secrets.append(change)
        answer = directory.ask("PUT", "Users/ü/2", {"userName": "Ulf", "Password": change})
        assert version() == f'W/"{number + 2}"'
        assert not any(secret in repr(answer) + repr(directory.plain.dump()) for secret in secrets)
    patch = {"Operations": [{"op": "replace", "path": "password", "value": "hidden-4"}]}
    assert "hidden" not in repr(directory.ask("PATCH", "Users/ü/2", patch)) + repr(directory.plain.dump())
    assert version() == 'W/"4"'
    assert directory.put("Users/ü/2", {"userName": "Ulf", "password": None})["meta"]["version"] == 'W/"5"'
    assert directory.put("Users/ü/2", {"userName": "Ulf"})["meta"]["version"] == 'W/"5"'


# -- Operations -------------------------------------------------------------------


def test_post_creates_a_user(directory: Directory) -> None:
    answer = directory.ask("POST", "Users", {"userName": "new", "id": "mine", "meta": {"version": 'W/"9"'}})

    user = shown(answer)
    assert answer.status == 201
    assert re.fullmatch(UUID4, user["id"])
    assert answer.headers["Location"] == f"{BASE}/Users/{user['id']}"
    assert user == {
        "id": user["id"],
        "schemas": [CORE],
        "userName": "new",
        "meta": {
            "resourceType": "User",
            "created": "2023-11-14T22:13:20.250Z",
            "lastModified": "2023-11-14T22:13:20.250Z",
            "location": f"{BASE}/Users/{user['id']}",
            "version": 'W/"1"',
        },
    }
    assert directory.get(f"Users/{user['id']}") == user == directory.plain.dump()["users"][-1]
    assert "Location" not in directory.ask("GET", f"Users/{user['id']}").headers


@pytest.mark.parametrize("path", ["Users/u1", "Groups/g1"])
def test_versions_count_the_writes_that_change_something(directory: Directory, path: str) -> None:
    before = directory.get(path)
    directory.now += 60

    assert directory.put(path, before) == before
    assert directory.patch(path, {"op": "replace", "value": {"externalId": None}}) == before
    changed = directory.put(path, {**before, "externalId": "e"})
    assert changed["meta"] == before["meta"] | {"version": 'W/"2"', "lastModified": "2023-11-14T22:14:20.250Z"}
    assert changed == before | {"externalId": "e", "meta": changed["meta"]}
    directory.now += 60.75
    patched = directory.patch(path, {"op": "replace", "path": "externalId", "value": "f"})
    assert patched["meta"] == before["meta"] | {"version": 'W/"3"', "lastModified": "2023-11-14T22:15:21Z"}
    assert directory.get(path) == patched


def test_a_change_of_type_is_a_change(directory: Directory) -> None:
    directory.put("Users/u1", {"userName": "una", "x": 1})

    assert directory.put("Users/u1", {"userName": "una", "x": True})["x"] is True
    assert directory.put("Users/u1", {"userName": "una", "x": 1.0})["meta"]["version"] == 'W/"4"'


def test_put_clears_what_it_leaves_out(directory: Directory) -> None:
    assert directory.put("Users/u1", {"userName": "una"}).keys() == {"id", "schemas", "userName", "groups", "meta"}


def test_patch_answers_with_the_user_and_is_all_or_nothing(directory: Directory) -> None:
    good = {"op": "replace", "path": "title", "value": "Two"}

    assert directory.patch("Users/u1", good)["title"] == "Two"
    refusal = directory.refusal("PATCH", "Users/u1", {"Operations": [{**good, "value": "3"}, {"op": "remove"}]})
    assert refusal.violations == [refusal.detail] == ["Operations[1].path: remove needs a path (noTarget)"]
    assert "Operations" in directory.refusal("PATCH", "Users/u1", {}).detail
    operations = {"operations": [{"op": "remove", "path": "title"}], "schemas": "any", "x": 1}
    assert "title" not in shown(directory.ask("PATCH", "Users/u1", operations))


# -- Conditions -------------------------------------------------------------------


@pytest.mark.parametrize("tag", ['W/"1"', '"1"', "*", ' W/"7" , W/"1"', '"a,b","1"'])
def test_if_match_that_matches(directory: Directory, tag: str) -> None:
    assert directory.put("Users/u1", {"userName": "x"}, if_match=tag)["userName"] == "x"


@pytest.mark.parametrize("tag", ['W/"2"', '"11"', "1", 'w/"', "W/", '"*"', "x"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "GET"])
def test_if_match_that_does_not(directory: Directory, method: str, tag: str) -> None:
    assert directory.refusal(method, "Users/u1", {"userName": "x"}, if_match=tag).status == 412


def test_if_none_match(directory: Directory) -> None:
    answer = directory.ask("GET", "Users/u1", if_none_match='"0", W/"1"')

    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", 'W/"1"')
    assert directory.ask("GET", "Users/u1", if_none_match='W/"2"').status == 200
    assert directory.ask("GET", "Users/u1", if_none_match=" ").status == 200
    assert directory.refusal("PUT", "Users/u1", {"userName": "x"}, if_none_match="*").status == 412
    assert directory.put("Users/u1", {"userName": "x"}, if_none_match='"9"')["userName"] == "x"


# -- Personalities made of it -----------------------------------------------------


class Upper(PlainDirectory):
    versioned = False

    def accept(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("title") == "no":
            raise RefusedError(400, "no title, please", ["title"])
        return {"active": True, **super().accept(kind, body)}

    def shown(self, resource: dict[str, Any]) -> dict[str, Any]:
        assert "password" not in resource
        resource["meta"]["created"] = [2024, 5, 1]
        resource["userName"] = resource.get("userName", "").upper()
        return resource


def test_a_subclass_may_take_show_and_version_otherwise() -> None:
    directory = Directory(kind=Upper)
    user = directory.get("Users/ü/2")

    assert (user["userName"], user["active"], user["meta"]["created"]) == ("ULF", True, [2024, 5, 1])
    assert "version" not in user["meta"]
    assert directory.plain.dump()["users"][1] == user
    assert directory.put("Users/ü/2", {"userName": "x"}, if_match='"9"', if_none_match="*")["active"] is True
    assert "ETag" not in directory.ask("GET", "Users/u1").headers
    assert directory.put("Users/ü/2", {"userName": "x", "active": False})["active"] is False
    assert directory.patch("Users/ü/2", {"op": "remove", "path": "active"})["active"] is True
    refused = {"op": "replace", "path": "title", "value": "no"}
    assert directory.refusal("PATCH", "Users/u1", {"Operations": [refused]}).violations == ["title"]
    again = directory.plain.dump()
    directory.plain.load(again)
    assert directory.plain.dump() == again


# -- Threads ----------------------------------------------------------------------


def test_many_threads_at_once(directory: Directory) -> None:
    def change(number: int) -> None:
        shown(directory.ask("POST", "Users", {"userName": f"new-{number % 40}"})) if number < 40 else None
        directory.patch("Groups/g1", {"op": "add", "path": "members", "value": [{"value": f"m{number}"}]})
        directory.plain.dump()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(change, range(120)))

    group = directory.get("Groups/g1")
    assert len(group["members"]) == 121
    assert group["meta"]["version"] == 'W/"121"'
    assert len(directory.plain.dump()["users"]) == 42
