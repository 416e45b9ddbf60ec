"""Past one machine: hosts, accounts, and a directory of 1,000,000 users under 1,000 requests a minute.

    python -m benchmarks.scale [--requests 1000000] [--sample 50000]

A simulation in simulated time, by the SDK's own limiter, and for several hosts by its script in a real Redis; see
`simulation`. One process is simulated with all requests; the fleets with a sample, and their hours are what all of them
would take at that pace.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maia_scim import RateLimit
from tests.limits.server import BINARY, Server

from .figure import Figure
from .simulation import Plan, Result, Simulation

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

REQUESTS = 1_000_000
SAMPLE = 50_000
QUOTA = 1_000  # requests a minute, as documented
CLOSE = 1.02
LEAST = "the least that the quota allows"


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is simulated.

    Attributes:
        name: What it is.
        plan: The plan.
        bound: How long it may take at most, by the least that the quotas allow; then no request may be refused.
    """

    name: str
    plan: Plan
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario, and what came of it."""

    scenario: Scenario
    result: Result

    @property
    def pace(self) -> float:
        """How long it took, by the least that the quotas allow."""
        plan = self.scenario.plan
        return self.result.seconds * plan.accounts * plan.per_minute / 60 / max(1, self.result.done)

    def hours(self, requests: int) -> float:
        """How long so many requests take at that pace."""
        plan = self.scenario.plan
        return self.pace * requests / (plan.accounts * plan.per_minute) / 60


def scenarios(requests: int, sample: int) -> list[Scenario]:
    """What is simulated.

    Args:
        requests: Of one process.
        sample: Of each fleet.
    """
    part = RateLimit(QUOTA // 4)
    half = sample / QUOTA * 60 / 2
    away, never = (half, 1.4 * half), (0.0, inf)  # for a fifth of the time, and from the start
    alone = Plan(sample, hosts=4)
    shared = replace(alone, shared=True)
    local = replace(shared, if_unreachable="local")
    return [
        Scenario("one process", Plan(requests), CLOSE),
        Scenario("one process, the service counts by the minute", Plan(sample, counting="fixed"), CLOSE),
        Scenario("one process, the service has a bucket", Plan(sample, counting="bucket"), CLOSE),
        Scenario("4 hosts that do not know of each other", alone),
        Scenario("4 hosts, a quarter each", replace(alone, limit=part), CLOSE),
        Scenario("4 hosts, a quarter each, one lost half-way", replace(alone, limit=part, lost=half)),
        Scenario("4 hosts by Redis", shared, CLOSE),
        Scenario("16 hosts by Redis", replace(shared, hosts=16), CLOSE),
        Scenario("4 hosts by Redis, one lost half-way", replace(shared, lost=half), CLOSE),
        Scenario("4 hosts by Redis, away for a while, `local`", replace(local, away=away), CLOSE),
        Scenario("4 hosts by Redis, away for a while, `raise`", replace(shared, away=away)),
        Scenario("4 hosts by Redis, never there, `local`", replace(local, away=never)),
        Scenario("4 accounts, a process each", Plan(sample, accounts=4), CLOSE),
        Scenario("4 accounts, 4 hosts each by Redis", replace(shared, accounts=4), CLOSE),
    ]


@contextmanager
def redis() -> Generator[Any]:
    """A client of a Redis of our own; None where there is none."""
    if BINARY is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        try:
            yield server.client()
        finally:
            server.kill()


def rows(requests: int = REQUESTS, sample: int = SAMPLE) -> Iterator[Row]:
    """Simulate; without Redis, only what does without."""
    with redis() as client:
        for scenario in scenarios(requests, sample):
            if client is not None or not scenario.plan.shared:
                yield Row(scenario, Simulation(scenario.plan, client if scenario.plan.shared else None).run())


def figures(requests: int = REQUESTS, sample: int = SAMPLE) -> Iterator[Figure]:
    """What each scenario takes, and what the service refuses.

    Args:
        requests: Of one process.
        sample: Of each fleet.
    """
    found = {row.scenario.name: row for row in rows(requests, sample)}
    for scenario in scenarios(requests, sample):
        row = found.get(scenario.name)
        what = f"{scenario.name}, {scenario.plan.requests:,} requests"
        if row is None:
            yield Figure(what, LEAST, None, bound=scenario.bound, details={"why": "no redis-server here"})
            continue
        result = row.result
        details = {
            "hosts": scenario.plan.hosts,
            "accounts": scenario.plan.accounts,
            "requests": result.requests,
            "done": result.done,
            "failed": result.failed,
            "minutes": result.seconds / 60,
            "hours_of_all": row.hours(requests),
            "fairness": result.fairness,
        }
        yield Figure(what, LEAST, row.pace, bound=scenario.bound, details=details)
        yield Figure(f"429 of {what}", "none", result.refused, "", None if scenario.bound is None else 0)


def table(rows: Iterable[Row], requests: int) -> Iterator[str]:
    """The rows as Markdown."""
    yield f"| | requests | 429 | failed | by {LEAST} | {requests:,} take | smallest part by largest |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        result = row.result
        hours = "-" if result.failed else f"{row.hours(requests):.1f} h"
        fairness = f"{result.fairness:.2f}" if row.scenario.plan.hosts > 1 else "-"
        counts = f"{result.requests:,} | {result.refused:,} | {result.failed:,}"
        yield f"| {row.scenario.name} | {counts} | {row.pace:.3f} | {hours} | {fairness} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=REQUESTS, help="of one process (default: 1,000,000)")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="of each fleet (default: 50,000)")
    given = parser.parse_args()
    for line in table(rows(given.requests, given.sample), given.requests):
        print(line, flush=True)


if __name__ == "__main__":
    main()
