"""Every block of every page is run, or compared with what there is, or says why not.

By its language: ``python`` runs (tests/test_docs.py), ``console`` is typed at a terminal and what it shows is compared,
``csv`` is applied, ``json``, ``toml`` and ``yaml`` are parsed. A comment on the line above says what is otherwise:
``<!-- not run: why -->`` (its commands and options are looked up all the same), ``<!-- checked by tests/… -->``,
``<!-- practice: name -->`` (tests/regen/test_docs.py), ``<!-- files -->`` of a list of files.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from maia_scim.sandbox import Sandbox
from tests.docs import lines
from tests.docs.blocks import PAGES, blocks, differs, steps
from tests.docs.building import ROOT
from tests.docs.terminal import QUESTION, Terminal

BLOCKS = [block for page in PAGES for block in blocks(page)]
BARBARA = "2819c223-7f76-453a-919d-413861904646"
YASMIN = "9067729b-6a2c-4b3d-8a1e-5f0c2d7e4b11"
JORDAN = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
# Pages whose story is told as a whole by tests of their own.
STORIES = {
    "tutorial.md": "tests/docs/test_tutorial.py",
    "compared-with.md": "tests/docs/test_compared_with.py",
    "examples.md": "tests/examples/test_page.py",
}
EDIT = '#!/bin/sh\nedit() { cp "$2" before; sed -i "$1" "$2"; ! cmp -s before "$2"; }\nedit'
# What somebody has at hand who follows a page.
FILES = {
    "people.csv": f"id,title\n{BARBARA},Data Engineer\n{YASMIN},VP of Data\n",
    "personal.csv": f"Personal-ID,E-Mail,Abteilung,Bemerkung\n{BARBARA},barbara@example.com,Data,neu\n",
    "team.csv": "group,member\n"
    f"e9e30dba-f08f-4109-8486-d5c6a331660a,{BARBARA}\ne9e30dba-f08f-4109-8486-d5c6a331660a,{JORDAN}\n",
    "operations.json": '[{"op": "replace", "path": "title", "value": "Pilot"}]',
    # Programs with a window of their own, in which somebody changes a title, or strikes out the last row of a table.
    "bin/libreoffice": f"{EDIT} 's/Tour Guide,Employee/Data Engineer,Employee/; $s/^set,user.*//' \"$1\"\n",
    "bin/code": f"{EDIT} 's/Tour Guide/Data Engineer/' \"$2\"\n",
}


def where(block):
    return block.name


def of(*languages):
    """The blocks of some languages, but for those of stories."""
    found = [block for block in BLOCKS if block.language in languages and block.page.name not in STORIES]
    assert found, languages
    return found


def is_run(block):
    return block.language == "console" and not block.note and block.page.name not in STORIES


# -- No block is left out -----------------------------------------------------------------------------


@pytest.mark.parametrize("block", BLOCKS, ids=where)
def test_every_block_has_a_checker(block):
    kind, _, what = block.note.partition(": " if ": " in block.note else " by ")
    if kind == "not run":
        assert len(what.split()) >= 3, "why not"
    elif kind == "checked":  # by a test elsewhere
        assert block.page.name in (ROOT / what).read_text("utf-8")
    elif kind == "practice":
        assert f'block("{what}")' in (ROOT / "tests/regen/test_docs.py").read_text("utf-8")
    elif block.page.name in STORIES:
        assert block.title or block.language == "console"
    elif block.language == "bash":
        told = "".join(file.read_text("utf-8") for file in (ROOT / "tests/cli").rglob("test_*.py"))
        assert f'run_docs("{block.page.name}"' in told
    elif block.language == "python" and block.title:
        assert block.title.startswith("examples/") or block.title in (ROOT / "tests/test_docs.py").read_text("utf-8")
    else:
        assert block.language in ("python", "console", "json", "toml", "yaml", "csv") or block.note == "files"


@pytest.mark.parametrize(("page", "test"), STORIES.items())
def test_stories_have_the_tests_that_are_named(page, test):
    assert page in (ROOT / test).read_text("utf-8")


# -- Commands -----------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Where somebody is who follows a page."""
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    for program in (tmp_path / "bin").iterdir():
        program.chmod(0o755)
    mapping = next(block for block in BLOCKS if block.text.startswith("# mapping.toml\n"))
    (tmp_path / "mapping.toml").write_text(mapping.text, "utf-8")
    shutil.copytree(ROOT / "examples/offboarding", tmp_path / "examples/offboarding")
    return tmp_path


@pytest.fixture
def sandbox():
    with Sandbox(client_id="3f2a7c1e") as sandbox:
        yield sandbox


