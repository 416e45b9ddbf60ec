"""A threaded HTTP/1.1 server on loopback whose answers write to the socket themselves."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
from functools import partial
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer, ThreadingTCPServer
from threading import Event, Lock, Thread, current_thread
from typing import TYPE_CHECKING, Any, cast

from maia_scim.sandbox.exchange import Answer, Request, merged, problem

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

HOST = "127.0.0.1"
MAX_BODY = 16 * 2**20
HANDSHAKE_FAILURE = b"\x15\x03\x03\x00\x02\x02\x28"
"""A TLS record: the fatal alert 40 (RFC 8446 §6.2)."""
log = logging.getLogger(__name__)


class _Connection(BaseHTTPRequestHandler):
    """One connection, for as many requests as the client sends over it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    client_address: tuple[str, int]

    def __init__(
        self, answer: Callable[[Request], Answer], connection: socket.socket, address: Any, server: BaseServer
    ) -> None:
        self._answer = answer
        super().__init__(connection, address, server)

    def _respond(self) -> None:
        request = Request(self.command, self.path.partition("?")[0], self._fields(), b"")
        length, refusal = self._length(request)
        if refusal is None:
            body = self.rfile.read(length)
            if len(body) < length:  # the client went away
                self.close_connection = True
                return
            peer = self.client_address[0]
            answer = self._answer(Request(request.method, request.path, request.headers, body, peer))
        else:
            # What follows on the connection is the body that was not read.
            self.close_connection = True
            answer = refusal
        if self.close_connection:
            answer.headers = merged(answer.headers, {"Connection": "close"})
        answer.headers = merged({"Date": self.date_time_string()}, answer.headers)
        if self.command == "HEAD":  # RFC 9110 §9.3.2: what GET would be told, without the body
            self.connection.sendall(answer.head())
        elif not answer.send(self.connection):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_TRACE = _respond  # noqa: N815 (http.server's names)

    def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            fields[key] = f"{fields[key]}, {value}" if key in fields else value
        return fields

    @staticmethod
    def _length(request: Request) -> tuple[int, Answer | None]:
        if "transfer-encoding" in request.headers:
            return 0, problem(request, 411, "The sandbox reads bodies that announce their Content-Length only")
        text = request.headers.get("content-length", "0")
        if not (text.isascii() and text.isdecimal()):
            return 0, problem(request, 400, "The Content-Length is not a number")
        if len(text) > len(str(MAX_BODY)) or int(text) > MAX_BODY:
            return 0, problem(request, 413, f"The body is larger than {MAX_BODY} bytes")
        return int(text), None

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


class Server(ThreadingTCPServer):
    """The listening socket, its thread, and a thread for each connection. It answers once it is started.

    Args:
        answer: what answers a request; called from many threads at once.
        port: the port to listen on; 0 for any free one.
        tls: the certificate to serve TLS with, ``None`` for plain HTTP.
        refuses_tls: tells of a new connection whether its handshake fails.

    Raises:
        OSError: when the port cannot be had.
    """

    daemon_threads = True  # a sandbox that nobody closed must not keep the interpreter alive
    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(
        self,
        answer: Callable[[Request], Answer],
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        refuses_tls: Callable[[], bool] = bool,
    ) -> None:
        self._lock = Lock()
        self._connections: set[socket.socket] = set()
        self._workers: list[Thread] = []
        self._tls = tls
        self._refuses_tls = refuses_tls
        self._listening = Lock()
        self._deaf = True
        self._refusals = 0
        self.closing = Event()
        """Set once the server ends, for whoever waits meanwhile."""
        super().__init__((HOST, port), partial(_Connection, answer))
        self._listener = self._new_listener()

    @property
    def port(self) -> int:
        """The port listened on."""
        return cast("tuple[str, int]", self.server_address)[1]

    def start(self) -> None:
        """Begin to answer."""
        self._deaf = False
        self._listener.start()

    def close(self) -> None:
        """Stop listening, end every connection, and wait for the threads."""
        with self._listening:
            self.closing.set()
            self._stop_listening()
            self.server_close()
        self.end_connections()
        with self._lock:
            workers = [worker for worker in self._workers if worker is not current_thread()]  # a fault may close it
        for worker in workers:
            worker.join()

    def refuse(self) -> None:
        """Refuse new connections and end the open ones, until `accept` was called as often. The port stays taken."""
        with self._listening:
            self._refusals += 1
            if self._deaf:
                return
            self._stop_listening()
            self.server_close()
            # Bound and not listening: the kernel refuses, and nobody else gets the port.
            self.socket = socket.socket(self.address_family, self.socket_type)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind((HOST, self.port))
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)  # or who sets it could bind it, too
        self.end_connections()

    def accept(self) -> None:
        """Take connections again, when nobody else wants them refused."""
        with self._listening:
            self._refusals -= 1
            if self._refusals or self.closing.is_set():
                return
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.server_activate()
            self._listener = self._new_listener()
            self.start()

    def end_connections(self) -> None:
        """End every connection, whatever it is at."""
        with self._lock:  # none is closed meanwhile, so none is another's by now
            for connection in self._connections:
                with contextlib.suppress(OSError):  # the client ended it
                    connection.shutdown(socket.SHUT_RDWR)

    def _new_listener(self) -> Thread:
        return Thread(target=self._listen, name="maia-sandbox", daemon=True)

    def _listen(self) -> None:
        while not self._deaf:
            self.handle_request()

    def _stop_listening(self) -> None:
        if not self._deaf:
            self._deaf = True
            with contextlib.suppress(OSError):
                socket.create_connection((HOST, self.port)).close()  # wakes the listener
            self._listener.join()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 (socketserver's signature)
        """Take no connection any more once the server closes."""
        return not self._deaf

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        worker = Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections.add(request)
            self._workers = [*filter(Thread.is_alive, self._workers), worker]
        worker.start()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve the requests of a connection, after the handshake of one with TLS."""
        if self._tls is None:
            super().finish_request(request, client_address)
        elif self._refuses_tls():
            request.recv(65536)  # the client's hello: closing on unread bytes would reset the connection
            request.sendall(HANDSHAKE_FAILURE)
        else:
            request.getpeername()  # fails for a client that is gone, whose socket `wrap_socket` would leave open
            # A copy, since the socket that is wrapped is gone; `end_connections` needs the one it knows.
            with self._tls.wrap_socket(request.dup(), server_side=True) as secured:
                super().finish_request(secured, client_address)
                if not _resets(request):
                    secured.settimeout(0)  # tell the client (RFC 8446 §6.1), and do not wait for its word
                    with contextlib.suppress(OSError, ValueError):  # it ended before, or before the handshake
                        secured.unwrap()

    def shutdown_request(self, request: Any) -> None:
        """End a connection; one that a fault resets, without a word."""
        with self._lock:
            self._connections.discard(request)
        if _resets(request):
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 (socketserver's signature)
        """Log what ended a connection."""
        if isinstance(sys.exception(), OSError):
            log.debug("The client ended the connection early", exc_info=True)
        else:
            log.exception("The sandbox failed to answer a request")


def _resets(connection: socket.socket) -> bool:
    linger = connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)  # whether, and how long: of 2 or 4 bytes
    return any(linger[: len(linger) // 2])
