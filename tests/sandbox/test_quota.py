"""The rate limit: so many requests in any minute."""

import contextlib
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from maia_scim.sandbox import Sandbox, faults
from maia_scim.sandbox.clock import Clock
from maia_scim.sandbox.exchange import Request
from maia_scim.sandbox.quota import Quota
from tests.sandbox.wire import BJENSEN, PREFIX, Reply, Wire, small_sandbox

Ask = Callable[[], Reply]


def asking(sandbox: Sandbox) -> Ask:
    """Return what asks once, over a connection of its own, with a token of its own."""

    def ask() -> Reply:
        with Wire(sandbox, sandbox.issue_token()) as wire:
            return wire.ask("GET", PREFIX + BJENSEN)

    return ask


def small(**arguments: Any) -> Sandbox:
    return small_sandbox(clock=lambda: 1_700_000_000.0, **arguments)


def test_one_too_many_is_a_429_that_says_when_to_come_again() -> None:
    with small(rate=2) as sandbox:
        ask = asking(sandbox)
        assert [ask().status, ask().status] == [200, 200]

        refused = ask()

    assert (refused.status, refused.headers["retry-after"]) == (429, "60")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json["detail"] == "More than 2 requests in a minute"
    assert refused.json["instance"] == PREFIX + BJENSEN


def test_the_wait_shrinks_as_time_goes_by() -> None:
    with small(rate=1) as sandbox:
        ask = asking(sandbox)
        ask()
        waits = []
        for seconds in [0, 1, 0.5, 28.5, 29.75, 0.24]:
            sandbox.advance(seconds)
            waits.append(ask().headers["retry-after"])
        sandbox.advance(0.01)
        after = ask()

    assert waits == ["60", "59", "59", "30", "1", "1"]
    assert after.status == 200


def test_the_minute_is_any_minute() -> None:
    with small(rate=3) as sandbox:
        ask = asking(sandbox)
        waits = []
        for seconds in [0, 20, 20, 10, 10, 0, 20, 0]:
            sandbox.advance(seconds)
            waits.append(ask().headers.get("retry-after"))

    #                0     20    40    50    60    60    80    80
    assert waits == [None, None, None, "10", None, "20", None, "20"]


def test_whoever_waits_as_long_as_told_gets_through() -> None:
    with small(rate=2) as sandbox:
        ask = asking(sandbox)
        for _ in range(6):
            while (answer := ask()).status == 200:
                sandbox.advance(7.3)
            sandbox.advance(float(answer.headers["retry-after"]))
            assert ask().status == 200


def test_what_is_refused_does_not_count() -> None:
    with small(rate=1) as sandbox:
        ask = asking(sandbox)
        ask()
        sandbox.advance(59)
        assert [ask().status for _ in range(5)] == [429] * 5
        sandbox.advance(1)
        assert ask().status == 200


def test_a_request_that_fails_counts_and_one_without_a_token_does_not() -> None:
    with small(rate=1) as sandbox:
        with Wire(sandbox) as stranger:
            assert [stranger.ask("GET", PREFIX + BJENSEN).status for _ in range(3)] == [401] * 3
        sandbox.inject(faults.Status(503), times=3)
        ask = asking(sandbox)
        assert [ask().status for _ in range(3)] == [503] * 3  # neither what a fault keeps from the service
        with Wire(sandbox, sandbox.issue_token()) as wire:
            assert wire.ask("GET", PREFIX + "/Users/nobody").status == 404
        assert ask().status == 429


def test_a_429_does_nothing() -> None:
    with small(rate=1) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        before = sandbox.users
        wire.ask("GET", PREFIX + BJENSEN)
        assert wire.ask("PUT", PREFIX + BJENSEN, {"userName": "changed"}).status == 429
        assert sandbox.users == before


def test_token_requests_are_not_limited() -> None:
    with small(rate=1) as sandbox, Wire(sandbox) as wire:
        assert [wire.ask("POST", "/oauth/dpc/token").status for _ in range(3)] == [400] * 3


def test_reset_forgets_what_was_counted() -> None:
    with small(rate=1) as sandbox:
        ask = asking(sandbox)
        assert [ask().status, ask().status] == [200, 429]
        sandbox.reset()
        assert [ask().status, ask().status] == [200, 429]


@pytest.mark.parametrize(("arguments", "limit"), [({}, 1000), ({"rate": None}, None)])
def test_a_thousand_a_minute_is_the_default(arguments: dict[str, Any], limit: int | None) -> None:
    request = f"GET {PREFIX}/Users/nobody HTTP/1.1\r\nAuthorization: Bearer %s\r\n\r\n"
    with small(**arguments) as sandbox, Wire(sandbox) as wire:
        wire.socket.sendall((request % sandbox.issue_token()).encode() * 1000)
        statuses = [wire.receive().status for _ in range(1000)]
        wire.token = sandbox.issue_token()
        last = wire.ask("GET", PREFIX + BJENSEN).status

    assert set(statuses) == {404}
    assert last == (200 if limit is None else 429)
    assert inspect.signature(Sandbox).parameters["rate"].default == 1000


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_must_be_one(rate: int) -> None:
    with pytest.raises(ValueError, match=f"rate must be at least 1 request a minute, or None for no limit: {rate}"):
        Sandbox(rate=rate)


def test_two_requests_are_counted_one_after_the_other() -> None:
    both = threading.Barrier(2)

    class Together(Clock):
        def seconds(self) -> float:
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.05)  # until the other thread is here, too, which it must not be
            return 0.0

    quota = Quota(1, Together())
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(quota.check, [Request("GET", "/", {}, b"")] * 2))

    assert both.broken
    assert answers.count(None) == 1
