"""The configuration: where each value comes from, what contradicts what, and what looks wrong with it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from maia_scim.cli.checkup.results import Findings, warn, wrong
from maia_scim.cli.connection import ACCOUNTS, PLACES
from maia_scim.cli.exits import Ending
from maia_scim.config import LOOPBACK, find_place
from maia_scim.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from maia_scim.cli.checkup.bench import Bench
    from maia_scim.cli.checkup.results import Result
    from maia_scim.cli.profile_store import Profile

_VENDOR = ".api.matillion.com"


def told(error: Exception) -> str:
    """What an error of the configuration says."""
    return error.message if isinstance(error, Ending) else str(error)


def is_loopback(url: str) -> bool:
    """Whether an address is of this machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK


def service(bench: Bench) -> Result:
    """Where the service is, and what says so."""
    connection, found = bench.connection, Findings()
    try:
        profile = bench.profile
        base_url, region = connection.base_url, connection.region_name
    except (Ending, ConfigurationError) as error:
        return wrong(told(error), "name a region (--region eu1 or us1, or MAIA_REGION), or a profile (--profile NAME)")
    by = _said_by(bench)
    found.facts |= {"baseUrl": base_url, "region": region, "by": by, "profile": connection.profile}
    said = "the profile" if profile and not bench.wanted.place_by else by
    found.note(f"{f'region {region}, ' if region else ''}{base_url}, by {said}")
    if profile is not None:
        _profile(bench, profile, found)
    elif bench.wanted.place_by is None:
        _other_variables(by, base_url, found)
    if profile is None:
        _unused_default(found)
    parts = urlsplit(base_url)
    if (parts.hostname or "").endswith(_VENDOR) and parts.path != "/dpc":
        here = f"{parts.scheme}://{parts.netloc}/dpc"
        found.add(warn("the path of the address is not /dpc", f"use {here}, or the region's name"))
    if connection.ipv4_only:
        found.note("over IPv4 only, by the profile")
    return found.result()


def _said_by(bench: Bench) -> str:
    if bench.wanted.place_by:
        return bench.wanted.place_by
    if bench.profile:
        return f"profile {bench.profile.name}"
    return next(name for name in PLACES if os.environ.get(name, "").strip())


def _profile(bench: Bench, profile: Profile, found: Findings) -> None:
    from maia_scim.cli.profile_store import file

    path, by = file(), bench.wanted.profile_by
    found.note(f"profile {profile.name}, {f'named by {by}, of' if by else 'the default of'} {path}")
    if os.name != "posix":  # elsewhere the mode says nothing of who may write
        return
    facts = path.stat()
    others = facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if others or facts.st_uid not in (os.geteuid(), 0):
        found.add(
            warn(
                f"others than you may write {path}, and so say where your secret is sent to",
                f"chmod 600 {path}" if others else f"make {path} yours",
            )
        )


def _other_variables(by: str, base_url: str, found: Findings) -> None:
    """Warn of variables that are not read, and say another thing."""
    for name in PLACES:
        value = os.environ.get(name, "").strip()
        if not value or name == by:
            continue
        is_region = name.endswith("_REGION")
        try:
            other: str | None = find_place(value if is_region else None, None if is_region else value).base_url
        except ConfigurationError:
            other = None
        if other != base_url:
            found.add(
                warn(f"{name} says {other or 'another thing'}, and is not read since {by} is set", f"unset {name}")
            )


def _unused_default(found: Findings) -> None:
    """Tell somebody who has a default profile that variables win over it."""
    from maia_scim.cli.profile_store import load

    try:
        default = load().default
    except Ending as error:
        found.add(warn(told(error), "mend the file of profiles, which is not needed here"))
        return
    by = next((name for name in (*PLACES, *ACCOUNTS) if os.environ.get(name, "").strip()), None)
    if default and by:
        found.note(f"the default profile {default} is not used, since {by} is set; --profile {default} uses it")


def contradictions(pairs: Iterable[tuple[str, str]]) -> list[Result]:
    """Warnings of variables of which both spellings are set, and differ; no value is shown.

    Args:
        pairs: The two names of each; the first is the one that is read.
    """
    return [
        warn(f"{first} and {second} are both set, and differ: {first} is read", "unset the one that is not meant")
        for first, second in pairs
        if (one := os.environ.get(first, "").strip()) and (other := os.environ.get(second, "").strip()) and one != other
    ]


__all__ = ["contradictions", "is_loopback", "service", "told"]
