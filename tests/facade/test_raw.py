"""`client.raw`: the generated client on the same road as everything else."""

from __future__ import annotations

from typing import Any

import pytest
from maia_public_api.api.directory_integration import get_user, update_user

from maia_scim import AsyncMaiaScim, ClientCredentials, MaiaScim, RateLimit, errors, events
from maia_scim.models import ProblemDetail, ScimUser
from tests.support.canary import CLIENT_SECRET, PASSWORD, TOKEN
from tests.support.scripted import Answer, Scripted

USER = ScimUser(user_name="b", active=True)


@pytest.fixture
def server():
    with Scripted(lambda request: Answer.of_json(request.json if request.body else {"id": "1"})) as server:
        yield server


@pytest.fixture
def auth(server):
    return ClientCredentials(client_id="me", client_secret=CLIENT_SECRET, token_url=server.token_url)


def detailed(operation, *arguments, **more):
    """An operation of the generated package, on either client."""

    def run(client):
        call = operation.sync_detailed if isinstance(client, MaiaScim) else operation.asyncio_detailed
        return call(*arguments, client=client.raw, **more)

    return run


def test_it_is_authenticated_and_retried(run, server, auth):
    answers = iter([Answer(401), Answer(503), Answer.of_json({"id": "1"})])
    server.answer = lambda _: next(answers)
    seen: list[Any] = []

    response = run(detailed(get_user, "1"), base_url=server.base_url, auth=auth, on_event=seen.append)

    assert (response.status_code, response.parsed.id) == (200, "1")
    assert len(server.token_requests) == 2
    request = server.received[-1]
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["User-Agent"].startswith("maia-scim/")
    assert isinstance(seen[-1], events.CallEnd)
    assert seen[-1].attempts == 3


def test_bodies_and_paths_go_out_as_generated(run, server, auth):
    run(detailed(update_user, "a b", body=USER), base_url=server.base_url, auth=auth)

    [request] = server.received
    assert request.method == "PUT"
    assert request.path == "/dpc/v1/directory-integration/scim/v2/Users/a%20b"
    assert request.json == {"userName": "b", "active": True}
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [404, 500, 503, 520])
def test_an_answer_of_any_status_is_a_result(run, server, auth, status):
    server.answer = lambda _: Answer.problem(status, title="No")

    response = run(detailed(get_user, "1"), base_url=server.base_url, auth=auth)

    assert response.status_code == status
    if status in (404, 500):
        assert response.parsed == ProblemDetail(status=status, title="No")
    assert len(server.received) == (5 if status >= 503 else 1)


def test_it_is_limited(run, server, auth, time):
    run(detailed(get_user, "1"), base_url=server.base_url, auth=auth, rate_limit=RateLimit(1, margin=0))
    assert time.slept == []

    run(detailed(get_user, "1"), base_url=server.base_url, auth=auth, rate_limit=RateLimit(1, margin=0))
    assert 55 < sum(time.slept) <= 61


def test_no_answer_raises_as_everywhere(run, server, auth):
    server.answer = lambda _: Answer(drop=0)

    with pytest.raises(errors.TransportError) as caught:
        run(detailed(get_user, "1"), base_url=server.base_url, auth=auth)

    assert caught.value.outcome == "unknown"


def test_the_token_goes_to_the_service_alone(server, auth):
    with Scripted(lambda _: Answer()) as elsewhere, MaiaScim(base_url=server.base_url, auth=auth) as client:
        http = client.raw.get_httpx_client()
        for url in (elsewhere.url, f"{server.base_url}.example.com/", f"{server.url}/other"):
            with pytest.raises(errors.ConfigurationError, match="is not the service"):
                http.get(url)

    assert elsewhere.received == server.received == server.token_requests == []


async def test_each_client_has_its_own_half(server, auth):
    with (
        MaiaScim(base_url=server.base_url, auth=auth) as client,
        pytest.raises(errors.ConfigurationError, match="use the operation's sync"),
    ):
        await get_user.asyncio("1", client=client.raw)
    async with AsyncMaiaScim(base_url=server.base_url, auth=auth) as client:
        with pytest.raises(errors.ConfigurationError, match="use the operation's asyncio"):
            get_user.sync("1", client=client.raw)


def test_it_shows_no_secret(server, auth):
    with MaiaScim(base_url=server.base_url, auth=auth) as client:
        get_user.sync("1", client=client.raw)
        assert TOKEN not in repr(client.raw)


@pytest.mark.parametrize(("status", "outcome"), [(200, "done"), (404, "refused"), (500, "unknown")])
def test_events_tell_what_is_known(run, server, auth, status, outcome):
    server.answer = lambda _: Answer.problem(status)
    seen: list[Any] = []

    run(detailed(get_user, "1"), base_url=server.base_url, auth=auth, on_event=seen.append)

    assert seen[-1].outcome == outcome


@pytest.mark.parametrize("spell", [str.upper, lambda url: url.replace("http://", "HTTP://")])
def test_other_spellings_of_the_base_url_are_the_service(server, auth, spell):
    host = server.base_url.replace("127.0.0.1", "localhost")
    with MaiaScim(base_url=spell(host).replace("/DPC", "/dpc"), auth=auth) as client:
        assert get_user.sync("1", client=client.raw) == ScimUser(id="1")


@pytest.mark.keeps_secrets(
    "password", "local * in the traceback of ConfigurationError", reason="frames of the HTTP client that is called here"
)
def test_a_refusal_shows_no_password(server, auth):
    with (
        MaiaScim(base_url=server.base_url, auth=auth) as client,
        pytest.raises(errors.ConfigurationError) as caught,
    ):
        client.raw.get_httpx_client().get(f"https://user:{PASSWORD}@evil.example/")

    assert "evil.example" in str(caught.value)
    assert PASSWORD not in str(caught.value)
