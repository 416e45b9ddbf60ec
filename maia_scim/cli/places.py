"""The files that a command reads and writes: none is written over another."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from maia_scim.cli.exits import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Named = tuple[str, "Path | None"]
"""A file, and what it is to the command: the option that names it."""


def check_places(written: Iterable[Named], kept: Iterable[Named] = ()) -> None:
    """Refuse a call by which a file would be written over another that the command reads or writes.

    Args:
        written: What the command writes anew. Each must be in a folder that there is.
        kept: What it reads or adds to.

    Raises:
        Wrong: Saying which two are the same file.
    """
    others = [(name, file) for name, file in kept if file is not None]
    for name, file in written:
        if file is None:
            continue
        if not file.absolute().parent.is_dir():
            raise Wrong(f"{name} {file}: there is no such folder")  # at once, not at the end
        for other, known in others:
            if is_same(file, known):
                raise Wrong(f"{name} and {other} are the same file, {file}: give each its own")
        others.append((name, file))


def is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same file, whether or not there is one."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is still to be made
        return os.path.normcase(one.resolve()) == os.path.normcase(other.resolve())


__all__ = ["Named", "check_places", "is_same"]
