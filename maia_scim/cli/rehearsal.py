"""Doing all but the write: what a command would send, found out by the very code that sends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    import httpx

    from maia_scim import MaiaScim
    from maia_scim.cli.connection import Connection
    from maia_scim.events import Event

_READING = ("GET", "HEAD")


class Planned(NamedTuple):
    """A write that would be sent.

    Attributes:
        method: HTTP method.
        url: Where to.
        headers: ``If-Match``, if it has one.
        body: What the body says, with its passwords.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: Any

    def __repr__(self) -> str:
        return f"Planned({self.method} {self.url})"


class _HeldBack(Exception):
    """A write came, and is not sent."""

    def __init__(self, planned: Planned) -> None:
        super().__init__("held back")
        self.planned = planned


class Rehearsal:
    """A client that reads and never writes; a context manager.

    Args:
        connection: Which account it is about.

    Attributes:
        maia: The client.
    """

    maia: MaiaScim

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        import httpx

        from maia_scim.transport import Http

        token_url = self._connection.token_url
        self._token_url = httpx.URL(token_url) if token_url else None  # spelt as that of a request
        self._http = Http(httpx.Client, None, ipv4_only=self._connection.ipv4_only).client
        self._http.event_hooks = {"request": [self._hold_back]}
        self.maia = self._connection.client(http_client=self._http, on_event=self._tell)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.maia.close()
        self._http.close()

    def of(self, action: Callable[[MaiaScim], object]) -> Planned | None:
        """Do something up to its write.

        Args:
            action: What to do.

        Returns:
            The write, which was not sent; None if there is nothing to write.
        """
        try:
            action(self.maia)
        except _HeldBack as held:
            return held.planned
        return None

    def _tell(self, event: Event) -> None:
        """Pass on what is told of reading. To the client, a write that was held back is one of which nobody knows."""
        if getattr(event, "method", "GET") in _READING:
            self._connection.tell(event)

    def _hold_back(self, request: httpx.Request) -> None:
        if request.method in _READING or request.url == self._token_url:
            return
        named = {"If-Match": request.headers["If-Match"]} if "If-Match" in request.headers else {}
        body = json.loads(request.content) if request.content else None
        raise _HeldBack(Planned(request.method, str(request.url), named, body))
