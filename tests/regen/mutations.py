"""The ways in which a specification may change, with what must come of each; also told in docs/regen-mutations.md."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.regen.checkout import USER, USERS

Spec = dict[str, Any]
Change = Callable[[Spec], object]


@dataclass(frozen=True)
class Taken:
    """A change that is taken: the verdict, and a word of what the report tells."""

    change: Change
    bump: str
    told: str


@dataclass(frozen=True)
class Refused:
    """A change that is refused: the step, its reason, and what the message names."""

    change: Change
    step: str
    why: str
    named: str


def operation(spec: Spec) -> Any:
    return spec["paths"][USER]["put"]


def schemas(spec: Spec) -> Any:
    return spec["components"]["schemas"]


def fields(spec: Spec, name: str = "ScimUser") -> Any:
    return schemas(spec)[name]["properties"]


def set_to(get: Callable[[Spec], Any], key: str, value: Any) -> Change:
    def change(spec: Spec) -> None:
        get(spec)[key] = value

    return change


def operation_added(spec: Spec) -> None:
    spec["paths"][f"{USERS}/{{id}}/photo"] = {"get": {**copy.deepcopy(operation(spec)), "operationId": "getPhoto"}}
    del spec["paths"][f"{USERS}/{{id}}/photo"]["get"]["requestBody"]


def au1_added(spec: Spec) -> None:
    spec["servers"].append({"description": "AU1", "url": "https://au1.api.matillion.com/dpc"})


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


TAKEN: dict[str, Taken] = {
    "operation added": Taken(operation_added, "minor", "getPhoto"),
    "server added": Taken(au1_added, "minor", "Region.AU1 is new"),
    "optional field added": Taken(
        lambda s: fields(s).update(division={"type": "string"}), "minor", "ScimUser.division"
    ),
    "field inserted in the middle": Taken(inserted_in_the_middle, "minor", "ScimUser.division"),
    "optional field removed": Taken(lambda s: fields(s).pop("nickName"), "major", "ScimUser.nickName"),
    "required field removed": Taken(
        lambda s: (fields(s).pop("meta"), schemas(s)["ScimUser"].pop("required")), "major", "ScimUser.meta"
    ),
    "field becomes required": Taken(
        lambda s: schemas(s)["ScimUser"]["required"].append("title"), "minor", "ScimUser.title"
    ),
    "enum value added": Taken(lambda s: fields(s, "UserGroup")["type"]["enum"].append("NESTED"), "minor", "NESTED"),
    "enum value removed": Taken(lambda s: fields(s, "UserGroup")["type"]["enum"].pop(), "major", "INDIRECT"),
    "type changed": Taken(lambda s: fields(s)["title"].update(type="integer"), "major", "ScimUser.title"),
    "result type changed": Taken(
        set_to(
            lambda s: operation(s)["responses"]["200"]["content"]["application/json"],
            "schema",
            {"$ref": "#/components/schemas/Name"},
        ),
        "major",
        "updateUser: 200",
    ),
    "operationId renamed": Taken(set_to(operation, "operationId", "replaceUser"), "major", "replaceUser"),
    "schema split in two": Taken(split, "minor", "NameCore"),
    "tag renamed": Taken(set_to(operation, "tags", ["Directory"]), "major", "Directory"),
    "server removed": Taken(lambda s: s["servers"].pop(), "major", "US1"),
    "description changed": Taken(set_to(operation, "description", "Replace a user"), "patch", "updateUser"),
}


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


def renamed_schema(new: str) -> Change:
    def change(spec: Spec) -> None:
        schemas(spec)[new] = schemas(spec).pop("Im")
        fields(spec)["ims"]["items"]["$ref"] = f"#/components/schemas/{new}"

    return change


def _clash(name: str) -> Refused:
    why = "schemas clash with what the generated modules import"
    return Refused(renamed_schema(name), "check", why, f"/components/schemas/{name}")


_INVALID = "it is no valid OpenAPI document"
_DANGLING = "a reference leads nowhere"

REFUSED: dict[str, Refused] = {
    "$ref dangling": Refused(
        lambda s: schemas(s).pop("Email"), "check", _DANGLING, "/components/schemas/ScimUser/properties/emails/items"
    ),
    "$ref to another file": Refused(
        lambda s: fields(s)["ims"]["items"].update({"$ref": "other.yaml#/Im"}),
        "check",
        _DANGLING,
        "other.yaml#/Im is outside of the document",
    ),
    "$ref to itself": Refused(
        lambda s: schemas(s).update(Loop={"$ref": "#/components/schemas/Loop"}),
        "check",
        _DANGLING,
        "/components/schemas/Loop: #/components/schemas/Loop leads back to itself",
    ),
    "a default of another type": Refused(
        lambda s: fields(s)["title"].update(default=5),
        "check",
        _INVALID,
        "/components/schemas/ScimUser/properties/title/default: 5 is not of type 'string'",
    ),
    "arguments of one name": Refused(
        lambda s: operation(s)["parameters"].append({"name": "body", "in": "query", "schema": {"type": "string"}}),
        "smoke",
        "the generated code does not work",
        "duplicate argument 'body'",
    ),
    "a type that does not exist": Refused(
        lambda s: fields(s)["title"].update(type="text"), "check", _INVALID, "/ScimUser/properties/title/type: 'text'"
    ),
    "no servers": Refused(lambda s: s.pop("servers"), "servers", "the specification names no server", "/servers"),
    "two servers of one name": Refused(
        lambda s: s["servers"][1].update(description="EU1"),
        "servers",
        "'https://us1.api.matillion.com/dpc' and 'https://eu1.api.matillion.com/dpc' would both be region EU1",
        "/servers/1",
    ),
    "a server with variables": Refused(
        lambda s: s["servers"][1].update(url="https://{r}.x.io"),
        "servers",
        "the server 'https://{r}.x.io' has no absolute URL",
        "/servers/1",
    ),
    "operationId twice": Refused(same_operation, "check", _INVALID, "Operation ID 'updateUser' for 'put'"),
    "two names for one path": Refused(
        same_path, "check", "paths differ in their parameters' names only", f"{USER} and {USERS}/{{userId}}"
    ),
    "enum values that differ in case": Refused(
        lambda s: fields(s, "UserGroup")["type"]["enum"].append("Direct"),
        "check",
        "enum values would become one Python name",
        "/components/schemas/UserGroup/properties/type/enum: 'DIRECT', 'Direct'",
    ),
    "two JSON body types": Refused(
        two_json_bodies,
        "check",
        "a request body has several JSON types",
        "application/json, application/scim+json",
    ),
    "multipart": Refused(
        multipart,
        "check",
        "multipart bodies are not supported by the generated models",
        "/requestBody/content/multipart~1form-data",
    ),
    "a property named like a method": Refused(
        lambda s: fields(s).update(toDict={"type": "string"}),
        "check",
        "properties clash with what every model has",
        "/components/schemas/ScimUser/properties/toDict",
    ),
    "a schema named Self": _clash("Self"),
    "a schema named Unset": _clash("Unset"),
    "a schema named Any": _clash("Any"),
    "a construct that the generator skips": Refused(
        lambda s: operation(s)["responses"]["200"].update(content={"image/png": {}}),
        "generate",
        "the generator gave 1 warning",
        "image/png",
    ),
    "a schema that the generator skips": Refused(
        lambda s: fields(s, "UserGroup").update(type={"enum": ["DIRECT", 1]}),
        "generate",
        "the generator gave 5 warnings",
        "- Unable to process schema /components/schemas/UserGroup",
    ),
    "an overlay's target is gone": Refused(
        lambda s: fields(s).pop("password"),
        "overlay",
        "the action's target matches nothing",
        "openapi/overlays/30-fields.yaml, action 1",
    ),
}

# What it is, the text, and what the message names.
BROKEN: dict[str, tuple[str, str]] = {
    "broken YAML": ("openapi: 3.1.0\ninfo: [\n", "line 3, column 1"),
    "a key twice": ("openapi: 3.1.0\nopenapi: 3.1.0\npaths: {}\n", 'duplicate key "openapi"'),
    "an alias inside its own anchor": (
        "openapi: 3.1.0\npaths: &a [*a]\n",
        "an alias refers to the node that holds it",
    ),
    "a number that JSON lacks": ("openapi: 3.1.0\npaths: {a: .nan}\n", "/paths/a holds nan"),
    "Swagger 2": ("swagger: '2.0'\npaths: {a: {}}\n", "no OpenAPI 3 document"),
    "no paths": ("openapi: 3.1.0\npaths: {}\n", "has no paths"),
    "a path that is a number": ("openapi: 3.1.0\npaths: {/a: 1}\n", "/paths/~1a is not an object"),
    "an operation that is a number": ("openapi: 3.1.0\npaths: {/a: {get: 1}}\n", "/paths/~1a/get is not an object"),
    "servers that are no array": ("openapi: 3.1.0\npaths: {/a: {}}\nservers: {}\n", "/servers is not an array"),
    "a schema that is a number": (
        "openapi: 3.1.0\npaths: {/a: {}}\ncomponents: {schemas: {A: 1}}\n",
        "/components/schemas/A is not an object",
    ),
    "an array": ("- 1\n", "no OpenAPI 3 document"),
    "an empty file": ("", "no OpenAPI 3 document"),
}

BROKEN_PAGES: dict[str, tuple[str, str]] = {
    "a page without code": ("# A page\n\nwithout code\n", "the page has no OpenAPI block"),
    "a page with other code": ("# A page\n\n```yaml\na: 1\n```\n", "the page has no OpenAPI block"),
    "a page as HTML": ("<html><body>openapi: 3.1.0</body></html>", "the page has no OpenAPI block"),
    "a page cut short": ("# A page\n\n````yaml\nopenapi: 3.1.0\n```\n", "line 3 is not closed"),
    "a page with two OpenAPI blocks": (
        "# A page\n\n" + "```yaml\nopenapi: 3.1.0\n```\n" * 2,
        "the page has 2 OpenAPI blocks",
    ),
    "a page with broken YAML": ("# A page\n\n```yaml\nopenapi: 3.1.0\npaths: [\n```\n", "line 6, column 1"),
}
