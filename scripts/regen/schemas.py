"""The difference of two JSON schemas, field by field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from scripts.regen.verdict import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]

# Keywords that tell people something and change neither requests nor Python's surface.
_PROSE = {"description", "summary", "title", "example", "examples", "externalDocs", "$comment"}
# The formats that the generator gives a Python type of their own.
_PYTHON_FORMATS = {"date", "date-time", "uuid", "binary"}
_HANDLED = {
    *("$ref", "type", "nullable", "enum", "const", "properties", "required", "items", "additionalProperties"),
    *("allOf", "anyOf", "oneOf"),
}
WIRE = "wire change: Python's surface does not show it"


class Schemas:
    """The schemas of one document.

    Args:
        document: An OpenAPI document.
    """

    def __init__(self, document: Json) -> None:
        self._document = document
        self._open: set[tuple[int, int]] = set()
        self.components: Json = document.get("components", {}).get("schemas", {})

    def resolve(self, value: Any) -> Json:
        """Follow a reference inside the document; what leads nowhere is empty."""
        here = _object(value)
        seen: set[str] = set()
        while (reference := str(here.get("$ref", ""))) and reference not in seen:
            seen.add(reference)
            here = self._document
            for step in reference.removeprefix("#/").split("/"):
                here = _object(here.get(step.replace("~1", "/").replace("~0", "~")))
        return here

    def types(self, schema: Any) -> frozenset[str]:
        """The types that a schema allows, as far as they are different types in Python."""
        if schema is None or schema is False:
            return frozenset({"nothing"})
        it = _object(schema)
        null = it.get("nullable") is True or None in it.get("enum", ())
        return self._own_types(it) | frozenset({"null"} if null else ())

    def _own_types(self, it: Json) -> frozenset[str]:
        parts: list[Any] = it.get("allOf", [])
        if "$ref" in it:
            return frozenset({str(it["$ref"]).rsplit("/", 1)[-1]})
        if len(parts) == 1:
            return self.types(parts[0])
        if variants := _variants(it):
            return frozenset(name for variant in variants for name in self.types(variant))
        if "enum" in it:
            return frozenset(f"{_json_type(value)} enum" for value in it["enum"] if value is not None)
        if "const" in it:
            return frozenset({f"constant {_json(it['const'])}"})
        if "type" in it:
            kinds: Any = it["type"]
            names = cast("list[str]", kinds) if isinstance(kinds, list) else [str(kinds)]
            return frozenset(self._named(it, name) for name in names)
        return frozenset({"object" if it.keys() & {"properties", "allOf", "additionalProperties"} else "anything"})

    def text(self, schema: Any) -> str:
        """The types of a schema as the report shows them."""
        return " | ".join(sorted(self.types(schema), key=lambda name: (name == "null", name)))

    def differences(self, name: str, old: Any, before: Schemas, new: Any, *, kind: str) -> Iterator[Finding]:
        """Compare two schemas; this object holds the new one.

        Args:
            name: What the report calls the schema.
            old: The schema before.
            before: The document of the schema before.
            new: The schema now.
            kind: The section of the report for what concerns the schema as a whole.

        Yields:
            The differences in types, fields, enum values, constraints and descriptions.
        """
        a, b = before.types(old) - {"null"}, self.types(new) - {"null"}
        if a != b:
            text, now = before.text(old), self.text(new)
            yield Finding(kind, name, "changed", "major", "its Python type changes", text, now)
            return
        pair = (id(old), id(new))
        # A schema that holds itself through allOf is compared once.
        if pair not in self._open:
            self._open.add(pair)
            yield from self._inside(name, _object(old), before, _object(new), kind)
            self._open.discard(pair)

    def _inside(self, name: str, old: Json, before: Schemas, new: Json, kind: str) -> Iterator[Finding]:
        if ("null" in before.types(old)) != ("null" in self.types(new)):
            text, now = before.text(old), self.text(new)
            yield Finding(kind, name, "changed", "minor", "null reads as None either way", text, now)
        yield from _enum(name, old, new)
        handled = _HANDLED
        if any(it == "object" or (it.endswith(" enum") and not it.startswith("array")) for it in self.types(new)):
            # The generator names the class after the title, where there is one.
            handled = _HANDLED | {"title"}
            own = name.rsplit(".", 1)[-1]
            was, now = old.get("title") or own, new.get("title") or own
            if was != now:
                yield Finding(kind, name, "changed", "major", "its Python class is renamed", was, now)
        old, new = before.flat(old), self.flat(new)
        yield from self._fields(name, old, before, new)
        for key, suffix in (("items", "[]"), ("additionalProperties", ".*")):
            if key in old or key in new:
                a, b = old.get(key, True), new.get(key, True)
                yield from self.differences(f"{name}{suffix}", a, before, b, kind="fields")
        yield from self._variants(name, _variants(old), before, _variants(new))
        yield from rest(kind, name, old, new, handled)

    def flat(self, schema: Json, seen: frozenset[str] = frozenset()) -> Json:
        """A schema with the fields that its `allOf` brings; a sole reference stays a reference."""
        parts = schema.get("allOf", [])
        if len(parts) < 2 and not (parts and "properties" in schema):
            return schema
        out: Json = {"properties": {}, "required": []}
        for part in [*parts, {key: value for key, value in schema.items() if key != "allOf"}]:
            reference = part.get("$ref", "")
            if reference in seen:
                continue
            whole = self.flat(self.resolve(part), seen | {reference} if reference else seen)
            fields, required = whole.get("properties", {}), whole.get("required", [])
            out = {
                **out,
                **whole,
                "properties": {**out["properties"], **fields},
                "required": out["required"] + required,
            }
        return out

    def _fields(self, name: str, old: Json, before: Schemas, new: Json) -> Iterator[Finding]:
        a, b = old.get("properties", {}), new.get("properties", {})
        was, now = set(old.get("required", ())), set(new.get("required", ()))
        for field in a.keys() - b.keys():
            why, text = "its Python attribute is gone", before.text(a[field])
            yield Finding("fields", f"{name}.{field}", "removed", "major", why, before=text)
        for field in b.keys() - a.keys():
            text = self.text(b[field]) + (", required" if field in now else "")
            yield Finding("fields", f"{name}.{field}", "added", "minor", "a new attribute", after=text)
        for field in a.keys() & b.keys():
            if (field in was) != (field in now):
                words = ("optional", "required") if field in now else ("required", "optional")
                why = "wire change: in Python every attribute has a default either way"
                yield Finding("fields", f"{name}.{field}", "changed", "minor", why, *words)
            yield from self.differences(f"{name}.{field}", a[field], before, b[field], kind="fields")

    def _variants(self, name: str, old: list[Any], before: Schemas, new: list[Any]) -> Iterator[Finding]:
        if len(old) == len(new):
            a, b = sorted(old, key=before.text), sorted(new, key=self.text)
            for left, right in zip(a, b, strict=True):
                yield from self.differences(f"{name} ({self.text(right)})", left, before, right, kind="fields")

    def _named(self, schema: Json, name: str) -> str:
        if name == "array":
            inner = self.text(schema.get("items", True))
            return f"array of ({inner})" if " | " in inner else f"array of {inner}"
        if name == "string" and schema.get("format") in _PYTHON_FORMATS:
            return f"string ({schema['format']})"
        return name


def rest(kind: str, name: str, old: Json, new: Json, handled: set[str]) -> Iterator[Finding]:
    """Compare the keywords that nothing else looks at.

    Args:
        kind: The section of the report.
        name: What the report calls the element.
        old: The element before.
        new: The element now.
        handled: The keywords that are compared elsewhere.

    Yields:
        One finding for all prose, and one for each other keyword.
    """
    differing = sorted(key for key in old.keys() | new.keys() if not same(old.get(key), new.get(key)))
    prose = [key for key in differing if key not in handled and (key in _PROSE or key.startswith("x-"))]
    if prose:
        yield Finding(kind, name, "changed", "patch", f"{' and '.join(prose)} only")
    for key in differing:
        if key not in handled and key not in prose:
            a, b = (f"{key} {_json(it[key])}" if key in it else f"no {key}" for it in (old, new))
            if key == "deprecated":
                yield Finding(kind, name, "changed", "minor", "deprecation", a, b)
            elif key == "default" and kind == "parameters":
                yield Finding(kind, name, "changed", "major", "calls that leave it out send another value", a, b)
            else:
                yield Finding(kind, name, "changed", "minor", WIRE, a, b)


def same(a: Any, b: Any) -> bool:
    """Whether two JSON values have one text, key order apart: 1, 1.0 and true are three values."""
    return _json(a) == _json(b)


def _variants(schema: Json) -> list[Any]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _enum(name: str, old: Json, new: Json) -> Iterator[Finding]:
    a = [_value(value) for value in old.get("enum", ()) if value is not None]
    b = [_value(value) for value in new.get("enum", ()) if value is not None]
    for value in set(a) - set(b):
        yield Finding("enum values", name, "removed", "major", "its Python member is gone", before=value)
    for value in set(b) - set(a):
        yield Finding("enum values", name, "added", "minor", "a new member", after=value)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _object(value: Any) -> Json:
    """The keywords of a schema; `true` and what is no schema have none."""
    return cast("Json", value) if isinstance(value, dict) else {}


def _json_type(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case _:
            return "object"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
