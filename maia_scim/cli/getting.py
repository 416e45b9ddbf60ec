"""``maia-scim users get`` and ``groups get``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.index.model import Kind


def _command(kind: Kind) -> click.Command:
    names = "a userName or an e-mail address" if kind == "user" else "a displayName"

    @click.command(
        "get",
        short_help=f"Read {kind}s.",
        help=f"Read {kind}s by their ids, or by {names} that the index knows.\n\n"
        f"JSON is the {kind} as the service gives it; of several ids, an array of those that could be read.",
    )
    @click.argument("ids", metavar="ID...", nargs=-1, required=True)
    @with_output
    @connected
    def get(*, ids: tuple[str, ...], output: Output, connection: Connection) -> None:
        from maia_scim.cli.reading import read

        read(connection, ids, kind, output)

    return get


users, groups = _command("user"), _command("group")
