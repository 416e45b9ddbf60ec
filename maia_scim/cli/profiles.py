"""``maia-scim profiles``: the list of profiles, and the group of commands that change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maia_scim.cli.lazy import Entry, LazyGroup
from maia_scim.cli.output import with_output
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from maia_scim.cli.output import Output

COMMANDS = {
    "show": Entry("maia_scim.cli.profiles_change", "show", "Show a profile."),
    "add": Entry("maia_scim.cli.profiles_change", "add", "Add a profile."),
    "remove": Entry("maia_scim.cli.profiles_change", "remove", "Remove a profile."),
    "default": Entry("maia_scim.cli.profiles_change", "default", "Say which profile is used where none is named."),
    "set-secret": Entry("maia_scim.cli.profiles_change", "set_secret", "Ask for a secret, and keep it in the keyring."),
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    invoke_without_command=True,
    short_help="List and change profiles: accounts under names.",
)
@with_output
@click.pass_context
def profiles(context: click.Context, output: Output) -> None:
    """List the profiles, or change them.

    A profile is an account of the service under a name: its region, its client id, and where its secret is; never the
    secret. `--profile NAME` uses it.
    """
    if context.invoked_subcommand is not None:
        return
    from maia_scim.cli.output import emit, rows, say
    from maia_scim.cli.profile_store import load

    found = load()
    columns = ("", "name", "where", "client id", "secret")
    emit(
        [{"name": name, "default": name == found.default, **each.to_dict()} for name, each in found.all.items()],
        lambda: rows(
            columns,
            [
                ("*" if name == found.default else "", name, each.region or each.base_url, each.client_id, each.secret)
                for name, each in found.all.items()
            ],
        ),
        output,
    )
    if not found.all:
        say(f"There is no profile in {plain(found.file)}. `maia-scim profiles add` makes one.")
