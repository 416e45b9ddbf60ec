"""The connections of an async client, each in a pool of its own.

A pool of httpcore goes through all of its connections twice for each request and asks every idle one whether it is
broken. Requests that begin together are given the same idle connection, and all but one of them look again. Where each
connection is a pool by itself, a request costs the same however many are under way.
"""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

_EXPIRY = 5.0  # seconds that an idle connection is kept: httpx's own default


class Lanes(httpx.AsyncBaseTransport):
    """Sends each request by a transport that no other uses meanwhile, the one used last first.

    Args:
        make: Makes a transport.
        keep: How many are kept while nobody uses them.
    """

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport], keep: int) -> None:
        self._make, self._keep = make, keep
        self._lanes: set[httpx.AsyncBaseTransport] = set()
        self._free: deque[tuple[float, httpx.AsyncBaseTransport]] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        lane = self._free.pop()[1] if self._free else self._add()
        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            await self._drop(lane)
            raise
        if not isinstance(response.stream, httpx.AsyncByteStream):
            raise TypeError("the answer is no async stream")
        response.stream = _Lent(response.stream, lambda well: self._take_back(lane) if well else self._drop(lane))
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        self._free.clear()
        lanes, self._lanes = self._lanes, set()
        for lane in lanes:
            await lane.aclose()

    def _add(self) -> httpx.AsyncBaseTransport:
        lane = self._make()
        self._lanes.add(lane)
        return lane

    async def _take_back(self, lane: httpx.AsyncBaseTransport) -> None:
        now = monotonic()
        self._free.append((now, lane))
        since, oldest = self._free[0]
        if len(self._free) > self._keep or since < now - _EXPIRY:
            self._free.popleft()
            await self._drop(oldest)

    async def _drop(self, lane: httpx.AsyncBaseTransport) -> None:
        """Close one. After a cancellation, the pool in it may never give out its connection again."""
        self._lanes.discard(lane)
        await lane.aclose()


class _Lent(httpx.AsyncByteStream):
    """The body of an answer; at its end the transport is free again, if that was well."""

    def __init__(self, stream: httpx.AsyncByteStream, done: Callable[[bool], Awaitable[None]]) -> None:
        self._stream = stream
        self._done: Callable[[bool], Awaitable[None]] | None = done
        self._well = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part
        self._well = True

    async def aclose(self) -> None:
        done, self._done = self._done, None
        try:
            await self._stream.aclose()
        except BaseException:
            self._well = False
            raise
        finally:
            if done is not None:
                await done(self._well)
