"""What each fault does to an answer, and faults of one's own."""

import gzip
import json
import math
import zlib
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus

import httpx
import pytest

from maia_scim.sandbox import Sandbox, faults
from maia_scim.sandbox.exchange import Answer
from maia_scim.sandbox.faults import Exchange, Fault
from tests.sandbox.conftest import token_form
from tests.sandbox.faults.striking import ID, PUT, put, title
from tests.sandbox.wire import BJENSEN, PREFIX, Reply, Wire

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
