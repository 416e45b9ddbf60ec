"""The handler for AWS Lambda: what the queue is to deliver again, the time it takes, and its tokens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from maia_scim.sandbox import faults
from tests.examples.conftest import BARBARA, EXAMPLES, YASMIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from maia_scim.sandbox import Sandbox
    from tests.facade.conftest import Time

# What Lambda does with a new process, but for the environment.
INVOKE = """
import json, sys
import lambda_handler

class Context:
    def get_remaining_time_in_millis(self): return 30_000

print(json.dumps(lambda_handler.handler(json.load(sys.stdin), Context())))
"""


class Context:
    """Lambda's context, whose time is told by the test: what is left at each message."""

    def __init__(self, *seconds: float) -> None:
        self._left = [*seconds]

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._left.pop(0) if len(self._left) > 1 else self._left[0]))


def event(**bodies: Any) -> dict[str, Any]:
    """A batch of SQS: a body for each message id."""
    texts = {name: body if isinstance(body, str) else json.dumps(body) for name, body in bodies.items()}
    return {"Records": [{"messageId": name, "body": text} for name, text in texts.items()]}


def title(id: str, text: str = "Data Engineer") -> dict[str, str]:
    return {"id": id, "title": text}


def again(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    [(key, items)] = answer.items()
    assert key == "batchItemFailures"
    return [item["itemIdentifier"] for item in items]


@pytest.fixture
def example(imported: Callable[[str], Any]) -> Iterator[Any]:
    example = imported("lambda_handler")
    yield example
    example.maia.close()  # as the end of a process does


def test_titles_are_changed(example: Any, sandbox: Sandbox) -> None:
    assert again(example.handler(event(a=title(BARBARA), b=title(YASMIN, "VP")), Context(30))) == []

    assert (sandbox.users[BARBARA]["title"], sandbox.users[YASMIN]["title"]) == ("Data Engineer", "VP")


@pytest.mark.parametrize(
    ("fault", "known", "comes_again"),
    [
        (faults.Status(400), "refused, BadRequest", False),
        (faults.Status(404), "refused, NotFound", False),
        (faults.Status(403), "refused, PermissionDenied", True),  # of all messages: somebody has to look at it
        (faults.Status.too_many_requests(retry_after=600), "refused, RateLimited", True),
        (faults.Status(503, headers={"Retry-After": "600"}), "refused, ServerError", True),
        (faults.Status(500, done=True), "unknown, ServerError", True),
        (faults.Reset(done=True), "unknown, TransportError", True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, faults.Fault) else None,
)
def test_what_may_go_well_another_time_comes_again(
    fault: faults.Fault, known: str, comes_again: bool, example: Any, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.inject(fault, on="users.patch")

    assert again(example.handler(event(a=title(BARBARA)), Context(30))) == ["a"] * comes_again

    assert f"a: {known}: PATCH " in caplog.text


def test_a_service_that_is_down_was_sent_nothing(
    example: Any, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with sandbox.refusing_connections():
        assert again(example.handler(event(a=title(BARBARA)), Context(30))) == ["a"]

    assert "a: not_sent, TokenError: " in caplog.text


def test_one_failure_stops_no_other_message(example: Any, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    batch = event(a="{", b="[]", c={"id": BARBARA}, d=title("../Groups/1"), e=title("nobody"), f=title(BARBARA))

    assert again(example.handler(batch, Context(30))) == ["a", "b", "c", "d"]

    assert [record.getMessage().partition(",")[0] for record in caplog.records if record.name == "lambda_handler"] == [
        *(f"{message}: not_sent" for message in "abcd"),
        "e: refused",
        "f: done",
    ]
    assert [request.id for request in sandbox.requests] == ["nobody", BARBARA]


# -- Time


@pytest.fixture
def timeouts(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that each request may wait for its answer."""
    seen: list[float] = []
    send = httpx.Client.send

    def noted(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        seen.append(float(request.extensions["timeout"]["read"]))
        return send(self, request, **options)

    monkeypatch.setattr(httpx.Client, "send", noted)
    return seen


def test_an_attempt_gets_a_third_of_what_is_left(example: Any, timeouts: list[float]) -> None:
    """33 s less 3 for all else: 10 for a token, 10 for trying again, 10 for the last attempt."""
    example.handler(event(a=title(BARBARA), b=title(YASMIN)), Context(33, 9))

    assert timeouts == [10, 10, 2]  # a token, and two messages


@pytest.mark.parametrize(("asked", "waited"), [(10, True), (11, False)])
def test_a_wait_fits_in_what_is_left(asked: int, waited: bool, example: Any, sandbox: Sandbox, time: Time) -> None:
    sandbox.inject(faults.Status.too_many_requests(retry_after=asked - 0.5), on="users.patch")

    assert again(example.handler(event(a=title(BARBARA)), Context(33))) == ([] if waited else ["a"])

    assert (sum(time.slept) > 9) == waited


def test_no_message_is_begun_that_could_not_be_ended(
    example: Any, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    batch = event(a=title(BARBARA), b=title(YASMIN), c=title(YASMIN))

    assert again(example.handler(batch, Context(4, 3.9, 0.5))) == ["b", "c"]

    assert [request.id for request in sandbox.requests] == [BARBARA]
    assert "b: not_sent, there is no time left" in caplog.text


# -- Tokens


@pytest.mark.keeps_secrets("token", "file maia/token.json", reason="the token cache")
def test_the_next_process_asks_for_no_token(sandbox: Sandbox, tmp_path: Path) -> None:
    """And neither tells a secret: what they print is looked at."""
    cache = tmp_path / "maia" / "token.json"
    for id in (BARBARA, YASMIN):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", INVOKE],
            input=json.dumps(event(a=title(id), b=title("nobody"))),
            env={**os.environ, **sandbox.environment, "PYTHONPATH": str(EXAMPLES), "MAIA_TOKEN_CACHE": str(cache)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, '{"batchItemFailures": []}\n'), done.stderr
        assert "b: refused, NotFound: " in done.stderr

    assert sandbox.token_requests == 1
    assert cache.stat().st_mode & 0o777 == 0o600
    assert {sandbox.users[id]["title"] for id in (BARBARA, YASMIN)} == {"Data Engineer"}
