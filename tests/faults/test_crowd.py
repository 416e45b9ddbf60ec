"""Many callers on one client, many clients in one process: nothing is lost, nothing is left."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, RateLimit, RetryPolicy, patch, transport, transport_async
from maia_scim.errors import ConfigurationError, TransportError
from maia_scim.models import ScimUser
from maia_scim.places import Places
from maia_scim.sandbox import Sandbox, faults

if TYPE_CHECKING:
    from collections.abc import Iterator

THREADS, TASKS, CLIENTS = 200, 2_000, 1_000
UNLIMITED = RateLimit(per_minute=1_000_000)
FLAKY = 0.1
"""How likely a request meets a fault."""


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(rate=None) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """One that fails now and then, in ways that a repetition mends."""
    running.reset()
    running.inject(faults.Reset(), on="users", times=None, probability=FLAKY / 2, seed=1)
    running.inject(faults.Status(503, "html"), on="users", times=None, probability=FLAKY / 2, seed=2)
    return running


def arguments(sandbox: Sandbox) -> dict[str, Any]:
    return {**sandbox.connection, "rate_limit": UNLIMITED, "retry": RetryPolicy(attempts=20, backoff=0), "timeout": 60}


def written(number: int, ids: list[str]) -> ScimUser:
    """The user that caller `number` writes: each caller a title, and all callers of an id the same body otherwise."""
    user_id = ids[number % len(ids)]
    return ScimUser(id=user_id, user_name=user_id, active=True, title=f"caller {number}")


def check(answers: list[ScimUser], sandbox: Sandbox, ids: list[str]) -> None:
    assert [answer.title for answer in answers] == [f"caller {number}" for number in range(len(answers))]
    assert sandbox.token_requests == 1
    puts = [request for request in sandbox.requests if request.method == "PUT"]
    assert len(puts) > len(answers), "some were sent again"
    for user_id in ids:
        last = [request.json["title"] for request in puts if request.id == user_id]
        assert sandbox.users[user_id]["title"] in last


def test_200_threads_on_one_client(sandbox: Sandbox) -> None:
    ids = list(sandbox.users)
    together = threading.Barrier(THREADS)

    with MaiaScim(**arguments(sandbox)) as maia:

        def work(number: int) -> ScimUser:
            together.wait()
            return maia.users.replace(written(number, ids), guard="off")

        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(work, range(THREADS)))

    check(answers, sandbox, ids)


async def test_2000_tasks_on_one_client(sandbox: Sandbox) -> None:
    ids = list(sandbox.users)
    async with AsyncMaiaScim(**arguments(sandbox)) as maia:
        calls = [maia.users.replace(written(number, ids), guard="off") for number in range(TASKS)]
        answers = await asyncio.gather(*calls)

    check(answers, sandbox, ids)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system has no /proc")


@needs_proc
def test_1000_clients_leave_nothing(running: Sandbox) -> None:
    running.reset()
    [user_id, *_] = running.users
    given = arguments(running)
    with MaiaScim(**given) as first:  # what is imported and cached once is no leak
        first.users.get(user_id)
    threads, files = threading.active_count(), open_files()

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for number in range(CLIENTS):
            with MaiaScim(**given) as maia:
                if number % 10 == 0:
                    maia.users.get(user_id)
        gc.collect()

    assert told == []
    # The sandbox's own threads and sockets end as it notices that the clients went.
    for worker in list(running._running()._workers):
        worker.join(5)
    assert (threading.active_count(), open_files()) <= (threads, files)


@needs_proc
async def test_1000_async_clients_leave_nothing(running: Sandbox) -> None:
    running.reset()
    [user_id, *_] = running.users
    given = arguments(running)
    async with AsyncMaiaScim(**given) as first:
        await first.users.get(user_id)
    tasks, threads, files = len(asyncio.all_tasks()), threading.active_count(), open_files()

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for number in range(CLIENTS):
            async with AsyncMaiaScim(**given) as maia:
                if number % 10 == 0:
                    await maia.users.get(user_id)
        gc.collect()

    assert told == []
    assert len(asyncio.all_tasks()) == tasks
    for worker in list(running._running()._workers):
        worker.join(5)
    assert (threading.active_count(), open_files()) <= (threads, files)


def test_a_client_that_is_closed_says_so(running: Sandbox) -> None:
    running.reset()
    [user_id, *_] = running.users
    maia = MaiaScim(**running.connection)
    maia.close()

    with pytest.raises(ConfigurationError, match="closed") as caught:
        maia.users.get(user_id)

    assert caught.value.outcome == "not_sent"
    assert running.requests == []


async def test_an_async_client_that_is_closed_says_so(running: Sandbox) -> None:
    running.reset()
    [user_id, *_] = running.users
    maia = AsyncMaiaScim(**running.connection)
    await maia.aclose()

    with pytest.raises(ConfigurationError, match="closed"):
        await maia.users.get(user_id)

    assert running.requests == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # Python 3.12: of the threads that do not come along
def test_a_client_from_before_a_fork_refuses_in_the_child_and_serves_in_the_parent(running: Sandbox) -> None:
    running.reset()
    [user_id, *_] = running.users
    with MaiaScim(**running.connection) as maia:
        maia.users.get(user_id)
        if (child := os.fork()) == 0:
            try:
                maia.users.get(user_id)
            except ConfigurationError as error:
                os._exit(0 if "fork" in str(error) else 1)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)

        assert os.waitstatus_to_exitcode(status) == 0
        assert maia.users.get(user_id).id == user_id
    assert len(running.requests) == 2


async def test_no_more_wait_at_the_pool_than_it_has_connections(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks at all of them whenever a connection is free: of 2,000, for minutes."""
    running.reset()
    [user_id, *_] = running.users
    inside, most = 0, 0
    send = transport_async.Sender._send

    async def counted(*arguments: Any) -> Any:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            return await send(*arguments)
        finally:
            inside -= 1

    monkeypatch.setattr(transport_async.Sender, "_send", counted)
    async with AsyncMaiaScim(**arguments(running)) as maia:
        await asyncio.gather(*(maia.users.get(user_id) for _ in range(3 * transport.CONNECTIONS)))

    assert (most, inside) == (transport.CONNECTIONS, 0)


