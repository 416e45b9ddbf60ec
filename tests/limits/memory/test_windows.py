"""The limiter in memory, on a clock that the tests turn: windows, what is given back, the gate, pacing."""

from __future__ import annotations

import gc
import itertools
import threading
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from maia_scim.limits import Ledger, MemoryLimiter, Slot, piece
from tests.limits.memory.turning import Clock, at, simulate, wait_out
from tests.limits.windows import excess, optimum, overruns

MINUTE = ((60.0, 1000),)
TWO = ((2.0, 50), (0.25, 10))


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
