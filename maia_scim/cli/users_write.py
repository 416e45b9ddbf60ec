"""``maia-scim users create`` and ``users replace``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.options import document, dry_run_option, replace_options, yes_option
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output


@click.command(short_help="Create a user.")
@document
@dry_run_option
@with_output
@connected
def create(*, file: str, dry_run: bool, output: Output, connection: Connection) -> None:
    """Create the user that a JSON file holds; with - it is read from standard input.

    id, meta and groups are the service's to give, and do not go out. Where it is not known whether the user was created
    (exit code 4), do it again: that the userName is taken then means that it was.
    """
    from maia_scim.cli import documents, plans, views
    from maia_scim.cli.output import say
    from maia_scim.cli.plain import plain
    from maia_scim.cli.reading import show
    from maia_scim.cli.rehearsal import Rehearsal
    from maia_scim.cli.replacing import tell_differences
    from maia_scim.models import ScimUser

    user = ScimUser.from_dict(documents.read_object(file, "user"))
    if dry_run:
        with Rehearsal(connection) as rehearsal:
            planned = rehearsal.of(lambda maia: maia.users.create(user))
        body: dict[str, Any] = planned.body if planned else {}
        plan = plans.Plan(f"new user {views.name_of(body)}", planned, plans.changes_of({}, body, "user"))
        plans.dry_run(connection, [plan], output=output)
        return
    with connection.client() as maia, maia.capture() as calls:
        created = maia.users.create(user).to_dict()
    tell_differences(calls)
    say(f"Created user {plain(views.name_of(created))}, {plain(created.get('id'))}: {connection.title}")
    show([created], "user", output=output)


@click.command(short_help="Replace a whole user.")
@document
@replace_options
@yes_option
@dry_run_option
@with_output
@connected
def replace(**given: Any) -> None:
    """Replace a user by what a JSON file holds; with - it is read from standard input.

    The file is the whole user: what it leaves out may be cleared. So by default nothing is written when it leaves out
    something that the service holds; to clear that, give it as null. Shows what changes, and asks.
    """
    from maia_scim.cli.replacing import replace

    replace(kind="user", **given)
