"""The script that turns an update into a pull request: git is real, `gh` only writes down what it is told."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.supply.pinned import ROOT

GH = """#!/bin/sh
echo "$*" >>"$GH_SAID"
[ "$2" != list ] || echo "$GH_OPEN"
"""


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone with something vendored, and a `gh`."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", "origin"], cwd=tmp_path, check=True)
    subprocess.run(["git", "clone", "--quiet", "origin", "clone"], cwd=tmp_path, check=True, capture_output=True)
    clone = tmp_path / "clone"
    for folder in ("openapi", "generated", "maia_scim", "scripts"):
        (clone / folder).mkdir()
    shutil.copy2(ROOT / "scripts" / "vendor-pull-request.sh", clone / "scripts")
    (clone / "maia_scim" / "_version.py").write_text("1\n")
    (clone / ".gitignore").write_text("/.regen/\n")
    (clone / ".regen").mkdir()
    (clone / ".regen" / "report.md").write_text("# Report\n" + "- more\n" * 20_000)
    (clone / "generated" / "old.py").write_text("")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message=Begin")
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH)
    (tmp_path / "bin" / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GH_SAID", str(tmp_path / "said"))
    monkeypatch.setenv("GH_OPEN", "0")
    return clone


def git(clone, *arguments):
    command = ["git", "-c", "user.name=Me", "-c", "user.email=me@example.com", *arguments]
    return subprocess.check_output(command, cwd=clone, text=True)


def run(clone):
    done = subprocess.run(["scripts/vendor-pull-request.sh"], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = clone.parent / "said"
    return done.stdout, said.read_text().splitlines() if said.exists() else []


def test_nothing_new_opens_nothing(clone):
    (clone / "stray.txt").write_text("mine\n")

    assert run(clone) == ("nothing changed\n", [])

    assert "vendor-update" not in git(clone, "ls-remote", "origin")


@pytest.mark.parametrize(("pending", "verb"), [("0", "create"), ("1", "edit")], ids=["first", "again"])
def test_something_new_becomes_one_pull_request(clone, monkeypatch, pending, verb):
    monkeypatch.setenv("GH_OPEN", pending)
    (clone / "stray.txt").write_text("mine\n")
    (clone / "maia_scim" / "_version.py").write_text("2\n")
    (clone / "generated" / "old.py").unlink()
    (clone / "generated" / "new.py").write_text("")
    (clone / "changes").mkdir()
    (clone / "changes" / "region.service.md").write_text("AU1\n")

    _, said = run(clone)

    assert [words.split()[:2] for words in said] == [["pr", "list"], ["pr", verb], ["workflow", "run"]]
    assert "--body-file .regen/body.md" in said[1]
    assert 50_000 < (clone / ".regen" / "body.md").stat().st_size < 65_536  # which is what GitHub takes
    changed = git(clone, "diff", "--name-status", "origin/main", "origin/vendor-update").split()
    assert changed == [
        *("A", "changes/region.service.md"),
        *("R100", "generated/old.py", "generated/new.py"),
        *("M", "maia_scim/_version.py"),
    ]
