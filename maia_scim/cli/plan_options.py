"""The options of every command that makes a plan, shows it and carries it out. They cost nothing to import."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")

_FILE = click.Path(dir_okay=False, path_type=Path)
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)


class PlanOptions(NamedTuple):
    """What was given of these options; each is told by its help below.

    Attributes:
        dry_run: ``--dry-run``.
        yes: ``--yes``.
        plan_out: ``--plan-out``.
        html: ``--html``.
        show_all: ``--all``.
        max_changes: ``--max-changes``.
        max_deactivations: ``--max-deactivations``.
        protect: ``--protect``.
        journal: ``--journal``.
        report: ``--report``, as often as it was given.
        concurrency: ``--concurrency``.
        per_minute: ``--per-minute``.
        failed_out: ``--failed-out``, of a command whose plan has rows of a file.
        max_removals: ``--max-removals``, of a command that changes groups.
        allow_empty: ``--allow-empty``, as often as it was given.
    """

    dry_run: bool
    yes: bool
    plan_out: Path | None
    html: Path | None
    show_all: bool
    max_changes: str | None
    max_deactivations: str | None
    protect: Path | None
    journal: Path | None
    report: tuple[Path, ...]
    concurrency: int
    per_minute: int | None
    failed_out: Path | None = None
    max_removals: str | None = None
    allow_empty: tuple[str, ...] = ()


def plan_options(
    *, groups: bool = False, rows: bool = False, journal: str = "FILE.journal"
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command these options, and the function the argument ``options``, which is ``PlanOptions``.

    Args:
        groups: Whether its plan may change members of groups.
        rows: Whether its plan has rows of a file, which ``--failed-out`` writes.
        journal: Where the journal is if nobody says.
    """

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        @wraps(function)
        def command(*args: Any, **given: Any) -> R:
            own = {name: given.pop(name) for name in PlanOptions._fields if name in given}
            return function(*args, options=PlanOptions(**own), **given)

        decorated: Callable[..., R] = command
        for option in reversed([*_options(journal, groups=groups, rows=rows)]):
            decorated = option(decorated)
        return decorated

    return decorate


def _options(journal: str, *, groups: bool, rows: bool) -> list[Callable[[Callable[..., R]], Callable[..., R]]]:
    every = "users, or members of groups," if groups else "users"
    options = [
        click.option("--dry-run", "-n", is_flag=True, help="Make the plan, show it, and write nothing."),
        click.option("--yes", "-y", is_flag=True, help="Do not ask before writing."),
        click.option("--plan-out", type=_FILE, help="Save the plan, to be applied later: maia-scim apply PLAN."),
        click.option("--html", type=_FILE, help="Write the plan as a page, for whoever has to approve it."),
        click.option("--all", "show_all", is_flag=True, help="Show every change; by default the first 50."),
        click.option(
            "--max-changes", metavar="N|P%", help=f"Stop if more {every} would change: 20, or 5% of all in the plan."
        ),
        click.option("--max-deactivations", metavar="N|P%", help="Stop if more users would be deactivated."),
    ]
    if groups:
        options += [
            click.option("--max-removals", metavar="N|P%", help="Stop if more members would go: 20, or 5% of them."),
            click.option(
                "--allow-empty",
                multiple=True,
                metavar="GROUP",
                help="Group, by id or name, that may be left without members; repeated for several.",
            ),
        ]
    options += [
        click.option(
            "--protect", type=_THERE, help="File that names accounts never to deactivate or rename, one a line."
        ),
        click.option("--journal", type=_FILE, help=f"Where to keep the journal; {journal} by default."),
        click.option("--report", multiple=True, type=_FILE, help="Write the outcomes to a .json, .csv or .html file."),
    ]
    if rows:
        options.append(click.option("--failed-out", type=_FILE, help="Write the rows that failed, to be run again."))
    return [
        *options,
        click.option(
            "--concurrency", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests under way."
        ),
        click.option("--per-minute", type=click.IntRange(1), metavar="N", help="Requests a minute; 1000 by default."),
    ]


__all__ = ["PlanOptions", "plan_options"]
