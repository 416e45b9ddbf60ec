"""``maia-scim offboard``: accounts are switched off, and taken out of their groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from maia_scim.cli.carry_out import CarryOut, end
from maia_scim.cli.connection import connected
from maia_scim.cli.exits import Wrong
from maia_scim.cli.output import say, with_output
from maia_scim.cli.plain import plain
from maia_scim.cli.plan_options import PlanOptions, plan_options
from maia_scim.cli.whom_options import IDS, Given, hint, index_of

if TYPE_CHECKING:
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output

_JOURNAL = Path("offboard.journal")


@click.command(short_help="Switch accounts off, take them out of their groups, and give a receipt.")
@click.argument("who", metavar="[WHO]...", nargs=-1)
@click.option("--ids", type=IDS, metavar="FILE|-", help="File of who leaves, one a line; # begins a comment.")
@click.option("--group", "groups", multiple=True, metavar="ID", help="Group to look into, too; repeated for several.")
@plan_options(groups=True, journal=str(_JOURNAL))
@with_output
@connected
def offboard(
    connection: Connection,
    output: Output,
    options: PlanOptions,
    *,
    who: tuple[str, ...],
    ids: Path | None,
    groups: tuple[str, ...],
) -> None:
    """Switch off the accounts of those who leave, and take them out of their groups.

    WHO is an id, or a name that the index knows. Looked into are the groups that --group names, those that the account
    itself tells of, and those in which the index has seen it. The service has no list of groups: who is in any other
    is not known.

    First the plan is shown. Then, after a yes, it is done, and noted in the journal; in the end there is a receipt.
    Done again, it does what is left. maia-scim apply --undo JOURNAL takes it back.
    """
    from maia_scim.apply import offboard as make_plan
    from maia_scim.cli.apply_progress import reading
    from maia_scim.cli.offboard_receipt import Receipt

    given = Given(who=who, ids=ids)
    given.check("WHO")
    if not given.anybody:
        also = "; --group names groups that they are taken out of" if groups else ""
        raise Wrong(f"it is not said who leaves: name them, or give --ids FILE{also}")
    journal = options.journal or _JOURNAL
    job = CarryOut(connection, output, options, receipt=Receipt(connection, dry_run=options.dry_run))
    job.check([given.file], journal=journal)
    index = index_of(connection, given._replace(groups=groups))
    with job.told(), job.client() as client:
        with reading("Reading users") as progress:
            plan = make_plan(
                client,
                given.whom(index),
                groups=groups,
                index=index,
                protect=options.protect,
                journal=journal,
                profile=connection.profile,
                concurrency=options.concurrency,
                on_progress=progress,
                tell=lambda text: say(plain(text)),
            )
        with plan:
            code = job.run(plan)
            hint(plan, index)
    end(code)


__all__ = ["offboard"]
