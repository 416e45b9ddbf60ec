"""An HTTP proxy on loopback that tunnels (RFC 9110 section 9.3.6), for those who know its password."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class ConnectProxy:
    """Serve on loopback. `asked` has the targets of all CONNECT requests, `tunnels` of those that were let through."""

    def __init__(self, user: str, password: str) -> None:
        self.asked: list[str] = []
        self.tunnels: list[str] = []
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(f"Basic {credentials}"))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self, wanted: str) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_CONNECT(self) -> None:
                proxy.asked.append(self.path)
                if self.headers.get("Proxy-Authorization") != wanted:
                    self.send_error(407)
                    return
                host, _, port = self.path.partition(":")
                with socket.create_connection((host, int(port))) as there:
                    proxy.tunnels.append(self.path)
                    self.send_response(200)
                    self.end_headers()
                    with contextlib.suppress(ConnectionError):
                        _pass_on(self.connection, there)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Hand bytes from each to the other, until one of them ends."""
    opposite = {one: other, other: one}
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65_536)
            if not data:
                return
            opposite[ready].sendall(data)
