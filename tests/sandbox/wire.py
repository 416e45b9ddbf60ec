"""A client of bytes, for what no HTTP client would show, and a bound for what must not hang."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from maia_scim.sandbox import Sandbox

PREFIX = "/dpc/v1/directory-integration/scim/v2"
BJENSEN = "/Users/2819c223-7f76-453a-919d-413861904646"
SECONDS = 5
"""How long a test waits for what should happen at once."""


def small_sandbox(**arguments: Any) -> Sandbox:
    """Make a sandbox of one user and one group, which is quicker to look through than the built-in ones."""
    user = {"id": BJENSEN.rpartition("/")[2], "userName": "bjensen", "title": "Tour Guide"}
    group = {"id": "g", "displayName": "Guides", "members": [{"value": user["id"]}]}
    return Sandbox(users=[user], groups=[group], **arguments)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).parents[1] / "support" / "self_signed.pem")
    return context


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection to a sandbox."""

    def __init__(self, sandbox: Sandbox, token: str | None = None) -> None:
        """Connect, with TLS where the sandbox serves it; `ask` uses the token."""
        url = urlsplit(sandbox.base_url)
        self.token = token
        self.socket = socket.create_connection(("127.0.0.1", url.port or 0), timeout=SECONDS)
        if url.scheme == "https":
            try:
                # Without the suppression, since a FIN alone must not pass for the end that TLS has.
                self.socket = client_context().wrap_socket(self.socket, suppress_ragged_eofs=False)
            except BaseException:
                self.socket.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, method: str, path: str, content: object = None, **headers: str) -> None:
        fields = {"Host": "x", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.token is not None:
            fields["Authorization"] = f"Bearer {self.token}"
        body = b"" if content is None else json.dumps(content).encode()
        if content is not None:
            fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + body)

    def receive(self) -> Reply:
        """Read one answer, as long as it says it is, and no byte more."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            assert byte, f"ended after {head!r}"
            head += byte
        first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = b""
        while len(body) < int(headers.get("content-length", "0")):
            chunk = self.socket.recv(int(headers["content-length"]) - len(body))
            assert chunk, f"ended after {body!r}"
            body += chunk
        return Reply(int(first.split(" ")[1]), headers, body)

    def ask(self, method: str, path: str, content: object = None, **headers: str) -> Reply:
        self.send(method, path, content, **headers)
        return self.receive()

    def rest(self) -> tuple[bytes, str]:
        """Read until the connection ends, and tell how: by FIN or RST, with TLS by its own word (bye) or not (cut)."""
        received = b""
        try:
            while chunk := self.socket.recv(65536):
                received += chunk
        except ConnectionResetError:
            return received, "RST"
        except ssl.SSLEOFError:
            return received, "cut"
        return received, "bye" if isinstance(self.socket, ssl.SSLSocket) else "FIN"


def within_bounds(work: Callable[[], object]) -> None:
    """Do work that must not hang."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(SECONDS)
    assert not thread.is_alive(), "it hangs"


@contextlib.contextmanager
def leaving_nothing() -> Iterator[None]:
    """Fail when a thread or an open file is there afterwards that was not before."""

    def state() -> set[object]:
        files: set[object] = set()
        for descriptor in Path("/proc/self/fd").glob("*"):  # there is none but on Linux
            with contextlib.suppress(FileNotFoundError):  # the listing's own
                files.add(descriptor.readlink())
        return files | set(threading.enumerate())

    before = state()
    yield
    assert state() - before == set()
