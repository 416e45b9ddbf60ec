"""All models, each imported on first use"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .address import Address
    from .email import Email
    from .entitlement import Entitlement
    from .group_member import GroupMember
    from .im import Im
    from .meta import Meta
    from .name import Name
    from .patch_operation import PatchOperation
    from .patch_operation_op import PatchOperationOp
    from .patch_request import PatchRequest
    from .phone_number import PhoneNumber
    from .photo import Photo
    from .problem_detail import ProblemDetail
    from .role import Role
    from .scim_group import ScimGroup
    from .scim_user import ScimUser
    from .user_group import UserGroup
    from .user_group_type import UserGroupType
    from .x509_certificate import X509Certificate

_MODULES = {
    "Address": ".address",
    "Email": ".email",
    "Entitlement": ".entitlement",
    "GroupMember": ".group_member",
    "Im": ".im",
    "Meta": ".meta",
    "Name": ".name",
    "PatchOperation": ".patch_operation",
    "PatchOperationOp": ".patch_operation_op",
    "PatchRequest": ".patch_request",
    "PhoneNumber": ".phone_number",
    "Photo": ".photo",
    "ProblemDetail": ".problem_detail",
    "Role": ".role",
    "ScimGroup": ".scim_group",
    "ScimUser": ".scim_user",
    "UserGroup": ".user_group",
    "UserGroupType": ".user_group_type",
    "X509Certificate": ".x509_certificate",
}

if not TYPE_CHECKING:  # hidden from type checkers, which would else accept any misspelt name

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted([*globals(), *_MODULES])


__all__ = (
    "Address",
    "Email",
    "Entitlement",
    "GroupMember",
    "Im",
    "Meta",
    "Name",
    "PatchOperation",
    "PatchOperationOp",
    "PatchRequest",
    "PhoneNumber",
    "Photo",
    "ProblemDetail",
    "Role",
    "ScimGroup",
    "ScimUser",
    "UserGroup",
    "UserGroupType",
    "X509Certificate",
)
