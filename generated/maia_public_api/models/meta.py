from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, begin, dump, dump_date, finish, read, read_date
from ..shapes import NEW, Shape
from ..values import to_datetime, to_str


@define(kw_only=True, repr=False, eq=False)
class Meta(Model):
    """The schema ``Meta`` of the specification."""

    _names: ClassVar[Mapping[str, str]] = {
        "created": "created",
        "lastModified": "last_modified",
        "location": "location",
        "resourceType": "resource_type",
        "version": "version",
    }

    created: datetime.datetime | None = None
    last_modified: datetime.datetime | None = None
    location: str | None = None
    resource_type: str | None = None
    version: str | None = None
    additional_properties: dict[str, Any] = field(factory=dict)
    _source: Shape = field(default=NEW, eq=False, alias="_source")

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        self = cls.__new__(cls)
        get = begin(self, src_dict, cls._shapes).get
        self.created = None if (v := get("created")) is None else read_date(self, "created", v, to_datetime)
        self.last_modified = (
            None if (v := get("lastModified")) is None else read_date(self, "lastModified", v, to_datetime)
        )
        self.location = v if (v := get("location")) is None or v.__class__ is str else read(self, "location", v, to_str)
        self.resource_type = (
            v if (v := get("resourceType")) is None or v.__class__ is str else read(self, "resourceType", v, to_str)
        )
        self.version = v if (v := get("version")) is None or v.__class__ is str else read(self, "version", v, to_str)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.blank.copy()
        v: Any
        if (v := self.created) is not None:
            out["created"] = dump_date(self, "created", v, to_datetime)
        if (v := self.last_modified) is not None:
            out["lastModified"] = dump_date(self, "lastModified", v, to_datetime)
        if (v := self.location) is not None:
            out["location"] = v if v.__class__ is str else dump("location", v)
        if (v := self.resource_type) is not None:
            out["resourceType"] = v if v.__class__ is str else dump("resourceType", v)
        if (v := self.version) is not None:
            out["version"] = v if v.__class__ is str else dump("version", v)
        if self.additional_properties or source.__class__ is not Shape:
            return finish(self, out)
        return out
