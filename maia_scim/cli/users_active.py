"""``maia-scim users activate`` and ``users deactivate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.options import dry_run_option, yes_option
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from maia_scim import MaiaScim
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.each import Each
    from maia_scim.cli.output import Output
    from maia_scim.cli.plans import Plan


@click.command(short_help="Let users sign in.")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@dry_run_option
@with_output
@connected
def activate(*, ids: tuple[str, ...], dry_run: bool, output: Output, connection: Connection) -> None:
    """Let users sign in, by ids, or by names that the index knows. Nothing is written for those who can."""
    _set(connection, ids, active=True, yes=True, dry_run=dry_run, output=output)


@click.command(short_help="Keep users from signing in.")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@yes_option
@dry_run_option
@with_output
@connected
def deactivate(*, ids: tuple[str, ...], yes: bool, dry_run: bool, output: Output, connection: Connection) -> None:
    """Keep users from signing in, by ids, or by names that the index knows.

    Nothing is written for those who cannot. Shows who it is, and asks.
    """
    _set(connection, ids, active=False, yes=yes, dry_run=dry_run, output=output)


def _set(
    connection: Connection, ids: tuple[str, ...], *, active: bool, yes: bool, dry_run: bool, output: Output
) -> None:
    from maia_scim.cli import plans
    from maia_scim.cli.each import Each
    from maia_scim.cli.names import Names
    from maia_scim.cli.output import check_can_ask, say
    from maia_scim.cli.reading import show

    if not dry_run:
        check_can_ask(yes=yes)
    each = Each(connection, Names(connection).ids(ids, "user", write=True), "user")
    todo = each.ids
    if dry_run or not yes:
        planned = _plans(connection, each, active=active)
        if dry_run:
            plans.dry_run(connection, [*planned.values()], several=each.several, output=output)
            each.finish()
            return
        todo = [*planned]
        if any(plan.planned for plan in planned.values()):
            plans.ask("Deactivate" if len(todo) == 1 else "Deactivate these", connection, planned.values(), yes=yes)
    with connection.client() as maia:
        done = each.run(lambda id: _change(maia, id, active=active).to_dict(), todo)
    if done:
        say(f"{len(done)} {'active' if active else 'inactive'} now: {connection.title}")
    show([*done.values()], "user", several=each.several, output=output)
    each.finish()


def _change(maia: MaiaScim, id: str, *, active: bool) -> Any:
    return maia.users.activate(id) if active else maia.users.deactivate(id)


def _plans(connection: Connection, each: Each, *, active: bool) -> dict[str, Plan]:
    from maia_scim.cli.plans import Plan
    from maia_scim.cli.rehearsal import Rehearsal
    from maia_scim.cli.views import name_of
    from maia_scim.diff import Change

    with Rehearsal(connection) as rehearsal:

        def plan(id: str) -> Plan:
            held = rehearsal.maia.users.get(id)
            planned = rehearsal.of(lambda maia: _change(maia, id, active=active))
            changes = [Change("active", held.active, active)] if planned else []
            return Plan(f"user {name_of(held.to_dict())}, {id}", planned, changes)

        return each.run(plan)
