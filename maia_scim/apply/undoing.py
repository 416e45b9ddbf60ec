"""Undoing a run: each value goes back to what it was before, where it still is what the run made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maia_scim.diff import Change
from maia_scim.resources import version_of

from . import planning, records
from .errors import JournalError
from .plans import is_same
from .reads import read_users
from .store import ADD_ENTRY
from .wanted import equal, is_boolean_as_text, value_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_scim import MaiaScim

    from .model import Entry
    from .planning import Rules
    from .store import Store

_THAT_WROTE = """
SELECT run, base_url, account FROM run r WHERE (?1 IS NULL OR run = ?1) AND EXISTS (
    SELECT 1 FROM write WHERE run = r.run AND coalesce(outcome, 'unknown') IN ('done', 'unknown')
) ORDER BY run DESC
"""


def run_of(journal: Store, client: MaiaScim, run: int | None) -> int:
    """The run to undo: the newest of the client's account that wrote something, or the one that is asked for.

    Raises:
        JournalError: If there is none.
    """
    rows = [*journal.rows(_THAT_WROTE, run)]
    if not rows:
        which = "no run" if run is None else f"no run {run}, or it"
        raise JournalError(f"{journal.name}: {which} wrote anything: there is nothing to undo")
    own = [row for row in rows if is_same(client, row["base_url"], row["account"])]
    return int((own or rows)[0]["run"])


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
        if _same(current, change.before):
            continue
        if _same(current, value_at(left, change.path)) or _same(current, change.after):
            changes.append(Change(change.path, current, change.before))
        else:
            conflicts.append(change.path)
    return tuple(changes), conflicts


def _same(one: Any, other: Any) -> bool:
    return equal(one, other) or is_boolean_as_text(Change("", one, other)) or is_boolean_as_text(Change("", other, one))
