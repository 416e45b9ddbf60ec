"""A clock that the tests turn, and callers that come, wait and give up by it."""

from __future__ import annotations

import heapq
import itertools
from typing import Any

from maia_scim.limits import MemoryLimiter, Slot, Turn


class Clock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


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
