"""The one place that knows the HTTP library: what is sent, what comes back, what a failure means.

Nothing here follows a redirect, so that a token never leaves for another address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import httpx

from .config import LOOPBACK
from .errors import ConfigurationError, Outcome, TransportError

if TYPE_CHECKING:
    from collections.abc import Mapping

Response = httpx.Response
# What is for this machine goes to no proxy, least of all in the clear.
_DIRECT: dict[str, None] = {f"all://{f'[{host}]' if ':' in host else host}": None for host in LOOPBACK}
CONNECT_TIMEOUT = 5.0
_LONGEST = 1e6  # seconds; more than eleven days is a mistake, and more than a clock takes
# Failures before the request left. Of all others nobody knows what the service made of them.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
# OSError: over asyncio, httpx lets a TLS error of a connection at work through as it is.
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, OSError)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as this package makes it. Its repr shows neither token nor body.

    Args:
        method: HTTP method.
        url: Absolute URL.
        headers: Header fields.
        content: Body.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that got no answer.

    Args:
        outcome: ``not_sent`` or ``unknown``.
        cause: The HTTP library's error: its type and text, without the request and the frames it had.
    """

    outcome: Outcome
    cause: Exception

    def error(self, request: Request) -> TransportError:
        """The error to raise for it."""
        what = {"not_sent": "was not sent", "unknown": "got no answer; whether it was carried out is unknown"}
        text = str(self.cause) or "no details given"
        error = TransportError(
            f"{request.method} {request.url} {what[self.outcome]}: {type(self.cause).__name__}: {text}",
            outcome=self.outcome,
        )
        error.__cause__ = self.cause
        return error


ClientT = TypeVar("ClientT", httpx.Client, httpx.AsyncClient)


def open_client(kind: type[ClientT], given: ClientT | None) -> ClientT:
    """Take the caller's HTTP client, or make one.

    Args:
        kind: The class that is wanted.
        given: What the caller brought, if anything.

    Raises:
        ConfigurationError: If it is of another class, or the environment's proxies or certificates cannot be used.
    """
    if given is not None:
        if not isinstance(given, kind):
            raise ConfigurationError(f"http_client is a {type(given).__name__}: it must be an httpx.{kind.__name__}")
        return given
    try:
        return kind(mounts=_DIRECT)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        raise ConfigurationError(
            "no HTTP client can be made: check the proxy and certificate variables (HTTPS_PROXY, ALL_PROXY, NO_PROXY, "
            f"SSL_CERT_FILE): {error}"
        ) from None


def send(client: httpx.Client, request: Request, timeout: httpx.Timeout) -> Response | Failure:
    """Send a request once.

    Args:
        client: What sends it. Its hooks, proxies and default headers stay; its own auth and redirects do not apply.
        request: What to send.
        timeout: Seconds for connect, write, read and pool.

    Raises:
        ConfigurationError: If the client is closed.
    """
    check_open(client)
    try:
        return client.send(_build(client, request, timeout), auth=None, follow_redirects=False)
    except _FAILURES as error:
        return _failure(error)


async def send_async(client: httpx.AsyncClient, request: Request, timeout: httpx.Timeout) -> Response | Failure:
    """Send a request once; as ``send``."""
    check_open(client)
    try:
        return await client.send(_build(client, request, timeout), auth=None, follow_redirects=False)
    except _FAILURES as error:
        return _failure(error)


def timeouts(timeout: object) -> httpx.Timeout:
    """Timeouts from one number of seconds; connecting gets at most 5 of them."""
    if isinstance(timeout, httpx.Timeout):
        return timeout
    if not isinstance(timeout, int | float) or not 0 < timeout < _LONGEST:
        raise ConfigurationError(
            f"timeout={timeout!r}: it must be a number of seconds above 0 (for none at all: httpx.Timeout(None))"
        )
    return httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT))


def without_request(response: Response) -> Response:
    """A copy of an answer that does not hold the request, and so no token."""
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _CODED]
    return httpx.Response(response.status_code, headers=headers, content=response.content)


# The content is decoded already.
_CODED = (b"content-encoding", b"transfer-encoding", b"content-length")


def _build(client: httpx.Client | httpx.AsyncClient, request: Request, timeout: httpx.Timeout) -> httpx.Request:
    return client.build_request(
        request.method, request.url, headers=request.headers, content=request.content, timeout=timeout
    )


def check_open(client: httpx.Client | httpx.AsyncClient) -> None:
    """Refuse a client that is closed.

    Raises:
        ConfigurationError: If it is.
    """
    if client.is_closed:
        raise ConfigurationError("the client is closed: make a new one, or send within its with block")


def _failure(error: Exception) -> Failure:
    # InvalidURL: that of a redirect in an answer, since the request's own was checked.
    outcome: Outcome = "not_sent" if isinstance(error, _NOT_SENT) else "unknown"
    # A new error of the same type: the one caught leads to the request, which holds the token and the body.
    try:
        cause = type(error)(str(error))
    except TypeError:  # HTTPStatusError, from a hook that raises for the status, or somebody's own
        cause = httpx.HTTPError(str(error))
    return Failure(outcome, cause)
