"""Names, addresses and connections, below TLS and HTTP. Nothing is sent."""

from __future__ import annotations

import errno
import socket
from functools import partial
from ipaddress import ip_address
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

MOST = 4
"""How many addresses of a family are connected to: a service has two, and each costs a connection."""
# What the system says of a family that this machine has no way out over.
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class Target(NamedTuple):
    """Where connections go.

    Attributes:
        host: Host name or address.
        port: Port.
        secure: Whether TLS is spoken there.
    """

    host: str
    port: int
    secure: bool

    @classmethod
    def of(cls, url: str) -> Target:
        """The target of an address of the service, which was checked before."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        return cls(parts.hostname or "", parts.port or (443 if secure else 80), secure)


class Address(NamedTuple):
    """An address of a host.

    Attributes:
        version: 4 or 6.
        text: The address.
        place: What a socket takes for it.
    """

    version: int
    text: str
    place: Any


class Reached(NamedTuple):
    """How a connection to an address went.

    Attributes:
        address: The address.
        seconds: How long it took; None if there is none.
        problem: Why there is none.
        no_way: Whether this machine has no way out over that family at all.
    """

    address: Address
    seconds: float | None = None
    problem: str = ""
    no_way: bool = False


class Unresolved(Exception):
    """A name has no addresses.

    Attributes:
        known: Whether somebody said that there is no such name; else nobody answered.
    """

    def __init__(self, message: str, *, known: bool) -> None:
        super().__init__(message)
        self.known = known


def is_address(host: str) -> bool:
    """Whether a host is an address and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def resolve(target: Target, seconds: float) -> list[Address]:
    """Look the addresses of a host up, in the order in which the system would take them.

    Raises:
        Unresolved: If there are none, or none came in time.
    """
    [found] = together(
        [partial(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)],
        seconds,
    )
    if found is None:
        raise Unresolved(f"no answer within {seconds:g} s", known=False)
    if isinstance(found, socket.gaierror):
        known = found.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
        raise Unresolved(found.strerror or str(found), known=known)
    if isinstance(found, Exception):
        raise Unresolved(f"{type(found).__name__}: {found}", known=False)
    versions = {socket.AF_INET: 4, socket.AF_INET6: 6}
    each = [Address(versions[family], str(place[0]), place) for family, _, _, _, place in found if family in versions]
    if not each:
        raise Unresolved("it has neither IPv4 nor IPv6 addresses", known=True)
    return [*dict.fromkeys(each)]


def connect(address: Address, seconds: float) -> Reached:
    """Open a connection to an address, and close it."""
    begun = monotonic()
    try:
        opened(address, seconds).close()
    except TimeoutError:
        return Reached(address, problem=f"no answer within {seconds:g} s")
    except OSError as error:
        return Reached(address, problem=error.strerror or str(error), no_way=error.errno in _NO_WAY)
    return Reached(address, monotonic() - begun)


def opened(address: Address, seconds: float) -> socket.socket:
    """A connection to an address.

    Raises:
        OSError: If there is none.
    """
    made = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        made.settimeout(seconds)
        made.connect(address.place)
    except BaseException:
        made.close()
        raise
    return made


def connect_all(addresses: Sequence[Address], seconds: float) -> list[Reached]:
    """Open a connection to each of the first addresses of each family, at once."""
    chosen = [each for version in (4, 6) for each in [a for a in addresses if a.version == version][:MOST]]
    went = together([partial(connect, each, seconds) for each in chosen], seconds + 1)
    return [
        each if isinstance(each, Reached) else Reached(address, problem=f"no answer within {seconds:g} s")
        for address, each in zip(chosen, went, strict=True)
    ]


def together(jobs: Sequence[Callable[[], T]], seconds: float) -> list[T | Exception | None]:
    """Do things at once.

    Args:
        jobs: The things. Those that take longer are left alone, and do not keep the process alive.
        seconds: How long to wait for all of them.

    Returns:
        What came of each: its result, the error that it raised, or None where it took too long.
    """
    results: list[T | Exception | None] = [None] * len(jobs)

    def run(number: int) -> None:
        try:
            results[number] = jobs[number]()
        except (OSError, ValueError) as error:  # of the network; of names that no host has
            results[number] = error

    threads = [Thread(target=run, args=(number,), daemon=True) for number in range(len(jobs))]
    end = monotonic() + seconds
    for each in threads:
        each.start()
    for each in threads:
        each.join(max(0.0, end - monotonic()))
    return [*results]


def is_private(address: Address) -> bool:
    """Whether an address cannot be one of the internet."""
    return not ip_address(address.text.partition("%")[0]).is_global


__all__ = [
    "Address",
    "Reached",
    "Target",
    "Unresolved",
    "connect",
    "connect_all",
    "is_address",
    "is_private",
    "opened",
    "resolve",
    "together",
]
