"""Off-board one person: switch the account off, take it out of its groups, and print a receipt.

Set MAIA_REGION, MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, or paste what `maia-scim sandbox` prints. Then:

    python offboarding.py 2819c223-7f76-453a-919d-413861904646 --group f53b7fcb-881d-4b5b-a05b-af8ebc898d69
    python offboarding.py bjensen@example.com --index people.sqlite

The service has no search and no list of groups. Looked into are the groups that --group names, those that the account
tells of, and those in which the index saw it; `maia-scim index add --group ID` feeds one. Run it again after a failure:
it does what is left. The exit code is 0 when all is done, 1 when something is not, 2 when it was called wrongly.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from maia_scim import MaiaScim, apply, errors
from maia_scim.index import Index

if TYPE_CHECKING:
    from collections.abc import Sequence


def told(entry: apply.Entry) -> str:
    """A line of the receipt: what was to be done, what is known of it, and the request id or why it is not done."""
    what = f"take out of {entry.name or entry.id}" if entry.kind == "group" else f"switch off {entry.name or entry.id}"
    if entry.result is None:
        known = "not tried" if entry.state == "change" else entry.state
        return f"{what}: {known}" + (f", {entry.note}" if entry.note else "")
    return f"{what}: {entry.result.outcome}, {entry.result.error or f'request {entry.result.request_id}'}"


def offboard(
    maia: MaiaScim, who: str, *, groups: Sequence[str] = (), index: Index | None = None, journal: Path
) -> list[str]:
    """Off-board a person; print the receipt, and give what is not done."""
    whom = apply.Whom(ids=[who], index=index)
    with apply.offboard(maia, whom, groups=groups, index=index, journal=journal) as plan:
        plan.check()  # stops before the first write, if a group would be left without members
        try:
            plan.apply()
        finally:
            for entry in plan.entries():
                print(told(entry))
        return [told(entry) for entry in plan.failed()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Off-board who is named; give the exit code."""
    parser = argparse.ArgumentParser(description="Switch an account off, and take it out of its groups.")
    parser.add_argument("who", help="an id; with --index an e-mail address or a userName, too")
    parser.add_argument("--group", action="append", default=[], help="a group to look into; repeat it for several")
    parser.add_argument("--index", type=Path, help="the index that knows names")
    parser.add_argument("--journal", type=Path, default=Path("offboard.journal"), help="where to note what is done")
    given = parser.parse_args(arguments)
    try:
        with (
            MaiaScim() as maia,
            Index.open(given.index, maia, create=False) if given.index else nullcontext() as index,
        ):
            left = offboard(maia, given.who, groups=given.group, index=index, journal=given.journal)
    except ValueError as error:  # an id that is none: nothing was sent
        parser.error(str(error))
    except errors.MaiaError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
