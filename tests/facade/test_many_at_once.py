"""`replace_many`: how many are under way at once, and how slow sources, gates and token endpoints hold them up."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time as real
from typing import Any

from maia_scim import AsyncMaiaScim, BearerToken, ClientCredentials, MaiaScim, RateLimit
from maia_scim.limits import Limiter, Slot
from tests.facade.batches import held, number, users
from tests.support.canary import CLIENT_SECRET, TOKEN
from tests.support.scripted import Answer


def test_at_most_so_many_are_under_way(take, server):
    lock, now, most = threading.Lock(), [0], [0]

    def answer(request):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        real.sleep(0.02)  # long enough for all workers to meet
        with lock:
            now[0] -= 1
        return Answer.of_json(request.json)

    server.answer = answer
    take(server, users(30), concurrency=3)

    assert most[0] == 3


def test_outcomes_come_as_they_are_done(take, server):
    """A slow one holds nobody up."""
    go = threading.Event()
    server.answer = lambda request: Answer.of_json(request.json) if number(request) else held(request, go)
    seen: list[Any] = []

    def each(outcome):
        seen.append(outcome.index)
        if len(seen) == 9:
            go.set()

    take(server, users(10), concurrency=2, each=each)

    assert seen[-1] == 0
    assert sorted(seen) == list(range(10))


def test_it_goes_evenly(take, server, time):
    """A batch is paced: no burst that a bucket of another kind would refuse."""
    take(server, users(5), concurrency=1, rate_limit=RateLimit(60, margin=0))

    assert 3.5 < sum(time.slept) < 4.5


async def test_sources_of_async_clients_may_be_async(server):
    async def source():
        for user in users(5):
            await asyncio.sleep(0)
            yield user

    async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
        taken = [outcome async for outcome in client.users.replace_many(source())]

    assert sorted(outcome.index for outcome in taken) == list(range(5))


async def test_a_slow_source_holds_no_outcome_back(server):
    done = asyncio.Event()

    async def source():
        yield users(1)[0]
        await asyncio.wait_for(done.wait(), 20)

    async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
        async for outcome in client.users.replace_many(source()):
            assert outcome.index == 0
            done.set()


async def test_a_plain_source_is_asked_by_whoever_takes_the_outcomes(server):
    """As any iterator is: in that task, with its context variables. And what was started leaves between two users."""

    class Counting(Limiter):
        asked = 0

        def take(self, held: Slot | None, *, paced: bool) -> Slot:
            self.asked += 1
            return Slot(0)

        def close(self, seconds: float) -> None:
            raise AssertionError

    limiter = Counting()
    tasks, asked = [], []

    def source():
        for user in users(5):
            tasks.append(asyncio.current_task())
            asked.append(limiter.asked)
            yield user

    async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN), rate_limit=limiter) as client:
        taken = [outcome async for outcome in client.users.replace_many(source())]

    assert len(taken) == 5
    assert set(tasks) == {asyncio.current_task()}
    assert asked == [0, 1, 2, 3, 4]


async def test_requests_of_a_batch_do_not_begin_together(server):
    """A pool of httpcore gives those that do the same connection, and all but one have to look again."""
    rounds, begun = [0], []

    class Noting(Limiter):
        def take(self, held: Slot | None, *, paced: bool) -> Slot:
            begun.append(rounds[0])
            return Slot(0)

        def close(self, seconds: float) -> None:
            raise AssertionError

    async def count():
        while True:
            rounds[0] += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN), rate_limit=Noting()) as client:
        async for _ in client.users.replace_many(users(4)):
            pass
    counting.cancel()

    assert len(begun) == 4
    assert all(later - earlier >= 3 for earlier, later in itertools.pairwise(begun))


async def test_calls_go_by_the_context_of_whoever_takes_the_outcomes(server):
    """As it is when a user is started: `capture` may begin in the middle of a batch."""
    captured = []

    async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
        outcomes = client.users.replace_many(users(6), concurrency=2)
        async with contextlib.aclosing(outcomes):
            await anext(outcomes)
            with client.capture() as calls:
                async for _ in outcomes:
                    pass
            captured += calls

    assert len(captured) == 4  # all but the one that was done and the one that was under way


def test_a_limiter_that_raises_stops_no_batch(take, server):
    class Broken(Limiter):
        def take(self, held: Slot | None, *, paced: bool) -> Slot:
            raise KeyError("mine")

        def close(self, seconds: float) -> None:
            raise AssertionError

    taken = take(server, users(3), rate_limit=Broken())

    assert [type(outcome.error) for outcome in taken] == [KeyError] * 3


def test_a_gate_that_a_single_call_would_not_wait_for_is_waited_for(take, server, time):
    """One 429 must not turn all the rest of a batch away."""
    answers = iter([Answer(429, b"", {"Retry-After": "100"})])
    server.answer = lambda request: next(answers, Answer.of_json(request.json))

    taken = take(server, users(6), concurrency=2)

    assert [outcome.error for outcome in taken] == [None] * 6
    assert sum(time.slept) >= 100


def test_a_token_endpoint_that_stumbles_stops_no_batch(server):
    good, answers = server.token, iter([Answer(503), Answer(429), Answer(drop=0)])
    server.token = lambda request: next(answers, None) or good(request)
    state_time = [0.0]
    auth = ClientCredentials(client_id="me", client_secret=CLIENT_SECRET, token_url=server.token_url)

    def clock():  # each look is two seconds later, so that no pause is left
        state_time[0] += 2
        return state_time[0]

    auth._state.clock = clock

    with MaiaScim(base_url=server.base_url, auth=auth) as client:
        taken = list(client.users.replace_many(users(3), concurrency=1))

    assert [outcome.error for outcome in taken] == [None] * 3
    assert len(server.token_requests) == 4


def test_what_is_finished_does_not_wait_for_a_slow_source(server):
    """A source that waits for the outcome before would wait for ever."""
    told = threading.Event()

    def source():
        yield users(1)[0]
        yield users(2)[1]
        assert told.wait(20)
        yield users(3)[2]

    with MaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
        for outcome in client.users.replace_many(source(), concurrency=2):
            if outcome.index < 2:
                told.set()
