"""`replace_many`: lazy, bounded, and one failure never stops the rest."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time as real
from pathlib import Path
from typing import Any

import pytest

from maia_scim import AsyncMaiaScim, BearerToken, ClientCredentials, MaiaScim, RateLimit, errors
from maia_scim.limits import Limiter, Slot
from maia_scim.many import Batch, one, settings
from maia_scim.models import ScimUser
from tests.support.canary import CLIENT_SECRET, TOKEN
from tests.support.scripted import Answer, Scripted

ROOT = Path(__file__).parents[2]


def signed_in():
    """The environment of a child process that has a token."""
    return {**os.environ, "MAIA_TOKEN": TOKEN}


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


@pytest.fixture(params=[take_sync, take_async], ids=["sync", "async"])
def take(request):
    return request.param


@pytest.fixture
def server():
    with Scripted(lambda request: Answer.of_json(request.json)) as server:
        yield server


def number(request):
    return int(request.path.rpartition("/")[2])


def test_every_user_has_an_outcome(take, server):
    taken = take(server, users(20))

    assert sorted(outcome.index for outcome in taken) == list(range(20))
    for outcome in taken:
        assert outcome.id == str(outcome.index) == outcome.user.id
        assert outcome.error is None
        assert outcome.differences == ()
    assert len(server.received) == 20


def test_one_failure_never_stops_the_rest(take, server):
    server.answer = lambda request: Answer.problem(404) if number(request) % 3 == 0 else Answer.of_json(request.json)

    taken = take(server, users(9))

    failed = {outcome.id: outcome.error for outcome in taken if outcome.error}
    assert failed.keys() == {"0", "3", "6"}
    assert all(isinstance(error, errors.NotFound) and error.__traceback__ is None for error in failed.values())
    assert all((outcome.user is None) == (outcome.error is not None) for outcome in taken)


def test_what_cannot_be_sent_is_an_outcome_too(take, server):
    odd = ScimUser(id="2", active=True)
    odd["urn:x"] = {1, 2}

    taken = take(server, [ScimUser(active=True), "no user", odd, *users(1)])

    kinds = {outcome.index: type(outcome.error) for outcome in taken}
    assert kinds == {0: ValueError, 1: TypeError, 2: TypeError, 3: type(None)}
    assert [outcome.id for outcome in sorted(taken, key=lambda outcome: outcome.index)] == [None, None, "2", "0"]
    assert len(server.received) == 1


def test_what_the_service_did_not_keep_is_told(take, server):
    server.answer = lambda request: Answer.of_json({**request.json, "userName": "USER0", "active": None})

    [outcome] = take(server, users(1))

    assert {(each.path, each.sent, each.answered) for each in outcome.differences} == {
        ("userName", "user0", "USER0"),
        ("active", True, None),
    }


def test_it_takes_no_more_than_it_is_asked_for(take, server):
    """Back-pressure: a consumer that stops stops the source, and what goes out."""
    pulled = []

    def source():
        for user in users(1000):
            pulled.append(user)
            yield user

    taken = take(server, source(), concurrency=4, stop=3)

    assert len(taken) == 3
    assert len(pulled) <= 3 + 4 + 1
    assert len(server.received) <= len(pulled)


def test_nothing_happens_before_it_is_iterated(server):
    with MaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
        client.users.replace_many(iter(users(3)))

    assert server.received == []


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


def held(request, go):
    assert go.wait(20)
    return Answer.of_json(request.json)


def test_progress_is_told(take, server):
    server.answer = lambda request: Answer.problem(404) if number(request) == 1 else Answer.of_json(request.json)
    told: list[Any] = []

    taken = take(server, users(3), on_progress=told.append)

    assert [progress.done for progress in told] == [1, 2, 3]
    assert (told[-1].failed, told[-1].total) == (1, 3)
    assert [progress.last for progress in told] == taken

    told.clear()
    take(server, iter(users(1)), on_progress=told.append)
    assert told[0].total is None


def test_a_source_that_fails_raises_when_all_under_way_is_told(take, server):
    def source():
        yield from users(3)
        raise OSError("the file is gone")

    seen: list[Any] = []
    with pytest.raises(OSError, match="the file is gone"):
        take(server, source(), each=seen.append)

    assert sorted(outcome.index for outcome in seen) == [0, 1, 2]


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


async def test_a_cancelled_task_waits_for_what_is_on_the_wire(server):
    go = threading.Event()
    server.answer = lambda request: held(request, go)
    told: list[Any] = []

    async def consume():
        async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
            outcomes = client.users.replace_many(users(10), concurrency=2, on_progress=lambda p: told.append(p.last))
            async for _ in outcomes:
                pass

    task = asyncio.create_task(consume())
    while len(server.received) < 2:
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.sleep(0.01)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert {outcome.id for outcome in told} == {"0", "1"}
    assert all(outcome.user for outcome in told)


CTRL_C = """
import sys
from maia_scim import MaiaScim
from maia_scim.limits import Limiter, Slot
from maia_scim.models import ScimUser

