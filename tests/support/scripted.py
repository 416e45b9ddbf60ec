"""A loopback HTTP server that answers what a test tells it to, byte for byte."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from tests.support.canary import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TOKEN_PATH = "/oauth/dpc/token"


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What to answer. `drop` ends the connection instead: before any byte, or after `drop` bytes of the body.

    `drip` sends head or body for ever, a byte every 20 ms. `hold` waits for an event (5 s at most) before all else.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop: int | None = None
    drip: str | None = None
    hold: threading.Event | None = None

    @classmethod
    def of_json(cls, value: Any, status: int = 200, **headers: str) -> Answer:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})

    @classmethod
    def problem(cls, status: int, **fields: Any) -> Answer:
        body = json.dumps({"status": status, **fields}).encode()
        return cls(status, body, {"Content-Type": "application/problem+json"})


class Scripted:
    """Serve on loopback; `answer` maps a request to its answer. The token endpoint works unless `token` says else."""

    def __init__(self, answer: Callable[[Received], Answer]) -> None:
        self.answer = answer
        self.token: Callable[[Received], Answer] = lambda _: Answer.of_json(
            {"access_token": TOKEN, "expires_in": 1800, "token_type": "Bearer"}
        )
        self.received: list[Received] = []
        self.token_requests: list[Received] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

        self.closing = threading.Event()

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def base_url(self) -> str:
        return f"{self.url}/dpc"

    @property
    def token_url(self) -> str:
        return self.url + TOKEN_PATH

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                request = Received(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
                asks_token = self.path == TOKEN_PATH
                (script.token_requests if asks_token else script.received).append(request)
                answer = (script.token if asks_token else script.answer)(request)
                self.close_connection = True
                if answer.hold:
                    answer.hold.wait(5)
                if answer.drop == 0:
                    return
                if answer.drip == "head":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                    self.drip()
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Connection", "close")
                if "Content-Length" not in answer.headers:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if answer.drip == "body":
                    self.drip()
                    return
                with contextlib.suppress(OSError):  # the client may have gone
                    self.wfile.write(answer.body[: answer.drop])

            def drip(self) -> None:
                with contextlib.suppress(OSError):
                    while not script.closing.wait(0.02):
                        self.wfile.write(b" ")
                        self.wfile.flush()

            do_GET = do_PUT = do_POST = do_PATCH = handle_any

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
