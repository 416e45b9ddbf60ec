"""The bill of materials: what a new environment holds that has the wheel in it, and nothing besides."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

from scripts.regen.errors import Exit, RegenError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_STEP = "sbom"


def write(wheel: Path, extras: Iterable[str], *, version: str, epoch: int, root: Path, target: Path) -> Path:
    """Install a wheel with the versions of constraints.txt, and list what that brings.

    Args:
        wheel: The wheel; alone in its folder but for the sdist.
        extras: The extras to install.
        version: Its version.
        epoch: The time to give the list.
        root: The checkout.
        target: The folder to write to.

    Returns:
        The list, as CycloneDX.

    Raises:
        RegenError: If something cannot be installed, or listed.
    """
    asked = ",".join(extras)
    environment = target / f"venv-{asked or 'alone'}"
    venv.create(environment, with_pip=False)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    requirement = f"maia-scim[{asked}]=={version}" if asked else f"maia-scim=={version}"
    install = ("--python", python, "install", "--quiet", "--no-compile")
    # Ours from the folder, not from the file, whose place would get into the list; and from no index that has one, too.
    _run("pip", *install, "--no-deps", "--no-index", "--find-links", wheel.parent, f"maia-scim=={version}")
    _run("pip", *install, "--constraint", root / "constraints.txt", requirement)
    path = target / f"maia-scim-{version}{'-all-extras' if asked else ''}.cdx.json"
    about = environment / "pyproject.toml"
    table = (root / "pyproject.toml").read_text(encoding="utf-8")
    about.write_text(table.replace('dynamic = ["version"]', f'version = "{version}"'), encoding="utf-8")
    options = ("--output-reproducible", "--mc-type", "library", "--pyproject", about)
    _run("cyclonedx_py", "environment", *options, "--output-file", path, python, epoch=epoch)
    shutil.rmtree(environment)
    return path


def _run(module: str, *arguments: object, epoch: int = 0) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-5:]
        remedy = "it takes the network, or a mirror that pip knows of"
        raise RegenError(_STEP, f"{module} fails", details=lines, remedy=remedy, code=Exit.MACHINE)


def sums(files: Iterable[Path], target: Path) -> Path:
    """Write SHA256SUMS, which `sha256sum --check` reads.

    Args:
        files: What to sum up.
        target: The folder to write to.
    """
    path = target / "SHA256SUMS"
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    path.write_text("".join(lines), encoding="ascii")
    return path
