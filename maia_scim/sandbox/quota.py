"""The documented rate limit: so many requests a minute and account."""

from __future__ import annotations

import math
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from maia_scim.sandbox.exchange import Answer, Request, problem

if TYPE_CHECKING:
    from maia_scim.sandbox.clock import Clock

WINDOW = 60.0
"""Seconds that a request counts."""


class Quota:
    """Refuses what goes beyond a number of requests in any minute. What it refused does not count.

    Args:
        per_minute: how many requests a minute; ``None`` for no limit.
        clock: the time that the minutes go by.

    Raises:
        ValueError: when ``per_minute`` is less than 1.
    """

    def __init__(self, per_minute: int | None, clock: Clock) -> None:
        if per_minute is not None and per_minute < 1:
            raise ValueError(f"rate must be at least 1 request a minute, or None for no limit: {per_minute}")
        self._per_minute = per_minute
        self._clock = clock
        self._lock = Lock()
        self._taken: deque[float] = deque()

    def check(self, request: Request) -> Answer | None:
        """Count a request; return the refusal of one too many."""
        if self._per_minute is None:
            return None
        with self._lock:
            now = self._clock.seconds()
            while self._taken and self._taken[0] <= now - WINDOW:
                self._taken.popleft()
            if len(self._taken) < self._per_minute:
                self._taken.append(now)
                return None
            wait = math.ceil(self._taken[0] + WINDOW - now)
        detail = f"More than {self._per_minute} requests in a minute"
        return problem(request, 429, detail, headers={"Retry-After": str(max(1, wait))})

    def reset(self) -> None:
        """Forget what was counted."""
        with self._lock:
            self._taken.clear()
