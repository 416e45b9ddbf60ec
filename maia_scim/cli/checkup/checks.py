"""All checks in order, what each needs, and the run of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from maia_scim.cli.checkup import access, credentials, local, network, settings, token
from maia_scim.cli.checkup.results import skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from maia_scim.cli.checkup.bench import Bench
    from maia_scim.cli.checkup.results import Result


class Check(NamedTuple):
    """A check.

    Attributes:
        name: Its name.
        run: What it does.
        needs: The checks that must not have failed, for this one to mean anything.
        wanted: Tells whether it is to be run at all; None for always.
    """

    name: str
    run: Callable[[Bench], Result]
    needs: tuple[str, ...] = ()
    wanted: Callable[[Bench], bool] | None = None


def _of_user(bench: Bench) -> bool:
    return bench.wanted.user is not None


def _of_other_regions(bench: Bench) -> bool:
    return bench.wanted.other_regions


_REACHED = ("environment", "ipv4", "ipv6", "tls")
CHECKS = (
    Check("versions", local.versions),
    Check("environment", local.environment),
    Check("service", settings.service),
    Check("credentials", credentials.credentials),
    Check("dns", network.dns, ("service",)),
    Check("ipv4", network.ipv4, ("dns",)),
    Check("ipv6", network.ipv6, ("dns",)),
    Check("tls", network.tls, ("environment", "ipv4", "ipv6")),
    Check("token endpoint", network.token_endpoint, ("environment", "service", "credentials")),
    Check("token", token.token, ("token endpoint",)),
    Check("region", access.region, (*_REACHED, "token")),
    Check("users", access.users, ("region",)),
    Check("groups", access.groups, ("region",)),
    Check("user", access.user, ("region",), _of_user),
    Check("other regions", access.other_regions, (*_REACHED, "token"), _of_other_regions),
    Check("clock", access.clock, ("environment", "service", "credentials")),
    Check("answers", access.answers, (*_REACHED, "token")),
)


def run(bench: Bench) -> Iterator[tuple[str, Result]]:
    """Do one after the other, and give each with its result; what can mean nothing is skipped, with the cause."""
    causes: dict[str, str] = {}  # of a check that failed, itself; of one that was skipped for it, the same
    for check in CHECKS:
        if check.wanted and not check.wanted(bench):
            continue
        because = [*dict.fromkeys(causes[name] for name in check.needs if name in causes)]
        if because:
            causes[check.name] = because[0]
            yield check.name, skipped(f"since {' and '.join(because)} failed")
            continue
        result = check.run(bench)
        if result.status == "fail":
            causes[check.name] = check.name
        yield check.name, result


__all__ = ["CHECKS", "Check", "run"]
