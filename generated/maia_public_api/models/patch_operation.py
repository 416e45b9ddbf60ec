from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, begin, dump, finish, read
from ..models.patch_operation_op import PatchOperationOp
from ..shapes import NEW, Shape
from ..values import copy_json, to_str, to_str_enum


@define(kw_only=True, repr=False, eq=False)
class PatchOperation(Model):
    """The schema ``PatchOperation`` of the specification."""

    _names: ClassVar[Mapping[str, str]] = {
        "op": "op",
        "path": "path",
        "value": "value",
    }
    _objects: ClassVar[tuple[str, ...]] = ("value",)
    _secrets: ClassVar[frozenset[str]] = frozenset(("value",))

    op: PatchOperationOp | None = None
    path: str | None = None
    """ What the operation is about; without it, the resource itself (RFC 7644 §3.5.2). """
    value: Any = None
    """ What to add, or to replace with; not used by remove. Any JSON. """
    additional_properties: dict[str, Any] = field(factory=dict)
    _source: Shape = field(default=NEW, eq=False, alias="_source")

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        self = cls.__new__(cls)
        get = begin(self, src_dict, cls._shapes).get
        self.op = None if (v := get("op")) is None else read(self, "op", v, lambda x: to_str_enum(PatchOperationOp, x))
        self.path = v if (v := get("path")) is None or v.__class__ is str else read(self, "path", v, to_str)
        self.value = copy_json(get("value"))
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.blank.copy()
        v: Any
        if (v := self.op) is not None:
            out["op"] = dump("op", v)
        if (v := self.path) is not None:
            out["path"] = v if v.__class__ is str else dump("path", v)
        if (v := self.value) is not None:
            out["value"] = dump("value", v)
        if self.additional_properties or source.__class__ is not Shape:
            return finish(self, out)
        return out
