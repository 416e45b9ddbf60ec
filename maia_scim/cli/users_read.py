"""``maia-scim users get``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output


@click.command(short_help="Read users.")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@with_output
@connected
def get(*, ids: tuple[str, ...], output: Output, connection: Connection) -> None:
    """Read users by their ids.

    JSON is the user as the service gives it; of several ids, an array of those that could be read.
    """
    from maia_scim.cli.reading import read

    read(connection, ids, "user", output)
