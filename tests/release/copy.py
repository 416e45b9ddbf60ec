"""A repository of what a release is made of, to change, to commit to and to tag."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.release.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    *("generated", "maia_scim", "docs", "changes", ".gitignore", "pyproject.toml", "constraints.txt"),
    *("README.md", "CHANGELOG.md", "LICENSE", "NOTICE"),
)
VERSION = "maia_scim/_version.py"
NOW = "0.1.0"
# Instead of `make test check`, which takes minutes and is what these tests are a part of.
SUITE = (sys.executable, "-c", "pass")


@dataclass(frozen=True)
class Done:
    """How a run of the command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Copy:
    """The repository."""

    root: Path

    @staticmethod
    def create(root: Path) -> Copy:
        """This checkout as it stood before a first release, at whatever version it is: committed, without a tag."""
        root.mkdir(parents=True)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, root / name)
        copy = Copy(root)
        copy.git("init", "--quiet", "--initial-branch=main")
        for name, value in (("user.name", "Me"), ("user.email", "me@example.com"), ("commit.gpgsign", "false")):
            copy.git("config", name, value)
        copy.git("config", "tag.gpgsign", "false")
        copy.write("CHANGELOG.md", "# Changelog\n\n<!-- releases -->\n")
        for fragment in (root / "changes").glob("*.*.md"):
            fragment.unlink()
        for kind in ("service", "sdk", "cli"):
            copy.write(f"changes/first.{kind}.md", f"- Something of the {kind}.\n")
        copy.version(NOW)
        copy.commit("Start")
        return copy

    def git(self, *arguments: str) -> str:
        return subprocess.check_output(["git", *arguments], cwd=self.root, text=True).strip()

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")

    def state(self) -> tuple[str, str, str, str]:
        """What must not change when a release is refused."""
        places = self.git("worktree", "list").splitlines()
        assert len(places) == 1
        return self.git("rev-parse", "HEAD"), self.git("status", "--porcelain"), self.git("tag"), self.git("branch")

    def release(self, *arguments: str, suite: Sequence[str] = SUITE) -> Done:
        """Run the command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments, root=self.root, suite=suite)
        return Done(code, out.getvalue(), err.getvalue())

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def replace(self, name: str, old: str, new: str) -> None:
        """Change what a file says, once or more often."""
        assert old in self.read(name), (name, old)
        self.write(name, self.read(name).replace(old, new))

    def version(self, version: str) -> None:
        assert self.release("--set", version).code == 0
