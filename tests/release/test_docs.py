"""What the pages about versions and releases say is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import maia_scim
from scripts.regen.layout import Layout
from scripts.release import changelog, public, version

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = (ROOT / "docs/versions.md").read_text(encoding="utf-8")
RELEASING = (ROOT / "docs/releasing.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return re.split(r"(?m)^## ", RELEASING.partition(f"\n## {title}\n")[2], maxsplit=1)[0]


def test_public_modules_are_those_that_are_compared() -> None:
    told = dict(re.findall(r"(?m)^\| `(maia_scim[\w.]*)` \| (.+) \|$", VERSIONS))
    assert {name: set(re.findall(r"`(\w+)`", what)) for name, what in told.items()} == {
        name: {*names} for name, names in public.MODULES.items()
    }


def test_every_step_and_every_refusal_is_told() -> None:
    steps: set[str] = set()
    for file in (ROOT / "scripts/release").glob("*.py"):
        steps |= set(re.findall(r'(?:\b_STEP = |RegenError\(\s*)"(\w+)"', file.read_text(encoding="utf-8")))
    assert steps == set(re.findall(r"(?m)^\| `(\w+)` \|", section("When it refuses")))
    usage = subprocess.check_output([sys.executable, "-m", "scripts.release", "--help"], cwd=ROOT, text=True)
    in_order = re.findall(r"(?m)^\d\. `(\w+)`:", section("The release"))
    assert sorted(in_order) == sorted(
        re.findall(r"(?m)^  ([a-z]+) {2,}\w", usage.partition("steps:")[2].partition("exit codes")[0])
    )
    assert steps - {*in_order} == {"tools", "files", "run"}


def test_the_version_stands_in_one_place_and_pages_say_the_same() -> None:
    assert version.read(Layout(ROOT)) == maia_scim.__version__
    for page in ("README.md", "docs/versions.md"):
        assert f"maia-scim=={maia_scim.__version__}" in (ROOT / page).read_text(encoding="utf-8")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    stating = [
        name
        for name in listed.stdout.splitlines()
        if name.endswith((".py", ".md", ".toml", ".json", ".yml", ".yaml", ".sh")) and (ROOT / name).is_file()
        if not name.startswith(("tests/", "CHANGELOG.md", "changes/"))
        for found in version.STATED.finditer((ROOT / name).read_text(encoding="utf-8"))
        if found["version"] != maia_scim.__version__ or ROOT / name not in {*version.pages(Layout(ROOT))}
    ]
    assert stating == []
    assert re.search(r'(?m)^version = "', (ROOT / "pyproject.toml").read_text(encoding="utf-8")) is None


def test_the_changelog_and_its_fragments_have_their_form() -> None:
    changelog.fragments(Layout(ROOT))
    changelog.versions(Layout(ROOT))
