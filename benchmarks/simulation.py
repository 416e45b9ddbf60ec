"""Hosts that send requests under one account's quota or several, in simulated time: hours pass in seconds.

What lets a request go is the SDK's own limiter, by the simulation's clock; with Redis it is the real one, and the
SDK's own script in it, which is told the simulation's time in place of its own. The hosts and the service are
simulated: a worker takes a slot, sends, waits for the answer, and after a 429 tells the limiter and tries again, as a
call does.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import ceil, inf
from typing import TYPE_CHECKING, Any, Literal

from maia_scim import RateLimit, clock
from maia_scim.errors import TransportError

from . import servers

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from maia_scim.limits import Limiter, Slot

Counting = Literal["sliding", "fixed", "bucket"]
TIME = "redis.call('TIME')"
MINUTE = 60.0
VISIT = 0.001  # seconds until the answer of Redis is back
_numbers = itertools.count()


@dataclass(frozen=True)
class Plan:
    """What is to be simulated.

    Attributes:
        requests: Of all hosts and accounts.
        hosts: Of each account.
        accounts: Each has the quota, and a part of the requests.
        limit: What each host goes by; with ``redis`` None, its own.
        shared: Whether the hosts of an account share by Redis.
        if_unreachable: As of ``RateLimit``.
        away: From when to when Redis cannot be reached, in seconds.
        lost: When the first host of each account is lost, in seconds; its requests under way are made by others.
        per_minute: What the service allows an account.
        counting: How it counts.
        workers: Requests that a host may have under way (``concurrency``).
        latency: Seconds of a request until its answer; each takes up to half more.
        attempts: Requests of one call at most, as of ``RetryPolicy``.
    """

    requests: int
    hosts: int = 1
    accounts: int = 1
    limit: RateLimit = field(default_factory=RateLimit)
    shared: bool = False
    if_unreachable: Literal["raise", "local"] = "raise"
    away: tuple[float, float] = (inf, inf)
    lost: float = inf
    per_minute: int = 1000
    counting: Counting = "sliding"
    workers: int = 8
    latency: float = 0.2
    attempts: int = 5


@dataclass
class Result:
    """What came of it.

    Attributes:
        seconds: Until the last answer.
        requests: How many were sent.
        refused: How many of them the service answered with 429.
        failed: Calls that ended in an error.
        by_host: Calls that were done, by account and host.
    """

    seconds: float = 0.0
    requests: int = 0
    refused: int = 0
    failed: int = 0
    by_host: Counter[tuple[int, int]] = field(default_factory=Counter[tuple[int, int]])

    @property
    def done(self) -> int:
        """Calls that were done."""
        return self.by_host.total()

    @property
    def fairness(self) -> float:
        """The smallest part of a host by the largest, in the account where they differ most."""
        parts: dict[int, list[int]] = {}
        for (account, _), count in self.by_host.items():
            parts.setdefault(account, []).append(count)
        return min((min(counts) / max(counts) for counts in parts.values()), default=1.0)


class Service:
    """The quota of one account, as a service may count it.

    Args:
        per_minute: Requests a minute.
        counting: In any minute, in each minute of the clock, or by a bucket that fills up.
    """

    def __init__(self, per_minute: int, counting: Counting) -> None:
        kinds: dict[Counting, servers.Counter] = {
            "sliding": servers.Sliding(MINUTE, per_minute),
            "fixed": servers.Fixed(MINUTE, per_minute),
            "bucket": servers.Bucket(MINUTE, per_minute, per_minute),
        }
        self._counter = kinds[counting]

    def ask(self, now: float) -> int | None:
        """Count a request; give the ``Retry-After`` of one too many."""
        wait = self._counter.wait(now)
        return max(1, ceil(wait)) if wait else None


class Timed:
    """A client of Redis whose script goes by the simulation's time.

    Args:
        client: Of redis-py.
        simulation: Whose time it is, and who knows when Redis cannot be reached.
    """

    def __init__(self, client: Any, simulation: Simulation) -> None:
        self._client, self._simulation = client, simulation

    def register_script(self, script: str) -> Callable[[list[str], list[Any]], Any]:
        """Make the script callable."""
        assert script.count(TIME) == 1
        timed = self._client.register_script(script.replace(TIME, "{ ARGV[#ARGV - 1], ARGV[#ARGV] }"))

        def call(keys: list[str], arguments: list[Any]) -> Any:
            now = self._simulation.now
            if self._simulation.away(now):
                from redis.exceptions import ConnectionError as Unreachable

                raise Unreachable("away")
            return timed(keys, [*arguments, *divmod(round(now * 1e6), 1_000_000)])

        return call


class Simulation:
    """Runs a plan.

    Args:
        plan: What to simulate.
        client: Of redis-py, where hosts share; its database is emptied.
    """

    def __init__(self, plan: Plan, client: Any = None) -> None:
        self.plan, self.result = plan, Result()
        self.now = self._began = 1e6  # a time like any other: zero might mean something
        self._name = f"simulation {next(_numbers)}"
        self._chance = random.Random(plan.requests)  # noqa: S311 - no secret
        self._client = client
        self._left = [plan.requests // plan.accounts] * plan.accounts
        self._services = [Service(plan.per_minute, plan.counting) for _ in self._left]
        self._steps: list[tuple[float, int, tuple[int, int], Generator[float]]] = []

    def away(self, now: float) -> bool:
        """Whether Redis cannot be reached."""
        return self.plan.away[0] <= now - self._began < self.plan.away[1]

    def run(self) -> Result:
        """Let the time pass."""
        plan, order = self.plan, 0
        if self._client is not None:
            self._client.flushdb()
        with self._clock():
            hosts = [(account, host) for account in range(plan.accounts) for host in range(plan.hosts)]
            for host in hosts:
                limiter = self._limiter(host)
                for _ in range(plan.workers):
                    order += 1
                    start = self.now + self._chance.random()
                    heapq.heappush(self._steps, (start, order, host, self._worker(host, limiter)))
            while self._steps:
                self.now, _, host, worker = heapq.heappop(self._steps)
                if host[1] == 0 and self.now - self._began >= plan.lost:
                    self._left[host[0]] += 1  # what it had under way is left to others
                    continue
                wait = next(worker, None)
                if wait is not None:
                    order += 1
                    heapq.heappush(self._steps, (self.now + wait, order, host, worker))
        return self.result

    def _worker(self, host: tuple[int, int], limiter: Limiter) -> Generator[float]:
        plan, result, account = self.plan, self.result, host[0]
        while self._left[account] > 0:
            self._left[account] -= 1
            for attempt in range(1, plan.attempts + 1):
                try:
                    yield from self._turn(limiter)
                except TransportError:
                    yield 0.002  # a connection that is refused costs next to nothing
                    if attempt == plan.attempts:
                        result.failed += 1
                    else:  # as a batch does
                        yield 2 ** (attempt - 1) * (1 - self._chance.random() / 2)
                    continue
                latency = plan.latency * (1 + self._chance.random() / 2)
                yield latency / 2
                result.requests += 1
                wait = self._services[account].ask(self.now)
                yield latency / 2
                if wait is None:
                    result.by_host[host] += 1
                    result.seconds = self.now - self._began
                    break
                result.refused += 1
                limiter.close(wait)
                if attempt == plan.attempts:
                    result.failed += 1

    def _turn(self, limiter: Limiter) -> Generator[float]:
        slot: Slot | None = None
        while slot is None or slot.wait > 0:
            if slot is not None:
                yield slot.wait
            slot = limiter.take(slot, paced=True)
            if self.plan.shared:
                yield VISIT

    def _limiter(self, host: tuple[int, int]) -> Limiter:
        plan = self.plan
        limit = plan.limit
        if plan.shared:
            limit = replace(limit, redis=Timed(self._client, self), if_unreachable=plan.if_unreachable)
        # Hosts share nothing in memory: what would be theirs in one process goes by the account's name.
        own = "" if plan.shared else f", host {host[1]}"
        return limit.limiter(f"{self._name}, account {host[0]}{own}")

    @contextmanager
    def _clock(self) -> Generator[None]:
        real, clock.monotonic = clock.monotonic, lambda: self.now
        try:
            yield
        finally:
            clock.monotonic = real