told = []
users = (ScimUser(id=str(n), active=True) for n in range(10_000))
with MaiaScim(base_url=sys.argv[1], rate_limit=None) as maia:
    try:
        for outcome in maia.users.replace_many(users, on_progress=lambda progress: told.append(progress.last)):
            print("going", flush=True) if outcome.index == 0 else None
    except KeyboardInterrupt:
        sent = [outcome.id for outcome in told if outcome.user]
        assert all(outcome.user or outcome.error.outcome == "not_sent" for outcome in told)
        print("told", len(told), "sent", len(sent), flush=True)
"""


def test_ctrl_c_loses_no_write(server):
    process = subprocess.Popen(
        [sys.executable, "-c", CTRL_C, server.base_url], cwd=ROOT, env=signed_in(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "going\n"
    process.send_signal(signal.SIGINT)
    last = process.communicate(timeout=30)[0].split()

    assert process.returncode == 0
    assert int(last[3]) == len(server.received) < 10_000
    assert int(last[1]) >= int(last[3])  # those that were not sent are told, too


@pytest.mark.parametrize("started", [True, False])
def test_an_interrupt_while_a_thread_starts_loses_no_write(server, monkeypatch, started):
    class Interrupted(threading.Thread):
        def start(self) -> None:
            ours = self.name == "maia-scim"  # the server has threads, too
            if started or not ours:
                super().start()
            if ours:
                assert not started or arrived.wait(5)
                raise KeyboardInterrupt

    def answer(request):
        arrived.set()
        real.sleep(0.05)
        return Answer.of_json(request.json)

    told: list[Any] = []
    arrived = threading.Event()
    server.answer = answer
    monkeypatch.setattr(threading, "Thread", Interrupted)
    with MaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as maia, pytest.raises(KeyboardInterrupt):
        next(maia.users.replace_many(users(3), on_progress=lambda progress: told.append(progress.last)))

    assert len(server.received) == len([outcome for outcome in told if outcome.user]) == started


@pytest.mark.parametrize("concurrency", [0, -1])
def test_a_concurrency_below_one_is_refused(take, server, concurrency):
    with pytest.raises(ValueError, match="at least 1"):
        take(server, users(1), concurrency=concurrency)


def test_a_guard_of_the_batch(take, server):
    taken = take(server, [ScimUser(id="0"), *users(2)[1:]], guard="raise")

    assert [(outcome.index, type(outcome.error)) for outcome in sorted(taken, key=lambda outcome: outcome.index)] == [
        (0, errors.LossyReplace),
        (1, type(None)),
    ]
    with pytest.raises(ValueError, match="guard"):
        take(server, users(1), guard="no")


def test_warnings_that_are_errors_stop_no_batch(take, server):
    """As they are in this test suite."""
    taken = take(server, [ScimUser(id="0"), *users(3)[1:]])

    [failed] = [outcome.error for outcome in taken if outcome.error]
    assert isinstance(failed, errors.LossyReplace)
    assert failed.paths == ("active",)
    assert len(taken) == 3


def test_one_user_is_no_iterable_of_users(take, server):
    with pytest.raises(TypeError, match="users is a ScimUser: pass an iterable"):
        take(server, users(1)[0])


def test_a_limiter_that_raises_stops_no_batch(take, server):
    class Broken(Limiter):
        def take(self, held: Slot | None, *, paced: bool) -> Slot:
            raise KeyError("mine")

        def close(self, seconds: float) -> None:
            raise AssertionError

    taken = take(server, users(3), rate_limit=Broken())

    assert [type(outcome.error) for outcome in taken] == [KeyError] * 3


def test_an_outcome_gives_its_user_or_raises_its_error(take, server):
    server.answer = lambda request: Answer.problem(404) if number(request) else Answer.of_json(request.json)

    for outcome in take(server, users(2)):
        if outcome.index:
            with pytest.raises(errors.NotFound):
                outcome.result()
        else:
            assert outcome.result() is outcome.user


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


def test_a_progress_that_raises_ends_the_batch_and_hides_nothing(take, server, caplog):
    told = []

    def on_progress(progress):
        told.append(progress.last.index)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        take(server, users(20), concurrency=3, on_progress=on_progress)

    assert sorted(told) == sorted(number(request) for request in server.received)
    assert len(set(told)) == len(told)


def test_an_async_progress_is_refused(take, server):
    async def on_progress(_):
        raise AssertionError

    with pytest.raises(TypeError, match="on_progress is async"):
        take(server, users(1), on_progress=on_progress)


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


INTERRUPTS = """
import _thread, random, threading, time
import httpx
from maia_scim import MaiaScim
from maia_scim.models import ScimUser

