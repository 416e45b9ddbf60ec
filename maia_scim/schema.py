"""What the vendor's specification says of users and groups: names, types and arrays.

It is read off the generated models, which are the specification's own schemas and come with every installation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, cast, get_args, get_origin, get_type_hints

import attrs
from maia_public_api import models
from maia_public_api.base import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

MODELS: dict[str, type[Model]] = {"User": models.ScimUser, "Group": models.ScimGroup}


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the specification.

    Attributes:
        name: its name as the specification spells it.
        type: the type of its value, or of each of its values.
        many: whether it is an array.
        parts: its sub-attributes by lower-case name.
    """

    name: str
    type: type
    many: bool
    parts: Mapping[str, Attribute] = field(repr=False)


@cache
def attributes(kind: str) -> Mapping[str, Attribute]:
    """Return the attributes of ``User`` or ``Group`` by lower-case name."""
    return _attributes(MODELS[kind])


def _attributes(model: type[Model]) -> dict[str, Attribute]:
    """Read the attributes off a generated model: its fields, and the types they are annotated with."""
    hints = get_type_hints(model)
    found: dict[str, Attribute] = {}
    for each in attrs.fields(cast("Any", model)):
        name = re.sub(r"_([a-z0-9])", lambda letter: letter[1].upper(), each.name).rstrip("_")
        for spelled in (name, f"${name}"):  # $ref is read as ref
            if not model.from_dict({spelled: None}).additional_keys:
                found[spelled.lower()] = _attribute(spelled, hints[each.name])
    return found


def _attribute(name: str, hint: Any) -> Attribute:
    (wanted, *_) = get_args(hint) or (hint,)
    if issubclass(wanted, Model):
        return Attribute(name, dict, get_origin(hint) is list, _attributes(wanted))
    return Attribute(name, str if issubclass(wanted, str) else wanted, get_origin(hint) is list, {})
