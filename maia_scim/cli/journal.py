"""``maia-scim journal``: which runs there were, and what became of each change."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.exits import Wrong, answered
from maia_scim.cli.output import emit, rows, say, with_output

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

    with answered(), _told(), Journal(journal) as trail:
        runs = trail.runs()
        chosen = next((run for run in reversed(runs) if number in (None, run.number)), None)
        if chosen is None:
            raise Wrong(f"{journal}: it holds no run {number or ''}".rstrip())
        if not (report or failed_out):
            emit([as_json(run) for run in runs], lambda: _table(runs), output)
        from maia_scim.cli.apply_reports import write_failed, write_reports

        write_reports(report, chosen.about, chosen.summary, lambda: trail.entries(chosen.number))
        if failed_out:
            form = trail.form(chosen.number)
            if form is None:
                raise Wrong(f"--failed-out: run {chosen.number} is an undo, which has no file")
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
        "done": summary.done,
        "failed": summary.moved + summary.refused + summary.not_sent,
        "unknown": summary.unknown,
    }


def _table(runs: tuple[Run, ...]) -> Table:
    say(f"{len(runs)} run{'s' * (len(runs) != 1)}")
    columns = ("run", "state", "kind", "planned", "file", "account", "rows", "to change", "done", "failed", "unknown")
    lines: list[tuple[object, ...]] = []
    for run in runs:
        told = as_json(run)
        where = run.about.profile or run.about.region or run.about.base_url
        lines.append(
            (
                *(told[name] for name in ("run", "state", "kind")),
                f"{run.about.planned:%Y-%m-%d %H:%M}Z",
                run.about.file,
                f"{where}, {run.about.account}",
                *(told[name] for name in ("rows", "change", "done", "failed", "unknown")),
            )
        )
    return rows(columns, lines)
