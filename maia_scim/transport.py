"""The one place that knows the HTTP library: what is sent, what comes back, what a failure means.

Nothing here follows a redirect, so that a token never leaves for another address.
"""

from __future__ import annotations

from os import getpid
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import httpx

from .config import LOOPBACK
from .errors import ConfigurationError, TransportError, WriteOutcome
from .network import Bounded, prepare, until
from .outgoing import Outgoing
from .places import Places

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Mapping

Response = httpx.Response
# What is for this machine goes to no proxy, least of all in the clear.
_DIRECT: dict[str, None] = {f"all://{f'[{host}]' if ':' in host else host}": None for host in LOOPBACK}
CONNECT_TIMEOUT = 5.0
CONNECTIONS = 100  # of one client, at most: httpx's own default
_LONGEST = 1e6  # seconds; more than eleven days is a mistake, and more than a clock takes
# Failures before the request left. Of all others nobody knows what the service made of them.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
# Of these, the ones that another try may cure, whatever the method.
_NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# OSError: over asyncio, httpx lets a TLS error of a connection at work through as it is.
FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)


class Request:
    """A request as this package makes it. Its repr shows neither token nor body.

    Plain classes here: data classes take long to define, and that is part of every import.

    Args:
        method: HTTP method.
        url: Absolute URL.
        headers: Header fields.
        content: Body.

    Attributes:
        begun: Whether it has left the queue in front of the connections.
    """

    __slots__ = ("begun", "content", "headers", "method", "url")

    def __init__(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.content = content
        self.begun = False


def token_of(request: Request) -> str:
    """The token that a request carries."""
    return request.headers["Authorization"].removeprefix("Bearer ")


class Failure:
    """A request that got no answer.

    Args:
        outcome: ``not_sent`` or ``unknown``.
        cause: The HTTP library's error: its type and text, without the request and the frames it had.
        connect: Whether no connection could be made, which another try may cure.
    """

    __slots__ = ("cause", "connect", "outcome")

    def __init__(self, outcome: WriteOutcome, cause: Exception, connect: bool = False) -> None:
        self.outcome: WriteOutcome = outcome
        self.cause = cause
        self.connect = connect

    def error(self, request: Request) -> TransportError:
        """The error to raise for it."""
        what = {"not_sent": "was not sent", "unknown": "got no answer; whether it was carried out is unknown"}
        text = str(self.cause) or "no details given"
        error = TransportError(
            f"{request.method} {request.url} {what[self.outcome]}: {type(self.cause).__name__}: {text}",
            outcome=self.outcome,
        )
        error.__cause__ = self.cause
        return error


class Timing:
    """How long an attempt may wait, in seconds.

    Args:
        each: For connecting, writing, reading and a free connection.
        whole: For all of it, the body included; None for no such bound.
    """

    __slots__ = ("each", "whole")

    def __init__(self, each: Mapping[str, float | None], whole: float | None) -> None:
        self.each = each
        self.whole = whole

    def until(self) -> tuple[dict[str, float | None], float | None]:
        """The timeouts of an attempt that begins now, and when it must be over."""
        if self.whole is None:
            return dict(self.each), None
        end = monotonic() + self.whole
        return {name: None if seconds is None else until(seconds, end) for name, seconds in self.each.items()}, end


def timing(timeout: object) -> Timing:
    """Timeouts from one number of seconds, which bounds an attempt as a whole; connecting gets at most 5 of them.

    Raises:
        ConfigurationError: If it is not usable.
    """
    if isinstance(timeout, httpx.Timeout):
        return Timing(timeout.as_dict(), None)
    if not isinstance(timeout, int | float) or not 0 < timeout < _LONGEST:
        raise ConfigurationError(
            f"timeout={timeout!r}: it must be a number of seconds above 0 (for none at all: httpx.Timeout(None))"
        )
    # A little less than the whole, so that a connection that cannot be made is told as such.
    connect = min(CONNECT_TIMEOUT, 0.9 * timeout)
    return Timing({"connect": connect, "pool": 0.9 * timeout, "read": timeout, "write": timeout}, timeout)


ClientT = TypeVar("ClientT", httpx.Client, httpx.AsyncClient)


class _ClosedError(ConfigurationError):
    """The client is closed, so that nothing was sent for sure."""


class Http(Generic[ClientT]):
    """The HTTP client of a client and its copies: the caller's, or one made for it.

    Args:
        kind: The class that is wanted.
        given: What the caller brought, if anything.
        base_url: Where nearly all requests go.
        ipv4_only: Whether to go out over IPv4 only.

    Raises:
        ConfigurationError: If it is of another class, nothing can go to ``base_url``, or the environment's proxies or
            certificates cannot be used.
    """

    def __init__(
        self, kind: type[ClientT], given: ClientT | None, base_url: str = "", *, ipv4_only: bool = False
    ) -> None:
        self.owned = given is None
        self.places = _places(kind) if given is None else None
        self._process = getpid()
        self.client: ClientT = (
            _open(kind, ipv4_only=ipv4_only) if given is None else _checked(kind, given, ipv4_only=ipv4_only)
        )
        try:
            self.outgoing = Outgoing(self.client, base_url)
        except httpx.InvalidURL as error:  # a name that no host has
            raise ConfigurationError(f"base_url cannot be used: {error}") from None

    def check_open(self) -> None:
        """Refuse a client that is closed, or of the process that this one was forked from.

        Raises:
            ConfigurationError: If it is.
        """
        if self._process != getpid():  # two processes on one connection read each other's answers
            raise ConfigurationError("the client was made before a fork: make one in each process")
        if self.client.is_closed:
            raise _ClosedError("the client is closed: make a new one, or send within its with block")


def _places(kind: type[httpx.Client] | type[httpx.AsyncClient]) -> Places | asyncio.Semaphore:
    if kind is httpx.Client:
        return Places(CONNECTIONS)
    from asyncio import Semaphore

    return Semaphore(CONNECTIONS)


def _checked(kind: type[ClientT], given: ClientT, *, ipv4_only: bool) -> ClientT:
    if not isinstance(given, kind):
        raise ConfigurationError(f"http_client is a {type(given).__name__}: it must be an httpx.{kind.__name__}")
    if ipv4_only:
        raise ConfigurationError(
            "ipv4_only is for the client made here: give your own one httpx.HTTPTransport(local_address='0.0.0.0')"
        )
    return given


class _NoCookies(httpx.Cookies):
    """Takes none: the API has no sessions, and looking for cookies costs a tenth of a call."""

    def extract_cookies(self, response: httpx.Response) -> None:
        pass

    def __bool__(self) -> bool:
        return False


_NONE = _NoCookies()
_LIMITS = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=20)


