from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, Source, apart, put
from ..values import copy_json, to_str


@define(kw_only=True, repr=False)
class Name(Model):
    """Name"""

    _names: ClassVar[frozenset[str]] = frozenset(
        (
            "familyName",
            "formatted",
            "givenName",
            "honorificPrefix",
            "honorificSuffix",
            "middleName",
        )
    )

    family_name: str | None = None
    formatted: str | None = None
    given_name: str | None = None
    honorific_prefix: str | None = None
    honorific_suffix: str | None = None
    middle_name: str | None = None
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
        self.family_name = v if (v := get("familyName")) is None or v.__class__ is str else to_str(v)
        self.formatted = v if (v := get("formatted")) is None or v.__class__ is str else to_str(v)
        self.given_name = v if (v := get("givenName")) is None or v.__class__ is str else to_str(v)
        self.honorific_prefix = v if (v := get("honorificPrefix")) is None or v.__class__ is str else to_str(v)
        self.honorific_suffix = v if (v := get("honorificSuffix")) is None or v.__class__ is str else to_str(v)
        self.middle_name = v if (v := get("middleName")) is None or v.__class__ is str else to_str(v)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.copy()
        get = out.get
        v: Any
        if (v := self.family_name) is not get("familyName"):
            put(out, "familyName", v, to_str)
        if (v := self.formatted) is not get("formatted"):
            put(out, "formatted", v, to_str)
        if (v := self.given_name) is not get("givenName"):
            put(out, "givenName", v, to_str)
        if (v := self.honorific_prefix) is not get("honorificPrefix"):
            put(out, "honorificPrefix", v, to_str)
        if (v := self.honorific_suffix) is not get("honorificSuffix"):
            put(out, "honorificSuffix", v, to_str)
        if (v := self.middle_name) is not get("middleName"):
            put(out, "middleName", v, to_str)
        if isinstance(source, Source):
            out = source.restore(out)
        if self.additional_properties:
            out.update(copy_json(self.additional_properties))
        return out
