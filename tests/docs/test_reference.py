"""The reference has an entry for every public name, and the build fails on what leads nowhere."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import shutil
from functools import cache
from html import unescape
from importlib import import_module
from types import ModuleType

import attrs
import click
import maia_public_api.api
import pytest
from click.testing import CliRunner
from maia_public_api import models

import maia_scim
from maia_scim.cli.main import cli
from tests.docs.building import ROOT, build, checkout

PUBLIC = [
    "maia_scim",
    *(f"maia_scim.{name}" for name in maia_scim.__all__ if isinstance(getattr(maia_scim, name), ModuleType)),
    "maia_scim.index",
    "maia_scim.sandbox",
    "maia_scim.sandbox.faults",
    "maia_public_api",
    "maia_public_api.errors",
    "maia_public_api.models",
    "maia_public_api.types",
]
OPERATIONS = [
    module.name
    for module in pkgutil.walk_packages(maia_public_api.api.__path__, "maia_public_api.api.")
    if not module.ispkg
]
SIX = ("asyncio", "asyncio_detailed", "build_request", "read_response", "sync", "sync_detailed")


@cache
def documented(site):
    """Each entry of the reference, by what it is called, with its text."""
    entries = {}
    for page in (site / "reference").glob("*/index.html"):
        for part in re.split(r'(?=<h\d [^>]*id="maia)', page.read_text("utf-8"))[1:]:
            [name] = re.findall(r'^<h\d [^>]*id="([^"]*)"', part)
            entries[name] = " ".join(unescape(re.sub(r"<[^>]*>", "", part)).split())
    return entries


def names():
    for module in PUBLIC:
        yield from (pytest.param(module, name, id=f"{module}.{name}") for name in import_module(module).__all__)


@pytest.mark.parametrize(("module", "name"), [*names()])
def test_every_public_name_has_an_entry(module, name, site):
    entries = documented(site)
    thing = getattr(import_module(module), name)
    # What maia_scim re-exports has its entry in one of the places that it may be imported from.
    homes = [home for home in (module, *PUBLIC) if getattr(import_module(home), name, None) is thing]
    paths = [thing.__name__] if isinstance(thing, ModuleType) else [f"{home}.{name}" for home in homes]
    assert [path for path in paths if path in entries]


@pytest.mark.parametrize("module", OPERATIONS)
def test_every_operation_has_an_entry(module, site):
    assert documented(site).keys() >= {module, *(f"{module}.{name}" for name in SIX)}


def test_every_region_has_an_entry(site):
    assert documented(site).keys() >= {f"maia_scim.Region.{region.name}" for region in maia_scim.Region}


@pytest.mark.parametrize("name", models.__all__)
def test_models_are_shown_with_the_types_of_their_attributes(name, site):
    entries = documented(site)
    model = getattr(models, name)
    if not attrs.has(model):
        assert all(f"maia_scim.models.{name}.{member.name}" in entries for member in model)
        return
    shown = [field for field in attrs.fields(model) if field.name not in ("_source", "additional_properties")]
    assert shown
    for field in shown:
        kind = str(field.type).replace("datetime.datetime", "datetime")
        assert f"{field.name}: {kind}" in entries[f"maia_scim.models.{name}.{field.name}"]


def imported():
    """What the pages import."""
    found = set()
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for block in re.findall(r"^```python.*?\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                    ("maia_scim", "maia_public_api")
                ):
                    found |= {(node.module, alias.name) for alias in node.names}
    return sorted(found)


@pytest.mark.parametrize(("module", "name"), imported())
def test_what_the_pages_import_has_an_entry(module, name, site):
    assert f"{module}.{name}" in documented(site)


def classes():
    found: dict[str, type] = {}
    for module in PUBLIC:
        if module.startswith("maia_scim") and module != "maia_scim.models":
            home = import_module(module)
            found |= {f"{module}.{name}": each for name in home.__all__ if inspect.isclass(each := getattr(home, name))}
    for name in ("users.Users", "users.AsyncUsers", "groups.Groups", "groups.AsyncGroups"):
        module, _, kind = name.partition(".")
        found[f"maia_scim.{name}"] = getattr(import_module(f"maia_scim.{module}"), kind)
    return [
        pytest.param(path, each, id=path) for path, each in found.items() if not path.startswith("maia_scim.models")
    ]


@pytest.mark.parametrize(("path", "kind"), classes())
def test_every_method_has_an_entry(path, kind, site):
    entries = documented(site)
    members = dict(vars(kind))
    for base in kind.__mro__[1:-1]:  # what comes from a base without an entry of its own belongs to who inherits it
        if base.__module__.startswith("maia_scim") and base.__name__.startswith("_"):
            members |= vars(base)
    methods = [
        name
        for name, member in members.items()
        if not name.startswith("_") and isinstance(member, property | classmethod | staticmethod | type(lambda: None))
    ]
    alias = f"maia_scim.{kind.__name__}"
    assert [name for name in methods if not {f"{path}.{name}", f"{alias}.{name}"} & entries.keys()] == []


# -- Command line -------------------------------------------------------------------------------------


def commands(command, path=()):
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), (*path, name))


@pytest.mark.parametrize("path", [*commands(cli)], ids=lambda path: " ".join(path) or "maia-scim")
def test_every_command_is_shown_with_its_options(path, site):
    text = unescape(re.sub(r"<[^>]*>", "", (site / "reference/command-line/index.html").read_text("utf-8")))
    told = CliRunner().invoke(cli, [*path, "--help"], prog_name="maia-scim").stdout
    usage, _, rest = told.partition("\n\n")
    options = re.search(r"^Options:\n(?:  .*\n|\n)+", rest, re.M)
    assert options
    at = text.index(f"{' '.join(['maia-scim', *path])}¶")
    section = text[at : text.find("¶", at + len(" ".join(path)) + 20)]
    for part in (usage.removeprefix("Usage: "), options[0]):  # each has lines of its own length
        assert " ".join(part.split()) in " ".join(section.split())


def test_nothing_is_left_as_it_was_written(site):
    left = {}
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8").partition("<article")[2].partition("</article>")[0]
        assert r"\|" not in "".join(re.findall(r"<td>.*?</td>", text, re.S)), page
        prose = unescape(re.sub(r"<(code|pre|title|script)\b.*?</\1>", "", text, flags=re.S))
        prose = re.sub(r"<[^>]*>", "", prose)
        if found := re.findall(r"\]\(|\]\[|\*\*|``|:::?|:[a-z]+:`| ::$", prose, re.M):
            left[page.parent.name] = found
    assert left == {}


# -- What fails, and what comes by itself -------------------------------------------------------------


def test_what_leads_nowhere_fails_the_build(tmp_path):
    folder = checkout(tmp_path / "docs", "index.md")
    page = folder / "docs/index.md"
    text = "# A page\n\n[`url`][maia_scim.Region.url]\n\n::: maia_scim.Region\n"

    page.write_text(text, "utf-8")
    assert build(folder).returncode == 0

    page.write_text(f"{text}\n[1](nowhere.md) [2](#nowhere) [3][maia_scim.Nobody]\n", "utf-8")
    done = build(folder)
    assert done.returncode != 0
    assert re.findall(r"Warning: (.*)", done.stdout) == [
        "page does not exist",
        "anchor does not exist",
        "unresolved autoref",
    ]

    page.write_text(f"{text}\n::: maia_scim.Nobody\n", "utf-8")
    done = build(folder)
    assert done.returncode != 0
    assert "Could not collect 'maia_scim.Nobody'" in done.stdout


def test_what_the_specification_gains_has_an_entry_without_a_hand(tmp_path):
    folder = checkout(tmp_path / "docs", "reference/models.md", "reference/generated.md")
    for page in (folder / "docs/reference").glob("*.md"):
        page.write_text(re.sub(r"\]\(.*?\)", "]", page.read_text("utf-8")), "utf-8")
    models = folder / "generated/maia_public_api/models"
    (models / "badge.py").write_text((models / "role.py").read_text("utf-8").replace("Role", "Badge"), "utf-8")
    text = (models / "__init__.py").read_text("utf-8")
    text = text.replace("    from .role import Role\n", "    from .badge import Badge\n    from .role import Role\n")
    (models / "__init__.py").write_text(text.replace("__all__ = (\n", '__all__ = (\n    "Badge",\n'), "utf-8")
    operation = folder / "generated/maia_public_api/api/directory_integration/get_user.py"
    shutil.copy(operation, operation.with_name("get_badge.py"))

    done = build(folder)

    assert done.returncode == 0, done.stdout
    entries = documented(folder / "site")
    assert "value: str | None" in entries["maia_scim.models.Badge.value"]
    assert "maia_public_api.api.directory_integration.get_badge.sync" in entries
