"""What a process keeps one of for each key; a forked process begins anew."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

T = TypeVar("T")


class ProcessWide(Generic[T]):
    """Values by key, made when first asked for.

    Args:
        make: Makes a value.
        idle: Tells whether nobody needs a value any more; asked when another one is made.
    """

    def __init__(self, make: Callable[[], T], idle: Callable[[T], bool]) -> None:
        self._make, self._idle = make, idle
        self._begin_anew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        # In a forked process a thread that is not there may hold the lock, and what was kept is the parent's.
        self._lock = threading.Lock()
        self._values: dict[Hashable, T] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Hashable]:
        """Give the keys."""
        return iter([*self._values])

    def of(self, key: Hashable) -> T:
        """Give the value of a key."""
        with self._lock:
            if key not in self._values:
                for old in [old for old, value in self._values.items() if self._idle(value)]:
                    del self._values[old]
                self._values[key] = self._make()
            return self._values[key]

    def clear(self) -> None:
        """Forget every value."""
        with self._lock:
            self._values.clear()
