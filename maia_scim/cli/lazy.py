"""Groups that list their commands without importing them, so that help and completion are quick."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem


PROFILE = "maia_scim.profile"
"""Where the context keeps the profile that was named before the command."""


class Entry(NamedTuple):
    """A command of a group.

    Attributes:
        module: The module it is in.
        attribute: Its name there.
        help: What the list of commands says of it; the same as its own short help.
    """

    module: str
    attribute: str
    help: str


class LazyGroup(click.Group):
    """A group that imports a command when it is run.

    Args:
        table: Its commands by name, in the order to show.
        attributes: As of ``click.Group``.
    """

    def __init__(self, *, table: Mapping[str, Entry], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names of the commands. See ``click.Group``."""
        return [*self.table]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """A command, or None if there is none of that name. See ``click.Group``."""
        entry = self.table.get(cmd_name)
        return None if entry is None else cast("click.Command", getattr(import_module(entry.module), entry.attribute))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the list of commands. See ``click.Group``."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options that begin so. See ``click.Group``."""
        from click.shell_completion import CompletionItem

        names = [name for name in self.table if name.startswith(incomplete)]
        found = [CompletionItem(name, help=self.table[name].help) for name in names]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]
