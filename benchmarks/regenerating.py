"""How long `make regen` takes, where nothing has changed but what is looked at again.

python -m benchmarks.regenerating
"""

from __future__ import annotations

import subprocess
import sys
import time

from .counting import ROOT
from .figure import Figure, show

RUNS = 3


def figures() -> list[Figure]:
    """Measure `--check`, which does all that a run does but for moving the result into place."""
    seconds = [_seconds() for _ in range(1 + RUNS)][1:]  # the first warms the disk
    return [
        Figure("make regen", "", min(seconds), unit="s", bound=10, details={"all runs, in seconds": seconds}),
    ]


def _seconds() -> float:
    before = time.perf_counter()
    command = [sys.executable, "-m", "scripts.regen", "--check"]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - ours
    return time.perf_counter() - before


if __name__ == "__main__":
    show(figures())
