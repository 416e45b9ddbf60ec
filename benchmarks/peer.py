"""A server that costs next to nothing: it reads a request to its end and answers the same bytes each time.

It runs in a process of its own, so that a clock or a count of the client's process sees the client alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT = Path(__file__).parents[1]


def full_user() -> dict[str, Any]:
    """The full user of RFC 7643 section 8.2, as a service answers it: without the password."""
    cases = json.loads((ROOT / "tests" / "wire" / "rfc7643.json").read_text("utf-8"))
    user: dict[str, Any] = next(case["body"] for case in cases if case["name"] == "rfc7643-full-user")
    del user["password"]
    return user


class _Peer(asyncio.Protocol):
    """One connection."""

    def __init__(self, answer: bytes, latency: float) -> None:
        self._answer, self._latency = answer, latency
        self._seen = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (end := self._seen.find(b"\r\n\r\n")) >= 0:
            head = self._seen[:end].lower()
            found = head.find(b"content-length:")
            length = int(head[found + 15 :].split(b"\r\n", 1)[0]) if found >= 0 else 0
            if len(self._seen) < end + 4 + length:
                return
            self._seen = self._seen[end + 4 + length :]
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._say)
            else:
                self._say()

    def _say(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._answer)


async def _serve(latency: float) -> None:
    body = json.dumps(full_user()).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/scim+json\r\ncontent-length: {len(body)}\r\n\r\n"
    answer = head.encode("ascii") + body
    server = await asyncio.get_running_loop().create_server(lambda: _Peer(answer, latency), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def peer(latency: float = 0.0) -> Generator[str]:
    """Run one; give its address.

    Args:
        latency: Seconds before each answer.
    """
    command = [sys.executable, "-m", "benchmarks.peer", "--latency", str(latency)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().latency))
