"""The limiter in redis when redis was emptied, set back, unreachable or slow: what goes on without it."""

from __future__ import annotations

import asyncio
import os
import pickle
import time
from collections.abc import Callable
from typing import Any

import pytest

from maia_scim import clock, redis_clients
from maia_scim.errors import TransportError
from maia_scim.limits import Limiter
from tests.limits.redis.asking import count, keys, leave, take
from tests.limits.server import Server, free_port, needs_server
from tests.support.canary import PASSWORD

NOWHERE = "redis://127.0.0.1:1/0"


def gone(limiter: Limiter) -> float:
    """Wait for a slot; gives when it came."""
    leave(limiter)
    return time.monotonic()


# What redis forgets


@needs_server
def test_a_new_redis_holds_nobody_up(redis, make):
    assert take(make(redis.url)).wait == 0
    assert take(make(redis.url)).wait == 0


@needs_server
@pytest.mark.parametrize("first", ["old", "fresh"])
def test_a_redis_that_was_emptied_is_noticed(redis, make, first):
    window = ((1.0, 2),)
    old, fresh = make(redis.url, window), make(redis.url, window)
    for _ in range(2):
        leave(old)
    redis.client().flushall()
    emptied = time.time()
    if first == "fresh":
        assert take(fresh).wait == 0  # it cannot know

    held = take(old)
    assert not held.gated
    assert held.wait > 0.5
    assert take(fresh).wait > 0.5
    assert take(make(redis.url, window)).wait > 0.5
    assert leave(old, held) > emptied + 1.0


@needs_server
def test_whoever_used_it_long_ago_holds_nobody_up(redis, make):
    limiter = make(redis.url, ((0.2, 2),))
    leave(limiter)
    time.sleep(0.25)
    redis.client().flushall()

    assert take(limiter).wait == 0


@needs_server
def test_an_older_copy_is_noticed_even_if_another_process_comes_first(own, make):
    window = ((2.0, 3),)
    old, quiet = make(own.url, window), make(own.url, window)
    leave(quiet)
    leave(old)
    time.sleep(0.5)
    own.client().save()
    leave(old)
    assert take(old).wait > 0
    own.kill()
    own.start()
    restarted = time.time()
    assert keys(own)  # it has the copy
    assert take(quiet).wait == 0  # what it did is in the copy

    held = [take(old), take(quiet)]

    assert min(slot.wait for slot in held) > 1
    assert leave(old, held[0]) > restarted + 1.9


@needs_server
def test_a_clock_of_redis_that_was_set_back_lets_nobody_through(redis, make):
    limiter, fresh = make(redis.url, ((2.0, 2),)), make(redis.url, ((2.0, 2),))
    for _ in range(2):
        leave(limiter)
    state, client = keys(redis)["state"], redis.client()
    client.hset(state, "clock", int((time.time() + 0.3) * 1e6))
    assert take(fresh).wait > 0.8  # half, as of long waits
    client.hset(state, "clock", int((time.time() + 3600) * 1e6))

    assert take(limiter).wait > 0.8
    assert float(client.hget(state, "clock")) < (time.time() + 1) * 1e6
    assert take(fresh).wait > 0.8


@needs_server
def test_a_clock_of_redis_that_was_set_back_a_little_is_no_loss(redis, make):
    limiter = make(redis.url, ((2.0, 50),))
    leave(limiter)
    ahead = int((time.time() + 0.5) * 1e6)
    redis.client().hset(keys(redis)["state"], "clock", ahead)
    redis.client().zadd(keys(redis)["peers"], {limiter._link.name: ahead})
    limiter._link.seen = ahead

    assert [take(limiter).wait for _ in range(3)] == [0, 0, 0]
    assert limiter._link.seen == ahead


@needs_server
def test_a_forked_process_is_another_one(redis, make, monkeypatch):
    limiter = make(redis.url, ((60.0, 10),))
    take(limiter)
    monkeypatch.setattr(os, "getpid", lambda: 1)
    take(limiter)

    assert count(redis, "peers") == 2


