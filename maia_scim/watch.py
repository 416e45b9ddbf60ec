"""Who is told of what a call does: the log, ``on_event`` and ``capture()``. Costs next to nothing when nobody is."""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal

from .problems import request_id_of
from .transport import Failure, Response

if TYPE_CHECKING:
    from collections.abc import Generator

    from .call import Prepared
    from .core import Core
    from .diff import Difference
    from .errors import MaiaError, WriteOutcome
    from .events import Call, Event

log = logging.getLogger("maia_scim")
_LONG = 5.0  # seconds that somebody may wonder about


# Each with the client whose calls it takes. A task started within the block has it, too; a thread has not.
_captures: ContextVar[tuple[tuple[object, list[Call]], ...]] = ContextVar("maia_scim_captures", default=())


@contextmanager
def capture(origin: object) -> Generator[list[Call]]:
    """Collect the calls of a client and its copies, made in this thread or task."""
    calls: list[Call] = []
    token = _captures.set((*_captures.get(), (origin, calls)))
    try:
        yield calls
    finally:
        with suppress(ValueError):  # entered in one task and left in another, as fixtures do
            _captures.reset(token)


def token(core: Core, url: str, seconds: float, answer: Response | Failure) -> None:
    """Tell of a token request."""
    status = answer.status_code if isinstance(answer, Response) else None
    if log.isEnabledFor(logging.DEBUG):
        extra = {"method": "POST", "path": url, "status": status, "duration": seconds}
        log.debug("token request to %s: %s in %.3f s", url, status or "no answer", seconds, extra=extra)
    if core.on_event:
        from .events import TokenRequest

        _tell(core, TokenRequest(url, seconds, status))


def waits(
    core: Core,
    call: Prepared[Any],
    seconds: float,
    reason: Literal["limit", "gate", "retry"],
    fault: MaiaError | None,
) -> None:
    """Tell of a wait that begins."""
    level = logging.DEBUG if reason == "limit" and seconds < _LONG else logging.INFO
    if log.isEnabledFor(level):
        extra = {"method": call.method, "path": call.template, "seconds": seconds, "reason": reason}
        why = f": {type(fault).__name__}" if fault else ""
        log.log(level, "%s %s waits %.2f s (%s%s)", call.method, call.template, seconds, reason, why, extra=extra)
    if core.on_event:
        from .events import Wait

        _tell(core, Wait(call.method, call.template, seconds, reason))


def attempt(core: Core, call: Prepared[Any], number: int, seconds: float, answer: Response | Failure) -> None:
    """Tell of a request that was sent, or could not be."""
    verbose = log.isEnabledFor(logging.DEBUG)
    if not (verbose or core.on_event):
        return
    answered = None if isinstance(answer, Failure) else answer
    status = answered.status_code if answered is not None else None
    request_id = request_id_of(answered) if answered is not None else None
    failure = type(answer.cause).__name__ if isinstance(answer, Failure) else None
    if verbose:
        extra: dict[str, Any] = {
            "method": call.method,
            "path": call.template,
            "status": status,
            "duration": seconds,
            "attempt": number,
            "request_id": request_id,
        }
        text = ""
        if core.log_bodies:
            from .masking import masked, masked_text

            extra["sent"] = None if call.body is None else masked(call.body)
            extra["answered"] = masked_text(answered.content) if answered is not None else None
            text = f" sent {extra['sent']} answered {extra['answered']}"
        what = status or failure
        log.debug(
            "%s %s: %s in %.3f s, attempt %d%s", call.method, call.template, what, seconds, number, text, extra=extra
        )
    if core.on_event:
        from .events import Attempt

        _tell(core, Attempt(call.method, call.template, number, seconds, status, request_id, failure))


def ended(  # noqa: PLR0917 - all that is known of a call
    core: Core,
    call: Prepared[Any],
    attempts: int,
    seconds: float,
    answer: Response | None,
    outcome: WriteOutcome | Literal["done"],
    error: MaiaError | None = None,
) -> None:
    """Tell of a call that came to its end, or was cancelled."""
    captures = _captures.get()
    if not (captures or core.on_event):
        return
    status = answer.status_code if answer is not None else None
    request_id = request_id_of(answer) if answer is not None else None
    takers = [calls for origin, calls in captures if origin is core.origin]
    if takers:
        from .events import Call

        found = differences(call, answer) if answer is not None and outcome == "done" else ()
        done = Call(call.method, call.path, status, attempts, request_id, outcome, found)
        for calls in takers:
            calls.append(done)
    if core.on_event:
        from .events import CallEnd

        _tell(core, CallEnd(call.method, call.template, attempts, seconds, status, request_id, outcome, error))


def differences(call: Prepared[Any], answer: Response) -> tuple[Difference, ...]:
    """What the answer to a write does not hold as it was sent."""
    from maia_public_api.answers import json_of

    answered = json_of(answer) if call.compare and answer.is_success else None
    return call.compare(call.body, answered) if call.compare and isinstance(answered, dict) else ()


def _tell(core: Core, event: Event) -> None:
    """Call the caller's function; what it raises does not reach the call."""
    if core.on_event is None:
        return
    try:
        core.on_event(event)
    except Exception:
        log.exception("on_event raised at %s", type(event).__name__)
