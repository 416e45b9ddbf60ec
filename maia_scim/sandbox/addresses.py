"""Who may call: the IP allow list."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Networks = tuple[IPv4Network | IPv6Network, ...]


def networks(allowed: Iterable[str]) -> Networks:
    """Read an allow list.

    Args:
        allowed: addresses and networks, or one of them, such as ``127.0.0.1`` and ``10.0.0.0/8``.

    Raises:
        ValueError: when one of them is none.
    """
    try:
        return tuple(map(ip_network, [allowed] if isinstance(allowed, str) else allowed))
    except ValueError as error:
        raise ValueError(f"allowed_ips: {error}") from None


def is_within(peer: str, allowed: Networks) -> bool:
    """Tell whether an address may call."""
    return any(ip_address(peer) in network for network in allowed)
