"""What differs of how the distribution is installed: Python versions, extras, commands."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from scripts.regen.verdict import Finding, in_order

if TYPE_CHECKING:
    from pathlib import Path

_KIND = "installation"
_NAMED = {"optional-dependencies": "extra", "scripts": "command", "entry-points": "entry point"}


def read(root: Path) -> dict[str, Any]:
    """The project table of a tree's pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def _flat(table: dict[str, Any]) -> dict[str, Any]:
    """A table of names; where it has groups, as that of entry points, with the group before each name."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= {f"{name} {inner}": it for inner, it in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def compare(old: Path, new: Path) -> tuple[Finding, ...]:
    """Tell what differs of pyproject.toml, as far as installing shows it.

    Args:
        old: The root of the tree before.
        new: The root of the tree now.

    Returns:
        The differences, the gravest first.
    """
    before, after = read(old), read(new)
    found: list[Finding] = []
    for table, word in _NAMED.items():
        was, now = (_flat(it.get(table, {})) for it in (before, after))
        found += [
            Finding(_KIND, f"{word} {it}", "removed", "major", "who asks for it fails") for it in was if it not in now
        ]
        found += [
            Finding(_KIND, f"{word} {it}", "added", "minor", "something new to ask for") for it in now if it not in was
        ]
        found += [
            Finding(_KIND, f"{word} {it}", "changed", "minor", "installs something else", str(was[it]), str(now[it]))
            for it in was
            if it in now and was[it] != now[it]
        ]
    for key in ("requires-python", "dependencies"):
        if before.get(key) != after.get(key):
            why = "pip chooses by it; who cannot follow keeps the version before"
            found.append(Finding(_KIND, key, "changed", "minor", why, str(before.get(key)), str(after.get(key))))
    return in_order(found)
