"""The servers of the specification. Generated; imports neither attrs nor httpx."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Region(StrEnum):
    """A region of the service, one for each server of the specification.

    `Region("eu1")` finds a member by its name in any letter case.
    """

    EU1 = "EU1"
    US1 = "US1"

    @property
    def url(self) -> str:
        """The base URL of the region's server."""
        return _URLS[self.name]

    @classmethod
    def _missing_(cls, value: object) -> Region | None:
        if isinstance(value, str):
            wanted = value.strip().casefold()
            for member in cls:
                if member.name.casefold() == wanted:
                    return member
        return None


_URLS: Final[dict[str, str]] = {
    "EU1": "https://eu1.api.matillion.com/dpc",
    "US1": "https://us1.api.matillion.com/dpc",
}
