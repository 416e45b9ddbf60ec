"""Read, change, write: ``edit`` and ``update``. Right with versions, and without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maia_public_api.values import same

from . import guard, operations
from .call import live
from .errors import EditConflict, MaiaError, PreconditionFailed
from .lives import look
from .resources import json_of, named, resource_id, version_of
from .retry import worse
from .steps import Failed, Resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from .core import Core
    from .drive import Run, RunAsync
    from .errors import WriteOutcome
    from .models import ScimUser
    from .steps import Life

# How often a change is put on top of what others wrote meanwhile.
ROUNDS = 5


@dataclass(slots=True, repr=False, eq=False)
class State:
    """What a user says at some point. Without a repr, since a frame of an error must show no password.

    Args:
        target: The user's id.
        user: The user.
        body: The JSON, which does not change when the user does.
        version: What ``If-Match`` takes, or None.
    """

    target: str
    user: ScimUser
    body: dict[str, Any]
    version: str | None

    def now(self) -> State:
        """What the user says after the caller changed it."""
        return State(self.target, self.user, json_of(self.user), self.version)

    def says_other_than(self, other: State) -> bool:
        """Whether the JSON differs, down to the spelling."""
        return not same(self.body, other.body)

    def moved_since(self, other: State) -> bool:
        """Whether it says another thing, but for ``meta`` and the order of arrays."""
        from .diff import diff

        return any(change.path.partition(".")[0].lower() != "meta" for change in diff(other.body, self.body))

    def leaves_out(self, other: State) -> tuple[str, ...]:
        """What it does not speak of, and the other has."""
        from .diff import unspoken

        return unspoken(other.body, self.body)


def read(core: Core, id: str, outcome: WriteOutcome = "not_sent") -> Life[State]:
    """Read a user to change it.

    Args:
        core: The client's.
        id: The user's id.
        outcome: What is known of the write so far, for an error of the read.
    """
    kind = operations.users()
    target = resource_id(id, kind.what)
    user = yield from look(core, kind, target, outcome)
    return State(target, user, user.to_dict(), version_of(user))


def write(core: Core, base: State) -> Life[ScimUser]:
    """Write the user as it was changed since it was read, merged with what others changed meanwhile."""
    mine = base.now()
    if not mine.says_other_than(base):
        return base.user
    theirs, wanted = base, mine
    known: WriteOutcome = "not_sent"
    for _ in range(ROUNDS):
        if theirs.version is None:
            # Without versions, a second look is what there is. It leaves a gap of one round trip.
            fresh = yield from read(core, base.target, known)
            if fresh.moved_since(theirs):
                theirs, wanted = fresh, _merged(base, mine, fresh, known)
        if not wanted.says_other_than(theirs):
            return theirs.user  # somebody else made the same change
        try:
            return (yield from _put(core, wanted, theirs.version, known))
        except PreconditionFailed as refused:
            _check_hope(refused, theirs.version)
            known = "refused"
            theirs = yield from read(core, base.target, known)
            wanted = _merged(base, mine, theirs, known)
    raise _too_many(base.target, known)


def update(core: Core, id: str, change: Callable[[ScimUser], Any]) -> Life[ScimUser]:
    """Change a user by a function, again where somebody else wrote meanwhile."""
    from .models import ScimUser

    if not callable(change):
        raise TypeError("change must be a function that takes the user")
    base = yield from read(core, id)
    known: WriteOutcome = "not_sent"
    for _ in range(ROUNDS):
        result = change(base.user)
        if hasattr(result, "__await__"):
            result = yield Resolve(result)
            if isinstance(result, Failed):
                raise result.error
        user = result if isinstance(result, ScimUser) else base.user
        wanted = State(base.target, user, json_of(user), base.version)
        if not wanted.says_other_than(base):
            return user
        if base.version is None:
            fresh = yield from read(core, id, known)
            if fresh.moved_since(base):
                base = fresh
                continue
        # Of a user that the function made itself, what was there may be missing by mistake.
        missing = () if user is base.user else wanted.leaves_out(base)
        try:
            return (yield from _put(core, wanted, base.version, known, missing))
        except PreconditionFailed as refused:
            _check_hope(refused, base.version)
            known = "refused"
            base = yield from read(core, id, known)
    raise _too_many(id, known)


def _check_hope(refused: PreconditionFailed, version: str | None) -> None:
    """Go on after a 412 only if another look may help.

    Raises:
        PreconditionFailed: If the write may have been done, or the version was the caller's own (``with_options``).
    """
    if refused.outcome == "unknown" or version is None:
        raise refused


def _put(
    core: Core, wanted: State, version: str | None, known: WriteOutcome, missing: tuple[str, ...] = ()
) -> Life[ScimUser]:
    kind = operations.users()
    user = kind.model.from_dict(wanted.body)
    prepared = operations.put(core, kind, wanted.target, user, if_match=version or core.if_match, with_groups=True)
    # What an edit leaves out was taken out on purpose, but for this one.
    silent = () if named(prepared.body, "active") else ("active",)
    chosen = "raise" if core.guard == "check" else core.guard
    guard.enforce(chosen, prepared.path, tuple(dict.fromkeys((*silent, *missing))), core.warn_at)
    try:
        return (yield from live(prepared, core))
    except MaiaError as error:
        error.outcome = worse(error.outcome, known)  # that of the rounds before counts, too
        raise


def _merged(base: State, mine: State, theirs: State, outcome: WriteOutcome) -> State:
    """My changes on top of what others made of the user.

    Raises:
        EditConflict: If both sides changed the same.
    """
    from .diff import merge

    body, conflicts = merge(base.body, mine.body, theirs.body)
    if not conflicts:
        return State(base.target, base.user, body, theirs.version)
    paths = ", ".join(conflict.path for conflict in conflicts)
    error = EditConflict(
        f"somebody else changed {paths} while this edit was made: nothing was written; edit again",
        outcome=outcome,
        status=412,
    )
    error.conflicts = conflicts
    raise error


def _too_many(id: str, outcome: WriteOutcome) -> EditConflict:
    return EditConflict(
        f"user {id} was changed by others {ROUNDS} times while this was tried: nothing was written; try again later",
        outcome=outcome,
        status=412,
    )


def become(user: ScimUser, other: ScimUser) -> None:
    """Make the user that was handed out what the service holds now."""
    if other is not user:
        slots: tuple[str, ...] = type(user).__slots__
        for name in slots:
            if name != "__weakref__":
                setattr(user, name, getattr(other, name))


def _check_free(state: State | None) -> None:
    if state is not None:
        raise RuntimeError("this edit is in use: call edit() for each with block")


class Edit:
    """What ``users.edit`` gives: ``with`` it, change the user, and what changed is written at the end.

    Args:
        run: Lives a life.
        core: The client's.
        id: The user.
    """

    __slots__ = ("_core", "_id", "_read", "_run")

    def __init__(self, run: Run, core: Core, id: str) -> None:
        self._run, self._core, self._id = run, core, resource_id(id, "user")
        self._read: State | None = None

    def __enter__(self) -> ScimUser:
        _check_free(self._read)
        self._read = self._run(read(self._core, self._id))
        return self._read.user

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        base, self._read = self._read, None
        if base and kind is None:
            become(base.user, self._run(write(self._core, base)))


class AsyncEdit:
    """As ``Edit``, for ``async with``.

    Args:
        run: Lives a life.
        core: The client's.
        id: The user.
    """

    __slots__ = ("_core", "_id", "_read", "_run")

    def __init__(self, run: RunAsync, core: Core, id: str) -> None:
        self._run, self._core, self._id = run, core, resource_id(id, "user")
        self._read: State | None = None

    async def __aenter__(self) -> ScimUser:
        _check_free(self._read)
        self._read = await self._run(read(self._core, self._id))
        return self._read.user

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        base, self._read = self._read, None
        if base and kind is None:
            become(base.user, await self._run(write(self._core, base)))
