"""A limiter that cannot be reached: a single call is told at once, and a batch waits a while."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, RateLimit, RetryPolicy, clock
from maia_scim.errors import TransportError
from maia_scim.limits import Limiter, Slot
from maia_scim.models import ScimUser
from tests.support.canary import TOKEN
from tests.support.scripted import Answer, Scripted

USERS = [ScimUser(id=str(number), active=True) for number in range(20)]
NOWHERE = RateLimit(redis="redis://127.0.0.1:1/0")


class Away(Limiter):
    """Cannot be reached so many times."""

    def __init__(self, times: int) -> None:
        self.times = times

    def take(self, held: Slot | None, *, paced: bool) -> Slot:
        self.times -= 1
        if self.times >= 0:
            raise TransportError("the limiter is away", outcome="not_sent")
        return Slot(0.0)

    def close(self, seconds: float) -> None:
        raise AssertionError


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The waits of batches, in seconds; nobody waits."""
    waits: list[float] = []

    def wait(stopped: Any, seconds: float) -> bool:
        waits.append(seconds)
        return bool(stopped.is_set())

    async def wait_async(stopped: Any, seconds: float) -> bool:
        await asyncio.sleep(0)
        return wait(stopped, seconds)

    monkeypatch.setattr(clock, "wait", wait)
    monkeypatch.setattr(clock, "wait_async", wait_async)
    return waits


@pytest.fixture
def server():
    with Scripted(lambda request: Answer.of_json({"id": request.path.rpartition("/")[2]})) as server:
        yield server


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def batch(request, server):
    """Replaces the users, one at a time; gives the outcomes."""

    def batch(**settings: Any) -> list[Any]:
        settings = {"base_url": server.base_url, "auth": BearerToken(TOKEN), **settings}
        if not request.param:
            with MaiaScim(**settings) as maia:
                return list(maia.users.replace_many(USERS, concurrency=1))

        async def main() -> list[Any]:
            async with AsyncMaiaScim(**settings) as maia:
                return [outcome async for outcome in maia.users.replace_many(USERS, concurrency=1)]

        return asyncio.run(main())

    return batch


def test_a_batch_waits_for_a_limiter_that_is_away(batch, server, waits):
    outcomes = batch(rate_limit=Away(4))

    assert [outcome.error for outcome in outcomes] == [None] * 20
    assert len(server.received) == 20
    assert [0.5 * 2**number <= seconds <= 2**number for number, seconds in enumerate(waits)] == [True] * 4


def test_it_gives_up_a_user_as_its_policy_says(batch, server, waits):
    outcomes = batch(rate_limit=NOWHERE, retry=RetryPolicy(3))

    assert len(waits) == 2 * 20
    assert {(type(each.error), each.error.outcome, each.error.attempts) for each in outcomes} == {
        (TransportError, "not_sent", 0)
    }
    assert server.received == []


def test_without_repetitions_nobody_waits(batch, waits):
    assert all(outcome.error for outcome in batch(rate_limit=Away(99), retry=None))
    assert waits == []


def test_a_single_call_is_told_at_once(server, waits, monkeypatch):
    monkeypatch.setattr(clock, "sleep", waits.append)
    with (
        MaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN), rate_limit=Away(1)) as maia,
        pytest.raises(TransportError, match="the limiter is away") as caught,
    ):
        maia.users.replace(USERS[0])

    assert (caught.value.outcome, waits) == ("not_sent", [])
