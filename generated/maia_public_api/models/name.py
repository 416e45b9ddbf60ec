from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, begin, dump, finish, read
from ..shapes import NEW, Shape
from ..values import to_str


@define(kw_only=True, repr=False, eq=False)
class Name(Model):
    """The schema ``Name`` of the specification."""

    _names: ClassVar[Mapping[str, str]] = {
        "familyName": "family_name",
        "formatted": "formatted",
        "givenName": "given_name",
        "honorificPrefix": "honorific_prefix",
        "honorificSuffix": "honorific_suffix",
        "middleName": "middle_name",
    }

    family_name: str | None = None
    formatted: str | None = None
    given_name: str | None = None
    honorific_prefix: str | None = None
    honorific_suffix: str | None = None
    middle_name: str | None = None
    additional_properties: dict[str, Any] = field(factory=dict)
    _source: Shape = field(default=NEW, eq=False, alias="_source")

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        self = cls.__new__(cls)
        get = begin(self, src_dict, cls._shapes).get
        self.family_name = (
            v if (v := get("familyName")) is None or v.__class__ is str else read(self, "familyName", v, to_str)
        )
        self.formatted = (
            v if (v := get("formatted")) is None or v.__class__ is str else read(self, "formatted", v, to_str)
        )
        self.given_name = (
            v if (v := get("givenName")) is None or v.__class__ is str else read(self, "givenName", v, to_str)
        )
        self.honorific_prefix = (
            v
            if (v := get("honorificPrefix")) is None or v.__class__ is str
            else read(self, "honorificPrefix", v, to_str)
        )
        self.honorific_suffix = (
            v
            if (v := get("honorificSuffix")) is None or v.__class__ is str
            else read(self, "honorificSuffix", v, to_str)
        )
        self.middle_name = (
            v if (v := get("middleName")) is None or v.__class__ is str else read(self, "middleName", v, to_str)
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.blank.copy()
        v: Any
        if (v := self.family_name) is not None:
            out["familyName"] = v if v.__class__ is str else dump("familyName", v)
        if (v := self.formatted) is not None:
            out["formatted"] = v if v.__class__ is str else dump("formatted", v)
        if (v := self.given_name) is not None:
            out["givenName"] = v if v.__class__ is str else dump("givenName", v)
        if (v := self.honorific_prefix) is not None:
            out["honorificPrefix"] = v if v.__class__ is str else dump("honorificPrefix", v)
        if (v := self.honorific_suffix) is not None:
            out["honorificSuffix"] = v if v.__class__ is str else dump("honorificSuffix", v)
        if (v := self.middle_name) is not None:
            out["middleName"] = v if v.__class__ is str else dump("middleName", v)
        if self.additional_properties or source.__class__ is not Shape:
            return finish(self, out)
        return out
