"""The git repository that a release is made in."""

from __future__ import annotations

import contextlib
import io
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.regen.base import TAGS
from scripts.regen.errors import Exit, RegenError

if TYPE_CHECKING:
    from collections.abc import Generator

_STEP = "tree"


@dataclass(frozen=True)
class Repository:
    """A work tree.

    Args:
        root: Its root folder.
    """

    root: Path

    def git(self, *arguments: str) -> str:
        """What a git command prints.

        Raises:
            RegenError: If it fails.
        """
        return self._run(*arguments).decode().strip()

    def _run(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, check=False)
        except FileNotFoundError as error:
            raise RegenError(_STEP, "git is not installed", remedy="install git", code=Exit.MACHINE) from error
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            why = f"git {arguments[0]} fails"
            raise RegenError(_STEP, why, where=str(self.root), details=lines, code=Exit.MACHINE)
        return done.stdout

    def asks(self, *arguments: str) -> str:
        """What a git command prints; nothing when it fails, which is its way to say no."""
        try:
            return self.git(*arguments)
        except RegenError:
            return ""

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def check(self) -> None:
        """Refuse a tree that is not what is committed, or does not know its history.

        Raises:
            RegenError: With what to do about it.
        """
        if not (self.root / ".git").exists():
            remedy = "git clone the project"
            raise RegenError(_STEP, "this is no git checkout", where=str(self.root), remedy=remedy)
        # Whatever the user's configuration hides from `git status`.
        if changed := self.git("status", "--porcelain", "--untracked-files", "--ignore-submodules=none").splitlines():
            remedy = "commit it, or put it aside: git stash --include-untracked"
            raise RegenError(_STEP, "not all is committed", details=changed[:20], remedy=remedy)
        if self.git("rev-parse", "--is-shallow-repository") == "true":
            why = "the clone is shallow: the last release may be missing in it"
            raise RegenError(_STEP, why, remedy="git fetch --unshallow --tags; in a workflow, fetch-depth: 0")

    def check_branch(self) -> None:
        """Refuse a HEAD that is on no branch: the commit of the changelog would be on none.

        Raises:
            RegenError: If it is.
        """
        if not self.asks("symbolic-ref", "--quiet", "HEAD"):
            raise RegenError(_STEP, "HEAD is on no branch", remedy="git switch main; to check and build alone: CHECK=1")

    def tagged(self, tag: str) -> str:
        """The commit that a tag stands for; empty when there is no such tag."""
        return self.asks("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}^{{commit}}")

    def tags(self) -> list[str]:
        """The tags in the history of HEAD that may be releases."""
        return self.git("tag", "--merged", "HEAD", "--list", TAGS).split()

    def export(self, tree: str, folder: Path) -> None:
        """Write the files of a commit or tree into a folder."""
        with tarfile.open(fileobj=io.BytesIO(self._run("archive", "--format=tar", tree))) as tar:
            tar.extractall(folder, filter="data")

    @contextlib.contextmanager
    def aside(self) -> Generator[Repository]:
        """Check HEAD out into a folder of its own, where a commit can be made that this tree knows nothing of."""
        with tempfile.TemporaryDirectory(prefix="release-") as folder:
            self.git("worktree", "prune")  # forgets what a killed run left, once that is gone
            tree = Path(folder) / "tree"
            self.git("worktree", "add", "--quiet", "--detach", str(tree), "HEAD")
            try:
                yield Repository(tree)
            finally:
                self.git("worktree", "remove", "--force", str(tree))

    def take(self, commit: str, tag: str, message: str) -> None:
        """Go forward to a commit and tag it; both, or nothing.

        Raises:
            RegenError: If one of them fails.
        """
        before = self.head
        self.git("merge", "--quiet", "--ff-only", commit)
        try:
            self.git("tag", "--annotate", f"--message={message}", tag, commit)
        except BaseException:  # Ctrl-C, too
            self.git("reset", "--quiet", "--keep", before)
            raise
