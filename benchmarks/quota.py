"""`replace_many` of 5,000 users under a quota, against the least time that the quota allows; and what is refused.

    python -m benchmarks.quota
    python -m benchmarks.quota --users 1000

The service answers after 200 ms, half of which a request takes to arrive, and counts by limiters of each kind at once:
fixed windows of a phase that the client does not know, sliding windows, and buckets, as deep as the quota or without
any burst. It refuses what any of them does. Time is under control, so that nothing but waiting is measured.

The least time for a client that none of them ever refuses, by hand, for 5,000 users:

- Sliding windows of 1,000 in 60 s: 1,000 at once, then 1,000 each time that the ones before are a minute old. The last
  leave after 4 full windows: 240 s, and are answered at 240.2 s. Fixed windows whose phase is not known ask the same of
  a client, since any span of 60 s may be one. (Who knows the phase, and sends 1,000 before a window ends, needs 180 s.)
- A bucket as deep as the quota asks less: within any t seconds it admits 1,000 + 1000/60 t, and sliding windows 1,000
  for each 60 s begun, which is never more.
- A bucket without a burst has a token every 60 ms: the last of 5,000 leaves after 4,999 × 60 ms = 299.94 s and is
  answered at 300.14 s. How deep a bucket is, if it is one, the client does not know. Even spacing suits the windows
  too, so this is the least time for all three kinds together.
- With 60 in 60 s and 5 in 1 s: sliding windows need 83 full windows, 4,980 s, and 3 s for the last 20, 5 a second:
  4,983.2 s. Evenly, one each second (60 in 60 s is slower than 5 in 1 s): 4,999.2 s.

`replace_many` is always paced. Its spacing is that of the slowest window, with ``RateLimit(margin=…)`` added to it: by
default 0.5 s, which is 60.5 / 60 = 1.0083 of the least time. With ``margin=0`` it is 1.0000, and safe only where each
request takes equally long to arrive. The last figures say what would be refused where that varies.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, RateLimit
from maia_scim.models import ScimUser
from maia_scim.users import CONCURRENCY
from tests.limits.windows import optimum, overruns

from . import virtual
from .figure import Figure, show
from .servers import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maia_scim.limits import Windows

USERS = 5000
LATENCY = 0.2  # seconds, both ways
QUOTAS = {"1000/min": (1000, None), "60/min + 5/s": (60, 5)}
TOKEN = "token-of-the-benchmark"  # noqa: S105 - opens nothing


@dataclass(frozen=True)
class Ran:
    """What came of a run.

    Attributes:
        seconds: From the first user that was taken to the last outcome.
        answered: How many users have an answer that is theirs.
        service: What it counted.
    """

    seconds: float
    answered: int
    service: Service


class Way:
    """How long requests take to arrive, and their answers to come back.

    Args:
        spread: By how many seconds more, or less, a request may take than half the latency.
    """

    def __init__(self, spread: float) -> None:
        self._spread, self._random = spread, random.Random(16)  # noqa: S311 - the same each time

    def there(self) -> float:
        """Seconds of a request."""
        return LATENCY / 2 + self._random.uniform(-self._spread, self._spread)


def users(number: int) -> Iterator[ScimUser]:
    """So many users."""
    for each in range(number):
        yield ScimUser(id=str(each), user_name=f"user{each}", active=True)


def answer(request: httpx.Request, service: Service, now: float, *, refuse: bool) -> httpx.Response:
    """What the service says to a request that arrives."""
    if not service.admits(now) and refuse:
        return httpx.Response(429, headers={"retry-after": "1"})
    return httpx.Response(200, content=request.content, headers={"content-type": "application/scim+json"})


def by_threads(count: int, limit: RateLimit, windows: Windows, spread: float) -> Ran:
    """A run of `MaiaScim`."""
    time, way = virtual.Threads(CONCURRENCY), Way(spread)
    service = Service(windows, time.monotonic())

    def handle(request: httpx.Request) -> httpx.Response:
        time.sleep(way.there())
        found = answer(request, service, time.monotonic(), refuse=not spread)
        time.sleep(LATENCY / 2)
        return found

    client = httpx.Client(transport=httpx.MockTransport(handle))
    with (
        virtual.put_in(monotonic=time.monotonic, sleep=time.sleep, wait=time.wait),
        MaiaScim("eu1", auth=BearerToken(f"{TOKEN}-{id(time)}"), rate_limit=limit, http_client=client) as maia,
    ):
        begun = time.monotonic()
        outcomes = maia.users.replace_many(time.take(users(count)), on_progress=time.done)
        answered = sum(outcome.result().id == str(outcome.index) for outcome in outcomes)
        return Ran(time.monotonic() - begun, answered, service)


def by_tasks(count: int, limit: RateLimit, windows: Windows, spread: float) -> Ran:
    """A run of `AsyncMaiaScim`."""
    loop, way = virtual.Loop(), Way(spread)
    service = Service(windows, loop.time())

    async def handle(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(way.there())
        found = answer(request, service, loop.time(), refuse=not spread)
        await asyncio.sleep(LATENCY / 2)
        return found

    async def all_of() -> Ran:
        client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
        auth = BearerToken(f"{TOKEN}-{id(loop)}")
        async with AsyncMaiaScim("eu1", auth=auth, rate_limit=limit, http_client=client) as maia:
            begun, answered = loop.time(), 0
            async for outcome in maia.users.replace_many(users(count)):
                answered += outcome.result().id == str(outcome.index)
            return Ran(loop.time() - begun, answered, service)

    try:
        with virtual.put_in(monotonic=loop.time):
            return loop.run_until_complete(all_of())
    finally:
        loop.close()


WAYS = {"MaiaScim": by_threads, "AsyncMaiaScim": by_tasks}


def least(count: int, windows: Windows) -> float:
    """Seconds that a client needs whom no limiter of any kind refuses; see above."""
    return (count - 1) * max(period / limit for period, limit in windows) + LATENCY


def figures(count: int = USERS) -> Iterator[Figure]:
    """Run each way under each quota, with the settings that there are by default, and with others."""
    for name, (per_minute, per_second) in QUOTAS.items():
        default = RateLimit(per_minute, per_second)
        tight = RateLimit(per_minute, per_second, margin=0)
        windows = default.windows
        bound, by_windows = least(count, windows), optimum(count, windows) + LATENCY
        for way, run in WAYS.items():
            what = f"{way}, {count:,} users, {name}"
            ran = run(count, default, windows, 0.0)
            assert ran.answered == count
            assert not any(overruns(ran.service.arrived, windows, 1e-6))
            told: dict[str, Any] = {
                "seconds": round(ran.seconds, 2),
                "least": round(bound, 2),
                "least by sliding windows alone": round(by_windows, 2),
                "against that": round(ran.seconds / by_windows, 4),
                "with margin=0": round(run(count, tight, windows, 0.0).seconds / bound, 4),
            }
            yield Figure(what, "the least time, all limiters", ran.seconds / bound, bound=1.02, details=told)
            requests = {"requests": len(ran.service.arrived), "by kind": ran.service.refused}
            refused = len(ran.service.arrived) - count
            yield Figure(f"{what}: 429s", "none", refused, "429s", 0, details=requests)
        spread = 0.1
        varied = {
            f"margin={limit.margin}": by_tasks(count, limit, windows, spread).service.refused
            for limit in (default, tight)
        }
        what = f"{name}, {LATENCY / 2 - spread:.1f} to {LATENCY / 2 + spread:.1f} s to arrive: 429s"
        kinds = [kind for kind in varied["margin=0.5"] if "without" not in kind]
        refused = sum(varied["margin=0.5"][kind] for kind in kinds)
        yield Figure(what, "none but buckets without a burst", refused, "429s", 0, details=varied)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=USERS, help=f"how many (default: {USERS:,})")
    show(figures(parser.parse_args().users))


if __name__ == "__main__":
    main()
