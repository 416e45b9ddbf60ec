"""``maia-scim users export``: users into a file that ``apply`` takes."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.exits import FAILED, Wrong
from maia_scim.cli.output import say, warn
from maia_scim.cli.places import check_places
from maia_scim.cli.plain import plain, plain_json
from maia_scim.cli.whom_options import Given, index_of, whom_options

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from maia_scim.apply.export import Exported, LeftOut
    from maia_scim.apply.reading import Format
    from maia_scim.apply.whom import Whom
    from maia_scim.cli.connection import Connection

_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}
_FILE = click.Path(dir_okay=False, path_type=Path)


def export_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what all have that export: where to, and how fast."""
    for decorate in (
        click.option("--per-minute", type=click.IntRange(1), metavar="N", help="Requests a minute; 1000 by default."),
        click.option(
            "--concurrency", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests under way."
        ),
        click.option("--to", type=_FILE, metavar="FILE", help="File to write, all of it or nothing; else it is shown."),
    ):
        function = decorate(function)
    return function


@click.command("export", short_help="Write users to a file that apply takes: export, edit, apply.")
@whom_options
@click.option(
    "--output",
    "-o",
    type=click.Choice(["csv", "jsonl", "json"]),
    help="What to write. By default what FILE ends in; without a FILE, JSON.",
)
@export_options
@connected
def export(
    *,
    given: Given,
    output: str | None,
    to: Path | None,
    concurrency: int,
    per_minute: int | None,
    connection: Connection,
) -> None:
    """Write users to a file that apply takes: members of groups, ids of a file, or everyone whom the index knows.

    The file has the columns that apply takes, for all that one of the users has. As it stands, applying it changes
    nothing. What a CSV cannot say is left out and told; JSON Lines and JSON have it. No password is in it.

    Groups and users may also be given by names that the index knows.
    """
    given.check("WHO")
    if not given.anybody:
        raise Wrong("it is not said whose: --group ID, --ids FILE, or --index for everyone whom the index knows")
    format = chosen(output, to, _SUFFIXES, "json")
    check_places([("--to", to)], [given.file])
    write_users(
        connection,
        given.whom(index_of(connection, given)),
        output=format,
        to=to,
        concurrency=concurrency,
        per_minute=per_minute,
    )


def write_users(
    connection: Connection,
    whom: Whom,
    *,
    output: str,
    to: Path | None,
    concurrency: int,
    per_minute: int | None,
) -> None:
    """Export users, tell what came of it, and end with the code that this deserves.

    Args:
        connection: Which account it is about.
        whom: Which users.
        output: ``csv``, ``jsonl`` or ``json``.
        to: The file, or None for standard output.
        concurrency: How many requests may be under way.
        per_minute: The rate limit, if another one than by default.

    Raises:
        Wrong: If it is not clear who is meant, or the file cannot be written.
        Exit: If not all are in the file.
    """
    from maia_scim import RateLimit
    from maia_scim.apply.errors import ApplyError
    from maia_scim.apply.export import export as run
    from maia_scim.cli.apply_progress import reading

    settings = {"rate_limit": RateLimit(per_minute)} if per_minute else {}
    try:
        with (
            destination(to) as out,
            connection.client(**settings) as client,
            reading("Reading users") as progress,
        ):
            made = run(
                client,
                whom,
                out,
                cast("Format", output),
                concurrency=concurrency,
                on_progress=progress,
                tell=lambda text: say(plain(text)),
            )
    except ApplyError as error:
        raise Wrong(str(error)) from error
    _tell(made, output, to, connection)


def chosen(output: str | None, to: Path | None, suffixes: Mapping[str, str], default: str) -> str:
    """What to write: what was said, else what the file ends in, else what is written where there is no file.

    Raises:
        Wrong: If the file does not say it.
    """
    if to is None:
        return output or default
    found = output or suffixes.get(to.suffix.lower())
    if found is None:
        raise Wrong(f"{to}: say with --output what to write: its name does not, as {', '.join(suffixes)} would")
    return found


@contextmanager
def destination(to: Path | None) -> Generator[BinaryIO]:
    """Open the file, which is written whole or not at all; or standard output.

    Raises:
        Wrong: If it cannot be written.
    """
    if to is not None:
        from maia_scim.files import replacing

        try:
            with replacing(to) as out:
                yield out
        except OSError as error:
            raise Wrong(f"{to}: {error.strerror or error}") from error
        return
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] - where it is closed
        raise Wrong("standard output is closed: name a file with --to")
    sys.stdout.flush()
    if sys.stdout.isatty():
        yield cast("BinaryIO", _Terminal())
    else:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()


class _Terminal(io.RawIOBase):
    """Shows text on a terminal, which cannot be controlled by what it shows."""

    def write(self, data: Any, /) -> int:
        """Show some, whole characters at a time."""
        text = bytes(data).decode().removeprefix("\ufeff")
        sys.stdout.write("\n".join(map(plain_json, text.replace("\r\n", "\n").split("\n"))))
        return len(data)


def _tell(made: Exported, output: str, to: Path | None, connection: Connection) -> None:
    missed = {"not found": made.not_found, "not read": made.unread}
    told = "".join(f", {count:,} {what}" for what, count in missed.items() if count)
    say(plain(f"Exported {_users(made.count)}{f' to {to}' if to else ''}{told}: {connection.title}"))
    if made.left_out:
        for text in _left_out(made.left_out, output):
            warn(text)
        if output == "csv":
            say("JSON Lines have more: --output jsonl")
    if not made.whole:
        click.get_current_context().exit(FAILED)


def _left_out(left: LeftOut, output: str) -> Iterable[str]:
    file = "CSV" if output == "csv" else "JSON"
    if left.users:
        yield f"{_users(left.users)} left out, of whom the {file} cannot say all:"
        yield from (f"  {each}" for each in left.whose)
        if left.users > len(left.whose):
            yield f"  and {left.users - len(left.whose):,} more"
    if left.columns:
        yield f"columns left out, which cannot say what many have: {', '.join(left.columns)}"
    for why, count in left.values.items():
        yield f"{count:,} value{'s' * (count != 1)} left out: {why}, such as {left.examples[why]}"


def _users(count: int) -> str:
    return f"{count:,} user{'s' * (count != 1)}"


__all__ = ["chosen", "destination", "export", "export_options", "index_of", "write_users"]
