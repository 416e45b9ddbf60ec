"""A directory that is asked without a network."""

import json
from typing import Any

import pytest

from maia_scim.sandbox.clock import Clock
from maia_scim.sandbox.directory import Call, RefusedError, State
from maia_scim.sandbox.exchange import Answer
from maia_scim.sandbox.plain import PlainDirectory

BASE = "http://127.0.0.1:1/scim"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BADGE = "urn:example:params:scim:schemas:extension:badge:1.0:User"
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
SEED: State = {
    "users": [
        {"id": "u1", "userName": "una", "title": "One", "meta": {"created": "2020-01-02T03:04:05+02:00"}},
        {"id": "ü/2", "userName": "Ulf", "password": "hidden-by-seed"},
    ],
    "groups": [
        {"id": "g1", "displayName": "Readers", "members": [{"value": "u1"}]},
        {"id": "g2", "displayName": "Writers", "Members": [{"VALUE": "u1"}, {"value": "ü/2"}]},
    ],
}


class Directory:
    """A directory, asked without a network."""

    def __init__(self, state: State = SEED, kind: type[PlainDirectory] = PlainDirectory) -> None:
        self.now = 1_700_000_000.25
        self.plain = kind(BASE, Clock(lambda: self.now))
        self.plain.load(state)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        collection, _, identifier = path.partition("/")
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.plain.perform(Call(method, collection, identifier or None, named, content))

    def get(self, path: str) -> dict[str, Any]:
        return shown(self.ask("GET", path))

    def put(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        return shown(self.ask("PUT", path, body, **headers))

    def patch(self, path: str, *operations: dict[str, Any]) -> dict[str, Any]:
        return shown(self.ask("PATCH", path, {"Operations": operations}))

    def refusal(self, method: str, path: str, body: Any = None, **headers: str) -> RefusedError:
        """Ask for what is refused, and see that nothing came of it."""
        before = self.plain.dump()
        with pytest.raises(RefusedError) as caught:
            self.ask(method, path, body, **headers)
        assert "\n" not in caught.value.detail
        assert self.plain.dump() == before
        return caught.value


def shown(answer: Answer) -> dict[str, Any]:
    """What an answer shows, which its headers must agree with."""
    content: dict[str, Any] = json.loads(answer.body)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers.get("ETag") == content["meta"].get("version")
    assert answer.headers["Content-Location"] == content["meta"]["location"]
    return content
