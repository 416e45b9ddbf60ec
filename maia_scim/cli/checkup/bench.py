"""What the checks of one run share: whom they are about, what they may do, and what was answered so far."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from maia_scim import MaiaScim
    from maia_scim.cli.checkup.reach import Address, Reached
    from maia_scim.cli.checkup.reads import Read
    from maia_scim.cli.checkup.recorder import Recorder
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.profile_store import Profile


class Wanted(NamedTuple):
    """What the command line asks for.

    Attributes:
        profile_by: What named the profile: ``--profile`` or ``MAIA_PROFILE``; None where nothing did.
        place_by: The option that says where the service is; None where none does.
        user: The id of a user to read.
        other_regions: Whether to try the read in the other regions.
        timeout: Seconds that each lookup, connection, handshake and answer may take.
    """

    profile_by: str | None = None
    place_by: str | None = None
    user: str | None = None
    other_regions: bool = False
    timeout: float = 10.0


class Bench:
    """What the checks work with; a context manager that closes the connections.

    Args:
        connection: Which account it is about.
        wanted: What the command line asks for.

    Attributes:
        addresses: What the name of the service was resolved to.
        reached: How connections to them went.
        reads: What the service answered, by what was read.
    """

    def __init__(self, connection: Connection, wanted: Wanted) -> None:
        self.connection, self.wanted = connection, wanted
        self.addresses: list[Address] = []
        self.reached: list[Reached] = []
        self.reads: dict[str, Read] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    def now(self) -> float:
        """Seconds since the epoch, by the clock of this machine."""
        return time.time()

    @cached_property
    def profile(self) -> Profile | None:
        """The profile in use, as its file has it."""
        from maia_scim.cli.profile_store import load

        name = self.connection.profile
        return load().named(name) if name else None

    @cached_property
    def recorder(self) -> Recorder:
        """What sends, and takes note of the answers.

        Raises:
            ConfigurationError: If the proxies or certificates of the environment cannot be used.
        """
        return self._recorder(ipv4_only=self.connection.ipv4_only)

    @cached_property
    def maia(self) -> MaiaScim:
        """A client as every command has it, but that it tries once and waits for no limit."""
        return self.client(self.recorder)

    def client(self, recorder: Recorder, base_url: str | None = None) -> MaiaScim:
        """The same over another recorder, or to another address."""
        from maia_scim import RetryPolicy

        elsewhere = {"base_url": base_url} if base_url else {}
        once = RetryPolicy(attempts=1, budget=0)  # after a 429 the next read is told so, and does not wait
        maia = self.connection.client(
            http_client=recorder.client, retry=once, rate_limit=None, timeout=self.wanted.timeout, **elsewhere
        )
        return self._open.enter_context(maia)

    def over_ipv4(self) -> MaiaScim:
        """The same over IPv4 only."""
        return self.client(self._recorder(ipv4_only=True))

    def _recorder(self, *, ipv4_only: bool) -> Recorder:
        from maia_scim.cli.checkup.recorder import Recorder

        return self._open.enter_context(Recorder(self.now, ipv4_only=ipv4_only))
