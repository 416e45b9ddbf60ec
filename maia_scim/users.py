"""The methods of ``client.users``, blocking and awaited. What they do stands in ``lives``, ``edits`` and ``many``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import lives, operations

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterable

    from .core import Core, Guard
    from .diff import Change
    from .drive import Run, RunAsync
    from .edits import AsyncEdit, Edit
    from .many import Outcome, Progress
    from .models import PatchOperation, ScimUser


CONCURRENCY = 8  # requests of a batch under way


def diff(before: ScimUser, after: ScimUser) -> tuple[Change, ...]:
    """What changed between two users, by leaf path.

    Multi-valued attributes have no order, and absent, ``null`` and ``[]`` are the same (RFC 7643 sections 2.4, 2.5).
    ``meta``, which changes with each write, is left out. Nothing is sent, and on either client nothing is awaited.

    Args:
        before: A user.
        after: The same user, later.

    Returns:
        The changes: path, before and after of each. Empty when the users say the same.
    """
    from .diff import diff

    return tuple(change for change in diff(before.to_dict(), after.to_dict()) if not _of_meta(change))


def _of_meta(change: Change) -> bool:
    return change.path.partition(".")[0].lower() == "meta"


class Users:
    """The users of an account (RFC 7643 section 4.1). ``client.users`` is one.

    Every method raises ``MaiaError`` as told in ``maia_scim.errors``, whose ``outcome`` tells what is known of the
    write; and ``ValueError`` or ``TypeError`` for arguments that cannot be sent, when nothing was.
    """

    diff = staticmethod(diff)
    """``diff(before, after)``: what changed between two users; see ``maia_scim.users.diff``."""

    def __init__(self, core: Core, run: Run) -> None:
        self._core, self._run = core, run

    def get(self, id: str) -> ScimUser:
        """Read a user (GET; RFC 7644 section 3.4.1).

        Args:
            id: The user's id.

        Raises:
            NotFound: If there is no such user in this account and region.
        """
        return self._run(lives.get(self._core, operations.users(), id))

    def create(self, user: ScimUser) -> ScimUser:
        """Create a user (POST; RFC 7644 section 3.3).

        ``id``, ``meta`` and ``groups`` are the service's to give and do not go out. It is not tried again where the
        service may have done it.

        Args:
            user: The new user.

        Returns:
            The user as the service holds it, with its id.

        Raises:
            Conflict: If the ``userName`` is taken.
        """
        return self._run(lives.create(self._core, user))

    def replace(
        self, user: ScimUser, *, id: str | None = None, if_match: str | None = None, guard: Guard | None = None
    ) -> ScimUser:
        """Replace a user by what ``user`` says (PUT; RFC 7644 section 3.5.1).

        What ``user`` leaves out may be cleared: start from the user as the service holds it. ``user`` is not changed.

        Args:
            user: The whole user. What was read goes back as it came.
            id: The id to write to; that of ``user`` if not given.
            if_match: Write only if the user is still at this version (``meta.version``). A service without versions
                ignores it.
            guard: What to do when the body leaves out ``active``, or what the user had when it was read: ``warn``
                (unless ``with_options`` says else), ``raise``, ``off``; or ``check``, which reads the user first and
                raises for all that the body does not speak of.

        Returns:
            The user as the service holds it now.

        Raises:
            LossyReplace: By the guards ``raise`` and ``check``. Nothing was written.
            PreconditionFailed: If the user is at another version.
            ValueError: If there is no id, or one that would lead out of the collection. Nothing was sent.
            TypeError: If ``user`` is no ``ScimUser``. Nothing was sent.
        """
        return self._run(
            lives.replace(self._core, operations.users(), resource=user, id=id, if_match=if_match, guard=guard)
        )

    def patch(
        self, id: str, *changes: PatchOperation | Iterable[PatchOperation], if_match: str | None = None
    ) -> ScimUser:
        """Change some attributes of a user (PATCH; RFC 7644 section 3.5.2).

        It is not tried again where the service may have done it.

        Args:
            id: The user's id.
            changes: Operations, as ``maia_scim.patch`` makes them, or several in one. They are checked before anything
                is sent.
            if_match: Write only if the user is still at this version.

        Returns:
            The user as the service holds it now.

        Raises:
            ValueError: If an operation is not valid. Nothing was sent.
        """
        return self._run(lives.patch(self._core, operations.users(), id, changes, if_match))

    def edit(self, id: str) -> Edit:
        """Read a user, hand it out, and write it if it was changed: ``with maia.users.edit(id) as user:``.

        Nothing is sent when the block raises or changes nothing. Where the service has versions, the write goes out
        with ``If-Match``; where it has none, the user is read again first. What others changed meanwhile stays, and
        your changes come on top. After the block, ``user`` is what the service holds.

        Args:
            id: The user's id.

        Raises:
            EditConflict: If somebody else changed meanwhile what you changed. Nothing was written.
        """
        from .edits import Edit

        return Edit(self._run, self._core, id)

    def update(self, id: str, change: Callable[[ScimUser], object]) -> ScimUser:
        """Read a user, change it by a function, and write it; again, up to 5 times, where others write meanwhile.

        Args:
            id: The user's id.
            change: Changes the user it is given, or returns another. It may be called several times.

        Returns:
            The user as the service holds it now. Nothing is sent if nothing changed.

        Raises:
            EditConflict: If others wrote each time.
        """
        from .edits import update

        return self._run(update(self._core, id, change))

    def activate(self, id: str) -> ScimUser:
        """Let a user sign in: ``active`` becomes true, by PATCH. Nothing is written if it is so already.

        Args:
            id: The user's id.

        Returns:
            The user as the service holds it now.

        Raises:
            UnexpectedResponse: If the service says it did so and the user is not active all the same.
        """
        return self._run(lives.set_active(self._core, id, active=True))

    def deactivate(self, id: str) -> ScimUser:
        """Keep a user from signing in: ``active`` becomes false, by PATCH. Nothing is written if it is so already.

        Args:
            id: The user's id.

        Returns:
            The user as the service holds it now.

        Raises:
            UnexpectedResponse: If the service says it did so and the user is active all the same.
        """
        return self._run(lives.set_active(self._core, id, active=False))

    def replace_many(
        self,
        users: Iterable[ScimUser],
        *,
        concurrency: int = CONCURRENCY,
        guard: Guard | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Generator[Outcome, None, None]:
        """Replace many users, evenly spread over the rate limit. One failure never stops the rest.

        Lazy: users are taken as outcomes are, and at most ``concurrency`` are under way. Outcomes come in the order in
        which they are done; ``index`` and ``id`` say whose they are. When the iterator is left early or interrupted,
        what waits is given up unsent, and what is being sent is waited for and told to ``on_progress``.

        Args:
            users: The whole users, each with its id; any iterable, read once.
            concurrency: How many requests may be under way.
            guard: As of ``replace``.
            on_progress: Is called with each outcome, in the thread that takes them.

        Returns:
            An iterator of ``Outcome``: for each user, what the service holds now, or the error.

        Raises:
            ValueError: If ``concurrency`` is below 1, or there is no such guard.
            TypeError: If ``users`` is one user.
        """
        from .many import Batch, one, settings

        core = settings(self._core, users, concurrency, guard, on_progress)
        return Batch(self._run, core, users, concurrency, on_progress, live=one).outcomes()


class AsyncUsers:
    """The users of an account (RFC 7643 section 4.1). ``client.users`` of an async client is one; see ``Users``."""

    diff = staticmethod(diff)
    """``diff(before, after)``: what changed between two users, not awaited; as ``Users.diff``."""

    def __init__(self, core: Core, run: RunAsync) -> None:
        self._core, self._run = core, run

    async def get(self, id: str) -> ScimUser:
        """Read a user; as ``Users.get``."""
        return await self._run(lives.get(self._core, operations.users(), id))

    async def create(self, user: ScimUser) -> ScimUser:
        """Create a user; as ``Users.create``."""
        return await self._run(lives.create(self._core, user))

    async def replace(
        self, user: ScimUser, *, id: str | None = None, if_match: str | None = None, guard: Guard | None = None
    ) -> ScimUser:
        """Replace a user by what ``user`` says; as ``Users.replace``."""
        return await self._run(
            lives.replace(self._core, operations.users(), resource=user, id=id, if_match=if_match, guard=guard)
        )

    async def patch(
        self, id: str, *changes: PatchOperation | Iterable[PatchOperation], if_match: str | None = None
    ) -> ScimUser:
        """Change some attributes of a user; as ``Users.patch``."""
        return await self._run(lives.patch(self._core, operations.users(), id, changes, if_match))

    def edit(self, id: str) -> AsyncEdit:
        """Read a user, hand it out, and write what changed: ``async with maia.users.edit(id) as user:``.

        As ``Users.edit``.
        """
        from .edits import AsyncEdit

        return AsyncEdit(self._run, self._core, id)

    async def update(self, id: str, change: Callable[[ScimUser], object | Awaitable[object]]) -> ScimUser:
        """Change a user by a function, which may be async; as ``Users.update``."""
        from .edits import update

        return await self._run(update(self._core, id, change))

    async def activate(self, id: str) -> ScimUser:
        """Let a user sign in; as ``Users.activate``."""
        return await self._run(lives.set_active(self._core, id, active=True))

    async def deactivate(self, id: str) -> ScimUser:
        """Keep a user from signing in; as ``Users.deactivate``."""
        return await self._run(lives.set_active(self._core, id, active=False))

    def replace_many(
        self,
        users: Iterable[ScimUser] | AsyncIterable[ScimUser],
        *,
        concurrency: int = CONCURRENCY,
        guard: Guard | None = None,
        on_progress: Callable[[Progress], Any] | None = None,
    ) -> AsyncGenerator[Outcome, None]:
        """Replace many users: ``async for outcome in maia.users.replace_many(users):``.

        As ``Users.replace_many``; the source may be async. To leave it early for sure at once, use
        ``contextlib.aclosing``.
        """
        from .many import settings
        from .many_async import AsyncBatch

        core = settings(self._core, users, concurrency, guard, on_progress)
        return AsyncBatch(self._run, core, users, concurrency, on_progress).outcomes()
