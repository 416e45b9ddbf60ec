"""Bodies for the log: what shape they have, without what they say of a person."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

# What tells nothing of a person, or is what somebody who reads a log looks for.
_SHOWN = frozenset(
    {"schemas", "op", "active", "primary", "type", "resourcetype", "version", "id", "status", "scimtype"}
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_LONGEST = 20_000  # characters


def masked(value: Any) -> str:
    """JSON text of a body, in which every text and number stands as ``***``, but for those that name no person."""
    try:
        return json.dumps(_masked(value, shown=False), ensure_ascii=False)[:_LONGEST]
    except (RecursionError, TypeError, ValueError):
        return "(a body that cannot be shown)"


def masked_text(content: bytes) -> str:
    """The same for bytes; what is no JSON is told by its length alone."""
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError):
        return f"({len(content)} bytes that are no JSON)"
    return masked(value)


def _masked(value: Any, *, shown: bool) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {
            key: _path(item) if key == "path" else _masked(item, shown=key.lower() in _SHOWN) for key, item in items
        }
    if isinstance(value, list):
        return [_masked(item, shown=shown) for item in cast("Sequence[Any]", value)]
    return value if value is None or isinstance(value, bool) or shown else "***"


def _path(value: Any) -> Any:
    """A PATCH path shows the attribute, and not the value of its filter."""
    return _QUOTED.sub('"***"', value) if isinstance(value, str) else "***"
