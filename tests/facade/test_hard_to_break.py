"""What a client survives or refuses by name: odd environments, hooks, loops, arguments; and what stays secret in it."""

from __future__ import annotations

import asyncio
import copy
import functools
import pickle
import signal
import socket
import threading
import traceback
from enum import Enum
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

from maia_scim import AsyncMaiaScim, BearerToken, ClientCredentials, MaiaScim, RateLimit, drive, errors
from maia_scim.models import ScimUser
from tests.support.canary import CLIENT_SECRET, PASSWORD, TOKEN, holds
from tests.support.scripted import Answer, Scripted

USER = ScimUser(id="1", active=True, password=PASSWORD)
AUTH = BearerToken(TOKEN)


@pytest.fixture
def server():
    with Scripted(lambda request: Answer.of_json(request.json)) as server:
        yield server


def replace(client):
    return client.users.replace(USER)


def credentials(server, **more):
    return ClientCredentials(
        **{"client_id": "me", "client_secret": CLIENT_SECRET, "token_url": server.token_url, **more}
    )


# -- Tokens: nobody waits for ever ---------------------------------------------


def first_held(server):
    """Make the first token request wait until told, and answer all others at once."""
    go = threading.Event()
    good = server.token

    def token(request):
        if len(server.token_requests) == 1:
            assert go.wait(20)
        return good(request)

    server.token = token
    return go


async def test_a_call_that_blocks_the_loop_of_the_one_who_asks_goes_on(server, monkeypatch):
    monkeypatch.setattr(drive, "PATIENCE", 0.05)
    go, auth = first_held(server), credentials(server)
    async with AsyncMaiaScim(base_url=server.base_url, auth=auth) as client:
        leader = asyncio.create_task(replace(client))
        while not server.token_requests:
            await asyncio.sleep(0.001)
        with MaiaScim(base_url=server.base_url, auth=auth) as blocking:
            replace(blocking)
        go.set()
        await leader

    assert len(server.token_requests) == 2


def test_a_leader_whose_loop_is_closed_holds_nobody_up(server, monkeypatch):
    monkeypatch.setattr(drive, "PATIENCE", 0.05)
    go, auth = first_held(server), credentials(server)
    life = auth.token()
    next(life)  # leads a flight, and never goes on
    server.token_requests.append(None)  # the request that is never sent

    with MaiaScim(base_url=server.base_url, auth=auth) as client:
        replace(client)

    go.set()
    life.close()
    assert len(server.received) == 1


def test_a_token_of_hardly_any_life_serves_the_call_that_asked(run, server):
    server.token = lambda _: Answer.of_json({"access_token": TOKEN, "expires_in": 1e-9})

    run(replace, base_url=server.base_url, auth=credentials(server))

    assert len(server.token_requests) == 1


def test_a_token_of_absurd_life_is_taken(run, server):
    body = f'{{"access_token": "{TOKEN}", "expires_in": 1{"0" * 400}}}'
    server.token = lambda _: Answer(200, body.encode(), {})

    run(replace, base_url=server.base_url, auth=credentials(server))


def test_a_failed_early_renewal_leaves_the_token_that_still_lives(run, server):
    auth, now = credentials(server), [0.0]
    auth._state.clock = lambda: now[0]
    run(replace, base_url=server.base_url, auth=auth)
    server.token = lambda _: Answer.problem(503)

    now[0] = 1750.0  # within the last minute
    run(replace, base_url=server.base_url, auth=auth)
    now[0] = 1800.0
    with pytest.raises(errors.TokenError, match="try again later"):
        run(replace, base_url=server.base_url, auth=auth)


def test_the_environment_names_the_token_endpoint_of_credentials_made_by_hand(run, server, monkeypatch):
    monkeypatch.setenv("MAIA_TOKEN_URL", server.token_url)

    run(replace, base_url=server.base_url, auth=ClientCredentials(client_id="me", client_secret=CLIENT_SECRET))

    assert len(server.token_requests) == 1


def test_a_token_endpoint_that_cannot_be_used_is_named_by_its_variable(monkeypatch):
    monkeypatch.setenv("MAIA_TOKEN_URL", "http://id.example/t")

    with pytest.raises(errors.ConfigurationError, match=r"MAIA_TOKEN_URL is http://id\.example"):
        ClientCredentials(client_id="me", client_secret=CLIENT_SECRET)


# -- Hooks, loops, clients -------------------------------------------------------


def test_a_hook_that_ends_an_iteration_does_not_pass_for_a_result(server):
    def hook(_):
        raise StopIteration

    with httpx.Client(event_hooks={"response": [hook]}) as http, pytest.raises(StopIteration):
        replace(MaiaScim(base_url=server.base_url, auth=AUTH, http_client=http))


def test_a_hook_that_raises_for_the_status_gives_no_request_away(server):
    server.answer = lambda _: Answer.problem(404)
    with (
        httpx.Client(event_hooks={"response": [lambda response: response.raise_for_status()]}) as http,
        pytest.raises(errors.TransportError, match="404") as caught,
    ):
        replace(MaiaScim(base_url=server.base_url, auth=AUTH, http_client=http))

    assert caught.value.outcome == "unknown"
    assert type(caught.value.__cause__) is httpx.HTTPError


