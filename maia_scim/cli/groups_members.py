"""``maia-scim groups add-member`` and ``groups remove-member``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.options import dry_run_option, yes_option
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from maia_scim import MaiaScim
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.cli.plans import Plan


@click.command(short_help="Add users to a group.")
@click.argument("group", metavar="GROUP")
@click.argument("users", metavar="USER...", nargs=-1, required=True)
@click.option("--if-match", metavar="VERSION", help="Write only if the group is still at this version.")
@dry_run_option
@with_output
@connected
def add_member(
    *,
    group: str,
    users: tuple[str, ...],
    if_match: str | None,
    dry_run: bool,
    output: Output,
    connection: Connection,
) -> None:
    """Add users to a group, by ids. Nothing is written for those who are in it."""
    _change(connection, group, users, add=True, if_match=if_match, yes=True, dry_run=dry_run, output=output)


@click.command(short_help="Remove users from a group.")
@click.argument("group", metavar="GROUP")
@click.argument("users", metavar="USER...", nargs=-1, required=True)
@click.option("--if-match", metavar="VERSION", help="Write only if the group is still at this version.")
@yes_option
@dry_run_option
@with_output
@connected
def remove_member(
    *,
    group: str,
    users: tuple[str, ...],
    if_match: str | None,
    yes: bool,
    dry_run: bool,
    output: Output,
    connection: Connection,
) -> None:
    """Remove users from a group, by ids. Nothing is written for those who are not in it.

    They lose what the group lets them do. Shows who it is, and asks.
    """
    _change(connection, group, users, add=False, if_match=if_match, yes=yes, dry_run=dry_run, output=output)


def _change(
    connection: Connection,
    group: str,
    users: tuple[str, ...],
    *,
    add: bool,
    if_match: str | None,
    yes: bool,
    dry_run: bool,
    output: Output,
) -> None:
    from maia_scim.cli import plans
    from maia_scim.cli.output import check_can_ask, say
    from maia_scim.cli.reading import show

    def send(maia: MaiaScim) -> Any:
        change = maia.groups.add_members if add else maia.groups.remove_members
        return change(group, *users, if_match=if_match)

    if dry_run or not yes:
        if not dry_run:
            check_can_ask(yes=yes)
        plan = _plan(connection, group, users, send, add=add)
        if dry_run:
            plans.dry_run(connection, [plan], output=output)
            return
        if plan.planned:
            plans.ask("Remove from this group", connection, [plan], yes=yes)
    with connection.client() as maia:
        after = send(maia).to_dict()
    say(f"{'Added' if add else 'Removed'}; the group has {len(after.get('members') or [])} members: {connection.title}")
    show([after], "group", output=output)


def _plan(connection: Connection, group: str, users: tuple[str, ...], send: Any, *, add: bool) -> Plan:
    from maia_scim.cli.plans import Plan
    from maia_scim.cli.rehearsal import Rehearsal
    from maia_scim.cli.views import name_of
    from maia_scim.diff import Change

    with Rehearsal(connection) as rehearsal:
        held = rehearsal.maia.groups.get(group).to_dict()
        planned = rehearsal.of(send)
    before: list[Any] = held.get("members") or []
    there = {each.get("value") for each in before}
    if add:
        after = [*before, *({"value": each} for each in dict.fromkeys(users) if each not in there)]
    else:
        after = [each for each in before if each.get("value") not in users]
    changes = [Change("members", before, after)] if planned else []
    return Plan(f"group {name_of(held)}, {group}", planned, changes)
