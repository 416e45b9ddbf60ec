"""A plan and its outcome on a terminal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from maia_scim.apply import show
from maia_scim.apply.words import counted, file_of, to_do
from maia_scim.cli import apply_undo
from maia_scim.cli.names import age
from maia_scim.cli.output import difference_lines
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from maia_scim.apply import Entry, Plan, Summary
    from maia_scim.apply.model import State, Verb

_FEW = 50
_FEW_MEMBERS = 20  # of a group, who come or go
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
_OF_ONE = {**_OUTCOMES, "moved": "not written"}  # the reason follows


def plan(made: Plan, title: str, *, show_all: bool) -> None:
    """Show a plan: what it is about, what changes in whom, what does not go, and how many of each."""
    click.echo(f"{heading(made)} · {title}\n")
    for shown, own in enumerate(_together(made.entries("change"))):
        if shown == _FEW and not show_all:
            click.echo("… and more: --all shows all, --html writes a page\n")
            break
        for line in _of_change(own, show_all=show_all):
            click.echo(line)
        click.echo("")
    for state, words in _WORDS.items():
        lines = [*_few(_trouble(entry, words, "yellow") for entry in made.entries(state))]
        for line in (*lines, *[""] * bool(lines)):
            click.echo(line)
    for line in counts(made.summary, made.groups, made.about.kind):
        click.echo(line)
    if made.summary.named:
        click.echo(f"  {_named(made)}")


def _named(made: Plan) -> str:
    """How many were found by names, and how old the oldest of these answers is."""
    count = made.summary.named
    oldest = min((entry.seen for entry in made.entries() if entry.seen), default=None)
    told = f"{counted(count, 'user')} found by name" + (f", seen {age(oldest)}" if oldest else "")
    return told if count == 1 or not oldest else told.replace("seen", "the oldest seen")


def heading(made: Plan) -> str:
    """What a plan is of."""
    about = made.about
    if about.kind == "undo":
        return apply_undo.heading(made)
    file = plain(file_of(about))
    if about.kind == "apply":
        return f"Plan of {file}"
    return f"Plan of {about.kind}{f' · {file}' if file else ''}"


def rest(made: Plan, title: str) -> None:
    """Show a run that was cut short: how much of it there is, and how much is left."""
    click.echo(f"{heading(made)} of {made.about.planned:%Y-%m-%d %H:%M} UTC · {title}\n")
    summary = made.summary
    click.echo(f"  {summary.change:,} to change")
    click.echo(f"  {summary.done:,} of them done")
    if summary.unknown:
        looked = "which is looked at first" if summary.unknown == 1 else "which are looked at first"
        click.echo(click.style(f"  {summary.unknown:,} {_OUTCOMES['unknown']}, {looked}", fg="red"))
    click.echo(click.style(f"  {made.left:,} left", fg="green" if made.left else None))


def counts(summary: Summary, groups: int, kind: Verb) -> Iterator[str]:
    """A line for each kind of row that there is."""
    if kind in ("apply", "undo") and not groups:
        yield click.style(f"{counted(summary.rows, 'row')}", bold=True)
        off = f", {summary.deactivations:,} of them deactivated" if summary.deactivations else ""
        changes = summary.change - summary.creations
        if changes or not summary.creations:
            yield click.style(f"  {changes:,} to change{off}", fg="green" if changes else None)
        if summary.creations:
            yield click.style(f"  {summary.creations:,} to create", fg="green")
    elif not summary.change:
        yield "  nothing to change"
    else:
        for told in to_do(summary, groups):
            yield click.style(f"  {told}", fg="green")
    yield f"  {summary.unchanged:,} unchanged"
    for state, words in _WORDS.items():
        if count := getattr(summary, state):
            yield click.style(f"  {count:,} {words}", fg="yellow")
    if summary.kept:
        yield f"  {summary.kept:,} with values that the service is known to keep otherwise: not proposed again"
    if count := summary.case_only:
        differ, left = ("1 value differs", "it is") if count == 1 else (f"{count:,} values differ", "they are")
        yield f"  {differ} in letter case or Unicode form alone: left as {left} (--exact-case)"


def outcome(made: Plan) -> None:
    """Show what became of a plan: what did not go, what the service made otherwise, and how many of each."""
    for line in _few(_trouble(entry, _OF_ONE[entry.result.outcome], "red") for entry in made.failed() if entry.result):
        click.echo(line)
    for line in _few(_adjusted(made.entries("change"))):
        click.echo(line)
    summary = made.summary
    done = counted(summary.done, "write") if summary.groups else f"{summary.done:,}"
    click.echo(click.style(f"{done} done", fg="green" if summary.done else None, bold=True))
    for name, words in _OUTCOMES.items():
        if count := getattr(summary, name):
            click.echo(click.style(f"  {count:,} {words}", fg="red"))
    if summary.adjusted:
        click.echo(f"  {summary.adjusted:,} of those done are kept by the service otherwise than sent")


def _together(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """The entries, those of one group together: its members may take several writes."""
    for _of, own in groupby(entries, lambda entry: entry.id if entry.kind == "group" else entry.number):
        yield [*own]


def _of_change(own: list[Entry], *, show_all: bool) -> Iterator[str]:
    entry = own[0]
    what = {"user": "", "new user": "new user", "group": "group"}[entry.kind]
    found = f"by {entry.said}" if entry.said and entry.said != entry.name else ""
    facts = [entry.id, what, f"line {entry.line}" if entry.line else "", found]
    told = plain(" · ".join(filter(None, facts)))
    yield click.style(plain(entry.name or entry.id or "(no name)"), bold=True) + f" · {told}"
    if entry.kind == "group":
        yield from _members(own, show_all=show_all)
    else:
        yield from difference_lines(show.changes_of(entry))
    for each in own:
        if each.note:
            yield click.style(f"  ! {plain(each.note)}", fg="yellow")


def _members(own: list[Entry], *, show_all: bool) -> Iterator[str]:
    """Who goes and who comes. Who goes is shown first, since that takes access away."""
    gone, come = (
        [
            each
            for entry in own
            for change in entry.changes
            for each in show.items(change.before, change.after, change.path)[side]
        ]
        for side in (0, 1)
    )
    for mark, colour, members in (("-", "red", gone), ("+", "green", come)):
        shown = members if show_all or len(members) <= _FEW_MEMBERS else members[: _FEW_MEMBERS - 1]
        for each in shown:
            yield click.style(f"  {mark} {plain(each)}", fg=colour)
        if len(shown) < len(members):
            yield click.style(f"  {mark} and {len(members) - len(shown):,} more: --all shows all", fg=colour)


def _trouble(entry: Entry, words: str, colour: str) -> str:
    who = plain(entry.name or entry.id or "(no id)")
    line = f"line {entry.line}: " if entry.line else ""
    why = (entry.result and entry.result.error) or entry.note
    return click.style(f"{line}{who}: {words}", fg=colour) + (f" - {plain(why)}" if why else "")


def _adjusted(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        for each in entry.result.differences if entry.result else ():
            how = "ignored" if each.ignored else f"kept as {show.text(each.answered, each.path)}"
            yield f"{plain(entry.name or entry.id)}: {plain(each.path)} was sent and {how}"


def _few(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == _FEW:
            yield "… and more: --report writes them all"
            return
        yield line
