"""The steps in their order."""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.regen.errors import Exit, RegenError
from scripts.regen.layout import Layout
from scripts.release import bom, changelog, distribution, migration, project, verdict, version
from scripts.release.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

# What takes long: the suite, and lint, types, regen-check and docs.
SUITE = ("make", "test", "check")


@dataclass(frozen=True)
class Options:
    """What the command was asked for.

    Args:
        tagging: Whether to commit the changelog and tag; else the checkout stays as it is.
        base: The git ref to compare with, by default the last tag.
        suite: The command that runs all tests and checks.
        today: The day in the changelog's heading.
    """

    tagging: bool
    base: str | None = None
    suite: Sequence[str] = SUITE
    today: datetime.date = field(default_factory=datetime.date.today)


def release(root: Path, options: Options) -> Exit:
    """Check everything, build, and tag.

    Args:
        root: The checkout.
        options: What was asked for.

    Returns:
        Always `Exit.OK`.

    Raises:
        RegenError: If a step refuses. Then the checkout is as it was, and there is no tag.
        OSError: If the machine does.
    """
    layout, repository = Layout(root), Repository(root)
    repository.check()
    if options.tagging:
        repository.check_branch()
    wanted = version.read(layout)
    last = version.check(repository, wanted, tagging=options.tagging)
    _done("version", f"{wanted}, after {last}" if last else f"{wanted}, the first")
    migration.check(layout, wanted, last)
    waiting = changelog.check(layout, wanted)
    judged = verdict.judge(layout, repository, options.base or last)
    print("\n".join(judged.lines()), flush=True)
    verdict.check(judged, wanted)
    _suite(repository, options.suite)
    tag = f"v{wanted}"
    with repository.aside() as tree, tempfile.TemporaryDirectory(prefix="release-") as folder:
        if waiting:
            changelog.build(Layout(tree.root), wanted, options.today)
            tree.git("add", "--all")
            if options.tagging:
                tree.git("commit", "--quiet", "--no-verify", f"--message=Release {wanted}")
        _done("changelog", f"the entry of {wanted} is {'made' if waiting else 'there'}")
        commit, files = tree.head, _build(tree, wanted, Path(folder))
        _replace(layout.root / "dist", files)
        _done("dist", ", ".join(it.name for it in files))
        if options.tagging:
            repository.take(commit, tag, f"maia-scim {wanted}")
    if not options.tagging:
        print("release: nothing was committed or tagged")
        return Exit.OK
    _done("tag", f"{tag} is {commit[:8]}")
    print("Nothing was pushed. Next, let the release workflow build it again from the tag, and publish it:")
    print(f"  git push --atomic origin HEAD {tag}")
    print("Or take it back:")
    print(f"  git tag --delete {tag}" + (" && git reset --keep HEAD~1" if waiting else ""))
    return Exit.OK


def judge(root: Path, ref: str | None) -> Exit:
    """Say what the changes since the last release call for, and refuse a version that is too low.

    Args:
        root: The checkout.
        ref: Another git ref to compare with.

    Returns:
        Always `Exit.OK`.

    Raises:
        RegenError: If the version is too low.
    """
    layout, repository = Layout(root), Repository(root)
    wanted = version.read(layout)
    tag = f"v{wanted}"
    released = repository.tagged(tag) == repository.head
    judged = verdict.judge(layout, repository, ref or version.last(repository, but=tag if released else ""))
    print("\n".join(judged.lines()), flush=True)
    verdict.check(judged, wanted)
    return Exit.OK


def _done(step: str, what: str) -> None:
    print(f"{step}: {what}", flush=True)


def _suite(repository: Repository, command: Sequence[str]) -> None:
    """Run all tests and checks, once, where everybody runs them."""
    before = repository.head
    print(f"checks: {' '.join(command)}", flush=True)
    # What this make was told is not for that one.
    ours = ("BASE", "CHECK", "SET", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    if subprocess.run(command, cwd=repository.root, env=environment, check=False).returncode:
        why, remedy = f"{' '.join(command)} fails", "mend what it names above"
        raise RegenError("checks", why, remedy=remedy)
    repository.check()
    if repository.head != before:
        remedy = "run again: what was checked is not what would be tagged"
        raise RegenError("checks", "HEAD moved while the checks ran", remedy=remedy)


def _build(tree: Repository, wanted: str, scratch: Path) -> list[Path]:
    """All files of a release: wheel and sdist, what they bring with them, and the sums."""
    epoch = int(tree.git("log", "-1", "--format=%ct"))
    archives = distribution.build(tree, tree.git("write-tree"), epoch, scratch)
    [wheel] = (it for it in archives if it.suffix == ".whl")
    extras = sorted(project.read(tree.root)["optional-dependencies"])
    bills = [
        bom.write(wheel, asked, version=wanted, epoch=epoch, root=tree.root, target=scratch) for asked in ((), extras)
    ]
    files = [*archives, *bills]
    return [*files, bom.sums(files, scratch)]


def _replace(target: Path, files: list[Path]) -> None:
    """Put files into a folder that is to hold nothing else."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for file in files:
        shutil.copyfile(file, target / file.name)
