"""What a command tells: data on standard output, as a table or JSON, and all else on standard error."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, cast
from unicodedata import normalize

import click

from maia_scim.cli.exits import Stopped, Wrong
from maia_scim.cli.plain import plain, plain_json, plain_lines
from maia_scim.text import without_joiners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TextIO

    from rich.console import Console
    from rich.table import Table

    from maia_scim.diff import Change

P = ParamSpec("P")
R = TypeVar("R")
Output = Literal["table", "json"]

_META = "maia_scim.output"  # where the context keeps what was said, also to the group of a command
NOBODY = "--yes is needed where nobody can be asked: standard input is no terminal"
_LONG_PATH = 40  # columns: longer ones, of extensions, do not push the values of others away
_NOT_A_TERMINAL = 10_000  # columns: what reads a pipe wraps lines itself, if at all


def with_output(function: Callable[P, R]) -> Callable[..., R]:
    """Give a command the option ``--output``, and the function the argument ``output``: ``table`` or ``json``."""

    @click.option(
        "--output",
        "-o",
        type=click.Choice(["table", "json"]),
        help="How to show data. By default a table on a terminal, and JSON in a pipe or file.",
    )
    @wraps(function)
    def command(*args: Any, output: Output | None, **kwargs: Any) -> R:
        said: dict[str, Any] = click.get_current_context().meta
        if output:
            said[_META] = output
        chosen = said.get(_META) or ("table" if _is_terminal(sys.stdout) else "json")
        return cast("Callable[..., R]", function)(*args, output=chosen, **kwargs)

    return command


def emit(data: Any, table: Callable[[], Table | Iterable[str]], output: Output) -> None:
    """Write the data of a command to standard output.

    Args:
        data: What ``json`` shows, such as the ``to_dict()`` of a user.
        table: Gives what ``table`` shows: what ``rows`` makes, or lines that are ``plain`` already.
        output: Which of them.
    """
    import json

    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] - where it is closed
        return
    if output == "json":
        text = plain_json(json.dumps(data, ensure_ascii=False, indent=2))
        # In a pipe JSON is UTF-8 (RFC 8259 section 8.1), whatever the locale.
        click.echo(text if sys.stdout.isatty() else text.encode())
        return
    shown = table()
    if _is_rich(shown):
        _print(shown)
    else:
        for each in cast("Iterable[str]", shown):
            click.echo(each)


def rows(columns: Sequence[str], lines: Iterable[Sequence[object]], *, whole: Sequence[str] = ()) -> Table:
    """Make a table. What the cells hold cannot control the terminal.

    Args:
        columns: The headers.
        lines: The cells of each line.
        whole: The columns that do not get narrower than what they hold.
    """
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        made.add_column(Text(plain(name)), overflow="fold", no_wrap=name in whole)
    for line in lines:
        made.add_row(*(Text(plain(cell)) for cell in line))
    return made


def console(*, err: bool = False) -> Console:
    """A console of rich for standard output or standard error that goes by ``NO_COLOR``, ``FORCE_COLOR``, terminals."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    width = None if _is_terminal(stream) else _NOT_A_TERMINAL
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def say(text: str) -> None:
    """Tell something on standard error; it may have colours of ``click.style``. What nobody can read is no error."""
    with suppress(OSError):
        click.echo(text, err=True)


def warn(text: object) -> None:
    """Warn of something on standard error."""
    say(click.style("Warning: ", fg="yellow") + plain_lines(text))


def can_ask() -> bool:
    """Whether somebody sits there to answer."""
    return _is_terminal(sys.stdin)


def check_can_ask(*, yes: bool) -> None:
    """Refuse early, before anything is done, what would have to ask in the end.

    Raises:
        Wrong: If nobody can be asked, and the answer was not given.
    """
    if not yes and not can_ask():
        raise Wrong(NOBODY)


def confirm(question: str, *, yes: bool) -> None:
    """Ask on standard error, and go on after a yes.

    Args:
        question: What to ask, with the connection's title: which profile, region and account it is about.
        yes: Whether the answer was given on the command line.

    Raises:
        Stopped: If the answer is not yes.
        Wrong: If nobody can be asked.
    """
    check_can_ask(yes=yes)
    if yes:
        return
    # Not click.confirm, which writes to standard output, too.
    click.echo(f"{plain_lines(question)} [y/N] ", err=True, nl=False)
    try:
        answer = sys.stdin.readline()
    except UnicodeDecodeError:
        answer = "?"
    if not answer:
        say("")
    if answer.strip().lower() not in ("y", "yes"):
        raise Stopped("nothing was written: the answer was no")


