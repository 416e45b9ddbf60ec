"""Clocks: things timed in turns within one run, so that other work on the machine touches all of them alike."""

from __future__ import annotations

import random
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
    order, chance = list(calls), random.Random(0)  # noqa: S311 - the same turns each time
    for _ in range(rounds):
        chance.shuffle(order)  # what a call finds in the caches depends on who was before it
        for name in order:
            call = calls[name]
            before = clock()
            for _ in range(each):
                call()
            taken[name].append((clock() - before) / each)
    return {name: fast_quarter(seconds) for name, seconds in taken.items()}


def fast_quarter(seconds: list[float]) -> float:
    """The mean of the fastest quarter."""
    return statistics.mean(sorted(seconds)[: max(1, len(seconds) // 4)])
