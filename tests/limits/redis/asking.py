"""Asking a limiter, and looking at what it keeps in redis."""

from __future__ import annotations

import time
from typing import Any

from maia_scim.limits import Limiter, Slot
from tests.limits.server import Server


def take(limiter: Limiter, *, paced: bool = False) -> Slot:
    """Ask once."""
    return limiter.take(None, paced=paced)


def leave(limiter: Limiter, held: Slot | None = None, *, paced: bool = False) -> float:
    """Wait for a slot; gives the time it counts as sent at."""
    deadline = time.monotonic() + 20
    while held is None or held.wait:
        assert time.monotonic() < deadline
        if held:
            time.sleep(held.wait)
        held = limiter.take(held, paced=paced)
    return at(held)


def at(slot: Slot) -> float:
    key: Any = slot.key
    return float(key.at / 1e6)


def keys(redis: Server) -> dict[str, str]:
    """The keys there are, by their last word."""
    return {name.decode().rpartition(":")[2]: name.decode() for name in redis.client().keys("*")}


def count(redis: Server, word: str) -> int:
    """How many a sorted set holds."""
    name = keys(redis).get(word)
    return int(redis.client().zcard(name)) if name else 0
