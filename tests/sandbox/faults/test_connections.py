"""What each fault does to the operation and to the connection, and what closing the sandbox does to it."""

import re
from collections.abc import Callable

import pytest

from maia_scim.sandbox import Sandbox, faults
from maia_scim.sandbox.faults import Fault
from tests.sandbox.faults.striking import ID, WHOLE, Over, put, title
from tests.sandbox.wire import BJENSEN, PREFIX, Wire, leaving_nothing, server_context, small_sandbox, within_bounds

# -- What is done, and what becomes of the connection -------------------------


TRUE = "the true answer"
CASES = [
    (faults.Delay(0), TRUE, True, "kept"),
    (faults.Delay(0, done_first=True), TRUE, True, "kept"),
    (faults.Drip(interval=0), TRUE, True, "kept"),
    (faults.Drip("head", 0), TRUE, True, "kept"),
    (faults.Reset(), None, False, "RST"),
    (faults.Reset(done=True), None, True, "RST"),
    (faults.Reset(0.5), None, True, "RST"),
    (faults.Reset(0.5, done=False), None, False, "RST"),
    (faults.Reset(1), TRUE, True, "RST"),
    (faults.Truncated(), None, True, "FIN"),
    (faults.Truncated(0), None, True, "FIN"),
    (faults.Truncated(1), TRUE, True, "FIN"),
    (faults.WrongLength(), None, True, "FIN"),
    (faults.WrongLength(0), TRUE, True, "kept"),
    (faults.Garbage(), None, False, "FIN"),
    (faults.Garbage(done=True), None, True, "FIN"),
    (faults.Body(b"x"), 200, True, "kept"),
    (faults.Body(b"x", done=False), 200, False, "kept"),
    (faults.Body.empty(), 200, True, "kept"),
    (faults.Body.html(), 200, True, "kept"),
    (faults.Body.json([]), 200, True, "kept"),
    (faults.Body.broken_gzip(), 200, True, "kept"),
    (faults.Status(503), 503, False, "kept"),
    (faults.Status(503, done=True), 503, True, "kept"),
    (faults.Status(204), 204, False, "kept"),
    (faults.Status(304, "html"), 304, False, "kept"),
    (faults.Status.too_many_requests(), 429, False, "kept"),
    (faults.Status.ip_not_allowed(), 403, False, "kept"),
    (faults.Redirect(), 307, False, "kept"),
]


@pytest.mark.parametrize(("fault", "answer", "done", "end"), CASES, ids=lambda value: str(value).replace(" ", ""))
def test_a_write_meets_a_fault(
    sandbox: Sandbox, wire: Wire, fault: Fault, answer: object, done: bool, end: str
) -> None:
    before = title(sandbox)
    injection = sandbox.inject(fault)

    put(wire)

    if answer is not None:
        reply = wire.receive()
        assert reply.status == (200 if answer == TRUE else answer)
        assert answer != TRUE or reply.json["title"] == "Changed"
    if end == "kept":
        assert wire.ask("GET", PREFIX + BJENSEN).json["id"] == ID
    else:
        assert wire.rest()[1] == end
    assert (title(sandbox) == "Changed", title(sandbox) == before) == (done, not done)
    assert injection.struck == 1
    with Wire(sandbox, wire.token) as another:  # a fault harms no connection but its own
        assert another.ask("GET", PREFIX + BJENSEN).status == 200


