from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, begin, dump, finish, read
from ..shapes import NEW, Shape
from ..values import to_str


@define(kw_only=True, repr=False, eq=False)
class GroupMember(Model):
    """The schema ``GroupMember`` of the specification."""

    _names: ClassVar[Mapping[str, str]] = {
        "display": "display",
        "ref": "ref",
        "type": "type_",
        "value": "value",
    }
    _aliases: ClassVar[Mapping[str, str]] = {
        "ref": "$ref",
    }

    display: str | None = None
    ref: str | None = None
    type_: str | None = None
    """ The kind of member; the vendor's pages show USER. """
    value: str | None = None
    """ The `id` of the member (RFC 7643 §4.2). """
    additional_properties: dict[str, Any] = field(factory=dict)
    _source: Shape = field(default=NEW, eq=False, alias="_source")

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        self = cls.__new__(cls)
        get = begin(self, src_dict, cls._shapes).get
        self.display = v if (v := get("display")) is None or v.__class__ is str else read(self, "display", v, to_str)
        self.ref = v if (v := get("$ref")) is None or v.__class__ is str else read(self, "$ref", v, to_str)
        self.type_ = v if (v := get("type")) is None or v.__class__ is str else read(self, "type", v, to_str)
        self.value = v if (v := get("value")) is None or v.__class__ is str else read(self, "value", v, to_str)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.blank.copy()
        v: Any
        if (v := self.display) is not None:
            out["display"] = v if v.__class__ is str else dump("display", v)
        if (v := self.ref) is not None:
            out["$ref" if "$ref" in out else "ref"] = v if v.__class__ is str else dump("ref", v)
        if (v := self.type_) is not None:
            out["type"] = v if v.__class__ is str else dump("type", v)
        if (v := self.value) is not None:
            out["value"] = v if v.__class__ is str else dump("value", v)
        if self.additional_properties or source.__class__ is not Shape:
            return finish(self, out)
        return out
