"""Whether the examples and tests of an earlier release still type-check: real git repositories, real mypy."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.regen import typecheck
from scripts.regen.errors import Exit, RegenError
from scripts.regen.typecheck import type_check

MODELS = "class ScimUser:\n    title: str | None = None\n"
RETYPED = "class ScimUser:\n    title: int | None = None\n"
FILES = {
    "maia_scim/__init__.py": (
        "from maia_public_api.models import ScimUser\n\n\ndef get() -> ScimUser:\n    return ScimUser()\n"
    ),
    "generated/maia_public_api/__init__.py": "",
    "generated/maia_public_api/models.py": MODELS,
    "examples/quick-start.py": "from maia_scim import get\n\nprint((get().title or '').upper())\n",
    # Wrong then and now: no news. It also leans on a helper of the tests.
    "tests/test_user.py": (
        "import maia_public_api.models as models\nfrom tests.helper import text\n\n\n"
        "def test_title():\n    wrong: int = 'text'\n    assert text(models.ScimUser()) == ''\n"
    ),
    "tests/helper.py": (
        "from maia_public_api.models import ScimUser\n\n\n"
        "def text(user: ScimUser) -> str:\n    return user.title or ''\n"
    ),
    "tests/test_else.py": "NOTE = 'import maia_scim'\nwrong: int = 'no business of ours'\n",
    "tests/broken.py": "import maia_scim\n\ndef\n",
}


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def repository(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "first")
    git(root, "tag", "v0.1.0")
    return root


def _missing(_name: str) -> None:
    """No such module."""


def package(folder: Path, models: str) -> Path:
    target = folder / "maia_public_api"
    target.mkdir(parents=True)
    (target / "__init__.py").touch()
    (target / "models.py").write_text(models, encoding="utf-8")
    return target


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return repository(tmp_path / "root", FILES)


def test_only_errors_that_are_new(root: Path, tmp_path: Path) -> None:
    found = type_check("v0.1.0", root, package(tmp_path / "staging", RETYPED))

    assert [line.split(": error: ")[0] for line in found] == ["examples/quick-start.py:3", "tests/helper.py:5"]
    assert 'Item "int" of "int | str" has no attribute "upper"' in found[0]


def test_nothing_new(root: Path, tmp_path: Path) -> None:
    assert type_check("v0.1.0", root, package(tmp_path / "staging", MODELS)) == []


@pytest.mark.parametrize(
    "without", [{"tests/test_user.py"}, {"tests/test_user.py", "tests/helper.py", "examples/quick-start.py"}]
)
def test_no_error_at_all(tmp_path: Path, without: set[str]) -> None:
    (tmp_path / "root").mkdir()
    root = repository(tmp_path / "root", {name: text for name, text in FILES.items() if name not in without})

    assert type_check("v0.1.0", root, package(tmp_path / "staging", MODELS)) == []


def test_the_present_facade_is_what_counts(root: Path, tmp_path: Path) -> None:
    (root / "maia_scim" / "__init__.py").write_text("", encoding="utf-8")
    (root / "examples" / "quick-start.py").write_text("import maia_scim\n", encoding="utf-8")

    found = type_check("v0.1.0", root, package(tmp_path / "staging", MODELS))

    assert [line.split(": error: ")[0] for line in found] == ["examples/quick-start.py:1"]


def test_the_working_tree_is_left_alone(root: Path, tmp_path: Path) -> None:
    type_check("v0.1.0", root, package(tmp_path / "staging", RETYPED))

    status = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True)
    assert status.stdout == ""
    assert not (root / ".mypy_cache").exists()


def test_new_code_that_mypy_cannot_read(root: Path, tmp_path: Path) -> None:
    with pytest.raises(RegenError, match="mypy breaks off") as caught:
        type_check("v0.1.0", root, package(tmp_path / "staging", "class ScimUser\n"))
    assert "models.py:1" in str(caught.value)


@pytest.mark.parametrize("kept", [("maia_scim/__init__.py",), ("maia_scim/__init__.py", "tests/test_else.py")])
def test_a_release_without_examples_needs_no_mypy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: tuple[str, ...]
) -> None:
    monkeypatch.setattr(typecheck, "find_spec", _missing)
    (tmp_path / "root").mkdir()
    root = repository(tmp_path / "root", {name: FILES[name] for name in kept})
    # Only what the release holds counts, not what lies about now.
    (root / "examples").mkdir()
    (root / "examples" / "new.py").write_text("import maia_scim\nmaia_scim.gone\n", encoding="utf-8")

    assert type_check("v0.1.0", root, package(tmp_path / "staging", MODELS)) == []


def test_without_mypy(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typecheck, "find_spec", _missing)

    with pytest.raises(RegenError, match="mypy is not installed") as caught:
        type_check("v0.1.0", root, package(tmp_path / "staging", MODELS))
    assert caught.value.code == Exit.MACHINE


def test_an_unknown_ref(root: Path, tmp_path: Path) -> None:
    with pytest.raises(RegenError, match=r"git knows no 'v9'") as caught:
        type_check("v9", root, package(tmp_path / "staging", MODELS))
    assert "git fetch --tags" in str(caught.value)


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(RegenError, match="git rev-parse fails") as caught:
        type_check("v0.1.0", tmp_path, package(tmp_path / "staging", MODELS))
    assert "not a git repository" in str(caught.value)


def test_without_git(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RegenError, match="git is not installed"):
        type_check("v0.1.0", root, package(tmp_path / "staging", MODELS))


def test_a_release_from_before_the_packages(root: Path, tmp_path: Path) -> None:
    shutil.rmtree(root / "generated")
    git(root, "rm", "-r", "--quiet", "--cached", "generated")
    git(root, "commit", "--quiet", "--message", "second")

    # What did not check then either is no news; what does now is none either.
    assert type_check("HEAD", root, package(tmp_path / "staging", MODELS)) == []
