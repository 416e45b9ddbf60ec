"""``replace_many``: many replaces at the rate limit, in bounded memory, one failure never stopping the rest."""

from __future__ import annotations

import atexit
import logging
from collections import deque
from collections.abc import AsyncIterable, Iterable, Sized
from contextlib import suppress
from dataclasses import dataclass, field, replace
from inspect import iscoroutinefunction
from threading import get_ident
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakSet

from . import clock, lives, operations
from .core import checked_guard
from .errors import LossyReplace, LossyReplaceWarning, MaiaError
from .guard import outside

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context

    from .core import Core
    from .diff import Difference
    from .drive import Run
    from .models import ScimUser
    from .steps import Life

T = TypeVar("T")
log = logging.getLogger("maia_scim")

PATIENCE = 600.0  # seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one user. Exactly one of ``user`` and ``error`` is set.

    Attributes:
        id: Its id, or None where it had none.
        user: The user as the service holds it now.
        error: What went wrong: a ``MaiaError``, a ``ValueError`` or ``TypeError`` of what cannot be sent, or what a
            hook or limiter of yours raised.
        index: Which user of those given it was, from 0.
    """

    id: str | None
    user: ScimUser | None = None
    error: Exception | None = None
    index: int = 0

    def result(self) -> ScimUser:
        """Give the user.

        Raises:
            Exception: The error, if there is one.
        """
        if self.user is None:
            raise self.error or ValueError("an outcome without user and error")
        return self.user

    _given: ScimUser | None = field(default=None, repr=False, compare=False)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What the service ignored or normalised: what its answer does not hold as the user you gave says it."""
        from .diff import not_kept

        return not_kept(self._given.to_dict(), self.user.to_dict()) if self.user and self._given else ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far ``replace_many`` is.

    Attributes:
        done: How many users have an outcome.
        failed: How many of them an error.
        total: How many there are, or None where the source cannot tell.
        last: The newest outcome.
    """

    done: int
    failed: int
    total: int | None
    last: Outcome


class Count:
    """Counts outcomes, and tells of them."""

    def __init__(self, users: object, on_progress: Callable[[Progress], object] | None) -> None:
        self._total = len(users) if isinstance(users, Sized) else None
        self._tell = on_progress
        self._done = self._failed = 0
        self._newest: Outcome | None = None

    def add(self, outcome: Outcome) -> Outcome:
        """Count an outcome, tell of it, and give it."""
        if outcome is self._newest:
            return outcome  # told already
        done, failed = self._done + 1, self._failed + (outcome.error is not None)
        try:
            if self._tell:
                self._tell(Progress(done, failed, self._total, outcome))
        except KeyboardInterrupt:
            raise  # it is told again, rather than perhaps not at all
        except BaseException:
            self._done, self._failed, self._newest = done, failed, outcome
            raise
        self._done, self._failed, self._newest = done, failed, outcome
        return outcome

    def add_late(self, outcomes: Iterable[object]) -> None:
        """Tell what came when nobody takes outcomes any more, whatever the caller's function makes of it."""
        for outcome in outcomes:
            if isinstance(outcome, Outcome):
                try:
                    self.add(outcome)
                except (Exception, SystemExit):
                    log.exception("on_progress raised")


def settings(core: Core, users: object, concurrency: int, guard: str | None, on_progress: object) -> Core:
    """The settings of a batch.

    Raises:
        ValueError: If ``concurrency`` is below 1, or there is no such guard.
        TypeError: If ``users`` is one user, or ``on_progress`` an async function.
    """
    if concurrency < 1:
        raise ValueError(f"concurrency={concurrency}: it must be at least 1")
    if not isinstance(users, Iterable | AsyncIterable):  # a user has items, too, so that iter() takes it
        raise TypeError(f"users is a {type(users).__name__}: pass an iterable of users, such as a list")
    if iscoroutinefunction(on_progress):
        raise TypeError("on_progress is async: pass a plain function, which is called and not awaited")
    # A batch has the patience to wait for a gate, where a single call is better told at once.
    patient = replace(core.retry, budget=max(core.retry.budget, PATIENCE))
    return core._replace(paced=True, guard=checked_guard(guard, core), retry=patient, warn_at=outside())


def one(core: Core, index: int, user: ScimUser) -> Life[Outcome]:
    """Replace one of many."""
    id: str | None = getattr(user, "id", None)
    kind = operations.users()
    try:
        lives.check_model(user, kind)
        result = yield from lives.replace(core, kind, resource=user, id=None, if_match=None, guard=None)
    except LossyReplaceWarning as warning:  # where warnings are errors
        return Outcome(id, None, LossyReplace(str(warning), paths=warning.paths), index)
    except (MaiaError, ValueError, TypeError) as error:
        from .frames import bare

        return Outcome(id, None, bare(error), index)
    return Outcome(id or result.id, result, None, index, user)


