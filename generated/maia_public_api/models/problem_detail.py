from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, Source, apart, put
from ..values import copy_json, to_int, to_list, to_str


@define(kw_only=True, repr=False)
class ProblemDetail(Model):
    """ProblemDetail"""

    _names: ClassVar[frozenset[str]] = frozenset(
        (
            "detail",
            "instance",
            "status",
            "title",
            "type",
            "violations",
        )
    )

    detail: str | None = None
    instance: str | None = None
    status: int | None = None
    title: str | None = None
    type_: str | None = None
    violations: list[str] = field(factory=list)
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
        self.detail = v if (v := get("detail")) is None or v.__class__ is str else to_str(v)
        self.instance = v if (v := get("instance")) is None or v.__class__ is str else to_str(v)
        self.status = None if (v := get("status")) is None else to_int(v)
        self.title = v if (v := get("title")) is None or v.__class__ is str else to_str(v)
        self.type_ = v if (v := get("type")) is None or v.__class__ is str else to_str(v)
        self.violations = [] if (v := get("violations")) is None else to_list(to_str, v)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.copy()
        get = out.get
        v: Any
        if (v := self.detail) is not get("detail"):
            put(out, "detail", v, to_str)
        if (v := self.instance) is not get("instance"):
            put(out, "instance", v, to_str)
        if (v := self.status) is not get("status"):
            put(out, "status", v, to_int)
        if (v := self.title) is not get("title"):
            put(out, "title", v, to_str)
        if (v := self.type_) is not get("type"):
            put(out, "type", v, to_str)
        if (v := self.violations) or "violations" in out:
            put(out, "violations", v, lambda x: to_list(to_str, x))
        if isinstance(source, Source):
            out = source.restore(out)
        if self.additional_properties:
            out.update(copy_json(self.additional_properties))
        return out
