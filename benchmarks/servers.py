"""What a service may count requests by: three kinds of limiter, which judge by the time at which a request arrives."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maia_scim.limits import Windows

_TICK = 1e-6  # seconds: clocks are sums of floating numbers


class Counter(Protocol):
    """A limiter of a service. What it refuses does not count."""

    def wait(self, now: float) -> float:
        """Count a request that arrives; give the seconds until there is room for one too many, 0 if it is admitted."""
        ...


class Fixed:
    """So many requests in each span of the clock, such as each minute.

    Args:
        period: Seconds.
        limit: Requests.
        phase: Seconds at which the first span begins.
    """

    def __init__(self, period: float, limit: int, phase: float = 0.0) -> None:
        self._period, self._limit, self._phase = period, limit, phase
        self._span, self._count = 0, 0

    def wait(self, now: float) -> float:
        """Count a request that arrives. See ``Counter``."""
        span = int((now - self._phase + _TICK) // self._period)
        if span != self._span:
            self._span, self._count = span, 0
        if self._count >= self._limit:
            return self._phase + (span + 1) * self._period - now
        self._count += 1
        return 0.0


class Sliding:
    """So many requests in any span.

    Args:
        period: Seconds.
        limit: Requests.
    """

    def __init__(self, period: float, limit: int) -> None:
        self._period, self._limit = period, limit
        self._times: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Count a request that arrives. See ``Counter``."""
        while self._times and self._times[0] <= now - self._period + _TICK:
            self._times.popleft()
        if len(self._times) >= self._limit:
            return self._times[0] + self._period - now
        self._times.append(now)
        return 0.0


class Bucket:
    """A bucket of tokens that fills up evenly; each request takes one.

    Args:
        period: Seconds in which ``limit`` tokens come.
        limit: Tokens.
        depth: How many it holds at most.
    """

    def __init__(self, period: float, limit: int, depth: int) -> None:
        self._rate, self._depth = limit / period, depth
        self._tokens, self._at = float(depth), 0.0

    def wait(self, now: float) -> float:
        """Count a request that arrives. See ``Counter``."""
        self._tokens = min(self._depth, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1 - _TICK:
            return (1 - self._tokens) / self._rate
        self._tokens -= 1
        return 0.0


class Service:
    """Counts what all of its limiters think of each request; it refuses what any of them does.

    Args:
        windows: The quota: seconds, and requests.
        begun: When it begins.
    """

    def __init__(self, windows: Windows, begun: float) -> None:
        self._begun = begun
        self.counters: dict[str, Sequence[Counter]] = {
            "fixed windows": [Fixed(period, limit, phase=period * 0.37) for period, limit in windows],
            "sliding windows": [Sliding(period, limit) for period, limit in windows],
            "buckets as deep as the quota": [Bucket(period, limit, limit) for period, limit in windows],
            "buckets without a burst": [Bucket(period, limit, 1) for period, limit in windows],
        }
        self.refused = dict.fromkeys(self.counters, 0)
        self.arrived: list[float] = []

    def admits(self, now: float) -> bool:
        """Judge a request that arrives."""
        self.arrived.append(now - self._begun)
        admitted = True
        for name, counters in self.counters.items():
            if sum(counter.wait(now - self._begun) for counter in counters):  # each of them counts
                self.refused[name] += 1
                admitted = False
        return admitted
