"""One test body for both clients: an operation is run by the sync client, or awaited on the async one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, RateLimit, RetryPolicy
from maia_scim.models import ScimUser
from tests.support.canary import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENT = RetryPolicy(budget=1e9)  # the clock of tests is moved by all threads at once
AUTH = BearerToken(TOKEN)
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


def options(server):
    return {"base_url": server.base_url, "auth": AUTH, "rate_limit": RateLimit(None), "retry": PATIENT}
