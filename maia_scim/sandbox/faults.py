"""What can go wrong between a client and the service, one class a way.

A fault takes the place of an answer: `Sandbox.inject` says of which, and how often. ``done`` tells whether the
operation is done all the same, since for a write that is the question a client cannot answer.

    sandbox.inject(faults.Status(503), on="users.replace", times=2)
    sandbox.inject(faults.Reset(done=True), on="users.create")  # the write is done, its answer lost
"""

from __future__ import annotations

import json
import socket
import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Literal

from maia_scim.sandbox.exchange import Answer, Request, json_answer, merged, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "Answer", "Body", "Delay", "Drip", "Exchange", "Fault", "Garbage", "Redirect", "Request", "Reset", "Status",
    "TlsFailure", "Truncated", "WrongLength", "json_answer", "problem",
]  # fmt: skip

HTML = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"
IP_NOT_ALLOWED = "IP not allowed for any organization"
SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
END_WITH_RESET = struct.pack("ii", 1, 0)  # SO_LINGER, on, for 0 s: close() sends RST


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that a fault meets.

    Attributes:
        request: the request.
        perform: does what was asked, and returns the answer that no fault would change.
        wait: waits some seconds, or until the sandbox closes, and tells whether it does.
    """

    request: Request
    perform: Callable[[], Answer]
    wait: Callable[[float], bool]


class Fault(ABC):
    """A way to go wrong."""

    @abstractmethod
    def meet(self, exchange: Exchange) -> Answer:
        """Return what is answered instead. What it raises is logged, and answered 500."""


# -- Time ---------------------------------------------------------------------


@dataclass(frozen=True)
class Delay(Fault):
    """Wait, then answer as if nothing were wrong. The operation is done in any case, even for a client that left.

    Args:
        seconds: how long; `math.inf` until the sandbox closes.
        done_first: do the operation before the wait, not after it.
    """

    seconds: float
    done_first: bool = False

    def meet(self, exchange: Exchange) -> Answer:
        """Wait and answer."""
        if not self.done_first:
            exchange.wait(self.seconds)
            return exchange.perform()
        answer = exchange.perform()
        exchange.wait(self.seconds)
        return answer


@dataclass(frozen=True)
class Drip(Fault):
    """Do the operation, and send the answer a byte at a time.

    Args:
        part: where the slowness begins: with the ``head`` or with the ``body``.
        interval: seconds between two bytes.
    """

    part: Literal["head", "body"] = "body"
    interval: float = 0.02

    def __post_init__(self) -> None:
        _check_choice("part", self.part, ("head", "body"))

    def meet(self, exchange: Exchange) -> Answer:
        """Answer slowly."""
        return _Dripping.of(exchange.perform(), fault=self, wait=exchange.wait)


# -- The connection -----------------------------------------------------------


@dataclass(frozen=True)
class Reset(Fault):
    """Send a share of the answer, then reset the connection (TCP RST).

    Args:
        sent: the share that goes out, from 0 (nothing) to 1 (all of it).
        done: whether the operation is done; by default when any of the answer goes out.

    Raises:
        ValueError: when ``sent`` is not a share.
    """

    sent: float = 0.0
    done: bool | None = None

    def __post_init__(self) -> None:
        _check_share(self.sent)

    def meet(self, exchange: Exchange) -> Answer:
        """Answer in part."""
        done = self.sent > 0 if self.done is None else self.done
        return _Cut.of(exchange.perform() if done else Answer(200), sent=self.sent, reset=True)


@dataclass(frozen=True)
class Truncated(Fault):
    """Do the operation, send a share of the answer, then close the connection in good order (TCP FIN).

    Args:
        sent: the share that goes out, from 0 (nothing) to 1 (all of it).

    Raises:
        ValueError: when ``sent`` is not a share.
    """

    sent: float = 0.5

    def __post_init__(self) -> None:
        _check_share(self.sent)

    def meet(self, exchange: Exchange) -> Answer:
        """Answer in part."""
        return _Cut.of(exchange.perform(), sent=self.sent, reset=False)


@dataclass(frozen=True)
class WrongLength(Fault):
    """Do the operation, and announce another ``Content-Length`` than the body has.

    Args:
        by: how many bytes more, or with a negative number fewer. With more, the connection ends where they should come.
    """

    by: int = 10

    def meet(self, exchange: Exchange) -> Answer:
        """Answer with the wrong length."""
        return _Misannounced.of(exchange.perform(), by=self.by)


@dataclass(frozen=True)
class Garbage(Fault):
    """Send bytes that are no HTTP, and close.

    Args:
        content: the bytes.
        done: whether the operation is done.
    """

    content: bytes = b"\x16\x03\x01\x00\xa5 this is not HTTP\r\n\r\n"
    done: bool = False

    def meet(self, exchange: Exchange) -> Answer:
        """Answer with garbage."""
        if self.done:
            exchange.perform()
        return _Raw(200, body=self.content)


@dataclass(frozen=True)
class TlsFailure(Fault):
    """End the TLS handshake with an alert. For a sandbox that serves TLS, and for new connections: what is open ends.

    It strikes connections, and no request comes that far: so there is no ``on``.
    """

    def meet(self, exchange: Exchange) -> Answer:
        """Answer as if nothing were wrong: by now the handshake is over."""
        return exchange.perform()


# -- The answer ---------------------------------------------------------------


@dataclass(frozen=True)
class Body(Fault):
    """Answer with the right status and another body or other headers.

    Args:
        content: the bytes of the body; those of the true answer by default.
        headers: header fields, over those of the true answer.
        done: whether the operation is done; if not, the status is 200.
    """

    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    done: bool = True

    def meet(self, exchange: Exchange) -> Answer:
        """Answer with the other body."""
        answer = exchange.perform() if self.done else Answer(200, {"Content-Type": "application/json"})
        return replace(
            answer,
            headers=merged(answer.headers, self.headers),
            body=answer.body if self.content is None else self.content,
        )

    @classmethod
    def empty(cls) -> Body:
        """Make an answer without a body."""
        return cls(b"")

    @classmethod
    def html(cls) -> Body:
        """Make an answer that is a web page."""
        return cls(HTML, {"Content-Type": "text/html; charset=utf-8"})

    @classmethod
    def json(cls, content: object) -> Body:
        """Make an answer of other JSON than the promised.

        Args:
            content: the JSON.
        """
        return cls(json.dumps(content).encode())

    @classmethod
    def broken_gzip(cls) -> Body:
        """Make an answer that says it is gzip and is not."""
        return cls(b"\x1f\x8b\x08\x00 no gzip stream", {"Content-Encoding": "gzip"})


@dataclass(frozen=True)
class Status(Fault):
    """Answer any status.

    Args:
        status: the HTTP status.
        body: ``problem`` for problem+json as the specification has it, ``scim`` for SCIM's Error message, ``html``,
            ``none``.
        headers: header fields.
        detail: what the body says is wrong.
        done: whether the operation is done all the same.
    """

    status: int
    body: Literal["problem", "scim", "html", "none"] = "problem"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    detail: str = "A fault of the sandbox"
    done: bool = False

    def __post_init__(self) -> None:
        _check_choice("body", self.body, ("problem", "scim", "html", "none"))
        if self.status not in range(200, 1000):
            raise ValueError(f"status must be one of a final answer, from 200 to 999: {self.status}")

    def meet(self, exchange: Exchange) -> Answer:
        """Answer the status."""
        if self.done:
            exchange.perform()
        headers = dict(self.headers)
        if self.body == "problem":
            return problem(exchange.request, self.status, self.detail, headers=headers)
        if self.body == "scim":
            content = {"schemas": [SCIM_ERROR], "status": str(self.status), "detail": self.detail}
            return json_answer(self.status, content, headers, "application/scim+json")
        if self.body == "html":
            return Answer(self.status, merged({"Content-Type": "text/html; charset=utf-8"}, headers), HTML)
        return Answer(self.status, headers)

    @classmethod
    def too_many_requests(cls, retry_after: float | datetime | str | None = 1) -> Status:
        """Make a 429.

        Args:
            retry_after: what ``Retry-After`` says: seconds, a time in UTC, any text as it is, or nothing with ``None``.
        """
        if isinstance(retry_after, datetime):
            retry_after = format_datetime(retry_after, usegmt=True)
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return cls(429, headers=headers, detail="Too many requests")

    @classmethod
    def ip_not_allowed(cls) -> Status:
        """Make the 403 of an account with an IP allow list."""
        return cls(403, detail=IP_NOT_ALLOWED)


@dataclass(frozen=True)
class Redirect(Fault):
    """Answer a redirect, without a body.

    Args:
        location: where to, absolute or not; by default the same URL again, which is a loop.
        status: the HTTP status.
    """

    location: str | None = None
    status: int = 307

    def meet(self, exchange: Exchange) -> Answer:
        """Answer the redirect."""
        return Answer(self.status, {"Location": self.location or exchange.request.path})


# -- How a broken answer goes out ---------------------------------------------


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}: {value!r}")


def _check_share(sent: float) -> None:
    if not 0 <= sent <= 1:
        raise ValueError(f"sent must be a share of the answer, from 0 to 1: {sent}")


@dataclass(slots=True)
class _Broken(Answer):
    """An answer that goes out in another way than a whole one, and ends its connection."""

    @classmethod
    def of(cls, whole: Answer, **how: Any) -> _Broken:
        return cls(whole.status, whole.headers, whole.body, **how)


@dataclass(slots=True)
class _Cut(_Broken):
    sent: float = 0.0
    reset: bool = True

    def send(self, connection: socket.socket) -> bool:
        whole = self.head() + self.content()
        connection.sendall(whole[: int(len(whole) * self.sent)])
        if self.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, END_WITH_RESET)
        return False


@dataclass(slots=True)
class _Misannounced(_Broken):
    by: int = 0

    def send(self, connection: socket.socket) -> bool:
        connection.sendall(self.head(max(0, len(self.body) + self.by)) + self.content())
        return self.by <= 0  # what is too much stays on the connection, in front of the next answer


@dataclass(slots=True)
class _Raw(_Broken):
    def send(self, connection: socket.socket) -> bool:
        connection.sendall(self.body)
        return False


@dataclass(slots=True, kw_only=True)
class _Dripping(_Broken):
    fault: Drip
    wait: Callable[[float], bool]

    def send(self, connection: socket.socket) -> bool:
        head = self.head()
        whole = head + self.content()
        begun = 0 if self.fault.part == "head" else len(head)
        connection.sendall(whole[:begun])
        for position in range(begun, len(whole)):
            if self.wait(self.fault.interval):
                return False  # the sandbox closes
            connection.sendall(whole[position : position + 1])
        return True