class _OwnClient(httpx.Client):
    # No setter: nobody sets them.
    @property  # type: ignore[misc]
    def cookies(self) -> httpx.Cookies:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _NONE


class _OwnAsyncClient(httpx.AsyncClient):
    @property  # type: ignore[misc]
    def cookies(self) -> httpx.Cookies:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _NONE


def _open(kind: type[ClientT], *, ipv4_only: bool) -> ClientT:
    try:
        client: ClientT = (_OwnClient if kind is httpx.Client else _OwnAsyncClient)(mounts=_DIRECT, limits=_LIMITS)  # type: ignore[assignment]
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        # What is wrong with a URL may be the password of the proxy.
        told = "a proxy's URL cannot be read" if isinstance(error, httpx.InvalidURL) else str(error)
    else:
        prepare(client, ipv4_only=ipv4_only)
        return client
    raise ConfigurationError(  # from here, since the frames of httpx hold that URL
        "no HTTP client can be made: check the proxy and certificate variables (HTTPS_PROXY, ALL_PROXY, NO_PROXY, "
        f"SSL_CERT_FILE): {told}"
    )


def send(http: Http[httpx.Client], request: Request, timing: Timing) -> Response | Failure:
    """Send a request once.

    Args:
        http: What sends it. Its hooks, proxies and default headers stay; its own auth and redirects do not apply.
        request: What to send.
        timing: How long it may take.

    Raises:
        ConfigurationError: If the client is closed.
    """
    timeouts, end = timing.until()
    places = cast("Places | None", http.places)
    if places and not places.acquire(timeouts["pool"]):
        return full()
    try:
        http.check_open()  # it may have been closed in the meantime
        request.begun = True
        return _send(http, request, timeouts, end)
    finally:
        if places:
            places.release()


