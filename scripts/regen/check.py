"""What is refused before the generator sees it: invalid documents, and what it gets wrong without a word."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from openapi_python_client.strings import ClassName, PythonIdentifier, snake_case
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from scripts.regen import walk
from scripts.regen.document import is_object, pointer_to
from scripts.regen.errors import RegenError
from scripts.regen.overlay import template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Json = dict[str, Any]

_STEP = "check"
_PREFIX = "field_"  # the generator's default for names that are no identifiers
# The public names of every generated model: a property of such a name would hide one. The tests hold both lists
# against the generated code.
MODEL_NAMES = frozenset({"to_dict", "from_dict", "additional_properties", "additional_keys"})
# What the generated modules import: a model of such a name would hide one.
IMPORTED = frozenset(
    {"Any", "AuthenticatedClient", "BinaryIO", "ClassVar", "Client", "Enum", "File", "FileTypes", "Final", "Generic"}
    | {"HTTPMethod", "HTTPStatus", "IO", "IntEnum", "Literal", "METHOD", "Mapping", "Model", "MutableMapping"}
    | {"ABSENT", "NEW", "OpenIntEnum", "OpenStrEnum", "PATH", "RequestFiles", "Response", "Self", "Shape", "StrEnum"}
    | {"TypeVar", "UNSET", "UUID", "Unset"}
)


def valid(spec: Json, *, where: str, vendored: Json | None = None) -> None:
    """Refuse a document that is no valid OpenAPI.

    Args:
        spec: The document.
        where: What messages call the vendored specification.
        vendored: The vendored specification, when `spec` has overlays, to tell whose fault it is.

    Raises:
        RegenError: With every finding, each with its JSON pointer.
    """
    for why, look in (("a reference leads nowhere", _dangling), ("it is no valid OpenAPI document", _invalid)):
        findings = list(look(spec))
        if not findings:
            continue
        if vendored is None or set(findings) <= set(look(vendored)):
            remedy = "vendor another state of it, or write an overlay action that mends it, with its reason"
            _refuse(findings, why, where, remedy)
        _refuse(findings, why, f"{where} with its overlays", "mend the overlay that breaks it")


def supported(spec: Json) -> None:
    """Refuse what the generator, or the code it emits, would get wrong in silence.

    Args:
        spec: The overlaid specification, valid.

    Raises:
        RegenError: With every finding, each with its JSON pointer.
    """
    where, remedy = "the specification with its overlays", "write an overlay action that mends it, with its reason"
    for why, findings in (
        ("operations would overwrite each other", _same_operation(spec)),
        ("paths differ in their parameters' names only", _same_path(spec)),
        ("enum values would become one Python name", _same_member(spec)),
        ("a request body has several JSON types: the generated code could send only one", _bodies(spec)),
        ("multipart bodies are not supported by the generated models", _multipart(spec)),
        ("properties clash with what every model has", _property_names(spec)),
        ("schemas clash with what the generated modules import", _schema_names(spec)),
    ):
        _refuse(findings, why, where, remedy)


def _refuse(findings: Iterable[str], why: str, where: str, remedy: str) -> None:
    found = list(findings)
    if found:
        raise RegenError(_STEP, why, where=where, details=[f"- {line}" for line in found], remedy=remedy)


def _dangling(spec: Json) -> Iterator[str]:
    for keys, reference in walk.references(spec):
        seen, target = {reference}, reference
        while target.startswith("#/"):
            node = walk.at(spec, _keys(target))
            if node is None:
                yield f"{pointer_to(keys)}: {target} does not exist"
                break
            target = str(node.get("$ref", "")) if is_object(node) else ""
            if target in seen:
                yield f"{pointer_to(keys)}: {reference} leads back to itself"
                break
            seen.add(target)
        else:
            if target:
                yield f"{pointer_to(keys)}: {target} is outside of the document"


def _keys(reference: str) -> walk.Keys:
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in reference.removeprefix("#/").split("/"))


def _invalid(spec: Json) -> Iterator[str]:
    validator = OpenAPIV30SpecValidator if str(spec["openapi"]).startswith("3.0") else OpenAPIV31SpecValidator
    told: set[str] = set()
    try:
        for error in validator(spec).iter_errors():
            places = _places(spec, tuple(error.absolute_path), error.instance)
            # The same fault in several schemas: each has its turn.
            pointer = next((place for place in places if place not in told), places[0])
            told.add(pointer)
            yield f"{pointer}: {error.message}"
    except Exception as error:  # noqa: BLE001 - what is no document at all may break the validator, too
        if not told:
            yield f"/: the validator breaks off: {type(error).__name__}: {error}"


def _places(spec: Json, path: tuple[str | int, ...], instance: Any) -> list[str]:
    """Where an error can be; inside a schema, the validator tells its path from the schema on, or from its default."""
    if walk.at(spec, path) == instance:
        return [pointer_to(path) or "/"]
    found = [keys + path for keys, _ in walk.schemas(spec) if walk.at(spec, keys + path) == instance]
    found += [(*keys, "default") for keys, schema in walk.schemas(spec) if schema.get("default") == instance]
    return [pointer_to(keys) for keys in found] or [pointer_to(path) or "/"]


def _same_operation(spec: Json) -> Iterator[str]:
    names: dict[tuple[str, str], list[str]] = defaultdict(list)
    for keys, operation in walk.operations(spec):
        identifier = operation.get("operationId")
        if identifier:
            tag = (operation.get("tags") or ["default"])[0]
            names[snake_case(tag), PythonIdentifier(identifier, _PREFIX)].append(f"{pointer_to(keys)} ({identifier})")
    for pointers in names.values():
        if len(pointers) > 1:
            yield " and ".join(pointers)


def _same_path(spec: Json) -> Iterator[str]:
    paths: dict[str, list[str]] = defaultdict(list)
    for path in spec.get("paths", {}):
        paths[template(path)].append(path)
    for same in paths.values():
        if len(same) > 1:
            yield " and ".join(same)


def _same_member(spec: Json) -> Iterator[str]:
    for keys, schema in walk.schemas(spec):
        values = [value for value in schema.get("enum", ()) if isinstance(value, str)]
        names = schema.get("x-enum-varnames", ())
        labels = names if len(names) == len(schema.get("enum", ())) else values
        members: dict[str, list[str]] = defaultdict(list)
        for value, name in zip(values, labels, strict=False):
            members[snake_case(name).upper()].append(value)
        for same in members.values():
            if len(same) > 1:
                pointer = pointer_to((*keys, "enum"))
                yield f"{pointer}: {', '.join(map(repr, same))} (x-enum-varnames gives each a name of its own)"


def _bodies(spec: Json) -> Iterator[str]:
    for keys, body in walk.bodies(spec):
        types = [it for it in body.get("content", {}) if _bare(it).endswith(("/json", "+json"))]
        if len(types) > 1:
            yield f"{pointer_to((*keys, 'content'))}: {', '.join(types)}"


def _multipart(spec: Json) -> Iterator[str]:
    for keys, body in walk.bodies(spec):
        for content_type in body.get("content", {}):
            if _bare(content_type).startswith("multipart/"):
                yield f"{pointer_to((*keys, 'content', content_type))}"


def _bare(content_type: str) -> str:
    return content_type.split(";", maxsplit=1)[0].strip().lower()


def _property_names(spec: Json) -> Iterator[str]:
    for keys, schema in walk.schemas(spec):
        for name in schema.get("properties", {}):
            if PythonIdentifier(name, _PREFIX) in MODEL_NAMES:
                yield f"{pointer_to((*keys, 'properties', name))}"


def _schema_names(spec: Json) -> Iterator[str]:
    for name, schema in spec.get("components", {}).get("schemas", {}).items():
        title = schema.get("title") if is_object(schema) else None
        if ClassName(title or name, _PREFIX) in IMPORTED:
            yield f"{pointer_to(('components', 'schemas', name))}" + (f" (titled {title})" if title else "")