def test_a_call_that_finds_no_free_connection_was_not_sent(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECTIONS", 0)
    with Sandbox() as sandbox:
        given = {"base_url": sandbox.base_url, "auth": BearerToken(sandbox.issue_token()), "timeout": 0.1}

        with pytest.raises(TransportError, match="all 0 connections are in use") as caught:
            run(lambda client: client.users.get("1"), **given, retry=RetryPolicy(attempts=2, backoff=0))

        assert (caught.value.outcome, caught.value.attempts) == ("not_sent", 2)
        assert sandbox.requests == []


async def test_a_cancelled_call_gives_its_place_back(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECTIONS", 1)
    running.reset()
    [user_id, *_] = running.users
    running.inject(faults.Delay(30), on="users.get")
    async with AsyncMaiaScim(**arguments(running)) as maia:
        under_way = asyncio.create_task(maia.users.get(user_id))
        while not running.requests:
            await asyncio.sleep(0)
        waiting = asyncio.create_task(maia.users.get(user_id))
        for _ in range(10):
            await asyncio.sleep(0)
        waiting.cancel()
        under_way.cancel()
        await asyncio.gather(under_way, waiting, return_exceptions=True)

        assert (await maia.users.get(user_id)).id == user_id
    assert len(running.requests) == 2


def test_places_are_given_to_who_has_waited_longest() -> None:
    places, order, asked = Places(1), [], threading.Semaphore(0)
    assert places.acquire(None)

    def work(number: int) -> None:
        asked.release()
        assert places.acquire(10)
        order.append(number)
        places.release()

    threads = []
    for number in range(20):
        thread = threading.Thread(target=work, args=(number,))
        thread.start()
        asked.acquire()
        while len(places._waiting) <= number:
            pass
        threads.append(thread)
    places.release()
    for thread in threads:
        thread.join(10)

    assert order == list(range(20))
    assert (places._free, len(places._waiting)) == (1, 0)


@pytest.mark.parametrize("timeout", [0, -1, 0.01])
def test_a_place_that_does_not_come_in_time_is_none(timeout: float) -> None:
    places = Places(1)
    assert places.acquire(timeout)
    assert not places.acquire(timeout)

    places.release()

    assert (places._free, len(places._waiting)) == (1, 0)
    assert places.acquire(float("inf"))


def test_a_call_that_fails_gives_its_place_back(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECTIONS", 1)
    with Sandbox() as sandbox:
        [user_id, *_] = sandbox.users
        sandbox.inject(faults.Reset(), times=5)

        def call(maia: Any) -> Any:
            if isinstance(maia, MaiaScim):
                for _ in range(5):
                    with pytest.raises(TransportError):
                        maia.users.get(user_id)
                return maia.users.get(user_id)

            async def calls() -> Any:
                for _ in range(5):
                    with pytest.raises(TransportError):
                        await maia.users.get(user_id)
                return await maia.users.get(user_id)

            return calls()

        assert run(call, **sandbox.connection, retry=None, timeout=5).id == user_id


async def test_what_is_cancelled_in_the_queue_was_not_sent(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECTIONS", 1)
    running.reset()
    [user_id, *_] = running.users
    delayed = running.inject(faults.Delay(30), on="users.get")
    async with AsyncMaiaScim(**arguments(running)) as maia:
        under_way = asyncio.create_task(maia.users.get(user_id))
        while not delayed.struck:
            await asyncio.sleep(0)
        with maia.capture() as calls:
            waiting = asyncio.create_task(maia.users.patch(user_id, patch.replace("title", "x")))
            for _ in range(10):
                await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        under_way.cancel()
        await asyncio.gather(under_way, return_exceptions=True)

    [call] = calls
    assert (call.attempts, call.outcome) == (0, "not_sent")
    running.requests.assert_no_writes()


def test_what_waits_when_the_client_is_closed_was_not_sent(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECTIONS", 1)
    running.reset()
    [user_id, *_] = running.users
    delayed = running.inject(faults.Delay(1), on="users.get")
    maia = MaiaScim(**arguments(running))
    errors: list[Exception] = []

    def write() -> None:
        try:
            maia.users.patch(user_id, patch.replace("title", "x"))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
            errors.append(error)

    with ThreadPoolExecutor(2) as pool:
        pool.submit(maia.users.get, user_id)
        while not delayed.struck:
            pass
        waiting = pool.submit(write)
        places = maia._http.places
        assert isinstance(places, Places)
        while not places._waiting:
            pass
        maia.close()
        waiting.result(10)

    [error] = errors
    assert isinstance(error, ConfigurationError)
    assert error.outcome == "not_sent"
    running.requests.assert_no_writes()
