"""The queue in front of a connection pool: so many at a time, first come, first served.

The pool looks at all that wait for a connection whenever one is free again: 2,000 tasks at once took it 20 times as
long as their requests. So they wait here. For tasks `asyncio.Semaphore` does it; `threading.Semaphore` is not fair.
"""

from __future__ import annotations

import threading
from collections import deque


class Places:
    """Places for threads: one that is given back goes to who has waited longest.

    Args:
        free: How many there are.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, timeout: float | None) -> bool:
        """Take a place; tell whether there was one in time.

        Args:
            timeout: Seconds to wait at most; None for no end.
        """
        with self._lock:
            if self._free > 0:  # nobody waits while one is free
                self._free -= 1
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            given = mine.acquire(timeout=-1 if timeout is None else min(max(0.0, timeout), threading.TIMEOUT_MAX))
        except BaseException:  # an interrupt
            if not self._left(mine):
                self.release()
            raise
        return given or not self._left(mine)

    def _left(self, mine: threading.Lock) -> bool:
        """Leave the queue; tell whether one was still in it, and not given a place meanwhile."""
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return True
            return False

    def release(self) -> None:
        """Give a place back."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
