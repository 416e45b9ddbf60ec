"""What grows in `growth`: users and groups of a size, and what is done with them, without a network."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import httpx

from maia_scim import BearerToken, MaiaScim, RateLimit
from maia_scim.diff import diff
from maia_scim.models import ScimGroup, ScimUser

from .peer import full_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

EXTENSION = "urn:ietf:params:scim:schemas:extension:benchmark:2.0:User"
ATTRIBUTES = (10, 30, 100, 300, 1_000)
MEMBERS = (10, 100, 1_000, 10_000, 100_000)

Json = dict[str, Any]
Calls: TypeAlias = "dict[str, Callable[[ExitStack, int], Callable[[], object]]]"


# Users and groups of a size.


def with_extension(number: int) -> Json:
    """The full user with so many attributes in an extension."""
    return {**full_user(), EXTENSION: {f"attribute{index}": f"value {index}" for index in range(number)}}


def with_emails(number: int) -> Json:
    """The full user with so many e-mail addresses."""
    emails = [{"value": f"barbara+{index}@example.com", "type": "work"} for index in range(number)]
    return {**full_user(), "emails": emails}


def with_members(number: int, first: int = 0) -> Json:
    """A group of so many."""
    members = [{"value": name(index), "display": f"User {index}"} for index in range(first, first + number)]
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "id": "e9e30dba-f08f-4109-8486-d5c6a331660a",
        "displayName": "Tour Guides",
        "members": members,
        "meta": {"resourceType": "Group"},
    }


def name(index: int) -> str:
    """The id of a member."""
    return f"user-{index:08}"


def shuffled(resource: Json, array: str) -> Json:
    """The same with an array in another order: a service need not keep it (RFC 7643 section 2.4)."""
    items = [*resource[array]]
    random.Random(1).shuffle(items)  # noqa: S311 - no secret
    return {**resource, array: items}


def changed(resource: Json) -> Json:
    """The same with every other attribute of the extension changed."""
    attributes = enumerate(resource[EXTENSION].items())
    return {**resource, EXTENSION: {name: value + "!" * (at % 2) for at, (name, value) in attributes}}


def exchanged(resource: Json, array: str) -> Json:
    """The same in another order and with one item in place of another."""
    return shuffled({**resource, array: [*resource[array][1:], {"value": "somebody.else@example.com"}]}, array)


# What is done with them. Each is prepared, and then called many times.


def service(stack: ExitStack, held: Json, written: Json) -> MaiaScim:
    """A client whose service holds a resource, and answers each write with another."""
    read, wrote = json.dumps(held).encode(), json.dumps(written).encode()
    headers = {"content-type": "application/scim+json"}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=read if request.method == "GET" else wrote, headers=headers)

    http_client = stack.enter_context(httpx.Client(transport=httpx.MockTransport(answer)))
    given = {**connection("https://growth.example"), "http_client": http_client}
    return stack.enter_context(MaiaScim(**given))


def connection(address: str) -> Json:
    """How to reach a service. Without a limit, since one that is never reached remembers every request of a minute."""
    return {
        "base_url": address,
        "auth": BearerToken("token-of-the-benchmark"),
        "rate_limit": RateLimit(per_minute=None),
    }


def read_and_write(model: type[ScimUser | ScimGroup], resource: Json) -> Callable[[], object]:
    """From JSON to the model, and back."""
    assert model.from_dict(resource).to_dict() == resource
    return lambda: model.from_dict(resource).to_dict()


def replace(
    stack: ExitStack, methods: Literal["users", "groups"], resource: Json, answered: Json
) -> Callable[[], object]:
    """What was read, under another name: with the guard, and the answer compared with what was sent."""
    maia = service(stack, resource, {**answered, "displayName": "Pilots"})
    kind: Any = getattr(maia, methods)
    read = kind.get(resource["id"])
    read.display_name = "Pilots"

    def call() -> None:
        with maia.capture() as calls:
            kind.replace(read, guard="raise")
        assert not calls[0].differences

    return call


def add_members(stack: ExitStack, number: int) -> Callable[[], object]:
    """As many as there are, added to a group."""
    held, more = with_members(number), with_members(number, number)
    maia = service(stack, held, shuffled({**held, "members": held["members"] + more["members"]}, "members"))
    ids = [name(index) for index in range(number, 2 * number)]
    return lambda: maia.groups.add_members(held["id"], *ids)


def remove_members(stack: ExitStack, number: int) -> Callable[[], object]:
    """Half of a group."""
    held = with_members(number)
    maia = service(stack, held, with_members(number // 2, number - number // 2))
    ids = [name(index) for index in range(number - number // 2)]
    return lambda: maia.groups.remove_members(held["id"], *ids)


def diff_of(model: type[ScimUser | ScimGroup], before: Json, after: Json) -> Callable[[], object]:
    """The changes between two users, as `users.diff` finds them, or two groups."""
    one, other = model.from_dict(before), model.from_dict(after)
    assert diff(one.to_dict(), other.to_dict())
    return lambda: diff(one.to_dict(), other.to_dict())


EXTENDED: Calls = {
    "from_dict + to_dict": lambda _, number: read_and_write(ScimUser, with_extension(number)),
    "users.replace": lambda stack, number: replace(stack, "users", with_extension(number), with_extension(number)),
    "users.diff": lambda _, number: diff_of(ScimUser, with_extension(number), changed(with_extension(number))),
}
EMAILED: Calls = {
    "from_dict + to_dict": lambda _, number: read_and_write(ScimUser, with_emails(number)),
    "users.replace": lambda stack, number: replace(
        stack, "users", with_emails(number), shuffled(with_emails(number), "emails")
    ),
    "users.diff": lambda _, number: diff_of(ScimUser, with_emails(number), exchanged(with_emails(number), "emails")),
}
GROUPED: Calls = {
    "from_dict + to_dict": lambda _, number: read_and_write(ScimGroup, with_members(number)),
    "groups.replace": lambda stack, number: replace(
        stack, "groups", with_members(number), shuffled(with_members(number), "members")
    ),
    "add_members": add_members,
    "remove_members": remove_members,
    "diff": lambda _, number: diff_of(ScimGroup, with_members(number), exchanged(with_members(number), "members")),
}

KINDS: dict[str, tuple[tuple[int, ...], Calls, int]] = {  # sizes, calls, rounds
    "attributes of an extension": (ATTRIBUTES, EXTENDED, 60),
    "e-mail addresses": (ATTRIBUTES, EMAILED, 60),
    "members of a group": (MEMBERS, GROUPED, 8),
}
