"""Requests that are made without `client.build_request`: what goes over the wire is the same, byte for byte."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import h11
import httpcore
import httpx
import pytest

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, errors, network, outgoing
from maia_scim.outgoing import Outgoing
from maia_scim.transport import Http, Request
from tests.support.canary import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = "http://127.0.0.1:8080/dpc"
BASES = [
    BASE,
    "http://127.0.0.1:8080",
    "http://[::1]:8080/dpc",
    "HTTPS://API.Example/Dpc",
    "https://api.example:443",
    "https://api.example:8443/a/b",
    "https://user:pa%20ss@api.example/dpc",
    "https://bücher.example/dpc",
    "https://api.example/a/../b/./c",
    "https://api.example/ü b/%2f%zz",
]
IDS = ["1", "a-B_9", "x" * 199, "x" * 300, "%41", "a%2Fb", "ü", "a b", "..", ".", "a.b", "a;b", "?x=1", "#y", "a:b@c"]
REQUESTS = [
    *((method, content) for method in ("GET", "DELETE") for content in (None, b"", b"{}")),
    *((method, content) for method in ("PUT", "POST", "PATCH") for content in (None, b"", b'{"a": "\xc3\xa9"}')),
    ("PUT", b"x" * 200_000),
    ("put", b"{}"),
]
OWN = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "Authorization": "Bearer a",
    "If-Match": 'W/"1"',
}
TIMEOUTS: dict[str, float | None] = {"connect": 1.0, "read": 1.0, "write": 1.0, "pool": 1.0}


def changed(request: httpx.Request) -> None:
    """A hook that looks at a request and changes it."""
    request.headers["X-Length"] = str(len(request.content))
    request.headers["AUTHORIZATION"] = "Bearer changed"
    del request.headers["Accept"]


CLIENTS: dict[str, Callable[[], httpx.Client]] = {
    "own": lambda: Http(httpx.Client, None).client,
    "plain": httpx.Client,
    "twice": lambda: httpx.Client(headers=[("X-A", "1"), ("x-a", "2"), ("X-A", "3")]),
    "latin": lambda: httpx.Client(headers=[(b"X-A", b"\xe9")]),
    "cases": lambda: httpx.Client(headers={"authorization": "Basic x", "CONTENT-TYPE": "text/plain"}),
    "host": lambda: httpx.Client(headers={"host": "elsewhere.example"}),
    "length": lambda: httpx.Client(headers={"Content-Length": "2"}),
    "chunked": lambda: httpx.Client(headers={"transfer-encoding": "chunked"}),
    "cookies": lambda: httpx.Client(cookies={"session": "1"}),
    "params": lambda: httpx.Client(params={"tenant": "a b"}),
    "base_url": lambda: httpx.Client(base_url="https://elsewhere.example/x/"),
    "hook": lambda: httpx.Client(event_hooks={"request": [changed]}),
}


class Wire(httpcore.NetworkBackend, httpcore.NetworkStream):
    """A network that writes down who is spoken to, and what is said."""

    def __init__(self) -> None:
        self.peers: list[object] = []
        self.written = b""

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> Wire:
        self.peers.append((host, port))
        return self

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Wire:
        self.peers.append(server_hostname)
        return self

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.written += buffer

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"

    def close(self) -> None:
        pass

    def get_extra_info(self, info: str) -> Any:
        return None


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def said(client: httpx.Client, request: httpx.Request) -> object:
    wire = Wire()
    transport: Any = client._transport
    if isinstance(transport._pool._network_backend, network._Backend):  # of a client of our own
        transport._pool._network_backend._backend = wire
    else:
        transport._pool._network_backend = wire
    try:
        client.send(request, auth=None, follow_redirects=False)
    except (httpx.HTTPError, h11.ProtocolError) as error:  # a length that is not that of the body
        return wire.peers, type(error), str(error)
    return wire.peers, wire.written


def check(client: httpx.Client, maker: Outgoing, method: str, url: str, content: bytes | None) -> None:
    built = maker.build(Request(method, url, OWN, content), TIMEOUTS)
    stock = client.build_request(method, url, headers=OWN, content=content, extensions={"timeout": TIMEOUTS})

    assert (built.method, built.url, str(built.url), built.url.raw_path, built.content, built.extensions) == (
        *(stock.method, stock.url, str(stock.url), stock.url.raw_path, stock.content, stock.extensions),
    )
    assert built.headers.raw == stock.headers.raw
    assert said(client, built) == said(client, stock)


@pytest.mark.parametrize("kind", ["own", "plain"])
@pytest.mark.parametrize("base_url", BASES)
def test_every_address(base_url, kind):
    with CLIENTS[kind]() as client:
        maker = Outgoing(client, base_url)
        for id in IDS:
            check(client, maker, "GET", f"{base_url}/v1/scim/v2/Users/{id}", None)
            check(client, maker, "PUT", f"{base_url}/v1/scim/v2/Users/{id}", b"{}")


@pytest.mark.parametrize("kind", CLIENTS)
def test_every_client_and_method(kind):
    with CLIENTS[kind]() as client:
        maker = Outgoing(client, BASE)
        for _ in range(2):  # as the first of its kind, and as one of many
            for method, content in REQUESTS:
                check(client, maker, method, f"{BASE}/v1/Users/1", content)


def test_headers_that_change_between_calls():
    with httpx.Client() as client:
        maker = Outgoing(client, BASE)
        for change in (
            lambda: client.headers.update({"X-Tenant": "a"}),
            lambda: client.headers.update({"X-Tenant": "b"}),
            lambda: client.headers.pop("X-Tenant"),
            lambda: client.headers.update({"Host": "elsewhere.example"}),
            lambda: client.headers.pop("Host"),
            lambda: client.cookies.set("session", "1"),
            client.cookies.clear,
            lambda: setattr(client, "params", {"a": "1"}),
            lambda: setattr(client, "params", {}),
            lambda: setattr(client, "headers", {"User-Agent": "other"}),
        ):
            check(client, maker, "PUT", f"{BASE}/v1/Users/1", b"{}")
            change()
            check(client, maker, "PUT", f"{BASE}/v1/Users/1", b"{}")


def test_what_a_hook_does_to_a_request_is_not_in_the_next():
    with httpx.Client() as client:
        maker = Outgoing(client, BASE)
        first = maker.build(Request("GET", f"{BASE}/v1/Users/1", OWN), TIMEOUTS)
        first.headers["X-Trace"] = "1"
        first.headers["Host"] = "elsewhere.example"
        first.headers.encoding = "utf-8"
        del first.headers["Authorization"]
        first.extensions["sni_hostname"] = "elsewhere.example"

        check(client, maker, "GET", f"{BASE}/v1/Users/1", None)


def test_each_request_of_many_threads_has_its_own_token():
    wrong: list[object] = []
    with httpx.Client() as client:
        maker = Outgoing(client, BASE)

        def work(token: str) -> None:
            own = {**OWN, "Authorization": token}
            for _ in range(300):
                built = maker.build(Request("GET", f"{BASE}/v1/Users/1", own), TIMEOUTS)
                if built.headers["Authorization"] != token:
                    wrong.append(token)

        threads = [threading.Thread(target=work, args=(f"Bearer {number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert wrong == []


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://id.example/oauth/token", "id.example"),
        (f"{BASE}.example/oauth/token", "127.0.0.1:8080"),
        ("http://127.0.0.1:8081/dpc/token", "127.0.0.1:8081"),
    ],
)
def test_a_token_endpoint_gets_its_own_host_and_no_token(url, host):
    with httpx.Client() as client:
        maker = Outgoing(client, BASE)
        maker.build(Request("GET", f"{BASE}/v1/Users/1", OWN), TIMEOUTS)
        asks = Request("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, b"grant_type=x")
        built = maker.build(asks, TIMEOUTS)

    assert built.headers["Host"] == host
    assert str(built.url) == url
    assert "Authorization" not in built.headers


def test_a_token_endpoint_below_the_service_gets_no_token_either():
    with httpx.Client() as client:
        maker = Outgoing(client, BASE)
        maker.build(Request("GET", f"{BASE}/v1/Users/1", OWN), TIMEOUTS)
        built = maker.build(Request("POST", f"{BASE}/oauth/token", {"Accept": "a"}, b"grant_type=x"), TIMEOUTS)
        check(client, maker, "GET", f"{BASE}/v1/Users/1", None)

    assert "Authorization" not in built.headers


@pytest.mark.parametrize("base_url", BASES)
def test_an_address_of_the_service_is_not_parsed_anew(base_url):
    """The private place that `outgoing` reaches for is there; if httpx moves it, this fails."""
    url = Outgoing(httpx.Client(), base_url)._below(f"{base_url}/v1/scim/v2/Users/1")

    assert url is not None
    assert (url, hash(url)) == ((stock := httpx.URL(f"{base_url}/v1/scim/v2/Users/1")), hash(stock))
    assert (url.netloc, url.raw_host, url.userinfo) == (stock.netloc, stock.raw_host, stock.userinfo)


def test_where_httpx_has_no_such_place_all_are_parsed(monkeypatch):
    monkeypatch.setattr(outgoing, "_PARSED", "_gone")
    with httpx.Client() as client:
        maker = Outgoing(client, BASE)

        assert maker._below(f"{BASE}/v1/Users/1") is None
        check(client, maker, "PUT", f"{BASE}/v1/Users/1", b"{}")


@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
@pytest.mark.parametrize(
    "base_url", ["https://☃.example", "https://256.256.256.256", "https://a.example" + "/b" * 40_000]
)
def test_an_address_that_nothing_can_go_to_is_told_at_once(kind, base_url):
    with pytest.raises(errors.ConfigurationError, match="base_url cannot be used"):
        kind(base_url=base_url, auth=BearerToken(TOKEN))
