"""The fault matrix: every fault, and what each operation promises under it.

A promise is written as `KIND [OUTCOME] REQUESTS [HELD]`: `ok` or the error's class; the error's outcome; how many
requests the API received; for writes what the service holds afterwards, `old` or `new`. So `TransportError unknown 1
new` is a call that ended with a `TransportError` whose outcome is `unknown`, after one request that was carried out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from maia_scim.sandbox import faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_scim.sandbox.faults import Fault

ATTEMPTS = 3
TIMEOUT = 0.4
"""Seconds that the client waits under a fault that takes longer; else it is patient, since a machine may be busy."""
LATE = 0.7
"""Seconds; later than that."""
ELSEWHERE = "http://elsewhere/"
"""Stands for another server's address in a `Location`."""
OPERATIONS = ("get", "replace", "patch", "create", "replace_many")
_CONNECTION, _TIME, _ANSWER, _STATUS, _LIMIT = "The connection", "Time", "The answer", "The status", "The rate limit"
_REDIRECT, _TOKEN = "Redirects", "The token endpoint"
_AS_USUAL = "ok 1"
_PROMISE = re.compile(
    r"(?P<kind>\w+)(?: (?P<outcome>not_sent|refused|unknown))? (?P<requests>\d+)(?: (?P<held>old|new))?"
)


@dataclass(frozen=True)
class Promise:
    """What comes of a call."""

    kind: str
    outcome: str | None
    requests: int
    held: str | None

    @classmethod
    def read(cls, text: str) -> Promise:
        match = _PROMISE.fullmatch(text)
        assert match, text
        return cls(match["kind"], match["outcome"], int(match["requests"]), match["held"])


@dataclass(frozen=True)
class Refused(faults.Fault):
    """Connections are refused: for all of a call, or until it has waited once."""

    recovers: bool

    def meet(self, exchange: faults.Exchange):
        raise AssertionError("no request comes that far")


class Then(faults.Fault):
    """One fault, then another."""

    def __init__(self, *follow: Fault) -> None:
        self._follow = [*follow]

    def meet(self, exchange: faults.Exchange):
        return self._follow.pop(0).meet(exchange)


class Untrusted(faults.Fault):
    """The service's certificate is one that the client does not trust."""

    def meet(self, exchange: faults.Exchange):
        raise AssertionError("no request comes that far")


@dataclass(frozen=True)
class Row:
    """A fault and its promises: one for `get`, one for the two replaces, one for `patch` and `create`."""

    group: str
    name: str
    make: Callable[[], Fault]
    get: str
    replace: str
    once: str
    times: int | None = 1
    """How many requests it strikes; None for all."""
    many: str = ""
    """The promise of `replace_many`, where it is another than that of `replace`."""

    def promise(self, operation: str) -> Promise:
        texts = {"get": self.get, "replace": self.replace, "replace_many": self.many or self.replace}
        return Promise.read(texts.get(operation, self.once))

    @property
    def of_token(self) -> bool:
        """Whether it strikes the token endpoint instead of the operation."""
        return self.group == _TOKEN

    @property
    def timeout(self) -> float:
        return TIMEOUT if self.group == _TIME and self.get != _AS_USUAL else 8.0

    @property
    def for_ever(self) -> bool:
        return self.times is None


def passes(group: str, name: str, make: Callable[[], Fault]) -> Row:
    """The fault is survived as if nothing were wrong."""
    return Row(group, name, make, _AS_USUAL, "ok 1 new", "ok 1 new")


def lost(group: str, name: str, make: Callable[[], Fault], *, done: bool) -> Row:
    """No answer, or none that can be read: GET and PUT are sent again, the others end as unknown."""
    held = "new" if done else "old"
    return Row(group, name, make, "ok 2", "ok 2 new", f"TransportError unknown 1 {held}")


def lost_for_ever(group: str, name: str, make: Callable[[], Fault], *, done: bool) -> Row:
    held = "new" if done else "old"
    error = f"TransportError unknown {ATTEMPTS}"
    return Row(group, name, make, error, f"{error} {held}", f"TransportError unknown 1 {held}", times=None)


def unreadable(group: str, name: str, make: Callable[[], Fault]) -> Row:
    """A success that is not the promised object: the write is done, and nothing is sent again."""
    error = "UnexpectedResponse unknown 1"
    return Row(group, name, make, error, f"{error} new", f"{error} new")


def told(group: str, name: str, make: Callable[[], Fault], error: str, outcome: str) -> Row:
    """An error status: nothing was done, and nothing is sent again."""
    text = f"{error} {outcome} 1"
    return Row(group, name, make, text, f"{text} old", f"{text} old")


def asked_again(group: str, name: str, make: Callable[[], Fault]) -> Row:
    """The service says that it did nothing and may later: every method is sent again."""
    return Row(group, name, make, "ok 2", "ok 2 new", "ok 2 new")


def gateway(group: str, name: str, make: Callable[[], Fault]) -> Row:
    """A gateway that did not get through: GET and PUT are sent again."""
    return Row(group, name, make, "ok 2", "ok 2 new", "ServerError unknown 1 old")


