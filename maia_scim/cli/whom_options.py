"""Whom a command is about: ids or names, members of groups, a file, everyone whom the index knows."""

from __future__ import annotations

import re
import sys
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar

import click

from maia_scim.cli.exits import Wrong
from maia_scim.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_scim.apply import Plan
    from maia_scim.apply.whom import Whom
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.places import Named
    from maia_scim.index import Index

R = TypeVar("R")

_IS_NAME = re.compile(r"[@\s]")  # no id has them
_IS_ID = re.compile(r"[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}", re.IGNORECASE)  # as most services make them

IDS = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
_MAKES = "`maia-scim index add --group ID` makes it, of all who are in a group, and `maia-scim index add ID…` of some"
NO_INDEX = f"there is no index yet, which would know whose a name is: {_MAKES}"


class Given(NamedTuple):
    """Whom somebody named.

    Attributes:
        who: Ids or names, one by one.
        groups: Groups whose members are meant.
        ids: A file of ids or names.
        everyone: Whether everyone is meant whom the index knows.
    """

    who: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ids: Path | None = None
    everyone: bool = False

    @property
    def anybody(self) -> bool:
        """Whether somebody was named."""
        return bool(self.who or self.groups or self.ids or self.everyone)

    @property
    def file(self) -> Named:
        """The file that is read, with the option that names it."""
        return "--ids", None if str(self.ids) == "-" else self.ids

    def check(self, who: str) -> None:
        """Refuse what does not go together.

        Args:
            who: How the command calls ids and names that are given one by one.

        Raises:
            Wrong: Saying why.
        """
        if self.everyone and (self.who or self.groups or self.ids):
            raise Wrong("--index is everyone whom the index knows: name nobody beside it, or leave it out")
        if self.who and self.ids:
            raise Wrong(f"{who} and --ids are both given: write all of them into the file")

    def whom(self, index: Index | None) -> Whom:
        """The same for a plan.

        Args:
            index: The index of the account.
        """
        from maia_scim.apply import Whom

        named = self.who if self.ids is None else standard_input() if str(self.ids) == "-" else self.ids
        return Whom(ids=named, groups=self.groups, index=index, everyone=self.everyone)


def whom_options(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command ``--group``, ``--ids`` and ``--index``, and the function the argument ``given``.

    What the command takes as its argument ``who``, if it has one, is in it.
    """

    @click.option("--group", "groups", multiple=True, metavar="ID", help="Members of a group; repeated, of each.")
    @click.option("--ids", type=IDS, metavar="FILE|-", help="File of ids or names, one a line; # begins a comment.")
    @click.option("--index", "everyone", is_flag=True, help="Everyone whom the index knows.")
    @wraps(function)
    def command(*args: Any, **options: Any) -> R:
        own = Given(**{name: options.pop(name) for name in Given._fields if name in options})
        return function(*args, given=own, **options)

    return command


def index_of(connection: Connection, given: Given) -> Index | None:
    """The index of the account; None if there is none. One that cannot be used is warned of.

    Args:
        connection: Which account it is about.
        given: Whom it is about.

    Raises:
        Wrong: If somebody was named whom only an index finds, and there is none.
        IndexRefused: If so, and it cannot be used.
    """
    from maia_scim.index import IndexRefused

    name = next((text for text in (*given.who, *given.groups) if _IS_NAME.search(text.strip())), None)
    try:
        index = connection.index
    except IndexRefused:
        if given.everyone or name:
            raise
        return None
    if index is None and given.everyone:
        raise Wrong(f"there is no index yet: {_MAKES}")
    if index is None and name:
        raise Wrong(f"{name} is no id, and the service has no search; {NO_INDEX}")
    return index


def hint(plan: Plan, index: Index | None) -> None:
    """Say what may have been meant by ids that are not found, and do not look like one.

    Args:
        plan: The plan.
        index: The index of the account.
    """
    if index is None and not all(_IS_ID.fullmatch(entry.id) for entry in plan.entries("not_found")):
        say(f"Who is not found may be a name: {NO_INDEX}")


def standard_input() -> BinaryIO:
    """What comes in by a pipe.

    Raises:
        Wrong: If it is closed.
    """
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - where it is closed
        raise Wrong("standard input is closed")
    return sys.stdin.buffer


__all__ = ["IDS", "NO_INDEX", "Given", "hint", "index_of", "standard_input", "whom_options"]
