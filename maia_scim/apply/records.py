"""What a plan or journal holds, as objects: read off its rows."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from maia_scim.database import dumps
from maia_scim.diff import Change, Difference

from .model import About, Entry, Fault, Result, Summary

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from .reading import Form
    from .store import Store

# Each entry with the newest of its writes.
_FROM: Final = """
FROM entry e LEFT JOIN write w
ON w.seq = (SELECT max(seq) FROM write WHERE run = e.run AND number = e.number)
WHERE e.run = ? AND e.number > ?
"""
_ENTRIES: Final = (
    "SELECT e.*, w.begun, w.ended, w.outcome, w.error, w.status, w.request_id, w.attempts, w.differences, w.after"
    + _FROM
)
_ORDER: Final = " ORDER BY e.number LIMIT 200"
# Refused by 401, 429 or 503, a change is as good as not sent: that is about the credentials or the time, not about it.
_IS_OPEN: Final = """ AND e.state = 'change' AND (
    coalesce(w.outcome, 'unknown') IN ('not_sent', 'unknown') OR w.outcome = 'refused' AND w.status IN (401, 429, 503)
)"""
_MAY_BE_DONE: Final = """ AND EXISTS (
    SELECT 1 FROM write WHERE run = e.run AND number = e.number
    AND (coalesce(outcome, 'unknown') IN ('done', 'unknown') OR after IS NOT NULL)
)"""
# Which of them: all, those of a state, or those that are not as the file wants them.
ALL: Final = _ENTRIES + _ORDER
OF_STATE: Final = _ENTRIES + " AND e.state = ?" + _ORDER
FAILED: Final = _ENTRIES + " AND e.state <> 'unchanged' AND coalesce(w.outcome, '') <> 'done'" + _ORDER
# What a run has still to write, of users or else of groups: what it has not tried, or cannot tell the end of.
OPEN: Final = _ENTRIES + _IS_OPEN + " AND (e.kind = 'group') = ?" + _ORDER
# What a run did, or may have done at any of its attempts.
WRITTEN: Final = _ENTRIES + _MAY_BE_DONE + _ORDER
_STATES: Final = """
SELECT state, count(*) AS count, sum(deactivates) AS deactivations, sum(kept IS NOT NULL) AS kept,
    sum(case_only) AS case_only, sum(kind = 'new user') AS creations, sum(kind = 'group') AS groups,
    sum(adds) AS additions, sum(removes) AS removals, sum(held) AS members,
    count(said) AS named
