"""All measurements in one go: a table, and JSON.

    make bench
    python -m benchmarks --quick --only replacing models

Each figure is taken within one run: machines are noisy, and only what was timed in turns compares. The exit code is 1
when a figure is not what it is to be.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .counting import available
from .figure import Figure, show

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
# What each part is asked for, in full and when it is to be quick.
PARTS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "replacing": ({}, {"rounds": 40, "runs": 1, "counted": False}),
    "models": ({}, {}),
    "starting": ({}, {"rounds": 5}),
    "footprint": ({}, {}),
    "quota": ({}, {"count": 1_500}),
    "throughput": ({}, {"rounds": 2, "counted": False}),
    "asked": ({}, {"users": 500}),
    "regenerating": ({}, {}),
    "scale": ({}, {"requests": 2_000, "sample": 2_000}),
    "growth": ({"plot": ROOT / "docs" / "captures" / "growth.svg"}, {"largest": 10_000}),
    "memory": ({"ways": ("apply",)}, {"ways": ("apply",), "users": 5_000}),  # of replace_many, growth tells
}
DEFAULT = Path("build") / "bench.json"


def machine() -> dict[str, Any]:
    """What the figures depend on, and nothing that names the machine."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "counted": "instructions, by valgrind" if available() else "nothing: valgrind is not installed",
    }


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="few users and rounds: to see that all of it runs")
    parser.add_argument("--json", type=Path, default=DEFAULT, help=f"where to write (default: {DEFAULT})")
    asked = parser.parse_args()
    found: list[Figure] = []
    written: dict[str, Any] = {"machine": machine(), "quick": asked.quick, "parts": {}}
    for part in asked.only:
        print(f"\n{part}", flush=True)
        begun = time.monotonic()
        figures = show(import_module(f"benchmarks.{part}").figures(**PARTS[part][asked.quick]))
        found += figures
        seconds = round(time.monotonic() - begun)
        written["parts"][part] = {"seconds": seconds, "figures": [figure.as_json() for figure in figures]}
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(
            json.dumps(written, indent=1, ensure_ascii=False) + "\n", "utf-8"
        )  # after each: it is long
    print("\n" + "\n".join(map(str, found)))
    print(f"\nWritten to {asked.json}")
    return 1 if any(figure.met is False for figure in found) and not asked.quick else 0


if __name__ == "__main__":
    sys.exit(main())
