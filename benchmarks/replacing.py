"""One `users.replace` against what would be used instead: raw httpx, the stock generated client, scim2-client.

    python -m benchmarks.replacing

All do the same to the same server: a PUT of the full user of RFC 7643 section 8.2, and the answer as an object.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
from maia_public_api.api.directory_integration import update_user

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, RateLimit

from .peer import full_user

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "token-of-the-benchmark"  # noqa: S105 - opens nothing
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
LIMIT = RateLimit(per_minute=100_000_000)  # a limit that is kept, and never reached


def full_path() -> str:
    """Where that user is, as the vendor spells it."""
    return update_user.PATH.format(id=full_user()["id"])


def raw(address: str, stack: ExitStack) -> Callable[[], object]:
    """Httpx as it is used by hand."""
    client = stack.enter_context(httpx.Client(base_url=address, headers=HEADERS))
    body, path = full_user(), full_path()
    return lambda: client.put(path, json=body).json()


def raw_async(address: str, stack: ExitStack) -> Callable[[], object]:
    """The same, awaited."""
    loop = asyncio.new_event_loop()
    client = httpx.AsyncClient(base_url=address, headers=HEADERS)
    stack.callback(loop.close)
    stack.callback(lambda: loop.run_until_complete(client.aclose()))
    body, path = full_user(), full_path()

    async def call() -> Any:
        return (await client.put(path, json=body)).json()

    return lambda: loop.run_until_complete(call())


def _given(address: str) -> dict[str, Any]:
    return {"base_url": address, "auth": BearerToken(TOKEN), "rate_limit": LIMIT}


def own(address: str, stack: ExitStack, http_client: httpx.Client | None = None) -> Callable[[], object]:
    """A user as it was read, so that the guard compares."""
    maia = stack.enter_context(MaiaScim(**_given(address), http_client=http_client))
    user = maia.users.get(full_user()["id"])
    return lambda: maia.users.replace(user)


def caller(address: str, stack: ExitStack) -> Callable[[], object]:
    """The same over a caller's HTTP client."""
    return own(address, stack, stack.enter_context(httpx.Client()))


def own_async(address: str, stack: ExitStack, http_client: httpx.AsyncClient | None = None) -> Callable[[], object]:
    """As `own`, awaited."""
    loop = asyncio.new_event_loop()
    maia = AsyncMaiaScim(**_given(address), http_client=http_client)
    stack.callback(loop.close)
    stack.callback(lambda: loop.run_until_complete(maia.aclose()))
    user = loop.run_until_complete(maia.users.get(full_user()["id"]))
    return lambda: loop.run_until_complete(maia.users.replace(user))


def caller_async(address: str, stack: ExitStack) -> Callable[[], object]:
    """As `caller`, awaited."""
    return own_async(address, stack, httpx.AsyncClient())


CASES: dict[str, Callable[[str, ExitStack], Callable[[], object]]] = {
    "raw": raw,
    "own": own,
    "caller": caller,
    "raw_async": raw_async,
    "own_async": own_async,
    "caller_async": caller_async,
}


def one_case(name: str, address: str, calls: int) -> None:
    """What a counted process does."""
    with ExitStack() as stack:
        call = CASES[name](address, stack)
        for _ in range(calls):
            call()


if __name__ == "__main__":
    one_case(sys.argv[1], sys.argv[2], int(sys.argv[3]))
