"""``maia-scim groups``: the commands, each imported when it is run."""

from __future__ import annotations

import click

from maia_scim.cli.lazy import Entry, LazyGroup

COMMANDS = {
    "get": Entry("maia_scim.cli.getting", "groups", "Read groups."),
    "members": Entry("maia_scim.cli.groups_show_members", "members", "Show who is in a group."),
    "sync": Entry(
        "maia_scim.cli.groups_sync",
        "sync",
        "Give groups the members that a file says: a plan to look at, then the changes.",
    ),
    "replace": Entry("maia_scim.cli.groups_write", "replace", "Replace a whole group."),
    "add-member": Entry("maia_scim.cli.groups_members", "add_member", "Add users to a group."),
    "remove-member": Entry("maia_scim.cli.groups_members", "remove_member", "Remove users from a group."),
}


@click.group(cls=LazyGroup, table=COMMANDS, short_help="Read and change groups, and who is in them.")
def groups() -> None:
    """Read and change groups, and who is in them.

    A group carries a role in an account, a project or an environment: its members are its permissions.
    """
