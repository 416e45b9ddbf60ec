"""Access tokens: the token endpoint that gives them out, and the check of those that come."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from maia_scim.sandbox.exchange import Answer, Request, json_answer, problem

if TYPE_CHECKING:
    from maia_scim.sandbox.clock import Clock

AUDIENCE = "https://api.matillion.com"
LIFETIME = 1800
"""Seconds that a token lives."""
REQUIRED = ("grant_type", "client_id", "client_secret")


@dataclass(frozen=True, slots=True)
class _Token:
    expiry: float
    audience: str
    revoked: bool = False


class Tokens:
    """The tokens of one client, given out by OAuth 2 client credentials (RFC 6749 §4.4).

    Args:
        client_id: the client that may ask.
        client_secret: what it proves itself with.
        clock: the time that tokens expire by.
    """

    def __init__(self, client_id: str, client_secret: str, clock: Clock) -> None:
        self.client_id = client_id
        """The client that may ask; one from before `reset` may, too."""
        self._client_ids = {client_id}
        self._client_secret = client_secret
        self._clock = clock
        self._lock = Lock()
        self._tokens: dict[str, _Token] = {}

    def answer(self, request: Request) -> Answer:
        """Answer a request to the token endpoint."""
        if request.method != "POST":
            return problem(request, 405, "The token endpoint takes POST only", headers={"Allow": "POST"})
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/x-www-form-urlencoded":
            return _refusal(400, "invalid_request", "The body must be application/x-www-form-urlencoded")
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        form = dict(pairs)
        if len(form) < len(pairs):
            return _refusal(400, "invalid_request", "A parameter is repeated")
        missing = [name for name in REQUIRED if not form.get(name)]
        if missing:
            return _refusal(400, "invalid_request", f"Missing: {', '.join(missing)}")
        if form["grant_type"] != "client_credentials":
            return _refusal(400, "unsupported_grant_type", "grant_type must be client_credentials")
        if form["client_id"] not in self._client_ids or form["client_secret"] != self._client_secret:
            return _refusal(401, "invalid_client", "The client id or the client secret is wrong")
        if form.get("audience") != AUDIENCE:
            # Not in RFC 6749: the answer of the identity providers that have this parameter.
            return _refusal(403, "access_denied", f"The audience must be {AUDIENCE}")
        content = {
            "access_token": self.issue(LIFETIME, AUDIENCE),
            "expires_in": LIFETIME,
            "token_type": "Bearer",
            "scope": "pipeline-execution",
        }
        return json_answer(200, content, {"Cache-Control": "no-store", "Pragma": "no-cache"})

    def issue(self, lifetime: float, audience: str) -> str:
        """Give out a token.

        Args:
            lifetime: seconds that it lives.
            audience: the API that it is for.
        """
        token = secrets.token_urlsafe(48)
        with self._lock:
            self._tokens[token] = _Token(self._clock.seconds() + lifetime, audience)
        return token

    def check(self, request: Request) -> Answer | None:
        """Return the refusal of a request without a valid token, ``None`` when it has one (RFC 6750 §3)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            headers = {"WWW-Authenticate": 'Bearer realm="maia"'}
            return problem(request, 401, "The request carries no bearer token", headers=headers)
        with self._lock:
            known = self._tokens.get(token.strip())
        if known is None:
            reason = "The access token is unknown"
        elif known.revoked:
            reason = "The access token was revoked"
        elif known.expiry <= self._clock.seconds():
            reason = "The access token has expired"
        elif known.audience != AUDIENCE:
            return problem(request, 403, f"The access token is for another API: its audience must be {AUDIENCE}")
        else:
            return None
        challenge = f'Bearer realm="maia", error="invalid_token", error_description="{reason}"'
        return problem(request, 401, reason, headers={"WWW-Authenticate": challenge})

    def revoke(self) -> None:
        """Revoke every token given out so far."""
        with self._lock:
            self._tokens = {token: replace(known, revoked=True) for token, known in self._tokens.items()}

    def rename(self, client_id: str) -> None:
        """Let another client ask from now on, besides those so far."""
        with self._lock:
            self._client_ids.add(client_id)
            self.client_id = client_id

    def reset(self) -> None:
        """Forget every token."""
        with self._lock:
            self._tokens = {}


def _refusal(status: int, error: str, description: str) -> Answer:
    """Return an error answer of the token endpoint (RFC 6749 §5.2)."""
    content = {"error": error, "error_description": description}
    return json_answer(status, content, {"Cache-Control": "no-store", "Pragma": "no-cache"})
