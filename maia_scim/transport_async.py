"""Sending over asyncio, which loads with the first client for it.

What is sent, and what a failure means, stands in ``transport``.
"""

from __future__ import annotations

from asyncio import get_running_loop, timeout, timeout_at
from typing import TYPE_CHECKING, cast

import httpx

from .errors import ConfigurationError
from .network import TOO_LONG
from .transport import FAILURES, Failure, build, failure, full

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Semaphore

    from .transport import Http, Request, Response, Timing


class Sender:
    """Sends the requests of a client and its copies.

    Args:
        http: What sends them.
    """

    def __init__(self, http: Http[httpx.AsyncClient]) -> None:
        self._http = http
        self._loop: AbstractEventLoop | None = None

    def check_loop(self) -> None:
        """Refuse a second event loop: the connections belong to the first.

        Raises:
            ConfigurationError: If this is another.
        """
        loop = get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigurationError("this client belongs to another event loop: make one client for each asyncio.run")

    async def send(self, request: Request, timing: Timing) -> Response | Failure:
        """Send a request once; as ``transport.send``."""
        http = self._http
        end = None if timing.whole is None else get_running_loop().time() + timing.whole
        places = cast("Semaphore | None", http.places)
        if places is None:
            http.check_open()  # it may have been closed in the meantime
            return await self._send(request, timing, end)
        if places.locked():
            try:
                async with timeout(timing.each["pool"]):
                    await places.acquire()
            except TimeoutError:
                return full()
        else:
            await places.acquire()
        try:
            http.check_open()
            return await self._send(request, timing, end)
        finally:
            places.release()

    async def _send(self, request: Request, timing: Timing, end: float | None) -> Response | Failure:
        request.begun = True
        timeouts = dict(timing.each)
        if end is not None:  # it bounds each read and write, too
            timeouts["read"] = timeouts["write"] = None
        built = build(self._http, request, timeouts)
        if isinstance(built, Failure):
            return built
        bound = timeout_at(end)
        try:
            async with bound:
                return await self._http.client.send(built, auth=None, follow_redirects=False)
        except FAILURES as error:
            if isinstance(error, TimeoutError) and bound.expired():
                return Failure("unknown", httpx.ReadTimeout(TOO_LONG))
            return failure(error)
