"""What goes in and out of the sandbox: requests and answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
"""What has no body and announces none (RFC 9110 §8.6)."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came over the wire.

    Attributes:
        method: the HTTP method.
        path: the path as it was sent, percent-encoded, without the query.
        headers: the header fields by lower-case name; repeated ones joined with commas.
        body: the bytes of the body.
        peer: the address it came from.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    peer: str = ""


@dataclass(slots=True)
class Answer:
    """An answer, and how it goes out: a subclass may send itself otherwise."""

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = field(default=b"", repr=False)

    def head(self, length: int | None = None) -> bytes:
        """Return the status line and the header fields, announcing ``length`` bytes or those of the body."""
        announced = {"Content-Length": str(len(self.body) if length is None else length)}
        headers = self.headers if self.status in WITHOUT_BODY else merged(announced, self.headers)
        fields = (f"{name}: {value}" for name, value in headers.items())
        return "\r\n".join([f"HTTP/1.1 {self.status} {phrase(self.status)}", *fields, "", ""]).encode("latin-1")

    def content(self) -> bytes:
        """Return the bytes that follow the head."""
        return b"" if self.status in WITHOUT_BODY else self.body

    def send(self, connection: socket.socket) -> bool:
        """Write the whole answer at once: a header apart from its body would wait for a delayed ACK.

        Returns:
            Whether the connection may serve another request.
        """
        connection.sendall(self.head() + self.content())
        return True


def phrase(status: int) -> str:
    """Return the words of a status, none for one that nobody registered."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def merged(headers: Mapping[str, str], over: Mapping[str, str]) -> dict[str, str]:
    """Return header fields with others over them, whatever the case of their names (RFC 9110 §5.1)."""
    names = {name.lower() for name in over}
    return {**{name: value for name, value in headers.items() if name.lower() not in names}, **over}


def json_answer(
    status: int, content: object, headers: Mapping[str, str] | None = None, media_type: str = "application/json"
) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, merged({"Content-Type": media_type}, headers or {}), json.dumps(content).encode())


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    violations: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return an error answer in the form of the specification, ``ProblemDetail`` (RFC 9457).

    Args:
        request: the request that is refused.
        status: the HTTP status.
        detail: what is wrong, for a person.
        violations: each thing that is wrong with the body.
        headers: header fields besides the content type.
    """
    content = {
        "type": "about:blank",
        "title": phrase(status) or str(status),
        "status": status,
        "detail": detail,
        "instance": request.path,
        "violations": list(violations),
    }
    return json_answer(status, content, headers, "application/problem+json")
