"""The limiter in memory, on a clock that the tests turn."""

from __future__ import annotations

import asyncio
import gc
import heapq
import itertools
import pickle
import threading
import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from maia_scim import clock, limits
from maia_scim.errors import ConfigurationError
from maia_scim.limits import Ledger, MemoryLimiter, RateLimit, Slot, Turn, piece
from maia_scim.processwide import ProcessWide
from tests.support.canary import PASSWORD

from .windows import excess, optimum, overruns

MINUTE = ((60.0, 1000),)
TWO = ((2.0, 50), (0.25, 10))


class Clock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def now():
    return Clock()


@pytest.fixture
def make(now):
    """Makes limiters of one account."""
    ledger = Ledger(now)
    return lambda windows=((10.0, 2),), **settings: MemoryLimiter(ledger, windows, **settings)


@pytest.fixture(autouse=True)
def accounts(monkeypatch):
    """No test leaves accounts behind."""
    monkeypatch.setattr(limits, "_ledgers", ProcessWide(limits.Ledger, limits.Ledger.idle))
    return limits._ledgers


def at(slot: Slot | None) -> float:
    """When a slot is planned for, or counts as sent."""
    assert slot
    assert isinstance(slot.key, Turn)
    return slot.key.at


def wait_out(limiter: MemoryLimiter, now: Clock, held: Slot | None = None, *, paced: bool = False) -> float:
    """Take a slot and wait for it; gives when it was let go."""
    for _ in range(100):
        held = limiter.take(held, paced=paced)
        if not held.wait:
            return now.now
        now.now += held.wait
    raise AssertionError("never let go")


def simulate(limiters, now, callers, gates=()):
    """Let callers come, wait, be late, give up; gives who was let go when, in order.

    A caller is (arrival, limiter, paced, lateness of its waits, gives up after so many waits or None).
    """
    events: list[Any] = []
    number = itertools.count()
    for name, caller in enumerate(callers):
        heapq.heappush(events, (caller[0], next(number), name, None, 0))
    for at, seconds in gates:
        heapq.heappush(events, (at, next(number), None, seconds, 0))
    gone: list[tuple[float, int]] = []
    start = now.now
    for _ in range(200_000):
        if not events:
            return gone
        at, _number, name, held, waits = heapq.heappop(events)
        now.now = max(now.now, start + at)
        if name is None:
            limiters[0].close(held)
            continue
        _arrival, which, paced, lateness, patience = callers[name]
        if patience is not None and waits >= patience and held is not None:
            limiters[which].give_back(held)
            continue
        slot = limiters[which].take(held, paced=paced)
        if not slot.wait:
            if patience is not None:
                limiters[which].give_back(slot)  # let go, but not sent
            else:
                gone.append((now.now - start, name))
            continue
        assert slot.wait > 0
        woken = now.now - start + slot.wait + lateness[waits % len(lateness)]
        heapq.heappush(events, (woken, next(number), name, slot, waits + 1))
    raise AssertionError("some caller is never let go")


# The windows


def test_lets_a_burst_go_and_makes_the_next_wait_for_the_window_and_the_margin(make, now):
    limiter = make(margin=0.5)
    assert [limiter.take(None, paced=False).wait for _ in range(2)] == [0, 0]

    slot = limiter.take(None, paced=False)

    assert not slot.gated
    assert wait_out(limiter, now, slot) == pytest.approx(1010.5)


def test_a_slot_is_each_callers_own(make, now):
    limiter = make()
    slots = [limiter.take(None, paced=False) for _ in range(6)]

    assert [at(slot) for slot in slots] == pytest.approx([1000, 1000, 1010, 1010, 1020, 1020])


def test_several_windows_hold_at_once(make, now):
    limiter = make(TWO)
    gone = simulate([limiter], now, [(0.0, 0, False, [0.0], None)] * 250)
    times = [at for at, _ in gone]

    assert overruns(times, TWO, 1e-5) == [0, 0]
    assert times[-1] - times[0] == pytest.approx(optimum(250, TWO))
    assert [name for _, name in gone] == list(range(250))  # first come, first served


