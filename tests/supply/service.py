"""A service of known vulnerabilities, with the JSON API that pip-audit asks, behind a proxy that leads nowhere else."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import trustme


class Service:
    """What it knows is set by tests.

    Attributes:
        known: Vulnerabilities by the names of packages. It has never heard of any other.
        status: What it answers, where that is not 200.
        ends_after: After so many answers it hangs up.
        asked: The packages that it was asked for, with their versions.
    """

    def __init__(self) -> None:
        self.known: dict[str, list[dict[str, Any]]] = {}
        self.status = 200
        self.ends_after = 1000
        self.asked: list[tuple[str, str]] = []
        self.authority = trustme.CA()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self) -> None:
                self.send_response(200)
                self.end_headers()
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                service.authority.issue_cert(self.path.partition(":")[0]).configure_cert(context)
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb", 0)
                self.close_connection = False

            def do_GET(self) -> None:
                _, _, name, version, _ = self.path.split("/")
                if len(service.asked) >= service.ends_after:
                    self.close_connection = True
                    return
                service.asked.append((name, version))
                status = service.status if name in service.known else 404
                body = json.dumps({"vulnerabilities": service.known.get(name)}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def finish(self) -> None:
                super().finish()
                self.connection.close()  # the one with TLS, which the server does not know of

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