# Without redis


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_unreachable_raises_what_says_what_to_do(make, asynchronous):
    limiter = make(f"redis://user:{PASSWORD}@127.0.0.1:{free_port()}/0")

    with pytest.raises(TransportError) as caught:
        asyncio.run(limiter.take_async(None, paced=False)) if asynchronous else take(limiter)

    error = caught.value
    cause = error.__cause__
    assert cause
    assert error.outcome == "not_sent"
    assert "nothing was sent" in str(error)
    assert "if_unreachable='local'" in str(error)
    assert type(cause).__name__ == "ConnectionError"
    assert cause.__traceback__ is None
    assert cause.__context__ is None
    assert PASSWORD not in f"{error} {cause} {error.__context__!r}"
    assert pickle.loads(pickle.dumps(error)).outcome == "not_sent"
    limiter.close(5.0)  # a 429 is told all the same


@needs_server
def test_a_refusal_of_redis_is_told_without_the_password(tmp_path, make):
    right = f"{PASSWORD}-right"
    server = Server(tmp_path, "--requirepass", right)
    server.start()
    try:
        with pytest.raises(TransportError, match=r"AuthenticationError|ResponseError") as caught:
            take(make(f"redis://:{PASSWORD}@127.0.0.1:{server.port}"))
        assert PASSWORD not in str(caught.value)
        assert take(make(f"redis://:{right}@127.0.0.1:{server.port}")).wait == 0
    finally:
        server.kill()


def test_what_an_error_tells_holds_no_password():
    told = redis_clients.without_frames(ConnectionError(f"cannot AUTH with {PASSWORD}"), PASSWORD)

    assert (type(told), str(told)) == (ConnectionError, "cannot AUTH with ***")
    undecodable = UnicodeDecodeError("utf-8", b"", 0, 1, PASSWORD)
    assert isinstance(redis_clients.without_frames(undecodable, PASSWORD), OSError)


@needs_server
def test_a_429_that_redis_was_not_told_of_is_told_later(own, make):
    limiter = make(own.url)
    own.kill()
    limiter.close(30.0)
    own.start()

    assert take(limiter).gated
    assert take(make(own.url)).gated


def test_where_redis_never_answered_the_whole_quota_is_the_process_s(make):
    limiter = make(NOWHERE, ((60.0, 10),), local=True)

    assert [take(limiter).wait > 0 for _ in range(11)] == [False] * 10 + [True]
    limiter.close(30.0)
    slot = take(limiter)
    assert slot.gated
    assert slot.wait == pytest.approx(30.0, abs=0.5)


@needs_server
def test_a_share_is_the_quota_by_the_processes_last_seen(own, make):
    limiter, *others = (make(own.url, ((0.8, 12),), local=True) for _ in range(3))
    for each in (*others, limiter, limiter):
        assert take(each).wait == 0
    own.kill()

    # Others may have sent the rest: only what itself sent is sure to be free again.
    waiting = [take(limiter) for _ in range(3)]
    assert min(slot.wait for slot in waiting) > 0.4
    for slot in waiting:
        limiter.give_back(slot)
    time.sleep(0.9)
    assert [take(limiter).wait > 0 for _ in range(5)] == [False] * 4 + [True]


@needs_server
def test_a_process_that_had_sent_nothing_waits_for_a_window_when_redis_goes(own, make):
    limiter, other = (make(own.url, ((0.8, 4),), local=True) for _ in range(2))
    limiter.close(0.0)
    time.sleep(0.01)
    leave(other)
    own.kill()

    start = time.monotonic()
    assert gone(limiter) - start == pytest.approx(0.8, abs=0.15)


