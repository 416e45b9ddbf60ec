"""A redis server of the tests' own, and limiters that use it."""

from __future__ import annotations

from typing import Any

import pytest

from maia_scim import limits_redis
from maia_scim.limits_redis import RedisLimiter
from maia_scim.processwide import ProcessWide
from tests.limits.server import Server

SHORT = ((0.4, 3),)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A server for the tests that leave it running."""
    server = Server(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis(shared):
    """It, empty."""
    shared.client().flushall()
    return shared


@pytest.fixture
def own(tmp_path):
    """A server that may be killed."""
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def make(monkeypatch):
    """Makes limiters; each is like one of another process, but for those made by ``RateLimit``."""
    monkeypatch.setattr(limits_redis, "_links", ProcessWide(limits_redis._Link, limits_redis._forgotten))
    made: list[RedisLimiter] = []

    def make(where: Any, windows: Any = SHORT, **settings: Any) -> RedisLimiter:
        limits_redis._links.clear()
        made.append(RedisLimiter(where, "account", windows, **settings))
        return made[-1]

    yield make
    for limiter in made:
        limiter.disconnect()
