"""The limiter in redis and the clients that it reaches redis with."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from pathlib import Path

import pytest

from maia_scim import limits_redis
from maia_scim.errors import ConfigurationError
from maia_scim.limits import RateLimit, Slot
from maia_scim.processwide import ProcessWide
from tests.limits.redis.asking import count, take
from tests.limits.server import Server, free_port, needs_server
from tests.support.canary import PASSWORD


@needs_server
def test_limiters_of_a_process_are_one_peer(redis, monkeypatch):
    monkeypatch.setattr(limits_redis, "_links", ProcessWide(limits_redis._Link, limits_redis._forgotten))
    settings = RateLimit(10, redis=redis.url)
    for limiter in (settings.limiter("a"), settings.limiter("a"), settings.limiter("b")):
        take(limiter)
        limiter.disconnect()

    assert [redis.client().zcard(name) for name in redis.client().keys("*:peers")] == [1, 1]
    assert len(limits_redis._links) == 2


@needs_server
@pytest.mark.parametrize("decoded", [False, True])
def test_a_client_of_the_callers_is_used_and_left_open(redis, make, decoded):
    client = redis.client(decode_responses=decoded)
    limiter = make(client)
    slots = [take(limiter) for _ in range(4)]
    limiter.disconnect()

    assert [bool(slot.wait) for slot in slots] == [False, False, False, True]
    assert client.ping()
    client.close()


@needs_server
async def test_an_async_client_of_the_callers_is_used(redis, make):
    import redis.asyncio as aredis

    async with aredis.Redis(port=redis.port) as client:
        limiter = make(client)
        slots = [await limiter.take_async(None, paced=False) for _ in range(4)]
        await limiter.close_async(5.0)
        gated = await limiter.take_async(slots[3], paced=False)
        await limiter.disconnect_async()
        assert await client.ping()

    assert [bool(slot.wait) for slot in slots] == [False, False, False, True]
    assert gated.gated
    with pytest.raises(ConfigurationError, match=r"pass a redis\.Redis to MaiaScim, or a URL"):
        take(limiter)
    with pytest.raises(ConfigurationError, match=r"pass a redis\.Redis"):
        limiter.close(1.0)


@needs_server
async def test_a_sync_client_does_not_serve_async_callers(redis, make):
    client = redis.client()
    limiter = make(client)
    with pytest.raises(ConfigurationError, match=r"pass a redis\.asyncio\.Redis to AsyncMaiaScim, or a URL"):
        await limiter.take_async(None, paced=False)
    client.close()


@needs_server
def test_a_url_serves_sync_callers_and_any_event_loop(redis, make):
    limiter = make(redis.url, ((60.0, 5),))

    async def some() -> list[float]:
        slots = await asyncio.gather(*(limiter.take_async(None, paced=False) for _ in range(2)))
        await limiter.disconnect_async()
        return [slot.wait for slot in slots]

    assert asyncio.run(some()) == [0, 0]
    assert asyncio.run(some()) == [0, 0]
    assert take(limiter).wait == 0
    limiter.disconnect()
    assert take(limiter).wait > 0
    gc.collect()  # no connection was left open


@needs_server
def test_a_cancelled_task_leaves_no_reservation_and_no_connection_behind(redis, make):
    limiter = make(redis.url, ((60.0, 5),))

    async def some():
        for delay in (0, 0, 1e-4, 2e-4, 5e-4, 1e-3) * 5:
            tasks = [asyncio.ensure_future(limiter.take_async(None, paced=False)) for _ in range(12)]
            await asyncio.sleep(delay)
            for task in tasks:
                task.cancel()
            for slot in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(slot, Slot):
                    limiter.give_back(slot)
        wait = (await limiter.take_async(None, paced=False)).wait
        await limiter.disconnect_async()
        return wait

    assert asyncio.run(some()) == 0
    assert count(redis, "sent") == 1
    assert count(redis, "queue") == 0


@needs_server
def test_many_threads_open_few_connections(redis, make):
    from concurrent.futures import ThreadPoolExecutor

    limiter = make(redis.url, ((60.0, 1000),))
    with ThreadPoolExecutor(40) as pool:
        waits = [slot.wait for slot in pool.map(lambda _: take(limiter), range(400))]

    assert set(waits) == {0}
    assert redis.client().info("clients")["connected_clients"] <= 8 + 2


@needs_server
def test_the_keys_of_a_step_are_in_one_slot_of_a_cluster(tmp_path, make):
    import redis.cluster

    server = Server(tmp_path, "--cluster-enabled", "yes")
    while server.port > 55000:  # its bus listens 10,000 ports above
        server.port = free_port()
    server.start()
    try:
        server.client().execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        deadline = time.monotonic() + 10
        while b"cluster_state:ok" not in server.client().execute_command("CLUSTER", "INFO"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        client = redis.cluster.RedisCluster(host="127.0.0.1", port=server.port)
        limiter = make(client)

        assert [bool(take(limiter).wait) for _ in range(4)] == [False, False, False, True]
        client.close()
    finally:
        server.kill()


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:{PASSWORD}@localhost:port/0",
        f"redis://:{PASSWORD}@localhost?nonsense=1",
        f"redis://localhost?db={PASSWORD}",
    ],
    ids=["port", "option", "database"],
)
def test_a_url_that_redis_py_does_not_take_is_refused_at_once(url):
    with pytest.raises(ConfigurationError, match="check host, port, database and options") as caught:
        RateLimit(redis=url).limiter("a")
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


def test_without_redis_py_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis.exceptions", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'maia-scim\[redis\]'"):
        RateLimit(redis="redis://localhost").limiter("a")


def test_limits_import_neither_redis_nor_asyncio():
    import subprocess

    code = "import maia_scim.limits_redis; print(sorted({'redis', 'asyncio'} & set(sys.modules)))"
    package = (
        "import sys, types; p = types.ModuleType('maia_scim'); p.__path__ = sys.argv[1:]; sys.modules[p.__name__] = p;"
    )
    folder = Path(limits_redis.__file__).parent
    done = subprocess.run([sys.executable, "-c", package + code, folder], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
