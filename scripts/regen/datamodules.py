"""The modules of the generated package that the generator has no template for: `servers.py` and `spec.py`."""

from __future__ import annotations

import keyword
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scripts.regen.errors import RegenError

if TYPE_CHECKING:
    from collections.abc import Mapping

_STEP = "servers"
# A member of this name would hide something that a StrEnum member has.
_TAKEN = frozenset(dir(StrEnum)) | {"url", "name", "value"}

_SERVERS = '''\
"""The servers of the specification. Generated; imports neither attrs nor httpx."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Region(StrEnum):
    """A region of the service, one for each server of the specification.

    `Region("eu1")` finds a member by its name in any letter case.
    """

{members}

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


_URLS: Final[dict[str, str]] = {{
{urls}
}}
'''

_SPEC = '''\
"""What this package was generated from. Generated; imports neither attrs nor httpx."""

from __future__ import annotations

from typing import Final, NamedTuple


class Spec(NamedTuple):
    """The vendored specification: where it came from, when, and the SHA-256 of its text."""

    url: str
    date: str
    sha256: str


SPEC: Final = Spec(
    url={url},
    date={date},
    sha256={sha256},
)
'''


def regions(spec: Mapping[str, Any]) -> dict[str, str]:
    """Name the servers of a specification.

    Args:
        spec: The overlaid specification.

    Returns:
        The URL of each region, by the region's name, in the specification's order.

    Raises:
        RegenError: If there is no server, or one that cannot be named or called.
    """
    found: dict[str, str] = {}
    for index, server in enumerate(spec.get("servers") or ()):
        where = f"/servers/{index}"
        url = str(server.get("url", ""))
        parts = urlsplit(url)
        if "{" in url or parts.scheme not in {"http", "https"} or not parts.hostname:
            remedy = "write an overlay action that names the server by a whole URL"
            raise RegenError(_STEP, f"the server {url!r} has no absolute URL", where=where, remedy=remedy)
        name = _name(str(server.get("description") or ""), parts.hostname)
        if not name:
            remedy = "write an overlay action that gives the server a one-word description, such as EU1"
            raise RegenError(_STEP, f"no region can be named after {url!r}", where=where, remedy=remedy)
        twin = next((other for other in found if other.casefold() == name.casefold()), None)
        if twin:
            remedy = "write an overlay action that gives the servers different one-word descriptions"
            why = f"{url!r} and {found[twin]!r} would both be region {name}"
            raise RegenError(_STEP, why, where=where, remedy=remedy)
        found[name] = url
    if not found:
        remedy = "vendor a specification with servers, or add them by an overlay"
        raise RegenError(_STEP, "the specification names no server", where="/servers", remedy=remedy)
    return found


def _name(description: str, host: str) -> str:
    for name in (description.strip(), re.sub(r"\W", "_", host.split(".", maxsplit=1)[0].upper())):
        if name.isidentifier() and not (keyword.iskeyword(name) or name.startswith("_") or name in _TAKEN):
            return name
    return ""


def servers_module(spec: Mapping[str, Any]) -> str:
    """The text of `servers.py`.

    Args:
        spec: The overlaid specification.

    Raises:
        RegenError: If the servers cannot be named.
    """
    found = regions(spec)
    return _SERVERS.format(
        members="\n".join(f"    {name} = {_literal(name)}" for name in found),
        urls="\n".join(f"    {_literal(name)}: {_literal(url)}," for name, url in found.items()),
    )


def spec_module(*, url: str, date: str, sha256: str) -> str:
    """The text of `spec.py`.

    Args:
        url: Where the specification came from.
        date: When it was vendored, as an ISO date.
        sha256: The hash of its text.
    """
    return _SPEC.format(url=_literal(url), date=_literal(date), sha256=_literal(sha256))


def _literal(text: str) -> str:
    """Python source for a text, in double quotes as the formatter leaves them."""
    escaped = text.encode("unicode_escape").decode("ascii").replace('"', '\\"')
    return f'"{escaped}"'
