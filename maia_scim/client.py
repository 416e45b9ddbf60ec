"""The clients: two thin shells around the life of a call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Generic, Never, Self, TypedDict, TypeVar, Unpack

import httpx

from . import transport
from .auth import find_auth
from .config import find_place
from .core import Core, Guard, checked_guard
from .drive import drive, drive_async
from .errors import ConfigurationError
from .frames import discreet
from .limits import Limiter, RateLimit
from .retry import RetryPolicy
from .transport import Http

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager
    from types import TracebackType

    from maia_public_api import AuthenticatedClient
    from maia_public_api.servers import Region

    from .auth import TokenSource
    from .events import Call, Event
    from .groups import AsyncGroups, Groups
    from .steps import Life
    from .users import AsyncUsers, Users

T = TypeVar("T")
HttpT = TypeVar("HttpT", httpx.Client, httpx.AsyncClient)

TIMEOUT = 30.0  # seconds
RETRY = RetryPolicy()
LIMIT = RateLimit()


class Options(TypedDict, total=False):
    """What ``with_options`` takes."""

    timeout: float | httpx.Timeout
    retry: RetryPolicy | None
    if_match: str | None
    guard: Guard


class _Client(ABC, Generic[HttpT]):
    """What both clients have that sends nothing."""

    _core: Core
    _http: Http[HttpT]
    _copied = False

    @abstractmethod
    def _bind(self, core: Core) -> None:
        """Take settings, and make the resources that go by them."""

    def __repr__(self) -> str:
        core: Core | None = getattr(self, "_core", None)
        if core is None:  # in the traceback of its own constructor
            return f"<{type(self).__name__}, not set up>"
        region = f"region={core.place.region.value!r}, " if core.place.region else ""
        where = f"{region}base_url={core.place.base_url!r}"
        return f"{type(self).__name__}({where}, auth={core.auth!r}, rate_limit={core.limit!r})"

    def __reduce__(self) -> Never:
        raise TypeError(f"a {type(self).__name__} does not pickle or copy: make one where it is used")

    def with_options(self, **options: Unpack[Options]) -> Self:
        """A cheap copy that differs in some options and shares connections, token, rate limit and gate.

        Args:
            options: ``timeout`` and ``retry`` as of the client; ``guard`` as of ``users.replace``; ``if_match``, the
                version for ``If-Match`` of every write of the copy that does not say one, but for ``create``.

        Returns:
            The copy. Closing it closes nothing.

        Raises:
            ConfigurationError: If an option is not usable.
            TypeError: If there is no such option.
        """
        if unknown := options.keys() - Options.__annotations__.keys():
            raise TypeError(f"with_options takes {', '.join(Options.__annotations__)}, not {', '.join(unknown)}")
        changes: dict[str, Any] = dict(options)
        if "timeout" in changes:
            changes["timing"] = transport.timing(changes.pop("timeout"))
        if "retry" in changes:
            changes["retry"] = _retry_policy(changes["retry"])
        if "guard" in changes:
            try:
                checked_guard(changes["guard"], self._core)
            except ValueError as error:
                raise ConfigurationError(str(error)) from None
        kind = self.__class__
        twin = kind.__new__(kind)
        vars(twin).update(vars(self), _copied=True)
        twin._bind(self._core._replace(**changes))
        return twin

    def capture(self) -> AbstractContextManager[list[Call]]:
        """Collect what is known of calls: ``with maia.capture() as calls:``, on both clients.

        Returns:
            A context manager that gives a list. It gets one entry for each call, not for each attempt, that this client
            or a copy of it makes in this thread or task: ``method``, ``path``, ``status``, ``attempts``,
            ``request_id``, ``outcome``, and ``differences`` between what was sent and what was answered.
        """
        from .watch import capture

        return capture(self._core.origin)

    @property
    def _closes(self) -> bool:
        return self._http.owned and not self._copied

    @property
    def _closes_limiter(self) -> bool:
        return isinstance(self._core.limit, RateLimit) and not self._copied


def _core(
    *,
    region: Region | str | None,
    auth: TokenSource | None,
    base_url: str | None,
    timeout: float | httpx.Timeout,
    retry: RetryPolicy | None,
    rate_limit: RateLimit | Limiter | None,
    on_event: Callable[[Event], object] | None,
    log_bodies: bool,
) -> Core:
    """What a client is made of, from its arguments and the environment."""
    place = find_place(region, base_url)
    source = find_auth() if auth is None else _token_source(auth)
    hook: object = on_event
    if hook is not None and (not callable(hook) or iscoroutinefunction(hook)):
        raise ConfigurationError("on_event is no plain function: it is called with each event, see maia_scim.events")
    limit = RateLimit(None) if rate_limit is None else rate_limit
    if not isinstance(limit, RateLimit | Limiter):
        raise ConfigurationError(
            f"rate_limit is a {type(limit).__name__}: pass RateLimit(…), a maia_scim.limits.Limiter, or None for none"
        )
    # A region has one quota for an account; two sandboxes of the same client id are two accounts.
    if isinstance(limit, RateLimit) and limit.redis is not None and source.account.startswith("callable-"):
        raise ConfigurationError(
            "processes cannot tell that a token function is of the same account: BearerToken(…, account=…) says so"
        )
    limiter = limit.limiter(f"{place.base_url} {source.account}") if isinstance(limit, RateLimit) else limit
    return Core(
        place,
        source,
        limiter,
        _retry_policy(retry),
        transport.timing(timeout),
        origin=object(),
        limit=rate_limit,
        on_event=on_event,
        log_bodies=log_bodies,
    )


def _retry_policy(retry: object) -> RetryPolicy:
    if retry is None:
        return RetryPolicy(attempts=1)
    if not isinstance(retry, RetryPolicy):
        raise ConfigurationError(f"retry is a {type(retry).__name__}: pass RetryPolicy(…), or None to try once")
    return retry


def _token_source(auth: TokenSource) -> TokenSource:
    if isinstance(auth, type) or not all(hasattr(auth, name) for name in ("token", "reject", "account")):
        kind = auth if isinstance(auth, type) else type(auth)
        raise ConfigurationError(
            f"auth is no token source but {kind.__name__}: pass ClientCredentials(client_id=…, client_secret=…) or "
            "BearerToken(…)"
        )
    return auth


class MaiaScim(_Client[httpx.Client]):
    """A client of the SCIM API of one account. Safe to share between threads; a context manager.

    What is not given comes from the environment, which is read here and only here: ``MAIA_REGION`` or
    ``MAIA_BASE_URL``; ``MAIA_TOKEN``, or ``MAIA_CLIENT_ID`` and ``MAIA_CLIENT_SECRET`` (with ``MAIA_TOKEN_URL``); then
    the ``MATILLION_*`` spellings of the same.

    Args:
        region: The region that the account lives in: a ``Region`` or its name in any case.
        auth: Where tokens come from: ``ClientCredentials`` or ``BearerToken``.
        base_url: Any other address of the service; https, or http on loopback.
        timeout: Seconds that an attempt may take as a whole, the answer's body included: 30. Connecting gets at most 5
            of them. An ``httpx.Timeout`` is taken as it is, and bounds each wait instead.
        retry: What is tried again, and for how long: ``RetryPolicy()``. None to try once.
        rate_limit: How fast to go: ``RateLimit()``. Shared by all clients of the process with the same account. A
            ``Limiter`` of your own is taken as it is. None: as fast as the service lets, until it answers 429.
        http_client: The caller's own ``httpx.Client``, for proxies, client certificates or other transports. The
            caller closes it; its hooks and default headers stay, while timeout and token are those of this client.
        ipv4_only: Go out over IPv4 only, for accounts whose IP allow list holds no IPv6 address.
        on_event: A function that is told of token requests, waits, attempts and the end of calls; see
            ``maia_scim.events``.
        log_bodies: Whether debug records of the logger ``maia_scim`` hold bodies, with all values masked that may name
            a person or a secret.

    Attributes:
        users: The users.
        groups: The groups.

    Raises:
        ConfigurationError: If something is missing or not usable; the message names what to set.
    """

    users: Users
    groups: Groups

    @discreet
    def __init__(
        self,
        region: Region | str | None = None,
        *,
        auth: TokenSource | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = TIMEOUT,
        retry: RetryPolicy | None = RETRY,
        rate_limit: RateLimit | Limiter | None = LIMIT,
        http_client: httpx.Client | None = None,
        ipv4_only: bool = False,
        on_event: Callable[[Event], object] | None = None,
        log_bodies: bool = False,
    ) -> None:
        core = _core(
            region=region,
            auth=auth,
            base_url=base_url,
            timeout=timeout,
            retry=retry,
            rate_limit=rate_limit,
            on_event=on_event,
            log_bodies=log_bodies,
        )
        self._http = Http(httpx.Client, http_client, core.place.base_url, ipv4_only=ipv4_only)
        self._bind(core)

    def _bind(self, core: Core) -> None:
        from .groups import Groups  # and with them all that a call takes, the models too
        from .users import Users

        self._core = core
        self.users, self.groups = Users(core, self._run), Groups(core, self._run)

    def __enter__(self) -> Self:
        self._http.check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless the caller brought the HTTP client."""
        if self._closes:
            self._http.client.close()
        if self._closes_limiter:
            self._core.limiter.disconnect()

    @property
    def raw(self) -> AuthenticatedClient:
        """The generated client, for operations without a method here: its requests get token, limit and retries.

        An answer of any status is returned. What gets no answer raises as everywhere here.
        """
        from .raw import client

        return client(self._core, self._run, None)

    def _run(self, life: Life[T], sleep: Callable[[float], object] | None = None) -> T:
        http, timing = self._http, self._core.timing
        http.check_open()  # before any lock is taken, which after a fork may be held by a thread that is not here
        return drive(life, lambda request: transport.send(http, request, timing), sleep)


