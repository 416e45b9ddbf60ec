"""A server that costs next to nothing: it reads a request to its end and answers the same bytes each time.

As a directory it has every user that is asked for: a GET gives a small one that follows from its id alone, a PUT gives
back what it was sent, and nothing is kept but how many requests there were. It runs in a process of its own, so that a
clock or a count of the client's process sees the client alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ROOT = Path(__file__).parents[1]
COUNTS = "/counts"


def full_user() -> dict[str, Any]:
    """The full user of RFC 7643 section 8.2, as a service answers it: without the password."""
    cases = json.loads((ROOT / "tests" / "wire" / "rfc7643.json").read_text("utf-8"))
    user: dict[str, Any] = next(case["body"] for case in cases if case["name"] == "rfc7643-full-user")
    del user["password"]
    return user


class _Peer(asyncio.Protocol):
    """One connection."""

    def __init__(self, answer: Callable[[bytes, bytes], bytes], latency: float) -> None:
        self._answer, self._latency = answer, latency
        self._seen = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (end := self._seen.find(b"\r\n\r\n")) >= 0:
            head = self._seen[:end]
            found = head.lower().find(b"content-length:")
            length = int(head[found + 15 :].split(b"\r\n", 1)[0]) if found >= 0 else 0
            if len(self._seen) < end + 4 + length:
                return
            answer = self._answer(head, self._seen[end + 4 : end + 4 + length])
            self._seen = self._seen[end + 4 + length :]
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._say, answer)
            else:
                self._say(answer)

    def _say(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _http(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/scim+json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode("ascii") + body


def _fixed() -> Callable[[bytes, bytes], bytes]:
    answer = _http(json.dumps(full_user()).encode())
    return lambda _head, _body: answer


def _directory(*, versions: bool) -> Callable[[bytes, bytes], bytes]:
    counts: dict[str, int] = {}

    def answer(head: bytes, body: bytes) -> bytes:
        method, path, _ = head.decode("ascii").split(" ", 2)
        if path == COUNTS:
            return _http(json.dumps(counts).encode())
        counts[method] = counts.get(method, 0) + 1
        return _http(body or json.dumps(user_of(path.rpartition("/")[2], versions=versions)).encode())

    return answer


def user_of(id: str, *, versions: bool = True) -> dict[str, Any]:
    """The user of the directory that has an id.

    Args:
        id: Any.
        versions: Whether it has a version, as of RFC 7643 section 3.1.
    """
    meta = {"resourceType": "User", **({"version": f'W/"{id}"'} if versions else {})}
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    return {"schemas": schemas, "id": id, "userName": f"user-{id}", "active": True, "title": "held", "meta": meta}


async def _serve(latency: float, answer: Callable[[bytes, bytes], bytes]) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Peer(answer, latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def peer(latency: float = 0.0, *, directory: Literal["versions", "no versions"] | None = None) -> Generator[str]:
    """Run one; give its address.

    Args:
        latency: Seconds before each answer.
        directory: To be a directory, whose users have versions or have none.
    """
    command = [sys.executable, "-m", "benchmarks.peer", "--latency", str(latency)]
    if directory:
        command += ["--directory", directory]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def counts(address: str) -> dict[str, int]:
    """How many requests of each method a directory was sent."""
    with urlopen(address + COUNTS) as answer:  # noqa: S310 - our own
        found: dict[str, int] = json.load(answer)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--directory")
    given = parser.parse_args()
    answers = _directory(versions=given.directory == "versions") if given.directory else _fixed()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(given.latency, answers))
