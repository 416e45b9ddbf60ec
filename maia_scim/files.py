"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Generator

AnyPath = str | os.PathLike[str]
"""The path of a file, as ``open`` takes it."""


@contextmanager
def replacing(path: AnyPath) -> Generator[BinaryIO]:
    """Write a file, all of it or nothing: until the block is left without an error, one that is there stays.

    Nobody but its owner may read it, since it holds personal data.

    Args:
        path: The file.

    Raises:
        OSError: If it cannot be written.
    """
    handle, name = mkstemp(prefix=".maia-scim-", suffix=".tmp", dir=Path(path).parent)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
