"""What the overrides rely on: the exact versions of the tools, and the stock templates that they stand in for."""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

from scripts.regen.errors import Exit, RegenError

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.regen.layout import Layout

_GROUP = "regen"
_REQUIREMENT = re.compile(r"([\w.-]+)\s*(?:==\s*([\w.+!-]+))?")
_SETUP = "set the tools up again: rm -f .venv/.regen .venv/.test .venv/.dev && make regen"


def check_tools(layout: Layout) -> None:
    """Refuse to run with other tools than pyproject.toml names.

    Args:
        layout: The checkout.

    Raises:
        RegenError: If a tool is missing, or one that is pinned exactly has another version.
    """
    project = tomllib.loads((layout.root / "pyproject.toml").read_text(encoding="utf-8"))
    findings: list[str] = []
    for requirement in project["dependency-groups"][_GROUP]:
        match = _REQUIREMENT.match(requirement)
        if not match:
            continue
        name, pinned = match.groups()
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            findings.append(f"- {name} is not installed")
        else:
            if pinned and installed != pinned:
                findings.append(f"- {name} is {installed}, and pyproject.toml pins {pinned}")
    if findings:
        why = "the tools are not those that pyproject.toml names (dependency group 'regen')"
        raise RegenError("tools", why, details=findings, remedy=_SETUP, code=Exit.MACHINE)


def check_templates(layout: Layout) -> None:
    """Refuse to generate when a stock template changed under its override.

    Args:
        layout: The checkout.

    Raises:
        RegenError: With the difference, if an overridden stock template is not the one that was pinned.
    """
    pinned = _pinned(layout)
    details: list[str] = []
    for name, stock in _overridden(layout).items():
        if pinned.get(name) == _sha256(stock):
            continue
        details.append(f"- {name}: " + ("changed" if name in pinned else "not pinned yet"))
        copy = _copy(layout, name)
        if name in pinned and copy.exists():
            texts = copy.read_text(encoding="utf-8").splitlines(), stock.splitlines()
            details += difflib.unified_diff(*texts, f"pinned/{name}", f"installed/{name}", lineterm="")
    details += [f"- {name}: pinned, and no longer overridden" for name in pinned.keys() - _overridden(layout).keys()]
    if details:
        remedy = "carry the change over to the override, then: python -m scripts.regen --pin-templates"
        why = "stock templates are not those that the overrides were written against"
        raise RegenError("templates", why, where=layout.short(_pins(layout)), details=details, remedy=remedy)


def pin_templates(layout: Layout) -> list[str]:
    """Pin the installed stock templates that are overridden.

    Args:
        layout: The checkout.

    Returns:
        Their names.
    """
    overridden = _overridden(layout)
    folder = _copy(layout, "")
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, stock in overridden.items():
        _copy(layout, name).write_text(stock, encoding="utf-8")
    lines = [f"{_sha256(stock)}  {name}\n" for name, stock in overridden.items()]
    _pins(layout).write_text("".join(lines), encoding="utf-8")
    return list(overridden)


def _overridden(layout: Layout) -> dict[str, str]:
    stock: Any = resources.files("openapi_python_client") / "templates"
    found: dict[str, str] = {}
    for path in sorted(layout.templates.rglob("*.jinja")):
        name = path.relative_to(layout.templates).as_posix()
        if not name.startswith("stock/") and (stock / name).is_file():
            found[name] = (stock / name).read_text(encoding="utf-8")
    return found


def _pinned(layout: Layout) -> dict[str, str]:
    if not _pins(layout).exists():
        return {}
    lines = _pins(layout).read_text(encoding="utf-8").split("\n")
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines if line.strip())}


def _pins(layout: Layout) -> Path:
    return layout.templates / "STOCK.sha256"


def _copy(layout: Layout, name: str) -> Path:
    """The text that was pinned, kept to show what changed."""
    return layout.templates / "stock" / name


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
