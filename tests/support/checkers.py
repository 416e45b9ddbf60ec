"""mypy and pyright on a user's own files: nothing may be said against one, and every mistake of the other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NATURAL, MISTAKES = "natural.py", "mistakes.py"


@dataclass(frozen=True)
class Finding:
    """What a type checker said about a line."""

    file: str
    line: int
    rule: str
    text: str


def mypy(folder: Path, python: Path, path: Sequence[Path]) -> list[Finding]:
    """What mypy says of the two files in a folder, with what an interpreter has installed and what lies on a path."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={folder / 'cache'}"]
    done = subprocess.run(
        [*command, "--output=json", "--python-version=3.11", f"--python-executable={python}", NATURAL, MISTAKES],
        cwd=folder,
        env={**os.environ, "MYPYPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr + done.stdout
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [Finding(it["file"], it["line"], it["code"], it["message"]) for it in found if it["severity"] == "error"]


def pyright(folder: Path, python: Path, path: Sequence[Path]) -> list[Finding]:
    """What pyright says, of the same."""
    project = folder / "pyrightconfig.json"
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "extraPaths": [*map(str, path)]}
    project.write_text(json.dumps({**settings, "include": [NATURAL, MISTAKES]}))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--project", str(project), "--pythonpath", str(python), "--outputjson"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr + done.stdout
    found: list[Any] = json.loads(done.stdout)["generalDiagnostics"]
    return [
        Finding(Path(it["file"]).name, it["range"]["start"]["line"] + 1, it.get("rule", ""), it["message"])
        for it in found
        if it["severity"] == "error"
    ]


CHECKERS: dict[str, Callable[[Path, Path, Sequence[Path]], list[Finding]]] = {"mypy": mypy, "pyright": pyright}


def check(
    checker: str, folder: Path, natural: Path, mistakes: Path, *, python: Path, path: Sequence[Path] = ()
) -> None:
    """Fail unless a type checker has nothing against one file, and finds every mistake that is marked in the other.

    Args:
        checker: `mypy` or `pyright`.
        folder: An empty folder to check them in.
        natural: The file without mistakes.
        mistakes: The file of mistakes: each line says at its end what mypy and pyright call it.
        python: The interpreter with what is installed.
        path: Folders to look for packages in before that.
    """
    shutil.copy(natural, folder / NATURAL)
    shutil.copy(mistakes, folder / MISTAKES)

    findings = CHECKERS[checker](folder, python, path)

    assert [finding for finding in findings if finding.file == NATURAL] == []
    lines = enumerate(mistakes.read_text("utf-8").splitlines(), 1)
    marked = {number: mark for number, line in lines if (mark := re.search(r"# mistake: .+ \[(.+)\] \[(.+)\]$", line))}
    found = [finding for finding in findings if finding.file == MISTAKES]
    assert marked
    assert {finding.line for finding in found} == marked.keys(), found
    rules = {number: {finding.rule for finding in found if finding.line == number} for number in marked}
    assert [number for number, mark in marked.items() if not rules[number] & set(mark.groups())] == []
