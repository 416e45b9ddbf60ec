from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, Source, apart, put
from ..values import copy_json, to_bool, to_str


@define(kw_only=True, repr=False)
class X509Certificate(Model):
    """X509Certificate"""

    _names: ClassVar[frozenset[str]] = frozenset(
        (
            "display",
            "primary",
            "type",
            "value",
        )
    )

    display: str | None = None
    primary: bool | None = None
    type_: str | None = None
    value: str | None = None
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
        self.display = v if (v := get("display")) is None or v.__class__ is str else to_str(v)
        self.primary = v if (v := get("primary")) is None or v is True or v is False else to_bool(v)
        self.type_ = v if (v := get("type")) is None or v.__class__ is str else to_str(v)
        self.value = v if (v := get("value")) is None or v.__class__ is str else to_str(v)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.copy()
        get = out.get
        v: Any
        if (v := self.display) is not get("display"):
            put(out, "display", v, to_str)
        if (v := self.primary) is not get("primary"):
            put(out, "primary", v, to_bool)
        if (v := self.type_) is not get("type"):
            put(out, "type", v, to_str)
        if (v := self.value) is not get("value"):
            put(out, "value", v, to_str)
        if isinstance(source, Source):
            out = source.restore(out)
        if self.additional_properties:
            out.update(copy_json(self.additional_properties))
        return out
