from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self
from uuid import UUID

from attrs import define, field

from ..base import Model, Source, apart, put, put_models, refuse, to_model, to_models
from ..values import copy_json, to_list, to_str, to_uuid


@define(kw_only=True, repr=False)
class ScimGroup(Model):
    """A group of users with the role that Maia gives its members. Changing its members changes who has access to the
    account, project or environment it belongs to."""

    _names: ClassVar[frozenset[str]] = frozenset(
        (
            "meta",
            "accountId",
            "accountName",
            "displayName",
            "environment",
            "externalId",
            "id",
            "members",
            "projectId",
            "projectName",
            "role",
            "schemas",
        )
    )

    meta: Meta | None = None
    account_id: str | None = None
    account_name: str | None = None
    display_name: str | None = None
    environment: str | None = None
    external_id: str | None = None
    """ The group's identifier in the directory that provisions it (RFC 7643 §3.1). """
    id: str | None = None
    """ Given by the service; read-only (RFC 7643 §3.1). """
    members: list[GroupMember] = field(factory=list)
    project_id: UUID | None = None
    project_name: str | None = None
    role: str | None = None
    """ The role assigned to this group within the Matillion platform. """
    schemas: list[str] = field(factory=list)
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
        self.meta = None if (v := get("meta")) is None else to_model(Meta, v)
        self.account_id = v if (v := get("accountId")) is None or v.__class__ is str else to_str(v)
        self.account_name = v if (v := get("accountName")) is None or v.__class__ is str else to_str(v)
        self.display_name = v if (v := get("displayName")) is None or v.__class__ is str else to_str(v)
        self.environment = v if (v := get("environment")) is None or v.__class__ is str else to_str(v)
        self.external_id = v if (v := get("externalId")) is None or v.__class__ is str else to_str(v)
        self.id = v if (v := get("id")) is None or v.__class__ is str else to_str(v)
        self.members = [] if (v := get("members")) is None else to_models(GroupMember, v)
        self.project_id = None if (v := get("projectId")) is None else to_uuid(v)
        self.project_name = v if (v := get("projectName")) is None or v.__class__ is str else to_str(v)
        self.role = v if (v := get("role")) is None or v.__class__ is str else to_str(v)
        self.schemas = [] if (v := get("schemas")) is None else to_list(to_str, v)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.copy()
        get = out.get
        v: Any
        if (v := self.meta) is not None:
            if not isinstance(v, Meta):
                refuse("meta", v, Meta)
            out["meta"] = v.to_dict()
        elif get("meta") is not None:
            put(out, "meta", None, lambda x: to_model(Meta, x))
        if (v := self.account_id) is not get("accountId"):
            put(out, "accountId", v, to_str)
        if (v := self.account_name) is not get("accountName"):
            put(out, "accountName", v, to_str)
        if (v := self.display_name) is not get("displayName"):
            put(out, "displayName", v, to_str)
        if (v := self.environment) is not get("environment"):
            put(out, "environment", v, to_str)
        if (v := self.external_id) is not get("externalId"):
            put(out, "externalId", v, to_str)
        if (v := self.id) is not get("id"):
            put(out, "id", v, to_str)
        if (v := self.members) or "members" in out:
            put_models(out, "members", v, GroupMember)
        if (v := self.project_id) is not get("projectId"):
            put(out, "projectId", v, to_uuid)
        if (v := self.project_name) is not get("projectName"):
            put(out, "projectName", v, to_str)
        if (v := self.role) is not get("role"):
            put(out, "role", v, to_str)
        if (v := self.schemas) or "schemas" in out:
            put(out, "schemas", v, lambda x: to_list(to_str, x))
        if isinstance(source, Source):
            out = source.restore(out)
        if self.additional_properties:
            out.update(copy_json(self.additional_properties))
        return out


from ..models.group_member import GroupMember
from ..models.meta import Meta
