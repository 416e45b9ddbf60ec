"""How fast to go: the account's quota, spent fairly, and the gate that a 429 closes.

A limiter hands out slots. It never sleeps: it says how long to wait, and is asked again when the wait is over, so that
one text serves threads and tasks, and a gate that closes meanwhile holds up those who wait, too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the queue of an account.

    Args:
        wait: Seconds until it may be used, or until the limiter wants to be asked again. 0: go now.
        gated: Whether it is the gate (a ``Retry-After`` of the service) that makes it wait, not the quota.
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

    def give_back(self, slot: Slot) -> None:
        """Take back a slot that is not going to be used: its caller was cancelled, or gave up. Does no I/O."""
