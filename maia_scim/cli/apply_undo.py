"""Which run is undone, for headings; and what else the journal has that this does not undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maia_scim.apply import Journal
from maia_scim.apply.words import counted, file_of
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maia_scim.apply import Plan, Run


def heading(plan: Plan) -> str:
    """What a plan undoes, in a line."""
    file = plain(file_of(plan.about))
    run = _undone(plan)
    if run is None:  # of a plan that was saved it is not known
        return f"Undoing a run of {file}"
    when = f"{run.about.planned:%Y-%m-%d %H:%M} UTC"
    if run.about.kind == "undo":
        return f"Undoing run {run.number} of {file} (an undo of {when}: this brings its changes back)"
    return f"Undoing run {run.number} of {file} ({run.about.kind}, planned {when})"


def notes(plan: Plan) -> Iterator[str]:
    """Which runs were cut short before the one that is undone, and wrote something that stays."""
    if plan.undoes is None or plan.journal is None:
        return
    with Journal(plan.journal) as journal:
        for number in range(plan.undoes - 1, 0, -1):
            run = journal.run(number)
            if run.state != "abandoned":
                return
            wrote = run.summary.done + run.summary.unknown
            same = (run.about.base_url, run.about.account) == (plan.about.base_url, plan.about.account)
            if wrote and same:
                yield (
                    f"run {number}, which was cut short before run {plan.undoes} took its place, wrote "
                    f"{counted(wrote, 'change')}, which this does not undo; that does it, afterwards: "
                    f"maia-scim apply --undo {plan.journal} --run {number}"
                )


def _undone(plan: Plan) -> Run | None:
    if plan.undoes is None or plan.journal is None:
        return None
    with Journal(plan.journal) as journal:
        return journal.run(plan.undoes)
