"""The same for several ids: one that fails does not stop the others, and the exit code is that of the worst."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from maia_scim.cli.exits import FAILED, ending, worst
from maia_scim.cli.output import say
from maia_scim.cli.plain import plain, plain_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from maia_scim.cli.connection import Connection

T = TypeVar("T")


class Each:
    """Does something for each of some ids, and keeps the score.

    Args:
        connection: Which account it is about.
        ids: The ids as they were given.
        kind: What they are ids of: ``user`` or ``group``.

    Attributes:
        ids: The ids, each once.

    Raises:
        ValueError: If one of them is none. Nothing was sent for any.
    """

    def __init__(self, connection: Connection, ids: Iterable[str], kind: str) -> None:
        from maia_scim.resources import resource_id

        self.ids = [*dict.fromkeys(resource_id(id, kind) for id in ids)]
        self._connection, self._kind = connection, kind
        self._codes: list[int] = []

    @property
    def several(self) -> bool:
        """Whether there is more than one."""
        return len(self.ids) > 1

    def run(self, action: Callable[[str], T], ids: Iterable[str] | None = None) -> dict[str, T]:
        """Do something for each.

        Args:
            action: What to do.
            ids: For which; all of them if not given.

        Returns:
            What came of it, by id, where it went well. The errors are told on standard error.

        Raises:
            MaiaError: Of the only id there is; and of the first, where no other can fare better.
        """
        from maia_scim.errors import ConfigurationError, MaiaError, TokenError

        done: dict[str, T] = {}
        todo = [*(self.ids if ids is None else ids)]
        for number, id in enumerate(todo, 1):
            try:
                done[id] = action(id)
            except MaiaError as error:
                hopeless = isinstance(error, ConfigurationError | TokenError)
                if not self.several or (hopeless and not done and not self._codes):
                    raise
                end = ending(error, wrote=self._connection.writes.last is not None)
                self._codes.append(worst((end.exit_code, FAILED)))  # what went before was sent
                say(f"{click.style('Error:', fg='red')} {plain(self._kind)} {plain(id)}: {plain_lines(end.message)}")
                if hopeless:
                    left = todo[number:]
                    self._codes += [FAILED] * len(left)
                    say(f"Not tried any more: {plain(', '.join(left) or 'none')}")
                    break
            except KeyboardInterrupt:
                if self.several:
                    say(f"Interrupted at {self._kind} {plain(id)}. Before it were done: {', '.join(done) or 'none'}.")
                raise
        return done

    def finish(self) -> None:
        """End the command with the code of the worst, if something failed.

        Raises:
            Exit: If so.
        """
        if self._codes:
            say(f"{len(self._codes)} of {len(self.ids)} failed.")
            raise click.exceptions.Exit(worst(self._codes))


__all__ = ["Each"]
