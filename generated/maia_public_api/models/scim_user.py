from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define, field

from ..base import Model, Source, apart, put, put_models, refuse, to_model, to_models
from ..values import copy_json, to_bool, to_list, to_str


@define(kw_only=True, repr=False)
class ScimUser(Model):
    """ScimUser"""

    _names: ClassVar[frozenset[str]] = frozenset(
        (
            "meta",
            "active",
            "addresses",
            "displayName",
            "emails",
            "entitlements",
            "externalId",
            "groups",
            "id",
            "ims",
            "locale",
            "name",
            "nickName",
            "password",
            "phoneNumbers",
            "photos",
            "preferredLanguage",
            "profileUrl",
            "roles",
            "schemas",
            "timezone",
            "title",
            "userName",
            "userType",
            "x509Certificates",
        )
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
        self.active = v if (v := get("active")) is None or v is True or v is False else to_bool(v)
        self.addresses = [] if (v := get("addresses")) is None else to_models(Address, v)
        self.display_name = v if (v := get("displayName")) is None or v.__class__ is str else to_str(v)
        self.emails = [] if (v := get("emails")) is None else to_models(Email, v)
        self.entitlements = [] if (v := get("entitlements")) is None else to_models(Entitlement, v)
        self.external_id = v if (v := get("externalId")) is None or v.__class__ is str else to_str(v)
        self.groups = [] if (v := get("groups")) is None else to_models(UserGroup, v)
        self.id = v if (v := get("id")) is None or v.__class__ is str else to_str(v)
        self.ims = [] if (v := get("ims")) is None else to_models(Im, v)
        self.locale = v if (v := get("locale")) is None or v.__class__ is str else to_str(v)
        self.name = None if (v := get("name")) is None else to_model(Name, v)
        self.nick_name = v if (v := get("nickName")) is None or v.__class__ is str else to_str(v)
        self.password = v if (v := get("password")) is None or v.__class__ is str else to_str(v)
        self.phone_numbers = [] if (v := get("phoneNumbers")) is None else to_models(PhoneNumber, v)
        self.photos = [] if (v := get("photos")) is None else to_models(Photo, v)
        self.preferred_language = v if (v := get("preferredLanguage")) is None or v.__class__ is str else to_str(v)
        self.profile_url = v if (v := get("profileUrl")) is None or v.__class__ is str else to_str(v)
        self.roles = [] if (v := get("roles")) is None else to_models(Role, v)
        self.schemas = [] if (v := get("schemas")) is None else to_list(to_str, v)
        self.timezone = v if (v := get("timezone")) is None or v.__class__ is str else to_str(v)
        self.title = v if (v := get("title")) is None or v.__class__ is str else to_str(v)
        self.user_name = v if (v := get("userName")) is None or v.__class__ is str else to_str(v)
        self.user_type = v if (v := get("userType")) is None or v.__class__ is str else to_str(v)
        self.x_509_certificates = [] if (v := get("x509Certificates")) is None else to_models(X509Certificate, v)
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
        if (v := self.active) is not get("active"):
            put(out, "active", v, to_bool)
        if (v := self.addresses) or "addresses" in out:
            put_models(out, "addresses", v, Address)
        if (v := self.display_name) is not get("displayName"):
            put(out, "displayName", v, to_str)
        if (v := self.emails) or "emails" in out:
            put_models(out, "emails", v, Email)
        if (v := self.entitlements) or "entitlements" in out:
            put_models(out, "entitlements", v, Entitlement)
        if (v := self.external_id) is not get("externalId"):
            put(out, "externalId", v, to_str)
        if (v := self.groups) or "groups" in out:
            put_models(out, "groups", v, UserGroup)
        if (v := self.id) is not get("id"):
            put(out, "id", v, to_str)
        if (v := self.ims) or "ims" in out:
            put_models(out, "ims", v, Im)
        if (v := self.locale) is not get("locale"):
            put(out, "locale", v, to_str)
        if (v := self.name) is not None:
            if not isinstance(v, Name):
                refuse("name", v, Name)
            out["name"] = v.to_dict()
        elif get("name") is not None:
            put(out, "name", None, lambda x: to_model(Name, x))
        if (v := self.nick_name) is not get("nickName"):
            put(out, "nickName", v, to_str)
        if (v := self.password) is not get("password"):
            put(out, "password", v, to_str)
        if (v := self.phone_numbers) or "phoneNumbers" in out:
            put_models(out, "phoneNumbers", v, PhoneNumber)
        if (v := self.photos) or "photos" in out:
            put_models(out, "photos", v, Photo)
        if (v := self.preferred_language) is not get("preferredLanguage"):
            put(out, "preferredLanguage", v, to_str)
        if (v := self.profile_url) is not get("profileUrl"):
            put(out, "profileUrl", v, to_str)
        if (v := self.roles) or "roles" in out:
            put_models(out, "roles", v, Role)
        if (v := self.schemas) or "schemas" in out:
            put(out, "schemas", v, lambda x: to_list(to_str, x))
        if (v := self.timezone) is not get("timezone"):
            put(out, "timezone", v, to_str)
        if (v := self.title) is not get("title"):
            put(out, "title", v, to_str)
        if (v := self.user_name) is not get("userName"):
            put(out, "userName", v, to_str)
        if (v := self.user_type) is not get("userType"):
            put(out, "userType", v, to_str)
        if (v := self.x_509_certificates) or "x509Certificates" in out:
            put_models(out, "x509Certificates", v, X509Certificate)
        if isinstance(source, Source):
            out = source.restore(out)
        if self.additional_properties:
            out.update(copy_json(self.additional_properties))
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
