"""Where the service is and who calls it: arguments, then ``MAIA_*``, then ``MATILLION_*``.

The order of precedence is told in one place, docs/configuration.md, and stands in one place, here.
"""

from __future__ import annotations

import os
from typing import NamedTuple
from urllib.parse import urlsplit

from maia_public_api.servers import Region

from .errors import ConfigurationError
from .frames import discreet

TOKEN_URL = "https://id.core.matillion.com/oauth/dpc/token"  # noqa: S105 - an address, no secret
# Hosts that http is good enough for; no proxy is asked for them.
LOOPBACK = ("localhost", "127.0.0.1", "::1")
AUDIENCE = "https://api.matillion.com"


class _Family(NamedTuple):
    """The environment variables of one spelling."""

    region: str
    base_url: str
    token: str | None
    client_id: str
    client_secret: str
    token_url: str
    audience: str
    token_cache: str | None = None


FAMILIES = (
    _Family(
        "MAIA_REGION",
        "MAIA_BASE_URL",
        "MAIA_TOKEN",
        "MAIA_CLIENT_ID",
        "MAIA_CLIENT_SECRET",
        "MAIA_TOKEN_URL",
        "MAIA_AUDIENCE",
        "MAIA_TOKEN_CACHE",
    ),
    _Family(
        "MATILLION_REGION",
        "MATILLION_API_URL",
        None,
        "MATILLION_CLIENT_ID",
        "MATILLION_CLIENT_SECRET",
        "MATILLION_TOKEN_URL",
        "MATILLION_AUDIENCE_URL",
    ),
)


class Place(NamedTuple):
    """Where the service is.

    Attributes:
        base_url: What the paths of the specification are appended to, without a slash at the end.
        region: The region it belongs to, or None for any other address.
    """

    base_url: str
    region: Region | None


@discreet
def find_place(region: Region | str | None, base_url: str | None) -> Place:
    """Decide where the service is.

    Raises:
        ConfigurationError: If both arguments are given, none of them or of their variables is, or one is not usable.
    """
    if region is not None and base_url is not None:
        raise ConfigurationError("region and base_url are both given: pass one of them")
    if base_url is not None:
        return _at(base_url, "base_url")
    if region is not None:
        return _in(region, "region")
    for names in FAMILIES:
        if address := variable(names.base_url):
            return _at(address, names.base_url)
        if name := variable(names.region):
            return _in(name, names.region)
    raise ConfigurationError(
        f"no region: pass region= ({_regions()}) or base_url=, or set MAIA_REGION or MAIA_BASE_URL"
    )


@discreet
def find_token_url() -> str:
    """The token endpoint of the environment, or the documented one.

    Raises:
        ConfigurationError: If it cannot be used.
    """
    for names in FAMILIES:
        if address := variable(names.token_url):
            return check_url(address, names.token_url)
    return TOKEN_URL


def find_audience() -> str:
    """The audience of the environment, or the documented one."""
    return next((audience for names in FAMILIES if (audience := variable(names.audience))), AUDIENCE)


@discreet
def check_url(url: str, what: str) -> str:
    """Take an address that a token may be sent to.

    Args:
        url: The address.
        what: What to call it in an error.

    Returns:
        The address without slashes at its end.

    Raises:
        ConfigurationError: If it is no absolute https address (http is taken for loopback), or holds a user, a query
            or a fragment.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")  # refuses empty labels and ones that are too long
        usable = not any(sign.isspace() or not sign.isprintable() for sign in url.strip())
    except (ValueError, AttributeError):
        usable, parts, host = False, urlsplit(""), None
    if not usable:
        raise ConfigurationError(f"{what} is not a URL")
    # The address itself is not shown: what is wrong with it may be a password in it.
    if not host or parts.scheme not in ("https", "http"):
        raise ConfigurationError(f"{what} is not an absolute https:// URL")
    if parts.username or parts.password:
        raise ConfigurationError(f"{what} holds a user or password: credentials go to auth=")
    if "?" in url or "#" in url:
        raise ConfigurationError(f"{what} holds a query or fragment: leave out what follows the path")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            f"{what} is http://{host}: only https:// keeps the token secret (http is for loopback)"
        )
    return url.strip().rstrip("/")


def _at(base_url: str, what: str) -> Place:
    # Terraform users have …/dpc/v1 in MATILLION_API_URL; the paths of the specification bring the /v1.
    address = check_url(base_url, what).removesuffix("/v1").rstrip("/")
    return Place(address, next((region for region in Region if region.url == address), None))


def _in(region: Region | str, what: str) -> Place:
    try:
        found = Region(region)
    except ValueError:
        # The vendor's Terraform client spells regions without the digit.
        text = str(region).strip().upper()
        fits = [member for member in Region if member.value.rstrip("0123456789") == text]
        if len(fits) != 1:
            raise ConfigurationError(
                f"{what} {str(region)!r} is unknown: use {_regions()}, or base_url= for any other address"
            ) from None
        found = fits[0]
    return Place(found.url, found)


def _regions() -> str:
    return " or ".join(repr(region.value.lower()) for region in Region)


def _is_loopback(host: str) -> bool:
    return host in LOOPBACK


def variable(name: str) -> str | None:
    """What a variable of the environment holds, or None for nothing or blanks."""
    return os.environ.get(name, "").strip() or None
