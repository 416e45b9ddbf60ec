"""A user and a group to patch, and what came of it."""

from typing import Any

import pytest

from maia_scim.sandbox.directory import RefusedError
from maia_scim.sandbox.patching import apply
from maia_scim.sandbox.schema import schema

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BADGE = "urn:example:params:scim:schemas:extension:badge:1.0:User"
USER: dict[str, Any] = {
    "schemas": [CORE, ENTERPRISE],
    "userName": "otto",
    "displayName": "Otto Lind",
    "active": True,
    "name": {"givenName": "Otto", "familyName": "Lind"},
    "emails": [
        {"value": "otto@work.example", "type": "work", "primary": True},
        {"value": "otto@home.example", "type": "home"},
    ],
    "addresses": [{"type": "work", "country": "SE", "locality": "Lund"}, {"type": "home", "locality": "Ystad"}],
    "x-shoe": 43,
    ENTERPRISE: {"department": "Data", "manager": {"value": "m1", "displayName": "Mai"}},
}
GROUP: dict[str, Any] = {
    "displayName": "Readers",
    "members": [{"value": "u1", "display": "Una", "type": "USER"}, {"value": "u2"}, {"value": "u3"}],
}
Operation = dict[str, Any]


def patched(*operations: Any, **changes: Any) -> dict[str, Any]:
    return apply(USER | changes, list(operations), schema("User"))


def group_patched(*operations: Operation) -> dict[str, Any]:
    return apply(GROUP, list(operations), schema("Group"))


def difference(after: dict[str, Any], before: dict[str, Any] = USER) -> dict[str, Any]:
    """What a patch changed; ``None`` for what it removed."""
    keys = before.keys() | after.keys()
    return {key: after.get(key) for key in keys if after.get(key) != before.get(key)}


def refusal(*operations: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        patched(*operations)
    assert caught.value.status == 400
    assert "\n" not in caught.value.detail
    return caught.value.detail


def op(name: str, path: str | None = None, *value: Any) -> Operation:
    return {"op": name} | ({} if path is None else {"path": path}) | ({"value": value[0]} if value else {})
