"""Taking the rows of a file into a plan that is being made, and checking them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from maia_scim.database import dumps
from maia_scim.diff import is_array, is_object
from maia_scim.text import fold

from . import records
from .columns import target
from .errors import Faults
from .guards import addresses
from .model import Fault, Setting
from .store import ADD_ENTRY, EMPTY, Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Row
    from .reading import Source

# What only the making of a plan needs: what the rows say, the addresses in them, and what is found wrong between them.
# Gone with the connection.
_SCRATCH = """
CREATE TEMP TABLE said (number INTEGER PRIMARY KEY, settings TEXT NOT NULL, id_header TEXT NOT NULL, called TEXT);
CREATE TEMP TABLE address (
    address TEXT, number INTEGER, header TEXT NOT NULL, is_name INTEGER NOT NULL, PRIMARY KEY (address, number)
) WITHOUT ROWID;
CREATE TEMP TABLE found (number INTEGER NOT NULL, line INTEGER, header TEXT NOT NULL, message TEXT NOT NULL);
"""
# Rows of a user that has another row; and with a name or address that another user has in the file, too. CROSS JOIN
# keeps the few that are found in front.
_TWICE = """
INSERT INTO found
SELECT e.number, e.line, (SELECT id_header FROM said WHERE number = e.number),
    'the user has a row already, on line ' || first.line || ': each has one'
FROM (
    SELECT id, min(number) AS number, line FROM entry WHERE run = :run AND id <> ''
    GROUP BY id COLLATE NOCASE HAVING count(*) > 1
) first CROSS JOIN entry e ON e.id = first.id COLLATE NOCASE AND e.number <> first.number WHERE e.run = :run
"""
_SHARED = """
INSERT INTO found
SELECT a.number, e.line, a.header,
    a.address || ' is ' || CASE WHEN b.is_name THEN 'the name' ELSE 'an address' END
    || ' of the user on line ' || o.line || ', too'
FROM (SELECT address, min(number) AS number FROM address GROUP BY address HAVING count(*) > 1) first
CROSS JOIN address a ON a.address = first.address AND a.number <> first.number
CROSS JOIN address b ON b.address = first.address AND b.number = first.number
CROSS JOIN entry e ON e.run = :run AND e.number = a.number
CROSS JOIN entry o ON o.run = :run AND o.number = first.number
"""


def load(store: Store, run: int, source: Source) -> None:
    """Take the rows of a file, each checked by itself.

    Args:
        store: Where to.
        run: The run.
        source: The file.

    Raises:
        InvalidFile: If the file cannot be taken.
    """
    with store.guarded():
        store.sql.executescript(_SCRATCH)
    header = [each.strip().lower() for each in source.form.header or ()]
    with store.together():
        for number, row in enumerate(source.rows(), 1):
            store.write(ADD_ENTRY, {**EMPTY, **_entry(run, number, row, header)})
            store.write(
                "INSERT INTO said VALUES (:number, :settings, :id_header, NULL)",
                {
                    "number": number,
                    "settings": dumps({each.target.path: each.value for each in row.settings}),
                    "id_header": row.id_header,
                },
            )
            store.write_all(
                "INSERT INTO address VALUES (:address, :number, :header, :is_name)",
                ({**own, "number": number} for own in _addresses(row)),
            )
        store.write(
            "UPDATE run SET sha256 = :sha256, form = :form WHERE run = :run",
            {"run": run, "sha256": source.sha256, "form": dumps(asdict(source.form))},
        )


def check(store: Store, run: int, name: str, *, skip_invalid: bool) -> None:
    """Check the rows of a file all together, once each has the id of its user.

    Args:
        store: Where they are.
        run: The run.
        name: What messages call the file.
        skip_invalid: Whether to go on without rows that are wrong.

    Raises:
        InvalidFile: If some are wrong, and that is not wanted.
    """
    with store.together():
        for query in (_TWICE, _SHARED):
            store.write(query, {"run": run})
        for number, line, header, message in store.rows("SELECT number, line, header, message FROM found"):
            add_fault(store, run, number, Fault(line, header, message))
    if not skip_invalid:
        _refuse_faults(store, run, name)


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


def _addresses(row: Row) -> Iterable[dict[str, Any]]:
    """The names and addresses in a row that belong to one user alone, each once, and the column that has it."""
    found: dict[str, dict[str, Any]] = {}
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
                own = {"address": fold(text), "header": setting.header or path, "is_name": path == "userName"}
                found.setdefault(fold(text), own)
    return found.values()


def add_fault(store: Store, run: int, number: int, fault: Fault) -> None:
    """Note what is wrong with a row, beside what is known to be.

    Args:
        store: Where the row is.
        run: The run.
        number: The number of its entry.
        fault: What is wrong.
    """
    row = store.row("SELECT faults FROM entry WHERE run = ? AND number = ?", run, number)
    faults = [*json.loads(row["faults"] or "[]" if row else "[]"), [fault.line, fault.column, fault.message]]
    store.write(
        "UPDATE entry SET state = 'invalid', faults = :faults WHERE run = :run AND number = :number",
        {"run": run, "number": number, "faults": dumps(faults)},
    )


def _refuse_faults(store: Store, run: int, name: str) -> None:
    faults = Faults()
    for (text,) in store.rows("SELECT faults FROM entry WHERE run = ? AND faults IS NOT NULL ORDER BY number", run):
        faults.add(*(Fault(*each) for each in json.loads(text)))
    faults.refuse(name)


def said(store: Store, number: int) -> list[Setting]:
    """What a row says.

    Args:
        store: Where it is.
        number: The number of its entry.
    """
    row = store.row("SELECT settings FROM said WHERE number = ?", number)
    return [Setting(target(path), value) for path, value in json.loads(row["settings"] if row else "{}").items()]
