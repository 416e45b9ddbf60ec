"""``maia-scim index show`` and ``index find``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.index import Found
    from maia_scim.index.model import Kind


@click.command(short_help="Show what the index knows, and where it is.")
@with_output
@connected
def show(*, output: Output, connection: Connection) -> None:
    """Show what the index knows, and where it is. It is no list of the directory: it knows who was seen."""
    from maia_scim.cli.output import emit, say

    index = connection.index
    facts: dict[str, Any] = {"file": str(connection.index_file), "exists": index is not None}
    if index is None:
        say(f"There is no index yet: {connection.title}\n{HOW}")
        emit(facts, partial(_lines, facts), output)
        return
    counts = index.counts()
    facts |= {"baseUrl": connection.base_url, "account": connection.account}
    facts |= {name: getattr(counts, name) for name in ("users", "named", "groups", "memberships")}
    facts |= {"oldest": _iso(counts.oldest), "newest": _iso(counts.newest)}
    say(f"It is no list of the directory: it knows who was seen. {connection.title}")
    emit(facts, partial(_lines, facts), output)


@click.command(short_help="Find the ids of names.")
@click.argument("who", metavar="WHO...", nargs=-1, required=True)
@click.option("--group", "is_group", is_flag=True, help="The names are of groups.")
@with_output
@connected
def find(*, who: tuple[str, ...], is_group: bool, output: Output, connection: Connection) -> None:
    """Find the ids of names: userName, e-mail address, externalId or displayName, in any letter case.

    Nothing is sent. A name that nobody has who was seen, or that several have, is an error; the others are shown all
    the same.
    """
    from maia_scim.cli.exits import WRONG, Wrong
    from maia_scim.cli.names import age
    from maia_scim.cli.output import emit, rows, say, warn
    from maia_scim.cli.plain import plain_lines
    from maia_scim.index import NameAmbiguous, NameNotFound

    kind: Kind = "group" if is_group else "user"
    index = connection.index
    if index is None:
        raise Wrong(f"there is no index yet: {connection.title}. {HOW}")
    found: list[Found] = []
    failed = False
    say(connection.title)
    for name in dict.fromkeys(who):
        try:
            found.append(index.find(name, kind))
        except (NameAmbiguous, NameNotFound) as error:
            failed = True
            say(f"{click.style('Error:', fg='red')} {plain_lines(error)}")
    for each in found:
        if each.form_differs:
            warn(f"the directory spells {each.said} in another Unicode form: {each.name!a}")
    told = [_json(each) for each in found]
    columns = ("said", "id", "name", "by", "seen")
    if told or len(who) > 1:
        lines = [[each.said, each.id, each.name, each.by, age(each.seen)] for each in found]
        emit(told[0] if len(who) == 1 else told, partial(rows, columns, lines), output)
    if failed:
        raise click.exceptions.Exit(WRONG)


def _json(found: Found) -> dict[str, Any]:
    return {
        "said": found.said,
        "id": found.id,
        "kind": found.kind,
        "name": found.name,
        "by": found.by,
        "seen": found.seen.isoformat(),
        "formDiffers": found.form_differs,
    }


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _lines(facts: dict[str, Any]) -> Iterator[str]:
    from maia_scim.cli.plain import plain

    for name, value in facts.items():
        yield f"{name:<12} {plain('' if value is None else value)}"


HOW = (
    "`maia-scim index add ID…` makes one, and reads users into it; `index add --group ID` all who are in a group; "
    "`index learn JOURNAL` what apply wrote."
)