FROM entry WHERE run = ? GROUP BY state
"""
_OF_ALL: Final = ("kept", "case_only", "members", "named")
_OF_CHANGES: Final = ("deactivations", "creations", "groups", "additions", "removals")
_OUTCOMES: Final = """
SELECT coalesce(outcome, 'unknown'), count(*), sum(outcome = 'done' AND differences IS NOT NULL) FROM write
WHERE seq IN (SELECT max(seq) FROM write WHERE run = ? GROUP BY number) GROUP BY 1
"""
_CREATED: Final = """
SELECT name, id FROM entry JOIN run USING (run)
WHERE entry.kind = 'new user' AND id <> '' AND name <> '' AND base_url = ? ORDER BY run
"""
# What was written to a user, and what the service kept otherwise, the newest first.
_DIFFERENCES: Final = """
SELECT e.changes, w.differences FROM entry e JOIN write w USING (run, number) JOIN run r USING (run)
WHERE e.id = ? COLLATE NOCASE AND r.base_url = ? AND w.outcome = 'done' ORDER BY w.seq DESC
"""


def entries(store: Store, query: str, run: int, *values: Any) -> Iterator[Entry]:
    """Read entries, some at a time, so that others may be written meanwhile.

    Args:
        store: The file.
        query: Which; one of those above.
        run: Of which run.
        values: What else the query takes.
    """
    last = 0
    while rows := [*store.rows(query, run, last, *values)]:
        yield from map(entry_of, rows)
        last = rows[-1]["number"]


def entry(store: Store, run: int, number: int) -> Entry:
    """Read one entry."""
    row = store.row(ALL, run, number - 1)
    assert row is not None
    return entry_of(row)


def entry_of(row: sqlite3.Row) -> Entry:
    """Read an entry."""
    faults = [Fault(*each) for each in _json(row["faults"]) or ()]
    told = "; ".join(f"column {fault.column}: {fault.message}" if fault.column else fault.message for fault in faults)
    return Entry(
        number=row["number"],
        line=row["line"],
        id=row["id"],
        name=row["name"],
        state=row["state"],
        note=row["note"] or told or None,
        changes=changes_of(row["changes"]),
        kept=differences_of(row["kept"]),
        before=_json(row["before"]),
        wanted=_json(row["wanted"]),
        version=row["version"],
        source=_json(row["source"]),
        result=_result(row) if row["begun"] else None,
        kind=row["kind"],
        empties=bool(row["empties"]),
        said=row["said"],
        seen=datetime.fromisoformat(row["seen"]) if row["seen"] else None,
    )


def _result(row: sqlite3.Row) -> Result:
    return Result(
        outcome=row["outcome"] or "unknown",
        begun=datetime.fromisoformat(row["begun"]),
        ended=datetime.fromisoformat(row["ended"]) if row["ended"] else None,
        error=row["error"] if row["ended"] else "the run was cut short before the answer came",
        status=row["status"],
        request_id=row["request_id"],
        attempts=row["attempts"] or 0,
        differences=differences_of(row["differences"]),
        after=_json(row["after"]),
    )


def about(store: Store, run: int) -> About:
    """Read what a run is about."""
    row = store.row("SELECT * FROM run WHERE run = ?", run)
    assert row is not None
    return About(
        kind=row["kind"],
        base_url=row["base_url"],
        region=row["region"],
        account=row["account"],
        profile=row["profile"],
        file=row["file"],
        planned=datetime.fromisoformat(row["planned"]),
    )


def summary(store: Store, run: int) -> Summary:
    """Count the entries of a run."""
    counts: dict[str, int] = {}
    for row in store.rows(_STATES, run):
        counts[row["state"]] = row["count"]
        for name in _OF_ALL:
            counts[name] = counts.get(name, 0) + row[name]
        if row["state"] == "change":
            counts |= {name: row[name] for name in _OF_CHANGES}
    for outcome, count, adjusted in store.rows(_OUTCOMES, run):
        counts[outcome] = count
        counts["adjusted"] = counts.get("adjusted", 0) + (adjusted or 0)
    own = store.row("SELECT passed FROM run WHERE run = ?", run)
    return Summary(**counts, passed=own["passed"] if own else 0)


def count_open(store: Store, run: int) -> int:
    """Count the changes of a run that are still to be written, or of unknown outcome."""
    row = store.row("SELECT count(*) AS count" + _FROM + _IS_OPEN, run, 0)
    return int(row["count"]) if row else 0


def was_unknown(store: Store, run: int, number: int) -> bool:
    """Whether a change may have been made by any of its writes so far."""
    query = "SELECT 1 FROM write WHERE run = ? AND number = ? AND coalesce(outcome, 'unknown') = 'unknown'"
    return store.row(query, run, number) is not None


def form(store: Store, run: int) -> Form | None:
    """Read how the file of a run is written."""
    row = store.row("SELECT form FROM run WHERE run = ?", run)
    if row is None or row["form"] is None:
        return None
    from .reading import Form

    held: dict[str, Any] = _json(row["form"])
    header = held.pop("header")
    return Form(**held, header=header and tuple(header))


def uid(store: Store, run: int) -> str:
    """Read what a plan is known by, wherever it is copied to."""
    row = store.row("SELECT uid FROM run WHERE run = ?", run)
    return str(row["uid"]) if row else ""


def created(store: Store, base_url: str) -> Iterator[tuple[str, str]]:
    """The ``userName`` and the id of each user whom earlier runs created, the newest last."""
    for row in store.rows(_CREATED, base_url):
        yield row["name"], row["id"]


def known_differences(store: Store, id: str, base_url: str) -> dict[str, Difference]:
    """What the service is known to keep otherwise than it was sent, of a user, by path in lower case.

    That is what it did the last time: an attribute that it ignored once, and took later, is none of them.
    """
    known: dict[str, Difference | None] = {}
    for changes, differences in store.rows(_DIFFERENCES, id, base_url):
        found = {each.path.lower(): each for each in differences_of(differences)}
        for path in (*found, *(change.path.lower() for change in changes_of(changes))):
            known.setdefault(path, found.get(path))
    return {path: difference for path, difference in known.items() if difference is not None}


def changes_of(text: str | None) -> tuple[Change, ...]:
    """Read changes."""
    return tuple(Change(*each) for each in _json(text) or ())


def differences_of(text: str | None) -> tuple[Difference, ...]:
    """Read differences."""
    return tuple(Difference(*each) for each in _json(text) or ())


def dumped(value: Any) -> str | None:
    """Write JSON; None as it is."""
    return None if value is None else dumps(value)


def written(found: Iterable[Change | Difference | Fault]) -> str | None:
    """Write changes, differences or faults; None if there are none."""
    rows = [[getattr(each, name) for name in type(each).__slots__] for each in found]
    return dumps(rows) if rows else None


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)
