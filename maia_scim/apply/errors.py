"""What keeps a file from being applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maia_scim.errors import MaiaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import Fault

_SHOWN = 20
_KEPT = 1000


class ApplyError(MaiaError):
    """Base of the errors of ``maia_scim.apply``. Nothing was written, unless the error says so."""


class InvalidFile(ApplyError):
    """The file cannot be taken as it is. Nothing was sent.

    Attributes:
        faults: What is wrong, each with its line and column.
        total: How many faults there are; ``faults`` holds the first of them.
    """

    def __init__(self, name: str, faults: Sequence[Fault], total: int | None = None) -> None:
        self.faults = tuple(faults)
        self.total = len(self.faults) if total is None else total
        name = "standard input" if name == "-" else name
        shown = [f"  {fault}" for fault in self.faults[:_SHOWN]]
        if self.total > len(shown):
            shown.append(f"  and {self.total - len(shown)} more")
        super().__init__("\n".join([f"{name}: {self.total} fault{'s' * (self.total != 1)}; nothing was sent", *shown]))


class Faults:
    """What is wrong with a file, as it is found: the first thousand faults, and how many there are."""

    def __init__(self) -> None:
        self._first: list[Fault] = []
        self._total = 0

    def add(self, *faults: Fault) -> None:
        """Note what is wrong."""
        self._total += len(faults)
        self._first += faults[: _KEPT - len(self._first)]

    def refuse(self, name: str) -> None:
        """Refuse the file, if anything is wrong with it.

        Args:
            name: What messages call the file.

        Raises:
            InvalidFile: If so.
        """
        if self._total:
            raise InvalidFile(name, sorted(self._first, key=lambda each: each.line or 0), self._total)


class GuardRail(ApplyError):
    """A guard rail stopped a plan before its first write.

    Attributes:
        reasons: What it would have done that it must not.
    """

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("stopped before the first write: " + "; ".join(self.reasons))


class PlanError(ApplyError):
    """A plan could not be made, or is not one for this service and account."""


class JournalError(ApplyError):
    """A journal or a saved plan cannot be read, written or taken, as when another run is using it."""


class Moved(ApplyError):
    """What a plan was made for is no longer there as it was. It was not written."""


class NotTried(ApplyError):
    """A write that was not tried, since one before it failed."""


class NotKept(ApplyError):
    """The service said that it did what it was sent, and has not done all of it."""

    outcome = "refused"


__all__ = [
    "ApplyError",
    "Faults",
    "GuardRail",
    "InvalidFile",
    "JournalError",
    "Moved",
    "NotKept",
    "NotTried",
    "PlanError",
]
