from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, Source, apart, put
from ..values import copy_json, to_datetime, to_str


@define(kw_only=True, repr=False)
class Meta(Model):
    """Meta"""

    _names: ClassVar[frozenset[str]] = frozenset(
        (
            "created",
            "lastModified",
            "location",
            "resourceType",
            "version",
        )
    )

    created: datetime.datetime | None = None
    last_modified: datetime.datetime | None = None
    location: str | None = None
    resource_type: str | None = None
    version: str | None = None
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
        self.created = None if (v := get("created")) is None else to_datetime(v)
        self.last_modified = None if (v := get("lastModified")) is None else to_datetime(v)
        self.location = v if (v := get("location")) is None or v.__class__ is str else to_str(v)
        self.resource_type = v if (v := get("resourceType")) is None or v.__class__ is str else to_str(v)
        self.version = v if (v := get("version")) is None or v.__class__ is str else to_str(v)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.copy()
        get = out.get
        v: Any
        if (v := self.created) is not get("created"):
            put(out, "created", v, to_datetime)
        if (v := self.last_modified) is not get("lastModified"):
            put(out, "lastModified", v, to_datetime)
        if (v := self.location) is not get("location"):
            put(out, "location", v, to_str)
        if (v := self.resource_type) is not get("resourceType"):
            put(out, "resourceType", v, to_str)
        if (v := self.version) is not get("version"):
            put(out, "version", v, to_str)
        if isinstance(source, Source):
            out = source.restore(out)
        if self.additional_properties:
            out.update(copy_json(self.additional_properties))
        return out
