"""What keeps a name from being an id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maia_scim.errors import MaiaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import Found

_SHOWN = 10


class IndexFault(MaiaError):
    """Base of the errors of ``maia_scim.index``. Nothing was sent."""


class IndexRefused(IndexFault):
    """The file is no index, or one of another account, or cannot be read or written."""


class NameNotFound(IndexFault):
    """Nobody of that name was seen. That does not say that there is nobody."""


class NameAmbiguous(IndexFault):
    """Several have that name.

    Attributes:
        found: All of them.
    """

    def __init__(self, who: str, found: Sequence[Found]) -> None:
        self.found = tuple(found)
        first = self.found[0]
        told = ", ".join(f"{each.name} ({each.id})" for each in self.found[:_SHOWN])
        if len(self.found) > _SHOWN:
            told += f" and {len(self.found) - _SHOWN} more"
        super().__init__(f"{who} is the {first.by} of {len(self.found)} {first.kind}s: {told}. Say which, by its id")


__all__ = ["IndexFault", "IndexRefused", "NameAmbiguous", "NameNotFound"]
