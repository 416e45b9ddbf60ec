"""Where tokens come from: OAuth 2.0 client credentials (RFC 6749 section 4.4), or a token that the caller brings."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Protocol, cast

from .config import FAMILIES, check_url, find_audience, find_token_url, variable
from .core import HEADERS
from .errors import ConfigurationError, TokenError
from .frames import discreet
from .steps import Failed, Life, Resolve, Send, Step, Wait
from .text import is_text, line
from .token_state import EARLY, LONGEST, PAUSE, State, Token
from .transport import Failure, Request, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from concurrent.futures import Future
    from os import PathLike

    from .token_cache import TokenCache

# Nobody waits longer than this for the token request of another thread or task before making one.
PATIENCE = 10.0


TokenSteps = Life[str]


class TokenSource(Protocol):
    """Where a client gets its tokens."""

    @property
    def account(self) -> str:
        """Whose tokens they are: clients of one account share its quota. Not the secret, and not the token."""
        ...

    def token(self) -> TokenSteps:
        """Give a token, asking for whatever has to be sent or awaited.

        Raises:
            TokenError: If there is none to be had.
        """
        ...

    def reject(self, token: str, /) -> bool:
        """Take note that the service refused a token; tell whether another one may be had."""
        ...


class BearerToken:
    """A token that the caller brings.

    Args:
        token: The token, or a function that gives the one of the moment; on an async client it may be async.
        account: Any text that all tokens of the account have in common, so that its clients share one rate limit. If
            not given, the same text or the same function is the same account.

    Raises:
        ConfigurationError: If it is neither.
    """

    @discreet
    def __init__(
        self, token: str | Callable[[], str] | Callable[[], Awaitable[str]], *, account: str | None = None
    ) -> None:
        if account is not None and not (is_text(account) and account):
            raise ConfigurationError("account is empty, or no text")
        if not (isinstance(token, str) or callable(token)):
            raise ConfigurationError(f"the token is a {type(token).__name__}: pass a str, or a function that gives one")
        self._token = token
        self._account = account

    def __repr__(self) -> str:
        token = getattr(self, "_token", "")  # a traceback may show one that is not made yet
        return f"BearerToken({'***' if isinstance(token, str) else '<function>'})"

    def __getstate__(self) -> None:
        raise TypeError("a BearerToken does not pickle or copy: it holds a token")

    @property
    def account(self) -> str:
        """What was given, else a hash of the text or the identity of the function. See ``TokenSource``."""
        from hashlib import sha256

        if self._account is not None:
            return self._account
        if not isinstance(self._token, str):
            return f"callable-{id(self._token)}"
        return "token-" + sha256(self._token.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def token(self) -> TokenSteps:
        """Give the token. See ``TokenSource``."""
        given: Any
        if isinstance(self._token, str):
            given = self._token
        else:
            try:
                given = self._token()
            except Exception as error:  # noqa: BLE001 - whatever the caller's function raises
                given = Failed(error)
            if isawaitable(given):
                given = yield Resolve(given)
        if isinstance(given, Failed):
            raise _from_function(given.error)
        return checked(given)

    def reject(self, _token: str, /) -> bool:
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
        cache: Where processes share the token: the path of a file (see ``FileTokenCache``), or a ``TokenCache``. Each
            process asks for its own without one.

    Raises:
        ConfigurationError: If one of them is empty, the endpoint cannot be used, or the cache is none.
    """

    @discreet
    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        token_url: str | None = None,
        audience: str | None = None,
        cache: TokenCache | str | PathLike[str] | None = None,
    ) -> None:
        for name, value in (("client_id", client_id), ("client_secret", client_secret)):
            if not is_text(value) or not value:
                raise ConfigurationError(f"{name} is empty, or no text")
        self.client_id = client_id
        self.token_url = find_token_url() if token_url is None else check_url(token_url, "token_url")
        self.audience = find_audience() if audience is None else audience
        self._secret = client_secret
        self._state = State()
        self._cache = None
        if cache is not None:
            from .token_cache import GuardedCache

            self._cache = GuardedCache(cache, self._cache_key())

    def __repr__(self) -> str:
        client_id, token_url = (getattr(self, name, None) for name in ("client_id", "token_url"))
        return f"ClientCredentials(client_id={client_id!r}, client_secret='***', token_url={token_url!r})"

    @property
    def account(self) -> str:
        """The client id. See ``TokenSource``."""
        return self.client_id

    def token(self) -> TokenSteps:
        """Give the token at hand or in the cache, or ask for one. See ``TokenSource``.

        Raises:
            ConfigurationError: If the cache must not be used as it is; others may read its file.
        """
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

    def reject(self, token: str, /) -> bool:
        """Drop a token that the service refused. See ``TokenSource``."""
        if self._state.drop(token) and self._cache:  # one of all who were refused it
            self._cache.drop(token)
        return True

    def _renew(self, flight: Future[None]) -> Generator[Step, Any, str | None]:
        try:
            if cached := self._cached():
                return cached
            token = self._read((yield Send(self._request())))
            self._state.keep(token)
        except TokenError as error:
            self._state.fail(error.with_traceback(None))  # its frames hold the answer, which may repeat the secret
            return None
        finally:
            self._state.land(flight)  # also when the caller is cancelled: one of those who wait asks next
        self._share(token)  # nobody has to wait for that
        return token.text

    def _cached(self) -> str | None:
        found = self._cache.load() if self._cache else None
        return found.text if found and self._state.adopt(found.text, found.expires_at) else None

    def _share(self, token: Token) -> None:
        if self._cache:
            from .token_cache import CachedToken

            self._cache.save(CachedToken(token.text, self._state.wall() + min(token.lifetime, LONGEST)))

    def _cache_key(self) -> str:
        # The secret is part of it, so that a wrong one is told at once, not when a cached token expires; that a new one
        # costs a token request does no harm. A key may end up in logs: it takes many rounds, for the sake of secrets
        # that somebody made up; those of the service cannot be guessed.
        from hashlib import pbkdf2_hmac
        from json import dumps

        salt = dumps([self.token_url, self.client_id, self.audience])
        return pbkdf2_hmac("sha256", self._secret.encode(), salt.encode(), 50_000).hex()

    def _request(self) -> Request:
        from urllib.parse import urlencode

        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self._secret,
            "audience": self.audience,
        }
        headers = {**HEADERS, "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", self.token_url, headers, urlencode(form).encode())

    def _read(self, answer: Response | Failure) -> Token:
        if isinstance(answer, Failure):
            told = f"{type(answer.cause).__name__}: {answer.cause}"
            error = TokenError(
                f"no token: {self.token_url} got no answer ({told}); nothing was sent to the service",
                retryable=answer.connect,
            )
            error.__cause__ = answer.cause
            raise error
        status = answer.status_code
        fields = _object(answer)
        if status != 200 or not isinstance(fields.get("access_token"), str):
            raise self._refusal(status, fields)
        expires_in = fields.get("expires_in")
        lifetime = float(min(expires_in, 1e9)) if isinstance(expires_in, int | float) and expires_in > 0 else 300.0
        return Token(checked(fields["access_token"]), lifetime)

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


