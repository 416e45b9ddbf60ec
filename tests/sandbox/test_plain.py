"""The default personality: what it takes, keeps, shows and refuses."""

import copy
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from maia_scim.sandbox.clock import Clock
from maia_scim.sandbox.digits import decode, encode
from maia_scim.sandbox.directory import Call, RefusedError, State
from maia_scim.sandbox.exchange import Answer
from maia_scim.sandbox.plain import PlainDirectory
from maia_scim.sandbox.schema import schema
from maia_scim.schema import Attribute

BASE = "http://127.0.0.1:1/scim"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BADGE = "urn:example:params:scim:schemas:extension:badge:1.0:User"
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
SEED: State = {
    "users": [
        {"id": "u1", "userName": "una", "title": "One", "meta": {"created": "2020-01-02T03:04:05+02:00"}},
        {"id": "ü/2", "userName": "Ulf", "password": "hidden-by-seed"},
    ],
    "groups": [
        {"id": "g1", "displayName": "Readers", "members": [{"value": "u1"}]},
        {"id": "g2", "displayName": "Writers", "Members": [{"VALUE": "u1"}, {"value": "ü/2"}]},
    ],
}


class Directory:
    """A directory, asked without a network."""

    def __init__(self, state: State = SEED, kind: type[PlainDirectory] = PlainDirectory) -> None:
        self.now = 1_700_000_000.25
        self.plain = kind(BASE, Clock(lambda: self.now))
        self.plain.load(state)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        collection, _, identifier = path.partition("/")
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.plain.perform(Call(method, collection, identifier or None, named, content))

    def get(self, path: str) -> dict[str, Any]:
        return shown(self.ask("GET", path))

    def put(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        return shown(self.ask("PUT", path, body, **headers))

    def patch(self, path: str, *operations: dict[str, Any]) -> dict[str, Any]:
        return shown(self.ask("PATCH", path, {"Operations": operations}))

    def refusal(self, method: str, path: str, body: Any = None, **headers: str) -> RefusedError:
        """Ask for what is refused, and see that nothing came of it."""
        before = self.plain.dump()
        with pytest.raises(RefusedError) as caught:
            self.ask(method, path, body, **headers)
        assert "\n" not in caught.value.detail
        assert self.plain.dump() == before
        return caught.value


@pytest.fixture
def directory() -> Directory:
    return Directory()


def shown(answer: Answer) -> dict[str, Any]:
    """What an answer shows, which its headers must agree with."""
    content: dict[str, Any] = json.loads(answer.body)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers.get("ETag") == content["meta"].get("version")
    assert answer.headers["Content-Location"] == content["meta"]["location"]
    return content


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


# -- What is refused --------------------------------------------------------------


def test_every_fault_of_a_body_is_told(directory: Directory) -> None:
    body = {
        "active": "perhaps",
        "name": {"givenName": 3, "familyName": {}},
        "emails": "x",
        "roles": ["owner", {"value": ["a"], "primary": 1}],
        "externalId": 701984,
        "schemas": [CORE, 5],
        "title": True,
    }
    for method, path in (("PUT", "Users/u1"), ("POST", "Users")):
        refusal = directory.refusal(method, path, body)

        assert (refusal.status, refusal.detail) == (400, refusal.violations[0])
        assert refusal.violations == [
            "active: a boolean is needed, not text",
            "name.givenName: text is needed, not a number",
            "name.familyName: text is needed, not an object",
            "emails: an array is needed, not text",
            "roles[0]: an object is needed, not text",
            "roles[1].value: text is needed, not an array",
            "roles[1].primary: a boolean is needed, not a number",
            "externalId: text is needed, not a number",
            "schemas[1]: text is needed, not a number",
            "title: text is needed, not a boolean",
            "userName is required",
        ]


def test_every_fault_of_a_group_is_told(directory: Directory) -> None:
    body = {"userName": "x", "projectId": "p1", "members": [{"$ref": 1, "ref": [], "type": {}}, "u1", None], "role": []}

    assert directory.refusal("PUT", "Groups/g1", body).violations == [
        "projectId: a UUID is needed, not other text",
        "members[0].$ref: text is needed, not a number",
        "members[0].type: text is needed, not an object",
        "members[1]: an object is needed, not text",
        "members[2]: an object is needed, not null",
        "displayName is required",
    ]


@pytest.mark.parametrize("name", [None, "", [], {}])
def test_a_user_name_is_required(directory: Directory, name: object) -> None:
    assert any("userName" in each for each in directory.refusal("PUT", "Users/u1", {"userName": name}).violations)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON: Expecting value"),
        (b"{nope", "not JSON"),
        (b"[" * 100_000, "not JSON that can be read: it nests too deep"),
        (b"\xff\xfe\xfd", "not JSON: 'utf-8' codec can't decode"),
        (b'{"userName": "\xed\xa0\x80"}', "not JSON"),
        (b'{"userName": "a\\ud800"}', "not JSON: 'utf-8' codec can't encode"),
        (b'{"userName": "a\\uD800"}', "not JSON: 'utf-8' codec can't encode"),
        (b'{"userName": "a", "n": NaN}', "not JSON: NaN is no number"),
        (b'{"userName": "a", "n": -Infinity}', "not JSON: -Infinity is no number"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"userName": "a", "username": "b"}', "'userName' and 'username': these are one attribute"),
        (b'{"userName": "a", "title": "b", "title": "b"}', "'title' and 'title'"),
        (b'{"userName": "a", "name": {"x": 1, "X": 2}}', "'x' and 'X'"),
    ],
)
def test_what_is_no_json_object_is_refused(directory: Directory, body: bytes, said: str) -> None:
    for method, path in (("PUT", "Users/u1"), ("POST", "Users"), ("PATCH", "Users/u1")):
        refusal = directory.refusal(method, path, body)
        assert refusal.status == 400
        assert said in refusal.detail


