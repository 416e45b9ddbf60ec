"""The wheel as its users have it: pure, and typed in an environment that has nothing of this tree."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.support.checkers import CHECKERS, check

HERE = Path(__file__).parent
MODELS = HERE.parent / "models"


def test_the_wheel_is_pure(wheel):
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    assert wheel.name.endswith("-py3-none-any.whl")
    [facts] = [text.decode() for name, text in files.items() if name.endswith(".dist-info/WHEEL")]
    assert "Root-Is-Purelib: true\n" in facts
    assert "Tag: py3-none-any\n" in facts
    for content in files.values():
        assert b"\0" not in content
        content.decode()  # all of it is text


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize(
    ("natural", "mistakes"),
    [
        (MODELS / "typing_user.py", MODELS / "typing_mistakes.txt"),
        (HERE / "typing_user.py", HERE / "typing_mistakes.txt"),
    ],
    ids=["models", "clients"],
)
def test_type_checkers_read_it_as_they_read_the_tree(checker, natural, mistakes, installed, tmp_path):
    check(checker, tmp_path, natural, mistakes, python=installed)


@pytest.mark.parametrize(
    "line",
    [
        "from maia_scim import MaiaScin",
        "from maia_scim import erors",
        "from maia_scim.models import ScimUsr",
        "from maia_scim.errors import MaiaEror",
        "from maia_scim.apply import plann",
        "import maia_scim.erors",
        "import maia_scim; maia_scim.MaiaScin",
        "import maia_scim.models; maia_scim.models.ScimUsr",
        "from maia_public_api.models import ScimUsr",
    ],
)
def test_a_typo_in_an_import_fails_at_run_time(line, installed):
    done = subprocess.run([installed, "-c", line], capture_output=True, text=True, check=False)

    name = line.replace(".", " ").split()[-1]
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(("ImportError: ", "ModuleNotFoundError: ", "AttributeError: "))
    assert f"{name}'" in last
