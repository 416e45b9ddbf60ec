"""Arguments, then MAIA_*, then MATILLION_*: where the service is and who calls it."""

from __future__ import annotations

import pytest

from maia_scim import AsyncMaiaScim, BearerToken, ClientCredentials, MaiaScim, Region
from maia_scim.errors import ConfigurationError
from tests.support.canary import CLIENT_SECRET, PASSWORD, TOKEN

EU1 = "https://eu1.api.matillion.com/dpc"
US1 = "https://us1.api.matillion.com/dpc"
AUTH = BearerToken(TOKEN)


@pytest.fixture(params=[MaiaScim, AsyncMaiaScim])
def kind(request):
    return request.param


def place(client):
    return client._core.place


def test_regions_are_the_servers_of_the_specification():
    assert {region.name: region.url for region in Region} == {"EU1": EU1, "US1": US1}


@pytest.mark.parametrize("region", [Region.EU1, "EU1", "eu1", " Eu1 ", "eu", "EU"])
def test_region_as_member_or_text_in_any_case(kind, region):
    assert place(kind(region, auth=AUTH)) == (EU1, Region.EU1)


@pytest.mark.parametrize("region", ["au1", "", "e", "https://eu1.api.matillion.com/dpc"])
def test_unknown_region(kind, region):
    with pytest.raises(ConfigurationError, match=r"'eu1' or 'us1', or base_url="):
        kind(region, auth=AUTH)


@pytest.mark.parametrize(
    "base_url",
    [EU1, EU1 + "/", EU1 + "/v1", EU1 + "/v1/", f" {EU1} "],
    ids=["plain", "slash", "v1", "v1-slash", "space"],
)
def test_base_url_of_a_region_is_that_region(kind, base_url):
    assert place(kind(base_url=base_url, auth=AUTH)) == (EU1, Region.EU1)


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8000/dpc", "http://localhost:1", "http://[::1]:8", "https://x.example"]
)
def test_other_base_urls(kind, base_url):
    assert place(kind(base_url=base_url, auth=AUTH)) == (base_url, None)


@pytest.mark.parametrize(
    ("base_url", "why"),
    [
        ("http://eu1.api.matillion.com/dpc", "only https://"),
        ("http://127.example.com", "only https://"),
        ("eu1.api.matillion.com/dpc", "not an absolute https:// URL"),
        ("ftp://x.example", "not an absolute https:// URL"),
        (f"https://me:{PASSWORD}@x.example", "user or password"),
        (f"https://x.example/?a={TOKEN}", "query"),
        (f"https://x.example:port/{TOKEN}", "not a URL"),
        ("", "not an absolute https:// URL"),
    ],
    ids=["http", "http-loopback-lookalike", "no-scheme", "ftp", "password", "query", "no-url", "empty"],
)
def test_base_urls_that_cannot_be_used(kind, base_url, why):
    with pytest.raises(ConfigurationError, match=why) as caught:
        kind(base_url=base_url, auth=AUTH)

    assert PASSWORD not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_region_and_base_url_together_are_refused(kind):
    with pytest.raises(ConfigurationError, match="pass one of them"):
        kind("eu1", base_url=EU1, auth=AUTH)


@pytest.mark.parametrize(
    ("environment", "arguments", "address"),
    [
        ({"MAIA_REGION": "us1"}, {}, US1),
        ({"MAIA_BASE_URL": "https://x.example"}, {}, "https://x.example"),
        ({"MAIA_BASE_URL": "https://x.example", "MAIA_REGION": "us1"}, {}, "https://x.example"),
        ({"MAIA_REGION": "us1", "MATILLION_API_URL": "https://x.example/dpc/v1"}, {}, US1),
        ({"MATILLION_API_URL": "https://x.example/dpc/v1", "MATILLION_REGION": "us"}, {}, "https://x.example/dpc"),
        ({"MATILLION_REGION": "us"}, {}, US1),
        ({"MAIA_REGION": "", "MATILLION_REGION": "us"}, {}, US1),
        ({"MAIA_BASE_URL": "https://x.example"}, {"region": "eu1"}, EU1),
        ({"MAIA_REGION": "us1"}, {"base_url": "https://x.example"}, "https://x.example"),
    ],
)
def test_precedence_of_places(kind, monkeypatch, environment, arguments, address):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert place(kind(auth=AUTH, **arguments)).base_url == address


def test_no_place_names_what_to_set(kind):
    with pytest.raises(ConfigurationError, match=r"region= .* or base_url=, or set MAIA_REGION or MAIA_BASE_URL"):
        kind(auth=AUTH)


