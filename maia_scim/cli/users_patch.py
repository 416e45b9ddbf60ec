"""``maia-scim users patch``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.options import dry_run_option
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output


@click.command(short_help="Set, add or remove some attributes of a user.")
@click.argument("id", metavar="ID")
@click.option("--set", "set_", metavar="PATH=VALUE", multiple=True, help="Set a value; null clears it.")
@click.option("--set-text", metavar="PATH=TEXT", multiple=True, help="Set a text as it stands, such as 0042 or null.")
@click.option("--add", metavar="PATH=VALUE", multiple=True, help="Add to an array, or set what has no value yet.")
@click.option("--remove", metavar="PATH", multiple=True, help="Remove an attribute, or the items that a filter finds.")
@click.option("--file", metavar="FILE|-", help="JSON instead: the body of a PATCH, or an array of operations.")
@click.option("--if-match", metavar="VERSION", help="Write only if the user is still at this version.")
@dry_run_option
@with_output
@connected
def patch(
    *,
    id: str,
    set_: tuple[str, ...],
    set_text: tuple[str, ...],
    add: tuple[str, ...],
    remove: tuple[str, ...],
    file: str | None,
    if_match: str | None,
    dry_run: bool,
    output: Output,
    connection: Connection,
) -> None:
    """Set, add or remove some attributes of a user, and leave all others alone.

    ID may be a name that the index knows.
    PATH is an attribute (title), a sub-attribute (name.givenName), or items of an array (emails[type eq "work"].value).
    VALUE is JSON if it is JSON, else text; 42 and true stay text where the specification says that the attribute is a
    text. All that is removed comes first, then what is set, then what is added, in one request.
    """
    from maia_scim.cli import patch_options, plans, views
    from maia_scim.cli.exits import Wrong
    from maia_scim.cli.names import Names
    from maia_scim.cli.output import say
    from maia_scim.cli.reading import show
    from maia_scim.cli.rehearsal import Rehearsal
    from maia_scim.cli.replacing import tell_differences

    if bool(file) == any((set_, set_text, add, remove)):
        raise Wrong("what is to change? Give --set, --set-text, --add and --remove, or --file instead of them")
    if file:
        operations = patch_options.from_file(file)
    else:
        operations = patch_options.given(set=set_, set_text=set_text, add=add, remove=remove)
    [id] = Names(connection).ids([id], "user", write=True)
    if dry_run:
        with Rehearsal(connection) as rehearsal:
            held = rehearsal.maia.users.get(id).to_dict()
            planned = rehearsal.of(lambda maia: maia.users.patch(id, operations, if_match=if_match))
        assert planned is not None
        changes, notes = patch_options.changes_of(held, planned.body)
        plan = plans.Plan(f"user {views.name_of(held)}, {id}", planned, changes, notes)
        plans.dry_run(connection, [plan], output=output)
        return
    with connection.client() as maia, maia.capture() as calls:
        after = maia.users.patch(id, operations, if_match=if_match).to_dict()
    tell_differences(calls)
    say(f"Changed: {connection.title}")
    show([after], "user", output=output)