def type_name(question: str, name: str) -> None:
    """Ask on standard error to type a name, for what a y would be typed too quickly.

    Args:
        question: What to ask.
        name: What has to be typed.

    Raises:
        Stopped: If anything else is.
    """
    click.echo(f"{plain_lines(question)}: ", err=True, nl=False)
    try:
        answer = sys.stdin.readline()
    except UnicodeDecodeError:
        answer = ""
    if answer.strip() != name.strip():
        raise Stopped("nothing was written: the name was not typed")


def difference_lines(changes: Iterable[Change]) -> Iterator[str]:
    """Lines that show changes, coloured: path, before and after of each. Of an array, the items that differ.

    No line shows a password.
    """
    import json

    told = [*changes]
    lengths = [len(plain(change.path)) for change in told]
    width = max((length for length in lengths if length <= _LONG_PATH), default=0)
    for change in told:
        path, before, after = change.path, change.before, change.after
        secret = is_password(path)
        if isinstance(before, list) or isinstance(after, list):
            yield from _of_items(plain(path), _items(before), _items(after))
            continue
        mark, colour = ("+", "green") if before is None else ("-", "red") if after is None else ("~", "yellow")
        given = [value for value in (before, after) if value is not None]
        values = [_short(value, secret=secret) for value in given]
        if len(values) > 1 and not secret and len({normalize("NFC", without_joiners(each)) for each in values}) == 1:
            values = [json.dumps(value) for value in given]  # they look alike: in ASCII they do not
        yield click.style(f"  {mark} {plain(path):<{width}}  {' → '.join(values)}", fg=colour)


def changes_json(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Changes as JSON. It shows no password."""
    return [
        {
            "path": change.path,
            "before": masked(change.before, secret=is_password(change.path)),
            "after": masked(change.after, secret=is_password(change.path)),
        }
        for change in changes
    ]


def masked(value: Any, *, secret: bool = False) -> Any:
    """JSON without its passwords, to be shown."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        sets = is_password(str(members.get("path") or ""))  # an operation of a PATCH
        return {
            name: masked(inner, secret=secret or is_password(name) or (sets and name == "value"))
            for name, inner in members.items()
        }
    if isinstance(value, list):
        return [masked(each, secret=secret) for each in cast("Sequence[Any]", value)]
    return "***" if secret and value is not None else value


def item(value: Any) -> str:
    """A value in a line: of an item of an array what it is, and in brackets what of."""
    import json

    if isinstance(value, dict):
        members = cast("dict[str, Any]", masked(value))
        if members.get("value") is not None:
            notes = [members.get("display"), members.get("type"), "primary" if members.get("primary") else None]
            noted = ", ".join(plain(note) for note in notes if note)
            return plain(members["value"]) + (f" ({noted})" if noted else "")
        return plain(json.dumps(members, ensure_ascii=False))
    return plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _items(value: Any) -> Sequence[Any]:
    """What is in an array; a single value is as good as an array of it."""
    if value is None:
        return []
    return cast("Sequence[Any]", value) if isinstance(value, list) else [value]


def _of_items(path: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[str]:
    yield click.style(f"  ~ {path}", fg="yellow")
    gone = [each for each in before if each not in after]
    new = [each for each in after if each not in before]
    yield from (click.style(f"      - {item(each)}", fg="red") for each in gone)
    yield from (click.style(f"      + {item(each)}", fg="green") for each in new)
    kept = len(after) - len(new)
    if kept:
        yield f"        and {kept} more, as {'it was' if kept == 1 else 'they were'}"


def _short(value: Any, *, secret: bool) -> str:
    return "***" if secret else item(value)


def is_password(path: str) -> bool:
    """Whether a path leads to a password."""
    return "password" in path.lower().replace(":", ".").split(".")


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _is_rich(shown: object) -> bool:
    return hasattr(shown, "__rich_console__")


def _print(shown: object) -> None:
    screen = console()
    with screen.capture() as captured:
        screen.print(shown)
    for each in captured.get().splitlines():
        click.echo(each.rstrip())  # rich fills lines up


__all__ = [
    "NOBODY",
    "Output",
    "can_ask",
    "changes_json",
    "check_can_ask",
    "confirm",
    "console",
    "difference_lines",
    "emit",
    "is_password",
    "item",
    "masked",
    "rows",
    "say",
    "type_name",
    "warn",
    "with_output",
]