@discreet
def find_auth() -> TokenSource:
    """Make a token source of the environment.

    Raises:
        ConfigurationError: If it holds no credentials, or half of a pair.
    """
    for names in FAMILIES:
        if names.token and (token := variable(names.token)):
            return BearerToken(token)
        client_id, secret = variable(names.client_id), variable(names.client_secret)
        if client_id and secret:
            cache = names.token_cache and variable(names.token_cache)
            return ClientCredentials(client_id=client_id, client_secret=secret, cache=cache)
        if client_id or secret:
            there, missing = (
                (names.client_id, names.client_secret) if client_id else (names.client_secret, names.client_id)
            )
            raise ConfigurationError(f"{there} is set and {missing} is not: set both")
    raise ConfigurationError(
        "no credentials: pass auth=ClientCredentials(client_id=…, client_secret=…) or auth=BearerToken(…), "
        "or set MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, or MAIA_TOKEN"
    )


def _from_function(error: Exception) -> TokenError:
    """The error for a token function that raised. Its frames may hold the token, so they go to nobody."""
    told = TokenError(f"no token: the function that gives it raised {type(error).__name__}; see __cause__")
    told.__cause__ = error
    link: BaseException | None = error
    while link is not None and link.__traceback__ is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return told


def _object(answer: Response) -> dict[str, Any]:
    try:
        fields: Any = answer.json()
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}


def checked(token: object) -> str:
    """Take a token that fits a header; any source may give another.

    Raises:
        TokenError: If it does not.
    """
    # A header takes visible ASCII only; the error must not show what is wrong with it.
    if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()) or " " in token:
        raise TokenError("the token is not usable: it must be a text of visible ASCII characters without spaces")
    return token


__all__ = ["EARLY", "PATIENCE", "PAUSE", "BearerToken", "ClientCredentials", "TokenSource", "TokenSteps"]
