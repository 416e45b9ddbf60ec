"""`python -m benchmarks`: that each part runs, and what is made of it. No time is looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import record
from benchmarks.__main__ import PARTS
from benchmarks.figure import Figure

ROOT = Path(__file__).parents[2]


def test_a_run_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    target = tmp_path / "bench.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "replacing", "asked", "--json", str(target)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    written = json.loads(target.read_text("utf-8"))

    assert written["quick"] is True
    assert list(written["parts"]) == ["replacing", "asked"]
    figures = [figure for part in written["parts"].values() for figure in part["figures"]]
    assert all(figure["value"] > 0 for figure in figures)
    assert written["parts"]["asked"]["figures"][0]["value"] == 1  # counted, not timed
    for figure in figures:
        assert run.stdout.count(figure["what"]) >= 2, "as it comes, and in the table"


@pytest.mark.parametrize("part", PARTS)
def test_each_part_takes_what_it_is_asked_for(part: str) -> None:
    from importlib import import_module
    from inspect import signature

    figures = signature(import_module(f"benchmarks.{part}").figures)
    for options in PARTS[part]:
        figures.bind(**options)


def test_a_figure_says_whether_it_is_what_it_is_to_be() -> None:
    assert Figure("a", "b", 1.0, bound=1.0).met is True
    assert Figure("a", "b", 1.1, bound=1.0).met is False
    assert Figure("a", "b", 1.1, bound=1.0, sense="at least").met is True
    assert Figure("a", "b", None, bound=1.0).met is None
    assert str(Figure("a", "b", 1.1, bound=1.0)).endswith("MISSED")
    assert "not measured" in str(Figure("a", "b", None, bound=1.0))


def test_figures_are_put_into_the_page() -> None:
    machine = {"date": "2026-01-02", "python": "3.12.0", "system": "Linux", "cores": 2, "counted": "nothing"}
    figures = [Figure("fast", "slow", 0.9, "s", 1.0).as_json(), Figure("late", "early", 1.2, "s", 1.0).as_json()]
    run = {"machine": machine, "quick": False, "parts": {"replacing": {"seconds": 1, "figures": figures}}}
    text = f"# Figures\n\n{record.BEGIN}\nold\n{record.END}\n\nmore\n"

    page = record.page(text, [run])

    assert "| replacing | fast | slow | 0.9 s | at most 1 s |\n" in page
    assert "| replacing | late | early | **1.2 s** (missed) | at most 1 s |\n" in page
    assert "2026-01-02, Python 3.12.0" in page
    assert "old" not in page
    assert page.startswith("# Figures\n")
    assert page.endswith("\n\nmore\n")
    assert record.page(page, [run]) == page


def test_figures_of_a_quick_run_are_not_put_into_the_page() -> None:
    with pytest.raises(ValueError, match="without --quick"):
        record.page(f"{record.BEGIN}\n{record.END}", [{"machine": {}, "quick": True, "parts": {}}])
