"""A token in memory: its time, and who is under way for the next."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from .errors import TokenError

# A token is renewed this many seconds before it expires, for clocks that differ and for requests under way.
EARLY = 60.0
# After a failed token request, callers get its error for this many seconds before another one is made.
PAUSE = 1.0
# A cached token that claims more seconds than this is not believed: the clock was set back, or somebody made it up.
LONGEST = 24 * 3600.0
# How many refused tokens are remembered, so that a cache that failed to drop one does not bring it back.
_REFUSED = 8


class Token:
    """A token as the endpoint gave it. Its repr does not show it.

    Args:
        text: The token.
        lifetime: Seconds that it lives.
    """

    __slots__ = ("lifetime", "text")

    def __init__(self, text: str, lifetime: float) -> None:
        self.text = text
        self.lifetime = lifetime

    @property
    def fresh(self) -> float:
        """Seconds until it is renewed; half its life where it lives for less than twice the margin."""
        return max(self.lifetime - EARLY, self.lifetime / 2)


_states: WeakSet[State] = WeakSet()


def _after_fork() -> None:
    for state in _states:
        state.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class State:
    """A token, its time, and who is under way for the next; shared by threads and tasks of any event loop.

    Args:
        clock: Gives seconds that never jump, for the token in memory.
        wall: Gives seconds since the epoch, for what other processes read.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.wall = wall
        self._lock = threading.RLock()  # the garbage collector may end an abandoned leader within it
        self._token: str | None = None
        self._until = self._expires = 0.0
        self._error: TokenError | None = None
        self._error_until = 0.0
        self._flight: Future[None] | None = None
        self._refused: deque[str] = deque(maxlen=_REFUSED)
        _states.add(self)

    def begin_anew(self) -> None:
        """In a forked process: the lock may be held, and the flight led, by a thread that is not here."""
        self._lock = threading.RLock()
        self._flight = None

    def __getstate__(self) -> None:
        raise TypeError("credentials do not pickle: they hold a secret")

    def join(self) -> str | tuple[Future[None], bool]:
        """Give the token at hand, or the flight to wait for (False) or to lead (True).

        Raises:
            TokenError: If the last request failed a moment ago.
        """
        from concurrent.futures import Future

        with self._lock:
            now = self.clock()
            if self._token and now < self._until:
                return self._token
            if self._error and now < self._error_until:
                raise self._error.again()
            if flight := self._flight:
                return flight, False
            flight = self._flight = Future()
            return flight, True

    def keep(self, token: Token) -> None:
        """Take the token that was asked for."""
        with self._lock:
            now = self.clock()
            self._token, self._error = token.text, None
            self._until, self._expires = now + token.fresh, now + token.lifetime

    def adopt(self, text: str, expires_at: float) -> bool:
        """Take a token out of a cache; tell whether it will do without asking for another.

        One that is about to expire is taken, too, if there is no better one, for the case that asking fails.

        Args:
            text: The token.
            expires_at: When it expires, in seconds since the epoch.
        """
        left = expires_at - self.wall()
        with self._lock:
            expires = self.clock() + left
            if not 0 < left <= LONGEST or text in self._refused or (self._token and expires < self._expires):
                return False
            self._token, self._until, self._expires, self._error = text, expires - EARLY, expires, None
            return left > EARLY

    def fail(self, error: TokenError) -> None:
        """Take note that asking failed."""
        with self._lock:
            now = self.clock()
            if self._token and now < self._expires:  # what there is will do for a while yet
                self._until = min(now + PAUSE, self._expires)
            else:
                self._error, self._error_until = error, now + PAUSE

    def drop(self, text: str) -> bool:
        """Forget a token that the service refused; tell whether it was the one at hand."""
        with self._lock:
            if text not in self._refused:
                self._refused.append(text)
            held = self._token == text
            if held:
                self._token = None
            return held

    def land(self, flight: Future[None]) -> None:
        """End a flight: those who wait look again."""
        with self._lock:
            if self._flight is flight:
                self._flight = None
            if not flight.done():
                flight.set_result(None)
