"""Wheel and sdist, built and installed as a stranger does it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import maia_scim
from tests.support.canary import TOKEN

ROOT = Path(__file__).parents[1]
TRY = """
import maia_public_api, maia_scim, pathlib, sys
from maia_scim import AsyncMaiaScim, MaiaScim, Region, SPEC
from maia_scim.models import ScimUser
assert not {"scim2_server", "click", "rich"} & sys.modules.keys()
for package in (maia_scim, maia_public_api):
    folder = pathlib.Path(package.__file__).parent
    assert (folder / "py.typed").is_file(), folder
    assert "site-packages" in folder.parts, folder
print(maia_scim.__version__, SPEC.date, Region.EU1.url, ScimUser(user_name="b"))
"""
TRY += f"print(MaiaScim('eu1', auth=maia_scim.BearerToken({TOKEN!r})))"


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    target = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", target, ROOT, cwd=target)
    return target


@pytest.mark.parametrize("pattern", ["*.whl", "*.tar.gz"], ids=["wheel", "sdist"])
def test_installs_and_imports_outside_the_repository(built, tmp_path, pattern):
    [archive] = built.glob(pattern)
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    run(python, "-m", "pip", "install", "--quiet", "--constraint", constraints, archive, cwd=tmp_path)

    printed = run(python, "-W", "error", "-c", TRY, cwd=tmp_path)

    assert printed.startswith(f"{maia_scim.__version__} ")
    assert "ScimUser(user_name='b')" in printed
    # The command is there, and says how to get what it needs.
    done = subprocess.run([tmp_path / "venv" / "bin" / "maia-scim"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'maia-scim[cli]'" in done.stderr


def test_the_wheel_holds_two_packages_and_nothing_else(built):
    [wheel] = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"maia_scim", "maia_public_api"}
    assert {"maia_scim/py.typed", "maia_public_api/py.typed", "maia_public_api/servers.py"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_sdist_holds_what_it_takes_to_regenerate_and_test(built):
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    for needed in (
        "openapi/public-api-endpoint-reference.yaml",
        "scripts/regen/__main__.py",
        "scripts/release/__main__.py",
        "changes/template.md.jinja",
        "tests/conftest.py",
        "Makefile",
    ):
        assert needed in names
    assert not any("__pycache__" in name or name.startswith((".venv", ".git/")) for name in names)
