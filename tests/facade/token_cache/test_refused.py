"""Tokens that the service refuses are dropped from the cache, and nothing else is."""

from __future__ import annotations

import time

import pytest

from maia_scim import token_cache
from maia_scim.errors import TokenError
from maia_scim.token_cache import CachedToken, FileTokenCache
from tests.facade.clients import replace, tokens_used
from tests.facade.token_cache.common import ONE, TWO, Own, keeps_tokens, posix, refuse, tokens_kept
from tests.support.canary import TOKEN
from tests.support.scripted import Answer

pytestmark = keeps_tokens


def test_a_refused_token_is_dropped_from_the_cache_too(run, server, make, put, path):
    put(f"{TOKEN}-revoked", 1800)
    refuse(server, f"{TOKEN}-revoked")
    run(replace, base_url=server.base_url, auth=make())

    assert tokens_used(server) == [f"{TOKEN}-revoked", ONE]
    assert tokens_kept(path) == [ONE]


def test_a_refused_token_is_dropped_also_when_no_other_is_to_be_had(run, server, make, put, path):
    put(f"{TOKEN}-revoked", 1800)
    refuse(server, f"{TOKEN}-revoked")
    server.token = lambda _: Answer.problem(503)
    with pytest.raises(TokenError):
        run(replace, base_url=server.base_url, auth=make())

    assert tokens_kept(path) == []


def test_a_newer_token_of_another_process_is_used_without_a_token_request(run, server, make, put, path):
    auth = make()
    run(replace, base_url=server.base_url, auth=auth)
    put(f"{TOKEN}-newer", 1700)
    refuse(server, ONE)
    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [ONE, ONE, f"{TOKEN}-newer"]
    assert len(server.token_requests) == 1
    assert tokens_kept(path) == [f"{TOKEN}-newer"]


def test_a_refused_token_that_the_cache_keeps_is_not_used_again(run, server, make, clock):
    class Stuck(Own):
        def save(self, key, token):
            pass

        drop = save

    stuck = Stuck()
    auth = make(cache=stuck)
    stuck.tokens[auth._cache_key()] = CachedToken(f"{TOKEN}-revoked", clock.now + 1800)
    refuse(server, f"{TOKEN}-revoked")
    run(replace, base_url=server.base_url, auth=auth)
    clock.now += 1750
    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [f"{TOKEN}-revoked", ONE, TWO]


def test_however_many_are_refused_a_token_it_is_dropped_once(run, server, make):
    own = Own()
    auth = make(cache=own)
    run(replace, base_url=server.base_url, auth=auth)
    own.calls.clear()

    assert [auth.reject(ONE) for _ in range(20)] == [True] * 20
    assert own.calls == ["drop"]


def test_refused_tokens_do_not_pile_up(make):
    auth = make()
    for number in range(1000):
        auth.reject(f"{TOKEN}-{number}")

    assert len(auth._state._refused) < 20


@posix
def test_only_the_token_that_was_refused_is_dropped(path):
    cache = FileTokenCache(path)
    for key in ("a", "b"):
        cache.save(key, CachedToken(f"{TOKEN}-{key}", time.time() + 1800))
    cache.drop("a", f"{TOKEN}-b")
    cache.drop("c", f"{TOKEN}-a")
    assert tokens_kept(path) == [f"{TOKEN}-a", f"{TOKEN}-b"]

    cache.drop("a", f"{TOKEN}-a")
    assert tokens_kept(path) == [f"{TOKEN}-b"]


@posix
def test_a_token_that_is_renewed_while_the_lock_is_waited_for_is_not_dropped(path, monkeypatch):
    cache = FileTokenCache(path)
    cache.save("key", CachedToken(f"{TOKEN}-old", time.time() + 1800))
    locked = token_cache._locked
    saved: list[bool] = []

    def late(lock):
        if not saved:
            saved.append(True)
            cache.save("key", CachedToken(f"{TOKEN}-new", time.time() + 1800))
        return locked(lock)

    monkeypatch.setattr(token_cache, "_locked", late)
    cache.drop("key", f"{TOKEN}-old")

    assert tokens_kept(path) == [f"{TOKEN}-new"]
