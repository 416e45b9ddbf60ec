"""The sandbox itself: what starts and stops, and what a test asks of it."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import deque
from itertools import count
from threading import TIMEOUT_MAX, Event, Lock
from typing import TYPE_CHECKING, Any, cast

from maia_scim.sandbox import personalities
from maia_scim.sandbox.addresses import is_within, networks
from maia_scim.sandbox.clock import Clock
from maia_scim.sandbox.exchange import Answer, Request, merged, problem
from maia_scim.sandbox.faults import IP_NOT_ALLOWED, Exchange, TlsFailure
from maia_scim.sandbox.injection import Plan, met, operation_of
from maia_scim.sandbox.quota import Quota
from maia_scim.sandbox.record import RecordedRequest, Requests
from maia_scim.sandbox.seeds import seeded
from maia_scim.sandbox.tokens import AUDIENCE, LIFETIME, Tokens

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection, Generator, Iterable, Mapping
    from types import TracebackType
    from typing import Self

    from maia_scim.sandbox.api import Api
    from maia_scim.sandbox.directory import State
    from maia_scim.sandbox.faults import Fault
    from maia_scim.sandbox.injection import Injection
    from maia_scim.sandbox.personalities import Personality
    from maia_scim.sandbox.server import Server

BASE_PATH = "/dpc"
SCIM_PATH = "/v1/directory-integration/scim/v2"
TOKEN_PATH = "/oauth/dpc/token"  # noqa: S105 (a path, no password)
RATE = 1000
"""Requests a minute: the documented limit."""
RECORDED = 10_000
"""Requests that are kept, so that a sandbox may run for days."""
_numbers = count(1)


class Sandbox:
    """A local Maia SCIM service over real HTTP on 127.0.0.1.

    It has the operations, paths, tokens and error answers of the vendor's service, and keeps its users and groups in
    memory.

        with Sandbox() as sandbox, MaiaScim(**sandbox.connection) as maia:
            maia.users.get("2819c223-7f76-453a-919d-413861904646")

    It may be used from many threads at once, and started again after it was closed.

    Args:
        port: the port to listen on; 0, the default, for any free one.
        personality: in whose manner it answers. ``default`` takes what other SCIM clients send and keeps every
            attribute; ``strict`` is a server of the RFCs that refuses what it does not know; ``scimple`` does as
            Apache SCIMple's classes on plain Jackson would (unknown attributes dropped, no versions); ``hostile``
            answers in every odd way that servers are known for.
        users: users to begin with, as JSON objects, instead of the built-in ones. They may bring ``id`` and ``meta``.
        groups: groups to begin with, likewise; with ``users`` and without this, there are none.
        rate: how many requests a minute it takes before it answers 429; ``None`` for no limit.
        allowed_ips: the addresses or networks that may call, such as ``10.0.0.0/8``; ``None`` for any. See also
            `Status.ip_not_allowed`.
        tls: the certificate to serve TLS with; plain HTTP without one.
        clock: what gives the time in seconds since the epoch; see also `advance`.
        client_id: the client id that the token endpoint takes; by default one that no other sandbox of this process
            has, and another after each `reset`, so that no rate limit of a client is carried from test to test.
        client_secret: the secret that goes with it; random by default.

    Raises:
        ValueError: when ``personality``, ``rate``, ``allowed_ips`` or ``tls`` is not valid.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        personality: Personality = "default",
        users: Iterable[Mapping[str, Any]] | None = None,
        groups: Iterable[Mapping[str, Any]] | None = None,
        rate: int | None = RATE,
        allowed_ips: Collection[str] | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
        client_id: str | None = None,
        client_secret: str | None = None,
    ) -> None:
        personalities.check(personality)
        if tls is not None and tls.protocol.name == "PROTOCOL_TLS_CLIENT":
            raise ValueError(
                "tls is a context for clients: make it by ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)"
            )
        self._personality: Personality = personality
        self.client_secret = client_secret or secrets.token_urlsafe(24)
        self._client_id = client_id
        self._port = port
        self._seed = seeded(users, groups)
        self._allowed_ips = None if allowed_ips is None else networks(allowed_ips)
        self._tls = tls
        self._clock = Clock(clock)
        self._quota = Quota(rate, self._clock)
        self._tokens = Tokens(client_id or _new_client_id(), self.client_secret, self._clock)
        self._faults = Plan()
        self._lock = Lock()
        self._recorded: deque[RecordedRequest] = deque(maxlen=RECORDED)
        self._token_requests = 0
        self._numbers = count(1)
        self._api: Api | None = None
        self._server: Server | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {'stopped' if self._server is None else 'at ' + self.base_url}>"

    # -- Running ----------------------------------------------------------

    def start(self) -> Self:
        """Start serving; nothing happens when it serves already.

        Raises:
            ImportError: when the extra ``sandbox`` is not installed.
            OSError: when the port cannot be had.
            ValueError: when one of ``users`` or ``groups`` is not valid, naming which and why.
        """
        if self._server is None:
            from maia_scim.sandbox.server import Server  # http.server is slow to import

            directory = self._ready().directory
            self._server = Server(self._answer, self._port, self._tls, self._faults.tls_failure)
            directory.base_url = self.base_url + SCIM_PATH
            self._server.start()
        return self

    def close(self) -> None:
        """Stop serving and end every connection. Users, groups and the record stay readable."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def refusing_connections(self) -> Generator[None]:
        """Refuse every connection inside the ``with`` block, as a service that is down; open ones end at its start.

        Raises:
            RuntimeError: when the sandbox is not running.
        """
        server = self._running()
        server.refuse()
        try:
            yield
        finally:
            server.accept()

    # -- Where it is ------------------------------------------------------

    @property
    def personality(self) -> Personality:
        """In whose manner it answers."""
        return self._personality

    @property
    def client_id(self) -> str:
        """The client id that the token endpoint takes."""
        return self._tokens.client_id

    @property
    def base_url(self) -> str:
        """The base URL for a client, e.g. ``http://127.0.0.1:8080/dpc``."""
        return self._origin + BASE_PATH

    @property
    def token_url(self) -> str:
        """The URL of the token endpoint."""
        return self._origin + TOKEN_PATH

    @property
    def connection(self) -> dict[str, Any]:
        """The keyword arguments for a client: ``MaiaScim(**sandbox.connection)``."""
        from maia_scim import ClientCredentials  # the sandbox serves without the facade

        auth = ClientCredentials(
            client_id=self.client_id, client_secret=self.client_secret, token_url=self.token_url, audience=AUDIENCE
        )
        return {"base_url": self.base_url, "auth": auth}

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that lead a client here, and nowhere else; the client secret is one of them."""
        return {
            "MAIA_BASE_URL": self.base_url,
            "MAIA_CLIENT_ID": self.client_id,
            "MAIA_CLIENT_SECRET": self.client_secret,
            "MAIA_TOKEN_URL": self.token_url,
            "MAIA_AUDIENCE": AUDIENCE,
            # Empty is not set: a token of the real service would win, and the token cache is that of its tokens.
            "MAIA_TOKEN": "",
            "MAIA_TOKEN_CACHE": "",
        }

    # -- What it holds ----------------------------------------------------

    @property
    def users(self) -> dict[str, dict[str, Any]]:
        """The users as JSON, by id: a copy."""
        return {user["id"]: user for user in self._ready().directory.dump()["users"]}

    @property
    def groups(self) -> dict[str, dict[str, Any]]:
        """The groups as JSON, by id: a copy."""
        return {group["id"]: group for group in self._ready().directory.dump()["groups"]}

    def dump(self) -> State:
        """Return users and groups as JSON that `load`, ``Sandbox(**dump)`` and ``--seed`` take. Passwords stay out."""
        from maia_scim.sandbox.directory import portable

        directory = self._ready().directory
        return portable(directory.dump(), directory.base_url)

    def load(self, state: Mapping[str, object]) -> None:
        """Replace users and groups; `reset` still goes back to those of the start.

        Args:
            state: what `dump` gave, or the like; without ``groups`` there are none.

        Raises:
            ValueError: when one of them is not valid, naming which and why; then nothing is replaced.
        """
        if not {"users"} <= {*state} <= {"users", "groups"}:
            raise ValueError("the state must have users, may have groups, and nothing else, as dump() gives it")
        given = cast("Mapping[str, Iterable[dict[str, Any]]]", state)
        self._ready().directory.load({"users": [*given["users"]], "groups": [*given.get("groups", ())]})

    @property
    def requests(self) -> Requests:
        """What the API has received, in order, refused requests included: the last 10,000, without token requests."""
        with self._lock:
            return Requests(self._recorded)

    def forget_requests(self) -> None:
        """Begin the record anew, so that it tells of what comes from now on."""
        with self._lock:
            self._recorded.clear()
            self._token_requests = 0

    @property
    def token_requests(self) -> int:
        """How many requests the token endpoint has had, those that a fault struck included."""
        return self._token_requests

    # -- What a test does to it -------------------------------------------

    def inject(
        self,
        fault: Fault,
        *,
        on: str | None = None,
        times: int | None = 1,
        probability: float = 1.0,
        seed: Any = 0,
    ) -> Injection:
        """Let something go wrong, in front of all checks, as a gateway or a network would.

        Args:
            fault: what; see `maia_scim.sandbox.faults`.
            on: which operation: ``users.replace`` and the like, ``users`` or ``groups`` for all of them, ``token`` for
                the token endpoint; ``None`` for every operation but ``token``.
            times: how many requests it strikes; ``None`` for no end.
            probability: how likely it strikes each of them.
            seed: what the probability's random numbers begin with, the same ones for the same seed.

        Returns:
            What tells how often it struck, and stops it.

        Raises:
            TypeError: when ``fault`` is none.
            ValueError: when another argument is not valid.
        """
        if isinstance(fault, TlsFailure) and self._tls is None:
            raise ValueError("TlsFailure needs a sandbox that serves TLS: Sandbox(tls=…)")
        injection = self._faults.add(fault, on, times, probability, seed)
        if isinstance(fault, TlsFailure) and self._server is not None:
            self._server.end_connections()
        return injection

    def clear_faults(self) -> None:
        """Stop every fault."""
        self._faults.clear()

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward, so that tokens expire and the rate limit refills without waiting.

        A client that waits for a ``Retry-After`` does so in real time. One made afterwards does not: it has another id.

        Raises:
            ValueError: when ``seconds`` is negative.
        """
        self._clock.advance(seconds)
        self._tokens.rename(self._client_id or _new_client_id())

    def issue_token(self, *, lifetime: float = LIFETIME, audience: str = AUDIENCE) -> str:
        """Return an access token, as the token endpoint would give it out.

        Args:
            lifetime: seconds that it lives.
            audience: the API that it is for; one for another API is answered 403.
        """
        return self._tokens.issue(lifetime, audience)

    def revoke_tokens(self) -> None:
        """Revoke every access token given out so far; new ones can be had."""
        self._tokens.revoke()

    def reset(self) -> None:
        """Go back to the users, groups and time of the start; forget tokens, requests, faults and the limit's count.

        Credentials given out before are still taken.
        """
        self._faults.clear()
        self._clock.reset()
        self._quota.reset()
        self._tokens.reset()
        self._tokens.rename(self._client_id or _new_client_id())
        self.forget_requests()
        self._ready().directory.load(self._seed)

    # -- Inside -----------------------------------------------------------

    @property
    def _origin(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self._running().port}"

    def _running(self) -> Server:
        if self._server is None:
            raise RuntimeError("The sandbox is not running: use `with Sandbox() as sandbox:`, or call start()")
        return self._server

    def _ready(self) -> Api:
        """Return the API, made and filled at the first call."""
        if self._api is None:
            from maia_scim.sandbox.api import Api

            directory = personalities.make(self._personality, BASE_PATH + SCIM_PATH, self._clock)
            directory.load(self._seed)
            self._api = Api(BASE_PATH + SCIM_PATH, directory)
        return self._api

    def _answer(self, request: Request) -> Answer:
        if request.path == TOKEN_PATH:
            with self._lock:
                self._token_requests += 1
            return self._struck("token", request, lambda: self._tokens.answer(request))
        if not request.path.startswith(f"{BASE_PATH}{SCIM_PATH}/"):
            return Answer(404)  # as the vendor's gateway answers an unknown path: without a body
        request_id = self._record(request)
        operation = operation_of(request, BASE_PATH + SCIM_PATH)
        answer = self._struck(operation, request, lambda: self._performed(request))
        answer.headers = merged({"X-Request-Id": request_id}, answer.headers)
        return answer

    def _struck(self, operation: str, request: Request, perform: Callable[[], Answer]) -> Answer:
        fault = self._faults.fault(operation)
        if fault is None:
            return perform()
        closing = Event() if self._server is None else self._server.closing
        return met(fault, Exchange(request, perform, lambda seconds: closing.wait(min(seconds, TIMEOUT_MAX))))

    def _performed(self, request: Request) -> Answer:
        if self._allowed_ips is not None and not is_within(request.peer, self._allowed_ips):
            return problem(request, 403, IP_NOT_ALLOWED)
        return self._tokens.check(request) or self._quota.check(request) or self._ready().answer(request)

    def _record(self, request: Request) -> str:
        headers = dict(request.headers)
        if "authorization" in headers:
            headers["authorization"] = "[redacted]"
        with self._lock:
            request_id = f"sandbox-{next(self._numbers):06}"
            self._recorded.append(RecordedRequest(request_id, request.method, request.path, headers, request.body))
        return request_id


def _new_client_id() -> str:
    number = next(_numbers)
    return "maia-sandbox" if number == 1 else f"maia-sandbox-{number}"
