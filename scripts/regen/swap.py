"""Staging, and moving what was staged into place so that neither an error nor a kill leaves half of it.

Everything is built below `.regen/stage`. Renaming that folder to `.regen/ready` is the point of no return: before it,
nothing has changed; after it, this run or the next one moves the rest into place (the specification first, the code
last). So a kill never leaves code and specification apart for longer than until the next run.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import sys
from typing import TYPE_CHECKING

from scripts.regen.errors import Exit, RegenError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from scripts.regen.layout import Layout

_STEP = "swap"
_FOLDER = "generated"
# Folders that gain and lose single files; one that goes is staged empty.
_SHARED = ("openapi", "changes")
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def read_tree(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their relative path, without what Python caches."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@contextlib.contextmanager
def workspace(layout: Layout) -> Generator[Path]:
    """Hold the lock, settle or clean what an earlier run left, and hand out an empty staging folder.

    Args:
        layout: The checkout.

    Yields:
        The staging folder; it is gone afterwards.

    Raises:
        RegenError: If another run holds the lock.
    """
    work = layout.work
    work.mkdir(exist_ok=True)
    ignore = work / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    with (work / "lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.EACCES}:
                raise
            why = "another regen is running in this checkout"
            raise RegenError("lock", why, remedy="wait for it, then run again", code=Exit.MACHINE) from error
        if interrupted(layout):
            _settle(layout, resumed=True)
        stage = work / "stage"
        _discard(layout)
        stage.mkdir()
        try:
            yield stage
        finally:
            _discard(layout)


def interrupted(layout: Layout) -> bool:
    """Whether an earlier run was killed while it moved its result into place."""
    return (layout.work / "ready").exists()


def _discard(layout: Layout) -> None:
    for name in ("stage", "old"):
        shutil.rmtree(layout.work / name, ignore_errors=True)


def difference(before: Path, after: Path) -> dict[str, tuple[bytes, bytes]]:
    """The files that two folders do not have in common, with both contents (empty where there is none)."""
    old, new = (read_tree(folder) if folder.exists() else {} for folder in (before, after))
    names = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    return {name: (old.get(name, b""), new.get(name, b"")) for name in names}


def pending(layout: Layout) -> list[str]:
    """What `commit` would change, relative to the root."""
    stage = layout.work / "stage"
    files = [name for name, content in _staged(stage).items() if _content(layout.root / name) != content]
    return files + [f"{_FOLDER}/{name}" for name in difference(layout.generated, stage / _FOLDER)]


def _staged(stage: Path) -> dict[str, bytes]:
    return {f"{top}/{name}": content for top in _SHARED for name, content in read_tree(stage / top).items()}


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def commit(layout: Layout) -> None:
    """Move what is staged into place: single files, and `generated/` as a whole; what is equal stays.

    Args:
        layout: The checkout.

    Raises:
        OSError: If it cannot be done. Then everything is as it was.
    """
    changes = pending(layout)
    if not changes:
        return
    stage, ready = layout.work / "stage", layout.work / "ready"
    for name in _staged(stage).keys() - {*changes}:
        (stage / name).unlink()
    if any(name.startswith(f"{_FOLDER}/") for name in changes):
        # Exchanging twice would undo it: the folder's inode tells a later run whether it was done.
        (stage / "inode").write_text(str((stage / _FOLDER).stat().st_ino), encoding="ascii")
    stage.rename(ready)
    _settle(layout)


def _settle(layout: Layout, *, resumed: bool = False) -> None:
    """Finish a commit. An error takes back what was done; once resumed, the way is forward only, in the next run."""
    ready, undo = layout.work / "ready", layout.work / "old"
    done: list[Path] = []
    try:
        for name, content in _staged(ready).items():
            source, place, saved = ready / name, layout.root / name, undo / name
            saved.parent.mkdir(parents=True, exist_ok=True)
            saved.unlink(missing_ok=True)
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists():
                shutil.copy2(place, saved)
            if content:
                source.replace(place)
            else:
                place.unlink(missing_ok=True)
            done.append(place)
        new, inode = ready / _FOLDER, ready / "inode"
        if new.exists() and inode.exists() and inode.read_text(encoding="ascii") == str(new.stat().st_ino):
            exchange(new, layout.generated)
    except OSError:
        if resumed:
            raise
        for place in reversed(done):
            saved = undo / place.relative_to(layout.root)
            if saved.exists():
                saved.replace(place)
            else:
                place.unlink(missing_ok=True)
        ready.rename(layout.work / "stage")
        raise
    shutil.rmtree(undo, ignore_errors=True)
    ready.rename(undo)
    shutil.rmtree(undo, ignore_errors=True)


def exchange(new: Path, place: Path) -> None:
    """Put a folder in the place of another, which takes its place in turn.

    In one step where the system can (Linux); else in two, of which the first is taken back if the second fails.

    Args:
        new: The folder to move in.
        place: Where to; need not exist.

    Raises:
        OSError: If it cannot be done. Then nothing has moved.
    """
    if not place.exists():
        new.rename(place)
    elif not _exchange_at_once(new, place):
        aside = new.with_name(f"{new.name}.before")
        place.rename(aside)
        try:
            new.rename(place)
        except OSError:
            aside.rename(place)
            raise
        aside.rename(new)


def _exchange_at_once(new: Path, place: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(place), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in {errno.ENOSYS, errno.EINVAL}:  # a kernel or file system without it
        return False
    raise OSError(code, os.strerror(code), str(place))
