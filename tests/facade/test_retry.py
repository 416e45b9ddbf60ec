"""The table of outcomes: what each trouble tells of a write, and what is tried again."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
import pytest

from maia_scim import AsyncMaiaScim, MaiaScim, RetryPolicy, clock, errors
from maia_scim.events import Wait
from maia_scim.limits import Limiter, Slot
from tests.facade.clients import AUTH
from tests.facade.operations import OPERATIONS, USER
from tests.support.canary import CLIENT_SECRET
from tests.support.scripted import Answer, Scripted

IDEMPOTENT = {"GET", "PUT"}
EVERY = set(OPERATIONS)
NONE: set[str] = set()
HTML = {"Content-Type": "text/html"}
TROUBLES = {
    "429": (Answer.problem(429), "refused", EVERY, errors.RateLimited),
    "503-retry-after": (Answer(503, b"", {"Retry-After": "1"}), "refused", EVERY, errors.ServerError),
    "502": (Answer(502, b"<html>", HTML), "unknown", IDEMPOTENT, errors.ServerError),
    "503": (Answer(503), "unknown", IDEMPOTENT, errors.ServerError),
    "504": (Answer(504), "unknown", IDEMPOTENT, errors.ServerError),
    "520": (Answer(520, b"<html>", HTML), "unknown", IDEMPOTENT, errors.ServerError),
    "530": (Answer(530), "unknown", IDEMPOTENT, errors.ServerError),
    "500": (Answer.problem(500), "unknown", NONE, errors.ServerError),
    "501": (Answer(501), "unknown", NONE, errors.ServerError),
    "531": (Answer(531), "unknown", NONE, errors.ServerError),
    "499": (Answer(499), "unknown", NONE, errors.ApiError),
    "400": (Answer.problem(400), "refused", NONE, errors.BadRequest),
    "403": (Answer.problem(403), "refused", NONE, errors.PermissionDenied),
    "404": (Answer.problem(404), "refused", NONE, errors.NotFound),
    "408": (Answer(408), "refused", NONE, errors.ApiError),
    "409": (Answer.problem(409), "refused", NONE, errors.Conflict),
    "412": (Answer.problem(412), "refused", NONE, errors.PreconditionFailed),
    "418": (Answer(418), "refused", NONE, errors.ApiError),
    "302": (Answer(302, b"", {"Location": "/elsewhere"}), "unknown", NONE, errors.UnexpectedResponse),
    "304": (Answer(304), "unknown", NONE, errors.UnexpectedResponse),
    "307": (Answer(307, b"", {"Location": "/elsewhere"}), "refused", NONE, errors.UnexpectedResponse),
    "308": (Answer(308, b"", {"Location": "/elsewhere"}), "refused", NONE, errors.UnexpectedResponse),
    "204": (Answer(204), "unknown", NONE, errors.UnexpectedResponse),
    "html": (Answer(200, b"<html>", HTML), "unknown", NONE, errors.UnexpectedResponse),
    "array": (Answer.of_json([]), "unknown", NONE, errors.UnexpectedResponse),
    "no-json": (Answer(200, b"{", {"Content-Type": "application/json"}), "unknown", NONE, errors.UnexpectedResponse),
    "reset": (Answer(drop=0), "unknown", IDEMPOTENT, errors.TransportError),
    "cut-short": (Answer(200, b'{"id": "1"}', {}, drop=4), "unknown", IDEMPOTENT, errors.TransportError),
    "bad-gzip": (Answer(200, b"no gzip", {"Content-Encoding": "gzip"}), "unknown", IDEMPOTENT, errors.TransportError),
    "bad-length": (Answer(200, b"{}", {"Content-Length": "x"}), "unknown", IDEMPOTENT, errors.TransportError),
}


@pytest.fixture
def server():
    with Scripted(lambda _: Answer.of_json({"id": "1"})) as server:
        yield server


@pytest.mark.parametrize("method", OPERATIONS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_row_of_the_table(run, server, method, trouble):
    answer, outcome, again, kind = TROUBLES[trouble]
    server.answer = lambda _: answer

    with pytest.raises(kind) as caught:
        run(OPERATIONS[method], base_url=server.base_url, auth=AUTH)

    assert type(caught.value) is kind
    assert isinstance(caught.value, errors.MaiaError)
    assert caught.value.outcome == outcome
    assert len(server.received) == caught.value.attempts == (5 if method in again else 1)
    assert {request.method for request in server.received} == {method}


@pytest.mark.parametrize("method", OPERATIONS)
def test_what_is_tried_again_succeeds(run, server, method):
    answers = iter([Answer(429), Answer(503, b"", {"Retry-After": "0"}), Answer.of_json({"id": "1"})])
    server.answer = lambda _: next(answers)

    assert run(OPERATIONS[method], base_url=server.base_url, auth=AUTH).id == "1"
    assert len(server.received) == 3


@pytest.fixture
def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]  # nobody listens


@pytest.mark.parametrize("method", OPERATIONS)
def test_no_connection_is_tried_again_by_every_method(run, closed_port, time, method):
    with pytest.raises(errors.TransportError, match="ConnectError") as caught:
        run(OPERATIONS[method], base_url=f"http://127.0.0.1:{closed_port}/dpc", auth=AUTH)

    assert caught.value.outcome == "not_sent"
    assert len(time.slept) == 4


def test_a_token_endpoint_that_cannot_be_reached_is_tried_again(run, server, closed_port, time):
    from maia_scim import ClientCredentials

    auth = ClientCredentials(
        client_id="me", client_secret=CLIENT_SECRET, token_url=f"http://127.0.0.1:{closed_port}/token"
    )
    with pytest.raises(errors.TokenError) as caught:
        run(OPERATIONS["GET"], base_url=server.base_url, auth=auth)

    assert (caught.value.outcome, caught.value.attempts) == ("not_sent", 0)
    assert len(time.slept) == 4


def test_a_certificate_that_is_not_trusted_is_not_tried_again(run, time, tls_server):
    with pytest.raises(errors.TransportError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        run(OPERATIONS["PUT"], base_url=tls_server, auth=AUTH)

    assert caught.value.outcome == "not_sent"
    assert time.slept == []


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([Answer(drop=0), Answer.problem(404)], "unknown"),
        ([Answer(502), Answer.problem(400)], "unknown"),
        ([Answer(429), Answer.problem(404)], "refused"),
        ([Answer(429), Answer(drop=0), Answer(429), Answer(429), Answer(429)], "unknown"),
    ],
)
def test_an_outcome_speaks_of_all_attempts(run, server, answers, outcome):
    given = iter(answers)
    server.answer = lambda _: next(given)

    with pytest.raises(errors.MaiaError) as caught:
        run(OPERATIONS["PUT"], base_url=server.base_url, auth=AUTH)

    assert caught.value.outcome == outcome
    assert caught.value.attempts == len(answers)


def test_waits_double_and_differ(run, server, time):
    server.answer = lambda _: Answer(502)

    for _ in range(20):
        with pytest.raises(errors.ServerError):
            run(OPERATIONS["GET"], base_url=server.base_url, auth=AUTH)

    for number, longest in enumerate([1, 2, 4, 8]):
        waits = time.slept[number::4]
        assert all(longest / 2 <= wait <= longest for wait in waits)
        assert len(set(waits)) == 20
    assert sum([1, 2, 4, 8]) < 35


def test_the_policy_is_the_callers(run, server, time):
    server.answer = lambda _: Answer(502)
    policy = RetryPolicy(attempts=3, backoff=lambda repetition: repetition * 7.0)

    with pytest.raises(errors.ServerError):
        run(OPERATIONS["GET"], base_url=server.base_url, auth=AUTH, retry=policy)
    assert time.slept == [7.0, 14.0]

    with pytest.raises(errors.ServerError):
        run(OPERATIONS["GET"], base_url=server.base_url, auth=AUTH, retry=None)
    assert len(server.received) == 4


def test_the_budget_ends_it(run, server, time):
    server.answer = lambda _: Answer(502)
    policy = RetryPolicy(attempts=100, backoff=lambda _: 9.0, budget=30)

    with pytest.raises(errors.ServerError):
        run(OPERATIONS["GET"], base_url=server.base_url, auth=AUTH, retry=policy)

    assert time.slept == [9.0, 9.0, 9.0]


@pytest.mark.parametrize(
    "bad",
    [
        {"attempts": 0},
        {"attempts": 1.5},
        {"backoff": -1},
        {"backoff": "1"},
        {"budget": -1},
        {"budget": None},
        {"budget": float("nan")},
    ],
)
def test_policies_that_are_none(bad):
    with pytest.raises(errors.ConfigurationError, match=next(iter(bad))):
        RetryPolicy(**bad)


# -- Bounds -----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_that_drips_ends_with_the_attempt(run, server, part):
    server.answer = lambda _: Answer(200, b" " * 10_000, {}, drip=part)

    with pytest.raises(errors.TransportError, match="ReadTimeout") as caught:
        run(OPERATIONS["GET"], base_url=server.base_url, auth=AUTH, timeout=0.3, retry=None)

    assert caught.value.outcome == "unknown"
    assert type(caught.value.__cause__).__name__ == "ReadTimeout"


def test_a_silent_server_is_left(run, server):
    server.answer = lambda _: Answer(hold=server.closing)

    with pytest.raises(errors.TransportError, match="ReadTimeout") as caught:
        run(OPERATIONS["PUT"], base_url=server.base_url, auth=AUTH, timeout=0.2, retry=RetryPolicy(2))

    assert (caught.value.outcome, caught.value.attempts) == ("unknown", 2)


# -- What is not of the service ------------------------------------------------------------------


class Failing(Limiter):
    """Lets `good` requests through, then cannot be reached; closing it never works."""

    def __init__(self, good: int) -> None:
        self.good = good

    def take(self, held: Slot | None, *, paced: bool) -> Slot:
        self.good -= 1
        if self.good < 0:
            raise errors.TransportError("the limiter is gone", outcome="not_sent")
        return Slot(0.0)

    def close(self, seconds: float) -> None:
        raise errors.TransportError("the limiter is gone", outcome="not_sent")


def test_a_limiter_that_fails_later_hides_no_unknown_write(run, server):
    server.answer = lambda _: Answer(502)
    seen: list[Any] = []

    with pytest.raises(errors.TransportError, match="limiter is gone") as caught:
        run(OPERATIONS["PUT"], base_url=server.base_url, auth=AUTH, rate_limit=Failing(1), on_event=seen.append)

    assert (caught.value.outcome, caught.value.attempts) == ("unknown", 1)
    assert seen[-1].outcome == "unknown"


def test_a_429_is_told_though_the_gate_cannot_be_closed(run, server):
    server.answer = lambda _: Answer(429)

    with pytest.raises(errors.RateLimited) as caught:
        run(OPERATIONS["PUT"], base_url=server.base_url, auth=AUTH, rate_limit=Failing(9), retry=None)

    assert caught.value.outcome == "refused"


class Gated(Limiter):
    """A gate that always says to wait 50 s more."""

    def take(self, held: Slot | None, *, paced: bool) -> Slot:
        return Slot(50.0, gated=True)

    def close(self, seconds: float) -> None:
        pass


def test_waits_for_a_gate_are_bounded_before_the_first_request_too(run, server, time):
    with pytest.raises(errors.RateLimited, match="was not sent"):
        run(OPERATIONS["PUT"], base_url=server.base_url, auth=AUTH, rate_limit=Gated())

    assert sum(time.slept) <= 60
    assert server.received == []


def test_a_client_closed_while_a_call_waits(server, monkeypatch):
    server.answer = lambda _: Answer(502)
    client = MaiaScim(base_url=server.base_url, auth=AUTH)
    monkeypatch.setattr(clock, "sleep", lambda _: client.close())

    with pytest.raises(errors.ConfigurationError, match="closed") as caught:
        client.users.replace(USER)

    assert (caught.value.outcome, caught.value.attempts) == ("unknown", 1)


def test_a_client_of_the_callers_closed_while_a_call_waits(run, server):
    server.answer = lambda _: Answer(502)
    is_async = run.__name__ == "run_async"
    http: Any = httpx.AsyncClient() if is_async else httpx.Client()

    def close(event):
        if isinstance(event, Wait):
            asyncio.get_running_loop().create_task(http.aclose()) if is_async else http.close()

    with pytest.raises(errors.ConfigurationError, match="closed") as caught:
        run(OPERATIONS["PUT"], base_url=server.base_url, auth=AUTH, http_client=http, on_event=close)

    assert (caught.value.outcome, caught.value.attempts) == ("unknown", 1)


def test_an_address_that_cannot_be_used_is_not_sent(run, server, time):
    with pytest.raises(errors.TransportError, match="URL cannot be used") as caught:
        run(lambda client: client.users.get("x" * 70_000), base_url=server.base_url, auth=AUTH)

    assert caught.value.outcome == "not_sent"
    assert time.slept == []


@pytest.mark.parametrize("given", [None, "1", -1, float("nan"), 1e9])
def test_a_backoff_that_gives_no_seconds_is_told_with_what_is_known(run, server, given):
    server.answer = lambda _: Answer(502)

    with pytest.raises(errors.ConfigurationError, match="backoff gave") as caught:
        run(OPERATIONS["PUT"], base_url=server.base_url, auth=AUTH, retry=RetryPolicy(backoff=lambda _: given))

    assert caught.value.outcome == "unknown"


async def test_a_timeout_of_the_callers_own_is_not_ours(server):
    async def hook(_):
        raise TimeoutError("mine")

    async with httpx.AsyncClient(event_hooks={"request": [hook]}) as http:
        client = AsyncMaiaScim(base_url=server.base_url, auth=AUTH, http_client=http, retry=None)
        with pytest.raises(errors.TransportError, match="TimeoutError: mine"):
            await client.users.get("1")
