"""The operations of the vendor's API."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from maia_scim.sandbox import Sandbox
from tests.sandbox.vendor import GROUP, problem
from tests.sandbox.wire import BJENSEN

JMENSAH = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
CUSTOM = "urn:example:1.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SPEC = Path(__file__).parents[2] / "openapi" / "public-api-endpoint-reference.yaml"


def patch_body(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}


def test_the_paths_are_those_of_the_specification(api: httpx.Client) -> None:
    spec = YAML(typ="safe").load(SPEC.read_text("utf-8"))
    (path,) = (path for path, item in spec["paths"].items() if "put" in item and "Users" in path)

    url = api.base_url.copy_with(path="/dpc" + path.format(id=BJENSEN.rpartition("/")[2]))
    assert all(server["url"].endswith("/dpc") for server in spec["servers"])
    assert api.put(url, json={"userName": "bjensen"}).status_code == 200


# -- PUT ----------------------------------------------------------------------


def test_put_replaces_a_user(sandbox: Sandbox, api: httpx.Client) -> None:
    user = api.get(BJENSEN).json()
    answer = api.put(BJENSEN, json={**user, "title": "Data Engineer"})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    changed = answer.json()
    assert changed["title"] == "Data Engineer"
    assert answer.headers["etag"] == changed["meta"]["version"] != user["meta"]["version"]
    assert {**changed, "title": user["title"], "meta": user["meta"]} == user
    assert sandbox.users[user["id"]] == changed == api.get(BJENSEN).json()


def test_put_clears_what_it_leaves_out(api: httpx.Client) -> None:
    user = api.put(BJENSEN, json={"userName": "bjensen", "emails": [], "title": None, "active": False}).json()

    assert user.keys() == {"schemas", "id", "meta", "userName", "active", "groups"}
    assert user["active"] is False


@pytest.mark.parametrize("meta", [{}, {"resourceType": "User"}, None, {"created": [2024, 5, 1], "version": 7}, "x"])
def test_put_ignores_what_the_service_sets_itself(api: httpx.Client, meta: object) -> None:
    before = api.get(BJENSEN).json()
    groups = [{"value": "1", "type": "owner", "ref": 3}]
    after = api.put(BJENSEN, json={**before, "meta": meta, "id": "other", "Groups": groups, "title": "x"}).json()

    assert after["id"] == before["id"]
    assert after["groups"] == before["groups"]
    assert after["meta"]["created"] == before["meta"]["created"]
    assert after["meta"]["location"] == before["meta"]["location"]
    assert after["meta"]["resourceType"] == "User"


def test_put_keeps_extensions_that_nobody_registered(sandbox: Sandbox, api: httpx.Client) -> None:
    urn = "urn:example:params:scim:schemas:extension:badge:1.0:User"
    badge = {"number": 17, "ratio": 1.0, "open": None, "doors": [{"id": "a", "hours": []}, {}], "ünï": "ß"}
    user = api.get(BJENSEN).json()
    user["schemas"].append(urn)
    user[urn] = badge
    user["x-unknown"] = [1, {"a": None}]

    answer = api.put(BJENSEN, json=user).json()

    assert answer[urn] == badge
    assert answer["x-unknown"] == [1, {"a": None}]
    assert urn in answer["schemas"]
    assert answer[ENTERPRISE]["department"] == "Tour Operations"
    assert api.get(BJENSEN).json() == answer == sandbox.users[user["id"]]
    kept = api.patch(BJENSEN, json=patch_body({"op": "replace", "path": "title", "value": "y"})).json()
    assert (kept[urn], kept["title"]) == (badge, "y")
    assert urn not in api.put(BJENSEN, json={"userName": "bjensen"}).json()


def test_put_keeps_and_never_shows_a_password(sandbox: Sandbox, api: httpx.Client) -> None:
    answer = api.put(BJENSEN, json={"userName": "bjensen", "password": "t1meMa$heen"})

    assert answer.status_code == 200
    assert "t1meMa$heen" not in answer.text + api.get(BJENSEN).text + repr(sandbox.users) + repr(sandbox.requests)


def test_a_body_may_come_as_scim_json(api: httpx.Client) -> None:
    headers = {"Content-Type": "application/scim+json"}

    assert api.put(BJENSEN, content=b'{"userName": "bjensen"}', headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{nope", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe\xfd", "not JSON"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
        (b"{}", "userName"),
        (b'{"userName": "a", "emails": "x"}', "emails"),
        (b'{"userName": "a", "active": "maybe", "name": 3}', "active"),
        (b'{"userName": "a\\ud800"}', "JSON"),
    ],
)
def test_a_bad_body_is_a_400_and_changes_nothing(sandbox: Sandbox, api: httpx.Client, body: bytes, said: str) -> None:
    before = sandbox.users
    for method, path in (("PUT", BJENSEN), ("POST", "/Users")):
        content = problem(api.request(method, path, content=body, headers={"Content-Type": "application/json"}), 400)
        assert said in content["detail"] + "".join(content["violations"])

    assert sandbox.users == before


def test_every_violation_is_told(api: httpx.Client) -> None:
    content = problem(api.put(BJENSEN, json={"userName": "a", "active": "maybe", "name": 3}), 400)

    assert len(content["violations"]) == 2
    assert any("active" in violation for violation in content["violations"])
    assert any("name" in violation for violation in content["violations"])


def test_another_content_type_is_a_415(api: httpx.Client) -> None:
    problem(api.put(BJENSEN, content=b'{"userName": "a"}', headers={"Content-Type": "text/plain"}), 415)


def test_a_taken_user_name_is_a_409(sandbox: Sandbox, api: httpx.Client) -> None:
    before = sandbox.users

    problem(api.put(BJENSEN, json={"userName": "YHADDAD"}), 409)
    problem(api.post("/Users", json={"userName": "yhaddad"}), 409)

    assert sandbox.users == before


# -- GET, POST ----------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "path",
    ["/Users/nobody", "/Groups/nobody", "/Users/%2e%2e", "/Users/a%2Fb", "/Users/%C3%BC%FF", "/Users/%0d%0aX: y"],
)
def test_an_unknown_id_is_a_404(api: httpx.Client, method: str, path: str) -> None:
    body = patch_body({"op": "add", "path": "displayName", "value": "x"}) if method == "PATCH" else {"userName": "a"}

    answer = api.request(method, path, json=None if method == "GET" else body)

    problem(answer, 404)
    assert "X" not in answer.headers


def test_post_creates_a_user(sandbox: Sandbox, api: httpx.Client) -> None:
    answer = api.post("/Users", json={"userName": "new", "meta": {"resourceType": "User"}, "id": "mine"})

    assert answer.status_code == 201
    user = answer.json()
    assert user["id"] != "mine"
    location = f"{sandbox.base_url}/v1/directory-integration/scim/v2/Users/{user['id']}"
    assert answer.headers["location"] == user["meta"]["location"] == location
    assert api.get(location).json() == user == sandbox.users[user["id"]]


# -- PATCH --------------------------------------------------------------------


def test_patch_answers_with_the_user(sandbox: Sandbox, api: httpx.Client) -> None:
    answer = api.patch(BJENSEN, json=patch_body({"op": "replace", "path": "title", "value": "Data Engineer"}))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["title"] == "Data Engineer"
    assert answer.json() == sandbox.users[BJENSEN.rpartition("/")[2]]
    assert answer.headers["etag"] == answer.json()["meta"]["version"]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        # Okta: no path
        ({"op": "replace", "value": {"active": False}}, {"active": False}),
        # Entra: capitals, booleans as text, dotted and URN paths as keys
        ({"op": "Replace", "path": "active", "value": "False"}, {"active": False}),
        ({"op": "Add", "value": {"name.givenName": "Babs"}}, {"givenName": "Babs"}),
        ({"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Data"}, {"department": "Data"}),
        ({"op": "Replace", "value": {f"{ENTERPRISE}:department": "Data"}}, {"department": "Data"}),
        ({"op": "Replace", "path": 'emails[type eq "other"].value', "value": "o@x.example"}, {"other": "o@x.example"}),
        # extensions that nobody registered
        ({"op": "replace", "path": f"{CUSTOM}:level", "value": 3}, {CUSTOM: {"level": 3}}),
        ({"op": "replace", "value": {CUSTOM: {"level": 3}}}, {CUSTOM: {"level": 3}}),
        # RFC 7644
        ({"op": "remove", "path": "title"}, {"title": None}),
        ({"op": "replace", "path": 'emails[type eq "home"].value', "value": "h@x.example"}, {"home": "h@x.example"}),
    ],
)
def test_patch_takes_the_shapes_that_clients_send(
    api: httpx.Client, operation: dict[str, Any], expected: dict[str, Any]
) -> None:
    answer = api.patch(BJENSEN, json=patch_body(operation))

    assert answer.status_code == 200, answer.text
    user = answer.json()
    emails = {email["type"]: email["value"] for email in user["emails"]}
    flat = {"title": None, **user, **user["name"], **user[ENTERPRISE], **emails}
    assert expected.items() <= flat.items()


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "id", "value": "x"},
        {"op": "replace", "path": "nonsense", "value": "x"},
        {"op": "replace", "path": "emails[", "value": "x"},
        {"op": "replace", "path": "emails", "value": "x"},
        {"op": "remove"},
        {"op": "remove", "path": "userName"},
        {"op": "move", "path": "title"},
    ],
)
def test_a_bad_patch_is_a_400_and_changes_nothing(
    sandbox: Sandbox, api: httpx.Client, operation: dict[str, Any]
) -> None:
    before = sandbox.users
    good = {"op": "replace", "path": "title", "value": "must not stay"}

    problem(api.patch(BJENSEN, json=patch_body(good, operation)), 400)

    assert sandbox.users == before


@pytest.mark.parametrize("body", [b"", b"{nope", b"[]", b"{}", b'{"Operations": []}'])
def test_a_bad_patch_body_is_a_400(api: httpx.Client, body: bytes) -> None:
    problem(api.patch(BJENSEN, content=body, headers={"Content-Type": "application/json"}), 400)


# -- Groups -------------------------------------------------------------------


def test_groups_have_the_vendors_fields(api: httpx.Client) -> None:
    group = api.get(GROUP).json()
    vendor = {"accountId", "accountName", "environment", "projectId", "projectName", "role"}
    assert vendor <= group.keys()
    assert {member["type"] for member in group["members"]} == {"USER"}

    group["role"] = "VIEWER"
    replaced = api.put(GROUP, json=group).json()
    patched = api.patch(GROUP, json=patch_body({"op": "replace", "path": "environment", "value": "staging"})).json()

    assert {**replaced, "meta": None} == {**group, "meta": None}
    assert (patched["environment"], patched["role"]) == ("staging", "VIEWER")


def test_members_are_added_and_removed(sandbox: Sandbox, api: httpx.Client) -> None:
    added = api.patch(GROUP, json=patch_body({"op": "add", "path": "members", "value": [{"value": JMENSAH}]})).json()
    (membership,) = sandbox.users[JMENSAH]["groups"]
    assert len(added["members"]) == 4
    assert membership["value"] == added["id"]
    assert membership["$ref"] == added["meta"]["location"]

    removals: list[dict[str, Any]] = [
        {"op": "remove", "path": f'members[value eq "{JMENSAH}"]'},
        {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": BJENSEN.rpartition("/")[2]}]},
    ]
    left = api.patch(GROUP, json=patch_body(*removals)).json()

    assert len(left["members"]) == 2
    assert "groups" not in sandbox.users[JMENSAH]
    assert [each["display"] for each in api.get(BJENSEN).json()["groups"]] == ["All Staff"]


def test_memberships_of_elsewhere_stay() -> None:
    elsewhere = {"value": "far", "display": "Far", "type": "INDIRECT"}
    with Sandbox(users=[{"id": "1", "userName": "a", "groups": [elsewhere]}]) as sandbox:
        assert sandbox.users["1"]["groups"] == [elsewhere]


# -- ETags --------------------------------------------------------------------


def test_if_match(sandbox: Sandbox, api: httpx.Client) -> None:
    first = api.get(BJENSEN)
    version = first.headers["etag"]
    assert version.startswith('W/"')

    second = api.put(BJENSEN, json={"userName": "bjensen"}, headers={"If-Match": version})
    before = sandbox.users
    for method, body in (("PUT", {"userName": "x"}), ("PATCH", patch_body({"op": "remove", "path": "title"}))):
        problem(api.request(method, BJENSEN, json=body, headers={"If-Match": version}), 412)

    assert second.status_code == 200
    assert sandbox.users == before
    assert api.put(BJENSEN, json={"userName": "x"}, headers={"If-Match": "*"}).status_code == 200


def test_if_none_match_is_a_304_without_a_body(api: httpx.Client) -> None:
    version = api.get(BJENSEN).headers["etag"]

    answer = api.get(BJENSEN, headers={"If-None-Match": version})

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", version)


def test_a_put_of_the_same_changes_no_version(api: httpx.Client) -> None:
    user = api.get(BJENSEN).json()

    assert api.put(BJENSEN, json=user).json() == user
