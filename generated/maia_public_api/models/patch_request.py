from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, Source, apart, put, put_models, to_models
from ..values import copy_json, to_list, to_str


@define(kw_only=True, repr=False)
class PatchRequest(Model):
    """Changes to one resource, made together or not at all (RFC 7644 §3.5.2)."""

    _names: ClassVar[frozenset[str]] = frozenset(
        (
            "schemas",
            "Operations",
        )
    )

    schemas: list[str] = field(factory=list)
    """ Always `urn:ietf:params:scim:api:messages:2.0:PatchOp` alone. """
    operations: list[PatchOperation] = field(factory=list)
    additional_properties: dict[str, Any] = field(factory=dict)
    _source: dict[str, Any] = field(factory=dict, eq=False, alias="_source")

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        self = cls.__new__(cls)
        source: dict[str, Any]
        others: dict[str, Any]
        if type(src_dict) is dict and src_dict.keys() <= cls._names:
            source, others = src_dict.copy(), {}
        else:
            source, others = apart(cls, src_dict)
        self.additional_properties = others
        self._source = source
        get = source.get
        self.schemas = [] if (v := get("schemas")) is None else to_list(to_str, v)
        self.operations = [] if (v := get("Operations")) is None else to_models(PatchOperation, v)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.copy()
        v: Any
        if (v := self.schemas) or "schemas" in out:
            put(out, "schemas", v, lambda x: to_list(to_str, x))
        if (v := self.operations) or "Operations" in out:
            put_models(out, "Operations", v, PatchOperation)
        if isinstance(source, Source):
            out = source.restore(out)
        if self.additional_properties:
            out.update(copy_json(self.additional_properties))
        return out


from ..models.patch_operation import PatchOperation
