from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self
from uuid import UUID

from attrs import define, field

from ..base import (
    Model,
    begin,
    dump,
    dump_model,
    dump_models,
    finish,
    read,
    read_list,
    read_model,
    read_models,
)
from ..shapes import ABSENT, NEW, Shape
from ..values import to_str, to_uuid


@define(kw_only=True, repr=False, eq=False)
class ScimGroup(Model):
    """A group of users with the role that Maia gives its members. Changing its members changes who has access to the
    account, project or environment it belongs to."""

    _names: ClassVar[Mapping[str, str]] = {
        "meta": "meta",
        "accountId": "account_id",
        "accountName": "account_name",
        "displayName": "display_name",
        "environment": "environment",
        "externalId": "external_id",
        "id": "id",
        "members": "members",
        "projectId": "project_id",
        "projectName": "project_name",
        "role": "role",
        "schemas": "schemas",
    }
    _objects: ClassVar[tuple[str, ...]] = ("meta",)

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
    _source: Shape = field(default=NEW, eq=False, alias="_source")

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        self = cls.__new__(cls)
        get = begin(self, src_dict, cls._shapes).get
        self.meta = None if (v := get("meta")) is None else read_model(self, "meta", v, Meta)
        self.account_id = (
            v if (v := get("accountId")) is None or v.__class__ is str else read(self, "accountId", v, to_str)
        )
        self.account_name = (
            v if (v := get("accountName")) is None or v.__class__ is str else read(self, "accountName", v, to_str)
        )
        self.display_name = (
            v if (v := get("displayName")) is None or v.__class__ is str else read(self, "displayName", v, to_str)
        )
        self.environment = (
            v if (v := get("environment")) is None or v.__class__ is str else read(self, "environment", v, to_str)
        )
        self.external_id = (
            v if (v := get("externalId")) is None or v.__class__ is str else read(self, "externalId", v, to_str)
        )
        self.id = v if (v := get("id")) is None or v.__class__ is str else read(self, "id", v, to_str)
        self.members = [] if (v := get("members", ABSENT)) is ABSENT else read_models(self, "members", v, GroupMember)
        self.project_id = None if (v := get("projectId")) is None else read(self, "projectId", v, to_uuid)
        self.project_name = (
            v if (v := get("projectName")) is None or v.__class__ is str else read(self, "projectName", v, to_str)
        )
        self.role = v if (v := get("role")) is None or v.__class__ is str else read(self, "role", v, to_str)
        self.schemas = [] if (v := get("schemas", ABSENT)) is ABSENT else read_list(self, "schemas", v, to_str)
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.blank.copy()
        v: Any
        if (v := self.meta) is not None:
            out["meta"] = dump_model("meta", v, Meta)
        if (v := self.account_id) is not None:
            out["accountId"] = v if v.__class__ is str else dump("accountId", v)
        if (v := self.account_name) is not None:
            out["accountName"] = v if v.__class__ is str else dump("accountName", v)
        if (v := self.display_name) is not None:
            out["displayName"] = v if v.__class__ is str else dump("displayName", v)
        if (v := self.environment) is not None:
            out["environment"] = v if v.__class__ is str else dump("environment", v)
        if (v := self.external_id) is not None:
            out["externalId"] = v if v.__class__ is str else dump("externalId", v)
        if (v := self.id) is not None:
            out["id"] = v if v.__class__ is str else dump("id", v)
        if (v := self.members) or "members" in out:
            out["members"] = dump_models("members", v, GroupMember)
        if (v := self.project_id) is not None:
            out["projectId"] = dump("projectId", v)
        if (v := self.project_name) is not None:
            out["projectName"] = v if v.__class__ is str else dump("projectName", v)
        if (v := self.role) is not None:
            out["role"] = v if v.__class__ is str else dump("role", v)
        if (v := self.schemas) or "schemas" in out:
            out["schemas"] = dump("schemas", v or [])
        if self.additional_properties or source.__class__ is not Shape:
            return finish(self, out)
        return out


from ..models.group_member import GroupMember
from ..models.meta import Meta
