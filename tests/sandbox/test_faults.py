"""What each fault does to an answer, to the operation and to the connection."""

import gzip
import json
import logging
import math
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus

import httpx
import pytest

from maia_scim.sandbox import Sandbox, faults
from maia_scim.sandbox.exchange import Answer
from maia_scim.sandbox.faults import Exchange, Fault
from tests.sandbox.conftest import token_form
from tests.sandbox.wire import (
    BJENSEN,
    PREFIX,
    SECONDS,
    Reply,
    Wire,
    leaving_nothing,
    server_context,
    small_sandbox,
    within_bounds,
)

ID = BJENSEN.rpartition("/")[2]
PUT = {"userName": "bjensen", "title": "Changed"}
WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\nX-Request-Id: r\r\nDate: now\r\n\r\n{"a": 1}'


@dataclass
class Over(Fault):
    """A fault over an answer that is the same every time, so that its bytes are known."""

    fault: Fault
    answer: Answer = field(default_factory=lambda: Answer(200, {"X-Request-Id": "r", "Date": "now"}, b'{"a": 1}'))

    def meet(self, exchange: Exchange) -> Answer:
        return self.fault.meet(replace(exchange, perform=lambda: self.answer))


@dataclass
class Watched(Fault):
    """A fault that tells when it waits; the waits take no time unless they are `real`."""

    fault: Fault
    real: bool = False
    waiting: threading.Event = field(default_factory=threading.Event)
    waits: list[float] = field(default_factory=list)
    meanwhile: Callable[[], object] = bool

    def meet(self, exchange: Exchange) -> Answer:
        def wait(seconds: float) -> bool:
            self.meanwhile()
            self.waits.append(seconds)
            self.waiting.set()
            return exchange.wait(seconds) if self.real else False

        return self.fault.meet(replace(exchange, wait=wait))


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with small_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def wire(sandbox: Sandbox) -> Iterator[Wire]:
    with Wire(sandbox, sandbox.issue_token()) as wire:
        yield wire


def title(sandbox: Sandbox) -> object:
    return sandbox.users[ID].get("title")


def put(wire: Wire) -> None:
    wire.send("PUT", PREFIX + BJENSEN, PUT)


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


# -- Time ---------------------------------------------------------------------


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


# -- Answers ------------------------------------------------------------------


def struck(sandbox: Sandbox, api: httpx.Client, fault: Fault) -> Reply:
    sandbox.inject(fault)
    with Wire(sandbox, api.headers["Authorization"].removeprefix("Bearer ")) as wire:
        put(wire)
        reply = wire.receive()
        assert wire.ask("GET", PREFIX + BJENSEN).status == 200  # nothing was left in front of it
        return reply


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 418, 429, 500, 503])
def test_a_status_is_a_problem_as_the_specification_has_it(sandbox: Sandbox, api: httpx.Client, status: int) -> None:
    reply = struck(sandbox, api, faults.Status(status, detail="Why"))

    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")
    assert reply.json == {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": "Why",
        "instance": PREFIX + BJENSEN,
        "violations": [],
    }


@pytest.mark.parametrize("status", [299, 499, 520, 561, 600, 999])
@pytest.mark.parametrize("body", ["problem", "scim", "html", "none"])
def test_a_status_may_be_one_that_nobody_registered(
    sandbox: Sandbox, api: httpx.Client, status: int, body: str
) -> None:
    reply = struck(sandbox, api, faults.Status(status, body))  # type: ignore[arg-type]  # one of the four

    assert reply.status == status
    assert body != "problem" or (reply.json["title"], reply.json["status"]) == (str(status), status)


def test_the_other_bodies_of_a_status(sandbox: Sandbox, api: httpx.Client) -> None:
    scim = struck(sandbox, api, faults.Status(404, "scim", detail="Gone"))
    html = struck(sandbox, api, faults.Status(502, "html"))
    none = struck(sandbox, api, faults.Status(500, "none"))

    assert scim.headers["content-type"] == "application/scim+json"
    assert scim.json == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "404",
        "detail": "Gone",
    }
    assert html.headers["content-type"] == "text/html; charset=utf-8"
    assert html.body.startswith(b"<!DOCTYPE html>")
    assert (none.body, "content-type" in none.headers, none.headers["content-length"]) == (b"", False, "0")


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("body", ["problem", "html"])
def test_a_status_without_a_body_has_none(sandbox: Sandbox, api: httpx.Client, status: int, body: str) -> None:
    reply = struck(sandbox, api, faults.Status(status, body))  # type: ignore[arg-type]  # one of the two

    assert (reply.status, "content-length" in reply.headers) == (status, False)


