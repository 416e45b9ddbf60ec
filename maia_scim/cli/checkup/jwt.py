"""What a token says of itself, where it is a JWT (RFC 7519). Nothing is verified, and the token is not shown."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast


class Claims(NamedTuple):
    """What a token says.

    Attributes:
        ends: When it expires, in seconds since the epoch.
        begins: When it was issued, or begins to be valid.
        audience: What it is for.
    """

    ends: float | None
    begins: float | None
    audience: tuple[str, ...]


def read(token: str) -> Claims | None:
    """Read a token; None where it is no JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        body: Any = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError, binascii.Error):
        return None
    if not isinstance(body, dict):
        return None
    claims = cast("dict[str, Any]", body)
    begins = [moment for name in ("nbf", "iat") if (moment := _number(claims.get(name))) is not None]
    audience: Any = claims.get("aud")
    several = cast("list[object]", audience) if isinstance(audience, list) else [audience]
    texts = tuple(each for each in several if isinstance(each, str))
    return Claims(_number(claims.get("exp")), max(begins, default=None), texts)


def moment(seconds: float) -> str:
    """A moment in UTC, to the minute."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def span(seconds: float) -> str:
    """How long something is, to the nearest unit that says enough."""
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} seconds"


def _number(value: Any) -> float | None:
    # Beyond the year 5000 it is no moment but a mistake, which no calendar takes.
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11
    return float(value) if fits else None


__all__ = ["Claims", "moment", "read", "span"]
