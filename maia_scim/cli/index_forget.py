"""``maia-scim index forget``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.index.model import Kind


@click.command(short_help="Forget some, those not seen for long, or all.")
@click.argument("who", metavar="[WHO]...", nargs=-1)
@click.option("--group", "is_group", is_flag=True, help="WHO are groups.")
@click.option("--all", "everything", is_flag=True, help="Remove the index: from then on nothing feeds it.")
@click.option("--older-than", "days", type=click.IntRange(0), metavar="DAYS", help="All not seen for so many days.")
@with_output
@connected
def forget(
    *,
    who: tuple[str, ...],
    is_group: bool,
    everything: bool,
    days: int | None,
    output: Output,
    connection: Connection,
) -> None:
    """Forget users or groups, those not seen for long, or all. Nothing is sent, and nothing is erased in the service.

    WHO is an id or a name. Whoever is read again is known again.
    """
    from maia_scim.cli.exits import Wrong
    from maia_scim.cli.output import emit, say
    from maia_scim.index import notes

    if sum((bool(who), everything, days is not None)) != 1:
        raise Wrong("who is to be forgotten? Give WHO, --older-than DAYS, or --all, one of them")
    index = connection.index
    if index is None:
        raise Wrong(f"there is no index: {connection.title}")
    if everything:
        counts = index.counts()
        count, left = counts.users + counts.groups, 0
        index.remove()
    else:
        if days is not None:
            count = index.forget_before(notes.now() - timedelta(days=days))
        else:
            kind: Kind = "group" if is_group else "user"
            found = {index.find(name, kind).id for name in who}
            for id in found:
                index.forget(kind, id)
            count = len(found)
        index.shrink()
        counts = index.counts()
        left = counts.users + counts.groups
    say(f"Forgot {count:,}, {left:,} left: {connection.title}")
    emit({"forgot": count, "left": left}, lambda: (), output)