def no_token(name: str, make: Callable[[], Fault], *, many: str = "") -> Row:
    """Nothing is sent without a token; a batch is patient where it may pass."""
    error = "TokenError not_sent 0"
    return Row(_TOKEN, name, make, error, f"{error} old", f"{error} old", many=many)


def no_connection(name: str, make: Callable[[], Fault]) -> Row:
    """Nothing leaves the process."""
    error = "TransportError not_sent 0"
    return Row(_CONNECTION, name, make, error, f"{error} old", f"{error} old", times=None)


def _soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


S, T = faults.Status, faults.Status.too_many_requests

ROWS = (
    # -- The connection
    Row(_CONNECTION, "connection refused, once", lambda: Refused(recovers=True), "ok 1", "ok 1 new", "ok 1 new"),
    no_connection("connection refused, for ever", lambda: Refused(recovers=False)),
    Row(_CONNECTION, "TLS handshake fails, once", faults.TlsFailure, "ok 1", "ok 1 new", "ok 1 new"),
    no_connection("TLS handshake fails, for ever", faults.TlsFailure),
    no_connection("a certificate that is not trusted", Untrusted),
    lost(_CONNECTION, "reset before the answer, nothing done", faults.Reset, done=False),
    lost(_CONNECTION, "reset before the answer, the write done", lambda: faults.Reset(done=True), done=True),
    lost(_CONNECTION, "reset in the middle of the answer", lambda: faults.Reset(sent=0.5), done=True),
    passes(_CONNECTION, "reset after the answer", lambda: faults.Reset(sent=1)),
    lost_for_ever(_CONNECTION, "reset before the answer, for ever", faults.Reset, done=False),
    lost_for_ever(_CONNECTION, "the answer lost, for ever", lambda: faults.Reset(done=True), done=True),
    lost(_CONNECTION, "closed before the answer, the write done", lambda: faults.Truncated(0), done=True),
    lost(_CONNECTION, "closed within the header", lambda: faults.Truncated(0.1), done=True),
    lost(_CONNECTION, "closed within the body (truncated)", lambda: faults.Truncated(0.9), done=True),
    lost(_CONNECTION, "bytes that are no HTTP", faults.Garbage, done=False),
    lost(_CONNECTION, "bytes that are no HTTP, the write done", lambda: faults.Garbage(done=True), done=True),
    lost(_CONNECTION, "an SSH banner", lambda: faults.Garbage(b"SSH-2.0-OpenSSH_9.9\r\n"), done=False),
    # -- Time
    passes(_TIME, "a short delay", lambda: faults.Delay(0.02)),
    lost(_TIME, "the answer later than the timeout", lambda: faults.Delay(LATE, done_first=True), done=True),
    lost(_TIME, "the operation done after the timeout", lambda: faults.Delay(LATE), done=True),
    lost_for_ever(_TIME, "the answer too late, for ever", lambda: faults.Delay(LATE, done_first=True), done=True),
    lost(_TIME, "the header dripping", lambda: faults.Drip("head"), done=True),
    lost(_TIME, "the body dripping", lambda: faults.Drip("body"), done=True),
    passes(_TIME, "the body in single bytes, quickly", lambda: faults.Drip("body", interval=0.00001)),
    # -- The answer
    lost(_ANSWER, "Content-Length too large", lambda: faults.WrongLength(5), done=True),
    unreadable(_ANSWER, "Content-Length too small", lambda: faults.WrongLength(-5)),
    unreadable(_ANSWER, "an empty body", faults.Body.empty),
    unreadable(_ANSWER, "an HTML page with status 200", faults.Body.html),
    unreadable(_ANSWER, "a JSON array", lambda: faults.Body.json([{"id": "1"}])),
    unreadable(_ANSWER, "JSON null", lambda: faults.Body.json(None)),
    unreadable(_ANSWER, "a JSON string", lambda: faults.Body.json("ok")),
    unreadable(_ANSWER, "half of a JSON object", lambda: faults.Body(b'{"id": "28')),
    passes(_ANSWER, "text/plain on JSON", lambda: faults.Body(headers={"Content-Type": "text/plain"})),
    passes(
        _ANSWER,
        "charset=utf-16 on UTF-8",
        lambda: faults.Body(headers={"Content-Type": "application/json; charset=utf-16"}),
    ),
    unreadable(_ANSWER, "bytes that are no UTF-8", lambda: faults.Body('{"id": "1", "title": "é"}'.encode("latin-1"))),
    lost(_ANSWER, "gzip that does not decode", faults.Body.broken_gzip, done=True),
    unreadable(_ANSWER, "204 without a body", lambda: S(204, "none", done=True)),
    # -- The status
    told(_STATUS, "400, problem+json", lambda: S(400), "BadRequest", "refused"),
    told(_STATUS, "400, SCIM Error", lambda: S(400, "scim"), "BadRequest", "refused"),
    Row(_STATUS, "401 once", lambda: S(401), "ok 2", "ok 2 new", "ok 2 new"),
    Row(
        _STATUS,
        "401 for ever",
        lambda: S(401, "html"),
        "AuthenticationError refused 2",
        "AuthenticationError refused 2 old",
        "AuthenticationError refused 2 old",
        times=None,
    ),
    told(_STATUS, "403, IP not allowed", S.ip_not_allowed, "PermissionDenied", "refused"),
    told(_STATUS, "403, HTML of a gateway", lambda: S(403, "html"), "PermissionDenied", "refused"),
    told(_STATUS, "404, no body", lambda: S(404, "none"), "NotFound", "refused"),
    told(_STATUS, "409, SCIM Error", lambda: S(409, "scim"), "Conflict", "refused"),
    told(_STATUS, "412, problem+json", lambda: S(412), "PreconditionFailed", "refused"),
    told(_STATUS, "418, no body", lambda: S(418, "none"), "ApiError", "refused"),
    told(_STATUS, "499 of a proxy", lambda: S(499, "none"), "ApiError", "unknown"),
    told(_STATUS, "500, problem+json", lambda: S(500), "ServerError", "unknown"),
    Row(
        _STATUS,
        "500, the write done",
        lambda: S(500, done=True),
        "ServerError unknown 1",
        "ServerError unknown 1 new",
        "ServerError unknown 1 new",
    ),
    gateway(_STATUS, "502, HTML of a gateway", lambda: S(502, "html")),
    gateway(_STATUS, "503, no body", lambda: S(503, "none")),
    asked_again(_STATUS, "503 with Retry-After", lambda: S(503, headers={"Retry-After": "2"})),
    gateway(_STATUS, "504, SCIM Error", lambda: S(504, "scim")),
    gateway(_STATUS, "520 of Cloudflare", lambda: S(520, "html")),
    Row(
        _STATUS,
        "504, the write done",
        lambda: S(504, done=True),
        "ok 2",
        "ok 2 new",
        "ServerError unknown 1 new",
    ),
    Row(
        _STATUS,
        "503 for ever",
        lambda: S(503),
        f"ServerError unknown {ATTEMPTS}",
        f"ServerError unknown {ATTEMPTS} old",
        "ServerError unknown 1 old",
        times=None,
    ),
    Row(
        _STATUS,
        "the answer lost, then 400",
        lambda: Then(faults.Reset(done=True), S(400)),
        "BadRequest unknown 2",
        "BadRequest unknown 2 new",
        "TransportError unknown 1 new",
        times=2,
    ),
    Row(
        _STATUS,
        "the answer lost, then 412: it was one's own write",
        lambda: Then(faults.Reset(done=True), S(412)),
        "PreconditionFailed unknown 2",
        "ok 2 new",
        "TransportError unknown 1 new",
        times=2,
    ),
    # -- The rate limit
    asked_again(_LIMIT, "429, Retry-After in seconds", lambda: T(2)),
    asked_again(_LIMIT, "429, Retry-After as a date", lambda: T(_soon(3))),
    asked_again(_LIMIT, "429, Retry-After in the past", lambda: T(_soon(-3600))),
    asked_again(_LIMIT, "429, Retry-After malformed", lambda: T("in a while")),
    asked_again(_LIMIT, "429 without Retry-After", lambda: T(None)),
    asked_again(_LIMIT, "429, HTML of a gateway", lambda: S(429, "html", {"Retry-After": "1"})),
    Row(
        _LIMIT,
        "429, Retry-After absurd",
        lambda: T(10**12),
        "RateLimited refused 1",
        "RateLimited refused 1 old",
        "RateLimited refused 1 old",
        times=None,
    ),
    # -- Redirects
    told(_REDIRECT, "307 to itself, a loop", faults.Redirect, "UnexpectedResponse", "refused"),
    told(_REDIRECT, "308 to another host", lambda: faults.Redirect(ELSEWHERE, 308), "UnexpectedResponse", "refused"),
    told(
        _REDIRECT,
        "302 to another path of the host",
        lambda: faults.Redirect("/x", 302),
        "UnexpectedResponse",
        "unknown",
    ),
    told(_REDIRECT, "301 to plain http", lambda: faults.Redirect(ELSEWHERE, 301), "UnexpectedResponse", "unknown"),
    told(_REDIRECT, "303 to a result", lambda: faults.Redirect("/done", 303), "UnexpectedResponse", "unknown"),
    # -- The token
    no_token("500, problem+json", lambda: S(500), many="ok 1 new"),
    no_token("429", T, many="ok 1 new"),
    no_token("reset before the answer", faults.Reset, many="ok 1 new"),
    no_token("bytes that are no HTTP", faults.Garbage, many="ok 1 new"),
    no_token("an HTML page with status 200", faults.Body.html),
    no_token("JSON without a token", lambda: faults.Body.json({"token_type": "Bearer"})),
    no_token("401: the client is refused", lambda: S(401, "none")),
    no_token("403: another audience is wanted", lambda: S(403)),
    no_token("a redirect to another host", lambda: faults.Redirect(ELSEWHERE)),
)