@pytest.mark.parametrize("body", ["problem", "scim", "html", "none"])
def test_the_headers_of_a_status_are_over_its_own(sandbox: Sandbox, api: httpx.Client, body: str) -> None:
    headers = {"content-type": "text/plain", "CF-Ray": "1", "x-request-id": "given", "date": "then"}
    fault = faults.Status(503, body, headers)  # type: ignore[arg-type]  # one of the four
    sandbox.inject(fault)
    with Wire(sandbox) as wire:
        wire.send("GET", PREFIX + BJENSEN, Connection="close")
        head = wire.rest()[0].partition(b"\r\n\r\n")[0].decode()

    fields = [line.partition(": ")[::2] for line in head.split("\r\n")[1:]]
    assert sorted((name.lower(), value) for name, value in fields if name != "Content-Length") == [
        ("cf-ray", "1"),
        ("connection", "close"),
        ("content-type", "text/plain"),
        ("date", "then"),
        ("x-request-id", "given"),
    ]
    assert fault.headers is headers
    assert set(headers) == {"content-type", "CF-Ray", "x-request-id", "date"}


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [
        (5, "5"),
        (0, "0"),
        (1.5, "1.5"),
        ("soon", "soon"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "Fri, 02 Jan 2026 03:04:05 GMT"),
        (None, None),
    ],
)
def test_too_many_requests(sandbox: Sandbox, api: httpx.Client, retry_after: float | None, header: str | None) -> None:
    reply = struck(sandbox, api, faults.Status.too_many_requests(retry_after))

    assert (reply.status, reply.json["detail"]) == (429, "Too many requests")
    assert reply.headers.get("retry-after") == header
    assert faults.Status.too_many_requests().headers == {"Retry-After": "1"}


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=2))])
def test_a_time_to_retry_after_must_be_in_utc(zone: timezone | None) -> None:
    with pytest.raises(ValueError, match="UTC"):
        faults.Status.too_many_requests(datetime(2026, 1, 2, tzinfo=zone))


def test_an_ip_that_is_not_allowed_is_the_vendors_403(sandbox: Sandbox, api: httpx.Client) -> None:
    reply = struck(sandbox, api, faults.Status.ip_not_allowed())

    assert (reply.status, reply.json["detail"]) == (403, "IP not allowed for any organization")


