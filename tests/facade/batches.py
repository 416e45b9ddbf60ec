"""Batches of numbered users, for the tests of `replace_many`."""

from __future__ import annotations

import asyncio
import contextlib

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim
from maia_scim.models import ScimUser
from tests.support.canary import TOKEN
from tests.support.scripted import Answer


def users(count):
    return [ScimUser(id=str(number), user_name=f"user{number}", active=True) for number in range(count)]


def take_sync(server, source, *, each=lambda outcome: None, stop=None, **more):
    """Take outcomes until `stop` of them are there; give them."""
    options = {name: more.pop(name) for name in ("rate_limit", "retry", "timeout") if name in more}
    taken = []
    with MaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN), **options) as client:
        outcomes = client.users.replace_many(source, **more)
        with contextlib.closing(outcomes):
            for outcome in outcomes:
                taken.append(outcome)
                each(outcome)
                if len(taken) == stop:
                    break
    return taken


def take_async(server, source, *, each=lambda outcome: None, stop=None, **more):
    options = {name: more.pop(name) for name in ("rate_limit", "retry", "timeout") if name in more}

    async def main():
        taken = []
        async with (
            AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN), **options) as client,
            contextlib.aclosing(client.users.replace_many(source, **more)) as outcomes,
        ):
            async for outcome in outcomes:
                taken.append(outcome)
                each(outcome)
                if len(taken) == stop:
                    break
        return taken

    return asyncio.run(main())


def number(request):
    return int(request.path.rpartition("/")[2])


def held(request, go):
    assert go.wait(20)
    return Answer.of_json(request.json)
