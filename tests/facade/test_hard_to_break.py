"""What a client survives or refuses by name: odd environments, hooks, loops, arguments."""

from __future__ import annotations

import asyncio
import threading
from enum import Enum

import httpx
import pytest

from maia_scim import AsyncMaiaScim, BearerToken, ClientCredentials, MaiaScim, drive, errors
from tests.facade.clients import AUTH
from tests.facade.secretive import USER, credentials, replace
from tests.support.canary import CLIENT_SECRET, TOKEN
from tests.support.scripted import Answer, Scripted

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
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("HTTPS_PROXY", "ftp://x.example"),
        pytest.param(
            "SSL_CERT_FILE",
            "/no/such.pem",
            marks=pytest.mark.skipif(
                httpx.__version__.startswith("0.27."), reason="httpx 0.27 passes over a file that is not there"
            ),
        ),
    ],
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
