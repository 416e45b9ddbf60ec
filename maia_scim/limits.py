"""How fast to go: the account's quota, spent fairly, and the gate that a 429 closes.

A limiter hands out slots. It never sleeps: it says how long to wait, and is asked again when the wait is over, so that
one text serves threads and tasks, and a gate that closes meanwhile holds up those who wait, too.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from bisect import bisect_right, insort
from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from weakref import WeakSet

from . import clock
from .errors import ConfigurationError
from .frames import discreetly_made
from .processwide import ProcessWide

if TYPE_CHECKING:
    from collections.abc import Callable

    from .redis_clients import RedisClient

Windows = tuple[tuple[float, int], ...]
"""Seconds, and how many requests may leave in any such span; several, if need be."""

# A place in the queue that its holder is this many seconds late for is no longer planned around. It stays the holder's.
_GRACE = 1.0
# A clock that ticks may wake its sleepers a little early.
_TICK = 1e-6
# An account that was told 429 goes on pacing; one that nobody uses is forgotten after so many seconds.
_FORGET = 86400.0


class Slot(NamedTuple):
    """A place in the queue of an account.

    Attributes:
        wait: Seconds until it may be used, or until the limiter wants to be asked again. 0: go now.
        gated: Whether it is the gate (a ``Retry-After`` of the service) that makes it wait, not the quota. Then
            ``wait`` is all that is left until the gate opens.
        key: The limiter's own mark.
    """

    wait: float
    gated: bool = False
    key: object = None


class Limiter(ABC):
    """What says when a request may leave. Subclass it to bring your own: ``MaiaScim(rate_limit=…)``.

    It is called from any thread, and must not block; ``take_async`` and ``close_async`` may await.
    """

    @abstractmethod
    def take(self, held: Slot | None, *, paced: bool) -> Slot:
        """Give a slot, or confirm the one that was given.

        Args:
            held: None for a new request; after a wait, the slot that said to wait.
            paced: Whether the request is one of very many, so that even spacing is better than bursts.

        Returns:
            A slot; one with a ``wait`` of 0 lets the request go.
        """

    @abstractmethod
    def close(self, seconds: float) -> None:
        """Let nobody through for so many seconds: the service answered 429."""

    async def take_async(self, held: Slot | None, *, paced: bool) -> Slot:
        """As ``take``, for async clients."""
        return self.take(held, paced=paced)

    async def close_async(self, seconds: float) -> None:
        """As ``close``, for async clients."""
        self.close(seconds)

    def give_back(self, slot: Slot) -> None:  # noqa: B027 - nothing, unless a limiter keeps a queue
        """Take back a slot that is not going to be used: its caller was cancelled, or gave up. Does no I/O."""

    def disconnect(self) -> None:  # noqa: B027 - nothing, unless a limiter opens connections
        """Close the connections that the limiter opened, if any. It may be used again, and opens new ones then."""

    async def disconnect_async(self) -> None:
        """As ``disconnect``, for async clients."""
        self.disconnect()


@discreetly_made
@dataclass(frozen=True, repr=False)
class RateLimit:
    """How fast a client, and whoever shares its account, may go.

    Args:
        per_minute: Requests in any 60 seconds; None for no such limit. Maia documents 1,000 a minute for an account.
        per_second: Requests in any second; None for no such limit. With neither, only a 429 (RFC 6585 section 4) slows
            the client down.
        margin: Seconds that are added to each window, since requests do not take equally long to the service. Make it
            larger than the spread of the latency. It weighs on ``per_second``: 10 a second and 0.5 s are 10 in 1.5 s.
        paced: Whether requests are always spaced evenly, rather than sent in a burst while the quota lasts. A client
            does so for its bulk methods, and after a first 429, in any case.
        redis: Where processes and hosts share the quota: a URL such as ``redis://localhost:6379/0``, or a client of
            redis-py, ``redis.Redis`` for ``MaiaScim`` and ``redis.asyncio.Redis`` for ``AsyncMaiaScim``. It must not
            evict keys. None: the clients of this process share it, and no others.
        if_unreachable: What to do while redis cannot be reached: ``"raise"`` an error, or go on with this process's
            ``"local"`` share: the quota by the number of processes that were last seen, all of it where redis never
            answered.

    Raises:
        ConfigurationError: If one of them is not usable.
    """

    per_minute: int | None = 1000
    per_second: int | None = None
    margin: float = field(default=0.5, kw_only=True)
    paced: bool = field(default=False, kw_only=True)
    redis: RedisClient | str | None = field(default=None, kw_only=True)
    if_unreachable: Literal["raise", "local"] = field(default="raise", kw_only=True)

    def __post_init__(self) -> None:
        limits: tuple[tuple[str, object], ...] = (("per_minute", self.per_minute), ("per_second", self.per_second))
        for name, limit in limits:
            if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
                raise ConfigurationError(f"{name}={limit!r}: it must be a whole number from 1, or None for no limit")
        margin: object = self.margin
        if not isinstance(margin, int | float) or not 0 <= margin < 3600:
            raise ConfigurationError(f"margin={margin!r}: it must be a number of seconds from 0, such as 0.5")
        if not isinstance(self.paced, bool):
            raise ConfigurationError(f"paced={self.paced!r}: it must be True or False")
        if self.if_unreachable not in ("raise", "local"):
            raise ConfigurationError(f"if_unreachable={self.if_unreachable!r}: it must be 'raise' or 'local'")
        # No word of the value: it may hold a password.
        if isinstance(self.redis, str):
            if not self.redis.startswith(("redis://", "rediss://", "unix://")):
                raise ConfigurationError("redis is no URL: it must begin with redis://, rediss:// or unix://")
        elif self.redis is not None and not callable(getattr(self.redis, "register_script", None)):
            kind = type(self.redis).__name__
            raise ConfigurationError(f"redis is a {kind}: pass a URL, a redis.Redis or a redis.asyncio.Redis")

    def __repr__(self) -> str:
        told = [f"{self.per_minute}, {self.per_second}, margin={self.margin}, paced={self.paced}"]
        if self.redis is not None:
            kind = "URL" if isinstance(self.redis, str) else type(self.redis).__name__
            told.append(f"redis=<{kind}>, if_unreachable={self.if_unreachable!r}")
        return f"RateLimit({', '.join(told)})"

    def __getstate__(self) -> dict[str, Any]:
        if isinstance(self.redis, str) and ("@" in self.redis or "password" in self.redis):
            raise TypeError("a RateLimit with a redis URL that may hold a password does not pickle or copy")
        return self.__dict__

    @property
    def windows(self) -> Windows:
        """The windows: seconds, and requests in any such span."""
        limits = ((60.0, self.per_minute), (1.0, self.per_second))
        return tuple((period, limit) for period, limit in limits if limit is not None)

    def limiter(self, account: str) -> Limiter:
        """Make the limiter of an account.

        Args:
            account: Whose quota it is; any text that all clients of the account have in common, and no others.

        Raises:
            ConfigurationError: If redis is wanted and its package is not there, or the URL is not usable.
        """
        if self.redis is None:
            return shared(account, self.windows, margin=self.margin, paced=self.paced)
        from .limits_redis import RedisLimiter

        local = self.if_unreachable == "local"
        return RedisLimiter(self.redis, account, self.windows, margin=self.margin, paced=self.paced, local=local)


class Turn:
    """A place in a ledger's queue.

    Attributes:
        limiter: Whose windows it goes by.
        paced: Whether it keeps a distance to the one before.
        at: When it is planned for; once it is ``sent``, when it counts as sent.
    """

    __slots__ = ("at", "limiter", "paced", "sent")

    def __init__(self, limiter: MemoryLimiter, paced: bool) -> None:
        self.limiter = limiter
        self.paced = paced
        self.at = 0.0
        self.sent = False


def _now() -> float:
    return clock.monotonic()  # looked up at every call, so that time under control is


class Ledger:
    """What an account has sent, who waits in turn, and the gate. Shared by the limiters of a process.

    It remembers no more than the longest window, and the largest limit, of its limiters.

    Args:
        now: The clock: seconds, never going back.
    """

    def __init__(self, now: Callable[[], float] = _now) -> None:
        self.now = now
        self.lock = threading.Lock()
        self.sent: list[float] = []  # ascending
        self.queue: list[Turn] = []  # ascending by .at: first come, first served
        # Filled without the lock: the garbage collector may end an abandoned call while this very thread holds it.
        self.returned: deque[Turn] = deque()
        self.gate = -inf
        self.paced = False
        self.span = 0.0
        self.most = 0
        self.limiters: WeakSet[MemoryLimiter] = WeakSet()

    def idle(self) -> bool:
        """Whether nothing is lost by forgetting it."""
        with self.lock:
            now = self.now()
            self.sweep(now)  # of what was abandoned, which holds limiters
            quiet = not self.queue and (not self.sent or self.sent[-1] < now - self.span)
            return quiet and not self.limiters and self.gate < now - (_FORGET if self.paced else 0.0)

    def note(self) -> None:
        """Count a request that another limiter let go."""
        with self.lock:
            insort(self.sent, self.now())
            self.sweep(self.sent[-1])

    def shut(self, seconds: float) -> None:
        """Close the gate, or keep it closed, for so many seconds, and go on evenly spaced."""
        with self.lock:
            now = self.now()
            self.gate = max(self.gate, now + seconds)
            self.paced = True
            self.plan(now)

    def sweep(self, now: float) -> None:
        """Forget what no window spans, take out what was given back, and plan around what nobody takes up."""
        sent, queue = self.sent, self.queue
        if sent and (sent[0] < now - self.span or len(sent) > self.most):
            del sent[: max(bisect_right(sent, now - self.span), len(sent) - self.most)]
        while queue and queue[0].at < now - _GRACE:
            del queue[0]
        if self.returned:
            gone = {self.returned.popleft() for _ in range(len(self.returned))}
            for turn in gone:
                if turn.sent and turn.at in sent:
                    sent.remove(turn.at)
                turn.sent = False
            if not gone.isdisjoint(queue):
                queue[:] = [turn for turn in queue if turn not in gone]
                self.plan(now)

    def plan(self, now: float) -> None:
        """Plan anew for all who wait, in their order."""
        for place, turn in enumerate(self.queue):
            turn.at = turn.limiter.earliest(now, place, turn.paced)


class MemoryLimiter(Limiter):
    """A limiter for one process.

    Each request gets a place in the ledger's queue, at the earliest time that the windows leave room for, and once that
    has come is let go if they really do: those before it may have been late. So no window is ever overrun, and no
    caller overtaken.

    Args:
        ledger: That of the account.
        windows: Seconds, and requests in any such span.
        margin: Seconds added to each window. A caller may be late by half of them without delaying others.
        paced: Whether all requests are spaced evenly.
    """

    def __init__(self, ledger: Ledger, windows: Windows, *, margin: float = 0.0, paced: bool = False) -> None:
        self.ledger = ledger
        self._margin = margin
        self._paced = paced
        self._set(windows)
        with ledger.lock:
            ledger.span = max([ledger.span, *(period for period, _ in self._windows)])
            ledger.most = max([ledger.most, *(limit for _, limit in windows)])
            ledger.limiters.add(self)

    def change(self, windows: Windows) -> None:
        """Go by other windows from now on, none longer and no limit larger than those at first."""
        if windows != self._given:
            with self.ledger.lock:
                self._set(windows)
                self.ledger.plan(self.ledger.now())

    def _set(self, windows: Windows) -> None:
        self._given = windows
        self._windows = tuple((period + self._margin, limit) for period, limit in windows)
        self._pace = max((period / limit for period, limit in self._windows), default=0.0)

    def take(self, held: Slot | None, *, paced: bool) -> Slot:
        """Give a slot, or confirm one. See ``Limiter``. A long wait is told in pieces: the queue may move up."""
        ledger = self.ledger
        turn = held.key if held is not None and isinstance(held.key, Turn) else None
        with ledger.lock:
            now = ledger.now()
            ledger.sweep(now)
            if turn is None:
                turn = Turn(self, paced or self._paced)
                self._join(turn, now)
            if now < ledger.gate - _TICK:
                return Slot(ledger.gate - now, True, turn)
            wait = turn.at - now
            if wait <= _TICK:
                wait = self._behind(now, turn.paced)
                if wait > _GRACE:  # too late for its place: to the end of the queue
                    self._leave(turn)
                    self._join(turn, now + wait)
                    wait = turn.at - now
            if wait > _TICK:
                return Slot(piece(wait), False, turn)
            self._leave(turn)
            turn.sent = True
            turn.at = max(turn.at, now - self._margin / 2)
            insort(ledger.sent, turn.at)
            return Slot(0.0, False, turn)

    def close(self, seconds: float) -> None:
        """Close the gate. See ``Limiter``."""
        self.ledger.shut(seconds)

    def give_back(self, slot: Slot) -> None:
        """Take back a slot. See ``Limiter``. The next caller's visit takes it out."""
        if isinstance(slot.key, Turn):
            self.ledger.returned.append(slot.key)

    def earliest(self, now: float, place: int, paced: bool) -> float:
        """When there is room for a request behind so many who wait."""
        sent, queue = self.ledger.sent, self.ledger.queue
        at = max(now, self.ledger.gate)
        last = queue[place - 1].at if place else sent[-1] if sent else -inf
        at = max(at, last)
        for period, limit in self._windows:
            if limit <= place:
                at = max(at, queue[place - limit].at + period)
            elif limit - place <= len(sent):
                at = max(at, sent[place - limit] + period)
        return max(at, last + self._pace) if paced or self.ledger.paced else at

    def _join(self, turn: Turn, now: float) -> None:
        turn.at = self.earliest(now, len(self.ledger.queue), turn.paced)
        self.ledger.queue.append(turn)

    def _leave(self, turn: Turn) -> None:
        queue = self.ledger.queue
        if turn in queue:  # a latecomer is not
            queue.remove(turn)

    def _behind(self, now: float, paced: bool) -> float:
        """Seconds until what was sent, by now, leaves room for one more."""
        sent = self.ledger.sent
        free = max((sent[-limit] + period for period, limit in self._windows if limit <= len(sent)), default=-inf)
        if sent and (paced or self.ledger.paced):
            free = max(free, sent[-1] + self._pace / 2)
        return max(0.0, free - now)


def piece(wait: float) -> float:
    """What to tell of a long wait: half of it, so that whoever waits learns when others gave up."""
    return wait if wait <= 2 else wait / 2


_ledgers = ProcessWide(Ledger, Ledger.idle)


def shared(account: str, windows: Windows, *, margin: float, paced: bool) -> MemoryLimiter:
    """Make a limiter on the ledger that all limiters of an account in this process share."""
    return MemoryLimiter(_ledgers.of(account), windows, margin=margin, paced=paced)


__all__ = ["Limiter", "RateLimit", "Slot", "Windows"]
