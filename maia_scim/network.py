"""Below HTTP: a bound on an attempt as a whole, and going out over IPv4 only.

httpx bounds each read, so that an answer of one byte every few seconds never ends. Here a read gets what is left of
the attempt. httpx offers no public place for that: a few private attributes lead to the connection pool of the clients
that this package makes itself. The bounds on httpx in pyproject.toml hold them in place, and tests notice if they move.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

TOO_LONG = "the attempt as a whole took too long"
_PACKET = 65_536  # bytes that are held at most
_KEPT = 20  # idle connections, at most: httpx's own default
_ANY_IPV4 = "0.0.0.0"  # noqa: S104 - the address to go out from, not one to listen on


class Until(float):
    """A timeout in seconds that also knows when the attempt must be over: a float that carries one more number.

    Attributes:
        end: When all of it must be over, by the monotonic clock.
    """

    __slots__ = ("end",)
    end: float


def until(seconds: float, end: float) -> Until:
    """Make one."""
    timeout = Until(seconds)
    timeout.end = end
    return timeout


def left(timeout: float | None, what: type[httpx.TimeoutException]) -> float | None:
    """The seconds that one wait may take.

    Raises:
        TimeoutException: If the attempt has taken all of its time.
    """
    if not isinstance(timeout, Until):
        return timeout
    rest = timeout.end - monotonic()
    if rest <= 0:
        raise what(TOO_LONG)
    return min(float(timeout), rest)


def prepare(client: httpx.Client | httpx.AsyncClient, *, ipv4_only: bool) -> None:
    """Make the connections of a client of our own keep the bound, and go out as told."""
    transport = getattr(client, "_transport", None)
    mounted = getattr(client, "_mounts", {}).values()
    for each in (transport, *mounted):
        pool = getattr(each, "_pool", None)
        backend = getattr(pool, "_network_backend", None)
        if backend is not None:
            wrapper = _Backend if isinstance(client, httpx.Client) else _AsyncBackend
            pool._network_backend = wrapper(backend, _ANY_IPV4 if ipv4_only else None)  # type: ignore[union-attr]
    if isinstance(client, httpx.AsyncClient):
        _spread(client)


def _spread(client: httpx.AsyncClient) -> None:
    """Give each connection that goes through no proxy a pool of its own; see ``lanes``."""
    pool = getattr(getattr(client, "_transport", None), "_pool", None)
    context, backend = getattr(pool, "_ssl_context", None), getattr(pool, "_network_backend", None)
    if context is None or backend is None:
        return
    from .lanes import Lanes

    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)

    def make() -> httpx.AsyncHTTPTransport:
        lane = httpx.AsyncHTTPTransport(verify=context, limits=limits)
        lane._pool._network_backend = backend  # pyright: ignore[reportPrivateUsage]
        return lane

    client._transport = Lanes(make, _KEPT)  # pyright: ignore[reportPrivateUsage]


class _Backend:
    """Opens connections whose waits are bounded."""

    def __init__(self, backend: Any, address: str | None) -> None:
        self._backend = backend
        self._address = address

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, **options: Any
    ) -> _Stream:
        timeout = left(timeout, httpx.ConnectTimeout)
        return _Stream(self._backend.connect_tcp(host, port, timeout, local_address or self._address, **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


class _AsyncBackend(_Backend):
    """The same for asyncio, where the driver bounds the attempt."""

    async def connect_tcp(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, **options: Any
    ) -> _AsyncStream:
        address = local_address or self._address
        return _AsyncStream(await self._backend.connect_tcp(host, port, timeout, address, **options))


class _Stream:
    """A connection whose every wait ends with the attempt."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = self._stream.read(max_bytes, left(timeout, httpx.ReadTimeout))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, left(timeout, httpx.WriteTimeout))

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> _Stream:
        timeout = left(timeout, httpx.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _AsyncStream:
    """A connection of an async client.

    What is written stays here until a request ends, by an empty write, or an answer is read: head and body leave in one
    packet, and a batch sends a twelfth more. A single blocking call gains nothing by it.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._held = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._held:
            await self.write(b"", timeout)
        data: bytes = await self._stream.read(max_bytes, timeout)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        held, self._held = self._held + buffer, b""
        if buffer and len(held) < _PACKET:
            self._held = held
        elif held:
            await self._stream.write(held, timeout)

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _AsyncStream:
        return _AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Bounded(httpx.SyncByteStream):
    """The body of an answer to a caller's own client, bounded between its pieces.

    Args:
        stream: The body.
        end: When all of it must be there, by the monotonic clock.
    """

    def __init__(self, stream: httpx.SyncByteStream, end: float) -> None:
        self._stream = stream
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            if monotonic() >= self._end:
                raise httpx.ReadTimeout(TOO_LONG)
            yield piece

    def close(self) -> None:
        """End it."""
        self._stream.close()
