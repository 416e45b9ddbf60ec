"""The generated operations, ready to be sent: what goes out, and how the answer is read. No I/O."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from .call import Prepared, prepare
from .resources import drop_nulls, named, read_here, reader, tidy

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_public_api.base import Model

    from .core import Core
    from .diff import Difference
    from .models import ScimGroup, ScimUser
    from .patch import Operations

    M = TypeVar("M", bound=Model)
else:
    M = TypeVar("M")

PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"  # RFC 7644 section 3.5.2


class Kind(Generic[M]):
    """A kind of resource, and its operations.

    Args:
        what: What to call it in a message.
        name: The SCIM ``resourceType``.
        schema: The URN of its core schema (RFC 7643 sections 4.1 and 4.2).
        model: Its generated model.
        get: The generated operation that reads one.
        put: The one that replaces one.
        patch: Gives the one that changes one, which loads models that nothing else has a use for.
        read_only: What no PATCH may touch.
    """

    def __init__(
        self,
        what: Literal["user", "group"],
        *,
        name: str,
        schema: str,
        model: type[M],
        get: Any,
        put: Any,
        patch: Callable[[], Any],
        read_only: tuple[str, ...],
    ) -> None:
        self.what: Literal["user", "group"] = what
        self.name, self.schema, self.model = name, schema, model
        self.get, self.put, self.patch = get, put, patch
        self.read_only = read_only


@cache
def users() -> Kind[ScimUser]:
    """Users. The generated package is loaded at the first call."""
    from maia_public_api.api.directory_integration import get_user, update_user

    from .models import ScimUser

    def patching() -> Any:
        from maia_public_api.api.directory_integration import patch_user

        return patch_user

    return Kind(
        "user",
        name="User",
        schema="urn:ietf:params:scim:schemas:core:2.0:User",
        model=ScimUser,
        get=get_user,
        put=update_user,
        patch=patching,
        read_only=("id", "meta", "groups"),
    )


@cache
def groups() -> Kind[ScimGroup]:
    """Groups."""
    from maia_public_api.api.directory_integration import get_group, update_group

    from .models import ScimGroup

    def patching() -> Any:
        from maia_public_api.api.directory_integration import patch_group

        return patch_group

    return Kind(
        "group",
        name="Group",
        schema="urn:ietf:params:scim:schemas:core:2.0:Group",
        model=ScimGroup,
        get=get_group,
        put=update_group,
        patch=patching,
        read_only=("id", "meta"),
    )


def get(core: Core, kind: Kind[M], target: str) -> Prepared[M]:
    """Read a resource."""
    operation = kind.get
    return prepare(
        lambda: operation.build_request(target),
        operation.PATH,
        reader(operation.read_response, kind.model, core, asked=target),
        kind.model,
    )


def put(
    core: Core, kind: Kind[M], target: str, resource: M, *, if_match: str | None, with_groups: bool | None = None
) -> Prepared[M]:
    """Replace a resource.

    Args:
        core: The client's.
        kind: What it is.
        target: Its id, which wins over that in the body.
        resource: What it is to be.
        if_match: Version for ``If-Match``.
        with_groups: Whether ``groups`` goes out; by default if the user was read from this service. It is read-only,
            and the values of other services may fail the whole PUT.
    """
    operation = kind.put
    keeps_groups = read_here(resource, core) if with_groups is None else with_groups

    def build() -> dict[str, Any]:
        request: dict[str, Any] = operation.build_request(target, body=resource)
        body = tidy(request["json"], kind.schema, kind.name)
        if own := named(body, "id"):
            body[own] = target
        if not keeps_groups:
            drop(body, "groups")
        return request

    return prepare(
        build,
        operation.PATH,
        reader(operation.read_response, kind.model, core),
        kind.model,
        if_match=if_match,
        reread=lambda: get(core, kind, target),
        compare=_not_kept,
    )


def _not_kept(sent: Any, answered: Any) -> tuple[Difference, ...]:
    """What an answer does not hold as it was sent. The comparison loads where somebody captures calls."""
    from .diff import not_kept

    return not_kept(sent, answered)


def post_user(core: Core, user: ScimUser) -> Prepared[ScimUser]:
    """Create a user. What the service gives itself is left out."""
    from maia_public_api.api.directory_integration import create_user

    kind = users()

    def build() -> dict[str, Any]:
        request = create_user.build_request(body=user)
        drop(request["json"], "id", "groups", "meta")
        tidy(request["json"], kind.schema, kind.name)
        return request

    return prepare(
        build,
        create_user.PATH,
        reader(create_user.read_response, kind.model, core),
        kind.model,
        compare=_not_kept,
    )


def patch(core: Core, kind: Kind[M], target: str, operations: Operations, *, if_match: str | None) -> Prepared[M]:
    """Change a resource.

    Raises:
        ValueError: If an operation is not valid by RFC 7644 section 3.5.2.
        TypeError: If one is no operation.
    """
    from .models import PatchRequest
    from .patch import validate
    from .patched import not_done

    checked = validate(operations, read_only=kind.read_only)
    for change in checked:
        if isinstance(change.get("value"), dict):
            drop_nulls(change["value"])
    body = PatchRequest.from_dict({"schemas": [PATCH_SCHEMA], "Operations": checked})
    operation = kind.patch()
    return prepare(
        lambda: operation.build_request(target, body=body),
        operation.PATH,
        reader(operation.read_response, kind.model, core),
        kind.model,
        if_match=if_match,
        compare=not_done,
    )


def drop(body: dict[str, Any], *names: str) -> None:
    """Leave attributes out of a body, in whatever case they are spelt (RFC 7643 section 2.1)."""
    for name in [name for name in body if name.lower() in names]:
        del body[name]
