"""Wheel and sdist: built twice under circumstances that differ, and refused unless they are the same to the byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from scripts.regen.errors import Exit, RegenError

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.release.repository import Repository

_STEP = "build"


class _Circumstances(NamedTuple):
    """What must make no difference."""

    folder: str
    mtime: int
    umask: int
    zone: str


_TWICE = (
    _Circumstances("one", 1_000_000_000, 0o022, "UTC"),
    _Circumstances("another/place", 1_700_000_001, 0o077, "Asia/Tokyo"),
)


def build(repository: Repository, tree: str, epoch: int, scratch: Path) -> list[Path]:
    """Build a tree twice.

    Args:
        repository: The repository.
        tree: The tree or commit.
        epoch: The time that the archives give their files.
        scratch: An empty folder.

    Returns:
        The wheel and the sdist.

    Raises:
        RegenError: If it cannot be built, gives other bytes the second time, or the wheel is not for every platform.
    """
    first, second = (_built(repository, tree, epoch, scratch, it) for it in _TWICE)
    differing = [name for name in sorted(first.keys() | second.keys()) if _bytes(first, name) != _bytes(second, name)]
    if differing:
        remedy = "compare them, as with diffoscope: what varies with folder, time or umask must not go in"
        raise RegenError(_STEP, f"not reproducible: {', '.join(differing)}", where=str(scratch), remedy=remedy)
    platform = [name for name in first if name.endswith(".whl") and not name.endswith("-py3-none-any.whl")]
    if platform:
        raise RegenError(_STEP, f"the wheel is not for every platform: {platform[0]}", remedy="mend the build")
    return list(first.values())


def _bytes(built: dict[str, Path], name: str) -> bytes | None:
    return built[name].read_bytes() if name in built else None


def _built(repository: Repository, tree: str, epoch: int, scratch: Path, how: _Circumstances) -> dict[str, Path]:
    source, target = scratch / how.folder / "source", scratch / how.folder / "dist"
    source.mkdir(parents=True)
    repository.export(tree, source)
    for path in source.rglob("*"):
        os.utime(path, (how.mtime, how.mtime))
        if how.umask & 0o077:
            path.chmod(path.stat().st_mode & ~how.umask)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", target, source],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch), "TZ": how.zone},
        umask=how.umask,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-8:]
        raise RegenError(_STEP, "it cannot be built", details=lines, remedy="mend what it names", code=Exit.MACHINE)
    shutil.rmtree(source)
    return {path.name: path for path in sorted(target.iterdir())}
