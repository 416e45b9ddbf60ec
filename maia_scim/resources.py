"""What users and groups have in common: ids, safe bodies, and the answer kept beside what was read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import normalize
from urllib.parse import unquote

from maia_public_api.answers import answer
from maia_public_api.base import to_model
from maia_public_api.kept import keep, kept

from .text import is_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_public_api.base import Model

    from .core import Core
    from .transport import Response

    M = TypeVar("M", bound=Model)

# Some servers answer null for these with a 400 or a 500.
_NEVER_NULL = ("active", "meta", "schemas")


def named(body: dict[str, Any], name: str) -> str | None:
    """How a body spells an attribute (RFC 7643 section 2.1), or None if it has none of that name."""
    return name if name in body else next((each for each in body if each.lower() == name.lower()), None)


def tidy(body: dict[str, Any], schema: str, kind: str) -> dict[str, Any]:
    """Make a resource's JSON safe to send: no null that servers stumble over, and the ``meta`` that the spec requires.

    Args:
        body: The JSON; changed in place.
        schema: The URN of the core schema, for a body that names none.
        kind: The ``resourceType`` for a body without ``meta``.
    """
    drop_nulls(body)
    for value in body.values():
        if value.__class__ is list:
            for item in value:
                if item.__class__ is dict and item.get("primary", ...) is None:
                    del item["primary"]
    if not named(body, "schemas"):
        body["schemas"] = [schema]
    meta = named(body, "meta") or "meta"
    if not body.get(meta):
        body[meta] = {"resourceType": kind}
    return body


def drop_nulls(body: dict[str, Any]) -> None:
    """Leave out the nulls, and empty arrays, that servers stumble over."""
    for each in _NEVER_NULL:
        if (name := named(body, each)) and body[name] in (None, []):
            del body[name]


_PLAIN = re.compile(r"[A-Za-z0-9_-]+")  # what nobody can read as a path, nearly all ids among it


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
    if _PLAIN.fullmatch(id):
        return str.__str__(id)
    if not id.strip():
        raise ValueError(f"the {what}'s id is empty")
    # As the most obliging server may read it: decoded twice, full-width signs folded, without path parameters.
    plain = normalize("NFKC", unquote(unquote(id)))
    dots = plain.partition(";")[0].strip() in (".", "..")
    if dots or "/" in plain or "\\" in plain or not plain.isprintable() or not is_text(plain):
        raise ValueError(f"{id!r} is no id of a {what}: it holds a path or control characters")
    return str.__str__(id)  # of a member of an enum, its text


def json_of(resource: Model) -> dict[str, Any]:
    """The JSON of a resource that a caller may have changed.

    Raises:
        TypeError: If it holds what is no JSON.
        ValueError: If it nests too deep.
    """
    try:
        return resource.to_dict()
    except RecursionError:
        problem: Exception = ValueError("the body nests too deep to be written as JSON")
    except (TypeError, ValueError) as error:
        problem = type(error)(str(error))
    raise problem  # from here, since the frames below hold the body, and it may hold a password


def reader(
    read: Callable[[Response], object], model: type[M], core: Core, *, asked: str | None = None
) -> Callable[[Response], object]:
    """Read an answer as the operation does, take the object under 200 and 201 alike, and keep the answer beside it.

    Args:
        read: The operation's ``read_response``.
        model: What is promised.
        core: The client's.
        asked: The id that was asked for. An answer that is about another resource, or about none, is not it; to write
            it back would overwrite the one that was meant.
    """

    def read_and_keep(response: Response) -> object:
        result = read(response)
        if result is None and response.status_code in (200, 201):  # not 202: accepted is not done
            result = answer(response, lambda value: to_model(model, value))
        if isinstance(result, model):
            if asked is not None and not _is(result, asked):
                return None
            keep(result, core.place.base_url, response.content, response.headers.get("etag"))
            if core.witness is not None:
                core.witness.saw(result)
        return result

    return read_and_keep


def _is(resource: Model, id: str) -> bool:
    own: Any = resource
    return isinstance(own.id, str) and own.id.casefold() == id.casefold()


def read_here(resource: Model, core: Core) -> bool:
    """Whether a resource was read from the service that a client talks to."""
    answer = kept(resource)
    return answer is not None and answer.origin == core.place.base_url


def version_of(resource: Model) -> str | None:
    """What ``If-Match`` takes: the ``ETag`` of the answer, else ``meta.version`` (RFC 7644 section 3.14)."""
    answer = kept(resource)
    meta: Any = getattr(resource, "meta", None)
    version = (answer and answer.etag) or (meta.version if meta else None)
    return version if version and version.isascii() and version.isprintable() and version == version.strip() else None
