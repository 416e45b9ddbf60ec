"""Undoing a run: each value goes back to what it was before, where it still is what the run made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maia_scim.diff import Change
from maia_scim.resources import version_of

from . import planning, records
from .errors import JournalError
from .inside import core_of
from .judging import judged
from .memberships import members_of, moves, propose
from .reads import read_users
from .store import ADD_ENTRY, EMPTY
from .wanted import same, value_at

if TYPE_CHECKING:
    from maia_scim import MaiaScim

    from .judging import Rules
    from .memberships import Member
    from .model import Entry
    from .planning import Making
    from .reads import Read
    from .store import Store

_THAT_WROTE = """
SELECT run, base_url, account FROM run r WHERE run = coalesce(?, run) AND EXISTS (
    SELECT 1 FROM write WHERE run = r.run
    AND (coalesce(outcome, 'unknown') IN ('done', 'unknown') OR after IS NOT NULL)
) ORDER BY run DESC
"""


def run_of(journal: Store, client: MaiaScim, run: int | None) -> int:
    """The run to undo: the newest of the client's account that wrote something, or the one that is asked for.

    Raises:
        JournalError: If there is none.
    """
    rows = [*journal.rows(_THAT_WROTE, run)]
    if not rows:
        known = run is not None and journal.row("SELECT run FROM run WHERE run = ?", run) is not None
        missing = f"run {run} wrote nothing" if known else f"it has no run {run}"
        why = "no run wrote anything" if run is None else missing
        raise JournalError(f"{journal.name}: {why}: there is nothing to undo")
    core = core_of(client)
    own = [row for row in rows if core.is_for(row["base_url"], row["account"])]
    return int((own or rows)[0]["run"])


def compare(making: Making, journal: Store, undone: int) -> None:
    """Read all that a run wrote, and note what brings back the values from before.

    Args:
        making: The plan.
        journal: The journal.
        undone: The run that is to be undone.
    """
    store, run = making.store, making.run
    groups: dict[str, list[Entry]] = {}
    total = 0
    with store.together():
        for entry in records.entries(journal, records.WRITTEN, undone):
            if entry.kind == "group":
                groups.setdefault(entry.id, []).append(entry)
                continue
            total += 1
            known = "unread" if entry.id else "not_found"  # created, maybe, and the answer did not come
            own = {"run": run, "number": entry.number, "id": entry.id, "name": entry.name, "state": known}
            store.write(ADD_ENTRY, {**EMPTY, **own})
    ids = ((entry.number, entry.id) for entry in records.entries(store, records.OF_STATE, run, "unread"))
    for done, read in enumerate(read_users(making.client, ids, total, making.concurrency), 1):
        values: dict[str, Any] = {}
        if read.error is None:
            values = _values(records.entry(journal, undone, read.key), read, making.rules)
        planning.note(store, run, read, values)
        if making.on_progress:
            making.on_progress(done, total)
    for id, entries in groups.items():
        _undo_members(making, id, entries)


def _values(entry: Entry, read: Read, rules: Rules) -> dict[str, Any]:
    """What a plan has for a user that a run wrote."""
    held: dict[str, Any] = read.user.to_dict()
    if entry.kind == "new user":
        off = (Change("active", value_at(held, "active"), False),)
        values = judged(held, version_of(read.user), _real(off), rules, {})
        told = "the service has no way to delete a user: who was created is deactivated instead"
        return values | ({"note": told} if values["state"] == "change" else {})
    changes, conflicts = reversals(entry, held)
    values = judged(held, version_of(read.user), changes, rules, {})
    if conflicts:
        values |= {"state": "conflict", "note": f"somebody else changed {', '.join(conflicts)} since"}
    return values


def _real(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Those of some changes that change something."""
    return tuple(change for change in changes if not same(change.before, change.after))


def _undo_members(making: Making, id: str, entries: list[Entry]) -> None:
    """Note what brings back the members of a group: who came goes, and who went comes."""
    came: dict[str, Member] = {}
    left: dict[str, Member] = {}
    for entry in entries:
        gone, come = moves(entry)
        # Of one that was cut short it is not known who; to take back what was not done does nothing.
        done = members_of(entry.result.after) if entry.result and entry.result.after else None
        left |= {each.id: each for each in gone if done is None or each.id in done}
        came |= {each.id: each for each in come if done is None or each.id in done}
    called = {each.id: each.name for each in came.values()}
    propose(making, id, lambda held: ([*left.values()], [each for each in held.values() if each.id in came]), called)


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
        if same(current, change.before):
            continue
        if same(current, value_at(left, change.path)) or same(current, change.after):
            changes.append(Change(change.path, current, change.before))
        else:
            conflicts.append(change.path)
    return tuple(changes), conflicts
