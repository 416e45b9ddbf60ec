"""Finding things in an OpenAPI document, with the keys that lead to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.regen.document import METHODS, is_array, is_object, pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]

Keys = tuple[str | int, ...]

_MAPS = ("properties", "patternProperties", "$defs", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")


def misplaced(spec: Json) -> str | None:
    """Check the skeleton that every step relies on.

    Args:
        spec: Something that may be an OpenAPI document.

    Returns:
        What is not where it belongs; None for a sound skeleton.
    """
    for key, of in (("paths", is_object), ("components", is_object), ("servers", is_array), ("tags", is_array)):
        part = spec.get(key, {} if of is is_object else [])
        if not of(part):
            return f"/{key} is not {'an object' if of is is_object else 'an array'}"
        for name, value in part.items() if is_object(part) else enumerate(part):
            if not is_object(value):
                return f"{pointer_to((key, name))} is not an object"
            wanted = METHODS if key == "paths" else value if key == "components" else ()
            for inner in wanted:
                if inner in value and not is_object(value[inner]):
                    return f"{pointer_to((key, name, inner))} is not an object"
    return None


def references(node: Any, keys: Keys = ()) -> Iterator[tuple[Keys, str]]:
    """Every `$ref` below a node, with the keys of the object that holds it."""
    if is_object(node):
        if isinstance(node.get("$ref"), str):
            yield keys, node["$ref"]
        for key, value in node.items():
            # An example is the caller's data, and a property may be called $ref.
            if key not in {"example", "examples"}:
                yield from references(value, (*keys, key))
    elif is_array(node):
        for index, value in enumerate(node):
            yield from references(value, (*keys, index))


def at(document: Any, keys: Keys) -> Any:
    """What stands at the end of some keys; None where there is nothing."""
    for key in keys:
        if is_object(document):
            document = document.get(str(key))
        elif is_array(document) and str(key).isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def operations(spec: Json) -> Iterator[tuple[Keys, Json]]:
    """Every operation."""
    for path, item in spec.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield ("paths", path, method), item[method]


def bodies(spec: Json) -> Iterator[tuple[Keys, Json]]:
    """Every request body that is written out, those of the components included."""
    for keys, operation in operations(spec):
        if "content" in operation.get("requestBody", {}):
            yield (*keys, "requestBody"), operation["requestBody"]
    for name, body in spec.get("components", {}).get("requestBodies", {}).items():
        yield ("components", "requestBodies", name), body


def schemas(spec: Json) -> Iterator[tuple[Keys, Json]]:
    """Every schema, however deep."""
    for name, schema in spec.get("components", {}).get("schemas", {}).items():
        yield from _schemas_in(schema, ("components", "schemas", name))
    for part in ("paths", "components"):
        for key, value in spec.get(part, {}).items():
            if (part, key) != ("components", "schemas"):
                yield from _schema_holders(value, (part, key))


def _schema_holders(node: Any, keys: Keys) -> Iterator[tuple[Keys, Json]]:
    if is_object(node):
        for key, value in node.items():
            if key == "schema":
                yield from _schemas_in(value, (*keys, key))
            elif key not in {"example", "examples"}:
                yield from _schema_holders(value, (*keys, key))
    elif is_array(node):
        for index, value in enumerate(node):
            yield from _schema_holders(value, (*keys, index))


def _schemas_in(schema: Any, keys: Keys) -> Iterator[tuple[Keys, Json]]:
    if not is_object(schema):
        return
    yield keys, schema
    for key in _MAPS:
        named = schema.get(key)
        for name, value in named.items() if is_object(named) else ():
            yield from _schemas_in(value, (*keys, key, name))
    for key in _LISTS:
        listed = schema.get(key)
        for index, value in enumerate(listed) if is_array(listed) else ():
            yield from _schemas_in(value, (*keys, key, index))
    for key in _SINGLE:
        yield from _schemas_in(schema.get(key), (*keys, key))
