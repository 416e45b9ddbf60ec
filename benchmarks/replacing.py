"""One `users.replace` against what would be used instead: raw httpx, the stock generated client, scim2-client.

    python -m benchmarks.replacing

All do the same to the same server: a PUT of the full user of RFC 7643 section 8.2, and the answer as an object. Ours is
a user as `users.get` gave it, so that the guard compares; with a rate limit that is kept and never reached.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from maia_public_api.api.directory_integration import update_user

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, RateLimit

from .counting import available, per_call
from .figure import Figure, show
from .peer import full_user, peer
from .timing import in_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Call = Callable[[], object]

TOKEN = "token-of-the-benchmark"  # noqa: S105 - opens nothing
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
STOCK = "stock_public_api"
USERS = update_user.PATH.partition("/Users/")[0]
ROUNDS, RUNS = 400, 3


def raw(address: str, stack: ExitStack) -> Call:
    """Httpx as it is used by hand."""
    client = stack.enter_context(httpx.Client(base_url=address, headers=HEADERS))
    body = full_user()
    path = update_user.PATH.format(id=body["id"])
    return lambda: client.put(path, json=body).json()


def raw_async(address: str, stack: ExitStack) -> Call:
    """The same, awaited."""
    loop = asyncio.new_event_loop()
    client = httpx.AsyncClient(base_url=address, headers=HEADERS)
    stack.callback(loop.close)
    stack.callback(lambda: loop.run_until_complete(client.aclose()))
    body = full_user()
    path = update_user.PATH.format(id=body["id"])

    async def call() -> Any:
        return (await client.put(path, json=body)).json()

    return lambda: loop.run_until_complete(call())


def _given(address: str) -> dict[str, Any]:
    limit = RateLimit(per_minute=100_000_000)
    return {"base_url": address, "auth": BearerToken(TOKEN), "rate_limit": limit}


def own(address: str, stack: ExitStack, http_client: httpx.Client | None = None) -> Call:
    """`users.replace` over the HTTP client that the SDK makes."""
    maia = stack.enter_context(MaiaScim(**_given(address), http_client=http_client))
    user = maia.users.get(full_user()["id"])
    return lambda: maia.users.replace(user)


def given(address: str, stack: ExitStack) -> Call:
    """The same over a caller's HTTP client."""
    return own(address, stack, stack.enter_context(httpx.Client()))


def own_async(address: str, stack: ExitStack, http_client: httpx.AsyncClient | None = None) -> Call:
    """As `own`, awaited."""
    loop = asyncio.new_event_loop()
    maia = AsyncMaiaScim(**_given(address), http_client=http_client)
    stack.callback(loop.close)
    stack.callback(lambda: loop.run_until_complete(maia.aclose()))
    user = loop.run_until_complete(maia.users.get(full_user()["id"]))
    return lambda: loop.run_until_complete(maia.users.replace(user))


def given_async(address: str, stack: ExitStack) -> Call:
    """As `given`, awaited."""
    return own_async(address, stack, httpx.AsyncClient())


def stock(address: str, stack: ExitStack) -> Call:
    """The client that the stock generator makes, from the package that lies where `sys.path` leads."""
    update: Any = import_module(f"{STOCK}.api.directory_integration.update_user")
    user = import_module(f"{STOCK}.models").ScimUser.from_dict(full_user())
    made: Any = import_module(f"{STOCK}.client").AuthenticatedClient
    client = stack.enter_context(made(base_url=address, token=TOKEN))
    return lambda: update.sync(user.id, client=client, body=user)


def scim2(address: str, stack: ExitStack) -> Call:
    """scim2-client, on httpx2."""
    import httpx2
    from scim2_client.engines.httpx2 import SyncSCIMClient
    from scim2_models import EnterpriseUser, ResourceType, ScimProvider, User

    kind = User[EnterpriseUser]
    client = stack.enter_context(httpx2.Client(base_url=f"{address}{USERS}/", headers=HEADERS))
    scim = SyncSCIMClient(client, provider=ScimProvider([User, EnterpriseUser], [ResourceType.from_resource(kind)]))
    user = scim.query(kind, full_user()["id"])
    assert isinstance(user, kind)
    return lambda: scim.replace(user)


CASES: dict[str, Callable[[str, ExitStack], Call]] = {
    "raw": raw,
    "own": own,
    "given": given,
    "stock": stock,
    "scim2": scim2,
    "raw_async": raw_async,
    "own_async": own_async,
    "given_async": given_async,
}
ASKED = (  # what, its case, against, its case, bound
    ("replace, our HTTP client", "own", "raw httpx", "raw", 1.00),
    ("replace, our HTTP client, async", "own_async", "raw httpx, async", "raw_async", 1.00),
    ("replace, a caller's HTTP client", "given", "raw httpx", "raw", 1.08),
    ("replace, a caller's HTTP client, async", "given_async", "raw httpx, async", "raw_async", 1.08),
)
COMPARED = (("scim2-client on httpx2", "scim2", 2.6), ("stock generated client", "stock", None))


def figures(*, rounds: int = ROUNDS, runs: int = RUNS, counted: bool = True) -> Iterator[Figure]:
    """Measure; see `benchmarks.__main__`.

    Args:
        rounds: Turns of a run.
        runs: How many runs.
        counted: Whether instructions are counted, where valgrind is there.
    """
    from scripts.payload_table import stock_models

    with stock_models() as models, peer() as address, ExitStack() as stack:
        folder = str(Path(models.__file__).parents[2])
        calls = {name: case(address, stack) for name, case in CASES.items()}

        gc.collect()
        gc.freeze()  # what all of them have loaded is nothing that one of them has to look through

        def by_clock(one: str, other: str) -> list[float]:
            """How much longer the one takes than the other. Each pair by itself: a third would fill the caches."""
            pair = {name: calls[name] for name in (one, other)}
            taken = [in_turns(pair, rounds=rounds) for _ in range(runs)]
            return sorted(each[one] / each[other] for each in taken)

        clocks = {(case, other): by_clock(case, other) for _, case, _, other, _ in ASKED}
        clocks |= {(other, "own"): by_clock(other, "own") for _, other, _ in COMPARED}
        counts: dict[str, float] = {}
        if counted and available():
            for name in CASES:
                counts[name] = per_call(["-m", "benchmarks.replacing", "--folder", folder, "--case", name, address])
    gc.unfreeze()
    for what, case, against, other, bound in ASKED:
        by_count = counts[case] / counts[other] if counts else None
        details = {
            "by instructions": by_count,
            "by the clock, each run": clocks[case, other],
            "instructions of a call": {name: counts[name] for name in (case, other)} if counts else None,
        }
        value = statistics.median(clocks[case, other]) if by_count is None else by_count
        yield Figure(what, against, value, bound=bound, details=details)
    for against, other, least in COMPARED:
        by_count = counts[other] / counts["own"] if counts else None
        details = {"by instructions": by_count, "by the clock, each run": clocks[other, "own"]}
        value = statistics.median(clocks[other, "own"]) if by_count is None else by_count
        yield Figure("replace: how many times faster", against, value, bound=least, sense="at least", details=details)


def main() -> None:
    """Print the figures, or make the calls of one case that are counted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("counted", nargs="*", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if not asked.case:
        show(figures())
        return
    sys.path.insert(0, asked.folder)
    address, calls = asked.counted
    with ExitStack() as stack:
        call = CASES[asked.case](address, stack)
        for _ in range(int(calls)):
            call()


if __name__ == "__main__":
    main()
