"""The life of one call, without I/O: a generator that asks for what it wants done.

Token, rate limit, attempt, what to try again, what is known of a write: all of it is here once, for sync and async.
``drive`` has the two loops that do what is asked.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Literal, Never, TypeVar, cast

from . import clock, problems, retry, watch
from .auth import PAUSE, checked
from .errors import MaiaError, RateLimited, TokenError, TransportError, WriteOutcome
from .frames import bare
from .steps import Ended, Life, Send, Shut, Sleep, Take
from .transport import (
    Failure,
    Request,
    Response,
    _ClosedError,  # pyright: ignore[reportPrivateUsage]
    token_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from .core import Core
    from .diff import Difference
    from .limits import Slot
    from .steps import Step

T = TypeVar("T")

# One encoder for all bodies: compact, and without NaN, which is no JSON. What holds itself nests too deep.
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode
# The gate opens after an hour at the latest, for a call to try: a Retry-After beyond that may be a mistake.
_LONGEST_GATE = 3600.0  # seconds


class Prepared(Generic[T]):
    """An operation, ready to be sent. Its repr shows no body.

    Args:
        method: HTTP method.
        path: Path below the base URL.
        template: The same with the names of its parameters, as the specification has it.
        read: Reads the answer; gives None for one that is not as promised.
        result: The type of the result that the specification promises.
        headers: Header fields of this call.
        body: What the body says, as JSON.
        content: Body.
        reread: Of a PUT: gives the operation that reads the same resource.
        compare: Of a write: tells what an answer does not hold as it was sent.
        any_status: Whether an answer of any status is a result, as for operations without a facade method.
    """

    def __init__(
        self,
        method: str,
        path: str,
        template: str,
        *,
        read: Callable[[Response], object],
        result: type[T],
        headers: Mapping[str, str],
        body: Any = None,
        content: bytes | None = None,
        reread: Callable[[], Prepared[T]] | None = None,
        compare: Callable[[Any, Any], tuple[Difference, ...]] | None = None,
        any_status: bool = False,
    ) -> None:
        self.method, self.path, self.template = method, path, template
        self.read, self.result, self.headers = read, result, headers
        self.body, self.content = body, content
        self.reread, self.compare, self.any_status = reread, compare, any_status


def prepare(
    build: Callable[[], dict[str, Any]],
    template: str,
    read: Callable[[Response], object],
    result: type[T],
    *,
    if_match: str | None = None,
    reread: Callable[[], Prepared[T]] | None = None,
    compare: Callable[[Any, Any], tuple[Difference, ...]] | None = None,
) -> Prepared[T]:
    """Make a call of what a generated operation wants sent.

    Args:
        build: Gives what the operation's ``build_request`` does.
        template: The operation's ``PATH``.
        read: The operation's ``read_response``.
        result: What it gives when all is well.
        if_match: Version for ``If-Match``; the text of ``meta.version`` or of an ``ETag``.
        reread: See ``Prepared``.
        compare: See ``Prepared``.

    Raises:
        ValueError: If the body holds what JSON cannot say, or ``if_match`` is no header value.
        TypeError: If the body holds what is no JSON at all.
    """
    if if_match is not None and not _is_header(if_match):
        raise ValueError('if_match must be the text of a version, such as W/"a330bc54f0671c9"')
    problem: Exception
    try:
        request = build()
        content = _encode(request["json"]).encode() if "json" in request else None
    except RecursionError:
        problem = ValueError("the body nests too deep to be written as JSON")
    except (TypeError, ValueError) as error:
        problem = (TypeError if isinstance(error, TypeError) else ValueError)(str(error))
    else:
        headers: dict[str, str] = dict(request.get("headers", {}))
        if if_match is not None:
            headers["If-Match"] = if_match
        return Prepared(
            request["method"].upper(),
            request["url"],
            template,
            read=read,
            result=result,
            headers=headers,
            body=request.get("json"),
            content=content,
            reread=reread,
            compare=compare,
        )
    request = {}  # a frame that an error leaves from holds no body, since that may hold a password
    raise problem


def _is_header(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isprintable() and text == text.strip() != ""


class _Progress:
    """What is known of a call while it lives."""

    __slots__ = ("answer", "attempts", "budget", "end", "outcome", "renewed", "tries")

    def __init__(self, budget: float) -> None:
        self.tries = self.attempts = 0  # with token requests that got nowhere, and without
        self.outcome: WriteOutcome = "not_sent"
        self.renewed = False
        self.answer: Response | None = None
        self.budget = budget
        self.end: float | None = None

    def begin(self) -> None:
        """Let the time budget run, from the first request or the first wait for a gate on."""
        if self.end is None:
            self.end = clock.monotonic() + self.budget

    def fits(self, seconds: float) -> bool:
        """Whether the time budget has room for such a wait."""
        return seconds <= self.budget if self.end is None else clock.monotonic() + seconds <= self.end

    def pause(self, seconds: float) -> None:
        """Leave a wait for the own rate limit out of the account."""
        if self.end is not None:
            self.end += seconds


def live(call: Prepared[T], core: Core) -> Life[T]:
    """Carry out a call.

    Args:
        call: What to do.
        core: How to.

    Returns:
        The result, as the return value of the generator.

    Raises:
        MaiaError: Whatever went wrong; its outcome speaks of all attempts.
    """
    started = clock.monotonic()
    now = _Progress(core.retry.budget)
    try:
        result = yield from _attempts(call, core, now)
    except MaiaError as error:
        error.outcome = retry.worse(error.outcome, now.outcome)
        error.attempts = now.attempts
        watch.ended(core, call, now.attempts, clock.monotonic() - started, now.answer, error.outcome, error)
        raise
    except Ended as ended:  # cancelled, interrupted, a hook that raised: what is known is told all the same
        _note(call, core, now, started, ended.error)
        raise
    except (Exception, KeyboardInterrupt) as error:  # of a policy of the caller's, or in the midst of this
        _note(call, core, now, started, error)
        raise
    answer = now.answer
    outcome: WriteOutcome | Literal["done"] = "done"
    if call.any_status and answer is not None and not answer.is_success:
        outcome = retry.worse(now.outcome, retry.outcome_of(answer))
    watch.ended(core, call, now.attempts, clock.monotonic() - started, answer, outcome)
    return result


def _note(call: Prepared[Any], core: Core, now: _Progress, started: float, error: BaseException) -> None:
    """Tell what is known of a call that something of the caller's ended."""
    if now.attempts and isinstance(error, Exception):
        error.add_note(f"{call.method} {call.path}: what is known of the write is {now.outcome!r}")
    watch.ended(core, call, now.attempts, clock.monotonic() - started, None, now.outcome)