def test_a_redirect_to_no_address_was_answered_all_the_same(run, server):
    server.answer = lambda _: Answer(302, b"", {"Location": "mailto:me@example.com"})

    with pytest.raises(errors.MaiaError) as caught:
        run(replace, base_url=server.base_url, auth=AUTH)

    assert caught.value.outcome == "unknown"


def test_a_second_event_loop_is_refused(server):
    client = AsyncMaiaScim(base_url=server.base_url, auth=AUTH)
    asyncio.run(replace(client))

    with pytest.raises(errors.ConfigurationError, match=r"one client for each asyncio\.run"):
        asyncio.run(replace(client))


def test_a_closed_client_is_not_entered_again():
    with MaiaScim("eu1", auth=AUTH) as client:
        pass

    with pytest.raises(errors.ConfigurationError, match="the client is closed"), client:
        pass


@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
def test_an_http_client_of_another_kind_is_refused(kind):
    wrong = httpx.AsyncClient() if kind is MaiaScim else httpx.Client()

    with pytest.raises(errors.ConfigurationError, match=f"http_client is a {type(wrong).__name__}: it must be"):
        kind("eu1", auth=AUTH, http_client=wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ALL_PROXY", "socks5://127.0.0.1:1"), ("HTTPS_PROXY", "ftp://x.example"), ("SSL_CERT_FILE", "/no/such.pem")],
)
def test_an_environment_that_makes_no_http_client_is_told(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(errors.ConfigurationError, match=f"check the proxy and certificate variables .*{name}"):
        MaiaScim("eu1", auth=AUTH)


def test_what_is_for_this_machine_goes_to_no_proxy(run, server, monkeypatch):
    with Scripted(lambda _: Answer.problem(502)) as proxy:
        proxy.token = proxy.answer
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)

        run(replace, base_url=server.base_url, auth=credentials(server))

    assert proxy.received == proxy.token_requests == []
    assert len(server.received) == len(server.token_requests) == 1


# -- Arguments ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["https://eu1..example.com", "https://" + "a" * 64 + ".com", "https://ho st.com", "https://ho\nst.com"]
)
def test_addresses_that_no_host_has(url):
    with pytest.raises(errors.ConfigurationError, match="base_url is not a URL"):
        MaiaScim(base_url=url, auth=AUTH)


@pytest.mark.parametrize("url", ["https://x.example/dpc?", "https://x.example/dpc#"])
def test_an_empty_query_is_one_too(url):
    with pytest.raises(errors.ConfigurationError, match="query or fragment"):
        MaiaScim(base_url=url, auth=AUTH)


@pytest.mark.parametrize("token", [None, TOKEN.encode(), 7], ids=["none", "bytes", "number"])
def test_a_token_of_another_type_is_refused_at_once(token):
    with pytest.raises(errors.ConfigurationError, match="pass a str, or a function"):
        BearerToken(token)


@pytest.mark.parametrize(
    "secret", [f"{CLIENT_SECRET}\udcff", CLIENT_SECRET.encode(), 5], ids=["surrogate", "bytes", "number"]
)
def test_a_secret_that_is_no_text_is_refused_unseen(secret):
    with pytest.raises(errors.ConfigurationError, match="client_secret is empty, or no text") as caught:
        ClientCredentials(client_id="me", client_secret=secret)

    assert caught.value.__context__ is None


@pytest.mark.parametrize("version", [5, b"x", " ", "a ", ""])
def test_versions_that_are_none(run, server, version):
    with pytest.raises(ValueError, match="if_match"):
        run(lambda client: client.users.replace(USER, if_match=version), base_url=server.base_url, auth=AUTH)

    assert server.received == []


@pytest.mark.parametrize("id", ["\uff0e\uff0e", "\u2025", "a\uff0fb", "..;x"])
def test_ids_that_an_obliging_server_reads_as_a_path(run, server, id):
    with pytest.raises(ValueError, match="holds a path"):
        run(lambda client: client.users.replace(USER, id=id), base_url=server.base_url, auth=AUTH)

    assert server.received == []


def test_an_id_that_is_a_member_of_an_enum_is_its_text(run, server):
    class Ids(str, Enum):  # noqa: UP042 - str() of such a member is not its text
        ME = "abc"

    run(lambda client: client.users.replace(USER, id=Ids.ME), base_url=server.base_url, auth=AUTH)

    assert server.received[0].path.endswith("/Users/abc")
    assert server.received[0].json["id"] == "abc"  # the argument wins in the body, too


@pytest.mark.parametrize(
    "text", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 +99999999"]
)
def test_a_retry_after_out_of_this_world(run, server, text):
    server.answer = lambda _: Answer(429, b"", {"Retry-After": text})

    with pytest.raises(errors.RateLimited) as caught:
        run(replace, base_url=server.base_url, auth=AUTH)

    assert caught.value.retry_after is None


def test_a_long_request_id_does_not_drown_the_message(run, server):
    server.answer = lambda _: Answer(404, b"", {"X-Request-Id": "x" * 20_000})

    with pytest.raises(errors.NotFound) as caught:
        run(replace, base_url=server.base_url, auth=AUTH)

    assert len(str(caught.value)) < 700
    assert caught.value.request_id == "x" * 20_000


# -- Secrets -------------------------------------------------------------------------


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
