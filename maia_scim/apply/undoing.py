"""Undoing a run: each value goes back to what it was before, where it still is what the run made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maia_scim.diff import Change
from maia_scim.resources import version_of

from . import planning, records
from .errors import JournalError
from .reads import read_users
from .store import ADD_ENTRY
from .wanted import equal, value_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_scim import MaiaScim

    from .model import Entry
    from .planning import Rules
    from .store import Store

_NEWEST = """
SELECT max(run) AS run FROM write WHERE coalesce(outcome, 'unknown') IN ('done', 'unknown') AND (? IS NULL OR run = ?)
"""


def run_of(journal: Store, run: int | None) -> int:
    """The run to undo: the newest that wrote something, or the one that is asked for.

    Raises:
        JournalError: If there is none.
    """
    row = journal.row(_NEWEST, run, run)
    if row is None or row["run"] is None:
        which = "no run" if run is None else f"no run {run}, or it"
        raise JournalError(f"{journal.name}: {which} wrote anything: there is nothing to undo")
    return int(row["run"])


def compare(
    store: Store,
    run: int,
    client: MaiaScim,
    journal: Store,
    undone: int,
    *,
    rules: Rules,
    concurrency: int,
    on_progress: Callable[[int, int], object] | None,
) -> None:
    """Read each user that a run wrote, and note what brings back its values.

    Args:
        store: Where to.
        run: The run there.
        client: The client.
        journal: The journal.
        undone: The run that is to be undone.
        rules: How to compare.
        concurrency: How many requests may be under way.
        on_progress: Is told how many users were read, of how many.
    """
    total = 0
    for entry in records.entries(journal, records.WRITTEN, undone):
        total += 1
        store.write(
            ADD_ENTRY,
            {
                **planning.EMPTY,
                "run": run,
                "number": entry.number,
                "line": None,
                "id": entry.id,
                "state": "unread",
                "source": None,
            },
        )
    ids = ((entry.number, entry.id) for entry in records.entries(store, records.OF_STATE, run, "unread"))
    for done, read in enumerate(read_users(client, ids, total, concurrency), 1):
        values: dict[str, Any] = {}
        if read.error is None:
            held: dict[str, Any] = read.user.to_dict()
            changes, conflicts = reversals(records.entry(journal, undone, read.key), held)
            values = planning.judged(held, version_of(read.user), changes, rules, {})
            if conflicts:
                values |= {"state": "conflict", "note": f"somebody else changed {', '.join(conflicts)} since"}
        planning.note(store, run, read, values)
        if on_progress:
            on_progress(done, total)


def reversals(entry: Entry, held: dict[str, Any]) -> tuple[tuple[Change, ...], list[str]]:
    """What brings back the values from before a change, and the paths of what is now another value altogether.

    Args:
        entry: The change, with what became of it.
        held: JSON of the user as the service holds it.
    """
    changes: list[Change] = []
    conflicts: list[str] = []
    left = (entry.result and entry.result.after) or entry.wanted or {}
    for change in entry.changes:
        current = value_at(held, change.path)
        if equal(current, change.before):
            continue
        if equal(current, value_at(left, change.path)) or equal(current, change.after):
            changes.append(Change(change.path, current, change.before))
        else:
            conflicts.append(change.path)
    return tuple(changes), conflicts