def _attempts(call: Prepared[T], core: Core, now: _Progress) -> Life[T]:
    while True:
        now.tries += 1
        result: T | None = None
        fault: MaiaError | None = None
        wait: float | None = None
        try:
            request = _request(call, core, (yield from _leave(call, core, now)))
        except TokenError as error:
            # Before the pause is over, the endpoint is not asked again.
            again = error.retryable or (core.paced and _passes(error))
            fault, wait = error, max(core.retry.wait(now.tries), PAUSE) if again else None
        except TransportError as error:  # of a limiter that cannot be reached, which a batch waits for, too
            fault, wait = bare(error), core.retry.wait(now.tries) if core.paced else None
        else:
            answer = yield from _send(call, core, now, request)
            if isinstance(answer, Failure):
                fault = answer.error(request)
                now.outcome = retry.worse(now.outcome, fault.outcome)
                again = answer.connect or (answer.outcome == "unknown" and call.method in retry.IDEMPOTENT)
                wait = core.retry.wait(now.tries) if again else None
            elif answer.status_code == 401 and not now.renewed and core.auth.reject(token_of(request)):
                now.renewed, now.outcome = True, retry.worse(now.outcome, "refused")
                now.tries -= 1  # a new token is no repetition of the same
                continue
            else:
                result, fault, wait = yield from _judge(call, core, now, request, answer)
        if fault is None:
            return cast("T", result)
        if wait is None or not _goes_on(core, now, wait):
            raise fault
        watch.waits(core, call, wait, "retry", fault)
        if wait and (yield Sleep(wait)):
            raise fault


def _request(call: Prepared[Any], core: Core, token: str) -> Request:
    headers = {**core.headers, **call.headers, "Authorization": f"Bearer {token}"}
    return Request(call.method, core.place.base_url + call.path, headers, call.content)


def _passes(error: TokenError) -> bool:
    """Whether a token endpoint may be well again soon. A batch waits for that; a single call leaves it to others."""
    return error.status is None or error.status >= 500 or error.status == 429


