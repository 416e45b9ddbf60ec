"""``maia-scim groups add-member`` and ``groups remove-member``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.options import dry_run_option, yes_option
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_scim import MaiaScim
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.cli.plans import Plan


def _members(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what both have: the group, the users, and how to write."""
    for decorate in (
        connected,
        with_output,
        dry_run_option,
        click.option("--if-match", metavar="VERSION", help="Write only if the group is still at this version."),
        click.argument("users", metavar="USER...", nargs=-1, required=True),
        click.argument("group", metavar="GROUP"),
    ):
        function = decorate(function)
    return function


@click.command(short_help="Add users to a group.")
@_members
def add_member(**given: Any) -> None:
    """Add users to a group, by ids, or by names that the index knows. Nothing is written for those who are in it."""
    _change(**given, add=True, yes=True)


@click.command(short_help="Remove users from a group.")
@yes_option
@_members
def remove_member(**given: Any) -> None:
    """Remove users from a group, by ids, or by names that the index knows.

    Nothing is written for those who are not in it. They lose what the group lets them do. Shows who it is, and asks.
    """
    _change(**given, add=False)


def _change(
    *,
    connection: Connection,
    group: str,
    users: tuple[str, ...],
    add: bool,
    if_match: str | None,
    yes: bool,
    dry_run: bool,
    output: Output,
) -> None:
    from maia_scim.cli import plans
    from maia_scim.cli.names import Names
    from maia_scim.cli.output import check_can_ask, say
    from maia_scim.cli.reading import show

    if not dry_run:
        check_can_ask(yes=yes)
    names = Names(connection)
    [group] = names.ids([group], "group", write=True)
    users = tuple(names.ids(users, "user", write=True))

    def send(maia: MaiaScim) -> Any:
        change = maia.groups.add_members if add else maia.groups.remove_members
        return change(group, *users, if_match=if_match)

    if dry_run or not yes:
        plan = _plan(connection, group, users, send, add=add)
        if dry_run:
            plans.dry_run(connection, [plan], output=output)
            return
        if plan.planned:
            plans.ask("Remove from this group", connection, [plan], yes=yes)
    with connection.client() as maia:
        after = send(maia).to_dict()
    did = "Nothing to write" if connection.writes.last is None else "Added" if add else "Removed"
    say(f"{did}; the group has {len(after.get('members') or [])} members: {connection.title}")
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
    there = {_id(each) for each in before}
    if add:
        after = [*before, *({"value": each} for each in dict.fromkeys(users) if each not in there)]
    else:
        after = [each for each in before if _id(each) not in users]
    changes = [Change("members", before, after)] if planned else []
    return Plan(f"group {name_of(held)}, {group}", planned, changes)


def _id(member: Any) -> Any:
    """The id of a member; None where a service puts another thing than members there."""
    return cast("dict[str, Any]", member).get("value") if isinstance(member, dict) else None
