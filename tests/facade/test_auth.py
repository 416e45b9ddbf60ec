"""Tokens: asked for once, kept, renewed, and never shown."""

from __future__ import annotations

import asyncio
import pickle
import threading
from urllib.parse import parse_qs

import pytest

from maia_scim import AsyncMaiaScim, ClientCredentials, MaiaScim, transport
from maia_scim.auth import EARLY, PAUSE
from maia_scim.drive import drive, drive_async
from maia_scim.errors import AuthenticationError, TokenError
from tests.facade.clients import USER, replace, tokens_used
from tests.support.canary import CLIENT_SECRET, TOKEN
from tests.support.scripted import Answer


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def credentials(server, clock):
    credentials = ClientCredentials(client_id="me", client_secret=CLIENT_SECRET, token_url=server.token_url)
    credentials._state.clock = clock
    return credentials


def numbered(server):
    """Make the token endpoint number its tokens, from 1."""

    def token(_):
        return Answer.of_json({"access_token": f"{TOKEN}-{len(server.token_requests)}", "expires_in": 1800})

    server.token = token


def test_the_token_request_is_that_of_the_documentation(run, server, credentials):
    run(replace, base_url=server.base_url, auth=credentials)

    [request] = server.token_requests
    assert request.method == "POST"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["me"],
        "client_secret": [CLIENT_SECRET],
        "audience": ["https://api.matillion.com"],
    }
    assert "Authorization" not in request.headers


def test_one_token_serves_many_calls_and_clients(run, server, credentials):
    for _ in range(3):
        run(replace, base_url=server.base_url, auth=credentials)

    assert len(server.token_requests) == 1
    assert len(server.received) == 3


def test_a_token_is_renewed_ahead_of_its_expiry(run, server, credentials, clock):
    numbered(server)
    run(replace, base_url=server.base_url, auth=credentials)
    clock.now += 1800 - EARLY - 1
    run(replace, base_url=server.base_url, auth=credentials)
    clock.now += 1
    run(replace, base_url=server.base_url, auth=credentials)

    assert tokens_used(server) == [f"{TOKEN}-1", f"{TOKEN}-1", f"{TOKEN}-2"]


def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(run, server, credentials):
    numbered(server)
    server.answer = lambda request: (
        Answer.problem(401) if request.headers["Authorization"].endswith("-1") else Answer.of_json(request.json)
    )

    run(replace, base_url=server.base_url, auth=credentials)

    assert tokens_used(server) == [f"{TOKEN}-1", f"{TOKEN}-2"]


def test_a_token_that_is_refused_again_is_an_error(run, server, credentials):
    numbered(server)
    server.answer = lambda _: Answer.problem(401, title="Unauthorized")

    with pytest.raises(AuthenticationError, match="the token was refused") as caught:
        run(replace, base_url=server.base_url, auth=credentials)

    assert caught.value.outcome == "refused"
    assert tokens_used(server) == [f"{TOKEN}-1", f"{TOKEN}-2"]


def test_a_renewal_that_fails_leaves_what_the_service_said(run, server, credentials):
    run(replace, base_url=server.base_url, auth=credentials)
    server.answer = lambda _: Answer.problem(401)
    server.token = lambda _: Answer.problem(503)

    with pytest.raises(TokenError) as caught:
        run(replace, base_url=server.base_url, auth=credentials)

    assert caught.value.outcome == "refused"


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        (
            Answer.of_json({"error": "invalid_client", "error_description": f"no {CLIENT_SECRET}"}, 401),
            "invalid_client",
            "check the secret of client id me",
        ),
        (Answer.of_json({"error": "access_denied"}, 403), "access_denied", "audience https://api.matillion.com"),
        (Answer(500, b"<html>", {"Content-Type": "text/html"}), None, "answered 500"),
        (Answer.of_json({}), None, "holds no access_token"),
        (Answer.of_json([1]), None, "holds no access_token"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), None, "answered 302"),
        (Answer(drop=0), None, "got no answer"),
    ],
)
def test_no_token_to_be_had(run, server, credentials, answer, code, told):
    server.token = lambda _: answer

    with pytest.raises(TokenError, match=told) as caught:
        run(replace, base_url=server.base_url, auth=credentials)

    assert caught.value.code == code
    assert caught.value.outcome == "not_sent"
    assert CLIENT_SECRET not in str(caught.value)
    assert server.received == []
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.code, copy.status) == (str(caught.value), code, caught.value.status)


