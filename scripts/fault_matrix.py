"""Write `docs/fault-matrix.md`: what each operation promises under each fault, as the tests hold it to.

python -m scripts.fault_matrix
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.matrix import ATTEMPTS, OPERATIONS, ROWS, TIMEOUT

if TYPE_CHECKING:
    from tests.faults.matrix import Promise, Row

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "fault-matrix.md"
HEAD = """\
# The fault matrix

What comes of a call when something goes wrong. Each of the {faults} lines is a fault that the
[sandbox](sandbox.md#faults) can be told to make. Each was tried over real connections with `get`, `replace`, `patch`,
`create` and `replace_many`, by `MaiaScim` and by `AsyncMaiaScim`: {cases} cases. Both clients behave alike, so a cell
speaks for both.

- **result**, or the error's class and its `outcome`. `unknown` says that the write may have been done.
- **sent**: how many requests the service received.
- **done**, **not done**: whether it holds the write of a call that failed.
- “For ever” is a fault that strikes every request; any other strikes one. `replace_many` was given three users: the
  cell tells of the first, and the other two are replaced, unless the fault is for ever.
- Tried with `RetryPolicy(attempts={attempts})`, and under a fault that takes longer than that with `timeout={timeout}`.

In every case, besides what its cell says: the call ends, no write that was done is called `refused` or `not_sent`, no
PATCH or POST is carried out twice, nothing goes to another host, and the client is fit for use afterwards.
"""


def page() -> str:
    """The whole page."""
    cases = len(ROWS) * len(OPERATIONS) * 2
    parts = [HEAD.format(faults=len(ROWS), cases=cases, attempts=ATTEMPTS, timeout=TIMEOUT)]
    for group, rows in groupby(ROWS, key=lambda row: row.group):
        parts.append(f"## {group}\n")
        parts.append("| fault | `get` | `replace`, `replace_many` | `patch`, `create` |\n|---|---|---|---|")
        parts.append("\n".join(_line(row) for row in rows) + "\n")
    return "\n".join(parts)


def _line(row: Row) -> str:
    replaced = _cell(row.promise("replace"))
    many = _cell(row.promise("replace_many"))
    if many != replaced:
        replaced = f"{replaced}; `replace_many`: {many}"
    return f"| {row.name} | {_cell(row.promise('get'))} | {replaced} | {_cell(row.promise('patch'))} |"


def _cell(promise: Promise) -> str:
    sent = f"{promise.requests} sent"
    if promise.kind == "ok":
        return f"result, {sent}"
    held = {"new": ", done", "old": ", not done", None: ""}[promise.held]
    return f"`{promise.kind}` `{promise.outcome}`, {sent}{held}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
