"""What is tried again, and when. The table of docs/errors.md stands in one place, here."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from .errors import ConfigurationError, WriteOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from .transport import Response

# What may be sent twice without doing twice as much (RFC 9110 section 9.2.2), of the methods that SCIM has.
IDEMPOTENT = ("GET", "PUT")
_LONGEST_BACKOFF = 16.0  # seconds
# A gateway did not get through, or not back; a repetition may find another way. 520 to 530 are Cloudflare's.
_GATEWAY = (502, 503, 504, *range(520, 531))


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and for how long, a call is tried.

    Args:
        attempts: Requests of one call at most; 1 for no repetition.
        backoff: Seconds before the first repetition. Each further wait is twice as long, up to 16 s, and each is cut by
            up to half at random, so that clients do not march in step. Or a function of the number of the repetition,
            from 1, that gives the seconds.
        budget: Seconds that a call may take in all before it is tried again, waits for a closed gate included and
            waits for the own rate limit not. A ``Retry-After`` that does not fit is not waited for.

    Raises:
        ConfigurationError: If one of them is not usable.
    """

    attempts: int = 5
    backoff: float | Callable[[int], float] = 1.0
    budget: float = 60.0

    def __post_init__(self) -> None:
        attempts, backoff, budget = cast("tuple[object, object, object]", (self.attempts, self.backoff, self.budget))
        if not isinstance(attempts, int) or attempts < 1:
            raise ConfigurationError(f"attempts={attempts!r}: it must be a whole number from 1")
        if not callable(backoff) and not (isinstance(backoff, int | float) and 0 <= backoff < 1e6):
            raise ConfigurationError(f"backoff={backoff!r}: it must be seconds, or a function that gives them")
        if not isinstance(budget, int | float) or not budget >= 0:
            raise ConfigurationError(f"budget={budget!r}: it must be a number of seconds from 0")

    def wait(self, repetition: int) -> float:
        """Seconds before a repetition; the first is 1."""
        if callable(self.backoff):
            seconds: object = self.backoff(repetition)
            if not isinstance(seconds, int | float) or not 0 <= seconds < 1e6:
                raise ConfigurationError(f"backoff gave {seconds!r}: it must give a number of seconds from 0")
            return float(seconds)
        longest: float = min(self.backoff * 2.0 ** min(repetition - 1, 20), _LONGEST_BACKOFF)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret


def outcome_of(answer: Response) -> WriteOutcome:
    """What an answer that is no success tells of the write."""
    status = answer.status_code
    if status >= 500:
        # With Retry-After, 503 is a service that turns requests away before it looks at them.
        return "refused" if status == 503 and "retry-after" in answer.headers else "unknown"
    # 499: a gateway gave up waiting for a service that may still be at work. 307 and 308 ask for the same elsewhere.
    return "refused" if status in (307, 308) or (status >= 400 and status != 499) else "unknown"


def again_after(method: str, answer: Response) -> bool:
    """Whether a call is tried again after such an answer."""
    status = answer.status_code
    if status == 429 or (status == 503 and "retry-after" in answer.headers):
        return True
    return status in _GATEWAY and method in IDEMPOTENT


def worse(one: WriteOutcome, other: WriteOutcome) -> WriteOutcome:
    """The outcome of two attempts: what is unknown stays so, and a refusal says more than nothing sent."""
    return one if _RANK.index(one) >= _RANK.index(other) else other


_RANK: tuple[WriteOutcome, ...] = ("not_sent", "refused", "unknown")
