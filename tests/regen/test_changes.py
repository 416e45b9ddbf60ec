"""The difference of two OpenAPI documents: each kind of change, its name, its words, its bump."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from scripts.regen.changes import compare
from scripts.regen.verdict import Finding, highest
from tests.regen.documents import (
    AU1,
    DROP,
    FIELDS,
    OPERATION,
    SPEC,
    STRING,
    USER_PATH,
    assert_found,
    case,
    mutated,
    reference,
)

# Each finding as (kind, name, action, bump, before, after).
CASES = [
    case(
        "server added",
        [("servers / 2", AU1)],
        ("servers", "AU1", "added", "minor", None, "https://au1.example.com/dpc"),
    ),
    case(
        "server removed",
        [("servers / 1", DROP)],
        ("servers", "US1", "removed", "major", "https://us1.example.com/dpc", None),
    ),
    case(
        "server moved",
        [("servers / 0 / url", "https://eu1.example.org")],
        ("servers", "EU1", "changed", "minor", "https://eu1.example.com/dpc", "https://eu1.example.org"),
    ),
    case(
        "server that no region can be named after",
        [("servers / 1 / url", "/relative"), ("servers / 1 / description", "not one word")],
        ("servers", "/relative", "added", "minor", None, "/relative"),
        ("servers", "EU1", "removed", "major", "https://eu1.example.com/dpc", None),
        ("servers", "US1", "removed", "major", "https://us1.example.com/dpc", None),
        ("servers", "https://eu1.example.com/dpc", "added", "minor", None, "https://eu1.example.com/dpc"),
    ),
    case(
        "operation added",
        [(f"paths / {USER_PATH} / post", {"operationId": "addUser", "responses": {}})],
        ("operations", "addUser", "added", "minor", None, f"POST {USER_PATH}"),
    ),
    case(
        "operation without an id added",
        [(f"paths / {USER_PATH} / post", {"responses": {}})],
        ("operations", f"POST {USER_PATH}", "added", "minor", None, f"POST {USER_PATH}"),
    ),
    case(
        "operation removed",
        [(OPERATION, DROP)],
        ("operations", "updateUser", "removed", "major", f"PUT {USER_PATH}", None),
    ),
    case(
        "operationId renamed",
        [(f"{OPERATION} / operationId", "replaceUser")],
        ("operations", "updateUser", "changed", "major", "operationId updateUser", "operationId replaceUser"),
    ),
    case(
        "operationId spelt otherwise",
        [(f"{OPERATION} / operationId", "update_user")],
        ("operations", "updateUser", "changed", "patch", "operationId updateUser", "operationId update_user"),
    ),
    case(
        "method changed",
        [(f"paths / {USER_PATH} / patch", SPEC["paths"][USER_PATH]["put"]), (OPERATION, DROP)],
        ("operations", "updateUser", "changed", "minor", f"PUT {USER_PATH}", f"PATCH {USER_PATH}"),
    ),
    case(
        "path changed",
        [("paths / /v2/Users/{id}", SPEC["paths"][USER_PATH]), (f"paths / {USER_PATH}", DROP)],
        ("operations", "updateUser", "changed", "minor", f"PUT {USER_PATH}", "PUT /v2/Users/{id}"),
        ("operations", "getUser", "changed", "minor", f"GET {USER_PATH}", "GET /v2/Users/{id}"),
    ),
    case(
        "tag renamed",
        [(f"{OPERATION} / tags / 0", "Users")],
        ("operations", "updateUser", "changed", "major", "tag Directory Integration", "tag Users"),
    ),
    case(
        "operation described otherwise",
        [(f"{OPERATION} / summary", "Replace")],
        ("operations", "updateUser", "changed", "patch", None, None),
    ),
    case(
        "operation deprecated",
        [(f"{OPERATION} / deprecated", True)],
        ("operations", "updateUser", "changed", "minor", "no deprecated", "deprecated true"),
    ),
    case(
        "path parameter renamed",
        [
            ("paths / /v1/Users/{userId}", SPEC["paths"][USER_PATH]),
            (f"paths / {USER_PATH}", DROP),
            ("paths / /v1/Users/{userId} / parameters / 0 / name", "userId"),
        ],
        ("parameters", "updateUser: id (path)", "removed", "major", "string", None),
        ("parameters", "updateUser: userId (path)", "added", "major", None, "string, required"),
        ("parameters", "getUser: id (path)", "removed", "major", "string", None),
        ("parameters", "getUser: userId (path)", "added", "major", None, "string, required"),
    ),
    case(
        "optional parameter added",
        [(f"{OPERATION} / parameters / 2", {"in": "header", "name": "If-Match", "schema": STRING})],
        ("parameters", "updateUser: If-Match (header)", "added", "minor", None, "string"),
    ),
    case(
        "parameter type changed",
        [(f"{OPERATION} / parameters / 0 / schema / type", "boolean")],
        ("parameters", "updateUser: limit (query)", "changed", "major", "integer", "boolean"),
    ),
    case(
        "parameter takes more types",
        [(f"{OPERATION} / parameters / 0 / schema / type", ["integer", "string"])],
        ("parameters", "updateUser: limit (query)", "changed", "minor", "integer", "integer | string"),
    ),
    case(
        "parameter takes anything",
        [(f"{OPERATION} / parameters / 0 / schema", {})],
        ("parameters", "updateUser: limit (query)", "changed", "minor", "integer", "anything"),
    ),
    case(
        "parameter required",
        [(f"{OPERATION} / parameters / 0 / required", True)],
        ("parameters", "updateUser: limit (query)", "changed", "major", "optional", "required"),
    ),
    case(
        "parameter default changed",
        [(f"{OPERATION} / parameters / 0 / schema / default", 50)],
        ("parameters", "updateUser: limit (query)", "changed", "major", "default 20", "default 50"),
    ),
    case(
        "enum value of a referenced parameter removed",
        [("components / parameters / Order / schema / enum / 1", DROP)],
        ("enum values", "updateUser: order (query)", "removed", "major", "down", None),
    ),
    case(
        "request body optional",
        [(f"{OPERATION} / requestBody / required", False)],
        ("requests", "updateUser: request body", "changed", "minor", "required", "optional"),
    ),
    case(
        "request type changed",
        [(f"{OPERATION} / requestBody / content / application/json / schema", reference("Email"))],
        ("requests", "updateUser: request body", "changed", "major", "ScimUser", "Email"),
    ),
    case(
        "request content type changed",
        [(f"{OPERATION} / requestBody / content", {"application/scim+json": {"schema": reference("ScimUser")}})],
        ("requests", "updateUser: request body", "changed", "minor", "application/json", "application/scim+json"),
    ),
    case(
        "request body removed",
        [(f"{OPERATION} / requestBody", DROP)],
        ("requests", "updateUser: request body", "removed", "major", "ScimUser", None),
    ),
    case(
        "required request body added",
        [(f"paths / {USER_PATH} / get / requestBody", SPEC["paths"][USER_PATH]["put"]["requestBody"])],
        ("requests", "getUser: request body", "added", "major", None, "ScimUser"),
    ),
    case(
        "optional request body added",
        [(f"paths / {USER_PATH} / get / requestBody", {"content": {"text/plain": {"schema": STRING}}})],
        ("requests", "getUser: request body", "added", "minor", None, "string"),
    ),
    case(
        "result type changed",
        [(f"{OPERATION} / responses / 200 / content / application/json / schema", reference("Email"))],
        ("responses", "updateUser: 200", "changed", "major", "ScimUser", "Email"),
    ),
    case(
        "status added with a known type",
        [(f"{OPERATION} / responses / 401", {"$ref": "#/components/responses/Problem"})],
        ("responses", "updateUser: 401", "added", "minor", None, "ProblemDetail"),
    ),
    case(
        "status added without a body",
        [(f"{OPERATION} / responses / 204", {"description": "Nothing to say"})],
        ("responses", "updateUser: 204", "added", "minor", None, "nothing"),
    ),
    case(
        "status added with a type of its own",
        [
            (
                f"{OPERATION} / responses / 202",
                {"description": "", "content": {"a/json": {"schema": reference("Email")}}},
            )
        ],
        ("responses", "updateUser: 202", "added", "major", None, "Email"),
    ),
    case(
        "status removed, its type with it",
        [(f"{OPERATION} / responses / 400", DROP)],
        ("responses", "updateUser: 400", "removed", "major", "ProblemDetail", None),
    ),
    case(
        "response described otherwise",
        [("components / responses / Problem / description", "Never")],
        ("responses", "updateUser: 400", "changed", "patch", None, None),
    ),
    case(
        "token no longer needed",
        [("security", [])],
        ("security", "updateUser", "changed", "minor", '[{"bearerAuth": []}]', "[]"),
    ),
    case(
        "security scheme changed",
        [("components / securitySchemes / bearerAuth / scheme", "basic")],
        ("security", "bearerAuth", "changed", "minor", 'scheme "bearer"', 'scheme "basic"'),
    ),
    case(
        "security scheme added",
        [("components / securitySchemes / key", {"type": "apiKey"})],
        ("security", "key", "added", "minor", None, None),
    ),
    case(
        "security scheme removed",
        [("components / securitySchemes / spare", DROP)],
        ("security", "spare", "removed", "minor", None, None),
    ),
    case("info", [("info / version", "2.0")], ("document", "info and tags", "changed", "patch", None, None)),
    case("unheard-of keyword", [("x-new", 1)], ("document", "the document", "changed", "patch", None, None)),
]


@pytest.mark.parametrize(("edits", "expected"), CASES)
def test_each_change_is_told_by_the_names_of_the_specification(edits: Any, expected: Any) -> None:
    assert_found(edits, expected)


def test_nothing_changed() -> None:
    assert compare(SPEC, copy.deepcopy(SPEC)) == ()


def test_key_order_is_no_change() -> None:
    schemas = SPEC["components"]["schemas"]
    spec = mutated(("components / schemas", dict(reversed(schemas.items()))))

    assert compare(SPEC, spec) == ()


def test_true_and_one_are_two_values() -> None:
    spec = mutated((f"{FIELDS} / displayName / maxLength", 10.0))

    assert [it.after for it in compare(SPEC, spec)] == ["maxLength 10.0"]


def test_the_gravest_comes_first_and_the_order_is_fixed() -> None:
    new = mutated(
        (f"{FIELDS} / displayName / description", "Shown"), (f"{FIELDS} / meta", DROP), (f"{FIELDS} / zip", STRING)
    )

    assert [it.name for it in compare(SPEC, new)] == ["ScimUser.meta", "ScimUser.zip", "ScimUser.displayName"]


def test_the_way_back_of_a_rename_is_as_grave() -> None:
    new = mutated((f"{OPERATION} / operationId", "replaceUser"))

    assert highest(it.bump for it in compare(new, SPEC)) == "major"


def test_security_that_moves_into_the_operations_is_no_change_of_theirs() -> None:
    new = mutated((f"{OPERATION} / security", [{"bearerAuth": []}]), ("security", DROP))

    assert [(it.kind, it.bump) for it in compare(SPEC, new)] == [("document", "patch")]


def test_a_token_that_is_asked_for_now_breaks_anonymous_callers() -> None:
    assert [it.bump for it in compare(mutated(("security", [])), SPEC)] == ["major"]


def test_findings_are_data() -> None:
    new = mutated((f"{FIELDS} / displayName", DROP))

    why = "its Python attribute is gone"
    assert compare(SPEC, new) == (Finding("fields", "ScimUser.displayName", "removed", "major", why, "string"),)
