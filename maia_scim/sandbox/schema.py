"""Resources in the terms of the vendor's specification, as the sandbox takes and gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from maia_public_api.values import to_datetime, to_uuid

from maia_scim.diff import is_array, is_object
from maia_scim.sandbox.directory import READ_ONLY, REQUIRED
from maia_scim.schema import Attribute, attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

BOOLEANS = {"true": True, "false": False}
"""Booleans as Entra writes them, in lower case."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What the specification says of one kind of resource.

    Attributes:
        kind: ``User`` or ``Group``.
        urn: its core schema.
        required: the attribute that no resource is without.
        attributes: its attributes by lower-case name.
    """

    kind: str
    urn: str
    required: str
    attributes: Mapping[str, Attribute] = field(repr=False)


@cache
def schema(kind: str) -> Schema:
    """Return what the specification says of ``User`` or ``Group``."""
    urn = f"urn:ietf:params:scim:schemas:core:2.0:{kind}"
    return Schema(kind, urn, REQUIRED[kind], attributes(kind))


def find(resource: Mapping[str, Any], name: str) -> str | None:
    """Return the key of an attribute: names are case-insensitive (RFC 7643 §2.1)."""
    if name in resource:
        return name
    name = name.lower()
    return next((key for key in resource if key.lower() == name), None)


def is_urn(name: str) -> bool:
    """Tell whether a key is that of an extension, or leads into one."""
    return name[:4].lower() == "urn:"


def required(spec: Schema, resource: Mapping[str, Any]) -> str:
    """Return the value of the required attribute, ``""`` without one."""
    value = resource.get(find(resource, spec.required) or "")
    return value if isinstance(value, str) else ""


def writable(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resource without what the service sets itself."""
    return {key: value for key, value in resource.items() if key.lower() not in READ_ONLY}


def normal(
    attributes: Mapping[str, Attribute], came: Mapping[str, Any], faults: list[str], at: str = ""
) -> dict[str, Any]:
    """Return the attributes that have a value, those of the specification in their types, all others as they came.

    Args:
        attributes: what the specification says.
        came: a JSON object.
        faults: where to add what is wrong.
        at: where the object stands, for the faults.
    """
    content: dict[str, Any] = {}
    for key, value in came.items():
        if value is None or value == []:  # RFC 7643 §2.5: unassigned
            continue
        attribute = attributes.get(key.lower())
        if attribute is None:
            content[key] = value
        elif (typed := assigned(attribute, value, faults, at + key)) != {}:
            content[key] = typed
    return content


def assigned(attribute: Attribute, value: Any, faults: list[str], at: str) -> Any:
    """Return the value of an attribute in its type; see `normal`."""
    if not attribute.many:
        return _typed(attribute, value, faults, at)
    if not is_array(value):
        faults.append(f"{at}: an array is needed, not {_said(value)}")
        return value
    return [_typed(attribute, item, faults, f"{at}[{position}]") for position, item in enumerate(value)]


def complete(spec: Schema, content: dict[str, Any]) -> None:
    """Add to ``schemas`` what is missing there."""
    key = find(content, "schemas") or "schemas"
    listed: list[str] = content.get(key) or [spec.urn]
    known = {urn.lower() for urn in listed}
    extensions = (name for name, value in content.items() if is_urn(name) and isinstance(value, dict))
    new = [name for name in extensions if name.lower() not in known]
    content[key] = [*listed, *new]


def _typed(attribute: Attribute, value: Any, faults: list[str], at: str) -> Any:
    wanted = attribute.type
    if wanted is str:
        if isinstance(value, str):
            return value
    elif wanted is bool:
        if isinstance(value, str):
            value = BOOLEANS.get(value.lower(), value)
        if isinstance(value, bool):
            return value
    elif wanted is UUID:
        if to_uuid(value) is not None:
            return value
    elif wanted is datetime:
        if to_datetime(value) is not None:
            return value
    elif is_object(value):
        return normal(attribute.parts, value, faults, f"{at}.")
    needed = _NEEDED.get(wanted, "an object")
    other = "other " if isinstance(value, str) and wanted in (UUID, datetime) else ""
    faults.append(f"{at}: {needed} is needed, not {other}{_said(value)}")
    return value


_NEEDED = {str: "text", bool: "a boolean", UUID: "a UUID", datetime: "a date-time"}


def _said(value: Any) -> str:
    names = {str: "text", bool: "a boolean", int: "a number", float: "a number", list: "an array", dict: "an object"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "null")
