"""Reading a journal: which runs there were, and what became of each change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from maia_scim.database import Closes

from . import records
from .errors import JournalError
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maia_scim.files import AnyPath

    from .model import About, Entry, Summary
    from .reading import Form

RunState = Literal["planned", "running", "stopped", "finished", "abandoned"]


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a journal.

    Attributes:
        number: Its number.
        state: How far it came: ``planned`` of a saved plan; ``running`` of one that is under way or was killed;
            ``stopped`` with changes left, which ``resume`` goes on with; ``finished`` without; ``abandoned`` where a
            later run took its place.
        about: What it is about.
        summary: What became of it.
    """

    number: int
    state: RunState
    about: About
    summary: Summary

    @property
    def failed(self) -> int:
        """How many changes were tried, and not made."""
        return self.summary.moved + self.summary.refused + self.summary.not_sent

    @property
    def left(self) -> int:
        """How many changes were never tried."""
        return self.summary.change - self.summary.done - self.failed - self.summary.unknown


class Journal(Closes):
    """A journal, or a saved plan, to be read; a context manager.

    Args:
        file: The file.

    Raises:
        JournalError: If it is neither, or a run is using it.
    """

    def __init__(self, file: AnyPath) -> None:
        self._store = Store.open(Path(file), "read")

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def runs(self) -> tuple[Run, ...]:
        """All runs, the oldest first."""
        return tuple(self.run(row["run"]) for row in [*self._store.rows("SELECT run FROM run ORDER BY run")])

    def run(self, number: int) -> Run:
        """One run.

        Raises:
            JournalError: If there is none of that number.
        """
        row = self._store.row("SELECT state FROM run WHERE run = ?", number)
        if row is None:
            raise JournalError(f"{self._store.name}: it holds no run {number}")
        return Run(number, row["state"], records.about(self._store, number), records.summary(self._store, number))

    def entries(self, run: int) -> Iterator[Entry]:
        """The rows of a run in the order of its file, each with what became of it, read one by one."""
        return records.entries(self._store, records.ALL, run)

    def failed(self, run: int) -> Iterator[Entry]:
        """The rows of a run that are not as its file wants them."""
        return records.entries(self._store, records.FAILED, run)

    def form(self, run: int) -> Form | None:
        """How the file of a run was written; None of an undo."""
        return records.form(self._store, run)
