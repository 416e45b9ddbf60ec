"""The limiter in redis, shared by many processes: an even share, and no window overrun."""

from __future__ import annotations

import time

import pytest

from tests.limits.fleet import Fleet, Order, Report
from tests.limits.redis.asking import at, keys, take
from tests.limits.server import needs_server
from tests.limits.windows import optimum, overruns

TWO = ((2.0, 50), (0.25, 10))


def is_sound(report: Report) -> None:
    """No window was overrun, by the slots and by when callers went on; and nobody went on ahead of the slot."""
    windows = report.order.windows
    assert report.over() == [0] * len(windows)
    assert overruns(report.releases(), windows, tolerance=0.01) == [0] * len(windows)
    assert min(call.released - call.at for call in report.calls if call.at is not None) > -0.001
    assert len(report.calls) == report.order.calls


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
