"""Time under control: it stands still while anything is done, and jumps to the next thing that somebody waits for.

So a run of an hour and a half takes seconds, and no work of the machine is in what it measures.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
from contextlib import contextmanager
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from maia_scim import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator


class Threads:
    """Time of threads that work on a batch of at most so many, fed by one thread.

    It moves on when each user that was taken waits, and the thread that takes them does too: that is, when as many are
    under way as may be, or there are no more.

    Args:
        concurrency: How many users may be under way.
    """

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._changed = threading.Condition()
        self._now = 1000.0
        self._wakes: list[float] = []
        self._flying, self._ended = 0, False

    def monotonic(self) -> float:
        """The time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Wait."""
        if seconds <= 0:
            return
        with self._changed:
            end = self._now + seconds
            heappush(self._wakes, end)
            self._move_on()
            while self._now < end:
                self._changed.wait()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait, for an event that never comes."""
        self.sleep(seconds)
        return event.is_set()

    def take(self, source: Iterator[Any]) -> Iterator[Any]:
        """Give what a source does, and note it."""
        for each in source:
            with self._changed:
                self._flying += 1
            yield each
        with self._changed:
            self._ended = True
            self._move_on()

    def done(self, _: object = None) -> None:
        """Note that one has come to its end."""
        with self._changed:
            self._flying -= 1
            self._move_on()

    def _move_on(self) -> None:
        full = self._flying == self._concurrency or self._ended
        if full and self._wakes and len(self._wakes) == self._flying:
            self._now = max(self._now, heappop(self._wakes))
            while self._wakes and self._wakes[0] <= self._now:
                heappop(self._wakes)
            self._changed.notify_all()


class _Selector(selectors.DefaultSelector):
    """Never waits: what it would wait for, it says has passed."""

    passed: Callable[[float], None]

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found and timeout:
            self.passed(timeout)
        return found


class Loop(asyncio.SelectorEventLoop):
    """An event loop of tasks that wait for each other and for time alone."""

    def __init__(self) -> None:
        selector = _Selector()
        selector.passed = self._pass
        self._now = 1000.0
        super().__init__(selector)

    def _pass(self, seconds: float) -> None:
        self._now += seconds

    def time(self) -> float:
        """The time."""
        return self._now


@contextmanager
def put_in(**functions: Any) -> Generator[None]:
    """Let the package go by other functions of ``maia_scim.clock``."""
    before = {name: getattr(clock, name) for name in functions}
    try:
        for name, function in functions.items():
            setattr(clock, name, function)
        yield
    finally:
        for name, function in before.items():
            setattr(clock, name, function)
