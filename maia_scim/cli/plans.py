"""What a command is about to do: the request, and what it changes of what the service holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from maia_scim.cli.output import changes_json, confirm, difference_lines, emit, masked, say
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.cli.rehearsal import Planned
    from maia_scim.diff import Change

# What a service sets by itself, so that a difference there tells nothing.
_NOT_SHOWN = {"user": ("id", "meta", "groups", "schemas"), "group": ("id", "meta", "schemas")}


class Plan(NamedTuple):
    """What is about to be done to a resource.

    Attributes:
        what: Who or what it is about, in a few words.
        planned: The write; None where there is nothing to write.
        changes: What it changes.
        notes: More to tell of it, a line each.
    """

    what: str
    planned: Planned | None
    changes: Sequence[Change] = ()
    notes: Sequence[str] = ()

    def to_dict(self, connection: Connection) -> dict[str, Any]:
        """The plan as JSON, without passwords."""
        request: dict[str, Any] | None = None
        if self.planned:
            request = {**self.planned._asdict(), "body": masked(self.planned.body)}
        return {
            "dryRun": True,
            **connection.facts,
            "request": request,
            "changes": changes_json(self.changes),
        }

    def lines(self) -> Iterator[str]:
        """The plan as lines, without passwords."""
        if self.planned is None and not self.changes:
            yield f"{plain(self.what)}: nothing to write, it is so already"
            return
        yield click.style(plain(self.what), bold=True)
        yield from difference_lines(self.changes)
        yield from (f"  {plain(note)}" for note in self.notes)


def changes_of(held: Mapping[str, Any], body: Mapping[str, Any], kind: str) -> tuple[Change, ...]:
    """What a PUT changes.

    Args:
        held: What the service holds.
        body: What is sent.
        kind: ``user`` or ``group``.
    """
    from maia_scim.diff import diff

    hidden = _NOT_SHOWN[kind]
    return tuple(change for change in diff(held, body) if change.path.partition(".")[0].lower() not in hidden)


def dry_run(connection: Connection, plans: Sequence[Plan], *, several: bool = False, output: Output) -> None:
    """Write plans to standard output, instead of doing what they say.

    Args:
        connection: Which account they are about.
        plans: The plans.
        several: Whether JSON is an array even of one.
        output: How to show them.
    """
    say(f"Dry run, nothing is written: {connection.title}")
    found = [plan.to_dict(connection) for plan in plans]
    emit(found if several or len(found) != 1 else found[0], lambda: _table(plans), output)


def ask(question: str, connection: Connection, plans: Iterable[Plan], *, yes: bool) -> None:
    """Show plans on standard error, and ask for a yes.

    Args:
        question: What to ask, without a question mark.
        connection: Which account it is about.
        plans: What is about to be done.
        yes: Whether the answer was given on the command line.

    Raises:
        Stopped: If the answer is no.
        Wrong: If nobody can be asked.
    """
    say(connection.title)
    for plan in plans:
        for line in plan.lines():
            say(line)
    confirm(f"{question} ({connection.title})?", yes=yes)


def _table(plans: Iterable[Plan]) -> Iterator[str]:
    for plan in plans:
        yield from plan.lines()
        if plan.planned:
            version = "".join(f"  {name}: {value}" for name, value in plan.planned.headers.items())
            yield plain(f"  would send {plan.planned.method} {plan.planned.url}{version}")
