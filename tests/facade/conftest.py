"""Time that no test has to wait for: a sleep is written down and moves the clock."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time as real
from pathlib import Path

import pytest

from maia_scim import clock, limits
from tests.facade.batches import take_async, take_sync
from tests.support.scripted import Answer, Scripted


class Time:
    """The clock of the facade. `slept` has the waits, in seconds; `held` makes them real."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.ahead = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return real.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.ahead += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)
        await asyncio.sleep(0)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.sleep(seconds)
        return event.is_set()

    async def wait_async(self, event: asyncio.Event, seconds: float) -> bool:
        await self.sleep_async(seconds)
        return event.is_set()


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    limits._ledgers.clear()  # a port may be that of an earlier test's server, whose gate is closed
    time = Time()
    for name in ("monotonic", "sleep", "sleep_async", "wait", "wait_async"):
        monkeypatch.setattr(clock, name, getattr(time, name))
    return time


@pytest.fixture
def tls_server():
    """The address of a TLS server with a certificate that nobody signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).parents[1] / "support" / "self_signed.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return  # the test is over
                with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/dpc"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.fixture
def server():
    """A service that gives back what it is sent."""
    with Scripted(lambda request: Answer.of_json(request.json)) as server:
        yield server


@pytest.fixture(params=[take_sync, take_async], ids=["sync", "async"])
def take(request):
    """Takes outcomes of a batch, with each of the clients."""
    return request.param
