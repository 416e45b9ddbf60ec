"""What the vendor's API is not known to have, and what breaks inside."""

import httpx
import pytest

from maia_scim.sandbox import Sandbox
from tests.sandbox.vendor import GROUP, problem
from tests.sandbox.wire import BJENSEN


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/Users", 405, "POST"),
        ("GET", '/Users?filter=userName eq "bjensen"', 405, "POST"),
        ("PUT", "/Users", 405, "POST"),
        ("DELETE", BJENSEN, 405, "GET, PUT, PATCH"),
        ("POST", BJENSEN, 405, "GET, PUT, PATCH"),
        ("OPTIONS", BJENSEN, 405, "GET, PUT, PATCH"),
        ("HEAD", BJENSEN, 405, "GET, PUT, PATCH"),
        ("TRACE", BJENSEN, 405, "GET, PUT, PATCH"),
        ("HEAD", "/Schemas", 404, None),
        ("DELETE", GROUP, 405, "GET, PUT, PATCH"),
        ("GET", "/Groups", 404, None),
        ("POST", "/Groups", 404, None),
        ("GET", "/ServiceProviderConfig", 404, None),
        ("GET", "/Schemas", 404, None),
        ("GET", "/ResourceTypes", 404, None),
        ("POST", "/Bulk", 404, None),
        ("POST", "/.search", 404, None),
        ("POST", "/Users/.search", 405, "GET, PUT, PATCH"),
        ("GET", "/Users/.search", 404, None),
        ("GET", "/Me", 404, None),
        ("GET", "/", 404, None),
        ("GET", "/Users/", 404, None),
        ("GET", BJENSEN + "/", 404, None),
        ("GET", BJENSEN + "/emails", 404, None),
        ("GET", BJENSEN + ".scim", 404, None),
        ("GET", "/users/2819c223-7f76-453a-919d-413861904646", 404, None),
    ],
)
def test_what_the_vendor_is_not_known_to_have(
    api: httpx.Client, method: str, path: str, status: int, allowed: str | None
) -> None:
    answer = api.request(method, str(api.base_url).rstrip("/") + path)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get("allow") == allowed


def test_query_parameters_of_scim_are_not_known(api: httpx.Client) -> None:
    assert api.get(BJENSEN, params={"attributes": "title"}).json() == api.get(BJENSEN).json()


@pytest.mark.parametrize("path", ["/", "/dpc", "/dpc/v1/projects", "/oauth/dpc/token/"])
def test_other_paths_are_a_bare_404(sandbox: Sandbox, path: str) -> None:
    answer = httpx.get(sandbox.base_url.removesuffix("/dpc") + path)

    assert (answer.status_code, answer.content) == (404, b"")
    assert sandbox.requests == []


def test_what_breaks_inside_is_a_500_without_details(
    sandbox: Sandbox, api: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("maia_scim.sandbox.plain.PlainDirectory.perform", broken)

    content = problem(api.get(BJENSEN), 500)

    assert "a bug" not in repr(content)
    assert "a bug" in caplog.text
