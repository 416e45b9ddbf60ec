"""Clocks: things timed in turns within one run, so that other work on the machine touches all of them alike."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def in_turns(
    calls: Mapping[str, Callable[[], Any]],
    *,
    rounds: int,
    each: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Time functions call by call in turns.

    Args:
        calls: What to time, by name.
        rounds: How many turns.
        each: Calls of each in a turn.
        clock: Gives seconds; `time.process_time` leaves out what other processes took meanwhile.

    Returns:
        Seconds of one call, by the fast quarter of the turns.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds):
        order = list(calls)
        turned = order[number % len(order) :] + order[: number % len(order)]  # nobody is always the first
        for name in turned:
            call = calls[name]
            before = clock()
            for _ in range(each):
                call()
            taken[name].append((clock() - before) / each)
    return {name: fast_quarter(seconds) for name, seconds in taken.items()}


def fast_quarter(seconds: list[float]) -> float:
    """The mean of the fastest quarter."""
    return statistics.mean(sorted(seconds)[: max(1, len(seconds) // 4)])
