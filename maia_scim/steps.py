"""What the life of a call asks for. A driver does it, blocking or awaiting, and answers; see ``drive``."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from concurrent.futures import Future

    from .limits import Limiter, Slot
    from .transport import Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request once. Answered with the response or the failure."""

    request: Request


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for a future of another thread or task. Answered whether it was done within ``PATIENCE``."""

    future: Future[None]


@dataclass(frozen=True, slots=True)
class Resolve:
    """Await a caller's awaitable. Answered with its result, or ``Failed``. Only async clients can."""

    awaitable: Awaitable[Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """What a caller's awaitable raised."""

    error: Exception


class Ended(BaseException):
    """Thrown into a life that something of the caller's ends: a cancellation, an interrupt, a hook that raises.

    Attributes:
        error: What ends it. It is told what is known of the call, and goes on to the caller.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let some seconds pass. Answered whether the wait was ended, so that the call should end, too."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Take:
    """Ask a limiter for leave. Answered with a ``Slot``."""

    limiter: Limiter
    held: Slot | None
    paced: bool


@dataclass(frozen=True, slots=True)
class Shut:
    """Tell a limiter that the service wants to hear from nobody for some seconds."""

    limiter: Limiter
    seconds: float


Step = Send | Wait | Resolve | Sleep | Take | Shut
# A piece of the life of a call: it yields steps, is sent their answers, and returns its result.
Life = Generator[Step, Any, T]
