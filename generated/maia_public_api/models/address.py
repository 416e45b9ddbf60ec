from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, Source, apart, put
from ..values import copy_json, to_bool, to_str


@define(kw_only=True, repr=False)
class Address(Model):
    """Address"""

    _names: ClassVar[frozenset[str]] = frozenset(
        (
            "country",
            "display",
            "formatted",
            "locality",
            "postalCode",
            "primary",
            "region",
            "streetAddress",
            "type",
        )
    )

    country: str | None = None
    display: str | None = None
    formatted: str | None = None
    locality: str | None = None
    postal_code: str | None = None
    primary: bool | None = None
    region: str | None = None
    street_address: str | None = None
    type_: str | None = None
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
        self.country = v if (v := get("country")) is None or v.__class__ is str else to_str(v)
        self.display = v if (v := get("display")) is None or v.__class__ is str else to_str(v)
        self.formatted = v if (v := get("formatted")) is None or v.__class__ is str else to_str(v)
        self.locality = v if (v := get("locality")) is None or v.__class__ is str else to_str(v)
        self.postal_code = v if (v := get("postalCode")) is None or v.__class__ is str else to_str(v)
        self.primary = v if (v := get("primary")) is None or v is True or v is False else to_bool(v)
        self.region = v if (v := get("region")) is None or v.__class__ is str else to_str(v)
        self.street_address = v if (v := get("streetAddress")) is None or v.__class__ is str else to_str(v)
        self.type_ = v if (v := get("type")) is None or v.__class__ is str else to_str(v)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.copy()
        get = out.get
        v: Any
        if (v := self.country) is not get("country"):
            put(out, "country", v, to_str)
        if (v := self.display) is not get("display"):
            put(out, "display", v, to_str)
        if (v := self.formatted) is not get("formatted"):
            put(out, "formatted", v, to_str)
        if (v := self.locality) is not get("locality"):
            put(out, "locality", v, to_str)
        if (v := self.postal_code) is not get("postalCode"):
            put(out, "postalCode", v, to_str)
        if (v := self.primary) is not get("primary"):
            put(out, "primary", v, to_bool)
        if (v := self.region) is not get("region"):
            put(out, "region", v, to_str)
        if (v := self.street_address) is not get("streetAddress"):
            put(out, "streetAddress", v, to_str)
        if (v := self.type_) is not get("type"):
            put(out, "type", v, to_str)
        if isinstance(source, Source):
            out = source.restore(out)
        if self.additional_properties:
            out.update(copy_json(self.additional_properties))
        return out
