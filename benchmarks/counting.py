"""Instructions, counted by valgrind: a count repeats to a thousandth where a clock is off by a tenth."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def available() -> bool:
    """Whether valgrind is here."""
    return shutil.which("valgrind") is not None


def instructions(arguments: list[str], *, python: str = sys.executable) -> int:
    """Count the instructions of a Python process in user space.

    Args:
        arguments: Of the interpreter.
        python: The interpreter.

    Raises:
        RuntimeError: If it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts"
        command = [
            "valgrind",
            "--tool=cachegrind",
            "--cache-sim=no",
            f"--cachegrind-out-file={out}",
            python,
            *arguments,
        ]
        # A hash seed of chance makes a count differ from run to run.
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
        counted = re.search(r"^summary: (\d+)", out.read_text("ascii"), re.MULTILINE) if out.exists() else None
    if run.returncode or not counted:
        raise RuntimeError(f"{' '.join(arguments)} ended with {run.returncode}:\n{run.stderr[-2000:]}")
    return int(counted[1])


def per_call(arguments: list[str], *, few: int = 30, many: int = 150) -> float:
    """Instructions of one call: the difference of a long run and a short one, which starting up has no part in.

    Args:
        arguments: Of the interpreter; the number of calls is put behind them.
        few: Calls of the short run.
        many: Calls of the long one.
    """
    return (instructions([*arguments, str(many)]) - instructions([*arguments, str(few)])) / (many - few)
