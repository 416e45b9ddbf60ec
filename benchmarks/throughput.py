"""`replace_many` without a quota against the best loop of raw httpx: how many users a second.

    python -m benchmarks.throughput
    python -m benchmarks.throughput --rounds 60

Both send the full user of RFC 7643 section 8.2 to the same server, which answers after 1 ms, and take each answer as an
object. Raw is what is written by hand: some tasks that take from one iterator, and the best of 4, 6 and 8 of them. The
client is what takes the time, so that the instructions of one user say the same without noise.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim
from maia_scim.users import CONCURRENCY

from .counting import available, per_call
from .figure import Figure, show
from .peer import full_user, peer
from .replacing import HEADERS, TOKEN
from .timing import in_turns

if TYPE_CHECKING:
    from collections.abc import Callable

LATENCY = 0.001  # seconds
LOOPS = (4, 6, 8)  # tasks of the loop of raw httpx
USERS = 200  # of one turn
ROUNDS = 24


def raw(address: str, stack: ExitStack, tasks: int) -> Callable[[int], object]:
    """The loop that is written by hand; does so many users."""
    loop = asyncio.new_event_loop()
    client = httpx.AsyncClient(base_url=address, headers=HEADERS)
    stack.callback(loop.close)
    stack.callback(lambda: loop.run_until_complete(client.aclose()))
    body = full_user()
    path = f"/Users/{body['id']}"

    async def work(left: Any) -> int:
        done = 0
        for _ in left:
            answer: Any = (await client.put(path, json=body)).json()
            done += answer["id"] == body["id"]
        return done

    async def all_of(users: int) -> None:
        left = iter(range(users))
        done = sum(await asyncio.gather(*(work(left) for _ in range(tasks))))
        assert done == users

    return lambda users: loop.run_until_complete(all_of(users))


def own_async(address: str, stack: ExitStack, http_client: httpx.AsyncClient | None = None) -> Callable[[int], object]:
    """`AsyncMaiaScim.users.replace_many` as it is, of a user as it was read, so that the guard compares."""
    loop = asyncio.new_event_loop()
    maia = AsyncMaiaScim(base_url=address, auth=BearerToken(TOKEN), rate_limit=None, http_client=http_client)
    stack.callback(loop.close)
    stack.callback(lambda: loop.run_until_complete(maia.aclose()))
    user = loop.run_until_complete(maia.users.get(full_user()["id"]))

    async def all_of(users: int) -> None:
        done = 0
        async for outcome in maia.users.replace_many(user for _ in range(users)):
            done += outcome.result().id == user.id
        assert done == users

    return lambda users: loop.run_until_complete(all_of(users))


def caller_async(address: str, stack: ExitStack) -> Callable[[int], object]:
    """The same over a caller's HTTP client."""
    return own_async(address, stack, httpx.AsyncClient())


def by_hand(address: str, stack: ExitStack) -> Callable[[int], object]:
    """`AsyncMaiaScim.users.replace` in 8 tasks by hand, without the care that `replace_many` takes."""
    loop = asyncio.new_event_loop()
    maia = AsyncMaiaScim(base_url=address, auth=BearerToken(TOKEN), rate_limit=None)
    stack.callback(loop.close)
    stack.callback(lambda: loop.run_until_complete(maia.aclose()))
    user = loop.run_until_complete(maia.users.get(full_user()["id"]))

    async def work(left: Any) -> None:
        for _ in left:
            assert (await maia.users.replace(user)).id == user.id

    async def all_of(users: int) -> None:
        left = iter(range(users))
        await asyncio.gather(*(work(left) for _ in range(CONCURRENCY)))

    return lambda users: loop.run_until_complete(all_of(users))


def own(address: str, stack: ExitStack) -> Callable[[int], object]:
    """`MaiaScim.users.replace_many`, which uses threads."""
    maia = stack.enter_context(MaiaScim(base_url=address, auth=BearerToken(TOKEN), rate_limit=None))
    user = maia.users.get(full_user()["id"])

    def all_of(users: int) -> None:
        done = sum(outcome.result().id == user.id for outcome in maia.users.replace_many(user for _ in range(users)))
        assert done == users

    return all_of


CASES: dict[str, Callable[[str, ExitStack], Callable[[int], object]]] = {
    **{f"raw {tasks}": partial(raw, tasks=tasks) for tasks in LOOPS},
    "by hand": by_hand,
    "own async": own_async,
    "caller async": caller_async,
    "own": own,
}


COUNTED = ("raw 4", "raw 8", "by hand", "own async")


def figures(rounds: int = ROUNDS, *, counted: bool = True) -> list[Figure]:
    """Measure throughput, and count instructions where valgrind is installed.

    Args:
        rounds: Turns of the clock.
        counted: Whether to count, which takes minutes.
    """
    with peer(LATENCY) as address, ExitStack() as stack:
        calls = {name: make(address, stack) for name, make in CASES.items()}
        for call in calls.values():
            call(USERS)  # connections are opened, and what loads at first use is loaded
        taken = in_turns({name: partial(call, USERS) for name, call in calls.items()}, rounds=rounds)
    best = min((taken[f"raw {tasks}"], tasks) for tasks in LOOPS)
    rates: dict[str, Any] = {f"{name}, users/s": round(USERS / seconds) for name, seconds in taken.items()}
    rates["best raw loop, tasks"] = best[1]
    against = "the best raw async loop"
    shown = [
        Figure(
            "users/s, AsyncMaiaScim replace_many", against, best[0] / taken["own async"], bound=0.9, sense="at least"
        ),
        Figure("users/s, over a caller's httpx.AsyncClient", against, best[0] / taken["caller async"]),
        Figure("users/s, MaiaScim replace_many", against, best[0] / taken["own"], details=rates),
    ]
    if not counted or not available():
        why = {"why": "valgrind is not installed" if counted else "not asked for"}
        return [*shown, Figure("instructions of a user, replace_many", "the raw loop", None, details=why)]
    with peer() as address:  # without latency: nobody's instructions pass while all wait
        module = ["-m", "benchmarks.throughput", "--address", address, "--case"]
        counts = {name: per_call([*module, name, "--users"]) for name in COUNTED}
    best_raw = min((counts[name], name) for name in COUNTED if name.startswith("raw"))
    told: dict[str, Any] = {name: round(count) for name, count in counts.items()}
    return [
        *shown,
        Figure(
            "instructions of a user, replace_many",
            f"{best_raw[1]} tasks",
            counts["own async"] / best_raw[0],
            bound=1 / 0.9,
        ),
        Figure(
            "instructions of a user, replace_many",
            f"raw {CONCURRENCY} tasks, as it has",
            counts["own async"] / counts["raw 8"],
        ),
        Figure(
            "instructions of a user, replace_many",
            f"{CONCURRENCY} tasks, users.replace",
            counts["own async"] / counts["by hand"],
            details=told,
        ),
    ]


def one_case(name: str, address: str, users: int) -> None:
    """What a counted process does."""
    with ExitStack() as stack:
        call = CASES[name](address, stack)
        call(CONCURRENCY)
        gc.collect()
        gc.freeze()  # else it is chance which run goes through all that was loaded once more
        call(users)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of the clock (default: {ROUNDS})")
    parser.add_argument("--case", choices=list(CASES), help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    parser.add_argument("--users", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        one_case(given.case, given.address, given.users)
        return
    show(figures(given.rounds))


if __name__ == "__main__":
    main()