def test_a_body_may_nest_a_hundred_levels(directory: Directory) -> None:
    def nested(levels: int) -> bytes:
        return b'{"userName": "a", "x": ' + b'{"a":' * (levels - 1) + b"1" + b"}" * levels

    assert "nests too deep" in directory.refusal("PUT", "Users/u1", nested(101)).detail
    assert (
        "nests too deep"
        in directory.refusal("PUT", "Users/u1", b'{"userName": [%s]}' % (b"[]," * 100 + nested(99))).detail
    )
    assert directory.put("Users/u1", nested(100)) == directory.get("Users/u1")
    assert Directory(directory.plain.dump()).plain.dump() == directory.plain.dump()
    wide = {"userName": "a", "x": [[]] * 200}
    assert directory.put("Users/u1", wide)["x"] == wide["x"]


def test_half_a_character_in_ascii_is_whole_with_the_other_half(directory: Directory) -> None:
    assert directory.put("Users/u1", b'{"userName": "\\ud83d\\ude00"}')["userName"] == "😀"


def test_user_names_are_taken_in_any_case(directory: Directory) -> None:
    patch = {"Operations": [{"op": "replace", "path": "userName", "value": "ULF"}]}
    for method, path, body in (
        ("PUT", "Users/u1", {"username": "uLF"}),
        ("PATCH", "Users/u1", patch),
        ("POST", "Users", {"userName": "ulf"}),
    ):
        refusal = directory.refusal(method, path, body)
        assert (refusal.status, "is taken" in refusal.detail) == (409, True)

    assert directory.put("Users/u1", {"userName": "UNA"})["userName"] == "UNA"
    directory.put("Users/u1", {"userName": "new"})
    directory.put("Users/ü/2", {"userName": "una"})  # it is free again
    assert directory.refusal("POST", "Users", {"userName": "NEW"}).status == 409
    assert directory.put("Groups/g1", {"displayName": "Writers", "userName": "new"})["displayName"] == "Writers"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
@pytest.mark.parametrize("path", ["Users/nobody", "Users/g1", "Groups/u1", "Groups/a\r\nb"])
def test_an_unknown_id_is_a_404(directory: Directory, method: str, path: str) -> None:
    assert directory.refusal(method, path, b"no JSON", if_match='"9"').status == 404


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