_open: WeakSet[Batch[Any]] = WeakSet()


@atexit.register
def _end_all() -> None:
    """End batches that nobody took to their end, when the interpreter ends."""
    for batch in [*_open]:
        batch.end()


class Batch(Generic[T]):
    """Does something with users by some threads; see ``Users.replace_many``.

    Args:
        run: Lives a life; its sleep says True when it was woken.
        core: The client's.
        users: The source.
        concurrency: How many threads.
        on_progress: Is told of each outcome.
        live: What is done with one.
    """

    def __init__(
        self,
        run: Run,
        core: Core,
        users: Iterable[T],
        concurrency: int,
        on_progress: Callable[[Progress], object] | None,
        *,
        live: Callable[[Core, int, T], Life[Outcome]],
    ) -> None:
        from queue import SimpleQueue
        from threading import Event, Thread

        self._run, self._live = run, live
        self._source, self._concurrency = enumerate(users), concurrency
        self._count = Count(users, on_progress)
        self._stopped = Event()
        self._core = core._replace(stopped=self._stopped.is_set)
        # Queues in C: an interrupt within a lock of Python's would leave it held, and the threads waiting for ever.
        self._todo: SimpleQueue[tuple[int, T, Context] | None] = SimpleQueue()
        self._ready: SimpleQueue[None] = SimpleQueue()  # one for each that is finished
        self._finished: deque[Outcome | BaseException] = deque()
        self._threads: list[Thread] = []
        self._ended = False
        self._trouble: Exception | None = None

    def outcomes(self) -> Generator[Outcome, None, None]:
        """Take users as outcomes are taken."""
        flying = 0
        _open.add(self)
        try:
            while True:
                # What is finished comes before a source that may be slow.
                while flying < self._concurrency and not self._finished and self._start_next():
                    flying += 1
                if not flying:
                    break
                self._ready.get()
                # It stays in line until it is told: an interrupt may come at any point between.
                outcome = self._finished[0]
                if isinstance(outcome, BaseException):
                    raise outcome
                self._count.add(outcome)
                self._finished.popleft()
                flying -= 1
                yield outcome
            if self._trouble is not None:
                raise self._trouble
        finally:
            try:
                self.end()
            finally:
                self._tell_to_leave()  # again: an interrupt may have come before it was told

    def end(self) -> None:
        """Leave: who waits gives up, who is sending gets to the end of that request, and all are told of."""
        if self._ended:
            return
        self._ended = True
        _open.discard(self)
        self._tell_to_leave()
        # The garbage collector may end an abandoned batch in any thread, one of these or one that holds a lock that
        # they wait for: so not in one of these, and not for ever.
        own = get_ident()
        longest = None if self._core.timing.whole is None else 2 * self._core.timing.whole + 10
        if all(thread.ident != own for thread in self._threads):
            for thread in self._threads:
                with suppress(RuntimeError):  # an interrupt kept it from starting
                    thread.join(longest)
        self._count.add_late([*self._finished])

    def _tell_to_leave(self) -> None:
        self._stopped.set()
        self._todo.put(None)

    def _start_next(self) -> bool:
        from contextvars import copy_context
        from threading import Thread

        try:
            index, user = next(self._source)
        except StopIteration:
            return False
        except Exception as error:  # noqa: BLE001 - raised when what is under way is done
            self._trouble, self._source = error, enumerate(())
            return False
        self._todo.put((index, user, copy_context()))
        if len(self._threads) < self._concurrency:
            # Daemons, since an interpreter that ends waits for all others before it ends this batch.
            thread = Thread(target=self._work, name="maia-scim", daemon=True)
            self._threads.append(thread)  # before it starts: an interrupt may come between
            thread.start()
        return True

    def _work(self) -> None:
        while (todo := self._todo.get()) is not None:
            index, user, context = todo
            try:
                outcome: Outcome | BaseException = context.run(
                    self._run, self._live(self._core, index, user), self._sleep
                )
            except Exception as error:  # noqa: BLE001 - of a hook or a limiter of the caller's
                outcome = Outcome(getattr(user, "id", None), None, error, index)
            except BaseException as error:  # noqa: BLE001 - raised where the outcomes are taken
                outcome = error
            self._finished.append(outcome)
            self._ready.put(None)
        self._todo.put(None)  # for the next, however many there are

    def _sleep(self, seconds: float) -> bool:
        return clock.wait(self._stopped, seconds)