@pytest.mark.parametrize("margin", [0.0, 0.03])
def test_a_margin_costs_no_more_than_itself(make, now, margin):
    limiter = make(TWO, margin=margin)
    gone = simulate([limiter], now, [(0.0, 0, False, [0.0], None)] * 250)

    assert gone[-1][0] - gone[0][0] <= optimum(250, TWO) + 8 * margin + 1e-6


def test_those_who_are_late_by_less_than_half_a_margin_delay_nobody(make, now):
    limiter = make(((10.0, 1),), margin=1.0)
    slots = [limiter.take(None, paced=False) for _ in range(4)]

    for late, wait in ((0.4, 0), (0.0, 0), (0.7, 0)):
        now.now = at(slots[1]) + late
        assert limiter.take(slots.pop(1), paced=False).wait == wait
    assert wait_out(limiter, now) == pytest.approx(1044.2)  # the last was late by 0.2 too much


def test_whoever_wakes_late_makes_no_window_overrun(make, now):
    limiter = make()
    first = [limiter.take(None, paced=False) for _ in range(4)]
    assert [slot.wait > 0 for slot in first] == [False, False, True, True]
    now.now = 1019.0  # two are 9 s late
    assert [limiter.take(slot, paced=False).wait for slot in first[2:]] == [0, 0]

    assert wait_out(limiter, now) == pytest.approx(1029.0)


def test_those_who_are_much_too_late_queue_again_in_line(make, now):
    limiter = make()
    slots = [limiter.take(None, paced=False) for _ in range(6)]
    now.now = 1040.0  # four are 20 s late and more, and only two can go now

    again = [limiter.take(slot, paced=False) for slot in slots[2:]]
    newcomer = limiter.take(None, paced=False)

    assert [at(slot) for slot in again] == pytest.approx([1040, 1040, 1050, 1050])
    assert at(newcomer) == pytest.approx(1060)


def test_whoever_wakes_early_is_told_what_is_left(make, now):
    limiter = make()
    slots = [limiter.take(None, paced=False) for _ in range(3)]
    now.now += 9.5

    again = limiter.take(slots[2], paced=False)

    assert again.wait == pytest.approx(0.5)
    now.now += 0.5 - 5e-7  # a clock that ticks
    assert limiter.take(again, paced=False).wait == 0


def test_a_long_wait_is_told_in_pieces():
    assert [piece(wait) for wait in (0.1, 2.0, 60.0)] == [0.1, 2.0, 30.0]


def test_a_latecomer_keeps_its_turn_and_is_no_longer_planned_around(make, now):
    limiter = make(((10.0, 1),))
    limiter.take(None, paced=False)
    late = limiter.take(None, paced=False)  # planned for 1010
    now.now = 1012.0

    other = limiter.take(None, paced=False)
    assert other.wait == 0
    # One was let go in its place, so that it has to wait all the same, from then on as planned.
    assert wait_out(limiter, now, late) == pytest.approx(1022.0)


def test_no_windows_let_all_go(make, now):
    limiter = make(())

    assert all(limiter.take(None, paced=False).wait == 0 for _ in range(5000))
    assert len(limiter.ledger.sent) < 3
    limiter.close(3.0)
    assert limiter.take(None, paced=True) == Slot(3.0, gated=True, key=limiter.ledger.queue[0])
    now.now += 3.0
    assert [limiter.take(None, paced=True).wait for _ in range(3)] == [0, 0, 0]


LATENESS = st.lists(st.sampled_from([0.0, 0.0, 0.001, 0.05, 0.4, 3.0, 30.0]), min_size=1, max_size=4)
CALLER = st.tuples(
    st.floats(0, 20),
    st.sampled_from([0, 1]),
    st.booleans(),
    LATENESS,
    st.sampled_from([None, None, None, 0, 1, 2]),
)


