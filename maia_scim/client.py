"""The clients: two thin shells around the life of a call."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Self, TypeVar

import httpx

from . import call, transport
from ._version import __version__
from .config import Place, find_auth, find_place
from .errors import ConfigurationError
from .users import AsyncUsers, Users

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from types import TracebackType

    from maia_public_api.servers import Region

    from .auth import TokenSource

T = TypeVar("T")

_HEADERS = {
    "Accept": "application/json, application/scim+json, application/problem+json",
    "User-Agent": f"maia-scim/{__version__} python/{platform.python_version()}",
}


class _Settings:
    """What both clients are made of."""

    def __init__(
        self,
        region: Region | str | None,
        base_url: str | None,
        auth: TokenSource | None,
        timeout: float | httpx.Timeout,
    ) -> None:
        self.place: Place = find_place(region, base_url)
        self.auth = _token_source(auth) if auth is not None else find_auth()
        self.timeout = transport.timeouts(timeout)

    def live(self, prepared: call.Prepared[T]) -> call.Life[T]:
        return call.live(prepared, base_url=self.place.base_url, auth=self.auth, headers=_HEADERS)

    def show(self, name: str) -> str:
        region = f"region={self.place.region.value!r}, " if self.place.region else ""
        return f"{name}({region}base_url={self.place.base_url!r}, auth={self.auth!r})"


def _token_source(auth: TokenSource) -> TokenSource:
    if isinstance(auth, type) or not (hasattr(auth, "token") and hasattr(auth, "reject")):
        kind = auth if isinstance(auth, type) else type(auth)
        raise ConfigurationError(
            f"auth is no token source but {kind.__name__}: pass ClientCredentials(client_id=…, client_secret=…) or "
            "BearerToken(…)"
        )
    return auth


class MaiaScim:
    """A client of the SCIM API of one account. Safe to share between threads; a context manager.

    What is not given comes from the environment, which is read here and only here: ``MAIA_REGION`` or
    ``MAIA_BASE_URL``; ``MAIA_TOKEN``, or ``MAIA_CLIENT_ID`` and ``MAIA_CLIENT_SECRET`` (with ``MAIA_TOKEN_URL``); then
    the ``MATILLION_*`` spellings of the same.

    Args:
        region: The region that the account lives in: a ``Region`` or its name in any case.
        auth: Where tokens come from: ``ClientCredentials`` or ``BearerToken``.
        base_url: Any other address of the service; https, or http on loopback.
        timeout: Seconds to wait for the service to take or give more bytes; connecting gets at most 5. An
            ``httpx.Timeout`` is taken as it is.
        http_client: The caller's own ``httpx.Client``, for proxies, client certificates or other transports. The
            caller closes it; its hooks and default headers stay, while timeout and token are those of this client.

    Raises:
        ConfigurationError: If something is missing or not usable; the message names what to set.
    """

    def __init__(
        self,
        region: Region | str | None = None,
        *,
        auth: TokenSource | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = 30.0,
        http_client: httpx.Client | None = None,
    ) -> None:
        self._settings = _Settings(region, base_url, auth, timeout)
        self._owned = http_client is None
        self._http = transport.open_client(httpx.Client, http_client)
        self.users = Users(self._run)

    def __repr__(self) -> str:
        return self._settings.show(type(self).__name__)

    def __enter__(self) -> Self:
        transport.check_open(self._http)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless the caller brought the HTTP client."""
        if self._owned:
            self._http.close()

    def _run(self, prepared: call.Prepared[T]) -> T:
        settings = self._settings
        return call.drive(
            settings.live(prepared), lambda request: transport.send(self._http, request, settings.timeout)
        )


class AsyncMaiaScim:
    """A client of the SCIM API of one account for asyncio; as ``MaiaScim``, with awaited methods.

    Args:
        region: As of ``MaiaScim``.
        auth: As of ``MaiaScim``; the function of a ``BearerToken`` may be async.
        base_url: As of ``MaiaScim``.
        timeout: As of ``MaiaScim``.
        http_client: The caller's own ``httpx.AsyncClient``.

    Raises:
        ConfigurationError: If something is missing or not usable; the message names what to set.
    """

    def __init__(
        self,
        region: Region | str | None = None,
        *,
        auth: TokenSource | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = 30.0,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        self._settings = _Settings(region, base_url, auth, timeout)
        self._owned = http_client is None
        self._http = transport.open_client(httpx.AsyncClient, http_client)
        self._loop: AbstractEventLoop | None = None
        self.users = AsyncUsers(self._run)

    def __repr__(self) -> str:
        return self._settings.show(type(self).__name__)

    async def __aenter__(self) -> Self:
        transport.check_open(self._http)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless the caller brought the HTTP client."""
        if self._owned:
            await self._http.aclose()

    async def _run(self, prepared: call.Prepared[T]) -> T:
        self._check_loop()
        settings = self._settings
        return await call.drive_async(
            settings.live(prepared), lambda request: transport.send_async(self._http, request, settings.timeout)
        )

    def _check_loop(self) -> None:
        """Refuse a second event loop: the connections belong to the first."""
        from asyncio import get_running_loop

        loop = get_running_loop()
        if self._loop not in (None, loop):
            raise ConfigurationError("this client belongs to another event loop: make one client for each asyncio.run")
        self._loop = loop
