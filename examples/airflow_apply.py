"""Bring users to what a file says, as a task of Airflow, or of any other scheduler that calls a function.

Set MAIA_REGION, MAIA_CLIENT_ID and MAIA_CLIENT_SECRET for the worker. Without a scheduler:

    python examples/airflow_apply.py people.csv people.journal report.html
"""

from __future__ import annotations

import sys
from pathlib import Path

from maia_scim import MaiaScim, apply


def apply_people(file: str, journal: str, report: str) -> dict[str, int]:
    """Apply a file within bounds; a retry plans anew, and writes only what is still to be done.

    Args:
        file: The file of users.
        journal: Where its journal is kept, from run to run.
        report: Where to write the report.

    Returns:
        How many users there were of each kind.

    Raises:
        RuntimeError: If not every row is as the file says, so that the task fails; the report tells why.
    """
    with MaiaScim() as maia, apply.plan(maia, Path(file), journal=Path(journal)) as plan:
        plan.check(max_changes="10%", max_deactivations=20)
        try:
            outcome = plan.apply()
        finally:
            apply.save_report(report, plan.about, plan.summary, plan.entries())
        if failed := sum(1 for _ in plan.failed()):
            raise RuntimeError(f"{failed} of {outcome.rows} rows are not as {file} says: see {report}")
    return {"changed": outcome.done, "unchanged": outcome.unchanged, "adjusted": outcome.adjusted}


if __name__ == "__main__":
    print(apply_people(*sys.argv[1:]))
