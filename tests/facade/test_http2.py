"""The same over HTTP/2, by a client that the caller brings, against a server of its own."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim
from maia_scim.models import ScimUser
from tests.support.canary import PASSWORD, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CERTIFICATE = ROOT / "tests" / "support" / "self_signed.pem"
PATIENCE = 20.0
"""Seconds that the server may take to start."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """Where the service is. It runs in a process of its own: what it logs is no business of the client's."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    certificate = str(CERTIFICATE)
    command = [sys.executable, "-m", "hypercorn", "--certfile", certificate, "--keyfile", certificate]
    with subprocess.Popen(
        [*command, "--bind", address, "tests.support.http2_service:app"], cwd=ROOT, stderr=subprocess.DEVNULL
    ) as server:
        _reach(address, server)
        yield f"https://{address}/dpc"
        server.terminate()


def _reach(address: str, server: subprocess.Popen[bytes]) -> None:
    host, _, port = address.partition(":")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    server.kill()
    pytest.fail("the server does not answer")


def replaced(kind: type, base_url: str) -> ScimUser:
    user = ScimUser(id="1", user_name="babs", active=True, password=PASSWORD)
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    given: dict[str, Any] = {"base_url": base_url, "auth": BearerToken(TOKEN)}
    if kind is MaiaScim:
        with httpx.Client(http2=True, verify=context) as http, MaiaScim(**given, http_client=http) as maia:
            return maia.users.replace(user)

    async def main() -> ScimUser:
        async with (
            httpx.AsyncClient(http2=True, verify=context) as http,
            AsyncMaiaScim(**given, http_client=http) as maia,
        ):
            return await maia.users.replace(user)

    return asyncio.run(main())


@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
def test_a_user_is_replaced_and_no_log_of_the_protocol_tells_a_secret(
    kind: type, base_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    user = replaced(kind, base_url)

    assert (user.user_name, user.title) == ("babs", "HTTP/2")
    told = {record.name.partition(".")[0] for record in caplog.records}
    assert {"hpack", "httpcore", "httpx"} <= told, "the canary has looked at these"
