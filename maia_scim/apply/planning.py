"""Making a plan: the file is read and checked, each user read and compared with what its row wants."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from maia_scim.database import dumps, now
from maia_scim.diff import is_array, is_object
from maia_scim.errors import NotFound
from maia_scim.resources import named, version_of

from . import records
from .case import only_case
from .columns import target
from .errors import InvalidFile
from .guards import Protected, addresses, is_false, protects
from .inside import core_of
from .model import Fault, Setting
from .reads import Read, read_users
from .store import ADD_ENTRY, Store
from .wanted import changed, changes_of, equal, without_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from maia_scim import MaiaScim
    from maia_scim.diff import Change, Difference

    from .model import Row
    from .reading import Source

EMPTY: dict[str, Any] = {
    "kind": "user",
    "line": None,
    "name": None,
    "note": None,
    "faults": None,
    "changes": None,
    "kept": None,
    "case_only": 0,
    "deactivates": 0,
    "renames": 0,
    "adds": 0,
    "removes": 0,
    "held": 0,
    "empties": 0,
    "before": None,
    "wanted": None,
    "version": None,
    "source": None,
}
_UPDATE = """
UPDATE entry SET name = :name, state = :state, note = :note, faults = :faults, changes = :changes, kept = :kept,
    case_only = :case_only, deactivates = :deactivates, renames = :renames, before = :before, wanted = :wanted,
    version = :version
WHERE run = :run AND number = :number
"""
# What only the making of a plan needs: what the rows say, the addresses in them, and what is found wrong between them.
# Gone with the connection.
_SCRATCH = """
CREATE TEMP TABLE said (number INTEGER PRIMARY KEY, settings TEXT NOT NULL);
CREATE TEMP TABLE address (address TEXT, number INTEGER, path TEXT NOT NULL, PRIMARY KEY (address, number))
    WITHOUT ROWID;
