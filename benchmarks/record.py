"""Write the figures of a run of `make bench` into `benchmarks/README.md`.

python -m benchmarks.record build/bench.json [another.json …]

Of a part that several files hold, the last one counts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def page(text: str, runs: list[dict[str, Any]]) -> str:
    """The page with the figures of these runs in place of those it has.

    Args:
        text: The page.
        runs: What `python -m benchmarks` wrote.

    Raises:
        ValueError: If the page has no place for them, or a run was a quick one.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no {BEGIN} … {END}")
    if any(run["quick"] for run in runs):
        raise ValueError("the figures of a quick run are none: run it without --quick")
    parts: dict[str, Any] = {}
    for run in runs:
        parts |= {name: (part, run["machine"]) for name, part in run["parts"].items()}
    machine = runs[-1]["machine"]
    lines = [
        f"{machine['date']}, Python {machine['python']}, {machine['system']}, {machine['cores']} cores;"
        f" counted: {machine['counted']}.",
        "",
        "| part | what | against | figure | asked |",
        "|---|---|---|---|---|",
    ]
    for name, (part, _) in parts.items():
        lines += [_row(name, figure) for figure in part["figures"]]
    return "\n".join([before + BEGIN, *lines, END + after])


def _row(part: str, figure: dict[str, Any]) -> str:
    unit = figure["unit"]
    asked = "" if figure["bound"] is None else f"{figure['sense']} {figure['bound']:g} {unit}"
    value = "not measured" if figure["value"] is None else f"{figure['value']:.4g} {unit}"
    shown = f"**{value}** (missed)" if figure["met"] is False else value
    return f"| {part} | {figure['what']} | {figure['against']} | {shown} | {asked} |"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8"), [json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:]]))
