"""Where tokens come from: OAuth 2.0 client credentials (RFC 6749 section 4.4), or a token that the caller brings."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Protocol, cast

from .config import AUDIENCE, TOKEN_URL, check_url
from .errors import ConfigurationError, TokenError
from .transport import Failure, Request, Response

if TYPE_CHECKING:
    from concurrent.futures import Future

# A token is renewed this long before it expires, for clocks that differ and for requests under way.
EARLY = 60.0
# After a failed token request, callers get its error for this long before another one is made.
PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Send:
    """Asks whoever drives the call to send a request; is answered with the response or the failure."""

    request: Request


@dataclass(frozen=True, slots=True)
class Wait:
    """Asks to wait until a future of another thread or task is done."""

    future: Future[None]


@dataclass(frozen=True, slots=True)
class Resolve:
    """Asks to await a caller's awaitable; is answered with its result. Only async clients can."""

    awaitable: Awaitable[str]


Step = Send | Wait | Resolve
TokenSteps = Generator[Step, Any, str]


class TokenSource(Protocol):
    """Where a client gets its tokens."""

    def token(self) -> TokenSteps:
        """Give a token, asking for whatever has to be sent or awaited.

        Raises:
            TokenError: If there is none to be had.
        """
        ...

    def reject(self, token: str) -> bool:
        """Take note that the service refused a token; tell whether another one may be had."""
        ...


class BearerToken:
    """A token that the caller brings.

    Args:
        token: The token, or a function that gives the one of the moment; on an async client it may be async.
    """

    def __init__(self, token: str | Callable[[], str] | Callable[[], Awaitable[str]]) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "BearerToken(***)" if isinstance(self._token, str) else f"BearerToken({self._token!r})"

    def token(self) -> TokenSteps:
        """Give the token. See ``TokenSource``."""
        given = self._token if isinstance(self._token, str) else self._token()
        if isawaitable(given):
            given = yield Resolve(given)
        return _checked(given)

    def reject(self, token: str) -> bool:  # noqa: ARG002 - the protocol's
        """A function may know a newer token; a text is all there is. See ``TokenSource``."""
        return not isinstance(self._token, str)


class ClientCredentials:
    """Tokens for a client id and secret, kept until shortly before they expire.

    One object serves any number of clients, threads and tasks: however many wait for a token, one request is made.

    Args:
        client_id: The client id of the credential set.
        client_secret: Its secret.
        token_url: The token endpoint; https, or http on loopback.
        audience: The API that the token is for.

    Raises:
        ConfigurationError: If one of them is empty or the endpoint cannot be used.
    """

    def __init__(
        self, *, client_id: str, client_secret: str, token_url: str = TOKEN_URL, audience: str = AUDIENCE
    ) -> None:
        for name, value in (("client_id", client_id), ("client_secret", client_secret)):
            if not value:
                raise ConfigurationError(f"{name} is empty")
        self.client_id = client_id
        self.token_url = check_url(token_url, "token_url")
        self.audience = audience
        self._secret = client_secret
        self._state = _State()

    def __repr__(self) -> str:
        return f"ClientCredentials(client_id={self.client_id!r}, client_secret='***', token_url={self.token_url!r})"

    def token(self) -> TokenSteps:
        """Give the token at hand, or ask for one. See ``TokenSource``."""
        state = self._state
        while True:
            flight, leads = state.join()
            if flight is None:
                return state.token
            if leads:
                yield from self._renew(flight)
            else:
                yield Wait(flight)

    def reject(self, token: str) -> bool:
        """Drop a token that the service refused. See ``TokenSource``."""
        self._state.drop(token)
        return True

    def _renew(self, flight: Future[None]) -> Generator[Step, Any, None]:
        try:
            answer = yield Send(self._request())
            self._state.keep(self._read(answer))
        except TokenError as error:
            self._state.fail(error)
        finally:
            self._state.land(flight)  # also when the caller is cancelled: one of those who wait asks next

    def _request(self) -> Request:
        from urllib.parse import urlencode

        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self._secret,
            "audience": self.audience,
        }
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", self.token_url, headers, urlencode(form).encode())

    def _read(self, answer: Response | Failure) -> _Token:
        if isinstance(answer, Failure):
            error = TokenError(f"no token: {answer.error(self._request())}")
            error.__cause__ = answer.cause
            raise error
        status = answer.status_code
        fields = _object(answer)
        if status != 200 or not isinstance(fields.get("access_token"), str):
            raise self._refusal(status, fields)
        expires_in = fields.get("expires_in")
        lifetime = float(expires_in) if isinstance(expires_in, int | float) and expires_in > 0 else 300.0
        # A token that lives for less than twice the margin is used for half its life.
        return _Token(_checked(fields["access_token"]), max(lifetime - EARLY, lifetime / 2))

    def _refusal(self, status: int, fields: dict[str, Any]) -> TokenError:
        code = fields.get("error") if isinstance(fields.get("error"), str) else None
        # The endpoint's description may repeat what it was sent.
        told = str(fields.get("error_description") or "").replace(self._secret, "***")
        what = f"answered {status}" + (f" {code}" if code else "") + (f" ({told})" if told else "")
        if code == "invalid_client" or status == 401:
            todo = f"check the secret of client id {self.client_id}, and that the credential set still exists"
        elif status == 200:
            todo = "its answer holds no access_token: check that it is an OAuth token endpoint"
        else:
            todo = f"check the token URL and audience {self.audience}"
        return TokenError(f"no token: {self.token_url} {what}; {todo}", status=status, code=code)


def _object(answer: Response) -> dict[str, Any]:
    try:
        fields: Any = answer.json()
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}


def _checked(token: object) -> str:
    # A header takes visible ASCII only; the error must not show what is wrong with it.
    if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()) or " " in token:
        raise TokenError("the token is not usable: it must be a text of visible ASCII characters without spaces")
    return token


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    lifetime: float


class _State:
    """A token, its time, and who is under way for the next; shared by threads and tasks of any event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self._until = 0.0
        self._error: TokenError | None = None
        self._error_until = 0.0
        self._flight: Future[None] | None = None

    def __getstate__(self) -> None:
        raise TypeError("credentials do not pickle: they hold a secret")

    @property
    def token(self) -> str:
        assert self._token is not None
        return self._token.text

    def join(self) -> tuple[Future[None] | None, bool]:
        """Tell what to do: nothing (None), wait for a flight (False) or lead it (True).

        Raises:
            TokenError: If the last request failed a moment ago.
        """
        from concurrent.futures import Future

        with self._lock:
            now = self.clock()
            if self._token and now < self._until:
                return None, False
            if self._error and now < self._error_until:
                raise self._error.again()
            if self._flight:
                return self._flight, False
            self._flight = Future()
            return self._flight, True

    def keep(self, token: _Token) -> None:
        with self._lock:
            self._token, self._until, self._error = token, self.clock() + token.lifetime, None

    def fail(self, error: TokenError) -> None:
        with self._lock:
            self._error, self._error_until = error, self.clock() + PAUSE

    def drop(self, token: str) -> None:
        with self._lock:
            if self._token and self._token.text == token:
                self._token = None

    def land(self, flight: Future[None]) -> None:
        with self._lock:
            self._flight = None
        flight.set_result(None)
