"""A user with something of everything that a filter may ask for."""

from __future__ import annotations

import copy
from typing import Any

from tests.apply.conftest import CORE, ENTERPRISE

BADGE = "urn:example:badge:1.0:User"
ADA: dict[str, Any] = {
    "schemas": [CORE, ENTERPRISE],
    "id": "Ab1",
    "userName": "Ada@Old.Example",
    "externalId": "X-7",
    "name": {"givenName": "Ada", "familyName": "Äpfel"},
    "active": True,
    "nickName": "",
    "title": None,
    "emails": [
        {"value": "ada@a.example", "type": "work", "primary": True},
        {"value": "ada@home.example", "type": "home"},
    ],
    "phoneNumbers": [],
    "groups": [{"value": "G1", "display": "Admins"}],
    "meta": {"created": "2023-06-01T10:00:00+02:00", "lastModified": "2024-01-01T00:00:00.5Z", "version": 'W/"a"'},
    ENTERPRISE: {"department": "Ops", "employeeNumber": "007", "manager": {"value": "M1", "displayName": "Bob"}},
    BADGE: {
        "Level": 7,
        "codes": ["A", "b"],
        "since": "2024-03-01T12:00:00+02:00",
        "keys": [{"id": "k", "open": False}],
    },
}


def ada(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(ADA), **changes}