def _judge(
    call: Prepared[T], core: Core, now: _Progress, request: Request, answer: Response
) -> Life[tuple[T | None, MaiaError | None, float | None]]:
    """Make of an answer the result, or the error and the seconds until another try may help."""
    result = _result(call, answer)
    if result is None and answer.status_code == 412 and now.outcome == "unknown" and call.reread:
        # The write that went unanswered may be what changed the version.
        result = yield from _own_write(call, call.reread(), core)
    if result is not None:
        return result, None, None
    now.outcome = retry.worse(now.outcome, retry.outcome_of(answer))
    wait: float | None = None
    if retry.again_after(call.method, answer):
        wait = max(problems.retry_after(answer) or 0.0, core.retry.wait(now.tries))
    if answer.status_code == 429:
        with suppress(MaiaError):  # a limiter that cannot be reached: the 429 is what there is to tell
            yield Shut(core.limiter, min(wait or 0.0, _LONGEST_GATE))
    if call.any_status and (wait is None or not _goes_on(core, now, wait)):
        return cast("T", answer), None, None
    return None, problems.error_of(request, answer, call.body), wait


def _goes_on(core: Core, now: _Progress, wait: float) -> bool:
    return now.tries < core.retry.attempts and now.fits(wait)


def _leave(call: Prepared[Any], core: Core, now: _Progress) -> Life[str]:
    """Get a token and wait for a turn."""
    token = yield from _token(core)
    held: Slot | None = None
    try:
        while True:
            slot: Slot = yield Take(core.limiter, held, core.paced)
            held = slot
            if core.stopped is not None and core.stopped():
                _refuse_stopped(call, core)
            if slot.wait <= 0:
                break
            if not slot.gated:
                now.pause(slot.wait)
            elif not now.fits(slot.wait):
                _refuse_gated(call, core, slot.wait)
            else:
                now.begin()
            watch.waits(core, call, slot.wait, "gate" if slot.gated else "limit", None)
            if (yield Sleep(slot.wait)):
                _refuse_stopped(call, core)
            # It may have grown old meanwhile.
            token = yield from _token(core)
    except BaseException:
        if held is not None:
            core.limiter.give_back(held)
        raise
    return token


def _refuse_gated(call: Prepared[Any], core: Core, seconds: float) -> Never:
    error = RateLimited(
        f"{call.method} {core.place.base_url}{call.path} was not sent: the service asked this account to wait (429), "
        f"for {seconds:.0f} s more, which is longer than the retry budget allows",
        outcome="not_sent",
        status=429,
    )
    error.retry_after = seconds
    raise error


def _refuse_stopped(call: Prepared[Any], core: Core) -> Never:
    raise MaiaError(f"{call.method} {core.place.base_url}{call.path} was not sent: the batch was stopped")


def _token(core: Core) -> Life[str]:
    steps = core.auth.token()
    reply: Any = None
    try:
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as stop:
                return checked(stop.value)
            if not isinstance(step, Send):
                reply = yield step
                continue
            begun = clock.monotonic()
            reply = yield step
            watch.token(core, step.request.url, clock.monotonic() - begun, reply)
    finally:
        steps.close()  # whoever led the request for a token leads no more


def _send(
    call: Prepared[Any], core: Core, now: _Progress, request: Request
) -> Generator[Step, Any, Response | Failure]:
    begun = clock.monotonic()
    now.begin()
    now.attempts += 1
    before, now.outcome = now.outcome, "unknown"  # until there is an answer, or none for sure
    try:
        answer: Response | Failure = yield Send(request)
    except (_ClosedError, Ended) as error:  # and not what a hook raises, which may come after the answer
        if isinstance(error, _ClosedError) or not request.begun:  # or cancelled while it waited for a connection
            now.outcome, now.attempts = before, now.attempts - 1
        raise
    now.outcome = before
    now.answer = answer if isinstance(answer, Response) else None
    watch.attempt(core, call, now.attempts, clock.monotonic() - begun, answer)
    return answer


def _result(call: Prepared[T], answer: Response) -> T | None:
    if not answer.is_success:
        return None
    result = call.read(answer)
    return result if isinstance(result, call.result) else None


def _own_write(call: Prepared[T], read: Prepared[T], core: Core) -> Life[T | None]:
    """Read what the service holds; give it if it is what the call sent."""
    from .diff import holds

    if any(name.lower() == "password" and value for name, value in call.body.items()):
        return None  # nobody can read whether it was set
    try:
        held: Any = yield from live(read, core)
    except MaiaError:
        return None  # what is known is the 412
    return cast("T", held) if holds(held.to_dict(), call.body) else None
