"""An HTTP client as the SDK makes its own, that takes note of what answered, from where and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import httpx

from maia_scim.transport import Http

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self


@dataclass(slots=True)
class Exchange:
    """An answer, without its body.

    Attributes:
        host: Who answered.
        status: HTTP status.
        headers: Header fields.
        sent: When the request was about to be sent, in seconds since the epoch.
        received: When its head was there.
        protocol: Such as ``HTTP/1.1``.
        peer: The address it came from, which may be that of a proxy; None where that is not known.
        of_token: Whether it is the token endpoint's.
        expires_in: What that says of how long the token lives.
    """

    host: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    sent: float
    received: float
    protocol: str
    peer: str | None
    of_token: bool = False
    expires_in: Any = None


class HeldBack(Exception):
    """All that comes before a request to the service went well; it was not sent."""


class Recorder:
    """An HTTP client that takes note of answers; a context manager that closes it.

    Args:
        now: Gives seconds since the epoch.
        ipv4_only: Whether to go out over IPv4 only.

    Attributes:
        client: The client.
        exchanges: The answers, in order.
        tokens_only: Whether requests with a token are held back, so that only the token endpoint is asked.

    Raises:
        ConfigurationError: If the proxies or certificates of the environment cannot be used.
    """

    def __init__(self, now: Callable[[], float], *, ipv4_only: bool) -> None:
        self._now = now
        self._sent = 0.0
        self.exchanges: list[Exchange] = []
        self.tokens_only = False
        self.client: httpx.Client = Http(httpx.Client, None, ipv4_only=ipv4_only).client
        self.client.event_hooks = {"request": [self._leaves], "response": [self._came]}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.client.close()

    def _leaves(self, request: httpx.Request) -> None:
        if self.tokens_only and "Authorization" in request.headers:
            raise HeldBack
        self._sent = self._now()

    def _came(self, response: httpx.Response) -> None:
        received = self._now()
        of_token = "Authorization" not in response.request.headers
        if of_token:
            response.read()
        self.exchanges.append(
            Exchange(
                host=response.request.url.host,
                status=response.status_code,
                headers=dict(response.headers),
                sent=self._sent,
                received=received,
                protocol=response.http_version,
                peer=_peer(response),
                of_token=of_token,
                expires_in=_expires_in(response) if of_token else None,
            )
        )


def _expires_in(response: httpx.Response) -> Any:
    try:
        body: Any = response.json()
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", body).get("expires_in") if isinstance(body, dict) else None


def _peer(response: httpx.Response) -> str | None:
    stream = response.extensions.get("network_stream")
    address: Any = stream.get_extra_info("server_addr") if stream is not None else None
    return str(address[0]) if address else None


__all__ = ["Exchange", "HeldBack", "Recorder"]
