"""Replace users 100,000 times over real HTTP while one request in a hundred goes wrong, and account for every outcome.

    make soak
    python benchmarks/soak.py --calls 10000

The sandbox runs in a process of its own, so that the memory measured is the client's. Half the calls are made by
threads on a `MaiaScim`, half by tasks on an `AsyncMaiaScim`. The exit code is 1 when an outcome has no explanation,
when memory grows, or when connections pile up.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, RateLimit, RetryPolicy
from maia_scim.errors import MaiaError
from maia_scim.models import ScimUser
from maia_scim.sandbox import Sandbox, faults

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SHARE = 0.01
"""Of all requests, how many meet a fault."""
MENDED = {  # by another try, since a replace may be repeated
    "reset": faults.Reset(),
    "answer lost": faults.Reset(done=True),
    "reset within the answer": faults.Reset(sent=0.5),
    "truncated": faults.Truncated(),
    "length too large": faults.WrongLength(5),
    "garbage": faults.Garbage(),
    "broken gzip": faults.Body.broken_gzip(),
    "429": faults.Status.too_many_requests(0),
    "502 HTML": faults.Status(502, "html"),
    "503": faults.Status(503),
}
TOLD = {  # as errors of these kinds, since another try is not known to help
    "500": (faults.Status(500), "ServerError unknown"),
    "403 HTML": (faults.Status(403, "html"), "PermissionDenied refused"),
    "HTML with 200": (faults.Body.html(), "UnexpectedResponse unknown"),
    "JSON null": (faults.Body.json(None), "UnexpectedResponse unknown"),
}
THREADS, TASKS = 4, 16
GROWTH = 4 * 2**20
"""Bytes that memory may grow from the first tenth of a half's calls to its end."""
FILES = THREADS + TASKS + 16
"""File descriptors, connections among them, that may be open beyond those at the start."""


def serve(pipe: Connection) -> None:
    """Run the sandbox until the other end asks for its figures."""
    with Sandbox(rate=None) as sandbox:
        kinds = {**MENDED, **{name: fault for name, (fault, _) in TOLD.items()}}
        injections = {
            name: sandbox.inject(fault, on="users.replace", times=None, probability=SHARE / len(kinds), seed=name)
            for name, fault in kinds.items()
        }
        pipe.send((sandbox.base_url, sandbox.issue_token(lifetime=86_400), list(sandbox.users)))
        pipe.recv()
        struck = {name: injection.struck for name, injection in injections.items()}
        sandbox.clear_faults()
        pipe.send((struck, {user_id: user.get("title") for user_id, user in sandbox.users.items()}))
        pipe.recv()


