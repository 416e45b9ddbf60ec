"""What the path of a PATCH operation leads to (RFC 7644 §3.5.2), and what may be wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maia_scim.diff import is_array
from maia_scim.sandbox.directory import READ_ONLY
from maia_scim.sandbox.schema import find, is_urn
from maia_scim.text import line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maia_scim.sandbox.filters import Filter
    from maia_scim.sandbox.schema import Schema

_NAME = r"\$?[A-Za-z][A-Za-z0-9$_-]*"
_PATH = re.compile(rf"(?:(?P<urn>urn:[^\s\"()\[\]]+):)?(?P<name>{_NAME})(?:\.(?P<sub>{_NAME}))?", re.IGNORECASE)
# As RFC 7643 §10.3 forms them. Nothing else tells an extension from an attribute in one.
_SCHEMA = re.compile(r"urn:.+:[0-9]+(?:\.[0-9]+)+:[^:.]+", re.IGNORECASE)


class Fault(Exception):
    """What is wrong with a member of an operation, and the ``scimType`` that RFC 7644 §3.12 has for it."""

    def __init__(self, member: str, text: str, scim_type: str) -> None:
        super().__init__(f"{member}: {text} ({scim_type})")


@dataclass(frozen=True, slots=True)
class Target:
    """What a path leads to.

    Attributes:
        urn: the extension; ``None`` for the resource's own attributes.
        name: the attribute; ``None`` for the resource or the extension as a whole.
        sub: the sub-attribute.
        chosen: what finds the items of an array that are meant.
        member: the member of the operation that it stands in.
    """

    urn: str | None
    name: str | None
    sub: str | None = None
    chosen: Filter | None = None
    member: str = "path"

    def is_one_of(self, names: frozenset[str]) -> bool:
        """Tell whether it is or lies in one of the resource's own attributes, given in lower case."""
        return self.urn is None and self.name is not None and self.name.lower() in names

    @property
    def is_read_only(self) -> bool:
        """Whether it is what the service sets itself."""
        return self.is_one_of(READ_ONLY)


def read(path: object, resource: Mapping[str, Any], spec: Schema, member: str = "path") -> Target:
    """Return what a path leads to.

    Args:
        path: the path.
        resource: the resource, which tells of its extensions.
        spec: what the specification says of it.
        member: where the path stands: ``path``, or ``value`` whose keys are paths.

    Raises:
        Fault: when it is not valid.
    """
    if not isinstance(path, str):
        raise Fault(member, "a path is text", "invalidPath")
    if "[" in path:
        return _read_filter(path, spec, member)
    if path.lower() == spec.urn.lower():
        return Target(None, None, member=member)
    if _is_extension(path, resource):
        return Target(path, None, member=member)
    found = _PATH.fullmatch(path)
    if found is None:
        shape = "is no path, such as title, name.givenName or urn:…:User:department"
        raise Fault(member, f"{line(repr(path))} {shape}", "invalidPath")
    return Target(_extension(found["urn"], spec), found["name"], found["sub"], member=member)


def _read_filter(path: str, spec: Schema, member: str) -> Target:
    from maia_scim.sandbox.filters import Filter

    try:
        chosen = Filter(path)
    except ValueError as error:
        raise Fault(member, f"{line(repr(path))}: {error}", "invalidPath") from error
    return Target(_extension(chosen.urn, spec), chosen.name, chosen.sub, chosen, member)


def _extension(urn: str | None, spec: Schema) -> str | None:
    """Return the extension that a URN names; ``None`` for the resource's own schema."""
    return None if urn is None or urn.lower() == spec.urn.lower() else urn


def _is_extension(path: str, resource: Mapping[str, Any]) -> bool:
    if not is_urn(path):
        return False
    listed = resource.get(find(resource, "schemas") or "")
    known = [*resource, *(listed if is_array(listed) else [])]
    return path.lower() in {str(urn).lower() for urn in known} or _SCHEMA.fullmatch(path) is not None
