"""A threaded HTTP/1.1 server on loopback whose answers write to the socket themselves."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
from functools import partial
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer, ThreadingTCPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, cast

from maia_scim.sandbox.exchange import Answer, Request, problem

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "127.0.0.1"
MAX_BODY = 16 * 2**20
log = logging.getLogger(__name__)


class _Connection(BaseHTTPRequestHandler):
    """One connection, for as many requests as the client sends over it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

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
            answer = self._answer(Request(request.method, request.path, request.headers, body))
        else:
            # What follows on the connection is the body that was not read.
            self.close_connection = True
            answer = refusal
        if self.close_connection:
            answer.headers["Connection"] = "close"
        answer.headers.setdefault("Date", self.date_time_string())
        answer.send(self.connection)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _respond  # noqa: N815 (http.server's names)

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

    Raises:
        OSError: when the port cannot be had.
    """

    daemon_threads = True  # a sandbox that nobody closed must not keep the interpreter alive
    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(self, answer: Callable[[Request], Answer], port: int = 0) -> None:
        self._lock = Lock()
        self._connections: set[socket.socket] = set()
        self._workers: list[Thread] = []
        self._closing = False
        super().__init__((HOST, port), partial(_Connection, answer))
        self._listener = Thread(target=self._listen, name="maia-sandbox", daemon=True)

    @property
    def port(self) -> int:
        """The port listened on."""
        return cast("tuple[str, int]", self.server_address)[1]

    def start(self) -> None:
        """Begin to answer."""
        self._listener.start()

    def close(self) -> None:
        """Stop listening, end every connection, and wait for the threads."""
        self._closing = True
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, self.port)).close()  # wakes the listener
        self._listener.join()
        self.server_close()
        with self._lock:
            connections, workers = list(self._connections), list(self._workers)
        for connection in connections:
            with contextlib.suppress(OSError):  # closed by its own thread meanwhile
                connection.shutdown(socket.SHUT_RDWR)
        for worker in workers:
            worker.join()

    def _listen(self) -> None:
        while not self._closing:
            self.handle_request()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 (socketserver's signature)
        """Take no connection any more once the server closes."""
        return not self._closing

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        worker = Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections.add(request)
            self._workers = [*filter(Thread.is_alive, self._workers), worker]
        worker.start()

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 (socketserver's signature)
        """Log what ended a connection."""
        if isinstance(sys.exception(), OSError):
            log.debug("The client ended the connection early", exc_info=True)
        else:
            log.exception("The sandbox failed to answer a request")
