"""``client.raw``: the generated client, whose requests take the same way as all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .call import Prepared, live
from .errors import ConfigurationError
from .transport import Response, without_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maia_public_api import AuthenticatedClient

    from .core import Core
    from .drive import Run, RunAsync

# What httpx adds of itself; the request is made anew.
_OWN = ("host", "content-length", "connection", "accept-encoding", "user-agent", "authorization", "accept")


def client(core: Core, run: Run | None, run_async: RunAsync | None) -> AuthenticatedClient:
    """The generated client over a client of ours.

    Args:
        core: The client's.
        run: Lives a life, of a sync client.
        run_async: Lives a life, of an async client.
    """
    from maia_public_api import AuthenticatedClient

    base_url = core.place.base_url
    generated = AuthenticatedClient(base_url=base_url, token="")
    generated.set_httpx_client(httpx.Client(base_url=base_url, transport=_Bridge(core, run)))
    generated.set_async_httpx_client(httpx.AsyncClient(base_url=base_url, transport=_AsyncBridge(core, run_async)))
    return generated


class _Bridge(httpx.BaseTransport):
    """Takes the requests of the generated client's HTTP client."""

    def __init__(self, core: Core, run: Run | None) -> None:
        self._core, self._run = core, run

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._run is None:
            raise ConfigurationError(
                "this is the raw client of an AsyncMaiaScim: use the operation's asyncio functions"
            )
        prepared = _prepared(self._core, request, request.read())
        return without_request(self._run(live(prepared, self._core)))


class _AsyncBridge(httpx.AsyncBaseTransport):
    """The same for asyncio."""

    def __init__(self, core: Core, run: RunAsync | None) -> None:
        self._core, self._run = core, run

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._run is None:
            raise ConfigurationError("this is the raw client of a MaiaScim: use the operation's sync functions")
        prepared = _prepared(self._core, request, await request.aread())
        return without_request(await self._run(live(prepared, self._core)))


def _prepared(core: Core, request: httpx.Request, content: bytes) -> Prepared[Response]:
    url, base_url = str(request.url), str(httpx.URL(core.place.base_url)).rstrip("/")
    if not url.startswith(f"{base_url}/"):  # the token is for the service alone
        raise ConfigurationError(f"{request.url.host} is not the service: the raw client calls {base_url} only")
    path = url.removeprefix(base_url)
    return Prepared(
        request.method,
        path,
        path.partition("?")[0],
        read=_as_it_is,
        result=Response,
        headers=_headers(request.headers),
        content=content or None,
        any_status=True,
    )


def _headers(headers: httpx.Headers) -> Mapping[str, str]:
    pairs = [(name.decode("ascii", "replace"), value.decode("latin-1")) for name, value in headers.raw]
    return {name: value for name, value in pairs if name.lower() not in _OWN}


def _as_it_is(answer: Response) -> object:
    return answer
