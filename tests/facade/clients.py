"""One test body for both clients: an operation is run by the sync client, or awaited on the async one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from maia_scim import AsyncMaiaScim, MaiaScim
from maia_scim.models import ScimUser

if TYPE_CHECKING:
    from collections.abc import Callable

USER = ScimUser(id="1", active=True)


def run_sync(operation: Callable[[Any], Any], **kwargs: Any) -> Any:
    with MaiaScim(**kwargs) as client:
        return operation(client)


def run_async(operation: Callable[[Any], Any], **kwargs: Any) -> Any:
    async def main() -> Any:
        async with AsyncMaiaScim(**kwargs) as client:
            return await operation(client)

    return asyncio.run(main())


def replace(client):
    return client.users.replace(USER)


def tokens_used(server):
    return [request.headers["Authorization"].removeprefix("Bearer ") for request in server.received]
