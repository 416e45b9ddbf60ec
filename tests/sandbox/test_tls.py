"""TLS: served, ended, held up, and failing at the handshake."""

import gc
import os
import socket
import ssl
import threading
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from maia_scim.sandbox import Sandbox, faults
from maia_scim.sandbox.exchange import Answer
from maia_scim.sandbox.server import Server
from tests.sandbox.conftest import get_token
from tests.sandbox.life import BJENSEN, refused
from tests.sandbox.wire import SECONDS, Wire, leaving_nothing, server_context, small_sandbox, within_bounds


def test_tls_is_served() -> None:
    with leaving_nothing(), small_sandbox(tls=server_context()) as sandbox:
        for url in (
            sandbox.base_url,
            sandbox.token_url,
            *(sandbox.environment[name] for name in ("MAIA_BASE_URL", "MAIA_TOKEN_URL")),
        ):
            assert url.startswith("https://127.0.0.1:")
        assert sandbox.connection["base_url"] == sandbox.base_url
        assert sandbox.users[BJENSEN.rpartition("/")[2]]["meta"]["location"].startswith(sandbox.base_url)
        headers = {"Authorization": f"Bearer {get_token(sandbox)}"}
        with httpx.Client(verify=False, headers=headers) as client:
            assert client.get(sandbox.base_url + BJENSEN).json()["userName"] == "bjensen"
            assert client.get(sandbox.base_url + BJENSEN).status_code == 200
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            httpx.get(sandbox.base_url + BJENSEN)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(sandbox.base_url.replace("https:", "http:") + BJENSEN)


@pytest.mark.parametrize(
    ("fault", "end"), [(None, "bye"), (faults.Truncated(), "bye"), (faults.Reset(0.5), "cut"), (faults.Reset(), "cut")]
)
def test_a_tls_connection_says_that_it_ends_unless_it_is_reset(fault: faults.Fault | None, end: str) -> None:
    with small_sandbox(tls=server_context()) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        if fault is not None:
            sandbox.inject(fault)
        wire.send("GET", "/dpc" + BJENSEN, Connection="close")
        received, how = wire.rest()
        if end == "bye":  # and the connection ends without a word from the client
            with socket.socket(fileno=os.dup(wire.socket.fileno())) as below:
                below.settimeout(SECONDS)
                assert below.recv(1) == b""

    assert (how if how == "bye" else "cut") == end  # from Python 3.12 on, its ssl module tells an RST, too
    assert received.startswith(b"" if fault == faults.Reset() else b"HTTP/1.1 200 OK\r\n")


def test_a_reset_of_tls_is_one_of_tcp() -> None:
    """The client's ssl module tells no RST from a FIN, its socket does."""
    with small_sandbox(tls=server_context()) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        sandbox.inject(faults.Reset())
        wire.send("GET", "/dpc" + BJENSEN)
        with socket.socket(fileno=os.dup(wire.socket.fileno())) as below:
            below.settimeout(SECONDS)
            with pytest.raises(ConnectionResetError):
                list(iter(lambda: below.recv(65536), b""))


@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize("fails", [False, True])
def test_a_handshake_that_does_not_come_holds_up_nobody(hello: bytes, fails: bool) -> None:
    with leaving_nothing():
        sandbox = small_sandbox(tls=server_context()).start()
        if fails:
            sandbox.inject(faults.TlsFailure())
        with socket.create_connection(("127.0.0.1", urlsplit(sandbox.base_url).port or 0), timeout=SECONDS) as silent:
            silent.sendall(hello)
            if not fails:
                with Wire(sandbox, sandbox.issue_token()) as wire:  # accepted after the silent one
                    assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
            within_bounds(sandbox.close)


def test_a_client_that_leaves_before_the_handshake_leaves_nothing(caplog: pytest.LogCaptureFixture) -> None:
    come, gone = threading.Event(), threading.Event()

    def late() -> bool:
        come.set()
        return not gone.wait(SECONDS)

    with leaving_nothing():
        server = Server(lambda request: Answer(200), 0, server_context(), late)
        server.start()
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as client:
            assert come.wait(SECONDS)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, faults.END_WITH_RESET)
        gone.set()
        within_bounds(server.close)
        gc.collect()  # a socket that was left open would be a ResourceWarning now
    assert caplog.records == []


