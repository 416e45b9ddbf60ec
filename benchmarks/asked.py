"""How many requests `apply` makes of 10,000 users of whom 1% differ, counted by the service.

    python -m benchmarks.asked

No operation that lists users is known, so that each is read once to learn what it holds, and each that differs is
written once: 10,000 + 100. A PUT that carries the version of what was read (``If-Match``) cannot overwrite what
somebody else wrote meanwhile, so nothing is read again before it, and its answer says what the service holds then, so
nothing is read again after it.

Of a service without versions, a PUT may overwrite. `apply` reads such a user again just before it is written, and
leaves it alone if it has moved on: 100 requests more, which the second figure shows. Requests for a token are in none
of these numbers.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from maia_scim import BearerToken, MaiaScim, apply

from .figure import Figure, show
from .memory import SHARE, TOKEN, write_file
from .peer import counts, peer

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS = 10_000


def requests(users: int, directory: Literal["versions", "no versions"]) -> dict[str, int]:
    """Plan, carry out, and give how many requests of each method there were."""
    with peer(directory=directory) as address, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        write_file(file, users)
        with (
            MaiaScim(base_url=address, auth=BearerToken(TOKEN), rate_limit=None) as maia,
            apply.plan(maia, file, journal=Path(folder) / "journal") as plan,
        ):
            summary = plan.apply()
        assert (summary.rows, summary.done) == (users, -(-users // SHARE)), summary
        return counts(address)


def figures(users: int = USERS) -> Iterator[Figure]:
    """Count the requests, of a service that has versions and of one that has none."""
    differ = -(-users // SHARE)
    made = requests(users, "versions")
    what, against = f"requests of apply, {users:,} users", f"{users:,} reads, {differ:,} writes"
    yield Figure(what, against, sum(made.values()) / (users + differ), bound=1.0, details=made)
    made = requests(users, "no versions")
    what = f"{what}, no versions"
    yield Figure(
        what,
        f"{users + differ:,} reads, {differ:,} writes",
        sum(made.values()) / (users + 2 * differ),
        bound=1.0,
        details=made,
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=USERS, help=f"how many (default: {USERS:,})")
    show(figures(parser.parse_args().users))


if __name__ == "__main__":
    main()
