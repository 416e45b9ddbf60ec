"""The limiter in memory: who shares it, threads and tasks in real time, and its settings."""

from __future__ import annotations

import asyncio
import itertools
import pickle
import threading
import time
from collections import Counter

import pytest

from maia_scim import clock
from maia_scim.errors import ConfigurationError
from maia_scim.limits import Ledger, MemoryLimiter, RateLimit
from tests.limits.memory.turning import Clock, at
from tests.limits.windows import overruns
from tests.support.canary import PASSWORD

# Accounts


def test_clients_of_an_account_share_it_with_their_own_windows(now):
    wide, narrow = (RateLimit(limit).limiter("a") for limit in (10, 5))
    other = RateLimit(5).limiter("b")
    assert all(wide.take(None, paced=False).wait == 0 for _ in range(7))

    assert narrow.take(None, paced=False).wait > 0
    assert other.take(None, paced=False).wait == 0


def test_an_account_is_remembered_while_it_matters(accounts, monkeypatch):
    now = Clock()
    monkeypatch.setattr(clock, "monotonic", now)
    assert RateLimit(1).limiter("used").take(None, paced=False).wait == 0
    RateLimit(1).limiter("told").close(1.0)
    RateLimit(1).limiter("unused")
    kept = RateLimit(1).limiter("kept")

    # Its client is gone, its quota is not back.
    assert RateLimit(1).limiter("used").take(None, paced=False).wait > 0
    assert set(accounts) == {"used", "told", "kept"}
    now.now += 200
    RateLimit().limiter("new")
    assert set(accounts) == {"told", "kept", "new"}
    now.now += 86401
    RateLimit().limiter("newer")
    assert set(accounts) == {"kept", "newer"}
    assert kept.take(None, paced=False).wait == 0


def test_nothing_grows(make, now):
    limiter = make(((10.0, 20), (1.0, 5)))
    for step in range(3000):
        now.now += 0.37
        slot = limiter.take(None, paced=False)
        if slot.wait and step % 3:
            limiter.give_back(slot)  # the others are abandoned

    ledger = limiter.ledger
    assert len(ledger.sent) <= 21
    assert len(ledger.queue) < 60
    assert len(ledger.returned) <= 1


# Threads, tasks and real time


def test_sixteen_threads_are_served_evenly_and_overrun_nothing():
    windows = ((0.5, 40), (0.1, 10))
    limiter = MemoryLimiter(Ledger(), windows, margin=0.02)
    gone: list[tuple[float, int]] = []
    calls = itertools.count()
    start = threading.Barrier(16)

    for _ in range(10):  # so that the first of the threads does not find a whole burst for itself
        assert limiter.take(None, paced=False).wait == 0

    def work(name):
        start.wait(10)
        while next(calls) < 240:
            held = None
            while not held or held.wait:
                if held:
                    time.sleep(held.wait)
                held = limiter.take(held, paced=False)
            gone.append((at(held), name))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    served = Counter(name for _, name in gone)
    assert len(gone) == 240
    assert overruns([at for at, _ in gone], windows) == [0, 0]
    assert min(served.values()) >= 8  # of 15 on average
    assert max(served.values()) <= 30


async def test_tasks_use_the_same_limiter():
    limiter = MemoryLimiter(Ledger(), ((0.2, 10),))
    gone: list[float] = []

    async def call():
        held = await limiter.take_async(None, paced=False)
        while held.wait:
            await asyncio.sleep(held.wait)
            held = await limiter.take_async(held, paced=False)
        gone.append(at(held))

    await asyncio.gather(*(call() for _ in range(35)))
    await limiter.close_async(5.0)

    assert overruns(gone, ((0.2, 10),), 1e-5) == [0]
    assert (await limiter.take_async(None, paced=False)).gated
    await limiter.disconnect_async()


# Settings


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"per_minute": 0}, "per_minute=0: it must be a whole number from 1"),
        ({"per_minute": True}, "per_minute=True"),
        ({"per_minute": 1.5}, "per_minute=1.5"),
        ({"per_second": -1}, "per_second=-1"),
        ({"margin": -0.1}, "margin=-0.1: it must be a number of seconds"),
        ({"margin": float("nan")}, "margin=nan"),
        ({"margin": "1"}, "margin='1'"),
        ({"paced": 1}, "paced=1"),
        ({"if_unreachable": "ignore"}, "if_unreachable='ignore': it must be 'raise' or 'local'"),
        ({"redis": 3}, "redis is a int: pass a URL"),
        ({"redis": f"localhost:{PASSWORD}@x"}, "redis is no URL: it must begin with redis://"),
    ],
)
def test_settings_that_cannot_be_used_say_what_to_do(arguments, told):
    with pytest.raises(ConfigurationError) as caught:
        RateLimit(**arguments)

    assert told in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_settings_become_windows():
    assert RateLimit().windows == ((60.0, 1000),)
    assert RateLimit(None, 5).windows == ((1.0, 5),)
    assert RateLimit(600, 20, margin=1).windows == ((60.0, 600), (1.0, 20))
    assert RateLimit(None).windows == ()


def test_settings_show_and_pickle_no_password():
    limit = RateLimit(600, redis=f"redis://:{PASSWORD}@localhost:6379/0?password={PASSWORD}", if_unreachable="local")

    assert repr(limit) == ("RateLimit(600, None, margin=0.5, paced=False, redis=<URL>, if_unreachable='local')")
    with pytest.raises(TypeError, match="does not pickle"):
        pickle.dumps(limit)
    plain = RateLimit(600, 10, redis="redis://localhost")
    assert pickle.loads(pickle.dumps(plain)) == plain
    assert repr(RateLimit()) == "RateLimit(1000, None, margin=0.5, paced=False)"