def test_a_failing_endpoint_is_not_hammered(run, server, credentials, clock):
    working, server.token = server.token, lambda _: Answer.problem(503)
    for _ in range(3):
        with pytest.raises(TokenError, match="answered 503"):
            run(replace, base_url=server.base_url, auth=credentials)
    assert len(server.token_requests) == 1

    server.token = working
    clock.now += PAUSE
    run(replace, base_url=server.base_url, auth=credentials)
    assert len(server.token_requests) == 2


def held(server, answer):
    """Make the token endpoint answer only when told; give the event that tells it."""
    go = threading.Event()

    def token(_):
        assert go.wait(20)
        return answer

    server.token = token
    return go


GOOD = Answer.of_json({"access_token": TOKEN, "expires_in": 1800})
BAD = Answer.of_json({"error": "invalid_client"}, 401)


def get_token(credentials, client):
    """Get a token as a call does."""
    return drive(credentials.token(), lambda request: transport.send(client._http, request, client._core.timing))


@pytest.mark.parametrize(("answer", "good"), [(GOOD, True), (BAD, False)], ids=["token", "failure"])
def test_200_threads_make_one_token_request(server, credentials, answer, good):
    go = held(server, answer)
    outcomes = []
    with MaiaScim(base_url=server.base_url, auth=credentials) as client:

        def work():
            try:
                outcomes.append(get_token(credentials, client))
            except TokenError as error:
                outcomes.append(error)

        threads = [threading.Thread(target=work) for _ in range(200)]
        for thread in threads:
            thread.start()
        go.set()
        for thread in threads:
            thread.join()

    assert len(server.token_requests) == 1
    assert len(outcomes) == 200
    assert all((outcome == TOKEN) if good else isinstance(outcome, TokenError) for outcome in outcomes)


@pytest.mark.parametrize(("answer", "good"), [(GOOD, True), (BAD, False)], ids=["token", "failure"])
async def test_1000_tasks_make_one_token_request(server, credentials, answer, good):
    go = held(server, answer)
    async with AsyncMaiaScim(base_url=server.base_url, auth=credentials) as client:

        async def work():
            return await drive_async(
                credentials.token(),
                lambda request: client._sender.send(request, client._core.timing),
            )

        tasks = [asyncio.create_task(work()) for _ in range(1000)]
        await asyncio.sleep(0)
        go.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert len(server.token_requests) == 1
    assert all((outcome == TOKEN) if good else isinstance(outcome, TokenError) for outcome in outcomes)


async def test_when_the_one_who_asks_is_cancelled_another_asks(server, credentials):
    go = held(server, GOOD)
    async with AsyncMaiaScim(base_url=server.base_url, auth=credentials) as client:
        first = asyncio.create_task(client.users.replace(USER))
        while not server.token_requests:
            await asyncio.sleep(0.001)
        second = asyncio.create_task(client.users.replace(USER))
        await asyncio.sleep(0)
        first.cancel()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await first
        await second

    assert len(server.token_requests) == 2
    assert tokens_used(server) == [TOKEN]


def test_one_object_serves_threads_and_event_loops_at_once(server, credentials):
    go = held(server, GOOD)

    def threaded():
        with MaiaScim(base_url=server.base_url, auth=credentials) as client:
            client.users.replace(USER)

    def looped():
        async def main():
            async with AsyncMaiaScim(base_url=server.base_url, auth=credentials) as client:
                await asyncio.gather(*(client.users.replace(USER) for _ in range(3)))

        asyncio.run(main())

    threads = [threading.Thread(target=target) for target in (threaded, looped, threaded, looped)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()

    assert len(server.token_requests) == 1
    assert len(server.received) == 8


def test_credentials_show_and_pickle_no_secret(credentials):
    assert CLIENT_SECRET not in repr(credentials)
    with pytest.raises(TypeError, match="do not pickle"):
        pickle.dumps(credentials)


def test_token_requests_say_who_asks(run, server, credentials):
    run(replace, base_url=server.base_url, auth=credentials)

    assert server.token_requests[0].headers["User-Agent"] == server.received[0].headers["User-Agent"]


@pytest.mark.keeps_secrets("token", "file tokens.json", reason="it is where tokens are kept")
def test_the_environment_names_a_cache(run, server, tmp_path, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_ID", "me")
    monkeypatch.setenv("MAIA_CLIENT_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("MAIA_TOKEN_URL", server.token_url)
    monkeypatch.setenv("MAIA_TOKEN_CACHE", str(tmp_path / "tokens.json"))

    run(replace, base_url=server.base_url)
    run(replace, base_url=server.base_url)

    assert len(server.token_requests) == 1
    assert len(server.received) == 2
