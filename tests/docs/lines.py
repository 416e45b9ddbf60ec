"""Command lines of the pages: whether the options and targets that they name are there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache

from click.testing import CliRunner

from maia_scim.cli.main import cli
from tests.docs.building import ROOT


def check(text: str) -> int:
    """Check each command in some lines that can be checked without running it; say how many there were."""
    lines = [line.removeprefix("$ ") for line in text.replace("\\\n", " ").splitlines()]
    return sum(_check(words) for line in lines for words in _commands(line))


def _commands(line: str) -> list[list[str]]:
    """The commands of a line, without what is before a name (variables) and where they write to."""
    line = re.sub(r'"\$\((.*?)\)"', r"; \1 ;", line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    try:
        for word in lexer:
            if set(word) <= set("|&;<>"):
                commands.append([])
            else:
                commands[-1].append(word)
    except ValueError:  # a quote that goes on in another line
        return []
    return [words for words in commands if words]


def _check(words: list[str]) -> bool:
    name = words[0].rpartition("/")[2]
    if name == "maia-scim":
        _parses(words[1:])
    elif name == "make":
        _is_target(words[1], words[2:])
    elif words[:2] == ["pip", "install"]:
        _is_installable(words[2])
    elif words[1:3] == ["-m", "scripts.regen"]:
        assert {word for word in words[3:] if word.startswith("--")} <= _regen_options(), words
    else:
        return False
    return True


def _parses(arguments: list[str]) -> None:
    """The command and its options exist: click sees to that before it sees to ``--help``."""
    told = CliRunner().invoke(cli, [*arguments, "--help"], prog_name="maia-scim")
    assert told.exit_code == 0, told.output


def _is_target(name: str, settings: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = re.search(rf"^{re.escape(name)}:.*\n((?:\t.*\n)*)", makefile, re.M)
    assert recipe, f"make {name}: no such target"
    for setting in settings:
        variable = setting.partition("=")[0]
        assert f"$({variable})" in recipe[1], f"make {name} does not heed {variable}"


def _is_installable(requirement: str) -> None:
    name, _, extras = requirement.rstrip("]").partition("[")
    there = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    if name == "maia-scim":
        assert set(filter(None, extras.split(","))) <= set(there), requirement


@cache
def _regen_options() -> set[str]:
    told = subprocess.check_output([sys.executable, "-m", "scripts.regen", "--help"], cwd=ROOT, text=True)
    return set(re.findall(r"--[a-z][a-z-]*", told))