@dataclass
class Tally:
    """What has come of the calls, and what the process used meanwhile."""

    total: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    outcomes: Counter[str] = field(default_factory=Counter[str])
    attempts: int = 0
    memory: list[int] = field(default_factory=list[int])
    files: int = 0
    done: int = 0

    def note(self, outcome: str, attempts: int) -> None:
        """Count a call."""
        with self.lock:
            self.outcomes[outcome] += 1
            self.attempts += attempts
            self.done += 1
            if self.done % max(1, self.total // 100) == 0:
                self.memory.append(resident())
                self.files = max(self.files, open_files())


def resident() -> int:
    """Bytes of memory in use."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    """How many file descriptors are open, connections among them."""
    return len(list(Path("/proc/self/fd").iterdir()))


def user(number: int, ids: list[str]) -> ScimUser:
    """The body of a call."""
    user_id = ids[number % len(ids)]
    return ScimUser(id=user_id, user_name=user_id, active=True, title=f"title {number}")


def told(error: MaiaError) -> str:
    """An error in two words; of a call that was tried more than once, its outcome may be that of an earlier try."""
    name = type(error).__name__
    if error.attempts > 1 and error.outcome == "unknown":
        return next(outcome for _, outcome in TOLD.values() if outcome.startswith(f"{name} "))
    return f"{name} {error.outcome}"


def by_threads(given: dict[str, Any], ids: list[str], calls: int, tally: Tally) -> None:
    """Make the calls on a `MaiaScim`."""
    with MaiaScim(**given) as maia, ThreadPoolExecutor(THREADS) as pool:

        def work(first: int) -> None:
            for number in range(first, calls, THREADS):
                with maia.capture() as captured:
                    try:
                        maia.users.replace(user(number, ids), guard="off")
                        outcome = "result"
                    except MaiaError as error:
                        outcome = told(error)
                tally.note(outcome, captured[-1].attempts)

        for future in [pool.submit(work, first) for first in range(THREADS)]:
            future.result()


async def by_tasks(given: dict[str, Any], ids: list[str], calls: int, tally: Tally) -> None:
    """Make the calls on an `AsyncMaiaScim`."""
    numbers = iter(range(calls))
    async with AsyncMaiaScim(**given) as maia:

        async def work() -> None:
            for number in numbers:
                with maia.capture() as captured:
                    try:
                        await maia.users.replace(user(number, ids), guard="off")
                        outcome = "result"
                    except MaiaError as error:
                        outcome = told(error)
                tally.note(outcome, captured[-1].attempts)

        await asyncio.gather(*(work() for _ in range(TASKS)))


def judge(tally: Tally, struck: dict[str, int], titles: dict[str, str | None], files: int) -> list[str]:
    """Return what is wrong, nothing if all is well."""
    wrong: list[str] = []
    expected = Counter({"result": tally.total})
    for name, (_, outcome) in TOLD.items():
        expected[outcome] += struck[name]
        expected["result"] -= struck[name]
    if tally.outcomes != expected:
        wrong.append(f"outcomes {dict(tally.outcomes)} where the faults explain {dict(expected)}")
    again = sum(struck[name] for name in MENDED)
    if tally.attempts != tally.total + again:
        wrong.append(f"{tally.attempts} requests where {tally.total} calls and {again} repetitions explain")
    if odd := [user_id for user_id, title in titles.items() if not (title or "").startswith("title ")]:
        wrong.append(f"users that hold no write: {odd}")
    growth = grown(tally)
    if growth > GROWTH:
        wrong.append(f"memory grew by {growth / 2**20:.1f} MiB")
    if tally.files - files > FILES:
        wrong.append(f"{tally.files - files} files more were open than at the start")
    return wrong


def grown(tally: Tally) -> int:
    """How much memory grew, in the half where it grew more, from what was used after a tenth of the half's calls."""
    middle = len(tally.memory) // 2
    halves = tally.memory[:middle], tally.memory[middle:]
    return max(half[-1] - half[len(half) // 10] for half in halves)


def main() -> int:
    """Run, print the figures, and tell by the exit code whether all is well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=100_000, help="how many (default: 100,000)")
    calls: int = parser.parse_args().calls
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    base_url, token, ids = ours.recv()
    given = {
        "base_url": base_url,
        "auth": BearerToken(token),
        "rate_limit": RateLimit(per_minute=100_000_000),
        "retry": RetryPolicy(attempts=10, backoff=0),
        "timeout": 60,
    }
    tally, files, began = Tally(calls), open_files(), time.monotonic()
    by_threads(given, ids, calls // 2, tally)
    asyncio.run(by_tasks(given, ids, calls - calls // 2, tally))
    took = time.monotonic() - began
    ours.send("done")
    struck, titles = ours.recv()
    ours.send("end")
    process.join()
    print(f"calls        {calls:,} in {took:.0f} s, {calls / took:.0f} a second")
    print(f"faults       {sum(struck.values()):,}: " + ", ".join(f"{name} {count}" for name, count in struck.items()))
    print("outcomes     " + ", ".join(f"{name} {count:,}" for name, count in tally.outcomes.most_common()))
    print(f"requests     {tally.attempts:,}")
    growth = f"{grown(tally) / 2**20:+.1f} from the first tenth of a half to its end"
    print(f"memory       {tally.memory[-1] / 2**20:.1f} MiB, {growth}")
    print(f"open files   {tally.files} at most, {files} at the start")
    wrong = judge(tally, struck, titles, files)
    for line in wrong:
        print(f"WRONG        {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
