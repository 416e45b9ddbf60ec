"""Credentials whose tokens are in a file, and a clock that tests move."""

from __future__ import annotations

import pytest

from maia_scim import ClientCredentials
from maia_scim.token_cache import CachedToken, FileTokenCache
from tests.facade.token_cache.common import Clock
from tests.support.canary import CLIENT_SECRET, TOKEN
from tests.support.scripted import Answer, Scripted


@pytest.fixture
def server():
    with Scripted(lambda request: Answer.of_json(request.json)) as server:
        server.token = lambda _: Answer.of_json(
            {"access_token": f"{TOKEN}-{len(server.token_requests)}", "expires_in": 1800}
        )
        yield server


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tokens.json"


@pytest.fixture
def make(server, path, clock):
    """Make credentials as another process would: with nothing in memory."""

    def make(**more):
        auth = ClientCredentials(
            **{"client_id": "me", "client_secret": CLIENT_SECRET, "token_url": server.token_url, "cache": path, **more}
        )
        auth._state.clock = auth._state.wall = clock
        assert auth._cache
        if isinstance(inner := auth._cache._cache, FileTokenCache):
            inner._clock = clock
        return auth

    return make


@pytest.fixture
def put(make, path, clock):
    """Put a token into the file that has so many seconds left."""

    def put(text, left):
        cache = FileTokenCache(path)
        cache._clock = clock
        cache.save(make()._cache_key(), CachedToken(text, clock.now + left))

    return put
