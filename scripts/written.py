"""Tables that a script writes into a page of the documentation, between two marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

END = "<!-- end of what is written -->\n"


def begin(module: str) -> str:
    """The mark above a table, which names the module that writes it."""
    return f"<!-- written by python -m {module} -->\n"


def markdown(head: Sequence[str], *rows: Iterable[str]) -> str:
    """A table in Markdown; the row below the head says how columns are aligned."""
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, *rows))


def put(text: str, mark: str, table: str) -> str:
    """A page with a table in the place of the one it has.

    Args:
        text: The page.
        mark: The mark above the table.
        table: The table.

    Raises:
        ValueError: If the page lacks one of the marks that the table stands between.
    """
    before, begin, rest = text.partition(mark)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks the line {(end and mark) or END!r}")
    return f"{before}{mark}\n{table}\n{END}{after}"
