"""`replace_many`: what is left midway is told, and nothing more of it goes out."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time as real
from typing import Any

import pytest

from maia_scim import AsyncMaiaScim, BearerToken, ClientCredentials, MaiaScim, RateLimit
from maia_scim.many import Batch, one, settings
from tests.facade.batches import held, number, users
from tests.support.canary import CLIENT_SECRET, TOKEN
from tests.support.scripted import Answer


def test_what_is_sent_when_it_is_left_is_told_to_progress(take, server):
    """Leaving early ends nothing halfway: a request on the wire gets its answer, and it is told."""
    go = threading.Event()
    server.answer = lambda request: Answer.of_json(request.json) if number(request) == 0 else held(request, go)
    told: list[Any] = []

    def each(_):
        threading.Timer(0.1, go.set).start()

    take(server, users(100), concurrency=3, each=each, stop=1, on_progress=lambda progress: told.append(progress.last))

    assert len(told) == len(server.received) == len({outcome.index for outcome in told})
    assert all(outcome.user for outcome in told)


def test_what_waits_when_it_is_left_is_told_as_unsent(take, server, time, monkeypatch):
    """Waiting for the rate limit, or to be tried again, ends at once."""
    from maia_scim import clock

    left = threading.Event()

    def woken(event, seconds):
        assert left.wait(20)
        return True

    async def woken_async(event, seconds):
        return await event.wait()

    monkeypatch.setattr(clock, "wait", woken)
    monkeypatch.setattr(clock, "wait_async", woken_async)
    told: list[Any] = []
    pulled = threading.Event()
    server.answer = lambda request: held(request, pulled)

    def source():
        for index, user in enumerate(users(50)):
            if index == 2:  # all three workers have one
                pulled.set()
            yield user

    def each(_):
        left.set()

    take(
        server,
        source(),
        concurrency=3,
        each=each,
        stop=1,
        rate_limit=RateLimit(1, margin=0),
        on_progress=lambda progress: told.append(progress.last),
    )

    assert len(server.received) == 1
    unsent = [outcome for outcome in told if outcome.error]
    assert len(unsent) == len(told) - 1 == 2
    assert all(outcome.error.outcome == "not_sent" and "stopped" in str(outcome.error) for outcome in unsent)


def test_an_attempt_that_went_unanswered_is_not_forgotten(take, server, monkeypatch):
    from maia_scim import clock

    async def woken_async(event, seconds):
        return True

    monkeypatch.setattr(clock, "wait", lambda event, seconds: True)
    monkeypatch.setattr(clock, "wait_async", woken_async)
    server.answer = lambda _: Answer(drop=0)

    [outcome] = take(server, users(1))

    assert outcome.error.outcome == "unknown"
    assert len(server.received) == 1


async def test_a_user_that_was_pulled_and_not_sent_is_told(server):
    """It left the source, so somebody must say what became of it. And the source is closed."""
    told: list[Any] = []
    closed = []
    ready = asyncio.Event()

    async def source():
        try:
            for user in users(10):
                yield user
                ready.set()
        finally:
            closed.append(True)

    async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
        outcomes = client.users.replace_many(source(), concurrency=2, on_progress=lambda p: told.append(p.last))
        async with contextlib.aclosing(outcomes):
            async for _ in outcomes:
                await asyncio.sleep(0.01)  # the next one is pulled meanwhile
                break

    assert closed == [True]
    assert sorted(outcome.index for outcome in told) == list(range(len(told)))
    assert {outcome.id for outcome in told if outcome.user} == {str(number(request)) for request in server.received}


def slow_first(server):
    """The token endpoint waits until told; gives the event that tells it, and what to call to leave."""
    go = threading.Event()
    good = server.token

    def token(request):
        assert go.wait(20)
        return good(request)

    server.token = token
    return go


def test_nothing_more_goes_out_once_it_is_left(server):
    """Nor from those who wait for a token when that happens."""
    go = slow_first(server)
    auth = ClientCredentials(client_id="me", client_secret=CLIENT_SECRET, token_url=server.token_url)
    told: list[Any] = []
    with MaiaScim(base_url=server.base_url, auth=auth) as client:
        batch = Batch(
            client._run, settings(client._core, [], 4, None, None), users(8), 4, lambda p: told.append(p.last), live=one
        )
        outcomes = batch.outcomes()

        def leave():
            while not server.token_requests:
                real.sleep(0.005)
            batch._stopped.set()
            go.set()

        thread = threading.Thread(target=leave)
        thread.start()
        taken = list(outcomes)
        thread.join()

    assert server.received == []
    assert taken == told
    assert all(outcome.error.outcome == "not_sent" for outcome in told)


async def test_nothing_more_goes_out_once_an_async_batch_is_left(server):
    go = slow_first(server)
    auth = ClientCredentials(client_id="me", client_secret=CLIENT_SECRET, token_url=server.token_url)
    told: list[Any] = []

    async def consume():
        async with AsyncMaiaScim(base_url=server.base_url, auth=auth) as client:
            async for _ in client.users.replace_many(
                users(8), concurrency=4, on_progress=lambda p: told.append(p.last)
            ):
                pass

    task = asyncio.create_task(consume())
    while not server.token_requests:
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.sleep(0.01)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert server.received == []
    assert all(outcome.error.outcome == "not_sent" for outcome in told)
