"""Every Python block of the README and the docs runs, against a sandbox."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from maia_scim.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S), 1
    )
]
BARBARA = "2819c223-7f76-453a-919d-413861904646"


@pytest.mark.parametrize("block", BLOCKS)
def test_python_blocks_run(block, monkeypatch, capsys):
    with Sandbox() as sandbox:
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        exec(compile(block, "docs", "exec"), {"__name__": "docs"})

    assert bool(sandbox.requests) == (".replace(" in block and "Sandbox(" not in block)
    assert sandbox.client_secret not in capsys.readouterr().out


def test_the_quick_start_replaces_a_user(monkeypatch, capsys):
    [block] = re.findall(r"```python\n(.*?)```", PAGES[0].read_text(encoding="utf-8"), re.S)
    with Sandbox() as sandbox:
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        exec(block, {})
        user = sandbox.users[BARBARA]

    assert "title" not in user  # it was there, and the quick start leaves it out
    assert user["emails"] == [{"value": "bjensen@example.com", "type": "work", "primary": True}]
    assert capsys.readouterr().out == "bjensen is replaced\n"
    assert len(block.strip().splitlines()) <= 15


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (page.parent / link).exists(), link