def _send(
    http: Http[httpx.Client], request: Request, timeouts: dict[str, float | None], end: float | None
) -> Response | Failure:
    bounded = end is not None and not http.owned  # our own client keeps the bound at every read
    built = build(http, request, timeouts)
    if isinstance(built, Failure):
        return built
    try:
        response = http.client.send(built, auth=None, follow_redirects=False, stream=bounded)
        if bounded and end is not None and not response.is_closed:
            response.stream = Bounded(cast("httpx.SyncByteStream", response.stream), end)
            try:
                response.read()
            finally:
                response.close()
    except FAILURES as error:
        return failure(error)
    return response


def full() -> Failure:
    """What becomes of a request that got no connection in time."""
    return Failure("not_sent", httpx.PoolTimeout(f"all {CONNECTIONS} connections are in use"), connect=True)


def without_request(response: Response, secrets: Iterable[str] = ()) -> Response:
    """A copy of an answer that does not hold the request, and so no token.

    Args:
        response: The answer.
        secrets: What is masked in it, since some services repeat what they were sent.
    """
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _CODED]
    content = response.content
    for secret in secrets:
        hidden = secret.encode("utf-8", "surrogatepass")
        content = content.replace(hidden, b"***")
        headers = [(name, value.replace(hidden, b"***")) for name, value in headers]
    return httpx.Response(response.status_code, headers=headers, content=content)


# The content is decoded already.
_CODED = (b"content-encoding", b"transfer-encoding", b"content-length")


def build(
    http: Http[httpx.Client] | Http[httpx.AsyncClient], request: Request, timeouts: dict[str, float | None]
) -> httpx.Request | Failure:
    """Make the HTTP library's request."""
    try:
        return http.outgoing.build(request, timeouts)
    except (httpx.InvalidURL, UnicodeError) as error:  # a name that no host has, an id of endless length
        return Failure("not_sent", httpx.UnsupportedProtocol(f"{type(error).__name__}: the URL cannot be used"))


def failure(error: Exception) -> Failure:
    """What an error of the HTTP library tells of a request."""
    # InvalidURL: that of a redirect in an answer, since the request's own was checked.
    unsent = isinstance(error, _NOT_SENT) and not _broken_by_peer(error)
    outcome: WriteOutcome = "not_sent" if unsent else "unknown"
    # A new error of the same type: the one caught leads to the request, which holds the token and the body.
    try:
        cause = type(error)(str(error))
    except TypeError:  # HTTPStatusError, StreamConsumed, from a hook that raises for the status, or somebody's own
        cause = httpx.HTTPError(str(error))
    # A certificate that is not trusted will not be so in a second.
    return Failure(outcome, cause, isinstance(error, _NO_CONNECTION) and "CERTIFICATE_VERIFY_FAILED" not in str(error))


def _broken_by_peer(error: BaseException | None) -> bool:
    """Whether it was the service that broke the protocol: over HTTP/2, a LocalProtocolError tells of that, too."""
    while error is not None:
        if type(error).__module__.partition(".")[0] == "h2":
            return True
        error = error.__cause__ or error.__context__
    return False