@settings(max_examples=150, deadline=None)
@given(
    callers=st.lists(CALLER, min_size=1, max_size=60),
    gates=st.lists(st.tuples(st.floats(0, 20), st.sampled_from([0.0, 0.3, 5.0])), max_size=3),
    windows=st.sampled_from([((2.0, 5),), ((2.0, 5), (0.5, 2)), ((1.0, 1),), ((3.0, 4), (1.0, 3))]),
    margin=st.sampled_from([0.0, 0.1]),
)
@example(callers=[(0.0, 0, False, [30.0], None)] * 40, gates=[], windows=((2.0, 5),), margin=0.0)
@example(callers=[(0.0, 0, False, [0.0], i % 3 or None) for i in range(60)], gates=[], windows=((2.0, 5),), margin=0.0)
def test_no_window_is_ever_overrun(callers, gates, windows, margin):
    now = Clock()
    ledger = Ledger(now)
    limiters = [MemoryLimiter(ledger, windows, margin=margin, paced=paced) for paced in (False, True)]

    gone = simulate(limiters, now, callers, gates)

    assert overruns([at for at, _ in gone], windows, tolerance=1e-5 - margin / 2) == [0] * len(windows)
    assert sorted(name for _, name in gone) == [name for name, caller in enumerate(callers) if caller[4] is None]
    for closed, seconds in gates:
        # Gates are shut before or after callers of the same moment.
        assert not [at for at, _ in gone if closed + 1e-5 < at < closed + seconds - 1e-5]
    assert len(ledger.sent) <= max(limit for _, limit in windows) + 1
    now.now += 100.0
    limiters[0].take(None, paced=False)
    assert (len(ledger.sent), ledger.queue, len(ledger.returned)) == (1, [], 0)


# Giving back


def test_a_cancelled_batch_does_not_block_the_account(make, now):
    limiter = make(MINUTE)
    slots = [limiter.take(None, paced=False) for _ in range(2000)]
    assert sum(not slot.wait for slot in slots) == 1000
    for slot in slots:
        limiter.give_back(slot)

    assert limiter.take(None, paced=False).wait == 0
    assert limiter.ledger.queue == []


def test_those_behind_a_cancelled_batch_move_up(make, now):
    limiter = make()
    batch = [limiter.take(None, paced=False) for _ in range(20)]
    behind = limiter.take(None, paced=False)
    assert at(behind) == pytest.approx(1100.0)
    for slot in batch[2:]:
        limiter.give_back(slot)

    newcomer = limiter.take(None, paced=False)

    assert (at(behind), at(newcomer)) == pytest.approx((1010.0, 1010.0))
    now.now = 1000.0 + behind.wait  # when its holder asks again, though it is not yet 1100
    assert limiter.take(behind, paced=False).wait == 0


def test_giving_back_twice_takes_out_one(make, now):
    limiter = make()
    one, _other = (limiter.take(None, paced=False) for _ in range(2))
    limiter.give_back(one)
    limiter.give_back(one)
    assert limiter.take(None, paced=False).wait == 0
    limiter.give_back(one)

    assert limiter.take(None, paced=False).wait > 0


def test_a_call_that_the_garbage_collector_ends_within_the_lock_does_no_harm(make, now):
    limiter = make()
    slots = [limiter.take(None, paced=False) for _ in range(3)]

    class Ends:
        def __del__(self):
            limiter.give_back(slots[2])

    def collected():
        ring: list[Any] = [Ends()]
        ring.append(ring)
        del ring
        gc.collect()  # within the lock
        return now.now

    limiter.ledger.now = collected
    thread = threading.Thread(target=lambda: slots.append(limiter.take(None, paced=False)), daemon=True)
    thread.start()
    thread.join(10)

    assert not thread.is_alive()
    assert at(slots[3]) == pytest.approx(1010.0)


# The gate