CREATE TEMP TABLE found (number INTEGER NOT NULL, line INTEGER, path TEXT NOT NULL, message TEXT NOT NULL);
"""
# Rows of a user that has another row; and with a name or address that another user has in the file, too. CROSS JOIN
# keeps the few that are found in front.
_TWICE = """
INSERT INTO found
SELECT e.number, e.line, 'id', 'the user has a row already, on line ' || first.line || ': each has one'
FROM (
    SELECT id, min(number) AS number, line FROM entry WHERE run = :run AND id <> ''
    GROUP BY id COLLATE NOCASE HAVING count(*) > 1
) first CROSS JOIN entry e ON e.id = first.id COLLATE NOCASE AND e.number <> first.number WHERE e.run = :run
"""
_SHARED = """
INSERT INTO found
SELECT a.number, e.line, a.path, a.address || ' is the address of the user on line ' || o.line || ', too'
FROM (SELECT address, min(number) AS number FROM address GROUP BY address HAVING count(*) > 1) first
CROSS JOIN address a ON a.address = first.address AND a.number <> first.number
CROSS JOIN entry e ON e.run = :run AND e.number = a.number
CROSS JOIN entry o ON o.run = :run AND o.number = first.number
"""
_FAULTS = 1000  # so many are told one by one
_MANY_ITEMS = 200  # of an array; to compare each with each takes long beyond


class Wish(Protocol):
    """Tells what is wanted of a user."""

    def __call__(self, number: int, held: dict[str, Any], /) -> Iterable[Setting]:
        """Tell it, by the number of the entry and JSON of the user as the service holds it."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """How users are compared with what is wanted.

    Args:
        exact_case: Whether a change of letter case alone is one, where SCIM says that case does not count.
        protected: Accounts that are never deactivated or renamed.
    """

    exact_case: bool = False
    protected: Protected = frozenset()


def begin(store: Store, client: MaiaScim, kind: str, file: str, profile: str | None) -> int:
    """Add a run to a store.

    Returns:
        Its number.
    """
    core = core_of(client)
    region = core.place.region
    return store.add_run(
        {
            "uid": uuid4().hex,
            "kind": kind,
            "base_url": core.place.base_url,
            "region": region.value if region else None,
            "account": core.auth.account,
            "profile": profile,
            "file": file,
            "sha256": None,
            "form": None,
            "journal": None,
            "planned": now(),
            "state": "planned",
        }
    )


def load(store: Store, run: int, source: Source, *, skip_invalid: bool) -> None:
    """Take the rows of a file, and check them, each and all together.

    Args:
        store: Where to.
        run: The run.
        source: The file.
        skip_invalid: Whether to go on without rows that are wrong.

    Raises:
        InvalidFile: If some are wrong, and that is not wanted.
    """
    with store.guarded():
        store.sql.executescript(_SCRATCH)
    header = [each.strip().lower() for each in source.form.header or ()]
    with store.together():
        for number, row in enumerate(source.rows(), 1):
            store.write(ADD_ENTRY, {**EMPTY, **_entry(run, number, row, header)})
            store.write(
                "INSERT INTO said VALUES (:number, :settings)",
                {"number": number, "settings": dumps({each.target.path: each.value for each in row.settings})},
            )
            store.write_all(
                "INSERT INTO address VALUES (:address, :number, :path)",
                ({"address": address, "number": number, "path": path} for address, path in _addresses(row)),
            )
        store.write(
            "UPDATE run SET sha256 = :sha256, form = :form WHERE run = :run",
            {"run": run, "sha256": source.sha256, "form": dumps(asdict(source.form))},
        )
        for query in (_TWICE, _SHARED):
            store.write(query, {"run": run})
        for number, line, path, message in store.rows("SELECT number, line, path, message FROM found"):
            _add_fault(store, run, number, Fault(line, path, message))
    if not skip_invalid:
        _refuse_faults(store, run, source.name)


def _entry(run: int, number: int, row: Row, header: list[str]) -> dict[str, Any]:
    return {
        "run": run,
        "number": number,
        "line": row.line,
        "id": row.id,
        "state": "invalid" if row.faults else "unread",
        "faults": records.written(row.faults),
        "source": dumps(_shown(row.source, header)),
    }


def _shown(source: Any, header: list[str]) -> Any:
    """A record as it came, without passwords: they stand in columns that are left out, and in rows that are wrong."""
    if is_array(source) and header:
        return ["" if header[at : at + 1] == ["password"] else cell for at, cell in enumerate(source)]
    if is_object(source):
        return {name: _shown(value, []) for name, value in source.items() if name.strip().lower() != "password"}
    return source


def _addresses(row: Row) -> Iterator[tuple[str, str]]:
    """The names and addresses in a row that belong to one user alone, each once."""
    found: dict[str, str] = {}
    for setting in row.settings:
        path, value = setting.target.path, setting.value
        if path == "userName" or (setting.target.attribute == "emails" and setting.target.sub == "value"):
            texts = [value]
        elif path == "emails":
            texts = addresses(value)
        else:
            continue
        for text in texts:
            if isinstance(text, str) and text:
                found.setdefault(text.casefold(), path)
    yield from found.items()


def _add_fault(store: Store, run: int, number: int, fault: Fault) -> None:
    row = store.row("SELECT faults FROM entry WHERE run = ? AND number = ?", run, number)
    faults = [*json.loads(row["faults"] or "[]" if row else "[]"), [fault.line, fault.column, fault.message]]
    store.write(
        "UPDATE entry SET state = 'invalid', faults = :faults WHERE run = :run AND number = :number",
        {"run": run, "number": number, "faults": dumps(faults)},
    )


def _refuse_faults(store: Store, run: int, name: str) -> None:
    found: list[Fault] = []
    total = 0
    for (text,) in store.rows("SELECT faults FROM entry WHERE run = ? AND faults IS NOT NULL ORDER BY number", run):
        faults = json.loads(text)
        total += len(faults)
        if len(found) < _FAULTS:
            found += [Fault(*each) for each in faults]
    if found:
        raise InvalidFile(name, found, total)


def said(store: Store) -> Wish:
    """What the rows of a file want, once they were loaded."""

    def of_row(number: int, _held: dict[str, Any]) -> list[Setting]:
        row = store.row("SELECT settings FROM said WHERE number = ?", number)
        return [Setting(target(path), value) for path, value in json.loads(row["settings"] if row else "{}").items()]

    return of_row


def compare(
    store: Store,
    run: int,
    client: MaiaScim,
    *,
    wish: Wish,
    rules: Rules,
    journal: Store | None,
    concurrency: int,
    on_progress: Callable[[int, int], object] | None,
) -> None:
    """Read each user, and note what is to be changed in it.

    Args:
        store: Where the rows are.
        run: The run.
        client: The client.
        wish: Tells what is wanted of a user.
        rules: How to compare.
        journal: What is known of earlier runs.
        concurrency: How many requests may be under way.
        on_progress: Is told how many users were read, of how many.

    Raises:
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """
    row = store.row("SELECT count(*) AS count FROM entry WHERE run = ? AND state = 'unread'", run)
    total: int = row["count"] if row else 0
    base_url = core_of(client).place.base_url
    ids = ((entry.number, entry.id) for entry in records.entries(store, records.OF_STATE, run, "unread"))
    for done, read in enumerate(read_users(client, ids, total, concurrency), 1):
        values: dict[str, Any] = {}
        if read.error is None:
            held: dict[str, Any] = read.user.to_dict()
            known = records.known_differences(journal, read.user.id, base_url) if journal else {}
            values = judged(held, version_of(read.user), changes_of(held, wish(read.key, held)), rules, known)
        note(store, run, read, values)
        if on_progress:
            on_progress(done, total)


def note(store: Store, run: int, read: Read, values: Mapping[str, Any]) -> None:
    """Note what a plan has for a user that was read, or could not be.

    Args:
        store: Where to.
        run: The run.
        read: What came of reading it.
        values: Columns of its entry, if it was read.
    """
    why: dict[str, Any] = {}
    if isinstance(read.error, NotFound):
        why = {"state": "not_found"}
    elif read.error is not None:
        why = {"state": "unread", "note": str(read.error)}
    store.write(_UPDATE, {**EMPTY, **values, **why, "run": run, "number": read.key})


def judged(
    held: dict[str, Any],
    version: str | None,
    changes: tuple[Change, ...],
    rules: Rules,
    known: Mapping[str, Difference],
) -> dict[str, Any]:
    """What a plan has for a user.

    Args:
        held: JSON of the user as the service holds it.
        version: Its version.
        changes: What is to be changed.
        rules: How to compare.
        known: What the service is known to keep otherwise than it was sent.

    Returns:
        Columns of an entry.
    """
    held = without_password(held)
    case_only = [] if rules.exact_case else [change for change in changes if only_case(change)]
    kept = [known[change.path.lower()] for change in changes if _is_known(change, known) and change not in case_only]
    proposed = [change for change in changes if change not in case_only and not _is_known(change, known)]
    at = {change.path.lower(): change for change in proposed}
    deactivates = "active" in at and is_false(at["active"].after)
    renames = "username" in at
    name = held.get(named(held, "userName") or "")
    values: dict[str, Any] = {
        "name": name if isinstance(name, str) else None,
        "kept": records.written(kept),
        "case_only": len(case_only),
        "state": "unchanged",
    }
    if not proposed:
        return values
    values |= {"changes": records.written(proposed), "deactivates": deactivates, "renames": renames, "version": version}
    own = held.get(named(held, "id") or "")
    if (deactivates or renames) and protects(rules.protected, str(own), held):
        what = "deactivated" if deactivates else "renamed"
        return values | {"state": "protected", "note": f"the account is protected, and would be {what}"}
    wanted = changed(held, proposed)
    note = None
    if named(wanted, "active") is None:
        note = "the user has no active: a service may read a PUT without it as true; a column active says which it is"
    return values | {"state": "change", "note": note, "before": dumps(held), "wanted": dumps(wanted)}


def _is_known(change: Change, known: Mapping[str, Difference]) -> bool:
    """Whether the service has been sent this value before, and keeps the one that it has."""
    difference = known.get(change.path.lower())
    if difference is None or not equal(difference.answered, change.before):
        return False
    return equal(difference.sent, change.after) or _are_known_items(difference.sent, change)


def _are_known_items(sent: Any, change: Change) -> bool:
    """Whether all items that a change adds to an array have been sent, and none that it takes away.

    So it is where a service drops the type of an item: the next plan finds none of that type, and would add another.
    """
    if not (is_array(sent) and is_array(change.before) and is_array(change.after)) or len(sent) > _MANY_ITEMS:
        return False

    def has(items: list[Any], item: Any) -> bool:
        return any(equal(item, each) for each in items)

    added = [item for item in change.after if not has(change.before, item)]
    gone = [item for item in change.before if not has(change.after, item)]
    return all(has(sent, item) for item in added) and not any(has(sent, item) for item in gone)
