"""Fix job titles from a spreadsheet: look at the plan, write it, and hear what became of each row.

Set MAIA_REGION, MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, or paste what `maia-scim sandbox` prints. Then:

    python examples/titles_from_csv.py titles.csv            shows what would change
    python examples/titles_from_csv.py titles.csv --write    and changes it

titles.csv is as spreadsheets save it, with the columns `id` and `title`, in any letter case. An empty cell changes
nothing. What is written is noted in titles.csv.journal: `maia-scim apply --undo titles.csv.journal` takes it back. The
exit code is 0 when each row is as the file says, 1 when one is not, 2 when it was called wrongly.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from maia_scim import MaiaScim, apply, errors

if TYPE_CHECKING:
    from collections.abc import Sequence


def told(entry: apply.Entry) -> str:
    """What is known of a row that is not as the file says, and why."""
    row = f"line {entry.line}, {entry.id or 'no id'}"
    if entry.result:
        return f"{row}: {entry.result.outcome}: {entry.result.error}"
    known = "not tried" if entry.state == "change" else entry.state
    return f"{row}: {known}" + (f": {entry.note}" if entry.note else "")


def fix_titles(maia: MaiaScim, file: Path, *, write: bool, max_changes: str) -> bool:
    """Bring titles to what a file says; tell whether each row is, or would be."""
    with apply.plan(maia, file, skip_invalid=True) as plan:
        changes = [(entry.name, change) for entry in plan.entries("change") for change in entry.changes]
        for name, change in changes:
            print(name, change)
        if other := {change.path for _, change in changes} - {"title"}:
            raise apply.PlanError(f"this is for titles, and the file would change {', '.join(sorted(other))}")
        plan.check(max_changes=max_changes)
        try:
            if write:
                outcome = plan.apply()
                print(f"changed: {outcome.done}, right before: {outcome.unchanged}")
        finally:  # some may be written, whatever ended it
            failed = [told(entry) for entry in plan.failed() if write or entry.state != "change"]
            for line in failed:
                print(line, file=sys.stderr)
    return not failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Fix the titles of a file; give the exit code."""
    parser = argparse.ArgumentParser(description="Fix job titles from a spreadsheet.")
    parser.add_argument("file", type=Path, help="a CSV file with the columns id and title")
    parser.add_argument("--write", action="store_true", help="write the changes; else they are only shown")
    parser.add_argument("--max-changes", default="50", help="stop if more would change: a number, or such as 10%%")
    given = parser.parse_args(arguments)
    try:
        with MaiaScim() as maia:
            right = fix_titles(maia, given.file, write=given.write, max_changes=given.max_changes)
    except ValueError as error:  # a bound that is none
        parser.error(str(error))
    except errors.MaiaError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
