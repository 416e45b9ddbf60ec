"""The two loops that do what the life of a call asks for: one blocks, one awaits. Sync and async differ here alone."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Never, Protocol, TypeVar

from . import clock
from .auth import PATIENCE
from .errors import ConfigurationError, LossyReplaceWarning, MaiaError
from .frames import bare
from .steps import Ended, Failed, Life, Resolve, Send, Shut, Sleep, Step, Take, Wait

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .transport import Failure, Request, Response

T = TypeVar("T")


class Run(Protocol):
    """Lives a life to its end."""

    def __call__(self, life: Life[T], sleep: Callable[[float], object] | None = None, /) -> T:
        """Give its result, or raise its error."""
        ...


class RunAsync(Protocol):
    """Lives a life to its end, awaiting."""

    async def __call__(self, life: Life[T], sleep: Callable[[float], Awaitable[object]] | None = None, /) -> T:
        """Give its result, or raise its error."""
        ...


def drive(
    life: Life[T],
    send: Callable[[Request], Response | Failure],
    sleep: Callable[[float], object] | None = None,
) -> T:
    """Live a life to its end, blocking.

    Args:
        life: What asks.
        send: Sends a request once.
        sleep: Lets seconds pass, and tells whether it was woken to stop; ``clock.sleep`` if not given.

    Raises:
        MaiaError: What the life ended in. It leaves from here, so that its traceback leads to no frame that holds a
            token or a body.
    """
    step: Step | None = None
    reply: Any = None
    trouble: MaiaError | None = None
    try:
        while True:
            try:
                step = life.throw(trouble) if trouble else life.send(reply)
            except StopIteration as stop:  # of the life alone: one from a hook must not pass for a result
                result: T = stop.value
                return result
            reply = trouble = None
            try:
                if isinstance(step, Send):
                    reply = send(step.request)
                elif isinstance(step, Take):
                    reply = step.limiter.take(step.held, paced=step.paced)
                elif isinstance(step, Sleep):
                    reply = (sleep or clock.sleep)(step.seconds)
                elif isinstance(step, Shut):
                    step.limiter.close(step.seconds)
                elif isinstance(step, Wait):
                    from concurrent.futures import wait

                    reply = bool(wait([step.future], PATIENCE).done)
                else:
                    _cannot_await(step)
            except MaiaError as error:  # the life knows what it means for the call
                trouble = bare(error)
    except (MaiaError, LossyReplaceWarning) as error:  # a warning, where those are errors
        raised = bare(error)
    except BaseException as error:
        end(life, error)
        raise
    finally:
        life.close()
    step = reply = trouble = None  # they hold the token and the body
    raise raised


async def drive_async(
    life: Life[T],
    send: Callable[[Request], Awaitable[Response | Failure]],
    sleep: Callable[[float], Awaitable[object]] | None = None,
) -> T:
    """Live a life to its end, awaiting; as ``drive``."""
    step: Step | None = None
    reply: Any = None
    trouble: MaiaError | None = None
    try:
        while True:
            try:
                step = life.throw(trouble) if trouble else life.send(reply)
            except StopIteration as stop:
                result: T = stop.value
                return result
            reply = trouble = None
            try:
                if isinstance(step, Send):
                    reply = await send(step.request)
                elif isinstance(step, Take):
                    reply = await step.limiter.take_async(step.held, paced=step.paced)
                elif isinstance(step, Sleep):
                    reply = await (sleep or clock.sleep_async)(step.seconds)
                elif isinstance(step, Shut):
                    await step.limiter.close_async(step.seconds)
                elif isinstance(step, Wait):
                    from asyncio import wait, wrap_future

                    # Not wait_for: a cancelled or impatient waiter must not cancel the flight of the rest.
                    reply = bool((await wait([wrap_future(step.future)], timeout=PATIENCE))[0])
                else:
                    reply = await _resolved(step)
            except MaiaError as error:
                trouble = bare(error)
    except (MaiaError, LossyReplaceWarning) as error:
        raised = bare(error)
    except BaseException as error:
        end(life, error)
        raise
    finally:
        life.close()
    step = reply = trouble = None  # they hold the token and the body
    raise raised


async def _resolved(step: Resolve) -> Any:
    try:
        return await step.awaitable
    except Exception as error:  # noqa: BLE001 - whatever the caller's function raises
        return Failed(error)


def end(life: Life[Any], error: BaseException) -> None:
    """Let a life that cannot go on tell what is known. What ends it is about to be raised again."""
    with suppress(Ended, Exception):
        life.throw(Ended(error))
    if not isinstance(error, Exception):  # a cancellation, an interrupt: maybe where the HTTP library holds the request
        error.__traceback__ = None


def _cannot_await(step: Resolve) -> Never:
    close = getattr(step.awaitable, "close", None)
    if close:
        close()
    raise ConfigurationError("this function is async, and the client is not: use AsyncMaiaScim, or a plain function")
