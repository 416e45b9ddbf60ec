"""The life of one call, without I/O: a generator that asks for what it wants done, and drivers that do it.

Sync and async clients differ in the driver alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Never, Protocol, TypeVar

from . import problems
from .auth import PATIENCE, TokenSource
from .errors import ConfigurationError, MaiaError
from .steps import Life, Resolve, Send, Step, Wait
from .transport import Failure, Request, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

T = TypeVar("T")

# One encoder for all bodies: compact, and without NaN, which is no JSON.
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Prepared(Generic[T]):
    """An operation, ready to be sent. Its repr shows no body.

    Args:
        method: HTTP method.
        path: Path below the base URL.
        read: Reads the answer; gives None for one that is not as promised.
        result: The type of the result that the specification promises.
        headers: Header fields of this call.
        content: Body.
    """

    method: str
    path: str
    read: Callable[[Response], object]
    result: type[T]
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)


def prepare(
    build: Callable[[], dict[str, Any]],
    read: Callable[[Response], object],
    result: type[T],
    *,
    if_match: str | None = None,
) -> Prepared[T]:
    """Make a call of what a generated operation wants sent.

    Args:
        build: Gives what the operation's ``build_request`` does.
        read: The operation's ``read_response``.
        result: What it gives when all is well.
        if_match: Version for ``If-Match``; the text of ``meta.version`` or of an ``ETag``.

    Raises:
        ValueError: If the body holds what JSON cannot say, or ``if_match`` is no header value.
        TypeError: If the body holds what is no JSON at all.
    """
    if if_match is not None and not _is_header(if_match):
        raise ValueError('if_match must be the text of a version, such as W/"a330bc54f0671c9"')
    problem: Exception
    try:
        return _prepared(build(), read, result, if_match)
    except RecursionError:
        problem = ValueError("the body nests too deep to be written as JSON")
    except (TypeError, ValueError) as error:
        problem = (TypeError if isinstance(error, TypeError) else ValueError)(str(error))
    raise problem  # from here, since the frames below hold the body, and it may hold a password


def _prepared(
    request: dict[str, Any], read: Callable[[Response], object], result: type[T], if_match: str | None
) -> Prepared[T]:
    headers: dict[str, str] = dict(request.get("headers", {}))
    if if_match is not None:
        headers["If-Match"] = if_match
    content = _encode(request["json"]).encode() if "json" in request else None
    return Prepared(request["method"].upper(), request["url"], read, result, headers, content)


def _is_header(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isprintable() and text == text.strip() != ""


class Run(Protocol):
    """Carries out a call."""

    def __call__(self, prepared: Prepared[T], /) -> T:
        """Give the result of a call, or raise its error."""
        ...


class RunAsync(Protocol):
    """Carries out a call, awaiting."""

    async def __call__(self, prepared: Prepared[T], /) -> T:
        """Give the result of a call, or raise its error."""
        ...


def live(call: Prepared[T], *, base_url: str, auth: TokenSource, headers: Mapping[str, str]) -> Life[T]:
    """Carry out a call: get a token, send, renew a refused token once, read the answer.

    Args:
        call: What to do.
        base_url: Where the service is.
        auth: Where the token comes from.
        headers: Header fields of every call.

    Returns:
        The result, as the return value of the generator.

    Raises:
        MaiaError: Whatever went wrong, with its outcome.
    """
    renewed = False
    try:
        while True:
            token = yield from auth.token()
            sent = {**headers, **call.headers, "Authorization": f"Bearer {token}"}
            request = Request(call.method, base_url + call.path, sent, call.content)
            answer: Response | Failure = yield Send(request)
            if isinstance(answer, Failure):
                raise answer.error(request)
            if answer.status_code == 401 and not renewed and auth.reject(token):
                renewed = True
                continue
            return _result(call, request, answer)
    except MaiaError as error:
        if renewed and error.outcome == "not_sent":
            error.outcome = "refused"  # an outcome speaks of the whole call, and its first attempt was answered so
        raise


def _result(call: Prepared[T], request: Request, answer: Response) -> T:
    if answer.is_success:
        result = call.read(answer)
        if isinstance(result, call.result):
            return result
    raise problems.error_of(request, answer)


def drive(life: Life[T], send: Callable[[Request], Response | Failure]) -> T:
    """Run a call to its end, blocking.

    Raises:
        MaiaError: What the call ended in. It leaves from here, so that its traceback leads to no frame that holds a
            token or a body.
    """
    step: Step | None = None
    reply: Any = None
    try:
        while True:
            try:
                step = life.send(reply)
            except StopIteration as stop:  # of the life alone: one from a hook must not pass for a result
                result: T = stop.value
                return result
            if isinstance(step, Send):
                reply = send(step.request)
            elif isinstance(step, Wait):
                from concurrent.futures import wait

                reply = bool(wait([step.future], PATIENCE).done)
            else:
                _cannot_await(step)
    except MaiaError as error:
        raised = bare(error)
    finally:
        life.close()
    step = reply = None  # they hold the token and the body
    raise raised


async def drive_async(life: Life[T], send: Callable[[Request], Awaitable[Response | Failure]]) -> T:
    """Run a call to its end, awaiting; as ``drive``."""
    step: Step | None = None
    reply: Any = None
    try:
        while True:
            try:
                step = life.send(reply)
            except StopIteration as stop:
                result: T = stop.value
                return result
            if isinstance(step, Send):
                reply = await send(step.request)
            elif isinstance(step, Wait):
                from asyncio import wait, wrap_future

                # Not wait_for: a cancelled or impatient waiter must not cancel the flight of the rest.
                reply = bool((await wait([wrap_future(step.future)], timeout=PATIENCE))[0])
            else:
                reply = await step.awaitable
    except MaiaError as error:
        raised = bare(error)
    finally:
        life.close()
    step = reply = None  # they hold the token and the body
    raise raised


def bare(error: MaiaError) -> MaiaError:
    """An error without the frames it came through."""
    error.__context__ = None
    return error.with_traceback(None)


def _cannot_await(step: Resolve) -> Never:
    close = getattr(step.awaitable, "close", None)
    if close:
        close()
    raise ConfigurationError("an async function gives the token: use AsyncMaiaScim, or a plain function")
