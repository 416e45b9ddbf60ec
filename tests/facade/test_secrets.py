"""What stays secret where calls fail: bodies, tokens and secrets are in no frame, message or pickle."""

from __future__ import annotations

import asyncio
import copy
import functools
import pickle
import signal
import socket
import traceback
from typing import Any
from urllib.parse import quote_plus

import pytest

from maia_scim import AsyncMaiaScim, BearerToken, ClientCredentials, MaiaScim, RateLimit, errors
from tests.facade.clients import AUTH
from tests.facade.secretive import USER, credentials, replace
from tests.support.canary import CLIENT_SECRET, PASSWORD, TOKEN, holds
from tests.support.scripted import Answer


@pytest.mark.parametrize("odd", [float("nan"), {1, 2}, object], ids=["nan", "set", "class"])
@pytest.mark.parametrize("where", ["extension", "if_match"])
def test_a_body_that_is_refused_is_in_no_frame(run, server, odd, where):
    user = copy.deepcopy(USER)
    if where == "extension":
        user["urn:example:Desk"] = {"floor": odd}
    version = "ü" if where == "if_match" else None

    with pytest.raises((TypeError, ValueError)) as caught:
        run(lambda client: client.users.replace(user, if_match=version), base_url=server.base_url, auth=AUTH)

    frames = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "urn:example:Desk" in frames or where == "if_match"
    assert PASSWORD not in frames
    assert server.received == []


@pytest.fixture
def deaf():
    """The address of a server that takes connections and reads nothing, and a user that fills all buffers before it."""
    user = copy.deepcopy(USER)
    user["urn:example:Desk"] = {"floor": "x" * 20_000_000}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/dpc", user


def shown(error):
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


async def test_a_call_that_is_cancelled_while_it_sends_is_in_no_frame(deaf):
    base_url, user = deaf
    async with AsyncMaiaScim(base_url=base_url, auth=AUTH) as client:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.2):
                await client.users.replace(user)

    assert isinstance(caught.value.__cause__, asyncio.CancelledError)
    assert "what is known of the write is 'unknown'" in shown(caught.value)
    assert not holds(shown(caught.value))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no such timer")
def test_a_call_that_is_interrupted_while_it_sends_is_in_no_frame(deaf):
    base_url, user = deaf
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with MaiaScim(base_url=base_url, auth=AUTH) as client:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(KeyboardInterrupt) as caught:
                client.users.replace(user)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert "in drive" in shown(caught.value)
    assert not holds(shown(caught.value))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ClientCredentials(client_id="", client_secret=CLIENT_SECRET),
        lambda: ClientCredentials(client_id="me", client_secret=CLIENT_SECRET, token_url="http://id.example/t"),
        lambda: ClientCredentials(client_id="me", client_secret="x", token_url=f"https://me:{PASSWORD}@id.example/t"),
        lambda: BearerToken(TOKEN, account=""),
        lambda: MaiaScim(f"eu1 {TOKEN}", base_url=f"https://me:{PASSWORD}@x.example", auth=AUTH),
        lambda: AsyncMaiaScim(base_url=f"https://me:{PASSWORD}@x.example", auth=AUTH),
        lambda: MaiaScim("eu1", auth=TOKEN),  # type: ignore[arg-type]
        lambda: RateLimit(redis=f"localhost:{PASSWORD}"),
        lambda: RateLimit(redis=f"redis://:{PASSWORD}@localhost:port").limiter("a"),
    ],
)
def test_a_constructor_that_refuses_shows_no_argument(make):
    with pytest.raises(errors.ConfigurationError) as caught:
        make()

    assert not holds(shown(caught.value))


def test_a_body_that_nests_too_deep_is_refused(run, server):
    user = copy.deepcopy(USER)
    nested: list[Any] = []
    user["urn:example:Desk"] = nested
    for _ in range(50_000):
        nested.append([])
        nested = nested[0]

    with pytest.raises(ValueError, match="nests too deep"):
        run(lambda client: client.users.replace(user), base_url=server.base_url, auth=AUTH)

    assert server.received == []


SECRET = f"{CLIENT_SECRET}-Ä/x"


@pytest.mark.parametrize(
    "fields",
    [
        {"error": SECRET},
        {"error": "invalid_request", "error_description": f"got client_secret={quote_plus(SECRET)}&x"},
        {"error": "invalid_request", "error_description": f"got {SECRET}\n" * 500},
    ],
)
def test_a_token_endpoint_that_repeats_the_secret(run, server, fields):
    server.token = lambda _: Answer.of_json(fields, 400)

    with pytest.raises(errors.TokenError) as caught:
        run(replace, base_url=server.base_url, auth=credentials(server, client_secret=SECRET))

    told = str(caught.value) + repr(vars(caught.value))
    assert SECRET not in told
    assert quote_plus(SECRET) not in told
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("before", ["bad", "x" * 285], ids=["whole", "where the message is cut"])
def test_a_service_that_repeats_the_token(run, server, before):
    server.answer = lambda request: Answer.problem(400, detail=f"{before}: {request.headers['Authorization']}")

    with pytest.raises(errors.BadRequest, match=f"{before}: Bearer") as caught:
        run(replace, base_url=server.base_url, auth=AUTH)

    assert TOKEN[:8] not in str(caught.value)


def test_tokens_do_not_pickle_or_show():
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="does not pickle or copy"):
            copier(AUTH)
    assert TOKEN not in repr(BearerToken(functools.partial(str, TOKEN)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ClientCredentials(client_id="a", client_secret=CLIENT_SECRET, token_uri="x"),  # type: ignore[call-arg]
        lambda: ClientCredentials(client_secret=CLIENT_SECRET),  # type: ignore[call-arg]
        lambda: BearerToken(TOKEN, acount="x"),  # type: ignore[call-arg]
        lambda: RateLimit(redis=f"redis://:{CLIENT_SECRET}@h", per_minutes=3),  # type: ignore[call-arg]
        lambda: MaiaScim(base_urll=f"https://u:{CLIENT_SECRET}@h/"),  # type: ignore[call-arg]
    ],
)
def test_arguments_that_do_not_fit_are_in_no_frame(make):
    with pytest.raises(TypeError) as caught:
        make()

    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    ours = [frame for frame in frames if "maia_scim" in frame.filename and "tests" not in frame.filename]
    assert ours
    assert not [frame for frame in ours if "canary" in str(frame.locals)]
