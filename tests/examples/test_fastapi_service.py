"""The service, by a server of its own, against the sandbox."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from maia_scim import MaiaScim, errors, patch
from maia_scim.sandbox import faults
from tests.examples.conftest import BARBARA, EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from maia_scim.sandbox import Sandbox


@contextmanager
def serving(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """Serve in another process; who connects before it is ready waits in the queue of the socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-W", "error", "-m", "hypercorn", "--bind", f"fd://{listener.fileno()}"]
        server = subprocess.Popen(
            [*command, "fastapi_service:app"],
            cwd=EXAMPLES,
            env={**os.environ, **sandbox.environment},
            pass_fds=[listener.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, timeout=30) as http:
            yield http
    finally:
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=30)
    assert server.returncode == 0, err
    assert "Traceback" not in err + out, err


@pytest.fixture
def service(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with serving(sandbox) as http:
        yield http


def put(http: httpx.Client, id: str = BARBARA, title: Any = "Data Engineer") -> httpx.Response:
    return http.put(f"/users/{id}/title", json={"title": title})


def told(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    assert set(body) == {"error", "outcome", "detail", "requestId"}
    return answer.status_code, body["error"], body["outcome"]


def test_a_title_is_changed(service: httpx.Client, sandbox: Sandbox) -> None:
    answer = put(service)

    assert (answer.status_code, answer.json()) == (
        200,
        {"id": BARBARA, "userName": "bjensen", "title": "Data Engineer"},
    )
    assert answer.headers["X-Maia-Request-Id"] == sandbox.requests[-1].request_id
    assert sandbox.requests[-1].method == "PUT"
    assert sandbox.users[BARBARA]["title"] == "Data Engineer"


def test_requests_at_once_share_a_token(service: httpx.Client, sandbox: Sandbox) -> None:
    ids = [*sandbox.users][:20]

    async def change_all() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=service.base_url, timeout=30) as http:
            return await asyncio.gather(*(http.put(f"/users/{id}/title", json={"title": "New"}) for id in ids))

    answers = asyncio.run(change_all())

    assert [answer.status_code for answer in answers] == [200] * len(ids)
    assert {sandbox.users[id]["title"] for id in ids} == {"New"}
    assert sandbox.token_requests == 1


def test_what_the_service_does_not_take(service: httpx.Client, sandbox: Sandbox) -> None:
    answer = put(service, "nobody")
    assert told(answer) == (404, "NotFound", "not_sent")  # of the write: it was the read that was refused
    assert answer.headers["X-Maia-Request-Id"] == answer.json()["requestId"] == sandbox.requests[-1].request_id

    sandbox.forget_requests()
    assert [put(service, "..%2FGroups").status_code, put(service, "a.b").status_code] == [404, 422]
    assert put(service, title=None).status_code == 422
    assert not sandbox.requests


def test_what_is_known_of_a_write_is_answered(service: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.inject(faults.Reset(done=True), on="users.replace", times=3)
    assert told(put(service)) == (502, "TransportError", "unknown")
    assert sandbox.users[BARBARA]["title"] == "Data Engineer"  # it was done, and nobody could know

    sandbox.inject(faults.Status(400), on="users.replace")
    assert told(put(service, title="Other")) == (422, "BadRequest", "refused")

    sandbox.inject(faults.Status(403), on="users.replace")
    assert told(put(service, title="Other")) == (502, "PermissionDenied", "refused")

    # After an attempt that may have been done, another's no says nothing of the first.
    sandbox.inject(faults.Reset(done=True), on="users.replace")
    sandbox.inject(faults.Status(404), on="users.replace")
    assert told(put(service, title="Third")) == (502, "NotFound", "unknown")

    with sandbox.refusing_connections():
        assert told(put(service)) == (503, "TransportError", "not_sent")


class SomebodyElse(faults.Fault):
    """Changes the same attribute just before."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def meet(self, exchange: faults.Exchange) -> faults.Answer:
        with MaiaScim(**self.sandbox.connection) as maia:
            maia.users.patch(BARBARA, patch.replace("title", "Theirs"))
        return exchange.perform()


def test_what_somebody_else_changes_meanwhile_is_not_overwritten(service: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.inject(SomebodyElse(sandbox), on="users.replace")

    assert told(put(service)) == (409, "EditConflict", "refused")
    assert sandbox.users[BARBARA]["title"] == "Theirs"


def test_a_busy_service_is_told_with_the_time_to_wait(service: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.inject(faults.Status.too_many_requests(retry_after=60), on="users.get")

    answer, another = put(service), put(service)

    assert told(answer) == (503, "RateLimited", "not_sent")
    assert answer.headers["Retry-After"] == "60"
    assert told(another) == (503, "RateLimited", "not_sent")
    assert 0 < int(another.headers["Retry-After"]) <= 60
    assert len(sandbox.requests) == 1  # the other one did not get as far


async def test_a_call_has_a_bound_of_its_own(
    imported: Callable[[str], Any], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds: list[float] = []
    send = httpx.AsyncClient.send

    async def noted(self: httpx.AsyncClient, request: httpx.Request, **options: Any) -> httpx.Response:
        if str(request.url).startswith(sandbox.base_url):
            bounds.append(request.extensions["timeout"]["pool"])
        return await send(self, request, **options)

    monkeypatch.setattr(httpx.AsyncClient, "send", noted)
    app = imported("fastapi_service").app
    transport = httpx.ASGITransport(app)

    async with app.router.lifespan_context(app), httpx.AsyncClient(base_url="http://here", transport=transport) as http:
        assert (await http.put(f"/users/{BARBARA}/title", json={"title": "Data Engineer"})).status_code == 200

    assert bounds == [pytest.approx(0.9 * 3)] * 2  # as docs/configuration.md has it


async def test_the_client_is_closed_with_the_service(imported: Callable[[str], Any]) -> None:
    app = imported("fastapi_service").app

    async with app.router.lifespan_context(app):
        maia = app.state.maia
        assert (await maia.users.get(BARBARA)).user_name == "bjensen"

    with pytest.raises(errors.ConfigurationError, match="closed"):
        await maia.users.get(BARBARA)
