"""The tutorial, done as its reader does it: line by line, in order, at two terminals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.docs.blocks import blocks, differs, steps
from tests.docs.building import ROOT
from tests.docs.terminal import QUESTION, Terminal

PAGE = ROOT / "docs/tutorial.md"


def environment(folder: Path) -> dict[str, str]:
    """That of somebody with the environment activated."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "-p no:asyncio",  # what the tests here have installed beside it
    }


@contextmanager
def first_terminal(block, folder):
    """What the first terminal shows while its command runs."""
    [step] = steps(block.text)
    process = subprocess.Popen(
        step.command.split(),
        env=environment(folder),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert process.stdout
    try:
        lines = [process.stdout.readline() for _ in step.shown.splitlines()]
        assert not differs(step.shown, "".join(lines))
        yield lines
        process.send_signal(signal.SIGINT)
        process.wait(20)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_every_step_shows_what_the_page_says(tmp_path):
    story = [block for block in blocks(PAGE) if not block.note.startswith("not run: ")]
    opening, *rest = story
    assert opening.note == "first terminal"
    failures = []
    with first_terminal(opening, tmp_path) as lines, Terminal(tmp_path, environment(tmp_path)) as terminal:
        for line in lines:
            if line.startswith("export "):
                assert terminal.type(line.rstrip("\n")) == ""
        for block in rest:
            if block.title:
                (tmp_path / block.title).write_text(block.text, "utf-8")
                continue
            assert block.language == "console", block.name
            for command, shown in steps(block.text):
                came = terminal.type(command, *re.findall(re.escape(QUESTION) + r"(\w)", shown))
                if told := differs(shown, came):
                    failures.append(f"{block.name}: {command}\n{told}")
    assert not failures, "\n\n".join(failures)