def test_the_gate_holds_up_newcomers_and_those_who_wait(make, now):
    limiter = make()
    slots = [limiter.take(None, paced=False) for _ in range(4)]
    limiter.close(30.0)
    now.now = 1010.0

    waiting = limiter.take(slots[2], paced=False)
    newcomer = limiter.take(None, paced=False)

    assert (waiting.wait, waiting.gated) == (pytest.approx(20.0), True)  # all of it, not a piece
    assert (newcomer.wait, newcomer.gated) == (pytest.approx(20.0), True)
    now.now = 1030.0
    second = limiter.take(slots[3], paced=False)
    assert limiter.take(waiting, paced=False).wait == 0
    assert second.wait > 0  # behind it, although it asked first
    assert not second.gated  # it is the quota now


def test_a_gate_never_opens_earlier(make, now):
    limiter = make()
    limiter.close(30.0)
    limiter.close(1.0)

    assert limiter.take(None, paced=False).wait == pytest.approx(30.0)


def test_one_429_paces_the_account_for_good(make, now):
    limiter, other = make(((10.0, 5),), margin=1.0), make(((10.0, 5),), margin=1.0)
    assert [limiter.take(None, paced=False).wait for _ in range(2)] == [0, 0]
    limiter.close(0.0)
    now.now += 1000.0

    times = [wait_out(other, now) for _ in range(12)]

    assert [after - before for before, after in itertools.pairwise(times)] == pytest.approx([2.2] * 11)


# Pacing


@pytest.mark.parametrize("by", ["argument", "setting"])
def test_paced_requests_keep_the_distance_of_the_strictest_window(make, now, by):
    limiter = make(((60.0, 60), (1.0, 100)), margin=0.6, paced=by == "setting")

    times = [wait_out(limiter, now, paced=by == "argument") for _ in range(130)]

    assert [after - before for before, after in itertools.pairwise(times)] == pytest.approx([1.01] * 129)
    assert excess(times, 60.0, 60) <= 0


def test_paced_requests_do_not_catch_up_in_a_burst(make, now):
    limiter = make(((10.0, 10),))
    slots = [limiter.take(None, paced=True) for _ in range(4)]
    now.now += 3.9  # three are late

    slots = [limiter.take(slot, paced=True) for slot in slots[1:]]

    assert [slot.wait for slot in slots] == pytest.approx([0, 0.5, 0.5])


def test_one_that_is_not_paced_stands_in_line_behind_those_that_are(make, now):
    limiter = make(((10.0, 10),))
    for _ in range(3):
        limiter.take(None, paced=True)

    assert limiter.take(None, paced=False).wait == pytest.approx(2.0)


# Accounts


def test_clients_of_an_account_share_it_with_their_own_windows(now):
    wide, narrow = (RateLimit(limit).limiter("a") for limit in (10, 5))
    other = RateLimit(5).limiter("b")
    assert all(wide.take(None, paced=False).wait == 0 for _ in range(7))

    assert narrow.take(None, paced=False).wait > 0
    assert other.take(None, paced=False).wait == 0


def test_an_account_is_remembered_while_it_matters(accounts, monkeypatch):
    now = Clock()
    monkeypatch.setattr(clock, "monotonic", now)
    assert RateLimit(1).limiter("used").take(None, paced=False).wait == 0
    RateLimit(1).limiter("told").close(1.0)
    RateLimit(1).limiter("unused")
    kept = RateLimit(1).limiter("kept")

    # Its client is gone, its quota is not back.
    assert RateLimit(1).limiter("used").take(None, paced=False).wait > 0
    assert set(accounts) == {"used", "told", "kept"}
    now.now += 200
    RateLimit().limiter("new")
    assert set(accounts) == {"told", "kept", "new"}
    now.now += 86401
    RateLimit().limiter("newer")
    assert set(accounts) == {"kept", "newer"}
    assert kept.take(None, paced=False).wait == 0


