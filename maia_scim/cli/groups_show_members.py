"""``maia-scim groups members``: who is in a group."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.exits import Wrong
from maia_scim.cli.names import Names
from maia_scim.cli.output import emit, rows, say
from maia_scim.cli.places import check_places
from maia_scim.cli.plain import plain
from maia_scim.cli.users_export import chosen, destination, export_options, write_users
from maia_scim.cli.whom_options import Given, index_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from maia_scim.cli.connection import Connection

_COLUMNS = ("value", "display", "type")
_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".txt": "ids"}


@click.command(short_help="Show who is in a group.")
@click.argument("group", metavar="GROUP")
@click.option("--expand", is_flag=True, help="Read each user, as `users export --group` does.")
@click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json", "jsonl", "csv", "ids"]),
    help="What to write. By default what FILE ends in; else a table on a terminal, and JSON in a pipe.",
)
@export_options
@connected
def members(
    *,
    group: str,
    expand: bool,
    output: str | None,
    to: Path | None,
    concurrency: int,
    per_minute: int | None,
    connection: Connection,
) -> None:
    """Show who is in a group: the id of each member, what it is called, and whether it is a user or a group.

    `--output ids` has the ids of the users, one a line, as `--ids -` of other commands takes them. GROUP may be a name
    that the index knows.
    """
    check_places([("--to", to)])
    if expand:
        if output in ("table", "ids"):
            raise Wrong(f"--expand writes whole users: --output {output} has no place for them")
        given = Given(groups=(group,))
        write_users(
            connection,
            given.whom(index_of(connection, given)),
            output=chosen(output, to, {name: each for name, each in _SUFFIXES.items() if each != "ids"}, "json"),
            to=to,
            concurrency=concurrency,
            per_minute=per_minute,
        )
        return
    shown = chosen(output, to, _SUFFIXES, "table" if sys.stdout and sys.stdout.isatty() else "json")
    if to and shown == "table":
        raise Wrong("a table is for terminals: say --output csv, jsonl, json or ids")
    [id] = Names(connection).ids([group], "group")
    with connection.client() as maia:
        found: Sequence[Any] = maia.groups.get(id).members
    if shown == "table" or (shown == "json" and to is None):
        table = [[getattr(each, name) or "" for name in ("value", "display", "type_")] for each in found]
        emit([each.to_dict() for each in found], lambda: rows(_COLUMNS, table), "table" if shown == "table" else "json")
    else:
        _write(found, shown, to)


def _write(found: Sequence[Any], shown: str, to: Path | None) -> None:
    from maia_scim.apply.reading import Form, write_rows
    from maia_scim.apply.sayable import is_computed
    from maia_scim.apply.whom import is_group

    with destination(to) as out:
        if shown == "ids":
            users = [each.value for each in found if each.value and not is_group(each)]
            out.write("".join(f"{id}\n" for id in users).encode())
            if len(users) < len(found):
                say(plain(f"{len(found) - len(users)} of {len(found)} members are no users, or have no id"))
        elif shown == "csv":
            # No file for apply, but one to look at: a text that would be computed stands behind an apostrophe.
            cells = ([each.value or "", each.display or "", each.type_ or ""] for each in found)
            safe = ([f"'{cell}" if is_computed(cell) else cell for cell in row] for row in cells)
            write_rows(Form("csv", "utf-8", True, "\r\n", ",", _COLUMNS), safe, out)
        else:
            form = Form("json" if shown == "json" else "jsonl", "utf-8", bom=False, newline="\n")
            write_rows(form, (each.to_dict() for each in found), out)


__all__ = ["members"]
