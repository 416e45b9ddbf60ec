"""Frames of errors: none that an error leads to holds a secret, wherever it is raised."""

import httpx
import pytest

from maia_scim import auth, config
from maia_scim.errors import ConfigurationError
from maia_scim.transport import Http
from tests.support.canary import CLIENT_SECRET, PASSWORD, TOKEN

# What a frame holds, tests/support/canary_watch.py looks for; a frame of the test is not among them.
URL = f"https://somebody:{PASSWORD}@maia.example/dpc"


def frames(error):
    """The functions that an error and all that it came from lead to, below the test."""
    found, todo = [], [error]
    while todo:
        link = todo.pop()
        trace = link.__traceback__
        while trace is not None:
            found.append(trace.tb_frame.f_code.co_name)
            trace = trace.tb_next
        todo += [each for each in (link.__cause__, link.__context__) if each is not None]
    return found[1:]


@pytest.mark.parametrize(
    "call",
    [
        lambda: config.find_place(None, URL),
        lambda: config.check_url(URL, "base_url"),
        lambda: config.find_place("eu1", URL),
    ],
    ids=["place", "url", "both"],
)
def test_an_address_with_a_password(call):
    with pytest.raises(ConfigurationError) as caught:
        call()

    assert frames(caught.value)[-1] == "discreetly"
    assert caught.value.__context__ is None


@pytest.mark.parametrize("secret", ["MAIA_CLIENT_SECRET", "MATILLION_CLIENT_SECRET"])
def test_half_of_a_pair(secret, monkeypatch):
    monkeypatch.setenv(secret, CLIENT_SECRET)
    with pytest.raises(ConfigurationError, match=f"{secret} is set and") as caught:
        auth.find_auth()

    assert frames(caught.value) == ["discreetly"]


def test_a_variable_with_a_password(monkeypatch):
    monkeypatch.setenv("MAIA_BASE_URL", URL)
    monkeypatch.setenv("MAIA_TOKEN_URL", URL)
    monkeypatch.setenv("MAIA_TOKEN", TOKEN)
    for call in (lambda: config.find_place(None, None), config.find_token_url):
        with pytest.raises(ConfigurationError, match="holds a user or password") as caught:
            call()

        assert frames(caught.value)[-1] == "discreetly"


@pytest.mark.parametrize("kind", [httpx.Client, httpx.AsyncClient])
@pytest.mark.parametrize("scheme", ["ftp", "http"])
def test_a_proxy_with_a_password(scheme, kind, monkeypatch):
    host = "x.example" if scheme == "ftp" else "x.example:port"
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://somebody:{PASSWORD}@{host}")
    with pytest.raises(ConfigurationError, match="no HTTP client can be made") as caught:
        Http(kind, None)

    assert caught.value.__context__ is None, "the frames of httpx hold the address"
    assert frames(caught.value) == ["__init__", "_open"]
