"""The difference of two JSON schemas: types, fields, enum values, constraints, prose."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import pytest

from scripts.regen.changes import compare
from tests.regen.documents import DROP, FIELDS, INTEGER, STRING, Json, assert_found, case, reference

# Each finding as (kind, name, action, bump, before, after).
CASES = [
    case(
        "schema added",
        [("components / schemas / Photo", {"type": "object"})],
        ("schemas", "Photo", "added", "minor", None, "object"),
    ),
    case(
        "schema removed",
        [("components / schemas / Unused", DROP)],
        ("schemas", "Unused", "removed", "major", "object", None),
    ),
    case(
        "schema titled otherwise",
        [("components / schemas / Unused / title", "Idle")],
        ("schemas", "Unused", "changed", "major", "Unused", "Idle"),
    ),
    case(
        "schema described",
        [("components / schemas / Unused / description", "Idle")],
        ("schemas", "Unused", "changed", "patch", None, None),
    ),
    case(
        "field added",
        [(f"{FIELDS} / nickName", STRING)],
        ("fields", "ScimUser.nickName", "added", "minor", None, "string"),
    ),
    case(
        "required field added",
        [(f"{FIELDS} / nickName", STRING), ("components / schemas / ScimUser / required / 1", "nickName")],
        ("fields", "ScimUser.nickName", "added", "minor", None, "string, required"),
    ),
    case(
        "field removed",
        [(f"{FIELDS} / displayName", DROP)],
        ("fields", "ScimUser.displayName", "removed", "major", "string", None),
    ),
    case(
        "field becomes optional",
        [("components / schemas / ScimUser / required", [])],
        ("fields", "ScimUser.meta", "changed", "minor", "required", "optional"),
    ),
    case(
        "field type changed",
        [(f"{FIELDS} / displayName / type", "integer")],
        ("fields", "ScimUser.displayName", "changed", "major", "string", "integer"),
    ),
    case(
        "date turned into text",
        [(f"{FIELDS} / joined / format", DROP)],
        ("fields", "ScimUser.joined", "changed", "major", "string (date-time)", "string"),
    ),
    case(
        "format that Python has no type for",
        [("components / schemas / ProblemDetail / properties / status / format", "int64")],
        ("fields", "ProblemDetail.status", "changed", "minor", 'format "int32"', 'format "int64"'),
    ),
    case(
        "null allowed",
        [(f"{FIELDS} / displayName / type", ["string", "null"])],
        ("fields", "ScimUser.displayName", "changed", "minor", "string", "string | null"),
    ),
    case(
        "null refused",
        [(f"{FIELDS} / boss", reference("Email"))],
        ("fields", "ScimUser.boss", "changed", "minor", "Email | null", "Email"),
    ),
    case(
        "array of something else",
        [(f"{FIELDS} / emails / items", STRING)],
        ("fields", "ScimUser.emails", "changed", "major", "array of Email", "array of string"),
    ),
    case(
        "text turned into an enum",
        [(f"{FIELDS} / displayName / enum", ["a"])],
        ("fields", "ScimUser.displayName", "changed", "major", "string", "string enum"),
    ),
    case(
        "constraint changed",
        [(f"{FIELDS} / displayName / maxLength", 20)],
        ("fields", "ScimUser.displayName", "changed", "minor", "maxLength 10", "maxLength 20"),
    ),
    case(
        "field described",
        [(f"{FIELDS} / displayName / description", "Shown")],
        ("fields", "ScimUser.displayName", "changed", "patch", None, None),
    ),
    case(
        "field of an inline object",
        [(f"{FIELDS} / name / properties / givenName", INTEGER)],
        ("fields", "ScimUser.name.givenName", "changed", "major", "string", "integer"),
    ),
    case(
        "values of a map",
        [(f"{FIELDS} / tags / additionalProperties", INTEGER)],
        ("fields", "ScimUser.tags.*", "changed", "major", "string", "integer"),
    ),
    case(
        "one of several variants described",
        [(f"{FIELDS} / boss / anyOf / 0 / description", "Above")],
        ("fields", "ScimUser.boss (Email)", "changed", "patch", None, None),
    ),
    case(
        "enum value added",
        [("components / schemas / Email / properties / type / enum / 2", "other")],
        ("enum values", "Email.type", "added", "minor", None, "other"),
    ),
    case(
        "enum value removed",
        [("components / schemas / Email / properties / type / enum / 0", DROP)],
        ("enum values", "Email.type", "removed", "major", "work", None),
    ),
]


@pytest.mark.parametrize(("edits", "expected"), CASES)
def test_each_change_is_told_by_the_names_of_the_specification(edits: Any, expected: Any) -> None:
    assert_found(edits, expected)


def spec_of(**schemas: Json) -> Json:
    return {"openapi": "3.1.0", "components": {"schemas": schemas}}


def brief(old: Json, new: Json) -> list[tuple[str, str, str]]:
    return [(it.name, it.action, it.bump) for it in compare(old, new)]


class TestAllOf:
    BASE: ClassVar[Json] = {"type": "object", "properties": {"id": {"type": "string"}}}

    def test_fields_that_a_base_brings_are_fields(self) -> None:
        part = {"properties": {"name": STRING}}
        old = spec_of(Base=self.BASE, User={"allOf": [reference("Base"), part]})
        new = spec_of(Base={"type": "object", "properties": {"id": INTEGER}}, User={"allOf": [reference("Base"), part]})

        assert brief(old, new) == [("Base.id", "changed", "major"), ("User.id", "changed", "major")]

    def test_splitting_a_schema_keeps_its_fields(self) -> None:
        whole = {"type": "object", "properties": {"id": STRING, "name": STRING}}
        old = spec_of(User=whole)
        new = spec_of(User={"allOf": [reference("Base")], "properties": {"name": STRING}}, Base=self.BASE)
        split = spec_of(User={"allOf": [reference("Base"), {"properties": {"name": STRING}}]}, Base=self.BASE)

        assert brief(old, split) == [("Base", "added", "minor")]
        assert ("User.id", "removed", "major") not in brief(old, new)

    def test_a_sole_reference_is_that_type(self) -> None:
        old = spec_of(A=self.BASE, User={"type": "object", "properties": {"a": reference("A")}})
        wrapped = {"allOf": [reference("A")], "description": "An A"}
        new = spec_of(A=self.BASE, User={"type": "object", "properties": {"a": wrapped}})

        assert brief(old, new) == [("User.a", "changed", "patch")]

    def test_a_schema_that_holds_itself_ends(self) -> None:
        child = {"allOf": [reference("Node"), {"properties": {"age": INTEGER}}]}
        old = spec_of(Node={"allOf": [{"properties": {"child": child}}, {"properties": {"v": STRING}}]})
        new = copy.deepcopy(old)
        new["components"]["schemas"]["Node"]["allOf"][1]["properties"]["v"] = INTEGER

        assert ("Node.v", "changed", "major") in brief(old, new)

    def test_schemas_that_are_parts_of_each_other_end(self) -> None:
        old = spec_of(A={"allOf": [reference("B"), {"properties": {"a": STRING}}]}, B={"allOf": [reference("A"), {}]})
        new = spec_of(A={"allOf": [reference("B"), {"properties": {"a": INTEGER}}]}, B={"allOf": [reference("A"), {}]})

        assert ("A.a", "changed", "major") in brief(old, new)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}, []),
        ({"oneOf": [STRING, INTEGER]}, {"anyOf": [INTEGER, STRING]}, []),
        ({"const": 1}, {"const": 2}, ["major"]),
        ({"enum": [1, 2]}, {"enum": [1, 2, 3]}, ["minor"]),
        ({"enum": ["a", None]}, {"enum": ["a"]}, ["minor"]),
        ({"enum": [True, {"a": 1}]}, {"enum": [True]}, ["major"]),
        ({"type": "array"}, {"type": "array", "items": STRING}, ["major"]),
        (
            {"type": "array", "items": {"type": ["string", "integer"]}},
            {"type": "array", "items": {"oneOf": [STRING, INTEGER]}},
            [],
        ),
        ({"type": "object"}, {"type": "object", "additionalProperties": False}, ["major"]),
        ({"type": "array", "items": {"enum": ["a"]}}, {"type": "array", "items": {"enum": ["a", "b"]}}, ["minor"]),
        ({"type": "string", "x-order": 1}, {"type": "string", "x-order": 2}, ["patch"]),
    ],
)
def test_types_are_those_of_python(old: Json, new: Json, expected: list[str]) -> None:
    def spec(field: Json) -> Json:
        return spec_of(Thing={"type": "object", "properties": {"field": field}})

    found = compare(spec(old), spec(new))

    bumps = [it.bump for it in found if it.kind != "document"]
    assert bumps == expected
    assert all(it.name.startswith("Thing.field") for it in found if it.kind != "document")
