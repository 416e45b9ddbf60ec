"""A small specification for the tests of its differences, and ways to change it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from scripts.regen.changes import compare

Json = dict[str, Any]

USER_PATH = "/v1/Users/{id}"
SPEC: Json = {
    "openapi": "3.1.0",
    "info": {"title": "People", "version": "1.0"},
    "servers": [
        {"description": "EU1", "url": "https://eu1.example.com/dpc"},
        {"description": "US1", "url": "https://us1.example.com/dpc"},
    ],
    "security": [{"bearerAuth": []}],
    "paths": {
        USER_PATH: {
            "parameters": [{"in": "path", "name": "id", "required": True, "schema": {"type": "string"}}],
            "put": {
                "tags": ["Directory Integration"],
                "operationId": "updateUser",
                "summary": "Update",
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "default": 20}},
                    {"$ref": "#/components/parameters/Order"},
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ScimUser"}}},
                },
                "responses": {
                    "200": {
                        "description": "Done",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ScimUser"}}},
                    },
                    "400": {"$ref": "#/components/responses/Problem"},
                },
            },
            "get": {"operationId": "getUser", "responses": {}, "security": []},
        },
    },
    "components": {
        "parameters": {"Order": {"in": "query", "name": "order", "schema": {"type": "string", "enum": ["up", "down"]}}},
        "responses": {
            "Problem": {
                "description": "No",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetail"}}},
            }
        },
        "schemas": {
            "ScimUser": {
                "type": "object",
                "required": ["meta"],
                "properties": {
                    "displayName": {"type": "string", "maxLength": 10},
                    "joined": {"type": "string", "format": "date-time"},
                    "emails": {"type": "array", "items": {"$ref": "#/components/schemas/Email"}},
                    "meta": {"$ref": "#/components/schemas/Meta"},
                    "name": {"type": "object", "properties": {"givenName": {"type": "string"}}},
                    "tags": {"type": "object", "additionalProperties": {"type": "string"}},
                    "boss": {"anyOf": [{"$ref": "#/components/schemas/Email"}, {"type": "null"}]},
                },
            },
            "Email": {
                "type": "object",
                "properties": {"type": {"type": "string", "enum": ["work", "home"]}, "value": {"type": "string"}},
            },
            "Meta": {"type": "object", "properties": {"version": {"type": "string"}}},
            "Unused": {"type": "object"},
            "ProblemDetail": {"type": "object", "properties": {"status": {"type": "integer", "format": "int32"}}},
        },
        "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}, "spare": {"type": "apiKey"}},
    },
}


def at(document: Any, pointer: str) -> Any:
    """The node of a document, by keys joined with " / " (paths hold plain slashes)."""
    for key in pointer.split(" / "):
        document = document[int(key) if isinstance(document, list) else key]
    return document


OPERATION = f"paths / {USER_PATH} / put"
FIELDS = "components / schemas / ScimUser / properties"


def mutated(*edits: tuple[str, Any]) -> Json:
    """The specification with nodes set to other values; DROP takes one away."""
    spec = copy.deepcopy(SPEC)
    for pointer, value in edits:
        parent, _, key = pointer.rpartition(" / ")
        holder: Any = at(spec, parent) if parent else spec
        if value is DROP:
            del holder[int(key) if isinstance(holder, list) else key]
        elif isinstance(holder, list):
            holder[int(key) : int(key) + 1] = [copy.deepcopy(value)]
        else:
            holder[key] = copy.deepcopy(value)
    return spec


DROP = object()
AU1 = {"description": "AU1", "url": "https://au1.example.com/dpc"}
STRING, INTEGER = {"type": "string"}, {"type": "integer"}


def reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def case(what: str, edits: list[tuple[str, Any]], *expected: tuple[str | None, ...]) -> Any:
    return pytest.param(edits, expected, id=what)


def assert_found(edits: Any, expected: Any) -> None:
    """Compare the specification with an edited one: (kind, name, action, bump, before, after) of each finding."""
    found = compare(SPEC, mutated(*edits))

    assert sorted((it.kind, it.name, it.action, it.bump, it.before, it.after) for it in found) == sorted(expected)
    assert all(it.why for it in found)
