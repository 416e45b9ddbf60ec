"""What the service says: whether the account is here, what may be read, and what else its answers tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from maia_scim.cli.checkup import reads
from maia_scim.cli.checkup.results import Findings, fail, ok, skipped, warn
from maia_scim.problems import request_id_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maia_scim.cli.checkup.bench import Bench
    from maia_scim.cli.checkup.reads import Read
    from maia_scim.cli.checkup.recorder import Exchange
    from maia_scim.cli.checkup.results import Result

SKEW_WARN, SKEW_FAIL = 30.0, 300.0
"""Seconds that the clock may differ by."""
_IPV4 = "set ipv4_only = true in the profile, or ipv4_only=True of MaiaScim"


def region(bench: Bench) -> Result:
    """Whether the account is there: a user and a group that cannot exist are read, of which one has to be answered."""
    users, groups = reads.of(bench, "user"), reads.of(bench, "group")
    facts: dict[str, str] = {"users": users.verdict, "groups": groups.verdict}
    what = _here(bench)
    if "permitted" in (users.verdict, groups.verdict):
        kind = "user" if users.verdict == "permitted" else "group"
        return ok(f"{what} takes the credential, and answers for a {kind} that cannot exist as it should", **facts)
    if users.verdict == "address":
        return _not_from_here(bench, what, users, facts)
    result = reads.trouble(users, what=what, token_only=bench.connection.token_url is None)
    return (warn if result.status == "warn" else fail)(result.found, result.todo or "", **facts)


def may_read(bench: Bench, kind: str) -> Result:
    """Whether the credential may read users, or groups."""
    read = reads.of(bench, kind)
    if read.verdict == "permitted":
        return ok(f"a {kind} that cannot exist is answered with 404: {kind}s may be read")
    return reads.trouble(read, what=f"reading a {kind}", token_only=bench.connection.token_url is None)


def users(bench: Bench) -> Result:
    """Whether users may be read."""
    return may_read(bench, "user")


def groups(bench: Bench) -> Result:
    """Whether groups may be read."""
    return may_read(bench, "group")


def user(bench: Bench) -> Result:
    """Who the user of ``--user`` is, and whether the service has versions."""
    target = bench.wanted.user or ""
    read = reads.read(bench, bench.maia, "user", target)
    if read.resource is None:
        if read.verdict == "permitted":
            where = _here(bench)
            return fail(f"{where} has no user {target}", "check the id, and that the account lives in this region")
        return reads.trouble(read, what=f"reading user {target}", token_only=bench.connection.token_url is None)
    found: dict[str, Any] = read.resource.to_dict()
    tag = _header(read.exchange, "etag")
    meta: Any = found.get("meta")
    version: Any = cast("dict[str, Any]", meta).get("version") if isinstance(meta, dict) else None
    facts = {"userName": found.get("userName"), "active": found.get("active"), "versions": bool(tag or version)}
    who = f"{found.get('userName') or 'without a userName'}, {'active' if found.get('active') else 'not active'}"
    by = " and ".join(name for name, value in (("ETag", tag), ("meta.version", version)) if value)
    if by:
        return ok(f"{who}; versions are given as {by}, so If-Match can work", **facts)
    return ok(f"{who}; no versions are given, so If-Match cannot work, and edits read again before they write", **facts)


def other_regions(bench: Bench) -> Result:
    """The same read in every other region, with the same token."""
    places = regions()
    here = bench.connection.base_url
    if here not in places.values():
        return skipped(f"{here} is no region: its token goes nowhere else")
    verdicts: dict[str, reads.Verdict] = {
        name: reads.read(bench, bench.client(bench.recorder, url), "user", _nobody()).verdict
        for name, url in places.items()
        if url != here
    }
    found = (
        ", ".join(f"{name} {reads.MEANS[verdict]}" for name, verdict in verdicts.items()) or "there is no other region"
    )
    lives = [name for name, verdict in verdicts.items() if verdict == "permitted"]
    at_home = "permitted" in (reads.of(bench, "user").verdict, reads.of(bench, "group").verdict)
    if lives and not at_home:
        return warn(
            f"{found}: so the account lives in {' or '.join(lives)}",
            f"use --region {lives[0].lower()}, MAIA_REGION={lives[0].lower()}, or region of the profile",
            verdicts=verdicts,
        )
    return ok(found, verdicts=verdicts)


def regions() -> dict[str, str]:
    """The addresses of the regions by name."""
    from maia_public_api.servers import Region

    return {each.value: each.url for each in Region}


def clock(bench: Bench) -> Result:
    """How far the clock of this machine is from that of whoever answered first and fastest."""
    from email.utils import parsedate_to_datetime

    skews: list[tuple[float, float, str]] = []
    for each in bench.recorder.exchanges:
        try:
            date = parsedate_to_datetime(each.headers.get("date", "")).timestamp()
        except (ValueError, OverflowError):
            continue
        # The header tells the second that the answer was made in, some time between request and answer.
        least, most = each.sent - date - 1, each.received - date
        skew = least if least > 0 else most if most < 0 else 0.0
        skews.append((each.received - each.sent, skew, each.host))
    if not skews:
        return skipped("no answer has a Date")
    _, skew, host = min(skews)
    if skew == 0:
        return ok(f"in step with {host}, to the second", skew=0)
    found = f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} that of {host}"
    if abs(skew) <= SKEW_WARN:
        return ok(found, skew=round(skew))
    todo = "set the clock (NTP): tokens, certificates, cached tokens and dates to wait for are judged by it"
    return (fail if abs(skew) > SKEW_FAIL else warn)(found, todo, skew=round(skew))


def answers(bench: Bench) -> Result:
    """How the service answers: protocol, address, the name of a request, and what is left of the rate limit."""
    mine = [each for each in bench.recorder.exchanges if not each.of_token]
    if not mine:
        return skipped("the service did not answer")
    last, found = mine[-1], Findings()
    request_id = _request_id_header(last)
    limits = {name: value for each in mine for name, value in each.headers.items() if "ratelimit" in name.lower()}
    found.facts |= {"protocol": last.protocol, "peer": last.peer, "requestIdHeader": request_id, "rateLimit": limits}
    over = f", {'IPv6' if ':' in last.peer else 'IPv4'} {last.peer}" if last.peer else ""
    found.note(f"{last.protocol}{over}")
    found.note(f"requests are named by {request_id}" if request_id else "requests have no name to give to support")
    found.note(", ".join(f"{name}: {value}" for name, value in limits.items()) or "nothing is said of a rate limit")
    if waits := [each.headers["retry-after"] for each in mine if "retry-after" in each.headers]:
        found.facts["retryAfter"] = waits[-1]
        found.add(warn(f"the service asks to wait (Retry-After: {waits[-1]})", "try again after that"))
    return found.result()


def _not_from_here(bench: Bench, what: str, read: Read, facts: dict[str, str]) -> Result:
    """Of a 403 of an IP allow list: whether IPv4 is the way."""
    peer = read.exchange.peer if read.exchange else None
    trouble = reads.trouble(read, what=what, token_only=False)
    if peer is None or ":" not in peer or bench.connection.ipv4_only:
        return fail(trouble.found, trouble.todo or "", **facts)
    again = reads.read(bench, bench.over_ipv4(), "user", _nobody())
    if again.verdict == "permitted":
        return fail(f"{what} refuses IPv6 (the request came to {peer}), and takes IPv4", _IPV4, **facts)
    return fail(
        f"{trouble.found}; over IPv4 it {reads.MEANS[again.verdict]}", f"{trouble.todo}; it went out over IPv6", **facts
    )


def _here(bench: Bench) -> str:
    name = bench.connection.region_name
    return f"region {name}" if name else bench.connection.base_url


def _nobody() -> str:
    from uuid import uuid4

    return str(uuid4())


def _header(exchange: Exchange | None, name: str) -> str | None:
    return exchange.headers.get(name) if exchange else None


def _request_id_header(exchange: Exchange) -> str | None:
    import httpx

    names: Sequence[str] = [*exchange.headers]
    named = request_id_of(httpx.Response(200, headers=[*exchange.headers.items()]))
    return next((name for name in names if exchange.headers[name] == named), None) if named else None


__all__ = ["SKEW_FAIL", "SKEW_WARN", "answers", "clock", "groups", "other_regions", "region", "user", "users"]
