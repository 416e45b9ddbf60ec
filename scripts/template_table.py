"""Write the table of docs/how-it-is-built.md that sets our templates beside the generator's own.

python -m scripts.template_table
"""

from __future__ import annotations

import ast
import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import written
from scripts.regen.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "how-it-is-built.md"
BEGIN = written.begin("scripts.template_table")

HEAD = ("file", "stock lines", "our lines", "of these new", "what it is for, in the file's own words")


def table() -> str:
    """The table as it should be, in Markdown."""
    layout = Layout(ROOT)
    rows: list[tuple[str, list[str], list[str], str]] = []
    for file in sorted(layout.templates.glob("*.jinja")):
        stock = layout.templates / "stock" / file.name
        comment = re.match(r"\{#-?(.*?)-?#\}", _text(file), re.DOTALL)
        rows.append((f"templates/{file.name}", _lines(stock), _lines(file), comment[1] if comment else ""))
    for file in sorted(layout.runtime.glob("*.py")):
        doc = ast.get_docstring(ast.parse(_text(file))) or ""
        rows.append((f"runtime/{file.name}", [], _lines(file), doc.partition("\n\n")[0]))
    counts = [(len(stock), len(ours), _new(stock, ours)) for _, stock, ours, _ in rows]
    cells = [
        (_code(name), *map(str, numbers), _prose(words))
        for (name, _, _, words), numbers in zip(rows, counts, strict=True)
    ]
    sums = (str(sum(column)) for column in zip(*counts, strict=True))
    return written.markdown(HEAD, ("---", "--:", "--:", "--:", "---"), *cells, ("**all**", *sums, ""))


def page(text: str) -> str:
    """A page with the table in the place of the one it has.

    Raises:
        ValueError: If the page lacks the marks that the table stands between.
    """
    return written.put(text, BEGIN, table())


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _lines(file: Path) -> list[str]:
    return _text(file).splitlines() if file.exists() else []


def _new(stock: Sequence[str], ours: Sequence[str]) -> int:
    """How many lines of ours the stock file does not have in their place."""
    blocks: Iterable[difflib.Match] = difflib.SequenceMatcher(None, stock, ours, autojunk=False).get_matching_blocks()
    return len(ours) - sum(block.size for block in blocks)


def _prose(words: str) -> str:
    """One line of Markdown: names of code are marked as such, so that no underscore turns into emphasis."""
    line = " ".join(words.split()).replace("|", "&#124;")
    return re.sub(r"(?<![`\w])[\w./]*(?:_[\w./]*\w|\w\.py)(?![`\w])", lambda name: _code(name[0]), line)


def _code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    PAGE.write_text(page(_text(PAGE)), encoding="utf-8")
    print(f"wrote the table of {PAGE.relative_to(ROOT)}")
