"""``replace_many`` of async clients: by tasks; see ``many``."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from typing import TYPE_CHECKING, TypeVar, cast

from . import clock
from .errors import MaiaError
from .many import Count, Outcome, one

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Callable

    from .core import Core
    from .drive import RunAsync
    from .many import Progress
    from .models import ScimUser

T = TypeVar("T")

# Rounds of the event loop that a request needs to take its connection. A pool of httpcore gives the same one to another
# that begins meanwhile, which then has to look again.
_APART = 3


class AsyncBatch:
    """Replaces users by some tasks; see ``AsyncUsers.replace_many``.

    Args:
        run: Lives a life; its sleep says True when it was woken.
        core: The client's.
        users: The source.
        concurrency: How many tasks.
        on_progress: Is told of each outcome.
    """

    def __init__(
        self,
        run: RunAsync,
        core: Core,
        users: Iterable[ScimUser] | AsyncIterable[ScimUser],
        concurrency: int,
        on_progress: Callable[[Progress], object] | None,
    ) -> None:
        from asyncio import Event

        self._run = run
        self._ready = None if isinstance(users, AsyncIterable) else enumerate(users)
        self._source = _numbered(users) if isinstance(users, AsyncIterable) else None
        self._concurrency = concurrency
        self._count = Count(users, on_progress)
        self._stopped, self._news = Event(), Event()
        self._core = core._replace(stopped=self._stopped.is_set)
        self._flying: set[Task[Outcome]] = set()
        self._landed: deque[Task[Outcome]] = deque()  # of those that fly still, since nobody was told
        self._pull: Task[tuple[int, ScimUser]] | None = None
        self._trouble: Exception | None = None
        self._ended = False

    async def outcomes(self) -> AsyncGenerator[Outcome, None]:
        """Take users as outcomes are taken."""
        from asyncio import gather, sleep

        try:
            while True:
                self._start_next()
                if self._landed:  # it comes before a source that may be slow
                    task = self._landed.popleft()
                    self._flying.discard(task)
                    yield self._count.add(task.result())
                elif self._ready is not None and self._has_room:
                    for _ in range(_APART):  # and what was started leaves, whatever time the next user takes to come
                        await sleep(0)
                elif self._flying or self._pull is not None:
                    self._news.clear()
                    await self._news.wait()
                else:
                    break
            if self._trouble is not None:
                raise self._trouble
        finally:
            # Left early: who waits gives up, who is sending gets to the end of that request, and all are told of.
            self._stopped.set()
            if self._pull is not None:
                self._pull.cancel()
                self._count.add_late([_untouched(*await gather(self._pull, return_exceptions=True))])
            self._count.add_late(await gather(*self._flying, return_exceptions=True))
            if self._source is not None:
                await self._source.aclose()

    @property
    def _has_room(self) -> bool:
        return not self._ended and len(self._flying) < self._concurrency

    def _start_next(self) -> None:
        """Start what there is a user and room for: of a plain source at once, of an async one when it has come."""
        from asyncio import ensure_future

        try:
            if self._pull is not None:
                if self._pull.done():
                    pull, self._pull = self._pull, None
                    self._start(*pull.result())
            elif self._ready is not None and self._has_room and not self._landed:
                self._start(*next(self._ready))
            if self._source is not None and self._pull is None and self._has_room:
                self._pull = ensure_future(anext(self._source))
                self._pull.add_done_callback(lambda _: self._news.set())
        except (StopIteration, StopAsyncIteration):
            self._ended = True
        except Exception as error:  # noqa: BLE001 - raised when what is under way is done
            self._ended, self._trouble = True, error

    def _start(self, index: int, user: ScimUser) -> None:
        from asyncio import ensure_future

        # A task for each, not for each worker: it goes by the context of whoever takes the outcomes.
        task = ensure_future(self._work(index, user))
        task.add_done_callback(self._land)
        self._flying.add(task)

    def _land(self, task: Task[Outcome]) -> None:
        self._landed.append(task)
        self._news.set()

    async def _work(self, index: int, user: ScimUser) -> Outcome:
        try:
            return await self._run(one(self._core, index, user), self._sleep)
        except Exception as error:  # noqa: BLE001 - of a hook or a limiter of the caller's
            return Outcome(getattr(user, "id", None), None, error, index)

    async def _sleep(self, seconds: float) -> bool:
        return await clock.wait_async(self._stopped, seconds)


def _untouched(pulled: object) -> Outcome | None:
    """The outcome of a user that was taken from the source, and that nobody got to."""
    if not isinstance(pulled, tuple):
        return None
    index, user = cast("tuple[int, ScimUser]", pulled)
    error = MaiaError("the user was not sent: the batch was stopped")
    return Outcome(getattr(user, "id", None), None, error, index)


async def _numbered(users: AsyncIterable[T]) -> AsyncGenerator[tuple[int, T], None]:
    index = 0
    try:
        async for user in users:
            yield index, user
            index += 1
    finally:
        if isinstance(users, AsyncGenerator):
            await users.aclose()
