"""Time that a test can move."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Seconds since the epoch, plus what it was advanced by.

    Args:
        now: what gives the current time, in seconds since the epoch.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._ahead = 0.0

    def seconds(self) -> float:
        """Return the current time in seconds since the epoch."""
        return self._now() + self._ahead

    def moment(self) -> datetime:
        """Return the current time as a date, in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def advance(self, seconds: float) -> None:
        """Move the time forward.

        Raises:
            ValueError: when ``seconds`` is negative.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"time moves forward only: {seconds} seconds")
        self._ahead += seconds

    def reset(self) -> None:
        """Take back every advance."""
        self._ahead = 0.0