def test_another_body_keeps_status_and_headers(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.inject(faults.Body.json({"not": "a user"}))
    created = api.post("/Users", json={"userName": "new"})
    html = struck(sandbox, api, faults.Body.html())
    empty = struck(sandbox, api, faults.Body.empty())
    gzipped = struck(sandbox, api, faults.Body.broken_gzip())
    plain = struck(sandbox, api, faults.Body(headers={"content-type": "text/plain"}))
    undone = struck(sandbox, api, faults.Body(done=False))

    assert (created.status_code, created.json()) == (201, {"not": "a user"})
    assert created.headers["location"]
    assert html.headers["content-type"] == "text/html; charset=utf-8"
    assert html.body.startswith(b"<!DOCTYPE html>")
    assert (empty.body, empty.headers["content-type"]) == (b"", "application/json")
    assert gzipped.headers["content-encoding"] == "gzip"
    with pytest.raises(zlib.error):
        gzip.decompress(gzipped.body)
    assert (plain.headers["content-type"], plain.json["id"]) == ("text/plain", ID)
    assert (undone.status, undone.body, undone.headers["content-type"]) == (200, b"", "application/json")


def test_redirects(sandbox: Sandbox, api: httpx.Client) -> None:
    loop = struck(sandbox, api, faults.Redirect())
    elsewhere = struck(sandbox, api, faults.Redirect("https://elsewhere.example/", 301))

    assert (loop.status, loop.headers["location"], loop.body) == (307, PREFIX + BJENSEN, b"")
    assert (elsewhere.status, elsewhere.headers["location"]) == (301, "https://elsewhere.example/")


def test_the_token_endpoint_meets_faults_too(sandbox: Sandbox) -> None:
    sandbox.inject(faults.Status(503, "html"), on="token")
    sandbox.inject(faults.Body.json({"access_token": 5}), on="token")

    struck = httpx.post(sandbox.token_url, data=token_form(sandbox))
    odd = httpx.post(sandbox.token_url, data=token_form(sandbox))

    assert struck.status_code == 503
    assert (odd.status_code, odd.json()) == (200, {"access_token": 5})
    assert sandbox.token_requests == 2  # whatever was answered
    assert sandbox.requests == []


@pytest.mark.parametrize("ask", [b"GET %s HTTP/1.0\r\n\r\n", b"GET %s HTTP/1.1\r\nConnection: close\r\n\r\n"])
@pytest.mark.parametrize("fault", [faults.Drip(interval=0), faults.Status(503), faults.WrongLength(0)], ids=str)
def test_a_client_that_wants_the_end_gets_it_after_a_fault(sandbox: Sandbox, fault: Fault, ask: bytes) -> None:
    sandbox.inject(fault)
    with Wire(sandbox) as wire:
        wire.socket.sendall(ask % (PREFIX + BJENSEN).encode())
        reply = wire.receive()
        assert reply.headers["connection"] == "close"
        assert wire.rest() == (b"", "FIN")


# -- Faults of one's own ------------------------------------------------------


@pytest.mark.parametrize("sent", [-0.1, 1.1, 50, math.nan])
@pytest.mark.parametrize("fault", [faults.Reset, faults.Truncated])
def test_what_is_sent_is_a_share(fault: type[faults.Reset], sent: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        fault(sent)


class Raising(Fault):
    def meet(self, exchange: Exchange) -> Answer:
        exchange.perform()
        raise OSError("mine")


class Forgetful(Fault):
    def meet(self, exchange: Exchange) -> Answer:  # type: ignore[return]  # as one forgets the return
        exchange.perform()


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Raising(), "The fault Raising failed: OSError('mine')"),
        (Forgetful(), "The fault Forgetful failed: meet() returned None, which is no Answer"),
    ],
)
@pytest.mark.parametrize("on", ["users.replace", "token"])
def test_a_fault_that_fails_is_logged_and_a_500(
    sandbox: Sandbox, wire: Wire, caplog: pytest.LogCaptureFixture, fault: Fault, why: str, on: str
) -> None:
    sandbox.inject(fault, on=on)
    path = PREFIX + BJENSEN if on == "users.replace" else "/oauth/dpc/token"

    reply = wire.ask("PUT", path, PUT)

    assert (reply.status, reply.json["detail"]) == (500, why)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("maia_scim.sandbox.injection", "ERROR")
    assert ("mine" in caplog.text) == isinstance(fault, Raising)
    assert wire.ask("GET", PREFIX + BJENSEN).status == 200
    if on == "users.replace":
        assert reply.headers["x-request-id"] == sandbox.requests[0].request_id
        assert title(sandbox) == "Changed"


def test_a_fault_of_ones_own_sees_the_request_and_the_true_answer(sandbox: Sandbox, wire: Wire) -> None:
    met: list[Exchange] = []

    class Mine(Fault):
        def meet(self, exchange: Exchange) -> Answer:
            met.append(exchange)
            answer = exchange.perform()
            return Answer(answer.status + 1, {"X-Mine": "1"}, answer.body.upper())

    sandbox.inject(Mine())
    put(wire)
    reply = wire.receive()

    request = met[0].request
    assert (request.method, request.path, request.peer) == ("PUT", PREFIX + BJENSEN, "127.0.0.1")
    assert json.loads(request.body) == PUT
    assert (reply.status, reply.headers["x-mine"], reply.json["TITLE"]) == (201, "1", "CHANGED")
    assert reply.headers["x-request-id"] == sandbox.requests[0].request_id


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