@pytest.mark.parametrize(
    ("fault", "sent", "end"),
    [
        (faults.Reset(), b"", "RST"),
        (faults.Reset(0.5, done=True), WHOLE[:37], "RST"),
        (faults.Reset(1), WHOLE, "RST"),
        (faults.Reset(0.5, done=False), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "RST"),
        (faults.Truncated(0), b"", "FIN"),
        (faults.Truncated(), WHOLE[:37], "FIN"),
        (faults.Truncated(0.999), WHOLE[:-1], "FIN"),
        (faults.Truncated(1), WHOLE, "FIN"),
        (faults.WrongLength(), WHOLE.replace(b"h: 8", b"h: 18"), "FIN"),
        (faults.WrongLength(1), WHOLE.replace(b"h: 8", b"h: 9"), "FIN"),
        (faults.Garbage(), b"\x16\x03\x01\x00\xa5 this is not HTTP\r\n\r\n", "FIN"),
        (faults.Garbage(b"", done=True), b"", "FIN"),
    ],
    ids=str,
)
def test_the_bytes_that_go_out_before_the_end(
    sandbox: Sandbox, wire: Wire, fault: Fault, sent: bytes, end: str
) -> None:
    sandbox.inject(Over(fault))

    wire.send("GET", PREFIX + BJENSEN)
    received, how = wire.rest()

    if sent.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 0"):
        received = received[: len(sent)]  # the rest of this half tells the time
    assert (received, how) == (sent, end)


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        (faults.Delay(0), WHOLE),
        (faults.Drip(interval=0), WHOLE),
        (faults.Drip("head", 0), WHOLE),
        (faults.WrongLength(0), WHOLE),
        (faults.WrongLength(-3), WHOLE.replace(b"h: 8", b"h: 5")),
        (faults.WrongLength(-9), WHOLE.replace(b"h: 8", b"h: 0")),
        (faults.Body(b"<x>"), WHOLE.replace(b"h: 8", b"h: 3").replace(b'{"a": 1}', b"<x>")),
        (faults.Body(headers={"date": "then"}), WHOLE.replace(b"Date: now", b"date: then")),
        (faults.Body(headers={"Content-Length": "7"}), WHOLE.replace(b"Content-Length: 8\r\n", b"")[:-12] + b"*"),
        (faults.TlsFailure(), WHOLE),
    ],
    ids=str,
)
def test_the_bytes_that_go_out_on_a_connection_that_stays(
    sandbox: Sandbox, wire: Wire, fault: Fault, sent: bytes
) -> None:
    if sent.endswith(b"*"):
        sent = sent[:-1] + b'\r\nContent-Length: 7\r\n\r\n{"a": 1}'
    sandbox.inject(Over(fault))

    wire.send("GET", PREFIX + BJENSEN)
    received = b""
    while len(received) < len(sent):
        received += wire.socket.recv(len(sent) - len(received))

    assert received == sent
    assert wire.ask("GET", PREFIX + BJENSEN).status == 200  # and not a byte more


def test_a_length_too_short_leaves_bytes_in_front_of_the_next_answer(sandbox: Sandbox, wire: Wire) -> None:
    sandbox.inject(faults.WrongLength(-3))

    put(wire)

    assert wire.receive().status == 200
    wire.send("GET", PREFIX + BJENSEN, Connection="close")
    assert wire.rest()[0][3:].startswith(b"HTTP/1.1 200 OK\r\n")


# -- Closing while something is under way -------------------------------------


def test_close_ends_a_worker_that_sends_to_a_client_that_does_not_read() -> None:
    with leaving_nothing():
        sandbox = small_sandbox().start()
        sandbox.inject(Over(faults.Body(bytes(2**25))))
        with Wire(sandbox, sandbox.issue_token()) as wire:
            wire.send("GET", PREFIX + BJENSEN)
            assert wire.socket.recv(1) == b"H"  # now the worker sends, far more than the buffers hold
            within_bounds(sandbox.close)


def test_close_ends_a_worker_that_waits_for_a_body() -> None:
    with leaving_nothing():
        sandbox = small_sandbox().start()
        with Wire(sandbox) as wire:
            wire.socket.sendall(
                b"PUT %s HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n" % (PREFIX + BJENSEN).encode()
            )
            assert wire.socket.recv(65536).startswith(b"HTTP/1.1 100 ")  # now the worker reads
            wire.socket.sendall(b"half")
            within_bounds(sandbox.close)
        assert sandbox.requests == []


@pytest.mark.parametrize("context", [None, server_context()], ids=["plain", "TLS"])
@pytest.mark.parametrize("fault", [faults.Reset(0.5), faults.Truncated(), faults.Garbage()], ids=str)
def test_a_connection_that_a_fault_ended_leaves_nothing(context: object, fault: Fault) -> None:
    with leaving_nothing(), Sandbox(tls=context) as sandbox:  # type: ignore[arg-type]  # a context or none
        sandbox.inject(fault, times=None)
        for _ in range(3):
            with Wire(sandbox, sandbox.issue_token()) as wire:
                put(wire)
                wire.rest()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: faults.Status(99), "status must be one of a final answer, from 200 to 999: 99"),
        (lambda: faults.Status(500, body="xml"), "body must be one of problem, scim, html, none: 'xml'"),  # type: ignore[arg-type]
        (lambda: faults.Drip(part="tail"), "part must be one of head, body: 'tail'"),  # type: ignore[arg-type]
    ],
)
def test_a_fault_that_is_none_is_refused_at_once(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        make()
