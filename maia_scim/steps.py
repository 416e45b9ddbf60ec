"""What the life of a call asks for. A driver does it, blocking or awaiting, and answers; see ``drive``.

Plain classes: a data class takes a hundred times as long to define, and these are made for every request.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from concurrent.futures import Future

    from .limits import Limiter, Slot
    from .transport import Request

T = TypeVar("T")


class Send:
    """Send a request once. Answered with the response or the failure."""

    __slots__ = ("request",)

    def __init__(self, request: Request) -> None:
        self.request = request


class Wait:
    """Wait for a future of another thread or task. Answered whether it was done within ``PATIENCE``."""

    __slots__ = ("future",)

    def __init__(self, future: Future[None]) -> None:
        self.future = future


class Resolve:
    """Await a caller's awaitable. Answered with its result, or ``Failed``. Only async clients can."""

    __slots__ = ("awaitable",)

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        self.awaitable = awaitable


class Failed:
    """What a caller's awaitable raised."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


class Ended(BaseException):
    """Thrown into a life that something of the caller's ends: a cancellation, an interrupt, a hook that raises.

    Attributes:
        error: What ends it. It is told what is known of the call, and goes on to the caller.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


class Sleep:
    """Let some seconds pass. Answered whether the wait was ended, so that the call should end, too."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Take:
    """Ask a limiter for leave. Answered with a ``Slot``."""

    __slots__ = ("held", "limiter", "paced")

    def __init__(self, limiter: Limiter, held: Slot | None, paced: bool) -> None:
        self.limiter, self.held, self.paced = limiter, held, paced


class Shut:
    """Tell a limiter that the service wants to hear from nobody for some seconds."""

    __slots__ = ("limiter", "seconds")

    def __init__(self, limiter: Limiter, seconds: float) -> None:
        self.limiter, self.seconds = limiter, seconds


Step = Send | Wait | Resolve | Sleep | Take | Shut
# A piece of the life of a call: it yields steps, is sent their answers, and returns its result.
Life = Generator[Step, Any, T]
