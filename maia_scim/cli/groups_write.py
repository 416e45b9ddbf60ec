"""``maia-scim groups replace``."""

from __future__ import annotations

from typing import Any

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.options import document, dry_run_option, replace_options, yes_option
from maia_scim.cli.output import with_output


@click.command(short_help="Replace a whole group.")
@document
@replace_options
@yes_option
@dry_run_option
@with_output
@connected
def replace(**given: Any) -> None:
    """Replace a group by what a JSON file holds; with - it is read from standard input.

    The file is the whole group, members included: whoever is left out is out. By default nothing is written when it
    leaves out an attribute that the service holds. Shows who comes and goes, and asks.
    """
    from maia_scim.cli.replacing import replace

    replace(kind="group", **given)
