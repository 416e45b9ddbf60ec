"""A plan and its outcome on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maia_scim.cli.output import difference_lines
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from maia_scim.apply import Entry, Plan, Summary
    from maia_scim.apply.model import State

_FEW = 50
_WORDS: dict[State, str] = {
    "not_found": "not found",
    "invalid": "invalid",
    "unread": "could not be read",
    "protected": "protected",
    "conflict": "changed by others since",
}
_OUTCOMES = {
    "moved": "changed by others since, not written",
    "refused": "refused",
    "not_sent": "not sent",
    "unknown": "not known whether done",
}


def plan(made: Plan, title: str, *, show_all: bool) -> None:
    """Show a plan: what it is about, what changes in whom, what does not go, and how many of each."""
    what = "Undoing a run of" if made.about.kind == "undo" else "Plan of"
    click.echo(f"{what} {plain(made.about.file)} · {title}\n")
    for shown, entry in enumerate(made.entries("change")):
        if shown == _FEW and not show_all:
            click.echo(f"… and {made.summary.change - shown:,} more users: --all shows them, --html writes a page\n")
            break
        for line in _of_change(entry):
            click.echo(line)
        click.echo("")
    for state, words in _WORDS.items():
        lines = [*_few(_trouble(entry, words, "yellow") for entry in made.entries(state))]
        for line in (*lines, *[""] * bool(lines)):
            click.echo(line)
    for line in counts(made.summary):
        click.echo(line)


def rest(made: Plan, title: str) -> None:
    """Show a run that was cut short: how much of it there is, and how much is left."""
    click.echo(f"Plan of {plain(made.about.file)} of {made.about.planned:%Y-%m-%d %H:%M} UTC · {title}\n")
    summary = made.summary
    click.echo(f"  {summary.change:,} to change")
    click.echo(f"  {summary.done:,} of them done")
    click.echo(click.style(f"  {made.left:,} left", fg="green" if made.left else None))


def counts(summary: Summary) -> Iterator[str]:
    """A line for each kind of row that there is."""
    yield click.style(f"{summary.rows:,} row{'s' * (summary.rows != 1)}", bold=True)
    off = f", {summary.deactivations:,} of them deactivated" if summary.deactivations else ""
    yield click.style(f"  {summary.change:,} to change{off}", fg="green" if summary.change else None)
    yield f"  {summary.unchanged:,} unchanged"
    for state, words in _WORDS.items():
        if count := getattr(summary, state):
            yield click.style(f"  {count:,} {words}", fg="yellow")
    if summary.kept:
        yield f"  {summary.kept:,} with values that the service is known to keep otherwise: not proposed again"
    if summary.case_only:
        yield f"  {summary.case_only:,} values differ in letter case alone: left as they are (--exact-case)"


def outcome(made: Plan) -> None:
    """Show what became of a plan: what did not go, what the service made otherwise, and how many of each."""
    for line in _few(
        _trouble(entry, _OUTCOMES[entry.result.outcome], "red") for entry in made.failed() if entry.result
    ):
        click.echo(line)
    for line in _few(_adjusted(made.entries("change"))):
        click.echo(line)
    summary = made.summary
    click.echo(click.style(f"{summary.done:,} done", fg="green" if summary.done else None, bold=True))
    for name, words in _OUTCOMES.items():
        if count := getattr(summary, name):
            click.echo(click.style(f"  {count:,} {words}", fg="red"))
    if summary.adjusted:
        click.echo(f"  {summary.adjusted:,} of those done are kept by the service otherwise than sent")


def _of_change(entry: Entry) -> Iterator[str]:
    line = f" · line {entry.line}" if entry.line else ""
    yield click.style(plain(entry.name or entry.id), bold=True) + plain(f" · {entry.id}{line}")
    yield from difference_lines(entry.changes)
    if entry.note:
        yield click.style(f"  ! {plain(entry.note)}", fg="yellow")


def _trouble(entry: Entry, words: str, colour: str) -> str:
    who = plain(entry.name or entry.id or "(no id)")
    line = f"line {entry.line}: " if entry.line else ""
    why = (entry.result and entry.result.error) or entry.note
    return click.style(f"{line}{who}: {words}", fg=colour) + (f" - {plain(why)}" if why else "")


def _adjusted(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        for each in entry.result.differences if entry.result else ():
            how = "ignored" if each.ignored else f"kept as {plain(each.answered)}"
            yield f"{plain(entry.name or entry.id)}: {plain(each.path)} was sent and {how}"


def _few(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == _FEW:
            yield "… and more: --report writes them all"
            return
        yield line
