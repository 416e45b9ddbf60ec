"""What the facade sends and what the sandbox answers is what the vendor's specification says."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from ruamel.yaml import YAML

from maia_scim import AsyncMaiaScim, MaiaScim, errors
from maia_scim.models import Email, Meta, ScimUser
from maia_scim.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
VENDORED = YAML(typ="safe").load(ROOT / "openapi" / "public-api-endpoint-reference.yaml")
OVERLAID = json.loads((ROOT / "generated" / "openapi.json").read_text(encoding="utf-8"))
BARBARA = "2819c223-7f76-453a-919d-413861904646"


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


def exchange(sandbox, kind, user, **arguments):
    """Replace a user; give the API's request and answer, and the error there was."""
    seen = []

    def keep(response):
        response.read()
        seen.append(response)

    async def keep_async(response):
        await response.aread()
        seen.append(response)

    async def replace():
        async with (
            httpx.AsyncClient(event_hooks={"response": [keep_async]}) as http,
            AsyncMaiaScim(**sandbox.connection, http_client=http) as maia,
        ):
            await maia.users.replace(user, **arguments)

    try:
        if kind is AsyncMaiaScim:
            asyncio.run(replace())
        else:
            with (
                httpx.Client(event_hooks={"response": [keep]}) as http,
                MaiaScim(**sandbox.connection, http_client=http) as maia,
            ):
                maia.users.replace(user, **arguments)
    except errors.MaiaError as error:
        return seen[-1], error
    return seen[-1], None


def validate(specification, response, sandbox):
    """Check a request and its answer as if they had gone to the first server of the specification."""
    server = specification["servers"][0]["url"]
    path = response.request.url.raw_path.decode().removeprefix(urlsplit(sandbox.base_url).path)
    request = MockRequest(
        server.removesuffix(urlsplit(server).path),
        response.request.method.lower(),
        urlsplit(server).path + path,
        headers=dict(response.request.headers),
        data=response.request.content,
        content_type=response.request.headers["content-type"],
    )
    answer = MockResponse(
        response.content,
        status_code=response.status_code,
        headers=dict(response.headers),
        content_type=response.headers["content-type"],
    )
    # openapi-core knows application/json only, not its +json kin.
    openapi = OpenAPI.from_dict(
        specification, config=Config(extra_media_type_deserializers={"application/problem+json": json.loads})
    )
    openapi.validate_request(request)
    openapi.validate_response(request, answer)


FULL = ScimUser(
    id=BARBARA, user_name="bjensen", active=True, emails=[Email(value="b@example.com")], meta=Meta(resource_type="User")
)


@pytest.mark.parametrize("specification", [VENDORED, OVERLAID], ids=["vendored", "overlaid"])
@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
@pytest.mark.parametrize(
    ("user", "arguments", "status"),
    [
        (FULL, {}, 200),
        (ScimUser(id=BARBARA, user_name="bjensen"), {"guard": "off"}, 200),
        (FULL, {"id": "nobody"}, 404),
        (ScimUser(id=BARBARA, active=True), {}, 400),
    ],
    ids=["full", "least", "unknown", "without-user-name"],
)
def test_replace_is_as_the_specification_says(sandbox, specification, kind, user, arguments, status):
    response, error = exchange(sandbox, kind, user, **arguments)

    assert response.status_code == status
    assert (error is None) == (status == 200)
    validate(specification, response, sandbox)


def test_every_user_of_the_sandbox_goes_through(sandbox):
    for body in sandbox.users.values():
        response, error = exchange(sandbox, MaiaScim, ScimUser.from_dict(body))

        assert error is None
        validate(VENDORED, response, sandbox)


def test_what_only_the_overlays_tell_of(sandbox):
    """401 and 412 are not in the vendor's specification; the overlay brings the first."""
    with Sandbox() as other:
        strange = other.connection["auth"]
        sandbox_of_other_tokens = {**sandbox.connection, "auth": strange}
        with MaiaScim(**sandbox_of_other_tokens) as maia, pytest.raises(errors.AuthenticationError):
            maia.users.replace(FULL)

    with MaiaScim(**sandbox.connection) as maia, pytest.raises(errors.PreconditionFailed):
        maia.users.replace(FULL, if_match='W/"stale"')


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.pop("meta"),
        lambda body: body.update(active="yes"),
        lambda body: body.update(emails={"value": "b@example.com"}),
    ],
    ids=["no-meta", "active-as-text", "emails-as-object"],
)
def test_the_check_itself_refuses_what_is_not_in_the_specification(sandbox, change):
    response, _ = exchange(sandbox, MaiaScim, FULL)
    body = json.loads(response.request.content)
    change(body)
    headers = {name: value for name, value in response.request.headers.items() if name != "content-length"}
    response.request = httpx.Request("PUT", response.request.url, headers=headers, json=body)

    with pytest.raises(OpenAPIError):
        validate(VENDORED, response, sandbox)
