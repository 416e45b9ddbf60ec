"""What ``apply`` takes of a client that is not for callers of the SDK: its settings, and how it lives a life."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maia_scim import MaiaScim
    from maia_scim.core import Core
    from maia_scim.drive import Run


def core_of(client: MaiaScim) -> Core:
    """The settings of a client."""
    return client._core  # pyright: ignore[reportPrivateUsage]


def run_of(client: MaiaScim) -> Run:
    """What lives a life for a client."""
    return client._run  # pyright: ignore[reportPrivateUsage]
