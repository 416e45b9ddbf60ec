"""The one place that knows the HTTP library: what is sent, what comes back, what a failure means.

Nothing here follows a redirect, so that a token never leaves for another address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from .errors import ConfigurationError, Outcome, TransportError

if TYPE_CHECKING:
    from collections.abc import Mapping

Response = httpx.Response
CONNECT_TIMEOUT = 5.0
# Failures before the request left. Of all others nobody knows what the service made of them.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


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


def send(client: httpx.Client, request: Request, timeout: httpx.Timeout) -> Response | Failure:
    """Send a request once.

    Args:
        client: What sends it. Its hooks, proxies and default headers stay; its own auth and redirects do not apply.
        request: What to send.
        timeout: Seconds for connect, write, read and pool.

    Raises:
        ConfigurationError: If the client is closed.
    """
    _check_open(client)
    try:
        return client.send(_build(client, request, timeout), auth=None, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _failure(error)


async def send_async(client: httpx.AsyncClient, request: Request, timeout: httpx.Timeout) -> Response | Failure:
    """Send a request once; as ``send``."""
    _check_open(client)
    try:
        return await client.send(_build(client, request, timeout), auth=None, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _failure(error)


def timeouts(timeout: float | httpx.Timeout) -> httpx.Timeout:
    """Timeouts from one number of seconds; connecting gets at most 5 of them."""
    if isinstance(timeout, httpx.Timeout):
        return timeout
    if timeout <= 0:
        raise ConfigurationError(f"timeout={timeout}: it must be a number of seconds above 0")
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


def _check_open(client: httpx.Client | httpx.AsyncClient) -> None:
    if client.is_closed:
        raise ConfigurationError("the client is closed: make a new one, or send within its with block")


def _failure(error: httpx.HTTPError | httpx.InvalidURL) -> Failure:
    outcome: Outcome = "not_sent" if isinstance(error, (*_NOT_SENT, httpx.InvalidURL)) else "unknown"
    # A new error of the same type: the one caught leads to the request, which holds the token and the body.
    return Failure(outcome, type(error)(str(error)))
