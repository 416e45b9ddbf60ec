"""Reading a journal: which runs there were, and what became of each change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from maia_scim.database import Closes

from . import records
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .model import About, Entry, Summary
    from .reading import Form

RunState = Literal["planned", "running", "stopped", "finished", "abandoned"]


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a journal.

    Attributes:
        number: Its number.
        state: How far it came: ``running`` of one that is under way or was killed; ``stopped`` with changes left, which
            ``resume`` goes on with; ``abandoned`` where a later run took its place.
        about: What it is about.
        summary: What became of it.
    """

    number: int
    state: RunState
    about: About
    summary: Summary


class Journal(Closes):
    """A journal, or a saved plan, to be read; a context manager.

    Args:
        file: The file.

    Raises:
        JournalError: If it is neither, or a run is using it.
    """

    def __init__(self, file: Path) -> None:
        self._store = Store.open(file, "read")

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def runs(self) -> tuple[Run, ...]:
        """All runs, the oldest first."""
        found = [(row["run"], row["state"]) for row in self._store.rows("SELECT run, state FROM run ORDER BY run")]
        return tuple(
            Run(run, state, records.about(self._store, run), records.summary(self._store, run)) for run, state in found
        )

    def entries(self, run: int) -> Iterator[Entry]:
        """The rows of a run in the order of its file, each with what became of it, read one by one."""
        return records.entries(self._store, records.ALL, run)

    def failed(self, run: int) -> Iterator[Entry]:
        """The rows of a run that are not as its file wants them."""
        return records.entries(self._store, records.FAILED, run)

    def form(self, run: int) -> Form | None:
        """How the file of a run was written; None of an undo."""
        return records.form(self._store, run)
