"""What goes over the socket, and the record of it."""

import http.client
import json
import re
import socket
from dataclasses import FrozenInstanceError
from typing import cast
from urllib.parse import urlsplit

import httpx
import pytest

from maia_scim.sandbox import RecordedRequest, Sandbox
from maia_scim.sandbox.exchange import Answer

PREFIX = "/dpc/v1/directory-integration/scim/v2"
BJENSEN = "/Users/2819c223-7f76-453a-919d-413861904646"


def exchange(sandbox: Sandbox, text: bytes) -> bytes:
    """Send bytes, and return all that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", urlsplit(sandbox.base_url).port or 0), timeout=5) as connection:
        connection.sendall(text)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


# -- The record ---------------------------------------------------------------


def test_requests_are_recorded_in_order_without_the_token(sandbox: Sandbox, api: httpx.Client) -> None:
    got = api.get(BJENSEN)
    api.put(BJENSEN, content=b'{"userName": "bjensen"}', headers={"If-Match": "*"})

    first, second = sandbox.requests
    assert (first.method, first.path, first.json) == ("GET", PREFIX + BJENSEN, None)
    assert first.request_id == got.headers["x-request-id"]
    assert (second.method, second.json) == ("PUT", {"userName": "bjensen"})
    assert second.body == b'{"userName": "bjensen"}'
    assert second.headers["if-match"] == "*"
    assert second.headers["authorization"] == "[redacted]"
    assert api.headers["Authorization"].removeprefix("Bearer ") not in repr([vars_of(first), vars_of(second)])


def vars_of(request: RecordedRequest) -> tuple[object, ...]:
    return request.method, request.path, dict(request.headers), request.body


def test_refused_requests_are_recorded_too(sandbox: Sandbox) -> None:
    httpx.get(f"{sandbox.base_url}{PREFIX.removeprefix('/dpc')}/Users/a%2Fb?x=1")

    (request,) = sandbox.requests
    assert request.path == f"{PREFIX}/Users/a%2Fb"
    assert "authorization" not in request.headers


def test_a_record_is_immutable_and_a_copy(sandbox: Sandbox, api: httpx.Client) -> None:
    api.get(BJENSEN)
    sandbox.requests.clear()

    (request,) = sandbox.requests
    with pytest.raises(FrozenInstanceError):
        request.method = "PUT"  # type: ignore[misc]  # refused at run time, too
    assert "headers" not in repr(request)
    assert "body" not in repr(request)


def test_a_body_that_is_not_json_is_kept_as_bytes(sandbox: Sandbox, api: httpx.Client) -> None:
    api.put(BJENSEN, content=b"{nope")

    (request,) = sandbox.requests
    assert request.body == b"{nope"
    with pytest.raises(ValueError, match="Expecting"):
        _ = request.json


# -- The socket ---------------------------------------------------------------


def test_a_connection_is_kept_alive(sandbox: Sandbox, api: httpx.Client) -> None:
    address = urlsplit(sandbox.base_url)
    connection = http.client.HTTPConnection("127.0.0.1", address.port or 0, timeout=5)
    headers = {"Authorization": api.headers["Authorization"], "Content-Type": "application/json"}
    sockets = set()
    for number in range(3):
        body = json.dumps({"userName": "bjensen", "title": f"number {number}"})
        connection.request("PUT", PREFIX + BJENSEN, body, headers)
        answer = connection.getresponse()
        answer.read()
        sockets.add(connection.sock)
        assert answer.status == 200
    connection.close()

    assert len(sockets) == 1


def test_an_answer_is_sent_in_one_piece(sandbox: Sandbox) -> None:
    """A header and a body sent apart would wait for a delayed acknowledgement, 40 ms each time."""
    address = urlsplit(sandbox.base_url)
    with socket.create_connection(("127.0.0.1", address.port or 0), timeout=5) as connection:
        connection.sendall(f"GET {PREFIX}{BJENSEN} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")

    length = re.search(rb"content-length: (\d+)", head, re.I)
    assert length
    assert len(body) == int(length[1]) > 0


def test_an_answer_is_written_at_once_and_shows_no_body_in_its_repr() -> None:
    class Recorder:
        written: list[bytes] = []  # noqa: RUF012 (of one test)

        def sendall(self, content: bytes) -> None:
            self.written.append(content)

    answer = Answer(200, {"X": "1"}, b"secret")

    assert answer.send(cast("socket.socket", Recorder()))
    assert Recorder.written == [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX: 1\r\n\r\nsecret"]
    assert "secret" not in repr(answer)


def test_a_client_of_http_1_0_gets_its_answer_and_the_end(sandbox: Sandbox) -> None:
    received = exchange(sandbox, b"GET /dpc/ HTTP/1.0\r\n\r\n")

    assert received.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert b"\r\nConnection: close\r\n" in received


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"Transfer-Encoding: chunked\r\n", b"411"),
        (b"Content-Length: ten\r\n", b"400"),
        (b"Content-Length: -1\r\n", b"400"),
        (b"Content-Length: 5\r\nContent-Length: 5\r\n", b"400"),
        (b"Content-Length: 99999999\r\n", b"413"),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n", b"413"),
    ],
)
def test_a_body_that_cannot_be_read_ends_the_connection(sandbox: Sandbox, fields: bytes, status: bytes) -> None:
    received = exchange(sandbox, b"PUT %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % ((PREFIX + BJENSEN).encode(), fields))

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert b"Connection: close" in head
    assert json.loads(body)["status"] == int(status)
    assert sandbox.requests == []


@pytest.mark.parametrize(
    "sent", [b"", b"GARBAGE", b"PUT /dpc/", b"PUT /dpc/ HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf"]
)
def test_a_client_that_goes_away_harms_nobody(sandbox: Sandbox, api: httpx.Client, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(sandbox.base_url).port or 0), timeout=5) as connection:
        connection.sendall(sent)

    assert api.get(BJENSEN).status_code == 200
    assert len(sandbox.requests) == 1


def test_an_unknown_method_is_a_501(sandbox: Sandbox) -> None:
    assert exchange(sandbox, b"BREW /dpc/ HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 501 ")