def test_nothing_grows(make, now):
    limiter = make(((10.0, 20), (1.0, 5)))
    for step in range(3000):
        now.now += 0.37
        slot = limiter.take(None, paced=False)
        if slot.wait and step % 3:
            limiter.give_back(slot)  # the others are abandoned

    ledger = limiter.ledger
    assert len(ledger.sent) <= 21
    assert len(ledger.queue) < 60
    assert len(ledger.returned) <= 1


# Threads, tasks and real time


def test_sixteen_threads_are_served_evenly_and_overrun_nothing():
    windows = ((0.5, 40), (0.1, 10))
    limiter = MemoryLimiter(Ledger(), windows, margin=0.02)
    gone: list[tuple[float, int]] = []
    calls = itertools.count()
    start = threading.Barrier(16)

    for _ in range(10):  # so that the first of the threads does not find a whole burst for itself
        assert limiter.take(None, paced=False).wait == 0

    def work(name):
        start.wait(10)
        while next(calls) < 240:
            held = None
            while not held or held.wait:
                if held:
                    time.sleep(held.wait)
                held = limiter.take(held, paced=False)
            gone.append((at(held), name))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    served = Counter(name for _, name in gone)
    assert len(gone) == 240
    assert overruns([at for at, _ in gone], windows) == [0, 0]
    assert min(served.values()) >= 8  # of 15 on average
    assert max(served.values()) <= 30


async def test_tasks_use_the_same_limiter():
    limiter = MemoryLimiter(Ledger(), ((0.2, 10),))
    gone: list[float] = []

    async def call():
        held = await limiter.take_async(None, paced=False)
        while held.wait:
            await asyncio.sleep(held.wait)
            held = await limiter.take_async(held, paced=False)
        gone.append(at(held))

    await asyncio.gather(*(call() for _ in range(35)))
    await limiter.close_async(5.0)

    assert overruns(gone, ((0.2, 10),), 1e-5) == [0]
    assert (await limiter.take_async(None, paced=False)).gated
    await limiter.disconnect_async()


# Settings


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"per_minute": 0}, "per_minute=0: it must be a whole number from 1"),
        ({"per_minute": True}, "per_minute=True"),
        ({"per_minute": 1.5}, "per_minute=1.5"),
        ({"per_second": -1}, "per_second=-1"),
        ({"margin": -0.1}, "margin=-0.1: it must be a number of seconds"),
        ({"margin": float("nan")}, "margin=nan"),
        ({"margin": "1"}, "margin='1'"),
        ({"paced": 1}, "paced=1"),
        ({"if_unreachable": "ignore"}, "if_unreachable='ignore': it must be 'raise' or 'local'"),
        ({"redis": 3}, "redis is a int: pass a URL"),
        ({"redis": f"localhost:{PASSWORD}@x"}, "redis is no URL: it must begin with redis://"),
    ],
)
def test_settings_that_cannot_be_used_say_what_to_do(arguments, told):
    with pytest.raises(ConfigurationError) as caught:
        RateLimit(**arguments)

    assert told in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_settings_become_windows():
    assert RateLimit().windows == ((60.0, 1000),)
    assert RateLimit(None, 5).windows == ((1.0, 5),)
    assert RateLimit(600, 20, margin=1).windows == ((60.0, 600), (1.0, 20))
    assert RateLimit(None).windows == ()


def test_settings_show_and_pickle_no_password():
    limit = RateLimit(600, redis=f"redis://:{PASSWORD}@localhost:6379/0?password={PASSWORD}", if_unreachable="local")

    assert repr(limit) == ("RateLimit(600, None, margin=0.5, paced=False, redis=<URL>, if_unreachable='local')")
    with pytest.raises(TypeError, match="does not pickle"):
        pickle.dumps(limit)
    plain = RateLimit(600, 10, redis="redis://localhost")
    assert pickle.loads(pickle.dumps(plain)) == plain
    assert repr(RateLimit()) == "RateLimit(1000, None, margin=0.5, paced=False)"