def test_a_wrong_variable_is_named(kind, monkeypatch):
    monkeypatch.setenv("MAIA_REGION", "mars")

    with pytest.raises(ConfigurationError, match="MAIA_REGION 'mars' is unknown"):
        kind(auth=AUTH)


PAIR = {"MAIA_CLIENT_ID": "maia-id", "MAIA_CLIENT_SECRET": CLIENT_SECRET}
OLD_PAIR = {"MATILLION_CLIENT_ID": "old-id", "MATILLION_CLIENT_SECRET": f"{CLIENT_SECRET}-old"}


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        (PAIR, "ClientCredentials(client_id='maia-id'"),
        (OLD_PAIR, "ClientCredentials(client_id='old-id'"),
        ({**PAIR, **OLD_PAIR}, "ClientCredentials(client_id='maia-id'"),
        ({**PAIR, "MAIA_TOKEN": TOKEN}, "BearerToken(***)"),
        ({**PAIR, "MAIA_TOKEN_URL": "https://id.example/t"}, "token_url='https://id.example/t'"),
        ({**PAIR, "MATILLION_TOKEN_URL": "https://old.example/t"}, "token_url='https://old.example/t'"),
        (PAIR, "token_url='https://id.core.matillion.com/oauth/dpc/token'"),
    ],
)
def test_credentials_of_the_environment(kind, monkeypatch, environment, shown):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    client = kind("eu1")

    assert shown in repr(client)
    assert CLIENT_SECRET not in repr(client)
    assert TOKEN not in repr(client)


def test_the_environment_is_read_in_the_constructor_only(kind, monkeypatch):
    monkeypatch.setenv("MAIA_REGION", "us1")
    client = kind(auth=AUTH)
    monkeypatch.setenv("MAIA_REGION", "eu1")

    assert place(client).base_url == US1


@pytest.mark.parametrize(("there", "missing"), [tuple(PAIR), tuple(PAIR)[::-1], tuple(OLD_PAIR), tuple(OLD_PAIR)[::-1]])
def test_half_a_pair_names_the_other_half(kind, monkeypatch, there, missing):
    monkeypatch.setenv(there, CLIENT_SECRET)

    with pytest.raises(ConfigurationError, match=f"{there} is set and {missing} is not") as caught:
        kind("eu1")

    assert CLIENT_SECRET not in str(caught.value)


def test_no_credentials_names_what_to_set(kind):
    with pytest.raises(ConfigurationError, match="MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, or MAIA_TOKEN"):
        kind("eu1")


def test_auth_of_another_kind_is_refused(kind):
    for auth in (TOKEN, 7, BearerToken):
        with pytest.raises(ConfigurationError, match=r"auth is no token source but .*: pass ClientCredentials"):
            kind("eu1", auth=auth)


@pytest.mark.parametrize("timeout", [0, -1, None, "30", (5, 30), float("nan"), float("inf")])
def test_timeout_must_be_positive(kind, timeout):
    with pytest.raises(ConfigurationError, match="above 0"):
        kind("eu1", auth=AUTH, timeout=timeout)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"client_id": "", "client_secret": CLIENT_SECRET}, "client_id is empty"),
        ({"client_id": "x", "client_secret": ""}, "client_secret is empty"),
        (
            {"client_id": "x", "client_secret": CLIENT_SECRET, "token_url": "http://id.example/t"},
            "token_url is http://id.example",
        ),
    ],
    ids=["client_id", "client_secret", "token_url"],
)
def test_client_credentials_that_cannot_be_used(arguments, why):
    with pytest.raises(ConfigurationError, match=why):
        ClientCredentials(**arguments)


def test_repr_shows_region_and_address(kind):
    where = f"region='EU1', base_url='{EU1}'"
    limit = "rate_limit=RateLimit(1000, None, margin=0.5, paced=False)"
    assert repr(kind("eu1", auth=AUTH)) == f"{kind.__name__}({where}, auth=BearerToken(***), {limit})"


@pytest.mark.parametrize(
    "proxy",
    [f"http://user:{PASSWORD}#x@proxy.example", f"http://user:{PASSWORD}/x@proxy.example:1"],
    ids=["fragment", "path"],
)
def test_a_proxy_that_cannot_be_read_shows_no_password(monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="check the proxy") as caught:
        MaiaScim("eu1", auth=AUTH)

    assert PASSWORD not in str(caught.value)
