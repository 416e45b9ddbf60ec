"""The versions that the suite runs with are the two ends of what pyproject.toml allows."""

from __future__ import annotations

import re
import subprocess

import pytest
from packaging.version import Version

from tests.supply.pinned import PROJECT, ROOT, pins, wanted

WANTED = wanted(*PROJECT["project"]["optional-dependencies"])
LOWEST, NEWEST = pins("constraints-lowest.txt"), pins("constraints.txt")


@pytest.mark.parametrize("requirement", WANTED, ids=lambda each: each.name)
def test_lowest_is_what_the_bound_says(requirement):
    [lowest] = [each.version for each in requirement.specifier if each.operator == ">="]

    assert Version(LOWEST[requirement.name]) == Version(lowest), "run scripts/lock.sh --lowest"
    assert requirement.specifier.contains(NEWEST[requirement.name]), "run make lock"


def test_what_the_bounds_say_nothing_of_is_pinned_once():
    names = {requirement.name for requirement in WANTED}

    differ = {name for name, version in LOWEST.items() if name not in names and NEWEST.get(name, version) != version}
    assert differ == set(), "run scripts/lock.sh --lowest"


@pytest.mark.parametrize("arguments", [["QUICK=1"], []], ids=["quick", "all"])
def test_the_tests_of_the_lowest_versions_are_there(arguments):
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "test-lowest", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    words = done.stdout.splitlines()[-1].replace("--ignore=", "").split()
    tests = [word for word in words if word.startswith("tests/")]
    assert len(tests) > 10
    assert [test for test in tests if not (ROOT / test.partition("::")[0]).exists()] == []


def test_no_sql_has_numbered_places():
    """Python 3.12.0 to 3.12.3 warn of `?1` together with a tuple, and an error is what a warning may be made into."""
    found = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "maia_scim").rglob("*.py")
        if re.search(r"\?[0-9]", file.read_text("utf-8"))
    }
    assert found == set()
