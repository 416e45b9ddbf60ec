"""The migration guide: whoever breaks users' code says what to write instead, and shows it in code that runs."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from scripts.regen.errors import Exit, RegenError
from scripts.release.version import parsed

if TYPE_CHECKING:
    from scripts.regen.layout import Layout

_STEP = "migration"
_PAGE = "docs/migrating.md"
_BLOCK = re.compile(r'^```python title="(before|after)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """Code of the guide."""

    section: str
    title: str
    code: str


def blocks(text: str) -> list[Block]:
    """The code of a guide, section by section, as `tests/release/test_migrating.py` runs it.

    Args:
        text: The page.
    """
    sections = re.split(r"(?m)^## ", text)[1:]
    return [Block(part.partition("\n")[0], *found) for part in sections for found in _BLOCK.findall(part)]


def section(version: str) -> str:
    """The section of a version: one for each that may break code, which is the y of 0.y.z before 1.0."""
    release = parsed(version).release
    return f"To {release[0]}" if release[0] else f"To 0.{release[1]}"


def check(layout: Layout, version: str, last: str | None) -> None:
    """Refuse a version that may break code and has no section of its own that shows how to go on.

    Args:
        layout: The checkout.
        version: The version that is to be.
        last: The release before; None before the first.

    Raises:
        RegenError: With what is missing.
    """
    wanted = section(version)
    if last and section(last.removeprefix("v")) == wanted:
        return
    page = layout.root / _PAGE
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    found = {block.title: block.code for block in blocks(text) if block.section == wanted}
    missing = f"## {wanted}" if f"\n## {wanted}\n" not in text else ""
    for title in ("before", "after"):
        if not missing and not _runs(found.get(title, "")):
            missing = f'a block ```python title="{title}" with an assert'
    if missing:
        why = f"{version} may break code, and the migration guide lacks: {missing}"
        remedy = "show what users wrote before, and what they write now"
        raise RegenError(_STEP, why, where=_PAGE, remedy=remedy, code=Exit.DECIDE)


def _runs(code: str) -> bool:
    """Whether code is Python that checks something."""
    try:
        return any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(code)))
    except SyntaxError:
        return False
