"""The client below HTTP, and as it presents itself."""

from __future__ import annotations

import copy
import pickle
import platform
import socket
from typing import Any

import httpcore
import httpx
import pytest

from maia_scim import SPEC, AsyncMaiaScim, BearerToken, MaiaScim, RateLimit, __version__, errors, network
from maia_scim.models import ScimUser
from tests.facade.clients import AUTH, options
from tests.support.canary import TOKEN
from tests.support.scripted import Answer, Scripted


def test_it_says_who_it_is(run):
    with Scripted(lambda _: Answer.of_json({"id": "1"})) as server:
        run(lambda client: client.users.get("1"), base_url=server.base_url, auth=AUTH)

    [request] = server.received
    spec = f"spec {SPEC.date} {SPEC.sha256[:8]}"
    assert request.headers["User-Agent"] == f"maia-scim/{__version__} ({spec}) python/{platform.python_version()}"


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("kind", [httpx.Client, httpx.AsyncClient])
def test_connections_of_our_own_clients_are_bounded(kind, proxied, monkeypatch):
    """The private places that `network` reaches for are there; if httpx moves them, this fails."""
    if proxied:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    client = kind()
    network.prepare(client, ipv4_only=True)

    direct = client._transport._add() if kind is httpx.AsyncClient else client._transport
    transports = [direct, *(each for each in client._mounts.values() if each)]
    assert len(transports) == 1 + proxied
    for transport in transports:
        backend = transport._pool._network_backend
        assert isinstance(backend, network._Backend)
        assert backend._address == "0.0.0.0"


def test_ipv4_only_goes_out_over_ipv4(run):
    """A name with both addresses, as `localhost` has on most machines, is reached over IPv4."""
    with Scripted(lambda _: Answer.of_json({"id": "1"})) as server:
        base_url = server.base_url.replace("127.0.0.1", "localhost")
        run(lambda client: client.users.get("1"), base_url=base_url, auth=AUTH, ipv4_only=True)

    assert len(server.received) == 1


@pytest.fixture
def ipv6_server():
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6 on loopback")
    with listener:
        yield listener, f"http://[::1]:{listener.getsockname()[1]}/dpc"


def test_ipv4_only_makes_no_connection_over_ipv6(run, ipv6_server):
    listener, base_url = ipv6_server
    listener.settimeout(0.2)

    with pytest.raises(errors.TransportError) as caught:
        run(lambda client: client.users.get("1"), base_url=base_url, auth=AUTH, ipv4_only=True, retry=None)

    assert caught.value.outcome == "not_sent"
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
def test_ipv4_only_is_not_for_a_client_of_the_callers(kind):
    http = httpx.Client() if kind is MaiaScim else httpx.AsyncClient()

    with pytest.raises(errors.ConfigurationError, match=r"local_address='0\.0\.0\.0'"):
        kind("eu1", auth=AUTH, http_client=http, ipv4_only=True)


def test_a_body_that_drips_ends_for_a_client_of_the_callers_too(run):
    with Scripted(lambda _: Answer(200, b" " * 10_000, {}, drip="body")) as server:

        def get(client):
            http = httpx.Client() if isinstance(client, MaiaScim) else httpx.AsyncClient()
            own = type(client)(base_url=server.base_url, auth=AUTH, http_client=http, timeout=0.3, retry=None)
            return own.users.get("1")

        with pytest.raises(errors.TransportError, match="ReadTimeout") as caught:
            run(get, base_url=server.base_url, auth=AUTH)

    assert caught.value.outcome == "unknown"


def test_closing_a_copy_closes_nothing():
    with Scripted(lambda _: Answer.of_json({"id": "1"})) as server, MaiaScim(**options(server)) as client:
        with client.with_options(timeout=1) as copy:
            copy.users.get("1")
        client.users.get("1")

    with pytest.raises(errors.ConfigurationError, match="closed"):
        copy.users.get("1")


@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
def test_options_that_are_none(kind):
    client = kind("eu1", auth=AUTH)

    with pytest.raises(TypeError, match="with_options takes timeout, retry, if_match, guard, not region"):
        client.with_options(region="us1")
    for option in ({"timeout": 0}, {"retry": 3}, {"guard": "no"}):
        with pytest.raises(errors.ConfigurationError):
            client.with_options(**option)
    with pytest.raises(errors.ConfigurationError, match="rate_limit is a int"):
        kind("eu1", auth=AUTH, rate_limit=60)


@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
def test_timeouts_are_there_without_asking(kind):
    timing = kind("eu1", auth=AUTH)._core.timing
    assert (timing.each["connect"], timing.each["read"], timing.whole) == (5.0, 30.0, 30.0)

    timing = kind("eu1", auth=AUTH, timeout=httpx.Timeout(7, connect=None))._core.timing
    assert (timing.each["connect"], timing.each["read"], timing.whole) == (None, 7, None)


