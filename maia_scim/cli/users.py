"""``maia-scim users``: the commands, each imported when it is run."""

from __future__ import annotations

import click

from maia_scim.cli.lazy import Entry, LazyGroup

COMMANDS = {
    "get": Entry("maia_scim.cli.getting", "users", "Read users."),
    "export": Entry(
        "maia_scim.cli.users_export", "export", "Write users to a file that apply takes: export, edit, apply."
    ),
    "create": Entry("maia_scim.cli.users_write", "create", "Create a user."),
    "replace": Entry("maia_scim.cli.users_write", "replace", "Replace a whole user."),
    "edit": Entry("maia_scim.cli.users_edit", "edit", "Change a user in an editor."),
    "patch": Entry("maia_scim.cli.users_patch", "patch", "Set, add or remove some attributes of a user."),
    "set": Entry(
        "maia_scim.cli.users_set",
        "set_",
        "Set attributes of all whom a filter means: a plan to look at, then the changes.",
    ),
    "rename": Entry(
        "maia_scim.cli.users_rename",
        "rename",
        "Give users other names and addresses: a plan to look at, then the changes.",
    ),
    "activate": Entry("maia_scim.cli.users_active", "activate", "Let users sign in."),
    "deactivate": Entry("maia_scim.cli.users_active", "deactivate", "Keep users from signing in."),
}


@click.group(cls=LazyGroup, table=COMMANDS, short_help="Read and change users.")
def users() -> None:
    """Read and change users."""
