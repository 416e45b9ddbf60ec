"""``maia-scim journal``: which runs there were, and what became of each change."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maia_scim.apply.words import counted, file_of
from maia_scim.cli.exits import Wrong, answered
from maia_scim.cli.output import emit, rows, say, with_output
from maia_scim.cli.places import check_places
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.table import Table

    from maia_scim.apply import Run
    from maia_scim.cli.output import Output

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="Show what a journal holds: the runs, and what became of each change.")
@click.argument("journal", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--run", "number", type=click.IntRange(1), metavar="N", help="The run that the reports are about.")
@click.option("--report", multiple=True, type=_FILE, help="Write its outcomes to a .json, .csv or .html file.")
@click.option("--failed-out", type=_FILE, help="Write its rows that failed, ready to be run again.")
@with_output
def journal(
    journal: Path, number: int | None, report: tuple[Path, ...], failed_out: Path | None, output: Output
) -> None:
    """Show the runs that JOURNAL holds, or write a report of one.

    Nothing is sent, and the journal is not changed. Without --run the reports are about the newest run.
    """
    from maia_scim.apply import Journal

    check_places([*(("--report", each) for each in report), ("--failed-out", failed_out)], [("JOURNAL", journal)])
    with answered(), _told(), Journal(journal) as trail:
        runs = trail.runs()
        chosen = next((run for run in reversed(runs) if number in (None, run.number)), None)
        if chosen is None:
            raise Wrong(f"{journal}: it holds no run {number or ''}".rstrip())
        if not (report or failed_out):
            emit([as_json(run) for run in runs], lambda: _table(runs), output)
            _hints(journal, runs)
        from maia_scim.cli.apply_reports import write_failed, write_reports

        write_reports(report, chosen.about, chosen.summary, lambda: trail.entries(chosen.number))
        if failed_out:
            form = trail.form(chosen.number)
            if form is None:
                raise Wrong(f"--failed-out: run {chosen.number} ({chosen.about.kind}) has no rows of a file")
            write_failed(failed_out, form, trail.failed(chosen.number))


@contextmanager
def _told() -> Generator[None]:
    from maia_scim.apply import ApplyError

    try:
        yield
    except ApplyError as error:
        raise Wrong(str(error)) from error


def as_json(run: Run) -> dict[str, Any]:
    """A run in a few words."""
    about, summary = run.about, run.summary
    return {
        "run": run.number,
        "state": run.state,
        "kind": about.kind,
        "planned": about.planned.isoformat(),
        "file": about.file,
        "profile": about.profile,
        "region": about.region,
        "baseUrl": about.base_url,
        "account": about.account,
        "rows": summary.rows,
        "change": summary.change,
        "create": summary.creations,
        "addMembers": summary.additions,
        "removeMembers": summary.removals,
        "done": summary.done,
        "failed": run.failed,
        "unknown": summary.unknown,
        "left": run.left,
    }


def _table(runs: tuple[Run, ...]) -> Table:
    accounts = {_account(run) for run in runs}
    say(counted(len(runs), "run") + (f" · {plain(*accounts)}" if len(accounts) == 1 else ""))
    firm = ("run", "state", "planned (UTC)")
    columns = (*firm, "what", "outcome", *(["account"] if len(accounts) > 1 else []))
    lines = [
        (
            run.number,
            run.state,
            f"{run.about.planned:%Y-%m-%d %H:%M}",
            f"{run.about.kind} {file_of(run.about)}".strip(),
            _outcome(run),
            *([_account(run)] if len(accounts) > 1 else []),
        )
        for run in runs
    ]
    return rows(columns, lines, whole=firm)


def _account(run: Run) -> str:
    return f"{run.about.profile or run.about.region or run.about.base_url}, {run.about.account}"


def _outcome(run: Run) -> str:
    """How many changes a run had, and what became of them."""
    counts = {
        "done": run.summary.done,
        "failed": run.failed,
        "unknown": run.summary.unknown,
        "left": run.left if run.state != "planned" else 0,
    }
    told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    return counted(run.summary.change, "change") + (f": {told}" if told else "")


def _hints(file: Path, runs: tuple[Run, ...]) -> None:
    """Say what can be gone on with."""
    for run in runs:
        if run.state in ("running", "stopped"):
            how = "was cut short, or is under way" if run.state == "running" else "has changes left"
            say(f"Run {run.number} {how}: maia-scim apply --resume --journal {file}")
