"""What becomes of each way in which a specification may change: every case through the real command."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from scripts.regen.errors import Exit
from tests.regen.checkout import SPEC, USER, USERS, Checkout, page, slice_of

Spec = dict[str, Any]


def operation(spec: Spec) -> Any:
    return spec["paths"][USER]["put"]


def schemas(spec: Spec) -> Any:
    return spec["components"]["schemas"]


def fields(spec: Spec, name: str = "ScimUser") -> Any:
    return schemas(spec)[name]["properties"]


def operation_added(spec: Spec) -> None:
    spec["paths"][f"{USERS}/{{id}}/photo"] = {"get": {**copy.deepcopy(operation(spec)), "operationId": "getPhoto"}}
    del spec["paths"][f"{USERS}/{{id}}/photo"]["get"]["requestBody"]


def inserted_in_the_middle(spec: Spec) -> None:
    before = dict(fields(spec))
    fields(spec).clear()
    for name, value in before.items():
        fields(spec)[name] = value
        if name == "displayName":
            fields(spec)["division"] = {"type": "string"}


def split(spec: Spec) -> None:
    """Name becomes what two schemas make up."""
    whole = schemas(spec)["Name"]["properties"]
    first = {name: whole[name] for name in ("familyName", "givenName")}
    rest = {name: value for name, value in whole.items() if name not in first}
    schemas(spec)["NameCore"] = {"type": "object", "properties": first}
    schemas(spec)["NameMore"] = {"type": "object", "properties": rest}
    schemas(spec)["Name"] = {"allOf": [{"$ref": f"#/components/schemas/Name{part}"} for part in ("Core", "More")]}


def set_to(get: Callable[[Spec], Any], key: str, value: Any) -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        get(spec)[key] = value

    return change


TAKEN: dict[str, tuple[Callable[[Spec], object], str, str]] = {
    "operation added": (operation_added, "minor", "getPhoto"),
    "optional field added": (lambda s: fields(s).update(division={"type": "string"}), "minor", "ScimUser.division"),
    "field inserted in the middle": (inserted_in_the_middle, "minor", "ScimUser.division"),
    "optional field removed": (lambda s: fields(s).pop("nickName"), "major", "ScimUser.nickName"),
    "required field removed": (
        lambda s: (fields(s).pop("meta"), schemas(s)["ScimUser"].pop("required")),
        "major",
        "ScimUser.meta",
    ),
    "field becomes required": (lambda s: schemas(s)["ScimUser"]["required"].append("title"), "minor", "ScimUser.title"),
    "enum value added": (lambda s: fields(s, "UserGroup")["type"]["enum"].append("NESTED"), "minor", "NESTED"),
    "enum value removed": (lambda s: fields(s, "UserGroup")["type"]["enum"].pop(), "major", "INDIRECT"),
    "type changed": (lambda s: fields(s)["title"].update(type="integer"), "major", "ScimUser.title"),
    "result type changed": (
        set_to(
            lambda s: operation(s)["responses"]["200"]["content"]["application/json"],
            "schema",
            {"$ref": "#/components/schemas/Name"},
        ),
        "major",
        "updateUser: 200",
    ),
    "operationId renamed": (set_to(operation, "operationId", "replaceUser"), "major", "replaceUser"),
    "schema split in two": (split, "minor", "NameCore"),
    "tag renamed": (set_to(operation, "tags", ["Directory"]), "major", "Directory"),
    "server removed": (lambda s: s["servers"].pop(), "major", "US1"),
    "description changed": (set_to(operation, "description", "Replace a user"), "patch", "updateUser"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_change_is_taken_and_told(checkout: Checkout, name: str) -> None:
    change, bump, word = TAKEN[name]
    done = checkout.vendor(change)
    assert done.code == Exit.OK, done.err
    assert f"Verdict: {bump}" in done.out
    assert word in done.out
    assert checkout.read("openapi/report.md") in done.out
    assert json.loads(checkout.read("openapi/report.json"))["bump"] == bump
    assert json.loads(checkout.read("openapi/vendored.json"))["spec"]["url"] == "file:next.yaml"


@pytest.mark.parametrize("name", ["operation added", "schema split in two"])
def test_a_second_run_changes_no_byte(checkout: Checkout, name: str) -> None:
    change, *_ = TAKEN[name]
    assert checkout.vendor(change).code == Exit.OK
    after = checkout.tree()
    assert checkout.regen().code == Exit.OK
    assert checkout.tree() == after
    assert checkout.regen("--check").code == Exit.OK
    assert checkout.tree() == after


def test_a_new_server_becomes_a_region(checkout: Checkout) -> None:
    au1 = {"description": "AU1", "url": "https://au1.api.matillion.com/dpc"}
    done = checkout.vendor(lambda spec: spec["servers"].append(au1))
    assert done.code == Exit.OK, done.err
    assert "Verdict: minor" in done.out
    assert "Region.AU1 is new" in done.out
    program = "from maia_public_api.servers import Region; print(Region('au1').name, Region.AU1.url)"
    printed = subprocess.check_output(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(checkout.root / 'generated')!r}); {program}"],
        text=True,
    )
    assert printed.split() == ["AU1", "https://au1.api.matillion.com/dpc"]


def same_operation(spec: Spec) -> None:
    spec["paths"][f"{USERS}/{{id}}/x"] = {"put": copy.deepcopy(operation(spec))}


def same_path(spec: Spec) -> None:
    spec["paths"][f"{USERS}/{{userId}}"] = {"delete": copy.deepcopy(operation(spec)) | {"operationId": "deleteUser"}}
    spec["paths"][f"{USERS}/{{userId}}"]["delete"]["parameters"][0]["name"] = "userId"


def two_json_bodies(spec: Spec) -> None:
    content = operation(spec)["requestBody"]["content"]
    content["application/scim+json"] = content["application/json"]


def multipart(spec: Spec) -> None:
    content = operation(spec)["requestBody"]["content"]
    content["multipart/form-data"] = content.pop("application/json")


def renamed_schema(new: str) -> Callable[[Spec], None]:
    def change(spec: Spec) -> None:
        schemas(spec)[new] = schemas(spec).pop("Im")
        fields(spec)["ims"]["items"]["$ref"] = f"#/components/schemas/{new}"

    return change


def dangling(spec: Spec) -> None:
    del schemas(spec)["Email"]


REFUSED: dict[str, tuple[Callable[[Spec], object], str, str]] = {
    "$ref dangling": (dangling, "check", "/components/schemas/ScimUser/properties/emails/items"),
    "$ref to another file": (
        lambda s: fields(s)["ims"]["items"].update({"$ref": "other.yaml#/Im"}),
        "check",
        "other.yaml#/Im is outside of the document",
    ),
    "$ref to itself": (
        lambda s: schemas(s).update(Loop={"$ref": "#/components/schemas/Loop"}),
        "check",
        "/components/schemas/Loop: #/components/schemas/Loop leads back to itself",
    ),
    "a default of another type": (
        lambda s: fields(s)["title"].update(default=5),
        "check",
        "/components/schemas/ScimUser/properties/title/default: 5 is not of type 'string'",
    ),
    "arguments of one name": (
        lambda s: operation(s)["parameters"].append({"name": "body", "in": "query", "schema": {"type": "string"}}),
        "smoke",
        "duplicate argument 'body'",
    ),
    "invalid": (lambda s: fields(s)["title"].update(type="text"), "check", "/ScimUser/properties/title/type: 'text'"),
    "no servers": (lambda s: s.pop("servers"), "servers", "names no server"),
    "two servers of one name": (lambda s: s["servers"][1].update(description="EU1"), "servers", "/servers/1"),
    "a server with variables": (lambda s: s["servers"][1].update(url="https://{r}.x.io"), "servers", "/servers/1"),
    "operationId twice": (same_operation, "check", "Operation ID 'updateUser' for 'put'"),
    "two names for one path": (same_path, "check", f"{USER} and {USERS}/{{userId}}"),
    "enum values that differ in case": (
        lambda s: fields(s, "UserGroup")["type"]["enum"].append("Direct"),
        "check",
        "/components/schemas/UserGroup/properties/type/enum: 'DIRECT', 'Direct'",
    ),
    "two JSON body types": (two_json_bodies, "check", "application/json, application/scim+json"),
    "multipart": (multipart, "check", "/requestBody/content/multipart~1form-data"),
    "a property named like a method": (
        lambda s: fields(s).update(toDict={"type": "string"}),
        "check",
        "/components/schemas/ScimUser/properties/toDict",
    ),
    "a schema named Self": (renamed_schema("Self"), "check", "/components/schemas/Self"),
    "a schema named Unset": (renamed_schema("Unset"), "check", "/components/schemas/Unset"),
    "a schema named Any": (renamed_schema("Any"), "check", "/components/schemas/Any"),
    "a construct that the generator skips": (
        lambda s: operation(s)["responses"]["200"].update(content={"image/png": {}}),
        "generate",
        "image/png",
    ),
    "a schema that the generator skips": (
        lambda s: fields(s, "UserGroup").update(type={"enum": ["DIRECT", 1]}),
        "generate",
        "- Unable to process schema /components/schemas/UserGroup",
    ),
    "an overlay's target is gone": (
        lambda s: fields(s).pop("password"),
        "overlay",
        "openapi/overlays/30-fields.yaml, action 1",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_change_is_refused_and_nothing_is_touched(checkout: Checkout, name: str) -> None:
    change, step, word = REFUSED[name]
    before = checkout.tree()
    done = checkout.vendor(change)
    assert done.code == Exit.REFUSED
    assert done.err.startswith(f"regen stopped at step '{step}'")
    assert word in done.err
    assert "what to do: " in done.err
    assert "0x" not in done.err, "no memory addresses"
    assert "Nothing was changed." in done.err
    assert checkout.tree() == before


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("openapi: 3.1.0\ninfo: [\n", "line 3, column 1"),
        ("openapi: 3.1.0\nopenapi: 3.1.0\npaths: {}\n", 'duplicate key "openapi"'),
        ("openapi: 3.1.0\npaths: &a [*a]\n", "an alias refers to the node that holds it"),
        ("openapi: 3.1.0\npaths: {a: .nan}\n", "/paths/a holds nan"),
        ("swagger: '2.0'\npaths: {a: {}}\n", "no OpenAPI 3 document"),
        ("openapi: 3.1.0\npaths: {}\n", "has no paths"),
        ("openapi: 3.1.0\npaths: {/a: 1}\n", "/paths/~1a is not an object"),
        ("openapi: 3.1.0\npaths: {/a: {get: 1}}\n", "/paths/~1a/get is not an object"),
        ("openapi: 3.1.0\npaths: {/a: {}}\nservers: {}\n", "/servers is not an array"),
        ("openapi: 3.1.0\npaths: {/a: {}}\ncomponents: {schemas: {A: 1}}\n", "/components/schemas/A is not an object"),
        ("- 1\n", "no OpenAPI 3 document"),
        ("", "no OpenAPI 3 document"),
    ],
)
def test_a_broken_document_is_refused(checkout: Checkout, text: str, word: str) -> None:
    before = checkout.tree()
    file = checkout.root.parent / "next.yaml"
    file.write_text(text, encoding="utf-8")
    done = checkout.regen("--spec", str(file))
    assert done.code == Exit.REFUSED
    assert word in done.err
    assert "file:next.yaml" in done.err
    assert checkout.tree() == before


def test_a_broken_vendored_file_is_refused(checkout: Checkout) -> None:
    checkout.write(SPEC, checkout.read(SPEC) + "\nbroken: [")
    before = checkout.tree()
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert SPEC in done.err
    assert checkout.tree() == before


def test_a_hand_edit_of_the_vendored_file_is_told(checkout: Checkout) -> None:
    checkout.write(SPEC, checkout.read(SPEC).replace("User not found", "No such user"))
    done = checkout.regen()
    assert done.code == Exit.OK
    assert "it was edited by hand" in done.out


def with_groups(spec: Spec) -> Spec:
    """A page of another operation that uses the schemas of users."""
    spec = copy.deepcopy(spec)
    spec["paths"] = {f"{USERS}/{{id}}/copy": {"put": {**operation(spec), "operationId": "copyUser"}}}
    return spec


def test_a_slice_is_merged_in(checkout: Checkout) -> None:
    spec = with_groups(checkout.spec())
    fields(spec)["division"] = {"type": "string"}
    spec["servers"].append({"description": "AU1", "url": "https://au1.api.matillion.com/dpc"})
    file = checkout.write("../copy-user.md", page(spec))
    done = checkout.regen("--spec", str(file))
    assert done.code == Exit.OK, done.err
    assert checkout.spec()["paths"].keys() == {USER, f"{USERS}/{{id}}/copy"}
    assert "ScimUser.division: added (string)" in done.out
    record = json.loads(checkout.read("openapi/vendored.json"))
    assert [entry["file"] for entry in record["pages"]] == ["pages/copy-user.md", "pages/update-scim-user.md"]
    assert checkout.read("openapi/pages/copy-user.md") == file.read_text(encoding="utf-8")
    after = checkout.tree()
    assert checkout.regen("--spec", str(file)).code == Exit.OK
    assert checkout.tree() == after, "the same page again changes no byte"


def test_a_slice_that_takes_from_other_operations_needs_a_decision(checkout: Checkout) -> None:
    spec = with_groups(checkout.spec())
    del fields(spec)["nickName"]
    fields(spec, "UserGroup")["type"]["enum"].remove("INDIRECT")
    file = checkout.write("../copy-user.md", page(spec))
    before = checkout.tree()
    done = checkout.regen("--spec", str(file))
    assert done.code == Exit.DECIDE
    assert f"ScimUser.nickName: removed (string); used by PUT {USER}" in done.err
    assert f"UserGroup.type: removed (INDIRECT); used by PUT {USER}" in done.err
    assert "ACCEPT=1" in done.err
    assert checkout.tree() == before

    done = checkout.regen("--spec", str(file), "--accept")
    assert done.code == Exit.OK, done.err
    assert "accepted: ScimUser.nickName: removed (string)" in done.out
    assert "nickName" not in fields(checkout.spec())


def test_a_page_may_take_from_its_own_operation(checkout: Checkout) -> None:
    spec = checkout.spec()
    del fields(spec)["nickName"]
    file = checkout.write("../update-scim-user.md", page(slice_of(spec, USER, "put")))
    done = checkout.regen("--spec", str(file))
    assert done.code == Exit.OK, done.err
    assert "Verdict: major" in done.out
    record = json.loads(checkout.read("openapi/vendored.json"))
    assert record["pages"][0]["url"].startswith("https://docs.maia.ai/"), "known by its file name"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("# A page\n\nwithout code\n", "the page has no OpenAPI block"),
        ("# A page\n\n```yaml\na: 1\n```\n", "the page has no OpenAPI block"),
        ("<html><body>openapi: 3.1.0</body></html>", "the page has no OpenAPI block"),
        ("# A page\n\n````yaml\nopenapi: 3.1.0\n```\n", "line 3 is not closed"),
        ("# A page\n\n" + "```yaml\nopenapi: 3.1.0\n```\n" * 2, "the page has 2 OpenAPI blocks"),
        ("# A page\n\n```yaml\nopenapi: 3.1.0\npaths: [\n```\n", "line 6, column 1"),
    ],
)
def test_a_page_without_a_usable_block_is_refused(checkout: Checkout, text: str, word: str) -> None:
    before = checkout.tree()
    done = checkout.regen("--spec", str(checkout.write("../page.md", text)))
    assert done.code == Exit.REFUSED
    assert word in done.err
    assert checkout.tree() == before


def test_the_vendor_brings_an_operation_that_an_overlay_adds(checkout: Checkout) -> None:
    def change(spec: Spec) -> None:
        theirs = copy.deepcopy(operation(spec)) | {"operationId": "getUser", "summary": "The vendor's own"}
        del theirs["requestBody"]
        spec["paths"][USER]["get"] = theirs
        schemas(spec)["ScimGroup"] = {"type": "object", "properties": {"name": {"type": "string"}}}

    done = checkout.vendor(change)
    assert done.code == Exit.OK, done.err
    assert f"the vendored specification has GET {USER} now: the addition can go" in done.out
    assert "the vendored specification has components/schemas/ScimGroup now: the addition can go" in done.out
    result = json.loads(checkout.read("generated/openapi.json"))
    assert result["paths"][USER]["get"]["summary"] == "The vendor's own"
    assert len(result["paths"][USER]["get"]["parameters"]) == 1, "not mixed with ours"
    assert fields(result, "ScimGroup").keys() == {"name"}
    assert result["paths"][USER]["patch"]["operationId"] == "patchUser", "the rest of ours stays"
