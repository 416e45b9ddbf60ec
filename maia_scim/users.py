"""Users: what each operation sends and gives. The two resources at the end are thin shells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from unicodedata import normalize
from urllib.parse import unquote

from .call import Prepared, prepare
from .text import is_text

if TYPE_CHECKING:
    from .call import Run, RunAsync
    from .models import ScimUser

USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"  # RFC 7643 section 4.1
# Some servers answer null for these with a 400 or a 500.
_NEVER_NULL = ("active", "meta", "schemas")


def prepare_replace(user: ScimUser, *, id: str | None = None, if_match: str | None = None) -> Prepared[ScimUser]:
    """What ``users.replace`` sends; see there."""
    from maia_public_api.api.directory_integration import update_user

    from .models import ScimUser

    if not isinstance(user, ScimUser):
        raise TypeError(
            f"user is a {type(user).__name__}, not a ScimUser: make one with ScimUser(…) or ScimUser.from_dict(…)"
        )
    target = resource_id(user.id if id is None else id, "user")

    def build() -> dict[str, Any]:
        request = update_user.build_request(target, body=user)
        body = tidy(request["json"])
        if id is not None and "id" in body:
            body["id"] = target
        return {**request, "json": body}

    return prepare(build, update_user.read_response, ScimUser, if_match=if_match)


def tidy(body: dict[str, Any]) -> dict[str, Any]:
    """Make a user's JSON safe to send: no null that servers stumble over, and the ``meta`` that the spec requires."""
    for name in _NEVER_NULL:
        if body.get(name, ...) in (None, []):
            del body[name]
    arrays: list[list[Any]] = [value for value in body.values() if type(value) is list]
    for items in arrays:
        for item in items:
            if isinstance(item, dict) and cast("dict[str, Any]", item).get("primary", ...) is None:
                del item["primary"]
    body.setdefault("schemas", [USER_SCHEMA])
    if not body.get("meta"):
        body["meta"] = {"resourceType": "User"}
    return body


def resource_id(id: object, what: str) -> str:
    """Take an id that names one resource and cannot lead out of its collection.

    Raises:
        TypeError: If it is no text.
        ValueError: If it is empty, or a path, percent-encoded or not.
    """
    if id is None:
        raise ValueError(f"the {what} has no id: read it from the service first, or pass id=")
    if not isinstance(id, str):
        raise TypeError(f"the {what}'s id is a {type(id).__name__}: it must be a str")
    if not id.strip():
        raise ValueError(f"the {what}'s id is empty")
    # As the most obliging server may read it: decoded twice, full-width signs folded, without path parameters.
    plain = normalize("NFKC", unquote(unquote(id)))
    dots = plain.partition(";")[0].strip() in (".", "..")
    if dots or "/" in plain or "\\" in plain or not plain.isprintable() or not is_text(plain):
        raise ValueError(f"{id!r} is no id of a {what}: it holds a path or control characters")
    return str.__str__(id)  # of a member of an enum, its text


class Users:
    """The users of an account (RFC 7643 section 4.1). ``client.users`` is one."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def replace(self, user: ScimUser, *, id: str | None = None, if_match: str | None = None) -> ScimUser:
        """Replace a user by what ``user`` says (PUT; RFC 7644 section 3.5.1).

        What ``user`` leaves out may be cleared: start from the user as the service holds it. ``user`` is not changed.

        Args:
            user: The whole user. What was read goes back as it came.
            id: The id to write to; that of ``user`` if not given.
            if_match: Write only if the user is still at this version (``meta.version``). A service without versions
                ignores it.

        Returns:
            The user as the service holds it now.

        Raises:
            ValueError: If there is no id, or one that would lead out of the collection. Nothing was sent.
            TypeError: If ``user`` is no ``ScimUser``. Nothing was sent.
            MaiaError: See ``maia_scim.errors``; ``error.outcome`` tells what is known of the write.
        """
        return self._run(prepare_replace(user, id=id, if_match=if_match))


class AsyncUsers:
    """The users of an account (RFC 7643 section 4.1). ``client.users`` of an async client is one."""

    def __init__(self, run: RunAsync) -> None:
        self._run = run

    async def replace(self, user: ScimUser, *, id: str | None = None, if_match: str | None = None) -> ScimUser:
        """Replace a user by what ``user`` says; see ``Users.replace``."""
        return await self._run(prepare_replace(user, id=id, if_match=if_match))
