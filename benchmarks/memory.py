"""Memory of very many users, streamed through `replace_many` and through `apply`, beside that of 1,000.

    python -m benchmarks.memory
    python -m benchmarks.memory --users 20000

Each number of users is a client's process of its own, and the server is in another. Compared is the most memory that
was resident at any time. `replace_many` gets its users from a generator, made as they are taken; `apply` plans from a
CSV file of which 1% differs from what the directory holds, and carries the plan out with a journal on the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, apply
from maia_scim.models import ScimUser

from .figure import Figure, show
from .peer import ROOT, peer, user_of
from .soak import resident

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

USERS, FEW = 1_000_000, 1000
SHARE = 100  # one user in so many differs
GROWTH = 20.0  # MiB
SAMPLES = 50
TOKEN = "token-of-the-benchmark"  # noqa: S105 - opens nothing


class Samples:
    """Resident memory on the way.

    Args:
        users: How many users there are to be.
    """

    def __init__(self, users: int) -> None:
        self._every = max(1, users // SAMPLES)
        self.taken: list[tuple[int, float]] = []

    def at(self, done: int) -> None:
        """Look, now and then."""
        if done % self._every == 0:
            self.taken.append((done, round(resident() / 2**20, 1)))


def most() -> float:
    """MiB that were resident at most, of this process alone: what `getrusage` tells begins with the parent's."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"), re.MULTILINE)
    assert found
    return int(found[1]) / 1024


def sent(users: int) -> Iterator[ScimUser]:
    """The users of a batch, none made before it is taken."""
    for number in range(users):
        yield ScimUser.from_dict({**user_of(str(number)), "title": f"title {number}"})


def by_threads(address: str, users: int, samples: Samples) -> None:
    """`MaiaScim.users.replace_many`."""
    with MaiaScim(base_url=address, auth=BearerToken(TOKEN), rate_limit=None) as maia:
        for done, outcome in enumerate(maia.users.replace_many(sent(users)), 1):
            assert outcome.result().active
            samples.at(done)


def by_tasks(address: str, users: int, samples: Samples) -> None:
    """`AsyncMaiaScim.users.replace_many`."""

    async def all_of() -> None:
        done = 0
        async with AsyncMaiaScim(base_url=address, auth=BearerToken(TOKEN), rate_limit=None) as maia:
            async for outcome in maia.users.replace_many(sent(users)):
                assert outcome.result().active
                done += 1
                samples.at(done)

    asyncio.run(all_of())


def write_file(file: Path, users: int) -> None:
    """A CSV file of users, of which one in so many wants another title than the directory has."""
    with file.open("w", newline="", encoding="ascii") as stream:
        rows = csv.writer(stream)
        rows.writerow(("id", "title"))
        rows.writerows((number, "wanted" if number % SHARE == 0 else "held") for number in range(users))


def by_apply(address: str, users: int, samples: Samples) -> None:
    """`apply.plan`, and carrying it out."""
    with tempfile.TemporaryDirectory() as folder:
        file, journal = Path(folder) / "people.csv", Path(folder) / "journal"
        write_file(file, users)
        with (
            MaiaScim(base_url=address, auth=BearerToken(TOKEN), rate_limit=None) as maia,
            apply.plan(maia, file, journal=journal, on_progress=lambda done, _: samples.at(done)) as plan,
        ):
            summary = plan.apply()
    assert (summary.rows, summary.done) == (users, -(-users // SHARE)), summary


WAYS: dict[str, Callable[[str, int, Samples], None]] = {
    "replace_many": by_threads,
    "async replace_many": by_tasks,
    "apply": by_apply,
}


def measured(way: str, users: int) -> dict[str, Any]:
    """Run one in a process of its own; give what it says of its memory."""
    with peer(directory="versions") as address:
        command = [sys.executable, "-m", "benchmarks.memory", "--way", way, "--address", address]
        command += ["--users", str(users)]
        run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - ours
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def figures(users: int = USERS, ways: tuple[str, ...] = ("replace_many", "apply")) -> Iterator[Figure]:
    """Measure each way.

    Args:
        users: How many, beside 1,000.
        ways: Which; see ``WAYS``.
    """
    for way in ways:
        few, many = measured(way, FEW), measured(way, users)
        yield Figure(
            f"memory, {users:,} users, {way}",
            f"{FEW:,} users",
            round(many["most"] - few["most"], 1),
            "MiB more",
            GROWTH,
            details={"MiB at most": [few["most"], many["most"]], "seconds": many["seconds"], "way": many["samples"]},
        )


def child(way: str, address: str, users: int) -> None:
    """What such a process does."""
    samples, begun = Samples(users), time.monotonic()
    WAYS[way](address, users, samples)
    told = {"most": round(most(), 1), "seconds": round(time.monotonic() - begun), "samples": samples.taken}
    print(json.dumps(told))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=USERS, help=f"how many (default: {USERS:,})")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=["replace_many", "apply"], help="which")
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        child(given.way, given.address, given.users)
        return
    show(figures(given.users, tuple(given.ways)))


if __name__ == "__main__":
    main()
