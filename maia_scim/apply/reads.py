"""Reading many users, and giving up on a service that has nothing but errors."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from maia_scim import lives, many, operations
from maia_scim.errors import (
    AuthenticationError,
    BadRequest,
    ConfigurationError,
    Conflict,
    MaiaError,
    NotFound,
    PreconditionFailed,
    TokenError,
)
from maia_scim.frames import bare

from .errors import ApplyError, NotTried
from .inside import core_of, run_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from maia_public_api.base import Model

    from maia_scim import MaiaScim
    from maia_scim.core import Core
    from maia_scim.operations import Kind
    from maia_scim.steps import Life

    M = TypeVar("M", bound=Model)

# So few requests are sent in a burst; more are spread evenly over the quota.
BURST = 100
# Errors that are about one user, and say nothing of the next.
_OF_ONE = (ApplyError, BadRequest, NotFound, Conflict, PreconditionFailed)
# So many errors on end say that the service is not well, rather than some users.
PATIENCE = 25


class Read(NamedTuple):
    """What came of reading a user: the answer or the error."""

    key: int
    id: str
    user: Any
    error: Exception | None


class Streak:
    """Counts errors on end, and says when they are too many.

    Args:
        longest: How many are too many.
    """

    def __init__(self, longest: int = PATIENCE) -> None:
        self._longest, self._count = longest, 0

    def hopeless(self, error: Exception | None) -> bool:
        """Whether to give up after one more answer, or error."""
        if isinstance(error, NotTried):  # and so says nothing of the service
            return False
        self._count = self._count + 1 if isinstance(error, MaiaError) and not isinstance(error, _OF_ONE) else 0
        for_all = isinstance(error, TokenError | AuthenticationError | ConfigurationError)
        return for_all or self._count >= self._longest


def core_for(client: MaiaScim, count: int) -> Core:
    """The settings of a client for so many requests: those of a batch, which waits for a closed gate."""
    core = many.settings(core_of(client), (), 1, "off", None)
    return core._replace(paced=count > BURST)


def read_users(client: MaiaScim, ids: Iterable[tuple[int, str]], count: int, concurrency: int) -> Generator[Read]:
    """Read users, in the order in which their answers come.

    Args:
        client: The client.
        ids: A number of the caller's and the id of each.
        count: About how many there are.
        concurrency: How many requests may be under way.

    Raises:
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """
    keys: dict[int, int] = {}

    def noted() -> Iterator[str]:
        for index, (key, id) in enumerate(ids):
            keys[index] = key
            yield id

    streak = Streak()
    batch = many.Batch(run_of(client), core_for(client, count), noted(), concurrency, None, live=_read)
    with closing(batch.outcomes()) as outcomes:
        for outcome in outcomes:
            if streak.hopeless(outcome.error) and outcome.error is not None:
                raise outcome.error
            yield Read(keys.pop(outcome.index), outcome.id or "", outcome.user, outcome.error)


def read_one(client: MaiaScim, kind: Kind[M], id: str) -> M:
    """Read one of many that are read one by one: as patiently as many at once."""
    return run_of(client)(lives.get(core_for(client, 1), kind, id))


def _read(core: Core, index: int, id: str) -> Life[many.Outcome]:
    try:
        user = yield from lives.get(core, operations.users(), id)
    except (MaiaError, ValueError, TypeError) as error:
        return many.Outcome(id, None, bare(error), index)
    return many.Outcome(id, user, None, index)
