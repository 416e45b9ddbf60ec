from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

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
from ..values import to_bool, to_str


@define(kw_only=True, repr=False, eq=False)
class ScimUser(Model):
    """The schema ``ScimUser`` of the specification."""

    _names: ClassVar[Mapping[str, str]] = {
        "meta": "meta",
        "active": "active",
        "addresses": "addresses",
        "displayName": "display_name",
        "emails": "emails",
        "entitlements": "entitlements",
        "externalId": "external_id",
        "groups": "groups",
        "id": "id",
        "ims": "ims",
        "locale": "locale",
        "name": "name",
        "nickName": "nick_name",
        "password": "password",
        "phoneNumbers": "phone_numbers",
        "photos": "photos",
        "preferredLanguage": "preferred_language",
        "profileUrl": "profile_url",
        "roles": "roles",
        "schemas": "schemas",
        "timezone": "timezone",
        "title": "title",
        "userName": "user_name",
        "userType": "user_type",
        "x509Certificates": "x_509_certificates",
    }
    _objects: ClassVar[tuple[str, ...]] = (
        "meta",
        "name",
    )
    _secrets: ClassVar[frozenset[str]] = frozenset(("password",))

    meta: Meta | None = None
    active: bool | None = None
    """ Whether the user may sign in (RFC 7643 §4.1.1). State it in every PUT: the service may read its absence as true. """
    addresses: list[Address] = field(factory=list)
    display_name: str | None = None
    emails: list[Email] = field(factory=list)
    entitlements: list[Entitlement] = field(factory=list)
    external_id: str | None = None
    groups: list[UserGroup] = field(factory=list)
    """ The groups that the user belongs to; read-only. Membership is changed at the group (RFC 7643 §4.1.2). """
    id: str | None = None
    """ Given by the service; read-only (RFC 7643 §3.1). """
    ims: list[Im] = field(factory=list)
    locale: str | None = None
    name: Name | None = None
    nick_name: str | None = None
    password: str | None = None
    """ Write-only; the service never returns it (RFC 7643 §4.1.1). """
    phone_numbers: list[PhoneNumber] = field(factory=list)
    photos: list[Photo] = field(factory=list)
    preferred_language: str | None = None
    profile_url: str | None = None
    roles: list[Role] = field(factory=list)
    schemas: list[str] = field(factory=list)
    timezone: str | None = None
    title: str | None = None
    user_name: str | None = None
    user_type: str | None = None
    x_509_certificates: list[X509Certificate] = field(factory=list)
    additional_properties: dict[str, Any] = field(factory=dict)
    _source: Shape = field(default=NEW, eq=False, alias="_source")

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        self = cls.__new__(cls)
        get = begin(self, src_dict, cls._shapes).get
        self.meta = None if (v := get("meta")) is None else read_model(self, "meta", v, Meta)
        self.active = v if (v := get("active")) is None or v is True or v is False else read(self, "active", v, to_bool)
        self.addresses = [] if (v := get("addresses", ABSENT)) is ABSENT else read_models(self, "addresses", v, Address)
        self.display_name = (
            v if (v := get("displayName")) is None or v.__class__ is str else read(self, "displayName", v, to_str)
        )
        self.emails = [] if (v := get("emails", ABSENT)) is ABSENT else read_models(self, "emails", v, Email)
        self.entitlements = (
            [] if (v := get("entitlements", ABSENT)) is ABSENT else read_models(self, "entitlements", v, Entitlement)
        )
        self.external_id = (
            v if (v := get("externalId")) is None or v.__class__ is str else read(self, "externalId", v, to_str)
        )
        self.groups = [] if (v := get("groups", ABSENT)) is ABSENT else read_models(self, "groups", v, UserGroup)
        self.id = v if (v := get("id")) is None or v.__class__ is str else read(self, "id", v, to_str)
        self.ims = [] if (v := get("ims", ABSENT)) is ABSENT else read_models(self, "ims", v, Im)
        self.locale = v if (v := get("locale")) is None or v.__class__ is str else read(self, "locale", v, to_str)
        self.name = None if (v := get("name")) is None else read_model(self, "name", v, Name)
        self.nick_name = (
            v if (v := get("nickName")) is None or v.__class__ is str else read(self, "nickName", v, to_str)
        )
        self.password = v if (v := get("password")) is None or v.__class__ is str else read(self, "password", v, to_str)
        self.phone_numbers = (
            [] if (v := get("phoneNumbers", ABSENT)) is ABSENT else read_models(self, "phoneNumbers", v, PhoneNumber)
        )
        self.photos = [] if (v := get("photos", ABSENT)) is ABSENT else read_models(self, "photos", v, Photo)
        self.preferred_language = (
            v
            if (v := get("preferredLanguage")) is None or v.__class__ is str
            else read(self, "preferredLanguage", v, to_str)
        )
        self.profile_url = (
            v if (v := get("profileUrl")) is None or v.__class__ is str else read(self, "profileUrl", v, to_str)
        )
        self.roles = [] if (v := get("roles", ABSENT)) is ABSENT else read_models(self, "roles", v, Role)
        self.schemas = [] if (v := get("schemas", ABSENT)) is ABSENT else read_list(self, "schemas", v, to_str)
        self.timezone = v if (v := get("timezone")) is None or v.__class__ is str else read(self, "timezone", v, to_str)
        self.title = v if (v := get("title")) is None or v.__class__ is str else read(self, "title", v, to_str)
        self.user_name = (
            v if (v := get("userName")) is None or v.__class__ is str else read(self, "userName", v, to_str)
        )
        self.user_type = (
            v if (v := get("userType")) is None or v.__class__ is str else read(self, "userType", v, to_str)
        )
        self.x_509_certificates = (
            []
            if (v := get("x509Certificates", ABSENT)) is ABSENT
            else read_models(self, "x509Certificates", v, X509Certificate)
        )
        return self

    def to_dict(self) -> dict[str, Any]:
        source = self._source
        out: dict[str, Any] = source.blank.copy()
        v: Any
        if (v := self.meta) is not None:
            out["meta"] = dump_model("meta", v, Meta)
        if (v := self.active) is not None:
            out["active"] = dump("active", v)
        if (v := self.addresses) or "addresses" in out:
            out["addresses"] = dump_models("addresses", v, Address)
        if (v := self.display_name) is not None:
            out["displayName"] = v if v.__class__ is str else dump("displayName", v)
        if (v := self.emails) or "emails" in out:
            out["emails"] = dump_models("emails", v, Email)
        if (v := self.entitlements) or "entitlements" in out:
            out["entitlements"] = dump_models("entitlements", v, Entitlement)
        if (v := self.external_id) is not None:
            out["externalId"] = v if v.__class__ is str else dump("externalId", v)
        if (v := self.groups) or "groups" in out:
            out["groups"] = dump_models("groups", v, UserGroup)
        if (v := self.id) is not None:
            out["id"] = v if v.__class__ is str else dump("id", v)
        if (v := self.ims) or "ims" in out:
            out["ims"] = dump_models("ims", v, Im)
        if (v := self.locale) is not None:
            out["locale"] = v if v.__class__ is str else dump("locale", v)
        if (v := self.name) is not None:
            out["name"] = dump_model("name", v, Name)
        if (v := self.nick_name) is not None:
            out["nickName"] = v if v.__class__ is str else dump("nickName", v)
        if (v := self.password) is not None:
            out["password"] = v if v.__class__ is str else dump("password", v)
        if (v := self.phone_numbers) or "phoneNumbers" in out:
            out["phoneNumbers"] = dump_models("phoneNumbers", v, PhoneNumber)
        if (v := self.photos) or "photos" in out:
            out["photos"] = dump_models("photos", v, Photo)
        if (v := self.preferred_language) is not None:
            out["preferredLanguage"] = v if v.__class__ is str else dump("preferredLanguage", v)
        if (v := self.profile_url) is not None:
            out["profileUrl"] = v if v.__class__ is str else dump("profileUrl", v)
        if (v := self.roles) or "roles" in out:
            out["roles"] = dump_models("roles", v, Role)
        if (v := self.schemas) or "schemas" in out:
            out["schemas"] = dump("schemas", v or [])
        if (v := self.timezone) is not None:
            out["timezone"] = v if v.__class__ is str else dump("timezone", v)
        if (v := self.title) is not None:
            out["title"] = v if v.__class__ is str else dump("title", v)
        if (v := self.user_name) is not None:
            out["userName"] = v if v.__class__ is str else dump("userName", v)
        if (v := self.user_type) is not None:
            out["userType"] = v if v.__class__ is str else dump("userType", v)
        if (v := self.x_509_certificates) or "x509Certificates" in out:
            out["x509Certificates"] = dump_models("x509Certificates", v, X509Certificate)
        if self.additional_properties or source.__class__ is not Shape:
            return finish(self, out)
        return out


from ..models.address import Address
from ..models.email import Email
from ..models.entitlement import Entitlement
from ..models.im import Im
from ..models.meta import Meta
from ..models.name import Name
from ..models.phone_number import PhoneNumber
from ..models.photo import Photo
from ..models.role import Role
from ..models.user_group import UserGroup
from ..models.x509_certificate import X509Certificate
