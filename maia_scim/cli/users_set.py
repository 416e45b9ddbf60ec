"""``maia-scim users set``: set attributes of all whom a filter means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.carry_out import CarryOut, end
from maia_scim.cli.connection import connected
from maia_scim.cli.exits import Wrong
from maia_scim.cli.output import say, with_output
from maia_scim.cli.plain import plain
from maia_scim.cli.plan_options import PlanOptions, plan_options
from maia_scim.cli.whom_options import Given, hint, index_of, whom_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maia_scim.apply import Where
    from maia_scim.apply.model import Setting
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output

_JOURNAL = Path("set.journal")


@click.command("set", short_help="Set attributes of all whom a filter means: a plan to look at, then the changes.")
@click.argument("settings", metavar="NAME=VALUE...", nargs=-1, required=True)
@click.option("--where", metavar="FILTER", help="Only whom it holds of, such as 'active eq true and title pr'.")
@click.option("--who", multiple=True, metavar="WHO", help="Id, or name that the index knows; repeated for several.")
@whom_options
@click.option("--exact-case", is_flag=True, help="Change letter case, too, where SCIM says that it does not count.")
@plan_options(journal=str(_JOURNAL))
@with_output
@connected
def set_(
    connection: Connection,
    output: Output,
    options: PlanOptions,
    *,
    settings: tuple[str, ...],
    where: str | None,
    given: Given,
    exact_case: bool,
) -> None:
    """Set attributes of the users that are named, or of those of them whom a filter means.

    NAME is an attribute as apply has it: active, title, name.givenName, emails[work]. An empty VALUE clears it.

    Each user is read, so that FILTER looks at what the service holds now. It is a filter of SCIM: active eq true,
    emails.domain eq "old.example", title co "guide", not (externalId pr), joined by and and or; == and != will do.

    First the plan is shown. Then, after a yes, what differs is written, and noted in the journal. maia-scim apply
    --undo JOURNAL brings the values back.
    """
    from maia_scim.apply import set_attributes
    from maia_scim.cli.apply_progress import reading

    given.check("--who")
    if not given.anybody:
        raise Wrong(
            "it is not said whose: --who WHO, --group ID, --ids FILE, or --index for everyone whom the index knows"
        )
    wanted, meant = _settings(settings), _Meant(_filter(where))
    journal = options.journal or _JOURNAL
    job = CarryOut(connection, output, options)
    job.check([given.file], journal=journal)
    index = index_of(connection, given)
    with job.told(), job.client() as client:
        with reading("Reading users") as progress:
            plan = set_attributes(
                client,
                wanted,
                given.whom(index),
                where=meant if meant.filter else None,
                index=index,
                exact_case=exact_case,
                protect=options.protect,
                journal=journal,
                profile=connection.profile,
                concurrency=options.concurrency,
                on_progress=progress,
                tell=lambda text: say(plain(text)),
            )
        meant.tell()
        with plan:
            code = job.run(plan)
            hint(plan, index)
    end(code)


class _Meant:
    """A filter that counts, since who is not meant is not in the plan.

    Args:
        filter: The filter, or None.
    """

    def __init__(self, filter: Where | None) -> None:
        self.filter = filter
        self._read = self._meant = 0

    def __call__(self, user: Mapping[str, Any]) -> bool:
        """Tell whether a user is meant."""
        meant = self.filter is None or self.filter(user)
        self._read += 1
        self._meant += meant
        return meant

    def tell(self) -> None:
        """Say how many were looked at."""
        if self.filter:
            say(f"The filter holds of {self._meant:,} of {self._read:,} user{'s' * (self._read != 1)}.")


def _settings(texts: tuple[str, ...]) -> tuple[Setting, ...]:
    from maia_scim.apply import settings_of

    try:
        return settings_of(texts)
    except ValueError as error:
        raise Wrong(str(error)) from error


def _filter(text: str | None) -> Where | None:
    from maia_scim.apply import Where

    if text is None:
        return None
    try:
        return Where(text)
    except ValueError as error:
        raise Wrong(f"--where: {error}") from error


__all__ = ["set_"]
