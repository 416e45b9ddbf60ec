"""A connection that breaks while the body is still being sent: nobody knows what the service made of the half."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from maia_scim import BearerToken, patch
from maia_scim.errors import TransportError
from tests.support.canary import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGE = "x" * 2**24
"""Larger than what the buffers of two sockets hold."""
BOUND = 10.0
"""Seconds that no test may take."""


@contextlib.contextmanager
def serving(*, reset: bool) -> Iterator[str]:
    """A service that reads the first bytes of a request, and then resets the connection or reads no more."""
    over = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # the test is over
            with connection, contextlib.suppress(OSError):
                connection.recv(1000)
                if not reset:
                    over.wait(BOUND)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/dpc"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def patched(run: Callable[..., Any], base_url: str, **arguments: Any) -> TransportError:
    given = {"base_url": base_url, "auth": BearerToken(TOKEN), **arguments}
    with pytest.raises(TransportError) as caught:
        run(lambda maia: maia.users.patch("1", patch.replace("title", LARGE)), **given)
    return caught.value


def test_a_write_that_is_broken_off_may_have_been_done(run: Callable[..., Any]) -> None:
    with serving(reset=True) as base_url:
        error = patched(run, base_url)

    assert (error.outcome, error.attempts) == ("unknown", 1)


def test_a_write_that_nobody_reads_may_have_been_done(run: Callable[..., Any]) -> None:
    with serving(reset=False) as base_url:
        error = patched(run, base_url, timeout=httpx.Timeout(0.3))

    assert isinstance(error.__cause__, httpx.WriteTimeout)
    assert (error.outcome, error.attempts) == ("unknown", 1)
