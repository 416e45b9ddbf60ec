"""A write that meets a fault, and faults over known answers."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from maia_scim.sandbox import Sandbox
from maia_scim.sandbox.exchange import Answer
from maia_scim.sandbox.faults import Exchange, Fault
from tests.sandbox.wire import BJENSEN, PREFIX, Wire

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


def title(sandbox: Sandbox) -> object:
    return sandbox.users[ID].get("title")


def put(wire: Wire) -> None:
    wire.send("PUT", PREFIX + BJENSEN, PUT)