sent = []
def answer(request):
    sent.append(1)
    return httpx.Response(200, content=request.content)

http = httpx.Client(transport=httpx.MockTransport(answer))
maia = MaiaScim("eu1", rate_limit=None, http_client=http)
rounds = 0
until = time.monotonic() + 4
while time.monotonic() < until:
    timer = threading.Timer(random.uniform(0.002, 0.02), _thread.interrupt_main)
    try:
        timer.start()
        for _ in maia.users.replace_many(ScimUser(id=str(n), active=True) for n in range(100_000)):
            pass
    except KeyboardInterrupt:
        rounds += 1
    timer.join()
print(rounds)
"""


def test_interrupts_at_any_point_leave_no_thread_waiting():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTS],
        cwd=ROOT,
        env=signed_in(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


UNFINISHED = """
import sys
from maia_scim import MaiaScim
from maia_scim.models import ScimUser

maia = MaiaScim(base_url=sys.argv[1], rate_limit=None)


def main():
    outcomes = maia.users.replace_many([ScimUser(id=str(n), active=True) for n in range(20)])
    for outcome in outcomes:
        outcome.result()
        print("one", flush=True)
        raise KeyError("mine") if sys.argv[2] == "raise" else SystemExit(7)


kept = maia.users.replace_many([ScimUser(id=str(n), active=True) for n in range(20)])
next(kept)
main()
"""


@pytest.mark.parametrize(("way", "code"), [("raise", 1), ("exit", 7)])
def test_a_batch_that_nobody_finishes_keeps_no_process_alive(server, way, code):
    done = subprocess.run(
        [sys.executable, "-c", UNFINISHED, server.base_url, way],
        cwd=ROOT,
        env=signed_in(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (code, "one\n")


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


def test_a_thread_that_cannot_be_started_hides_nothing(server, monkeypatch):
    started: list[Any] = []
    told: list[Any] = []
    start = threading.Thread.start

    def refuse(thread):
        if thread.name.startswith("maia-scim"):
            started.append(thread)
            if len(started) > 2:
                raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with (
        MaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client,
        pytest.raises(RuntimeError, match="can't start"),
    ):
        list(client.users.replace_many(users(8), on_progress=lambda p: told.append(p.last.id)))

    assert sorted(told)[:2] == ["0", "1"]
    assert len(server.received) <= len(told)
