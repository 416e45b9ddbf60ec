"""What a change of the packages calls for, and that a version below it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.regen import report
from scripts.regen.errors import Exit
from scripts.regen.verdict import Finding
from scripts.release import commands, pipeline, project, public
from scripts.release.repository import Repository
from tests.release.copy import Copy

FILES = {
    "generated/maia_public_api/__init__.py": "class Model:\n    pass\n",
    "maia_scim/__init__.py": "from maia_public_api import Model\n"
    "from .client import Client\nfrom . import limits, patch\n\n__all__ = ['Client', 'Model', 'limits', 'patch']\n",
    "maia_scim/errors.py": """\
class Wrong(Exception): ...


class _Answered(Wrong): ...


class NotFound(_Answered): ...
""",
    "maia_scim/patch.py": "READ_ONLY = frozenset({'id'})\n",
    "maia_scim/client.py": """\
from maia_public_api import Model
from .users import Users
from ._hidden import Hidden
from .words import Guard
from .inner import work


class _Base:
    def close(self, *, wait: bool = True) -> None: ...


class Client(_Base):
    users: Users
    _secret: str

    def __init__(self, region: str, *, guard: Guard = "warn") -> None: ...

    def hidden(self) -> Hidden: ...

    def model(self) -> Model: ...
""",
    "maia_scim/users.py": """\
class Users:
    def __init__(self, core: object) -> None: ...

    def get(self, id: str, *, fresh: bool = False) -> str: ...

    def _read(self) -> None: ...
""",
    "maia_scim/_hidden.py": "class Hidden:\n    title: str\n",
    "maia_scim/words.py": "from typing import Literal\n\nGuard = Literal['warn', 'raise']\n",
    "maia_scim/inner.py": "def work(a: int) -> None: ...\n",
    "maia_scim/limits.py": """\
from abc import ABC, abstractmethod
from typing import NamedTuple


class Limiter(ABC):
    @abstractmethod
    def take(self) -> Slot: ...

    def close(self) -> None: ...


class Slot(NamedTuple):
    wait: float
    gated: bool = False


