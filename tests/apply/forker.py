"""Runs `apply` in processes that a test may kill: forks one for each line on standard input, which names a file.

It has imported everything by then, so that a process takes little time to begin.
"""

import os
import sys
from pathlib import Path

from maia_scim import ClientCredentials, MaiaScim, apply
from maia_scim.apply import memberships
from maia_scim.apply.syncing import sync_groups


def run(file: Path, base_url: str, client_id: str) -> None:
    origin = base_url.removesuffix("/dpc")
    auth = ClientCredentials(
        client_id=client_id,
        client_secret=os.environ["MAIA_CLIENT_SECRET"],
        token_url=f"{origin}/oauth/dpc/token",
    )
    memberships.CHUNK = 3  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue] - so that there are many
    make = sync_groups if file.name.startswith("groups") else apply.plan
    with MaiaScim(base_url=base_url, auth=auth, rate_limit=None) as maia, make(maia, file) as plan:
        plan.apply(concurrency=4)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            file, base_url, client_id = line.strip().split("\t")
            run(Path(file), base_url, client_id)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


if __name__ == "__main__":
    for name in apply.__all__:
        getattr(apply, name)
    main()