class AsyncMaiaScim(_Client[httpx.AsyncClient]):
    """A client of the SCIM API of one account for asyncio; as ``MaiaScim``, with awaited methods.

    Args:
        region: As of ``MaiaScim``.
        auth: As of ``MaiaScim``; the function of a ``BearerToken`` may be async.
        base_url: As of ``MaiaScim``.
        timeout: As of ``MaiaScim``.
        retry: As of ``MaiaScim``.
        rate_limit: As of ``MaiaScim``.
        http_client: The caller's own ``httpx.AsyncClient``.
        ipv4_only: As of ``MaiaScim``.
        on_event: As of ``MaiaScim``; a plain function.
        log_bodies: As of ``MaiaScim``.

    Attributes:
        users: The users.
        groups: The groups.

    Raises:
        ConfigurationError: If something is missing or not usable; the message names what to set.
    """

    users: AsyncUsers
    groups: AsyncGroups

    @discreet
    def __init__(
        self,
        region: Region | str | None = None,
        *,
        auth: TokenSource | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = TIMEOUT,
        retry: RetryPolicy | None = RETRY,
        rate_limit: RateLimit | Limiter | None = LIMIT,
        http_client: httpx.AsyncClient | None = None,
        ipv4_only: bool = False,
        on_event: Callable[[Event], object] | None = None,
        log_bodies: bool = False,
    ) -> None:
        from .transport_async import Sender

        core = _core(
            region=region,
            auth=auth,
            base_url=base_url,
            timeout=timeout,
            retry=retry,
            rate_limit=rate_limit,
            on_event=on_event,
            log_bodies=log_bodies,
        )
        self._http = Http(httpx.AsyncClient, http_client, core.place.base_url, ipv4_only=ipv4_only)
        self._sender = Sender(self._http)
        self._bind(core)

    def _bind(self, core: Core) -> None:
        from .groups import AsyncGroups
        from .users import AsyncUsers

        self._core = core
        self.users, self.groups = AsyncUsers(core, self._run), AsyncGroups(core, self._run)

    async def __aenter__(self) -> Self:
        self._http.check_open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless the caller brought the HTTP client."""
        if self._closes:
            await self._http.client.aclose()
        if self._closes_limiter:
            await self._core.limiter.disconnect_async()

    @property
    def raw(self) -> AuthenticatedClient:
        """The generated client, for the ``asyncio`` functions of operations without a method here; as of MaiaScim."""
        from .raw import client

        return client(self._core, None, self._run)

    async def _run(self, life: Life[T], sleep: Callable[[float], Awaitable[object]] | None = None) -> T:
        sender, timing = self._sender, self._core.timing
        sender.check_loop()
        self._http.check_open()
        return await drive_async(life, lambda request: sender.send(request, timing), sleep)
