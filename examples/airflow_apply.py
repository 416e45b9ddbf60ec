"""Bring users to what a file says, as a task of Airflow, or of any other scheduler that calls a function.

Set MAIA_REGION, MAIA_CLIENT_ID and MAIA_CLIENT_SECRET for the worker. Without a scheduler:

    python examples/airflow_apply.py people.csv people.journal report.html
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from maia_scim import MaiaScim, apply, errors

if TYPE_CHECKING:
    from collections.abc import Sequence


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Do without a scheduler what its task would do; give the exit code."""
    parser = argparse.ArgumentParser(description="Bring users to what a file says.")
    parser.add_argument("file", help="the file of users")
    parser.add_argument("journal", help="where its journal is kept, from run to run")
    parser.add_argument("report", help="where to write the report: .html, .json or .csv")
    given = parser.parse_args(arguments)
    try:
        print(apply_people(given.file, given.journal, given.report))
    except (errors.MaiaError, RuntimeError, OSError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
