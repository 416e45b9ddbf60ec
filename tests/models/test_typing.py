"""Type checkers on a user's own code: nothing against natural lines, and an error for every mistake."""

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

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NATURAL, MISTAKES = "natural.py", "mistakes.py"


@dataclass(frozen=True)
class Finding:
    """What a type checker said about a line."""

    file: str
    line: int
    rule: str
    text: str


def _mypy(folder: Path) -> list[Finding]:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={folder / 'cache'}"]
    done = subprocess.run(
        [*command, "--output=json", "--python-version=3.11", NATURAL, MISTAKES],
        cwd=folder,
        env={**os.environ, "MYPYPATH": os.pathsep.join([str(ROOT), str(ROOT / "generated")])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr + done.stdout
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [Finding(it["file"], it["line"], it["code"], it["message"]) for it in found if it["severity"] == "error"]


def _pyright(folder: Path) -> list[Finding]:
    project = folder / "pyrightconfig.json"
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(ROOT), str(ROOT / "generated")],
    }
    project.write_text(json.dumps({**settings, "include": [NATURAL, MISTAKES]}))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--project", str(project), "--pythonpath", sys.executable, "--outputjson"],
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


@pytest.fixture(scope="module", params=[_mypy, _pyright], ids=["mypy", "pyright"])
def findings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    folder = tmp_path_factory.mktemp("typing")
    shutil.copy(HERE / "typing_user.py", folder / NATURAL)
    shutil.copy(HERE / "typing_mistakes.txt", folder / MISTAKES)
    checker: Callable[[Path], list[Finding]] = request.param
    return checker(folder)


def test_natural_lines_are_fine(findings: list[Finding]):
    assert [finding for finding in findings if finding.file == NATURAL] == []


def test_every_mistake_is_found_and_nothing_else(findings: list[Finding]):
    lines = enumerate((HERE / "typing_mistakes.txt").read_text("utf-8").splitlines(), 1)
    marked = {number: mark for number, line in lines if (mark := re.search(r"# mistake: .+ \[(.+)\] \[(.+)\]$", line))}
    found = [finding for finding in findings if finding.file == MISTAKES]
    assert len(marked) == 24
    assert {finding.line for finding in found} == marked.keys(), found
    rules = {number: {finding.rule for finding in found if finding.line == number} for number in marked}
    assert [number for number, mark in marked.items() if not rules[number] & set(mark.groups())] == []
