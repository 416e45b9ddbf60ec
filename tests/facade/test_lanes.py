"""Connections of an async client, each in a pool of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from maia_scim import AsyncMaiaScim, BearerToken, lanes
from maia_scim.lanes import Lanes
from tests.support.canary import TOKEN
from tests.support.scripted import Answer, Scripted


class Transport(httpx.AsyncBaseTransport):
    """Answers when it may, and knows how many requests it has at once."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.requests = self.under_way = self.most = 0
        self.closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if request.url.path == "/held":
                await self.go.wait()
            await asyncio.sleep(0)
            if request.url.path == "/fails":
                raise httpx.ReadError("broken")
        finally:
            self.under_way -= 1
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    async def aclose(self) -> None:
        self.closed = True


@pytest.fixture
def made():
    return []


@pytest.fixture
def client(made):
    def make():
        made.append(Transport())
        return made[-1]

    return httpx.AsyncClient(transport=Lanes(make, keep=2))


async def test_one_after_another_goes_over_one_connection(client, made):
    for _ in range(3):
        await client.get("http://127.0.0.1/")

    assert [each.requests for each in made] == [3]


async def test_no_connection_has_two_requests_at_once(client, made):
    await asyncio.gather(*(client.get("http://127.0.0.1/") for _ in range(20)))

    assert {each.most for each in made} == {1}


async def test_as_many_as_are_under_way_and_few_are_kept(client, made):
    """As httpx does: what was opened for a rush is closed after it."""
    requests = [asyncio.ensure_future(client.get("http://127.0.0.1/held")) for _ in range(5)]
    while len(made) < 5:
        await asyncio.sleep(0)
    for each in made:
        each.go.set()
    await asyncio.gather(*requests)

    assert [each.requests for each in made] == [1] * 5
    assert sum(not each.closed for each in made) == 2


async def test_a_connection_whose_answer_is_not_read_is_not_free(client, made):
    async with client.stream("GET", "http://127.0.0.1/"):
        await client.get("http://127.0.0.1/")

    assert [each.requests for each in made] == [1, 1]


async def test_what_fails_or_is_cancelled_is_closed(client, made):
    with pytest.raises(httpx.ReadError):
        await client.get("http://127.0.0.1/fails")
    task = asyncio.ensure_future(client.get("http://127.0.0.1/held"))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await client.get("http://127.0.0.1/")

    assert [each.requests for each in made] == [1, 1, 1]
    assert [each.closed for each in made] == [True, True, False]


async def test_one_whose_answer_is_left_early_is_closed(client, made):
    async with client.stream("GET", "http://127.0.0.1/"):
        pass
    await client.get("http://127.0.0.1/")

    assert [each.closed for each in made] == [True, False]


class KeptAlive(asyncio.Protocol):
    """Answers over one connection as long as somebody asks."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
        self.transport.write(head + b'{"id":"1"}')


@pytest.mark.parametrize("used", [False, True], ids=["new connection", "used connection"])
async def test_a_call_that_is_cancelled_wherever_it_is_stands_in_the_way_of_no_other(used):
    """A pool of httpcore loses a connection that a cancellation meets at the wrong moment, and a lane has but one."""
    server = await asyncio.get_running_loop().create_server(KeptAlive, "127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/dpc"
    async with AsyncMaiaScim(base_url=base_url, auth=BearerToken(TOKEN), timeout=2, retry=None) as client:
        transport: Any = client._http.client._transport
        for rounds in range(30):
            if used:
                await client.users.get("1")
            else:
                await transport.aclose()
            task = asyncio.ensure_future(client.users.get("1"))
            for _ in range(rounds):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

            assert (await client.users.get("1")).id == "1"
    server.close()
    await asyncio.sleep(0.01)  # what is at the other end is closed, too


async def test_one_that_nobody_used_for_long_is_closed(client, made, monkeypatch):
    time = [0.0]
    monkeypatch.setattr(lanes, "monotonic", lambda: time[0])
    async with client.stream("GET", "http://127.0.0.1/") as response:
        await client.get("http://127.0.0.1/")
        await response.aread()
    time[0] = 6.0
    await client.get("http://127.0.0.1/")

    assert [each.closed for each in made] == [False, True]


async def test_all_are_closed_with_the_client(client, made):
    async with client.stream("GET", "http://127.0.0.1/"):
        await client.get("http://127.0.0.1/")
        await client.aclose()

    assert [each.closed for each in made] == [True, True]


async def test_clients_of_our_own_have_them():
    """A collision of requests that begin together in one pool costs each of them another look."""
    with Scripted(lambda _: Answer.of_json({"id": "1"})) as server:
        async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
            await asyncio.gather(*(client.users.get("1") for _ in range(4)))
            transport: Any = client._http.client._transport

    assert isinstance(transport, Lanes)
    assert len(server.received) == 4
