from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, begin, dump, dump_models, finish, read_list, read_models
from ..shapes import ABSENT, NEW, Shape
from ..values import to_str


@define(kw_only=True, repr=False, eq=False)
class PatchRequest(Model):
    """Changes to one resource, made together or not at all (RFC 7644 §3.5.2)."""

    _names: ClassVar[Mapping[str, str]] = {
        "schemas": "schemas",
        "Operations": "operations",
    }

    schemas: list[str] = field(factory=list)
    """ Always `urn:ietf:params:scim:api:messages:2.0:PatchOp` alone. """
    operations: list[PatchOperation] = field(factory=list)
    additional_properties: dict[str, Any] = field(factory=dict)
    _source: Shape = field(default=NEW, eq=False, alias="_source")

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        self = cls.__new__(cls)
        get = begin(self, src_dict, cls._shapes).get
        self.schemas = [] if (v := get("schemas", ABSENT)) is ABSENT else read_list(self, "schemas", v, to_str)
        self.operations = (
            [] if (v := get("Operations", ABSENT)) is ABSENT else read_models(self, "Operations", v, PatchOperation)
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.blank.copy()
        v: Any
        if (v := self.schemas) or "schemas" in out:
            out["schemas"] = dump("schemas", v or [])
        if (v := self.operations) or "Operations" in out:
            out["Operations"] = dump_models("Operations", v, PatchOperation)
        if self.additional_properties or source.__class__ is not Shape:
            return finish(self, out)
        return out


from ..models.patch_operation import PatchOperation
