"""Which fault strikes which request."""

from __future__ import annotations

import logging
import math
import random
from threading import Lock
from typing import TYPE_CHECKING, Any

from maia_scim.sandbox.exchange import Answer, problem
from maia_scim.sandbox.faults import Fault, TlsFailure

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from maia_scim.sandbox.exchange import Request
    from maia_scim.sandbox.faults import Exchange

METHODS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "patch"}
OPERATIONS = (
    "token", "users", "users.get", "users.create", "users.replace", "users.patch",
    "groups", "groups.get", "groups.replace", "groups.patch",
)  # fmt: skip
"""What `Sandbox.inject` takes as ``on``."""
log = logging.getLogger(__name__)


class Injection:
    """A fault that strikes for a while; stopped at the end of a ``with`` block, or by `stop`.

    Attributes:
        fault: what goes wrong.
        on: the operation; ``None`` for all but ``token``.
        struck: how many requests it has struck; connections, of a `TlsFailure`.
    """

    def __init__(self, fault: Fault, on: str | None, times: float, probability: float, seed: Any) -> None:
        self.fault = fault
        self.on = on
        self.struck = 0
        self._left = times
        self._stopped = False
        self._probability = probability
        self._random = random.Random(seed)  # noqa: S311 (a repeatable one is wanted)

    def __repr__(self) -> str:
        return f"<Injection of {self.fault!r} on {self.on or 'any operation'}, struck {self.struck} times>"

    def stop(self) -> None:
        """Strike no more."""
        self._stopped = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def strikes(self, operation: str) -> bool:
        """Tell whether it strikes a request, and count that; one that is spent does not."""
        if self._stopped or self._left <= 0 or not self._concerns(operation):
            return False
        if self._random.random() >= self._probability:
            return False
        self._left -= 1
        self.struck += 1
        return True

    def _concerns(self, operation: str) -> bool:
        if self.on is None:
            return operation != "token"
        return self.on in (operation, operation.partition(".")[0])


class Plan:
    """The faults to come. Its methods are called from many threads at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._injections: list[Injection] = []

    def add(self, fault: Fault, on: str | None, times: int | None, probability: float, seed: Any) -> Injection:
        """Plan a fault; see `Sandbox.inject`.

        Raises:
            TypeError: when ``fault`` is none.
            ValueError: when another argument is not valid.
        """
        if not isinstance(fault, Fault):
            raise TypeError(f"fault must be a Fault, such as faults.Status(503), not {fault!r}")
        if on is not None and on not in OPERATIONS:
            raise ValueError(f"on must be one of {', '.join(OPERATIONS)}, or None for all but token: {on!r}")
        if on is not None and isinstance(fault, TlsFailure):
            raise ValueError(f"on must be None for TlsFailure, which strikes before anything is asked for: {on!r}")
        if times is not None and times < 1:
            raise ValueError(f"times must be at least 1, or None for no end: {times}")
        if not 0 < probability <= 1:
            raise ValueError(f"probability must be above 0 and at most 1: {probability}")
        injection = Injection(fault, on, math.inf if times is None else times, probability, seed)
        with self._lock:
            self._injections.append(injection)
        return injection

    def fault(self, operation: str) -> Fault | None:
        """Return what strikes a request: of several, the one injected first."""
        return self._first(operation, tls=False)

    def tls_failure(self) -> bool:
        """Tell whether the handshake of a new connection fails."""
        return self._first("connection", tls=True) is not None

    def clear(self) -> None:
        """Stop every fault."""
        with self._lock:
            self._injections = []

    def _first(self, operation: str, *, tls: bool) -> Fault | None:
        if not self._injections:  # the usual case, without the lock
            return None
        with self._lock:
            for injection in self._injections:
                if isinstance(injection.fault, TlsFailure) is tls and injection.strikes(operation):
                    return injection.fault
        return None


def met(fault: Fault, exchange: Exchange) -> Answer:
    """Return what a fault answers, a 500 when it fails: it may be anybody's."""
    try:
        answer: object = fault.meet(exchange)
    except Exception as error:
        log.exception("A fault failed")
        why = repr(error)
    else:
        if isinstance(answer, Answer):
            return answer
        why = f"meet() returned {answer!r}, which is no Answer"
        log.error("A fault failed: %s", why)
    return problem(exchange.request, 500, f"The fault {type(fault).__name__} failed: {why}")


def operation_of(request: Request, prefix: str) -> str:
    """Return the name of a request's operation, ``users.get`` for one; of an unknown path or method, its own words."""
    collection = request.path.removeprefix(prefix).strip("/").partition("/")[0].lower()
    return f"{collection}.{METHODS.get(request.method, request.method)}"
