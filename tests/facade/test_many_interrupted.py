"""`replace_many`: cancelled, interrupted, or without a thread, it loses no write and keeps no process alive."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time as real
from pathlib import Path
from typing import Any

import pytest

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim
from tests.facade.batches import held, users
from tests.support.canary import TOKEN
from tests.support.scripted import Answer

ROOT = Path(__file__).parents[2]


def signed_in():
    """The environment of a child process that has a token."""
    return {**os.environ, "MAIA_TOKEN": TOKEN}


async def test_a_cancelled_task_waits_for_what_is_on_the_wire(server):
    go = threading.Event()
    server.answer = lambda request: held(request, go)
    told: list[Any] = []

    async def consume():
        async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
            outcomes = client.users.replace_many(users(10), concurrency=2, on_progress=lambda p: told.append(p.last))
            async for _ in outcomes:
                pass

    task = asyncio.create_task(consume())
    while len(server.received) < 2:
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.sleep(0.01)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert {outcome.id for outcome in told} == {"0", "1"}
    assert all(outcome.user for outcome in told)


CTRL_C = """
import sys
from maia_scim import MaiaScim
from maia_scim.limits import Limiter, Slot
from maia_scim.models import ScimUser

told = []
users = (ScimUser(id=str(n), active=True) for n in range(10_000))
with MaiaScim(base_url=sys.argv[1], rate_limit=None) as maia:
    try:
        for outcome in maia.users.replace_many(users, on_progress=lambda progress: told.append(progress.last)):
            print("going", flush=True) if outcome.index == 0 else None
    except KeyboardInterrupt:
        sent = [outcome.id for outcome in told if outcome.user]
        assert all(outcome.user or outcome.error.outcome == "not_sent" for outcome in told)
        print("told", len(told), "sent", len(sent), flush=True)
"""


def test_ctrl_c_loses_no_write(server):
    process = subprocess.Popen(
        [sys.executable, "-c", CTRL_C, server.base_url], cwd=ROOT, env=signed_in(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "going\n"
    process.send_signal(signal.SIGINT)
    last = process.communicate(timeout=30)[0].split()

    assert process.returncode == 0
    assert int(last[3]) == len(server.received) < 10_000
    assert int(last[1]) >= int(last[3])  # those that were not sent are told, too


@pytest.mark.parametrize("started", [True, False])
def test_an_interrupt_while_a_thread_starts_loses_no_write(server, monkeypatch, started):
    class Interrupted(threading.Thread):
        def start(self) -> None:
            ours = self.name == "maia-scim"  # the server has threads, too
            if started or not ours:
                super().start()
            if ours:
                assert not started or arrived.wait(5)
                raise KeyboardInterrupt

    def answer(request):
        arrived.set()
        real.sleep(0.05)
        return Answer.of_json(request.json)

    told: list[Any] = []
    arrived = threading.Event()
    server.answer = answer
    monkeypatch.setattr(threading, "Thread", Interrupted)
    with MaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as maia, pytest.raises(KeyboardInterrupt):
        next(maia.users.replace_many(users(3), on_progress=lambda progress: told.append(progress.last)))

    assert len(server.received) == len([outcome for outcome in told if outcome.user]) == started


INTERRUPTS = """
import _thread, random, threading, time
import httpx
from maia_scim import MaiaScim
from maia_scim.models import ScimUser

sent = []
def answer(request):
    sent.append(1)
    return httpx.Response(200, content=request.content)

http = httpx.Client(transport=httpx.MockTransport(answer))
maia = MaiaScim("eu1", rate_limit=None, http_client=http)
rounds = 0
until = time.monotonic() + 4
while time.monotonic() < until:
    timer = threading.Timer(random.uniform(0.002, 0.02), _thread.interrupt_main)
    try:
        timer.start()
        for _ in maia.users.replace_many(ScimUser(id=str(n), active=True) for n in range(100_000)):
            pass
    except KeyboardInterrupt:
        rounds += 1
    timer.join()
print(rounds)
"""


def test_interrupts_at_any_point_leave_no_thread_waiting():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTS],
        cwd=ROOT,
        env=signed_in(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


UNFINISHED = """
import sys
from maia_scim import MaiaScim
from maia_scim.models import ScimUser

maia = MaiaScim(base_url=sys.argv[1], rate_limit=None)


def main():
    outcomes = maia.users.replace_many([ScimUser(id=str(n), active=True) for n in range(20)])
    for outcome in outcomes:
        outcome.result()
        print("one", flush=True)
        raise KeyError("mine") if sys.argv[2] == "raise" else SystemExit(7)


kept = maia.users.replace_many([ScimUser(id=str(n), active=True) for n in range(20)])
next(kept)
main()
"""


@pytest.mark.parametrize(("way", "code"), [("raise", 1), ("exit", 7)])
def test_a_batch_that_nobody_finishes_keeps_no_process_alive(server, way, code):
    done = subprocess.run(
        [sys.executable, "-c", UNFINISHED, server.base_url, way],
        cwd=ROOT,
        env=signed_in(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (code, "one\n")


def test_a_thread_that_cannot_be_started_hides_nothing(server, monkeypatch):
    started: list[Any] = []
    told: list[Any] = []
    start = threading.Thread.start

    def refuse(thread):
        if thread.name.startswith("maia-scim"):
            started.append(thread)
            if len(started) > 2:
                raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with (
        MaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client,
        pytest.raises(RuntimeError, match="can't start"),
    ):
        list(client.users.replace_many(users(8), on_progress=lambda p: told.append(p.last.id)))

    assert sorted(told)[:2] == ["0", "1"]
    assert len(server.received) <= len(told)
