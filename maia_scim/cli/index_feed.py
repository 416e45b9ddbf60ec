"""``maia-scim index add``, ``index learn`` and ``index refresh``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.index import Index
    from maia_scim.index.feeding import Fed


@click.command(short_help="Read users and groups by their ids, so that their names are known.")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--ids", "file", metavar="FILE|-", help="A file of ids of users, one a line.")
@click.option("--group", "groups", metavar="ID", multiple=True, help="A group: it, and all who are in it.")
@with_output
@connected
def add(
    *, ids: tuple[str, ...], file: str | None, groups: tuple[str, ...], output: Output, connection: Connection
) -> None:
    """Read users and groups by their ids, so that their names are known from then on.

    Makes the index if there is none. Many are read evenly over the rate limit. One that cannot be read does not stop
    the others.
    """
    from maia_scim.cli.apply_progress import reading
    from maia_scim.cli.exits import Wrong
    from maia_scim.index import add_groups, add_users
    from maia_scim.index.feeding import Fed
    from maia_scim.resources import resource_id

    wanted = [resource_id(id, "user") for id in (*ids, *(_read_ids(file) if file else ()))]
    if not wanted and not groups:
        raise Wrong("who is to be added? Give ids of users, --ids FILE, or --group ID")
    for group in groups:
        resource_id(group, "group")
    index = connection.make_index()
    fed = Fed()
    with connection.client() as maia, reading("Reading") as tell:
        if groups:
            fed += add_groups(index, maia, groups, on_progress=tell)
        if wanted:
            fed += add_users(index, maia, wanted, on_progress=tell)
    _finish(fed, index, connection, output, asked=True)


@click.command(short_help="Learn names from journals of apply.")
@click.argument(
    "journals",
    metavar="JOURNAL...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@with_output
@connected
def learn(*, journals: tuple[Path, ...], output: Output, connection: Connection) -> None:
    """Learn names from journals of apply: what users were called, and when. Nothing is sent.

    Makes the index if there is none. What is known from later stays. Runs of other accounts are left out, which is
    told.
    """
    from maia_scim.apply import ApplyError
    from maia_scim.cli.apply_progress import reading
    from maia_scim.cli.exits import Wrong
    from maia_scim.cli.output import emit, say, warn
    from maia_scim.index import learn

    index = connection.make_index()
    try:
        with connection.client() as maia, reading("Reading") as tell:
            learned = learn(index, maia, journals, on_progress=tell)
    except ApplyError as error:
        raise Wrong(str(error)) from error
    if learned.others:
        warn(f"{learned.others:,} run{'s' * (learned.others != 1)} of other accounts or services left out")
    known = index.counts()
    facts = {
        "runs": learned.runs,
        "otherRuns": learned.others,
        "notes": learned.notes,
        "knownUsers": known.users,
        "knownGroups": known.groups,
    }
    told = (
        f"Learned from {learned.runs:,} run{'s' * (learned.runs != 1)}; the index knows {known.users:,} users and "
        f"{known.groups:,} groups now: {connection.title}"
    )
    say(told)
    emit(facts, lambda: (), output)


@click.command(short_help="Read again what is known, and forget what is gone.")
@click.option("--users", is_flag=True, help="Read all known users again, too, and not the groups alone.")
@with_output
@connected
def refresh(*, users: bool, output: Output, connection: Connection) -> None:
    """Read all known groups again, and forget those that are gone; with --users, all known users, too.

    Members of groups become known by their ids; --users reads their names. Nobody becomes known who is in none of the
    known groups.
    """
    from maia_scim.cli.apply_progress import reading
    from maia_scim.index import refresh

    index = connection.make_index()
    with connection.client() as maia, reading("Reading") as tell:
        fed = refresh(index, maia, users=users, on_progress=tell)
    _finish(fed, index, connection, output)


def _read_ids(file: str) -> list[str]:
    from maia_scim.cli.exits import Wrong

    try:
        with click.open_file(file, encoding="utf-8-sig") as stream:
            texts = (re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip() for line in stream)  # as of every such file
            return [text for text in texts if text]
    except OSError as error:
        raise Wrong(f"{file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise Wrong(f"{file}: it is no text in UTF-8") from error


def _finish(fed: Fed, index: Index, connection: Connection, output: Output, *, asked: bool = False) -> None:
    """Tell what came of it, and end with the code of a failure if there was one."""
    from maia_scim.apply.words import counted
    from maia_scim.cli.exits import FAILED
    from maia_scim.cli.output import emit, say
    from maia_scim.cli.plain import plain, plain_lines

    for each in fed.gone:
        say(plain(f"{'Not found' if asked else 'Gone'}: {each.kind} {each.id}"))
    for each in fed.failed:
        say(f"{click.style('Error:', fg='red')} {plain(each.kind)} {plain(each.id)}: {plain_lines(each.error)}")
    known = index.counts()
    read = f"Read {counted(fed.users, 'user')} and {counted(fed.groups, 'group')}"
    knows = f"the index knows {counted(known.users, 'user')} and {counted(known.groups, 'group')} now"
    say(f"{read}; {knows}: {connection.title}")
    facts = {
        "users": fed.users,
        "groups": fed.groups,
        "gone": [{"kind": each.kind, "id": each.id} for each in fed.gone],
        "failed": [{"kind": each.kind, "id": each.id, "error": str(each.error)} for each in fed.failed],
        "knownUsers": known.users,
        "knownGroups": known.groups,
    }
    emit(facts, lambda: (), output)
    if fed.failed or (asked and fed.gone):
        raise click.exceptions.Exit(FAILED)
