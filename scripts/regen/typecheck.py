"""Whether the examples and tests of an earlier release still type-check against new code."""

from __future__ import annotations

import ast
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from scripts.regen.errors import Exit, RegenError
from scripts.regen.layout import Layout

_STEP = "report"
_IMPORTS_US = r"^[[:space:]]*(from|import)[[:space:]]+maia_(scim|public_api)([[:space:].,]|$)"


def type_check(base: str, root: Path, new_package: Path) -> list[str]:
    """Type-check the examples and tests of a git ref against the new generated code and the present facade.

    Args:
        base: The git ref, as in "v1.2.3".
        root: The repository's root folder.
        new_package: The folder of the newly generated package.

    Returns:
        The errors that the same files do not give with the ref's own code, as mypy words them, sorted; empty when no
        file of the ref imports the packages.

    Raises:
        RegenError: If the ref does not exist, or mypy is missing or breaks off.
    """
    files = _files(base, root)
    if not files:
        return []
    if find_spec("mypy") is None:
        why, remedy = "mypy is not installed", "run make types once, which installs it"
        raise RegenError(
            _STEP, why, where="the type check of the last release's examples", remedy=remedy, code=Exit.MACHINE
        )
    with tempfile.TemporaryDirectory(prefix="regen-types-") as folder:
        # A tree and a cache for each run: mypy's cache goes by size and second, and may take one for the other.
        then, now = Path(folder) / "then", Path(folder) / "now"
        _unpack(base, root, now)
        files = [name for name in files if _parses(now / name)]
        if not files:
            return []
        for source, target in ((Layout(root).facade, Layout(now).facade), (new_package, Layout(now).package)):
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        _unpack(base, root, then)
        with ThreadPoolExecutor() as pool:  # side by side: the second run is as long as the first
            old, new = pool.map(lambda tree: _mypy(tree, files), (then, now))
        return sorted(new - old)


def _files(base: str, root: Path) -> list[str]:
    """The Python files of a ref that import what we publish."""
    if not _git(root, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}"):
        remedy = "fetch it (git fetch --tags), or name another ref"
        raise RegenError(_STEP, f"git knows no {base!r}", where=str(root), remedy=remedy)
    found = _git(root, "grep", "-lzE", _IMPORTS_US, base, "--", "examples/*.py", "tests/*.py")
    return sorted(name.decode().removeprefix(f"{base}:") for name in found.split(b"\0") if name)


def _unpack(base: str, root: Path, target: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", "--format=tar", base))) as tar:
        tar.extractall(target, filter="data")


def _parses(file: Path) -> bool:
    """Whether a file is Python at all: one that is broken on purpose would stop mypy for all the others."""
    try:
        ast.parse(file.read_bytes())
    except SyntaxError:
        return False
    return True


def _git(root: Path, *arguments: str) -> bytes:
    """What git prints; nothing when it finds nothing, which it tells by 1."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except FileNotFoundError as error:
        why, remedy = "git is not installed", "install git"
        raise RegenError(_STEP, why, where=str(root), remedy=remedy, code=Exit.MACHINE) from error
    if done.returncode > 1:
        details = done.stderr.decode(errors="replace").strip().splitlines()
        raise RegenError(_STEP, f"git {arguments[0]} fails", where=str(root), details=details, code=Exit.MACHINE)
    return done.stdout


def _mypy(tree: Path, files: list[str]) -> set[str]:
    """The errors of a run, without the settings of any project: these are what users' own code would get."""
    command = [
        *(sys.executable, "-m", "mypy", "--config-file=", f"--cache-dir={tree}.cache"),
        *("--check-untyped-defs", "--explicit-package-bases", "--ignore-missing-imports", "--follow-imports=silent"),
        *("--no-error-summary", "--no-color-output", "--no-pretty", "--hide-error-context", "--show-error-codes"),
        *("--", *files),
    ]
    environment = {**os.environ, "MYPYPATH": os.pathsep.join((str(tree), str(tree / "generated")))}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        lines = (done.stdout + done.stderr).strip().splitlines()
        remedy = "mend what mypy stumbles over"
        raise RegenError(
            _STEP, "mypy breaks off", where="examples and tests of the last release", details=lines, remedy=remedy
        )
    return {line for line in done.stdout.splitlines() if ": error: " in line}
