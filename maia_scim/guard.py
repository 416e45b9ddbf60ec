"""The guard of ``replace``: a PUT that would clear what nobody said to clear is told of, or kept from going out."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast

from maia_public_api.kept import kept, speaks_of

from .errors import LossyReplace, LossyReplaceWarning
from .resources import named

if TYPE_CHECKING:
    from maia_public_api.base import Model

    from .core import Core, Guard, Line

_HERE = str(PurePath(__file__).parent / "_")[:-1]  # with the separator


def lost(resource: Model, body: dict[str, Any], target: str, core: Core) -> tuple[str, ...]:
    """What a body does not speak of, though the resource had it when it was read from here."""
    answer = kept(resource)
    if answer is None or answer.origin != core.place.base_url or speaks_of(body, answer.outline):
        return ()
    had: Any = json.loads(answer.content)
    if not isinstance(had, dict):
        return ()
    before = cast("dict[str, Any]", had)
    own = named(before, "id")
    if not own or str(before[own]).casefold() != target.casefold():
        return ()
    from .diff import unspoken

    return unspoken(before, body)


def enforce(guard: Guard, path: str, paths: tuple[str, ...], at: Line | None = None) -> None:
    """Warn of a lossy replace, or refuse it.

    Args:
        guard: What to do.
        path: The path of the PUT.
        paths: What is left out.
        at: Where a warning points; by default to the caller's line that is under way.

    Raises:
        LossyReplace: If the guard is not content with a warning.
    """
    if not paths or guard == "off":
        return
    shown = ", ".join(paths[:10]) + (f" and {len(paths) - 10} more" if len(paths) > 10 else "")
    message = (
        f"PUT {path} leaves out {shown}: the service may clear what a PUT does not hold"
        + (", and may read a missing active as true" if "active" in paths else "")
        + ". Start from what get() gives, and set what is to go to None or []; guard='off' sends this as it is"
    )
    if guard == "warn":
        file, line, module = at or outside()
        warnings.warn_explicit(LossyReplaceWarning(message, paths), LossyReplaceWarning, file, line, module)
        return
    raise LossyReplace(message, paths=paths)


def outside() -> Line:
    """The caller's own line: file, number and module."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  # documented, underscore and all
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno, str(frame.f_globals.get("__name__", "<unknown>"))
