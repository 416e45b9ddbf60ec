"""One read of something that cannot exist, and what its answer says of region, rights and gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from maia_scim import errors
from maia_scim.cli.checkup.results import fail, warn

if TYPE_CHECKING:
    from maia_scim import MaiaScim
    from maia_scim.cli.checkup.bench import Bench
    from maia_scim.cli.checkup.recorder import Exchange
    from maia_scim.cli.checkup.results import Result

Verdict = Literal[
    "permitted",  # 404 as the service says it, or the resource
    "no path",  # 404 as its gateway says it
    "token",  # 401
    "address",  # 403 of an IP allow list
    "right",  # any other 403
    "limited",  # 429
    "refused",  # any other 4xx
    "gateway",  # 5xx, redirects, pages
    "no answer",
    "no token",
]

MEANS: dict[Verdict, str] = {
    "permitted": "permits it",
    "no path": "does not know the address (404)",
    "token": "refuses the token (401)",
    "address": "refuses the address of this machine (403)",
    "right": "refuses the credential (403)",
    "limited": "asks to wait (429)",
    "refused": "refuses the request",
    "gateway": "fails",
    "no answer": "does not answer",
    "no token": "was not asked, for want of a token",
}


@dataclass(slots=True)
class Read:
    """How a read went.

    Attributes:
        verdict: What it says.
        told: The answer in a line.
        error: What the client raised.
        resource: What was read.
        exchange: The answer, without its body.
    """

    verdict: Verdict
    told: str
    error: errors.MaiaError | None = None
    resource: Any = None
    exchange: Exchange | None = None


def of(bench: Bench, kind: str) -> Read:
    """Read a user or group that cannot exist; once for each kind."""
    if kind not in bench.reads:
        bench.reads[kind] = read(bench, bench.maia, kind, str(uuid4()))
    return bench.reads[kind]


def read(bench: Bench, maia: MaiaScim, kind: str, target: str) -> Read:
    """Read a user or group.

    Args:
        bench: What takes note of the answer.
        maia: What reads.
        kind: ``user`` or ``group``.
        target: Its id.
    """
    before = len(bench.recorder.exchanges)
    try:
        resource: Any = (maia.users if kind == "user" else maia.groups).get(target)
    except errors.MaiaError as error:
        told = str(error)
        return Read(_verdict(error), told.partition(" answered ")[2] or told, error, None, _last(bench, before))
    return Read("permitted", "200", None, resource, _last(bench, before))


def trouble(read: Read, *, what: str, token_only: bool) -> Result:
    """What is wrong with a read that was not permitted.

    Args:
        read: The read.
        what: What answered, such as ``region EU1``.
        token_only: Whether ``MAIA_TOKEN`` brings the token.
    """
    found = f"{what} answers {read.told}"
    match read.verdict:
        case "limited":
            return warn(
                found, "the account's requests of the minute are spent: see which jobs run, and try again later"
            )
        case "refused":
            return warn(found, "that says nothing of rights: try --user with the id of a user that exists")
        case "no path":
            return fail(
                found,
                "check the address: a path that the gateway does not know is answered so. It ends in /dpc, and holds "
                "nothing of the operation's path",
            )
        case "token":
            again = "get a new token for MAIA_TOKEN" if token_only else "check audience and token endpoint"
            return fail(found, f"{again}, and that the credentials are of an account that lives in this region")
        case "address":
            return fail(found, "add the address that this machine goes out by to the account's IP allow list in Maia")
        case "right":
            return fail(
                found,
                "try a credential set of a Super Admin; and check that the account lives in this region "
                "(--other-regions tries the others)",
            )
        case "no answer" | "no token":
            return fail(
                f"{what}: {read.told}", "try again; if it stays so, see whether a proxy or firewall ends connections"
            )
        case _:
            return fail(
                found,
                "try again later; if it stays so, check the address, and give the vendor's support the request id, if "
                "there is one",
            )


def _last(bench: Bench, before: int) -> Exchange | None:
    """The last answer since then that is not of the token endpoint."""
    return next((each for each in reversed(bench.recorder.exchanges[before:]) if not each.of_token), None)


def _verdict(error: errors.MaiaError) -> Verdict:
    match error:
        case errors.TokenError():
            return "no token"
        case errors.TransportError():
            return "no answer"
        case errors.NotFound():
            return "permitted" if error.problem else "no path"
        case errors.AuthenticationError():
            return "token"
        case errors.PermissionDenied():
            return "address" if "ip not allowed" in str(error).lower() else "right"
        case errors.RateLimited():
            return "limited"
        case errors.ApiError() if error.status < 499:
            return "refused"
        case _:
            return "gateway"


__all__ = ["MEANS", "Read", "Verdict", "of", "read", "trouble"]
