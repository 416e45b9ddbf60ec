"""The token endpoint (RFC 6749) and the check of bearer tokens (RFC 6750)."""

import base64

import httpx
import pytest

from maia_scim.sandbox import Sandbox
from tests.sandbox.conftest import get_token, token_form
from tests.sandbox.wire import PREFIX, Wire, small_sandbox

USER = "/Users/2819c223-7f76-453a-919d-413861904646"


def test_a_token_is_given_for_client_credentials(sandbox: Sandbox) -> None:
    answer = httpx.post(sandbox.token_url, data=token_form(sandbox))

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    content = answer.json()
    assert len(content.pop("access_token")) > 30
    assert content == {"expires_in": 1800, "token_type": "Bearer", "scope": "pipeline-execution"}
    assert sandbox.token_requests == 1


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"audience": "https://elsewhere.example"}, 403, "access_denied"),
        ({"audience": ""}, 403, "access_denied"),
    ],
)
def test_the_token_endpoint_refuses(sandbox: Sandbox, changes: dict[str, str], status: int, error: str) -> None:
    answer = httpx.post(sandbox.token_url, data=token_form(sandbox, **changes))

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]
    assert sandbox.client_secret not in answer.text


def test_the_token_endpoint_takes_each_parameter_once(sandbox: Sandbox) -> None:
    form = token_form(sandbox)
    answer = httpx.post(sandbox.token_url, data={**form, "audience": [form["audience"], form["audience"]]})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_the_token_endpoint_takes_forms_by_post_only(sandbox: Sandbox) -> None:
    as_json = httpx.post(sandbox.token_url, json=token_form(sandbox))
    by_get = httpx.get(sandbox.token_url, params={"grant_type": "client_credentials"})
    garbage = httpx.post(
        sandbox.token_url, content=b"\xff=\xfe&", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert (as_json.status_code, as_json.json()["error"]) == (400, "invalid_request")
    assert (by_get.status_code, by_get.headers["allow"]) == (405, "POST")
    assert (garbage.status_code, garbage.json()["error"]) == (400, "invalid_request")


def refusal(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    return answer.json()["detail"], answer.headers["www-authenticate"]


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic dXNlcjpwYXNz"])
def test_a_request_without_a_token_is_refused(sandbox: Sandbox, api: httpx.Client, authorization: str | None) -> None:
    del api.headers["Authorization"]
    headers = {} if authorization is None else {"Authorization": authorization}

    detail, challenge = refusal(api.get(USER, headers=headers))

    assert "no bearer token" in detail
    assert "error" not in challenge


def test_an_unknown_token_is_refused(api: httpx.Client) -> None:
    detail, challenge = refusal(api.get(USER, headers={"Authorization": "Bearer forged"}))

    assert "unknown" in detail
    assert 'error="invalid_token"' in challenge


def test_the_scheme_is_read_in_any_case(api: httpx.Client) -> None:
    token = api.headers["Authorization"].removeprefix("Bearer ")

    assert api.get(USER, headers={"Authorization": f"bearer {token}"}).status_code == 200


def test_a_token_expires_after_thirty_minutes(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.advance(1799)
    assert api.get(USER).status_code == 200

    sandbox.advance(1)

    assert "expired" in refusal(api.get(USER))[0]
    assert api.get(USER, headers={"Authorization": f"Bearer {get_token(sandbox)}"}).status_code == 200


def test_time_moves_forward_only(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="-1 seconds"):
        sandbox.advance(-1)


def test_the_clock_can_be_brought() -> None:
    now = [1_700_000_000.0]
    with Sandbox(clock=lambda: now[0]) as sandbox:
        url = f"{sandbox.base_url}/v1/directory-integration/scim/v2{USER}"
        headers = {"Authorization": f"Bearer {get_token(sandbox)}"}
        changed = httpx.put(url, headers=headers, json={"userName": "bjensen"})
        now[0] += 1800
        late = httpx.get(url, headers=headers)

    assert changed.json()["meta"]["lastModified"] == "2023-11-14T22:13:20Z"
    assert late.status_code == 401


def test_reset_takes_time_back() -> None:
    with small_sandbox(clock=lambda: 1_700_000_000.0) as sandbox:
        sandbox.advance(86400)
        sandbox.reset()
        with Wire(sandbox, sandbox.issue_token()) as wire:
            changed = wire.ask("PUT", PREFIX + USER, {"userName": "bjensen", "title": "Changed"})

    assert changed.json["meta"]["lastModified"] == "2023-11-14T22:13:20Z"


def test_tokens_can_be_revoked(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.revoke_tokens()

    assert "revoked" in refusal(api.get(USER))[0]
    assert api.get(USER, headers={"Authorization": f"Bearer {get_token(sandbox)}"}).status_code == 200


def test_a_refused_write_writes_nothing(sandbox: Sandbox, api: httpx.Client) -> None:
    before = sandbox.users
    sandbox.revoke_tokens()

    refusal(api.put(USER, json={"userName": "bjensen"}))

    assert sandbox.users == before


def test_client_credentials_in_a_header_are_not_taken(sandbox: Sandbox) -> None:
    basic = base64.b64encode(f"{sandbox.client_id}:{sandbox.client_secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "audience": "https://api.matillion.com"}
    answer = httpx.post(sandbox.token_url, data=form, headers={"Authorization": f"Basic {basic}"})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


# -- Tokens without the endpoint, and clients of before -----------------------


def test_a_token_can_be_had_without_asking(sandbox: Sandbox, api: httpx.Client) -> None:
    token = sandbox.issue_token()
    sandbox.advance(1799)
    assert api.get(USER, headers={"Authorization": f"Bearer {token}"}).status_code == 200

    sandbox.advance(1)

    assert "expired" in refusal(api.get(USER, headers={"Authorization": f"Bearer {token}"}))[0]
    assert sandbox.token_requests == 1  # that of the fixture


@pytest.mark.parametrize("lifetime", [5, 0.5, 86400])
def test_a_token_lives_as_long_as_wanted(lifetime: float) -> None:
    with small_sandbox(clock=lambda: 1_700_000_000.0) as sandbox, Wire(sandbox) as wire:
        wire.token = sandbox.issue_token(lifetime=lifetime)
        assert wire.ask("GET", PREFIX + USER).status == 200
        sandbox.advance(lifetime - 0.25)
        assert wire.ask("GET", PREFIX + USER).status == 200
        sandbox.advance(0.25)
        assert wire.ask("GET", PREFIX + USER).status == 401


@pytest.mark.parametrize("lifetime", [0, -1])
def test_a_token_may_have_expired_from_the_start(sandbox: Sandbox, api: httpx.Client, lifetime: float) -> None:
    token = sandbox.issue_token(lifetime=lifetime)

    assert "expired" in refusal(api.get(USER, headers={"Authorization": f"Bearer {token}"}))[0]


def test_a_token_for_another_api_is_a_403(sandbox: Sandbox, api: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {sandbox.issue_token(audience='https://elsewhere.example')}"}

    answer = api.get(USER, headers=headers)

    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert answer.json()["status"] == 403
    assert answer.json()["detail"].endswith("its audience must be https://api.matillion.com")
    assert "www-authenticate" not in answer.headers
    sandbox.advance(1800)
    assert "expired" in refusal(api.get(USER, headers=headers))[0]  # which is said first


def test_tokens_differ_and_are_revoked_together(sandbox: Sandbox, api: httpx.Client) -> None:
    tokens = [sandbox.issue_token(), sandbox.issue_token(), api.headers["Authorization"].removeprefix("Bearer ")]
    assert len(set(tokens)) == 3

    sandbox.revoke_tokens()

    for token in tokens:
        assert "revoked" in refusal(api.get(USER, headers={"Authorization": f"Bearer {token}"}))[0]


def test_a_client_from_before_a_reset_is_still_taken(sandbox: Sandbox) -> None:
    before = token_form(sandbox)
    sandbox.reset()
    sandbox.reset()

    assert before["client_id"] != sandbox.client_id
    for form in before, token_form(sandbox):
        token = httpx.post(sandbox.token_url, data=form).raise_for_status().json()["access_token"]
        with Wire(sandbox, token) as wire:
            assert wire.ask("GET", PREFIX + USER).status == 200
    assert sandbox.token_requests == 2


def test_a_client_of_another_sandbox_is_not_taken(sandbox: Sandbox) -> None:
    form = token_form(sandbox, client_id=Sandbox().client_id)

    assert httpx.post(sandbox.token_url, data=form).json()["error"] == "invalid_client"