def piece() -> None: ...
""",
}


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


SIGNS = {"removed": "-", "added": "+", "changed": "~"}


def told(findings: tuple[Finding, ...]) -> set[str]:
    return {f"{it.bump} {SIGNS[it.action]} {it.name}" for it in findings}


def case(what: str, name: str, old: str, new: str, *expected: str) -> object:
    return pytest.param(name, old, new, {*expected}, id=what)


CLIENT, USERS, WORDS, LIMITS = (f"maia_scim/{it}.py" for it in ("client", "users", "words", "limits"))
LOST = "major ~ errors.NotFound"
GENTLER = ("major ~ errors.Wrong", LOST)  # who catches it, or one that is derived from it, by OSError
FACADE = [
    case("a method", USERS, "def get", "def fetch", "major - users.Users.get", "minor + users.Users.fetch"),
    case("an argument", USERS, "fresh: bool", "new: bool", "major ~ users.Users.get", "minor + users.Users.get(new)"),
    case("an argument more", USERS, "= False)", "= False, more: int = 1)", "minor + users.Users.get(more)"),
    case("an argument more that is demanded", USERS, "= False)", "= False, more: int)", "major ~ users.Users.get"),
    case("an argument's type", USERS, "id: str", "id: int", "major ~ users.Users.get(id)"),
    case("a result", USERS, "-> str", "-> bytes", "major ~ users.Users.get"),
    case("a default", USERS, "fresh: bool = False", "fresh: bool = True", "major ~ users.Users.get"),
    case(
        "an inherited argument",
        CLIENT,
        "*, wait: bool",
        "*, now: bool",
        "major ~ client._Base.close",
        "minor + client._Base.close(now)",
    ),
    case("an inherited argument's type", CLIENT, "wait: bool", "wait: int", "major ~ client._Base.close(wait)"),
    # What it alone hands out goes with it.
    case(
        "an export",
        "maia_scim/__init__.py",
        "'Client', ",
        "",
        "major - client.Client",
        "major - users.Users",
        "major - words.Guard",
        "major - _hidden.Hidden",
    ),
    case("an attribute", CLIENT, "    users: Users\n", "", "major - client.Client.users", "major - users.Users"),
    case("a value less", WORDS, "'warn', 'raise'", "'warn'", "major ~ words.Guard"),
    case("a value more", WORDS, "'raise'", "'raise', 'off'", "minor ~ words.Guard"),
    case("a field's default", LIMITS, "gated: bool = False", "gated: bool = True", "major ~ limits.Slot(gated)"),
    case(
        "a method that all who derive have to have",
        LIMITS,
        "    def close",
        "    @abstractmethod\n    def close_async(self) -> None: ...\n\n    def close",
        "major + limits.Limiter.close_async",
    ),
    case("a base class", "maia_scim/errors.py", "Wrong(Exception)", "Wrong(OSError)", *GENTLER),
    case("a base class behind a private one", "maia_scim/errors.py", "_Answered(Wrong)", "_Answered(Exception)", LOST),
    case("a private base class", "maia_scim/errors.py", "NotFound(_Answered)", "NotFound(Wrong)"),
    case("a constant", "maia_scim/patch.py", "'id'", "'id', 'meta'", "major ~ patch.READ_ONLY"),
    case("a generated name", "maia_scim/__init__.py", "'Model', ", "", "major - Model"),
    case("a module", "maia_scim/__init__.py", ", 'patch'", "", "major - patch"),
    case("a field demanded", LIMITS, "gated: bool = False", "gated: bool", "major ~ limits.Slot(gated)"),
    case(
        "a method more",
        USERS,
        "    def _read",
        "    def more(self) -> None: ...\n\n    def _read",
        "minor + users.Users.more",
    ),
    # What nobody was promised.
    case("a constructor of what is handed out", USERS, "core: object", "core: object, more: int"),
    case("a private method", USERS, "    def _read(self) -> None: ...\n", ""),
    case("a private attribute", CLIENT, "    _secret: str\n", ""),
    case("a module that is not listed", "maia_scim/inner.py", "a: int", "b: int"),
    case("a name of a listed module that is not", LIMITS, "def piece() -> None: ...\n", ""),
    case(
        "the generated package, which is compared by itself", "generated/maia_public_api/__init__.py", "pass", "x = 1"
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "expected"), FACADE)
def test_the_facade(tmp_path: Path, name: str, old: str, new: str, expected: set[str]) -> None:
    assert old in FILES[name]
    before = tree(tmp_path / "then", FILES)
    after = tree(tmp_path / "now", {**FILES, name: FILES[name].replace(old, new)})

    assert told(public.compare(before, after)) == expected


def test_a_class_that_moves_is_no_change(tmp_path: Path) -> None:
    moved = {
        **FILES,
        "maia_scim/people.py": FILES[USERS],
        USERS: "from .people import Users\n",
        "maia_scim/engine.py": FILES[CLIENT],
        CLIENT: "",
        "maia_scim/__init__.py": FILES["maia_scim/__init__.py"].replace(".client", ".engine"),
    }
    assert public.compare(tree(tmp_path / "then", FILES), tree(tmp_path / "now", moved)) == ()


MAIN = """\
import click


@click.group()
def cli() -> None: ...


@cli.command()
@click.argument("who", nargs=-1)
@click.option("--output", "-o", type=click.Choice(["table", "json"]), default="table")
@click.option("--region")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def get(**_: object) -> None: ...