def test_our_own_client_keeps_no_cookies_and_the_callers_does(run):
    with Scripted(lambda _: Answer.of_json({"id": "1"}, Set_Cookie="session=1")) as server:

        def twice(client):
            return [client.users.get("1"), client.users.get("1")]

        async def twice_async(client):
            return [await client.users.get("1"), await client.users.get("1")]

        def either(client):
            return twice(client) if isinstance(client, MaiaScim) else twice_async(client)

        run(either, base_url=server.base_url, auth=AUTH)
        assert all("Cookie" not in request.headers for request in server.received)

        http = httpx.AsyncClient() if run.__name__ == "run_async" else httpx.Client()
        http.params = {"tenant": "a"}
        run(either, base_url=server.base_url, auth=AUTH, http_client=http)
        assert server.received[-1].headers["Cookie"] == "session=1"
        assert server.received[-1].path.endswith("?tenant=a")


def test_default_headers_of_a_callers_client_stay_and_ours_win(run):
    with Scripted(lambda request: Answer.of_json(request.json)) as server:
        headers = {"X-Tenant": "a", "Authorization": "Basic x", "user-agent": "mine", "CONTENT-TYPE": "text/plain"}
        kind = httpx.AsyncClient if run.__name__ == "run_async" else httpx.Client
        user = ScimUser(id="1", active=True)
        http = kind(headers=headers)
        run(lambda client: client.users.replace(user), base_url=server.base_url, auth=AUTH, http_client=http)

    received = {name.lower(): value for name, value in server.received[0].headers.items()}
    assert received["x-tenant"] == "a"
    assert received["authorization"] == f"Bearer {TOKEN}"
    assert received["user-agent"].startswith("maia-scim/")
    assert received["content-type"] == "application/json"
    assert received["host"] == server.base_url.split("/")[2]
    assert len(received) == len(server.received[0].headers)


@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_does_not_pickle_or_copy(kind, copied):
    with pytest.raises(TypeError, match=f"a {kind.__name__} does not pickle or copy"):
        copied(kind("eu1", auth=AUTH))


@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
def test_processes_must_be_told_of_a_shared_account(kind):
    limit = RateLimit(redis="redis://127.0.0.1:1")
    with pytest.raises(errors.ConfigurationError, match="account="):
        kind("eu1", auth=BearerToken(lambda: TOKEN), rate_limit=limit)

    kind("eu1", auth=BearerToken(lambda: TOKEN, account="acme"), rate_limit=limit)


async def test_head_and_body_of_a_request_leave_together():
    """In one packet, when the request ends or its answer is read."""
    done: list[object] = []

    class Below:
        async def write(self, buffer, timeout):
            done.append((buffer, timeout))

        async def read(self, size, timeout):
            done.append((size, timeout))
            return b"answer"

        async def start_tls(self, *_):
            return self

    stream = network._AsyncStream(Below())
    for piece in (b"head", b"body", b"", b""):
        await stream.write(piece, 5.0)
    assert done == [(b"headbody", 5.0)]

    await stream.write(b"no end", 5.0)
    assert await stream.read(10, 7.0) == b"answer"
    assert done[1:] == [(b"no end", 7.0), (10, 7.0)]

    await stream.write(b"x" * 65_536, 5.0)  # no more than that is held
    assert done[3:] == [(b"x" * 65_536, 5.0)]
    assert isinstance(await stream.start_tls(None), network._AsyncStream)


class Hasty(httpcore.NetworkBackend, httpcore.NetworkStream):
    """A peer that answers without reading what it is sent, and takes no more of it."""

    def connect_tcp(self, *_: Any, **__: Any) -> Hasty:
        return self

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        raise httpcore.WriteError("broken pipe")

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"

    def close(self) -> None:
        pass

    def get_extra_info(self, info: str) -> Any:
        return None


class AsyncHasty(httpcore.AsyncNetworkBackend, httpcore.AsyncNetworkStream):
    async def connect_tcp(self, *_: Any, **__: Any) -> AsyncHasty:
        return self

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        Hasty().write(buffer)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return Hasty().read(max_bytes)

    async def aclose(self) -> None:
        pass

    def get_extra_info(self, info: str) -> Any:
        return Hasty().get_extra_info(info)


@pytest.mark.parametrize("size", [1, 100_000])
def test_an_answer_counts_though_the_request_could_not_be_written(run, size):
    """What is held must not fail again when the answer is read."""

    def replace(client):
        transport = client._http.client._transport
        if isinstance(client, MaiaScim):
            transport._pool._network_backend._backend = Hasty()
        else:
            transport._add()._pool._network_backend._backend = AsyncHasty()  # that of all
        return client.users.replace(ScimUser(id="1", user_name="x" * size, active=True))

    with pytest.raises(errors.ApiError) as caught:
        run(replace, base_url="http://127.0.0.1:1/dpc", auth=AUTH, retry=None)

    assert (caught.value.status, caught.value.outcome) == (413, "refused")
