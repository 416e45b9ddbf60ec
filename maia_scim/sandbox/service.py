"""The sandbox itself: what starts and stops, and what a test asks of it."""

from __future__ import annotations

import copy
import json
import secrets
import time
from importlib import resources
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from maia_scim.sandbox.clock import Clock
from maia_scim.sandbox.exchange import Answer, RecordedRequest, Request
from maia_scim.sandbox.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Self

    from maia_scim.sandbox.api import Api
    from maia_scim.sandbox.directory import State
    from maia_scim.sandbox.server import Server

BASE_PATH = "/dpc"
SCIM_PATH = "/v1/directory-integration/scim/v2"
TOKEN_PATH = "/oauth/dpc/token"  # noqa: S105 (a path, no password)
MISSING = "The sandbox needs scim2-server: pip install 'maia-scim[sandbox]'"


class Sandbox:
    """A local Maia SCIM service over real HTTP on 127.0.0.1.

    It has the operations, paths, tokens and error answers of the vendor's service, and keeps its users and groups in
    memory. ::

        with Sandbox() as sandbox, MaiaScim(**sandbox.connection) as maia:
            maia.users.get("2819c223-7f76-453a-919d-413861904646")

    It may be used from many threads at once, and started again after it was closed.

    Args:
        port: the port to listen on; 0, the default, for any free one.
        users: users to begin with, as JSON objects, instead of the built-in ones. They may bring ``id`` and ``meta``.
        groups: groups to begin with, likewise; with ``users`` and without this, there are none.
        clock: what gives the time in seconds since the epoch; see also `advance`.
        client_id: the client id that the token endpoint takes.
        client_secret: the secret that goes with it; random by default.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        users: Iterable[Mapping[str, Any]] | None = None,
        groups: Iterable[Mapping[str, Any]] | None = None,
        clock: Callable[[], float] = time.time,
        client_id: str = "maia-sandbox",
        client_secret: str | None = None,
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret or secrets.token_urlsafe(24)
        self._port = port
        self._seed = _seed(users, groups)
        self._clock = Clock(clock)
        self._tokens = Tokens(self.client_id, self.client_secret, self._clock)
        self._lock = Lock()
        self._recorded: list[RecordedRequest] = []
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
            self._server = Server(self._answer, self._port)
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

    # -- Where it is ------------------------------------------------------

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

        auth = ClientCredentials(client_id=self.client_id, client_secret=self.client_secret, token_url=self.token_url)
        return {"base_url": self.base_url, "auth": auth}

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that lead a client here; the client secret is one of them."""
        return {
            "MAIA_BASE_URL": self.base_url,
            "MAIA_CLIENT_ID": self.client_id,
            "MAIA_CLIENT_SECRET": self.client_secret,
            "MAIA_TOKEN_URL": self.token_url,
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

    @property
    def requests(self) -> list[RecordedRequest]:
        """What the API has received so far, in order, refused requests included; token requests are not among it."""
        with self._lock:
            return [*self._recorded]

    @property
    def token_requests(self) -> int:
        """How many requests the token endpoint has had."""
        return self._tokens.requests

    # -- What a test does to it -------------------------------------------

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward, so that tokens expire without waiting.

        Raises:
            ValueError: when ``seconds`` is negative.
        """
        self._clock.advance(seconds)

    def revoke_tokens(self) -> None:
        """Revoke every access token given out so far; new ones can be had."""
        self._tokens.revoke()

    def reset(self) -> None:
        """Go back to the users, groups and time of the start; forget tokens and requests."""
        self._clock.reset()
        self._tokens.reset()
        with self._lock:
            self._recorded = []
        self._ready().directory.load(self._seed)

    # -- Inside -----------------------------------------------------------

    @property
    def _origin(self) -> str:
        if self._server is None:
            raise RuntimeError("The sandbox is not running: use `with Sandbox() as sandbox:`, or call start()")
        return f"http://127.0.0.1:{self._server.port}"

    def _ready(self) -> Api:
        """Return the API, made and filled at the first call."""
        if self._api is None:
            try:
                from maia_scim.sandbox.api import Api  # scim2-server is slow to import
                from maia_scim.sandbox.strict import StrictDirectory
            except ModuleNotFoundError as error:
                raise ImportError(MISSING, name=error.name) from error
            directory = StrictDirectory(BASE_PATH + SCIM_PATH, self._clock)
            directory.load(self._seed)
            self._api = Api(BASE_PATH + SCIM_PATH, directory)
        return self._api

    def _answer(self, request: Request) -> Answer:
        if request.path == TOKEN_PATH:
            return self._tokens.answer(request)
        if not request.path.startswith(f"{BASE_PATH}{SCIM_PATH}/"):
            return Answer(404)  # as the vendor's gateway answers an unknown path: without a body
        request_id = self._record(request)
        answer = self._tokens.check(request) or self._ready().answer(request)
        answer.headers["X-Request-Id"] = request_id
        return answer

    def _record(self, request: Request) -> str:
        headers = dict(request.headers)
        if "authorization" in headers:
            headers["authorization"] = "[redacted]"
        with self._lock:
            request_id = f"sandbox-{next(self._numbers):06}"
            self._recorded.append(RecordedRequest(request_id, request.method, request.path, headers, request.body))
        return request_id


def _seed(users: Iterable[Mapping[str, Any]] | None, groups: Iterable[Mapping[str, Any]] | None) -> State:
    """Return what to begin with: what was given, else the built-in users, and groups only with the users they name."""
    text = resources.files("maia_scim.sandbox").joinpath("seed.json").read_text("utf-8")
    builtin: State = json.loads(text)
    if groups is None:
        groups = builtin["groups"] if users is None else []
    seed = {"users": list(builtin["users"] if users is None else users), "groups": list(groups)}
    return cast("State", copy.deepcopy(seed))  # what the caller changes later must not change what `reset` goes back to