@cli.command(hidden=True)
def inner() -> None: ...
"""
EXITS = "DONE = 0\nFAILED = 1\n"
COMMANDS = [
    case("a command", "main", "def get", "def show", "major - maia-scim get", "minor + maia-scim show"),
    case("an option", "main", '@click.option("--region")\n', "", "major - maia-scim get --region"),
    case("a spelling", "main", ', "-o"', "", "major - maia-scim get -o"),
    case(
        "a choice",
        "main",
        '"table", "json"',
        '"table", "csv"',
        "major - maia-scim get --output",
        "minor + maia-scim get --output",
        "major - maia-scim get -o",
        "minor + maia-scim get -o",
    ),
    case("demanded", "main", '"--region"', '"--region", required=True', "major ~ maia-scim get --region"),
    case("a type", "main", '"--region"', '"--region", type=int', "major ~ maia-scim get --region"),
    case("a flag that takes a value", "main", "is_flag=True, ", "", "major ~ maia-scim get --yes"),
    case("an argument", "main", '@click.argument("who", nargs=-1)\n', "", "major - maia-scim get argument 1"),
    case("how many", "main", "nargs=-1", "nargs=2", "major ~ maia-scim get argument 1"),
    case(
        "a default",
        "main",
        'default="table"',
        'default="json"',
        "major ~ maia-scim get --output",
        "major ~ maia-scim get -o",
    ),
    case("a new option", "main", '"--region")', '"--region")\n@click.option("--new")', "minor + maia-scim get --new"),
    case(
        "a new option that is demanded",
        "main",
        '"--region")',
        '"--region")\n@click.option("--new", required=True)',
        "major + maia-scim get --new",
    ),
    case("an exit code", "exits", "FAILED = 1", "FAILED = 9", "major ~ exit code FAILED"),
    case("a help text", "main", "Ask nothing.", "Do not ask."),
    case("a hidden command", "main", "def inner", "def other"),
]


@pytest.mark.parametrize(("name", "old", "new", "expected"), COMMANDS)
def test_the_command_line(tmp_path: Path, name: str, old: str, new: str, expected: set[str]) -> None:
    files = {"main": MAIN, "exits": EXITS}
    assert old in files[name]

    def written(root: Path, files: dict[str, str]) -> Path:
        packages = {"maia_scim/__init__.py": "", "maia_scim/cli/__init__.py": "", "generated/x": ""}
        return tree(root, {**packages, **{f"maia_scim/cli/{it}.py": text for it, text in files.items()}})

    after = {**files, name: files[name].replace(old, new)}
    found = commands.compare(written(tmp_path / "then", files), written(tmp_path / "now", after))

    assert told(found) == expected


PROJECT = """\
[project]
requires-python = ">=3.11"
dependencies = ["attrs>=24"]
optional-dependencies = { cli = ["click>=8"], redis = ["redis>=5"] }
scripts = { maia-scim = "maia_scim.cli:main" }
entry-points.pytest11 = { maia_scim = "maia_scim.pytest_plugin" }
"""
INSTALLATION = [
    case("an extra", "", ', redis = ["redis>=5"]', "", "major - extra redis"),
    case(
        "the command",
        "",
        "scripts = { maia-scim",
        "scripts = { other",
        "major - command maia-scim",
        "minor + command other",
    ),
    case(
        "the pytest plugin",
        "",
        "entry-points.pytest11 = { maia_scim =",
        "entry-points.pytest11 = { other =",
        "major - entry point pytest11 maia_scim",
        "minor + entry point pytest11 other",
    ),
    case("a bound", "", "attrs>=24", "attrs>=25", "minor ~ dependencies"),
    case("a bound of an extra", "", "click>=8", "click>=9", "minor ~ extra cli"),
    case("a Python version", "", ">=3.11", ">=3.12", "minor ~ requires-python"),
    case("nothing", "", "attrs", "attrs"),
]


@pytest.mark.parametrize(("_", "old", "new", "expected"), INSTALLATION)
def test_the_installation(tmp_path: Path, _: str, old: str, new: str, expected: set[str]) -> None:
    before = tree(tmp_path / "then", {"pyproject.toml": PROJECT})
    after = tree(tmp_path / "now", {"pyproject.toml": PROJECT.replace(old, new)})
    assert told(project.compare(before, after)) == expected


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copy:
    """The packages as they are, tagged, with a fragment and a version for what comes next; nothing is built."""

    def build(tree: Repository, wanted: str, scratch: Path) -> list[Path]:
        return []

    monkeypatch.setattr(pipeline, "_build", build)
    copy = Copy.create(tmp_path / "repo")
    copy.version("0.9.3")
    copy.commit("Release")
    copy.git("tag", "v0.9.3")
    copy.version("0.9.4")
    copy.commit("Next")
    return copy


def test_a_break_of_the_facade_needs_its_version_and_then_its_section(released: Copy) -> None:
    released.replace("maia_scim/users.py", "if_match", "only_version")
    released.commit("Rename an argument")
    before = released.state()

    done = released.release()
    assert (done.code, "release stopped at step 'verdict'" in done.err) == (Exit.DECIDE, True)
    assert "verdict: major since v0.9.3" in done.out
    assert "set it to 0.10.0 or higher: make release SET=0.10.0" in done.err
    assert "`users.Users.replace` changed: `if_match = None (keyword-only)`" in done.out
    assert released.state() == before

    released.version("0.10.0")
    released.commit("Version")
    before = released.state()
    done = released.release()
    assert (done.code, "release stopped at step 'migration'" in done.err) == (Exit.DECIDE, True)
    assert "lacks: ## To 0.10\n" in done.err
    assert released.state() == before

    section = '\n## To 0.10\n\n```python title="before"\nassert 1\n```\n\n```python title="after"\nassert 2\n```\n'
    released.write("docs/migrating.md", released.read("docs/migrating.md") + section)
    released.commit("Guide")
    done = released.release()
    assert (done.code, done.err) == (0, "")
    assert released.git("tag").split() == ["v0.10.0", "v0.9.3"]


def test_a_pre_release_does_not_hide_a_break_of_the_release_before_it(released: Copy) -> None:
    released.version("0.9.4rc1")
    released.commit("Candidate")
    released.git("tag", "v0.9.4rc1")
    released.replace("maia_scim/users.py", "if_match", "only_version")
    released.version("0.9.4")
    released.commit("Rename an argument")
    for arguments in ((), ("--verdict",)):
        done = released.release(*arguments)
        assert (done.code, "verdict: major since v0.9.3" in done.out) == (Exit.DECIDE, True)


def test_a_break_of_what_is_generated_is_one_of_the_whole(released: Copy) -> None:
    spec = "generated/openapi.json"
    released.replace(spec, '"nickName"', '"petName"')
    released.commit("Rename a field")
    done = released.release("--verdict")
    assert done.code == Exit.DECIDE
    assert "`ScimUser.nickName` removed" in done.out


def test_code_that_changes_inside_is_a_patch(released: Copy) -> None:
    done = released.release("--verdict")  # the version itself
    assert (done.code, done.out.splitlines()[0]) == (0, "verdict: patch since v0.9.3 (1 patch)")


def test_an_example_that_no_longer_checks_is_a_break(released: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    def errors(*_: object) -> list[str]:
        return ["examples/one.py:3: error: gone", "tests/one.py:3: error: gone"]

    monkeypatch.setattr(report, "type_check", errors)  # tests/regen/test_typecheck.py has the real one
    done = released.release("--verdict")
    assert done.code == Exit.DECIDE
    assert "- **major** · no longer type-checks: examples/one.py:3: error: gone" in done.out
    assert "tests/one.py" not in done.out


def test_another_base_can_be_asked_for(released: Copy) -> None:
    assert released.release("--verdict", "--base", "HEAD").out == "verdict: none since HEAD\n"
    done = released.release("--verdict", "--base", "v7")
    assert (done.code, "git archive fails" in done.err) == (Exit.MACHINE, True)
