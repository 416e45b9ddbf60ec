"""The limiter in redis, on a server of the tests' own."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maia_scim import clock, limits_redis, redis_clients
from maia_scim.errors import ConfigurationError, TransportError
from maia_scim.limits import Limiter, RateLimit, Slot
from maia_scim.limits_redis import RedisLimiter
from maia_scim.processwide import ProcessWide
from tests.support.canary import PASSWORD

from .fleet import Fleet, Order, Report
from .server import Server, free_port, needs_server
from .windows import optimum, overruns

TWO = ((2.0, 50), (0.25, 10))
SHORT = ((0.4, 3),)
NOWHERE = "redis://127.0.0.1:1/0"


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


def take(limiter: Limiter, *, paced: bool = False) -> Slot:
    """Ask once."""
    return limiter.take(None, paced=paced)


def leave(limiter: Limiter, held: Slot | None = None, *, paced: bool = False) -> float:
    """Wait for a slot; gives the time it counts as sent at."""
    deadline = time.monotonic() + 20
    while held is None or held.wait:
        assert time.monotonic() < deadline
        if held:
            time.sleep(held.wait)
        held = limiter.take(held, paced=paced)
    return at(held)


def gone(limiter: Limiter) -> float:
    """Wait for a slot; gives when it came."""
    leave(limiter)
    return time.monotonic()


def at(slot: Slot) -> float:
    key: Any = slot.key
    return float(key.at / 1e6)


def keys(redis: Server) -> dict[str, str]:
    """The keys there are, by their last word."""
    return {name.decode().rpartition(":")[2]: name.decode() for name in redis.client().keys("*")}


def count(redis: Server, word: str) -> int:
    """How many a sorted set holds."""
    name = keys(redis).get(word)
    return int(redis.client().zcard(name)) if name else 0


def is_sound(report: Report) -> None:
    """No window was overrun, by the slots and by when callers went on; and nobody went on ahead of the slot."""
    windows = report.order.windows
    assert report.over() == [0] * len(windows)
    assert overruns(report.releases(), windows, tolerance=0.01) == [0] * len(windows)
    assert min(call.released - call.at for call in report.calls if call.at is not None) > -0.001
    assert len(report.calls) == report.order.calls


# Many processes


@needs_server
@pytest.mark.parametrize(
    ("tasks", "workers", "skews"),
    [(False, 4, (0.0, 0.0, 0.0, 0.0)), (True, 16, (-0.4, 0.4, 0.0, 0.2))],
    ids=["threads", "tasks-with-skewed-clocks"],
)
def test_processes_share_the_quota_evenly_and_overrun_nothing(redis, tasks, workers, skews):
    fleet = Fleet(Order(redis.url, 250, TWO, tasks=tasks, workers=workers, skews=skews))
    fleet.go()
    report = fleet.report()

    is_sound(report)
    assert report.failures == 0
    # What a machine that is late by more than half a margin adds is not the plan's: see the next test.
    assert 1.0 <= report.ratio() <= 1.03 + machine(report) / optimum(250, TWO)
    share = 250 / 4
    assert share / 2 <= report.by_process()[0] <= report.by_process()[-1] <= share * 2
    assert report.by_worker()[0] >= share / workers / 3
    assert report.by_worker()[-1] <= share / workers * 3


def machine(report: Report) -> float:
    """Seconds by which slots came later than the windows and the margin make them come."""
    slots, margin = report.slots(), report.order.margin
    windows = [(period + margin, limit) for period, limit in report.order.windows]
    late = 0.0
    for place, slot in enumerate(slots[1:], 1):
        free = [slots[place - limit] + period for period, limit in windows if limit <= place]
        late += max(0.0, slot - max([slots[place - 1], *free]) - 0.001) if free else 0.0
    return late


@needs_server
def test_the_plan_takes_hardly_longer_than_the_windows_without_margin(redis, make):
    limiter = make(redis.url, TWO, margin=0.03)

    limiter.give_back(take(limiter))
    client = redis.client()
    start = int((time.time() + 10) * 1e6)
    client.hset(keys(redis)["state"], "hold", start)  # so that all are planned for the same moment on

    planned = [at(take(limiter)) for _ in range(250)]

    assert planned == [score / 1e6 for _, score in client.zrange(keys(redis)["queue"], 0, -1, withscores=True)]
    assert planned[0] == start / 1e6
    assert overruns(planned, TWO, -0.03 + 1e-5) == [0, 0]
    assert planned[-1] - planned[0] <= 1.03 * optimum(250, TWO)


@needs_server
@pytest.mark.parametrize("away", [0.0, 0.5], ids=["at-once", "later"])
def test_redis_that_comes_back_empty_makes_no_window_overrun_and_no_call_lost(own, away):
    fleet = Fleet(Order(own.url, 70, ((1.0, 30), (0.2, 8))))
    fleet.go()
    fleet.wait_for(46)  # 16 of them wait
    own.kill()
    killed = time.time()
    time.sleep(away)
    own.start()
    report = fleet.report()

    is_sound(report)
    assert not away or report.failures > 0
    before = [slot for slot in report.slots() if slot < killed]
    assert len(before) >= 24
    # The first of the new life waited for the longest window.
    assert report.slots()[len(before)] > killed + 1.0


@needs_server
def test_the_gate_of_one_process_is_shut_for_all(redis):
    fleet = Fleet(Order(redis.url, 40, ((1.0, 30), (0.2, 8)), tasks=True, gate=(12, 1.2)))
    fleet.go()
    report = fleet.report()

    is_sound(report)
    [(shut, opened)] = report.shut
    held = [call.at for call in report.calls if call.at and call.at > shut + 0.1]
    assert len(held) >= 15
    assert min(held) > opened - 0.001


@needs_server
def test_processes_that_go_on_without_redis_keep_to_their_share(own):
    fleet = Fleet(Order(own.url, 120, ((0.6, 24),), local=True))
    fleet.go()
    fleet.wait_for(70)  # by then all have seen all
    own.kill()
    fleet.wait_for(95)
    own.start()
    report = fleet.report()

    local = [call for call in report.calls if call.at is None]
    assert len(local) >= 10
    assert report.failures == 0
    assert len(report.calls) == 120
    # 50 ms: what a caller may be late for is not measured here.
    assert overruns(report.releases(), report.order.windows, 0.05) == [0]
    for process in range(4):
        assert overruns([call.released for call in local if call.process == process], ((0.6, 6),), 0.05) == [0]


# One step


@needs_server
def test_one_visit_sees_all_windows_and_gives_each_its_own_slot(redis, make):
    limiter = make(redis.url, ((10.0, 4), (2.0, 2)), margin=0.5)

    slots = [at(take(limiter)) for _ in range(6)]

    assert [slot - slots[0] for slot in slots] == pytest.approx([0, 0, 2.5, 2.5, 10.5, 10.5], abs=0.1)


@needs_server
def test_a_slot_is_confirmed_once_it_has_come_and_not_before(redis, make):
    limiter = make(redis.url)
    first = [take(limiter) for _ in range(4)]
    assert [bool(slot.wait) for slot in first] == [False, False, False, True]

    again = limiter.take(first[3], paced=False)
    assert 0 < again.wait <= first[3].wait
    assert leave(limiter, again) - at(first[0]) >= 0.4


@needs_server
def test_paced_requests_keep_their_distance(redis, make):
    limiter = make(redis.url, ((10.0, 10), (1.0, 100)), margin=1.0)

    slots = [at(take(limiter, paced=True)) for _ in range(5)]

    assert [after - before for before, after in itertools.pairwise(slots)] == pytest.approx([1.1] * 4, abs=0.05)


@needs_server
def test_a_429_paces_every_process_for_good(redis, make):
    one, other = make(redis.url, ((10.0, 10),)), make(redis.url, ((10.0, 10),))
    one.close(0.0)
    time.sleep(0.01)

    slots = [at(take(other)) for _ in range(3)]

    assert [after - before for before, after in itertools.pairwise(slots)] == pytest.approx([1.0] * 2, abs=0.05)
    assert redis.client().pttl(keys(redis)["state"]) > 23 * 3600 * 1000


@needs_server
def test_the_gate_holds_up_newcomers_and_those_who_wait(redis, make):
    one, other = make(redis.url), make(redis.url)
    waiting = [take(other) for _ in range(4)][3]
    one.close(1.0)

    told = [other.take(waiting, paced=False), take(other), take(make(redis.url))]

    assert [slot.gated for slot in told] == [True] * 3
    assert [slot.wait for slot in told] == pytest.approx([1.0] * 3, abs=0.4)
    one.close(0.1)  # does not open it
    assert take(other).wait > 0.2


@needs_server
def test_those_planned_for_after_a_gate_keep_their_order(redis, make):
    limiter = make(redis.url, ((0.2, 1),))
    slots = [take(limiter) for _ in range(4)][1:]
    make(redis.url, ((0.2, 1),)).close(0.3)

    times = [at(limiter.take(slot, paced=False)) for slot in reversed(slots)]

    assert times == sorted(times, reverse=True)
    assert [before - after for before, after in itertools.pairwise(times)] == pytest.approx([0.2] * 2, abs=0.01)


@needs_server
def test_a_cancelled_batch_does_not_block_the_account(redis, make):
    limiter, other = make(redis.url, ((60.0, 10),)), make(redis.url, ((60.0, 10),))
    batch = [take(limiter) for _ in range(40)]
    behind = take(other)
    for slot in batch:
        limiter.give_back(slot)
        limiter.give_back(slot)
    assert count(redis, "queue") == 31  # no I/O so far

    assert take(limiter).wait == 0  # tells redis
    assert other.take(behind, paced=False).wait == 0  # moved up
    assert count(redis, "sent") == 2
    assert not limiter._link.returned


@needs_server
def test_those_who_never_come_are_not_planned_around_for_long(redis, make):
    limiter = make(redis.url, ((0.2, 1),))
    late = [take(limiter) for _ in range(4)][3]
    time.sleep(1.7)

    assert take(limiter).wait == 0
    assert count(redis, "queue") == 0
    for _ in range(3):
        take(limiter)
    assert limiter.take(late, paced=False).wait < 0.21  # though late, it need not queue again


@needs_server
def test_whoever_is_late_makes_no_window_overrun(redis, make):
    limiter = make(redis.url, ((0.4, 2),))
    slots = [take(limiter) for _ in range(6)]  # planned for 0, 0.4 and 0.8
    time.sleep(0.7)
    late = [limiter.take(slot, paced=False) for slot in slots[2:4]]
    assert [slot.wait for slot in late] == [0, 0]

    assert leave(limiter, slots[4]) - at(late[0]) >= 0.399


@needs_server
def test_those_who_are_much_too_late_queue_again_in_line(redis, make):
    limiter = make(redis.url, ((1.5, 1),))
    limiter.give_back(take(limiter))
    slots = [take(limiter) for _ in range(3)]
    for slot in slots[1:]:
        ticket: Any = slot.key
        ticket.at -= 4_000_000  # as if it were long past
        redis.client().zrem(keys(redis)["queue"], ticket.name)

    again = [limiter.take(slot, paced=False) for slot in slots[1:]]
    newcomer = take(limiter)

    assert [at(slot) - at(slots[0]) for slot in [*again, newcomer]] == pytest.approx([1.5, 3.0, 4.5], abs=0.01)


@needs_server
def test_who_is_late_by_less_than_half_the_margin_counts_as_on_time(redis, make):
    limiter = make(redis.url, ((0.1, 1),), margin=0.8)
    slot = [take(limiter) for _ in range(2)][1]
    planned = at(slot)
    time.sleep(slot.wait + 0.1)

    assert limiter.take(slot, paced=False).wait == 0
    assert at(slot) == planned


@needs_server
def test_paced_requests_do_not_catch_up_in_a_burst(redis, make):
    limiter = make(redis.url, ((4.0, 10),))
    slots = [take(limiter, paced=True) for _ in range(3)]  # planned for 0, 0.4 and 0.8
    time.sleep(0.9)

    second, third = (limiter.take(slot, paced=True) for slot in slots[1:])

    assert second.wait == 0
    assert 0 < third.wait <= 0.2


@needs_server
def test_paced_requests_that_move_up_keep_their_distance(redis, make):
    limiter = make(redis.url, ((10.0, 10),))
    slots = [take(limiter, paced=True) for _ in range(5)]
    limiter.give_back(slots[2])
    take(limiter)

    again = [at(limiter.take(slot, paced=True)) for slot in (slots[1], slots[3], slots[4])]
    assert [place - at(slots[0]) for place in again] == pytest.approx([1.0, 2.0, 3.0], abs=0.01)


@needs_server
def test_an_answer_that_was_lost_counts_once(redis, make):
    limiter = make(redis.url, ((60.0, 1),))
    ticket = limits_redis._Ticket(False)
    visit = limits_redis._Visit(limiter._link)
    told = limiter._tell(visit, ticket)

    for _ in range(3):  # as redis-py does after a broken connection
        assert limiter._clients.script()(limiter._keys, told)[0] == 0

    assert count(redis, "sent") == 1


@needs_server
def test_a_script_that_redis_forgot_is_sent_again(redis, make):
    limiter = make(redis.url)
    take(limiter)
    redis.client().script_flush()

    assert take(limiter).wait == 0


@needs_server
def test_keys_expire_share_a_slot_of_a_cluster_and_hold_no_account(redis, make):
    limiter = make(redis.url, ((60.0, 1),), margin=0.5)
    for _ in range(2):
        take(limiter)

    names = keys(redis)
    assert set(names) == {"state", "sent", "queue", "peers"}
    [tag] = {name[: name.index("}") + 1] for name in names.values()}
    assert tag.startswith("{maia-scim:")
    assert "account" not in tag
    lives = {word: redis.client().pttl(name) / 1000 for word, name in names.items()}
    assert lives == pytest.approx({"state": 86401, "sent": 61.5, "queue": 62.5, "peers": 61.5}, abs=1)


@needs_server
def test_the_log_is_pruned(redis, make):
    limiter = make(redis.url, ((0.2, 20),))
    for _ in range(25):
        leave(limiter)
    assert count(redis, "sent") <= 20
    wide = make(redis.url, ((10.0, 30),))
    leave(wide)
    time.sleep(0.3)
    for _ in range(35):
        leave(limiter)  # one with shorter windows leaves the log of others alone

    assert count(redis, "sent") == 30
    assert take(wide).wait > 1


@needs_server
def test_the_log_is_no_longer_than_the_longest_window(redis, make):
    limiter = make(redis.url, ((0.2, 20),))
    for _ in range(5):
        leave(limiter)
    time.sleep(0.3)
    leave(limiter)

    assert count(redis, "sent") == 1


@needs_server
def test_without_windows_there_is_only_the_gate(redis, make):
    limiter = make(redis.url, ())
    assert all(take(limiter).wait == 0 for _ in range(50))
    assert set(keys(redis)) <= {"state", "peers"}
    limiter.close(5.0)

    slot = take(make(redis.url, ()))

    assert slot.gated
    assert slot.wait == pytest.approx(5.0, abs=0.2)


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


# Clients


@needs_server
def test_limiters_of_a_process_are_one_peer(redis, monkeypatch):
    monkeypatch.setattr(limits_redis, "_links", ProcessWide(limits_redis._Link, limits_redis._forgotten))
    settings = RateLimit(10, redis=redis.url)
    for limiter in (settings.limiter("a"), settings.limiter("a"), settings.limiter("b")):
        take(limiter)
        limiter.disconnect()

    assert [redis.client().zcard(name) for name in redis.client().keys("*:peers")] == [1, 1]
    assert len(limits_redis._links) == 2


@needs_server
@pytest.mark.parametrize("decoded", [False, True])
def test_a_client_of_the_callers_is_used_and_left_open(redis, make, decoded):
    client = redis.client(decode_responses=decoded)
    limiter = make(client)
    slots = [take(limiter) for _ in range(4)]
    limiter.disconnect()

    assert [bool(slot.wait) for slot in slots] == [False, False, False, True]
    assert client.ping()
    client.close()


@needs_server
async def test_an_async_client_of_the_callers_is_used(redis, make):
    import redis.asyncio as aredis

    async with aredis.Redis(port=redis.port) as client:
        limiter = make(client)
        slots = [await limiter.take_async(None, paced=False) for _ in range(4)]
        await limiter.close_async(5.0)
        gated = await limiter.take_async(slots[3], paced=False)
        await limiter.disconnect_async()
        assert await client.ping()

    assert [bool(slot.wait) for slot in slots] == [False, False, False, True]
    assert gated.gated
    with pytest.raises(ConfigurationError, match=r"pass a redis\.Redis to MaiaScim, or a URL"):
        take(limiter)
    with pytest.raises(ConfigurationError, match=r"pass a redis\.Redis"):
        limiter.close(1.0)


@needs_server
async def test_a_sync_client_does_not_serve_async_callers(redis, make):
    client = redis.client()
    limiter = make(client)
    with pytest.raises(ConfigurationError, match=r"pass a redis\.asyncio\.Redis to AsyncMaiaScim, or a URL"):
        await limiter.take_async(None, paced=False)
    client.close()


@needs_server
def test_a_url_serves_sync_callers_and_any_event_loop(redis, make):
    limiter = make(redis.url, ((60.0, 5),))

    async def some() -> list[float]:
        slots = await asyncio.gather(*(limiter.take_async(None, paced=False) for _ in range(2)))
        await limiter.disconnect_async()
        return [slot.wait for slot in slots]

    assert asyncio.run(some()) == [0, 0]
    assert asyncio.run(some()) == [0, 0]
    assert take(limiter).wait == 0
    limiter.disconnect()
    assert take(limiter).wait > 0
    gc.collect()  # no connection was left open


@needs_server
def test_a_cancelled_task_leaves_no_reservation_and_no_connection_behind(redis, make):
    limiter = make(redis.url, ((60.0, 5),))

    async def some():
        for delay in (0, 0, 1e-4, 2e-4, 5e-4, 1e-3) * 5:
            tasks = [asyncio.ensure_future(limiter.take_async(None, paced=False)) for _ in range(12)]
            await asyncio.sleep(delay)
            for task in tasks:
                task.cancel()
            for slot in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(slot, Slot):
                    limiter.give_back(slot)
        wait = (await limiter.take_async(None, paced=False)).wait
        await limiter.disconnect_async()
        return wait

    assert asyncio.run(some()) == 0
    assert count(redis, "sent") == 1
    assert count(redis, "queue") == 0


@needs_server
def test_many_threads_open_few_connections(redis, make):
    from concurrent.futures import ThreadPoolExecutor

    limiter = make(redis.url, ((60.0, 1000),))
    with ThreadPoolExecutor(40) as pool:
        waits = [slot.wait for slot in pool.map(lambda _: take(limiter), range(400))]

    assert set(waits) == {0}
    assert redis.client().info("clients")["connected_clients"] <= 8 + 2


@needs_server
def test_the_keys_of_a_step_are_in_one_slot_of_a_cluster(tmp_path, make):
    import redis.cluster

    server = Server(tmp_path, "--cluster-enabled", "yes")
    while server.port > 55000:  # its bus listens 10,000 ports above
        server.port = free_port()
    server.start()
    try:
        server.client().execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        deadline = time.monotonic() + 10
        while b"cluster_state:ok" not in server.client().execute_command("CLUSTER", "INFO"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        client = redis.cluster.RedisCluster(host="127.0.0.1", port=server.port)
        limiter = make(client)

        assert [bool(take(limiter).wait) for _ in range(4)] == [False, False, False, True]
        client.close()
    finally:
        server.kill()


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:{PASSWORD}@localhost:port/0",
        f"redis://:{PASSWORD}@localhost?nonsense=1",
        f"redis://localhost?db={PASSWORD}",
    ],
    ids=["port", "option", "database"],
)
def test_a_url_that_redis_py_does_not_take_is_refused_at_once(url):
    with pytest.raises(ConfigurationError, match="check host, port, database and options") as caught:
        RateLimit(redis=url).limiter("a")
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


def test_without_redis_py_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis.exceptions", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'maia-scim\[redis\]'"):
        RateLimit(redis="redis://localhost").limiter("a")


def test_limits_import_neither_redis_nor_asyncio():
    import subprocess

    code = "import maia_scim.limits_redis; print(sorted({'redis', 'asyncio'} & set(sys.modules)))"
    package = (
        "import sys, types; p = types.ModuleType('maia_scim'); p.__path__ = sys.argv[1:]; sys.modules[p.__name__] = p;"
    )
    folder = Path(limits_redis.__file__).parent
    done = subprocess.run([sys.executable, "-c", package + code, folder], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
