"""A limiter that processes and hosts share through redis: one script, in ``limits_redis.lua``, per visit.

What it is sound against, and what not:

- clocks: only that of redis counts; one that is set back holds requests up, and lets none through;
- redis comes back empty, or with an older copy: each process checks that its own last visit is written down. If it is
  not, all are held up for one longest window from then on. A process that starts meanwhile cannot know, and is let
  through until one that does comes by;
- ``"local"``: while redis is away, a process keeps to its share of the quota, by the number of processes at its last
  visit; for one window it sends no more than in the window before, too, since the others may have sent the rest. When
  redis is back it tells what it sent, and all are held up for two seconds, so that the others can tell theirs. What a
  process sent that makes no further request is not known.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import contextmanager, suppress
from math import inf
from typing import TYPE_CHECKING, Any

from . import clock
from .errors import TransportError
from .frames import discreet
from .limits import Ledger, Limiter, MemoryLimiter, Slot, Windows, piece
from .processwide import ProcessWide
from .redis_clients import Clients, RedisClient, failures, options_of, without_frames

if TYPE_CHECKING:
    from collections.abc import Generator

# How often redis is looked for while it is away, in seconds.
_RETRY = 1.0
# What this process knows of an account that it has not asked for so long is forgotten.
_FORGET = 3600.0


class _Ticket:
    """A request's place in the queue: in redis, or among those of this process while redis is away."""

    __slots__ = ("at", "epoch", "local", "name", "paced", "told")

    def __init__(self, paced: bool) -> None:
        self.paced = paced
        self.local: Slot | None = None
        self.rename()

    def rename(self) -> None:
        """Start anew, under a name that no request has had."""
        self.name = os.urandom(8).hex() + ("p" if self.paced else "")
        self.at, self.epoch = 0, ""
        self.told = False  # whether redis may have heard of it


class _Link:
    """What this process knows of an account in redis; its limiters share it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.owner = 0
        self.name = ""
        self.epoch = ""
        self.seen = 0  # redis' time, in microseconds
        self.visited = -inf
        self.born = clock.monotonic()
        self.peers = 1
        self.away_until = -inf  # when redis is looked for next; -inf while it answers
        self.since = -inf  # when it went away
        self.before: list[float] = []  # what this process sent until then
        self.gate = -inf  # of a 429 that redis was not told of yet
        # The garbage collector may add to it at any time. What is older than a window does not matter any more.
        self.returned: deque[str] = deque(maxlen=4096)
        self.sent: dict[str, float] = {}  # what was let go while redis was away
        self.ledger = Ledger()

    def process(self) -> str:
        """This process's name; another one in a forked child."""
        if self.owner != os.getpid():
            self.owner, self.name, self.epoch, self.visited = os.getpid(), os.urandom(8).hex(), "", -inf
        return self.name


class _Visit:
    """What a visit tells redis, to be told again if it fails."""

    __slots__ = ("gate", "returned", "sent")

    def __init__(self, link: _Link) -> None:
        self.gate = link.gate
        self.sent = dict(link.sent)
        self.returned: list[str] = []
        for _ in range(len(link.returned)):
            try:
                self.returned.append(link.returned.popleft())
            except IndexError:  # another thread's visit took it
                break


