from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, Source, apart, put
from ..models.patch_operation_op import PatchOperationOp
from ..values import copy_json, to_str, to_str_enum


@define(kw_only=True, repr=False)
class PatchOperation(Model):
    """PatchOperation"""

    _names: ClassVar[frozenset[str]] = frozenset(
        (
            "op",
            "path",
            "value",
        )
    )
    _secrets: ClassVar[frozenset[str]] = frozenset(("value",))

    op: PatchOperationOp | None = None
    path: str | None = None
    """ What the operation is about; without it, the resource itself (RFC 7644 §3.5.2). """
    value: Any = None
    """ What to add, or to replace with; not used by remove. Any JSON. """
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
        self.op = None if (v := get("op")) is None else to_str_enum(PatchOperationOp, v)
        self.path = v if (v := get("path")) is None or v.__class__ is str else to_str(v)
        self.value = None if (v := get("value")) is None else copy_json(v)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.copy()
        get = out.get
        v: Any
        if (v := self.op) is not get("op"):
            put(out, "op", v, lambda x: to_str_enum(PatchOperationOp, x))
        if (v := self.path) is not get("path"):
            put(out, "path", v, to_str)
        if (v := self.value) is not get("value"):
            put(out, "value", v, copy_json)
        if isinstance(source, Source):
            out = source.restore(out)
        if self.additional_properties:
            out.update(copy_json(self.additional_properties))
        return out
