"""The proxies of the environment, and which of them a host is asked through."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

NAMES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


def named() -> dict[str, str]:
    """The variables that are set, in either spelling; where both are, the lower case counts."""
    found: dict[str, str] = {}
    for name in NAMES:
        for spelling in (name.lower(), name):
            if value := os.environ.get(spelling, "").strip():
                found[spelling] = value
                break
    return found


def shown(value: str) -> str:
    """A proxy's address without user and password; a list of hosts as it is."""
    if "@" not in value:
        return value
    try:
        parts = urlsplit(value if "://" in value else f"//{value}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or "@" not in parts.netloc:  # a password with a slash in it
        return "(an address that cannot be read)"
    scheme = f"{parts.scheme}://" if parts.scheme else ""
    return f"{scheme}***@{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def proxy_for(scheme: str, host: str) -> str | None:
    """The proxy that requests to a host go through, fit to be shown; None where they go there directly."""
    from urllib.request import getproxies, proxy_bypass

    from maia_scim.config import LOOPBACK

    if host in LOOPBACK:
        return None
    proxies = getproxies()  # what httpx asks, too: settings of the system are among them
    proxy = proxies.get(scheme) or proxies.get("all")
    return shown(proxy) if proxy and not proxy_bypass(host) else None


__all__ = ["named", "proxy_for", "shown"]
