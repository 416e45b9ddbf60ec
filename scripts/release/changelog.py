"""The changelog: fragments go in under a heading that names the version, the day and the specification."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from scripts.regen import base
from scripts.regen.errors import Exit, RegenError

if TYPE_CHECKING:
    import datetime
    from pathlib import Path

    from scripts.regen.layout import Layout

_STEP = "changelog"
_NAME = re.compile(r".+\.(service|sdk|cli)\.md")
_HEADING = re.compile(
    r"^## (?P<version>\S+) \((?P<day>[\d-]{10}), spec (?P<spec>[\d-]{10} [0-9a-f]{8})\)$", re.MULTILINE
)


def fragments(layout: Layout) -> list[Path]:
    """The fragments that are not yet in the changelog.

    Raises:
        RegenError: If one is not named as towncrier wants it, or is no list.
    """
    folder = layout.fragment.parent
    found = [it for it in sorted(folder.glob("*")) if it.name not in {"README.md", "template.md.jinja"}]
    wrong: list[str] = []
    for path in found:
        if not _NAME.fullmatch(path.name) or not path.is_file():
            wrong.append(f"- {layout.short(path)}: not named <name>.service.md, <name>.sdk.md or <name>.cli.md")
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if "\ufffd" in text:
            wrong.append(f"- {layout.short(path)}: not UTF-8")
        elif not text.startswith("- ") or re.search(r"(?m)^(?!- |  |$)", text.rstrip("\n")):
            wrong.append(f"- {layout.short(path)}: no Markdown list, whose further lines are indented by two")
    if wrong:
        raise RegenError(_STEP, "fragments are not of their form", details=wrong, remedy="see changes/README.md")
    return found


def versions(layout: Layout) -> dict[str, str]:
    """The versions of the changelog, each with the specification that its heading names.

    Raises:
        RegenError: If a heading names none.
    """
    text = (layout.root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = {it["version"]: it["spec"] for it in _HEADING.finditer(text)}
    lines = [f"- {line}" for line in re.findall(r"(?m)^## .*", text) if not _HEADING.fullmatch(line)]
    if lines:
        remedy = "## X.Y.Z (day, spec day hash)"
        raise RegenError(_STEP, "headings do not name version, day and specification", details=lines, remedy=remedy)
    return found


def check(layout: Layout, version: str) -> bool:
    """Refuse a version that has nothing to tell, or tells it twice.

    Args:
        layout: The checkout.
        version: The version that is to be.

    Returns:
        Whether the fragments are still to be put in.

    Raises:
        RegenError: With what to do about it.
    """
    waiting, told = fragments(layout), versions(layout)
    if version in told and waiting:
        names = [f"- {layout.short(it)}" for it in waiting]
        remedy = f"they belong to the next version: make release SET=X.Y.Z; or take {version} out of CHANGELOG.md"
        raise RegenError(_STEP, f"{version} is in CHANGELOG.md, and fragments wait", details=names, remedy=remedy)
    if version not in told and not waiting:
        remedy = "write what users get, see changes/README.md"
        raise RegenError(_STEP, f"nothing tells of {version}", where="changes/", remedy=remedy, code=Exit.DECIDE)
    spec = str(base.read_origin(layout.package))
    if told.get(version, spec) != spec:
        why = f"the heading of {version} names the specification {told[version]}, and the package is made from {spec}"
        raise RegenError(_STEP, why, where="CHANGELOG.md", remedy=f"write {spec}")
    return bool(waiting)


def build(layout: Layout, version: str, today: datetime.date) -> None:
    """Put the fragments into the changelog, and take them away.

    Args:
        layout: A checkout that may be written to.
        version: The version that is to be.
        today: The day in the heading.

    Raises:
        RegenError: If towncrier fails.
    """
    name = f"spec {base.read_origin(layout.package)}"
    command = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", version, "--name", name]
    done = subprocess.run(
        [*command, "--date", today.isoformat()], cwd=layout.root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise RegenError(_STEP, "towncrier fails", details=lines, remedy="mend what it names", code=Exit.MACHINE)
    check(layout, version)
