"""A sandbox that runs once and is as new for every test, and a plain HTTP client that has a token for it."""

from collections.abc import Iterator

import httpx
import pytest

from maia_scim.sandbox import Sandbox
from tests.sandbox.asked import Directory

AUDIENCE = "https://api.matillion.com"


def token_form(sandbox: Sandbox, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "audience": AUDIENCE,
        **changes,
    }


def get_token(sandbox: Sandbox) -> str:
    token: str = (
        httpx.post(sandbox.token_url, data=token_form(sandbox), verify=False).raise_for_status().json()["access_token"]
    )
    return token


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    base_url = f"{sandbox.base_url}/v1/directory-integration/scim/v2"
    headers = {"Authorization": f"Bearer {get_token(sandbox)}"}
    with httpx.Client(base_url=base_url, headers=headers, verify=False) as client:  # no TLS: half the time of a test
        yield client


@pytest.fixture
def directory() -> Directory:
    """A directory of two users and two groups."""
    return Directory()
