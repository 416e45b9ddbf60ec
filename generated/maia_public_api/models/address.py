from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, begin, dump, finish, read
from ..shapes import NEW, Shape
from ..values import to_bool, to_str


@define(kw_only=True, repr=False, eq=False)
class Address(Model):
    """The schema ``Address`` of the specification."""

    _names: ClassVar[Mapping[str, str]] = {
        "country": "country",
        "display": "display",
        "formatted": "formatted",
        "locality": "locality",
        "postalCode": "postal_code",
        "primary": "primary",
        "region": "region",
        "streetAddress": "street_address",
        "type": "type_",
    }

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
    _source: Shape = field(default=NEW, eq=False, alias="_source")

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        self = cls.__new__(cls)
        get = begin(self, src_dict, cls._shapes).get
        self.country = v if (v := get("country")) is None or v.__class__ is str else read(self, "country", v, to_str)
        self.display = v if (v := get("display")) is None or v.__class__ is str else read(self, "display", v, to_str)
        self.formatted = (
            v if (v := get("formatted")) is None or v.__class__ is str else read(self, "formatted", v, to_str)
        )
        self.locality = v if (v := get("locality")) is None or v.__class__ is str else read(self, "locality", v, to_str)
        self.postal_code = (
            v if (v := get("postalCode")) is None or v.__class__ is str else read(self, "postalCode", v, to_str)
        )
        self.primary = (
            v if (v := get("primary")) is None or v is True or v is False else read(self, "primary", v, to_bool)
        )
        self.region = v if (v := get("region")) is None or v.__class__ is str else read(self, "region", v, to_str)
        self.street_address = (
            v if (v := get("streetAddress")) is None or v.__class__ is str else read(self, "streetAddress", v, to_str)
        )
        self.type_ = v if (v := get("type")) is None or v.__class__ is str else read(self, "type", v, to_str)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.blank.copy()
        v: Any
        if (v := self.country) is not None:
            out["country"] = v if v.__class__ is str else dump("country", v)
        if (v := self.display) is not None:
            out["display"] = v if v.__class__ is str else dump("display", v)
        if (v := self.formatted) is not None:
            out["formatted"] = v if v.__class__ is str else dump("formatted", v)
        if (v := self.locality) is not None:
            out["locality"] = v if v.__class__ is str else dump("locality", v)
        if (v := self.postal_code) is not None:
            out["postalCode"] = v if v.__class__ is str else dump("postalCode", v)
        if (v := self.primary) is not None:
            out["primary"] = dump("primary", v)
        if (v := self.region) is not None:
            out["region"] = v if v.__class__ is str else dump("region", v)
        if (v := self.street_address) is not None:
            out["streetAddress"] = v if v.__class__ is str else dump("streetAddress", v)
        if (v := self.type_) is not None:
            out["type"] = v if v.__class__ is str else dump("type", v)
        if self.additional_properties or source.__class__ is not Shape:
            return finish(self, out)
        return out
