"""What the calls of a client share, and what its copies may differ in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, cast, get_args

from maia_public_api.spec import SPEC

from ._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from maia_public_api.base import Model

    from .auth import TokenSource
    from .config import Place
    from .events import Event
    from .limits import Limiter
    from .retry import RetryPolicy
    from .transport import Timing

Guard = Literal["warn", "raise", "check", "off"]
"""What to do when a replace would clear what nobody said to clear."""
Line = tuple[str, int, str]  # file, number and module
_PYTHON = sys.version.split(maxsplit=1)[0]  # as platform.python_version() has it; that module is slow to import
HEADERS = {
    "Accept": "application/json, application/scim+json, application/problem+json",
    # A product, what to know of it, and another product (RFC 9110 §10.1.5). The vendor's own version never changes.
    "User-Agent": f"maia-scim/{__version__} (spec {SPEC.date} {SPEC.sha256[:8]}) python/{_PYTHON}",
}


class Witness(Protocol):
    """Is shown the users and groups that a client comes to know of. It raises nothing."""

    def saw(self, resource: Model, /) -> None:
        """Take note of an answer; what it holds is not yet changed by anybody."""
        ...

    def missed(self, kind: Literal["user", "group"], id: str, /) -> None:
        """Take note that the service knows no such user or group."""
        ...


class Core(NamedTuple):
    """Settings of a client, and the objects that it shares with its copies.

    Attributes:
        place: Where the service is.
        auth: Where tokens come from.
        limiter: Says when a request may leave.
        retry: What is tried again.
        timing: How long an attempt may take.
        origin: The same object for a client and its copies.
        limit: The rate limit as it was asked for, to be shown.
        guard: How a replace is kept from clearing what nobody said to clear.
        if_match: Version for ``If-Match`` of writes that do not say one.
        warn_at: Where warnings point, if not to the line that is under way.
        paced: Whether the calls are of a batch, which spreads them evenly.
        stopped: Of a batch: whether it is being left, so that nothing more goes out.
        on_event: Is told of what happens.
        log_bodies: Whether bodies are logged, masked.
        headers: Header fields of every call.
        witness: Is shown each user or group that the service answers.
    """

    place: Place
    auth: TokenSource
    limiter: Limiter
    retry: RetryPolicy
    timing: Timing
    origin: object
    limit: object = None
    guard: Guard = "warn"
    if_match: str | None = None
    warn_at: Line | None = None
    paced: bool = False
    stopped: Callable[[], bool] | None = None
    on_event: Callable[[Event], object] | None = None
    log_bodies: bool = False
    headers: Mapping[str, str] = HEADERS
    witness: Witness | None = None

    def is_for(self, base_url: str, account: str) -> bool:
        """Whether the client is for a directory. Of tokens it is not known whose they are: they are not told apart."""
        own = self.auth.account
        nameless = any(name.startswith(("token-", "callable-")) for name in (own, account))
        return self.place.base_url == base_url and (own == account or nameless)


def checked_guard(guard: str | None, core: Core) -> Guard:
    """The guard of a call.

    Raises:
        ValueError: If there is none of that name.
    """
    chosen = core.guard if guard is None else guard
    if chosen not in _GUARDS:
        raise ValueError(f"guard={guard!r}: it must be one of {', '.join(map(repr, _GUARDS))}")
    return cast("Guard", chosen)


_GUARDS = get_args(Guard)
