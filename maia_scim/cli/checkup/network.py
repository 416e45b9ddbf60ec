"""The way to the service: its name, connections to it by family, TLS; and the same of the token endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maia_scim.cli.checkup import reach
from maia_scim.cli.checkup import tls as handshakes
from maia_scim.cli.checkup.proxies import proxy_for
from maia_scim.cli.checkup.results import fail, ok, skipped, warn
from maia_scim.cli.checkup.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maia_scim.cli.checkup.bench import Bench
    from maia_scim.cli.checkup.reach import Address, Reached, Target
    from maia_scim.cli.checkup.results import Result

_NOBODY = "check that this machine has a network, and a resolver that answers (nslookup {host}), or set HTTPS_PROXY"
_NO_SUCH = "look for a typing error in the address; if there is none, "
_FIREWALL = "let a firewall open port {port} to {host}, or set HTTPS_PROXY to the proxy that leads there"


def dns(bench: Bench) -> Result:
    """What the name of the service is resolved to."""
    target = reach.Target.of(bench.connection.base_url)
    if proxy := _proxy(target):
        return skipped(f"{target.host} is asked through the proxy {proxy}, which resolves it")
    try:
        bench.addresses = reach.resolve(target, bench.wanted.timeout)
    except reach.Unresolved as error:
        return _unresolved(target, error)
    texts = {f"ipv{version}": [each.text for each in _of(bench, version)] for version in (4, 6)}
    if bench.connection.ipv4_only and not texts["ipv4"]:
        return fail(
            f"{target.host} has no IPv4 address, and the profile is for IPv4 only", "take ipv4_only out", **texts
        )
    if reach.is_address(target.host):
        return skipped(f"{target.host} is an address, and no name", **texts)
    found = f"{target.host} is {', '.join(each.text for each in bench.addresses)}"
    private = [each.text for each in bench.addresses if reach.is_private(each)]
    if private and not is_loopback(bench.connection.base_url) and bench.connection.region_name:
        return warn(
            f"{found}, which is no address of the internet",
            "look for a DNS filter, or an entry of the hosts file; a private way to the service is well",
            **texts,
        )
    return ok(found, **texts)


def ipv4(bench: Bench) -> Result:
    """Connections to the IPv4 addresses."""
    return _family(bench, 4)


def ipv6(bench: Bench) -> Result:
    """Connections to the IPv6 addresses."""
    return _family(bench, 6)


def tls(bench: Bench) -> Result:
    """The handshake, and the certificate."""
    target = reach.Target.of(bench.connection.base_url)
    if not target.secure:
        return skipped(f"{bench.connection.base_url} is http, which is good enough for this machine alone")
    if proxy := _proxy(target):
        return skipped(f"{target.host} is asked through the proxy {proxy}")
    reached = next(each for each in bench.reached if each.seconds is not None)
    return handshakes.check(target, reached.address, bench.wanted.timeout, bench.now())


def token_endpoint(bench: Bench) -> Result:
    """Name, connection and TLS of the token endpoint, where it is another host than the service."""
    url = bench.connection.token_url
    if url is None:
        return skipped("MAIA_TOKEN brings the token: nobody is asked for one")
    target = reach.Target.of(url)
    if target == reach.Target.of(bench.connection.base_url):
        return skipped("it is on the host of the service")
    if proxy := _proxy(target):
        return skipped(f"{target.host} is asked through the proxy {proxy}")
    try:
        addresses = reach.resolve(target, bench.wanted.timeout)
    except reach.Unresolved as error:
        return _unresolved(target, error)
    usable = [each for each in addresses if each.version == 4 or not bench.connection.ipv4_only]
    went = reach.connect_all(usable, bench.wanted.timeout)
    reached = next((each for each in went if each.seconds is not None), None)
    if reached is None:
        return fail(f"{target.host}: {_told(went) or 'no IPv4 address'}", _FIREWALL.format(**target._asdict()))
    if not target.secure:
        return ok(f"{_at(reached)}, {url} is http")
    result = handshakes.check(target, reached.address, bench.wanted.timeout, bench.now())
    return result if result.status != "ok" else ok(f"{target.host}: {_at(reached)}; {result.found}", **result.facts)


def _family(bench: Bench, version: int) -> Result:
    target = reach.Target.of(bench.connection.base_url)
    if proxy := _proxy(target):
        return skipped(f"{target.host} is asked through the proxy {proxy}")
    if not bench.reached:
        usable = [each for each in bench.addresses if each.version == 4 or not bench.connection.ipv4_only]
        bench.reached = reach.connect_all(usable, bench.wanted.timeout)
    mine = [each for each in bench.reached if each.address.version == version]
    if not mine:
        if version == 6 and bench.connection.ipv4_only:
            return skipped("the profile is for IPv4 only")
        return skipped(f"{target.host} has no IPv{version} address")
    facts = {"addresses": {each.address.text: each.problem or round(each.seconds or 0.0, 4) for each in mine}}
    lost = [each for each in mine if each.seconds is None]
    others = any(each.seconds is not None for each in bench.reached if each.address.version != version)
    if not lost:
        return ok(f"port {target.port}: {', '.join(map(_at, mine))}", **facts)
    found = f"port {target.port}: {_told(mine)}"
    if len(lost) < len(mine):
        return warn(found, "some addresses do not answer: tell whoever runs the network, or the vendor", **facts)
    if others and all(each.no_way for each in lost):
        # Many networks are of one family; the system then takes the other at once.
        return skipped(f"this machine has no way out over IPv{version} ({lost[0].problem})", **facts)
    if others and version == 6:
        return warn(
            found,
            "each connection may wait for IPv6 first: mend it, or leave it out (ipv4_only = true in the profile, "
            "ipv4_only=True of MaiaScim)",
            **facts,
        )
    if others:
        return warn(found, "all goes over IPv6: an account with a list of IPv4 addresses will refuse it", **facts)
    return fail(found, _FIREWALL.format(**target._asdict()), **facts)


def _of(bench: Bench, version: int) -> list[Address]:
    return [each for each in bench.addresses if each.version == version]


def _proxy(target: Target) -> str | None:
    return proxy_for("https" if target.secure else "http", target.host)


def _unresolved(target: Target, error: reach.Unresolved) -> Result:
    return fail(
        f"{target.host} is not resolved: {error}", (_NO_SUCH if error.known else "") + _NOBODY.format(host=target.host)
    )


def _at(reached: Reached) -> str:
    return f"{reached.address.text} in {(reached.seconds or 0.0) * 1000:.0f} ms"


def _told(went: Sequence[Reached]) -> str:
    return ", ".join(
        _at(each) if each.seconds is not None else f"{each.address.text} {_lower(each.problem)}" for each in went
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


__all__ = ["dns", "ipv4", "ipv6", "tls", "token_endpoint"]