def test_a_client_that_leaves_when_the_handshake_begins_is_nothing_to_tell_of(caplog: pytest.LogCaptureFixture) -> None:
    come, gone = threading.Event(), threading.Event()

    class Late(ssl.SSLContext):
        def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
            come.set()
            gone.wait(SECONDS)
            return super().wrap_socket(*args, **kwargs)

    with leaving_nothing():
        server = Server(lambda request: Answer(200), 0, Late(ssl.PROTOCOL_TLS_SERVER))
        server.start()
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS):
            assert come.wait(SECONDS)
            server.end_connections()
        gone.set()
        within_bounds(server.close)
    assert caplog.records == []


def test_a_connection_that_ended_is_forgotten() -> None:
    server = Server(lambda request: Answer(200))
    server.start()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert list(iter(lambda: client.recv(65536), b""))
        assert server._connections == set()
        assert len(server._workers) == 1
        server._workers[0].join(SECONDS)
    server.close()


@pytest.mark.parametrize("times", [1, 3])
def test_a_handshake_fails_so_many_times(times: int) -> None:
    with leaving_nothing(), small_sandbox(tls=server_context()) as sandbox:
        token = sandbox.issue_token()
        injection = sandbox.inject(faults.TlsFailure(), times=times)
        for _ in range(times):
            with pytest.raises(ssl.SSLError, match=r"(?i)handshake[ _]failure"):
                Wire(sandbox, token)
        with Wire(sandbox, token) as wire:
            assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
            assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
        assert injection.struck == times
        sandbox.requests.times(2)


def test_a_handshake_that_is_to_fail_ends_open_connections() -> None:
    with small_sandbox(tls=server_context()) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
        for wrong in {"times": 0}, {"on": "users"}:
            with pytest.raises(ValueError, match=r"times must|on must be None for TlsFailure, .*: 'users'"):
                sandbox.inject(faults.TlsFailure(), **wrong)
        assert wire.ask("GET", "/dpc" + BJENSEN).status == 200  # nothing was injected, so nothing ended

        with sandbox.inject(faults.TlsFailure(), times=None):
            assert wire.rest()[0] == b""
            with pytest.raises(ssl.SSLError):
                Wire(sandbox)
        Wire(sandbox).socket.close()


def test_a_handshake_fault_leaves_requests_alone_and_others_leave_the_handshake_alone() -> None:
    with small_sandbox(tls=server_context()) as sandbox:
        status = sandbox.inject(faults.Status(503))
        sandbox.inject(faults.TlsFailure())
        with pytest.raises(ssl.SSLError):
            Wire(sandbox)
        assert status.struck == 0
        with Wire(sandbox) as wire:
            assert wire.ask("GET", "/dpc" + BJENSEN).status == 503


def test_a_failing_handshake_is_plain_to_the_client() -> None:
    with small_sandbox(tls=server_context()) as sandbox:
        sandbox.inject(faults.TlsFailure())
        with socket.create_connection(("127.0.0.1", urlsplit(sandbox.base_url).port or 0), timeout=SECONDS) as client:
            client.sendall(b"\x16\x03\x01\x00\x05hello")
            # The alert and the end, no RST, which would take the alert away on some systems.
            assert b"".join(iter(lambda: client.recv(65536), b"")) == b"\x15\x03\x03\x00\x02\x02\x28"


def test_stopping_is_no_connection_that_a_fault_could_strike() -> None:
    with small_sandbox(tls=server_context()) as sandbox:
        injection = sandbox.inject(faults.TlsFailure())
        with sandbox.refusing_connections():
            pass
    assert injection.struck == 0


def test_a_handshake_fault_needs_tls(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="TlsFailure needs a sandbox that serves TLS"):
        sandbox.inject(faults.TlsFailure())
    with small_sandbox(tls=server_context()).start() as secure:
        secure.close()
        secure.inject(faults.TlsFailure())  # for the next start
        secure.start()
        with pytest.raises(ssl.SSLError):
            Wire(secure)


def test_a_tls_service_can_be_down_too() -> None:
    with leaving_nothing(), small_sandbox(tls=server_context()) as sandbox:
        with Wire(sandbox, sandbox.issue_token()) as wire, sandbox.refusing_connections():
            assert wire.rest()[0] == b""
            assert refused(sandbox.base_url)
        with Wire(sandbox, wire.token) as wire:
            assert wire.ask("GET", "/dpc" + BJENSEN).status == 200


def test_a_context_for_clients_serves_nobody() -> None:
    with pytest.raises(ValueError, match="tls is a context for clients"):
        Sandbox(tls=ssl.create_default_context())
