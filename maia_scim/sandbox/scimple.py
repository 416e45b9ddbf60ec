"""The personality ``scimple``: what Apache SCIMple's classes on plain Jackson would make of users and groups.

Inferred from the names in the vendor's specification, which are those of SCIMple: the vendor's service may be like
this one, and a client should live with it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from maia_scim.diff import is_array, is_object
from maia_scim.sandbox.directory import DATES, RefusedError
from maia_scim.sandbox.plain import PlainDirectory
from maia_scim.sandbox.schema import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from maia_scim.schema import Attribute

NEVER_NULL = ("meta", "schemas", "active")
MEMBERSHIPS = ("DIRECT", "INDIRECT")


class ScimpleDirectory(PlainDirectory):
    """Users and groups as Java beans hold them: what no bean has a property for is lost, and there are no versions."""

    versioned = False

    def accept(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Take what the beans have properties for, refuse what Jackson does not parse.

        Raises:
            RefusedError: when it is not valid.
        """
        if faults := [*_faults(body)]:
            raise RefusedError(400, faults[0], faults)
        content = super().accept(kind, _known(schema(kind).attributes, body))
        if kind == "User":
            content.setdefault("active", True)  # the default of the class
        return content

    def shown(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Write dates as Jackson writes a LocalDateTime, and references by the name of their property."""
        meta: dict[str, Any] = resource["meta"]
        dates = {name: _array(meta[name]) for name in DATES}
        return {**_renamed(resource), "meta": {**meta, **dates}}


def _faults(body: Mapping[str, Any]) -> Iterator[str]:
    """Tell what Jackson does not parse. Names are compared to the letter, as it does."""
    for name in NEVER_NULL:
        if name in body and body[name] is None:
            yield f"{name}: null is not a value of it"
    if body.get("schemas") == []:
        yield "schemas: it must not be empty"
    for name, value in body.items():
        for item in value if is_array(value) else ():
            if is_object(item) and "primary" in item and item["primary"] is None:
                yield f"{name}[].primary: null is not a value of it"
    for group in _objects(body.get("groups")):
        kind = group.get("type")
        if kind is not None and kind not in MEMBERSHIPS:
            yield f"groups[].type: {kind!r} is none of {', '.join(MEMBERSHIPS)}"
    meta = body.get("meta")
    for name in DATES:
        if is_object(meta) and not _is_local(meta.get(name)):
            yield f"meta.{name}: {meta[name]!r} is no date-time without an offset"


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if is_object(item)] if is_array(value) else []


def _is_local(value: Any) -> bool:
    """Tell whether Jackson reads a value as a LocalDateTime: an array of numbers, or text without an offset but Z."""
    if value is None or value == "":
        return True
    if is_array(value):
        return len(value) in range(5, 8) and all(type(part) is int for part in value)
    if not isinstance(value, str):
        return False
    try:
        moment = datetime.fromisoformat(value.removesuffix("Z"))
    except ValueError:
        return False
    return "T" in value and moment.tzinfo is None


def _known(attributes: Mapping[str, Attribute], came: Mapping[str, Any]) -> dict[str, Any]:
    """Return what there are properties for, at every depth."""
    known: dict[str, Any] = {}
    for name, value in came.items():
        attribute = attributes.get(name.lower())
        if attribute is None or attribute.name != name or name == "$ref":
            continue
        parts = attribute.parts
        if parts and is_object(value):
            known[name] = _known(parts, value)
        elif parts and is_array(value):
            known[name] = [_known(parts, item) if is_object(item) else item for item in value]
        else:
            known[name] = value
    return known


def _renamed(value: Any) -> Any:
    if is_object(value):
        return {"ref" if key == "$ref" else key: _renamed(item) for key, item in value.items()}
    return [_renamed(item) for item in value] if is_array(value) else value


def _array(text: Any) -> Any:
    """Return a date-time as an array: seconds and nanoseconds are left out where they are nought."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return text
    moment = moment if moment.tzinfo is None else moment.astimezone(UTC)
    parts = [*moment.timetuple()[:6], moment.microsecond * 1000]
    while len(parts) > 5 and not parts[-1]:
        parts.pop()
    return parts
