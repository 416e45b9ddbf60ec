"""Building the documentation in a folder of its own, as ``make docs`` does in the repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def checkout(folder: Path, *pages: str) -> Path:
    """A folder with what the documentation is made of; with some of its pages alone, if they are named."""
    settings = (ROOT / "zensical.toml").read_text("utf-8")
    if pages:
        settings = re.sub(r"^nav = \[\n.*?^\]$", "", settings, flags=re.M | re.S)  # which names all of them
    shutil.copytree(ROOT / "generated", folder / "generated", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("maia_scim", "scripts"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "zensical.toml").write_text(settings, "utf-8")
    for page in pages:
        (folder / "docs" / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "docs" / page, folder / "docs" / page)
    if not pages:
        shutil.copytree(ROOT / "docs", folder / "docs")
    return folder


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build it; what did not change since the last time is not made again."""
    done = subprocess.run(
        [Path(sys.executable).with_name("zensical"), "build", "--strict"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    done.stdout = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    return done