@pytest.fixture
def environment(sandbox, folder):
    return {
        **sandbox.environment,
        "PATH": os.pathsep.join((str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])),
        "HOME": str(folder),
        "MAIA_PROFILES": str(folder / "profiles.toml"),
        "MAIA_INDEX": str(folder / "people.sqlite"),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "-p no:asyncio -p no:cacheprovider",
    }


def as_typed(command):
    """A command with what the pages cut short."""
    for short, whole in (("2819c223-… ", f"{BARBARA} "), ("3f2a…", "3f2a7c1e"), ("77b0…", "77b0aa11")):
        command = command.replace(short, whole)
    return command


@pytest.mark.parametrize("block", [block for block in BLOCKS if is_run(block)], ids=where)
def test_consoles_show_what_the_commands_do(block, sandbox, folder, environment):
    with Terminal(folder, environment) as terminal:
        for command, shown in steps(block.text):
            if command.startswith(("pip install ", "make ")) or ("export " in command and "…" in command):
                continue  # it is checked below
            came = terminal.type(as_typed(command), *re.findall(re.escape(QUESTION) + r"(\w)", shown))
            code = terminal.type("echo $?").strip()
            assert code == "0", came
            if shown:
                place = f"no profile · {sandbox.base_url} · client id 3f2a7c1e"
                told = differs(shown, came.replace(place, "profile prod · EU1 · client id 3f2a7c1e"))
                assert not told, f"{command}\n{told}"


@pytest.mark.parametrize("block", of("console", "sh", "bash"), ids=where)
def test_commands_and_their_options_exist(block):
    commands = [step.command for step in steps(block.text)] if block.language == "console" else [block.text]
    lines.check("\n".join(map(as_typed, commands)))


# -- Data ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", of("json"), ids=where)
def test_json_is_json(block):
    assert json.loads(block.text)


@pytest.mark.parametrize("block", of("toml"), ids=where)
def test_toml_is_toml(block):
    assert tomllib.loads(block.text)


@pytest.mark.parametrize("block", of("yaml"), ids=where)
def test_yaml_is_yaml(block):
    assert YAML(typ="safe").load(block.text)


@pytest.mark.parametrize("block", [block for block in of("text") if block.note == "files"], ids=where)
def test_files_of_a_tree_are_there(block):
    names = set(re.findall(r"[\w-]+\.(?:py|lua|toml)\b", block.text))
    there = {file.name for place in ("maia_scim", "examples") for file in (ROOT / place).rglob("*")}
    assert names
    assert names <= there


@pytest.mark.parametrize("block", of("csv"), ids=where)
def test_spreadsheets_are_taken(block, folder, environment, sandbox):
    (folder / "sheet.csv").write_text(block.text, "utf-8")
    command = "groups sync" if block.text.startswith("group,member\n") else "apply"
    known = " ".join(f"--group {group}" for group in sandbox.groups)
    with Terminal(folder, environment) as terminal:
        terminal.type(f"maia-scim index add {known} > seen.json")
        told = terminal.type(f"maia-scim {command} sheet.csv --dry-run")
        code = terminal.type("echo $?").strip()
    assert "Plan of " in told
    assert code in ("0", "3"), told  # 3: a guard rail that the page tells of


@pytest.mark.parametrize("block", [block for block in of("python") if block.note.startswith("not run")], ids=where)
def test_what_is_not_run_is_python_at_least(block):
    assert ast.parse(block.text).body


# -- How things are compared --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "came", "same"),
    [
        ("a  b\n", "a b", True),
        ("a …\nc", "a b\nc", True),
        ("…\nc", "a\nb\nc", True),
        ("took 0.61s", "took 12.05s", True),
        ("http://127.0.0.1:8000/dpc", "http://127.0.0.1:40001/dpc", True),
        ("a", "b", False),
        ("a", "a\nb", False),
        ("a.c", "abc", False),
        ("…\nc", "a\nb\nd", False),
    ],
)
def test_what_counts_as_the_same(shown, came, same):
    assert (differs(shown, came) == "") == same


@pytest.mark.parametrize(
    "line",
    [
        "maia-scim users get --nothing 1",
        "maia-scim nothing",
        "maia-scim users get 1 | maia-scim users nothing",
        "make nothing",
        "make regen NOTHING=1",
        "pip install 'maia-scim[nothing]'",
        ".venv/bin/python -m scripts.regen --nothing",
    ],
)
def test_what_does_not_exist_is_found(line):
    with pytest.raises(AssertionError, match=r"nothing|NOTHING"):
        lines.check(f"$ {line}")