class RedisLimiter(Limiter):
    """The limiter of ``RateLimit(redis=…)``.

    Args:
        redis: URL, or client of redis-py.
        account: Whose quota it is.
        windows: Seconds, and requests in any such span.
        margin: Seconds added to each window. A caller may be late by half of them without delaying others.
        paced: Whether all requests are spaced evenly.
        local: Whether to go on without redis, on this process's share.

    Raises:
        ConfigurationError: If redis-py is not there, or the URL is not usable.
    """

    @discreet
    def __init__(
        self,
        redis: RedisClient | str,
        account: str,
        windows: Windows,
        *,
        margin: float = 0.0,
        paced: bool = False,
        local: bool = False,
    ) -> None:
        from hashlib import sha256

        self._errors = failures()
        self._clients = Clients(redis)
        self._link = _link(redis, account)
        tag = f"{{maia-scim:{sha256(account.encode()).hexdigest()[:32]}}}"  # one slot of a cluster
        self._keys = [f"{tag}:{name}" for name in ("state", "sent", "queue", "peers")]
        self._windows, self._margin, self._paced = windows, margin, paced
        spans = [(_micro(period + margin), limit) for period, limit in windows]
        pace = max((-(-period // limit) for period, limit in spans), default=0)
        self._settings = [pace, _micro(margin / 2)]
        self._spans = [len(spans), *(number for span in spans for number in span)]
        # Made at once, so that the ledger remembers as much as the whole quota.
        self._local = MemoryLimiter(self._link.ledger, windows, margin=margin, paced=paced) if local else None

    def take(self, held: Slot | None, *, paced: bool) -> Slot:
        """Give a slot, or confirm one. See ``Limiter``.

        Raises:
            TransportError: If redis cannot be reached, unless this process is to go on locally.
            ConfigurationError: If redis was given as an async client.
        """
        ticket = self._ticket(held, paced)
        script = self._clients.script()
        if self._away():
            return self._locally(ticket)
        try:
            with self._visiting(ticket) as visit:
                return self._read(script(self._keys, self._tell(visit, ticket)), visit, ticket)
        except self._errors as error:
            failure = without_frames(error, self._clients.secret)
        return self._failed(failure, ticket)

    async def take_async(self, held: Slot | None, *, paced: bool) -> Slot:
        """As ``take``, for async clients."""
        ticket = self._ticket(held, paced)
        script = self._clients.script_async()
        if self._away():
            return self._locally(ticket)
        try:
            with self._visiting(ticket) as visit:
                return self._read(await script(self._keys, self._tell(visit, ticket)), visit, ticket)
        except self._errors as error:
            failure = without_frames(error, self._clients.secret)
        return self._failed(failure, ticket)

    def close(self, seconds: float) -> None:
        """Close the gate. See ``Limiter``. What redis cannot be told now, it is told at the next visit."""
        script = self._clients.script()
        self._shut(seconds)
        if not self._away():
            with suppress(*self._errors), self._visiting(None) as visit:
                self._read(script(self._keys, self._tell(visit, None)), visit, None)

    async def close_async(self, seconds: float) -> None:
        """As ``close``, for async clients."""
        script = self._clients.script_async()
        self._shut(seconds)
        if not self._away():
            with suppress(*self._errors), self._visiting(None) as visit:
                self._read(await script(self._keys, self._tell(visit, None)), visit, None)

    def give_back(self, slot: Slot) -> None:
        """Take back a slot. See ``Limiter``. The next visit tells redis."""
        ticket = slot.key
        if isinstance(ticket, _Ticket):
            self._release(ticket)
            self._link.sent.pop(ticket.name, None)
            if ticket.told:
                self._link.returned.append(ticket.name)

    def disconnect(self) -> None:
        """Close the connections. See ``Limiter``. A client that was passed stays as it is."""
        self._clients.close()

    async def disconnect_async(self) -> None:
        """As ``disconnect``, for the event loop that it runs in."""
        await self._clients.close_async()

    def _ticket(self, held: Slot | None, paced: bool) -> _Ticket:
        return held.key if held is not None and isinstance(held.key, _Ticket) else _Ticket(paced or self._paced)

    def _away(self) -> bool:
        """Whether to do without redis this time; who may look for it."""
        link = self._link
        with link.lock:
            now = clock.monotonic()
            if self._local is None or link.away_until == -inf:
                return False
            if now < link.away_until:
                return True
            link.away_until = now + _RETRY
            return False

    def _tell(self, visit: _Visit, ticket: _Ticket | None) -> list[str | int]:
        link, now = self._link, clock.monotonic()
        with link.lock:
            told: list[str | int] = [link.process(), link.epoch, link.seen, _micro(min(now - link.visited, 1e6))]
            reunion = 2 * _RETRY if link.peers > 1 or not link.epoch else 0.0
        told.append(os.urandom(8).hex())
        if ticket:
            ticket.told = True
        told += [ticket.name, ticket.at, ticket.epoch, int(ticket.paced)] if ticket else ["", 0, "", 0]
        shut = (
            0 if visit.gate == -inf else max(1, _micro(min(visit.gate - now, 1e9)))
        )  # also one of no time, or past, paces
        told += [shut, *self._settings, _micro(reunion), *self._spans]
        told += [len(visit.returned), *visit.returned, len(visit.sent)]
        for name, at in visit.sent.items():
            told += [name, _micro(now - at)]
        return told

    def _read(self, answer: Any, visit: _Visit, ticket: _Ticket | None) -> Slot:
        wait, gated, at, now, peers, paced, epoch = answer
        epoch = epoch.decode() if isinstance(epoch, bytes) else epoch
        link = self._link
        with link.lock:
            if now >= link.seen or epoch != link.epoch:
                link.epoch, link.seen, link.peers = epoch, now, peers
            link.visited, link.away_until = clock.monotonic(), -inf
            if link.gate == visit.gate:
                link.gate = -inf
            for name in visit.sent:
                link.sent.pop(name, None)
        if ticket:
            self._release(ticket)
            ticket.at, ticket.epoch = at, epoch
        if self._local and (paced or gated):
            link.ledger.shut(wait / 1e6 if gated else 0.0)
        if self._local and ticket and not wait:
            link.ledger.note()
        return Slot(wait / 1e6 if gated else piece(wait / 1e6), bool(gated), ticket)

    @contextmanager
    def _visiting(self, ticket: _Ticket | None) -> Generator[_Visit]:
        visit = _Visit(self._link)
        try:
            yield visit
        except BaseException:
            self._link.returned.extend(visit.returned)
            if ticket:
                self._link.returned.append(ticket.name)  # redis may have heard of it all the same
                ticket.rename()
            raise

    def _failed(self, error: Exception, ticket: _Ticket) -> Slot:
        if self._local is None:
            raise TransportError(
                f"the redis of the rate limit cannot be used ({type(error).__name__}: {error}); nothing was sent: "
                "see to redis, or let each process go on with its share by RateLimit(if_unreachable='local')",
                outcome="not_sent",
            ) from error
        link = self._link
        with link.lock:
            now = clock.monotonic()
            if link.away_until == -inf:
                link.since, link.before = now, list(link.ledger.sent)
            link.away_until = now + _RETRY
        return self._locally(ticket)

    def _locally(self, ticket: _Ticket) -> Slot:
        link, now = self._link, clock.monotonic()
        assert self._local
        shares: list[tuple[float, int]] = []
        for period, limit in self._windows:
            share = max(1, limit // link.peers)
            left = link.since + period + self._margin - now
            if left > 0 and link.epoch:
                # The others may have sent the rest of the quota before redis went away.
                share = min(share, sum(at > link.since - period for at in link.before))
                if not share:
                    return Slot(min(left, _RETRY), key=ticket)
            shares.append((period, share))
        self._local.change(tuple(shares))
        slot = ticket.local = self._local.take(ticket.local, paced=ticket.paced)
        if not slot.wait:
            if ticket.told:  # its place in redis is not needed any more
                link.returned.append(ticket.name)
                ticket.rename()
            now = link.sent[ticket.name] = clock.monotonic()
            for name, at in list(link.sent.items()):
                if now - at <= link.ledger.span:
                    break
                link.sent.pop(name, None)
        # Whoever waits is to find redis soon after it is back; the gate stays closed wherever one asks.
        return Slot(slot.wait if slot.gated else min(slot.wait, _RETRY), slot.gated, ticket)

    def _release(self, ticket: _Ticket) -> None:
        if self._local and ticket.local:
            self._local.give_back(ticket.local)
            ticket.local = None

    def _shut(self, seconds: float) -> None:
        link = self._link
        with link.lock:
            link.gate = max(link.gate, clock.monotonic() + seconds)
        link.ledger.shut(seconds)


def _forgotten(link: _Link) -> bool:
    return max(link.born, link.visited) < clock.monotonic() - _FORGET


_links = ProcessWide(_Link, _forgotten)


def _link(redis: RedisClient | str, account: str) -> _Link:
    """What this process knows of an account in redis, whichever limiter it learnt it by."""
    options = {} if isinstance(redis, str) else options_of(redis)
    where = [str(options.get(name)) for name in ("host", "port", "path", "db") if name in options]
    key = f"{redis if isinstance(redis, str) else where or id(redis)} {account}"
    return _links.of(key)


def _micro(seconds: float) -> int:
    return round(seconds * 1e6)