@needs_server
def test_the_gate_stays_closed_when_redis_goes(own, make):
    limiter, other = make(own.url, ((60.0, 600),), local=True), make(own.url)
    take(limiter)
    other.close(0.5)
    assert take(limiter).gated
    own.kill()
    limiter.give_back(take(limiter))
    limiter._link.since -= 100  # long ago

    slot = take(limiter)
    assert slot.gated
    limiter.give_back(slot)
    time.sleep(0.5)
    assert [take(limiter).wait > 0 for _ in range(2)] == [False, True]  # and it goes on pacing


def test_a_request_that_redis_may_have_heard_of_goes_on_under_another_name(make):
    limiter = make(NOWHERE, ((60.0, 1),), local=True)
    take(limiter)
    limiter._link.away_until = 0.0

    waiting: Any = take(limiter)

    assert waiting.wait
    assert len(limiter._link.returned) == 2
    assert waiting.key.name not in limiter._link.returned


def test_redis_is_looked_for_once_a_second(make, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    limiter = make(NOWHERE, ((60.0, 1000),), local=True)
    looked: list[float] = []
    script: Callable[..., Any] = limiter._clients.script()

    def look(*told):
        looked.append(now[0])
        return script(*told)

    monkeypatch.setattr(limiter._clients, "script", lambda: look)

    for _ in range(30):
        assert take(limiter).wait == 0
        now[0] += 0.1

    assert looked == pytest.approx([1000.0, 1001.0, 1002.0], abs=0.11)


@needs_server
def test_what_was_sent_without_redis_counts_when_it_is_back(own, make):
    window = ((30.0, 6),)
    limiter, other = (make(own.url, window, local=True) for _ in range(2))
    assert [take(each).wait for each in (other, limiter)] == [0, 0]
    own.kill()
    limiter.give_back(take(limiter))
    limiter._link.since -= 40  # long ago
    assert [take(limiter).wait for _ in range(2)] == [0, 0]  # three are its share
    assert not limiter._link.sent.keys() & set(limiter._link.returned)
    waiting = take(limiter)
    assert waiting.wait == 1.0  # then it asks again, and finds redis
    limiter._link.away_until = 0.0
    own.start()

    # Redis came back empty, so that all are held up. What was sent locally is in the log.
    assert limiter.take(waiting, paced=False).wait > 10
    assert count(own, "sent") == 2
    assert not limiter._link.sent


@needs_server
def test_after_an_outage_in_which_redis_lived_all_tell_what_they_sent(redis, make, monkeypatch):
    window = ((30.0, 8),)
    limiter, other = (make(redis.url, window, local=True) for _ in range(2))
    assert [take(each).wait for each in (other, limiter)] == [0, 0]
    for each in (limiter, other):  # neither reaches redis
        each._link.away_until = clock.monotonic() + 60
        assert [take(each).wait for _ in range(3)] == [0, 0, 0]
        each._link.away_until = 0.0

    first = take(limiter)
    assert 1 < first.wait <= 2  # until the other has told, too
    assert count(redis, "sent") == 5
    take(other)
    assert count(redis, "sent") == 8
    assert limiter.take(first, paced=False).wait > 10


@needs_server
def test_a_local_slot_that_is_given_back_is_not_told(own, make):
    limiter = make(own.url, ((30.0, 2),), local=True)
    take(limiter)
    own.kill()
    limiter.give_back(take(limiter))
    limiter._link.since -= 40  # long ago
    slot, waiting = take(limiter), take(limiter)
    assert waiting.wait > 0
    limiter.give_back(slot)
    limiter.give_back(waiting)

    assert not limiter._link.sent
    assert take(limiter).wait == 0


def test_an_outage_makes_nothing_grow(make, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    limiter = make(NOWHERE, ((1.0, 10),), local=True)
    monkeypatch.setattr(limiter._link, "away_until", 1e9)
    for _ in range(500):
        take(limiter)
        now[0] += 0.2

    assert len(limiter._link.sent) <= 10
    assert len(limiter._link.ledger.sent) <= 11
