"""What goes in and out of the sandbox: requests and answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence


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
    body: bytes = b""

    def head(self, length: int | None = None) -> bytes:
        """Return the status line and the header fields, announcing ``length`` bytes or those of the body."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = ""
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in self.headers.items())]
        # RFC 9110 §8.6: neither of the two has a body, nor announces one.
        if self.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            lines.append(f"Content-Length: {len(self.body) if length is None else length}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def send(self, connection: socket.socket) -> bool:
        """Write the whole answer at once: a header apart from its body would wait for a delayed ACK.

        Returns:
            Whether the connection may serve another request.
        """
        connection.sendall(self.head() + self.body)
        return True


def json_answer(
    status: int, content: object, headers: Mapping[str, str] | None = None, media_type: str = "application/json"
) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, {"Content-Type": media_type, **(headers or {})}, json.dumps(content).encode())


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
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "violations": list(violations),
    }
    return json_answer(status, content, headers, "application/problem+json")
