from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, begin, dump, finish, read, read_list
from ..shapes import ABSENT, NEW, Shape
from ..values import to_int, to_str


@define(kw_only=True, repr=False, eq=False)
class ProblemDetail(Model):
    """The schema ``ProblemDetail`` of the specification."""

    _names: ClassVar[Mapping[str, str]] = {
        "detail": "detail",
        "instance": "instance",
        "status": "status",
        "title": "title",
        "type": "type_",
        "violations": "violations",
    }

    detail: str | None = None
    instance: str | None = None
    status: int | None = None
    title: str | None = None
    type_: str | None = None
    violations: list[str] = field(factory=list)
    additional_properties: dict[str, Any] = field(factory=dict)
    _source: Shape = field(default=NEW, eq=False, alias="_source")

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        self = cls.__new__(cls)
        get = begin(self, src_dict, cls._shapes).get
        self.detail = v if (v := get("detail")) is None or v.__class__ is str else read(self, "detail", v, to_str)
        self.instance = v if (v := get("instance")) is None or v.__class__ is str else read(self, "instance", v, to_str)
        self.status = None if (v := get("status")) is None else read(self, "status", v, to_int)
        self.title = v if (v := get("title")) is None or v.__class__ is str else read(self, "title", v, to_str)
        self.type_ = v if (v := get("type")) is None or v.__class__ is str else read(self, "type", v, to_str)
        self.violations = [] if (v := get("violations", ABSENT)) is ABSENT else read_list(self, "violations", v, to_str)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.blank.copy()
        v: Any
        if (v := self.detail) is not None:
            out["detail"] = v if v.__class__ is str else dump("detail", v)
        if (v := self.instance) is not None:
            out["instance"] = v if v.__class__ is str else dump("instance", v)
        if (v := self.status) is not None:
            out["status"] = dump("status", v)
        if (v := self.title) is not None:
            out["title"] = v if v.__class__ is str else dump("title", v)
        if (v := self.type_) is not None:
            out["type"] = v if v.__class__ is str else dump("type", v)
        if (v := self.violations) or "violations" in out:
            out["violations"] = dump("violations", v or [])
        if self.additional_properties or source.__class__ is not Shape:
            return finish(self, out)
        return out
