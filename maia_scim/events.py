"""What a client tells of its work: ``MaiaScim(on_event=…)`` is called with one of these, ``capture()`` gives ``Call``.

Paths are those of the specification (``…/Users/{id}``), so that they can name a metric. No event holds a body, a token
or a secret. The function is called in the thread or task of the call; what it raises is logged and goes no further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .diff import Difference
    from .errors import MaiaError, WriteOutcome


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The token endpoint was asked.

    Attributes:
        url: The token endpoint.
        seconds: How long it took.
        status: HTTP status of its answer, or None where there was none.
    """

    url: str
    seconds: float
    status: int | None


@dataclass(frozen=True, slots=True)
class Wait:
    """A call is about to wait.

    Attributes:
        method: HTTP method.
        path: Path of the specification.
        seconds: How long.
        reason: ``limit``: its turn within the rate limit; ``gate``: the service asked everybody to wait (429);
            ``retry``: before it is tried again.
    """

    method: str
    path: str
    seconds: float
    reason: Literal["limit", "gate", "retry"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request was sent, or could not be.

    Attributes:
        method: HTTP method.
        path: Path of the specification.
        number: Which request of the call it was, from 1.
        seconds: How long it took.
        status: HTTP status of the answer, or None where there was none.
        request_id: The service's name for the request, where it gave one.
        failure: What went wrong where there was no answer: the name of the HTTP library's exception.
    """

    method: str
    path: str
    number: int
    seconds: float
    status: int | None
    request_id: str | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class CallEnd:
    """A call came to its end.

    Attributes:
        method: HTTP method.
        path: Path of the specification.
        attempts: How many requests were sent.
        seconds: How long all of it took, waits included.
        status: HTTP status of the last answer, or None where there was none.
        request_id: The service's name for the last request, where it gave one.
        outcome: ``done``, or what is known of the write after an error.
        error: The error that it ended in; None after success, and for a call that was cancelled or interrupted.
    """

    method: str
    path: str
    attempts: int
    seconds: float
    status: int | None
    request_id: str | None
    outcome: WriteOutcome | Literal["done"]
    error: MaiaError | None


Event = TokenRequest | Wait | Attempt | CallEnd
"""What ``on_event`` is called with."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that came to its end, as ``capture()`` tells of it.

    Attributes:
        method: HTTP method.
        path: Path below the base URL.
        status: HTTP status of the last answer, or None where there was none.
        attempts: How many requests were sent.
        request_id: The service's name for the last request, where it gave one.
        outcome: ``done``, or what is known of the write after an error.
        differences: Of a write: what the answer does not hold as it was sent.
    """

    method: str
    path: str
    status: int | None
    attempts: int
    request_id: str | None
    outcome: WriteOutcome | Literal["done"]
    differences: tuple[Difference, ...] = ()


__all__ = ["Attempt", "Call", "CallEnd", "Event", "TokenRequest", "Wait"]
