"""Where tokens come from: OAuth 2.0 client credentials (RFC 6749 section 4.4), or a token that the caller brings."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Protocol, cast

from .config import check_url, find_audience, find_token_url
from .errors import ConfigurationError, TokenError
from .steps import Life, Resolve, Send, Step, Wait
from .text import is_text, line
from .transport import Failure, Request, Response

if TYPE_CHECKING:
    from concurrent.futures import Future

# A token is renewed this long before it expires, for clocks that differ and for requests under way.
EARLY = 60.0
# After a failed token request, callers get its error for this long before another one is made.
PAUSE = 1.0
# Nobody waits longer than this for the token request of another thread or task before making one.
PATIENCE = 10.0


TokenSteps = Life[str]


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

    Raises:
        ConfigurationError: If it is neither.
    """

    def __init__(self, token: str | Callable[[], str] | Callable[[], Awaitable[str]]) -> None:
        if not (isinstance(token, str) or callable(token)):
            raise ConfigurationError(f"the token is a {type(token).__name__}: pass a str, or a function that gives one")
        self._token = token

    def __repr__(self) -> str:
        return f"BearerToken({'***' if isinstance(self._token, str) else '<function>'})"

    def __getstate__(self) -> None:
        raise TypeError("a BearerToken does not pickle or copy: it holds a token")

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
        token_url: The token endpoint; https, or http on loopback. That of ``MAIA_TOKEN_URL``, else the documented one.
        audience: The API that the token is for. That of ``MAIA_AUDIENCE``, else the documented one.

    Raises:
        ConfigurationError: If one of them is empty or the endpoint cannot be used.
    """

    def __init__(
        self, *, client_id: str, client_secret: str, token_url: str | None = None, audience: str | None = None
    ) -> None:
        for name, value in (("client_id", client_id), ("client_secret", client_secret)):
            if not is_text(value) or not value:
                raise ConfigurationError(f"{name} is empty, or no text")
        self.client_id = client_id
        self.token_url = find_token_url() if token_url is None else check_url(token_url, "token_url")
        self.audience = find_audience() if audience is None else audience
        self._secret = client_secret
        self._state = _State()

    def __repr__(self) -> str:
        return f"ClientCredentials(client_id={self.client_id!r}, client_secret='***', token_url={self.token_url!r})"

    def token(self) -> TokenSteps:
        """Give the token at hand, or ask for one. See ``TokenSource``."""
        state = self._state
        while True:
            found = state.join()
            if isinstance(found, str):
                return found
            flight, leads = found
            if leads:
                if token := (yield from self._renew(flight)):
                    return token
            elif not (yield Wait(flight)):
                state.land(flight)  # whoever leads is gone or stuck: its loop is closed or blocked, or a fork lost it

    def reject(self, token: str) -> bool:
        """Drop a token that the service refused. See ``TokenSource``."""
        self._state.drop(token)
        return True

    def _renew(self, flight: Future[None]) -> Generator[Step, Any, str | None]:
        try:
            token = self._read((yield Send(self._request())))
            self._state.keep(token)
        except TokenError as error:
            self._state.fail(error)
            return None
        finally:
            self._state.land(flight)  # also when the caller is cancelled: one of those who wait asks next
        return token.text

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
            told = f"{type(answer.cause).__name__}: {answer.cause}"
            error = TokenError(f"no token: {self.token_url} got no answer ({told}); nothing was sent to the service")
            error.__cause__ = answer.cause
            raise error
        status = answer.status_code
        fields = _object(answer)
        if status != 200 or not isinstance(fields.get("access_token"), str):
            raise self._refusal(status, fields)
        expires_in = fields.get("expires_in")
        lifetime = float(min(expires_in, 1e9)) if isinstance(expires_in, int | float) and expires_in > 0 else 300.0
        return _Token(_checked(fields["access_token"]), lifetime)

    def _refusal(self, status: int, fields: dict[str, Any]) -> TokenError:
        code = self._masked(fields["error"]) if isinstance(fields.get("error"), str) else None
        told = self._masked(str(fields.get("error_description") or ""))
        what = f"answered {status}" + (f" {code}" if code else "") + (f" ({told})" if told else "")
        if status >= 500 or status == 429:
            todo = "try again later"
        elif code == "invalid_client" or status == 401:
            todo = f"check the secret of client id {self.client_id}, and that the credential set still exists"
        elif status == 200:
            todo = "its answer holds no access_token: check that it is an OAuth token endpoint"
        else:
            todo = f"check the token URL and audience {self.audience}"
        return TokenError(f"no token: {self.token_url} {what}; {todo}", status=status, code=code)

    def _masked(self, text: str) -> str:
        """A line of what the endpoint says, which may repeat what it was sent."""
        from urllib.parse import quote_plus

        return line(text.replace(self._secret, "***").replace(quote_plus(self._secret), "***"))


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

    @property
    def fresh(self) -> float:
        """Seconds until it is renewed; half its life where it lives for less than twice the margin."""
        return max(self.lifetime - EARLY, self.lifetime / 2)


class _State:
    """A token, its time, and who is under way for the next; shared by threads and tasks of any event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._lock = threading.RLock()  # the garbage collector may end an abandoned leader within it
        self._token: _Token | None = None
        self._until = self._expires = 0.0
        self._error: TokenError | None = None
        self._error_until = 0.0
        self._flight: Future[None] | None = None

    def __getstate__(self) -> None:
        raise TypeError("credentials do not pickle: they hold a secret")

    def join(self) -> str | tuple[Future[None], bool]:
        """Give the token at hand, or the flight to wait for (False) or to lead (True).

        Raises:
            TokenError: If the last request failed a moment ago.
        """
        from concurrent.futures import Future

        with self._lock:
            now = self.clock()
            if self._token and now < self._until:
                return self._token.text
            if self._error and now < self._error_until:
                raise self._error.again()
            if flight := self._flight:
                return flight, False
            flight = self._flight = Future()
            return flight, True

    def keep(self, token: _Token) -> None:
        with self._lock:
            now = self.clock()
            self._token, self._until, self._expires, self._error = token, now + token.fresh, now + token.lifetime, None

    def fail(self, error: TokenError) -> None:
        with self._lock:
            now = self.clock()
            if self._token and now < self._expires:  # what there is will do for a while yet
                self._until = min(now + PAUSE, self._expires)
            else:
                self._error, self._error_until = error, now + PAUSE

    def drop(self, token: str) -> None:
        with self._lock:
            if self._token and self._token.text == token:
                self._token = None

    def land(self, flight: Future[None]) -> None:
        with self._lock:
            if self._flight is flight:
                self._flight = None
            if not flight.done():
                flight.set_result(None)
