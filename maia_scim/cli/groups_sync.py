"""``maia-scim groups sync``: give groups the members that a file says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.carry_out import CarryOut, end
from maia_scim.cli.connection import connected
from maia_scim.cli.exits import Wrong
from maia_scim.cli.output import with_output
from maia_scim.cli.plan_options import PlanOptions, plan_options
from maia_scim.cli.whom_options import Given, index_of, standard_input

if TYPE_CHECKING:
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output

_STDIN_JOURNAL = Path("stdin.journal")


@click.command(short_help="Give groups the members that a file says: a plan to look at, then the changes.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--add-only", is_flag=True, help="Add who is missing, and remove nobody.")
@click.option("--remove-only", is_flag=True, help="Remove who is not in FILE, and add nobody.")
@plan_options(groups=True)
@with_output
@connected
def sync(
    connection: Connection, output: Output, options: PlanOptions, *, file: Path, add_only: bool, remove_only: bool
) -> None:
    """Give groups the members that FILE says.

    FILE is CSV, JSON Lines or JSON, or - for standard input, with the columns group and member: ids; or names, where
    there is an index. A row with a group and no member, alone, says that nobody is to be in it. Groups that FILE does
    not name are not touched, neither are groups that are members of a group.

    First all groups are read and compared, and the plan is shown. Then, after a yes, who differs is added and removed,
    and noted in the journal beside the file. maia-scim apply --undo JOURNAL brings the members back.
    """
    from maia_scim.apply import journal_for, sync_groups
    from maia_scim.cli.apply_progress import reading

    if add_only and remove_only:
        raise Wrong("--add-only and --remove-only are both given, and leave nothing to be done")
    piped = str(file) == "-"
    journal = options.journal or (_STDIN_JOURNAL if piped else journal_for(file))
    job = CarryOut(connection, output, options)
    job.check([("FILE", None if piped else file)], journal=journal)
    source: Any = standard_input() if piped else file
    index = index_of(connection, Given())
    with job.told(), job.client() as client:
        with reading("Reading members") as progress:
            plan = sync_groups(
                client,
                source,
                only="add" if add_only else "remove" if remove_only else None,
                index=index,
                protect=options.protect,
                journal=journal,
                profile=connection.profile,
                concurrency=options.concurrency,
                on_progress=progress,
            )
        with plan:
            code = job.run(plan)
    end(code)


__all__ = ["sync"]
