"""Faults that take time: delays and drips, and what ends them."""

import logging
import math
import threading
from dataclasses import replace

import pytest

from maia_scim.sandbox import Sandbox, faults
from maia_scim.sandbox.exchange import Answer
from maia_scim.sandbox.faults import Exchange, Fault
from tests.sandbox.faults.striking import WHOLE, Over, Watched, put, title
from tests.sandbox.wire import BJENSEN, PREFIX, SECONDS, Wire, leaving_nothing, small_sandbox, within_bounds


@pytest.mark.parametrize(("done_first", "meanwhile"), [(False, "Tour Guide"), (True, "Changed")])
def test_a_delay_waits_before_or_after_the_operation(
    sandbox: Sandbox, wire: Wire, done_first: bool, meanwhile: str
) -> None:
    seen: list[object] = []
    fault = Watched(faults.Delay(4, done_first), meanwhile=lambda: seen.append(title(sandbox)))
    sandbox.inject(fault)

    put(wire)

    assert wire.receive().status == 200
    assert (fault.waits, seen) == ([4], [meanwhile])


@pytest.mark.parametrize("done_first", [False, True])
@pytest.mark.parametrize("seconds", [60, math.inf])
def test_a_delay_ends_when_the_sandbox_closes(done_first: bool, seconds: float) -> None:
    with leaving_nothing():
        sandbox = small_sandbox().start()
        fault = Watched(faults.Delay(seconds, done_first), real=True)
        sandbox.inject(fault)
        with Wire(sandbox, sandbox.issue_token()) as wire:
            put(wire)
            assert fault.waiting.wait(SECONDS)
            within_bounds(sandbox.close)
            assert fault.waits == [seconds]
            assert title(sandbox) == "Changed"


def test_a_delayed_operation_is_done_for_a_client_that_left(sandbox: Sandbox) -> None:
    left, done = threading.Event(), threading.Event()
    fault = Watched(faults.Delay(60), meanwhile=lambda: left.wait(SECONDS))

    class Done(Fault):
        def meet(self, exchange: Exchange) -> Answer:
            answer = fault.meet(exchange)
            done.set()
            return answer

    sandbox.inject(Done())
    with Wire(sandbox, sandbox.issue_token()) as wire:
        put(wire)
    left.set()

    assert done.wait(SECONDS)
    assert title(sandbox) == "Changed"


@pytest.mark.parametrize(("part", "slow"), [("head", len(WHOLE)), ("body", 8)])
def test_a_drip_waits_before_each_byte(sandbox: Sandbox, wire: Wire, part: str, slow: int) -> None:
    fault = Watched(Over(faults.Drip(part, 7)))  # type: ignore[arg-type]  # one of the two
    sandbox.inject(fault)

    assert wire.ask("GET", PREFIX + BJENSEN).json == {"a": 1}

    assert fault.waits == [7] * slow


def test_a_drip_sends_each_byte_apart_and_its_head_at_once(sandbox: Sandbox, wire: Wire) -> None:
    turn = threading.Semaphore(0)
    sandbox.inject(Watched(Over(faults.Drip()), meanwhile=lambda: turn.acquire(timeout=SECONDS)))
    wire.send("GET", PREFIX + BJENSEN)

    received = [wire.socket.recv(65536)]
    for _ in range(8):
        turn.release()
        received.append(wire.socket.recv(65536))

    assert received == [WHOLE[:-8], *(bytes([byte]) for byte in b'{"a": 1}')]


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_drip_ends_when_the_sandbox_closes(part: str) -> None:
    with leaving_nothing():
        sandbox = small_sandbox().start()
        fault = Watched(Over(faults.Drip(part, 60)), real=True)  # type: ignore[arg-type]  # one of the two
        sandbox.inject(fault)
        with Wire(sandbox, sandbox.issue_token()) as wire:
            wire.send("GET", PREFIX + BJENSEN)
            assert fault.waiting.wait(SECONDS)
            within_bounds(sandbox.close)
            assert wire.rest() == (b"" if part == "head" else WHOLE[:-8], "FIN")


def test_a_drip_ends_with_its_client(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Its worker must not drip on for a client that left, and that is no failure to tell of."""
    caplog.set_level(logging.DEBUG, "maia_scim.sandbox.server")
    left, ended = threading.Event(), threading.Event()

    class Endless(Fault):
        def meet(self, exchange: Exchange) -> Answer:
            def wait(seconds: float) -> bool:
                left.wait(SECONDS)
                return False

            answer = faults.Drip("head").meet(
                replace(exchange, perform=lambda: Answer(200, {}, bytes(10**6)), wait=wait)
            )
            send = answer.send

            class Ended(Answer):
                def send(self, connection: object) -> bool:
                    try:
                        return send(connection)  # type: ignore[arg-type]  # the server's
                    finally:
                        ended.set()

            return Ended(200)

    sandbox.inject(Endless())
    with Wire(sandbox, sandbox.issue_token()) as wire:
        wire.send("GET", PREFIX + BJENSEN)
        wire.socket.shutdown(2)
    left.set()

    assert ended.wait(SECONDS)
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []
