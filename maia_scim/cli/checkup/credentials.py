"""Who calls: which credentials there are, where their parts come from, and what looks wrong with them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from maia_scim.cli.checkup.pasted import faults
from maia_scim.cli.checkup.results import Findings, ok, skipped, warn, wrong
from maia_scim.cli.checkup.settings import contradictions, is_loopback, told
from maia_scim.cli.exits import Ending
from maia_scim.config import AUDIENCE, TOKEN_URL
from maia_scim.errors import ConfigurationError

if TYPE_CHECKING:
    from maia_scim.cli.checkup.bench import Bench
    from maia_scim.cli.checkup.results import Result

_FAMILIES = (("MAIA_CLIENT_ID", "MAIA_CLIENT_SECRET"), ("MATILLION_CLIENT_ID", "MATILLION_CLIENT_SECRET"))
_SPELLINGS = (
    *zip(*_FAMILIES, strict=True),
    ("MAIA_TOKEN_URL", "MATILLION_TOKEN_URL"),
    ("MAIA_AUDIENCE", "MATILLION_AUDIENCE_URL"),
)
_SAME = "paste both again from Maia: Profile & Account → API credentials; a secret that is lost has to be made anew"


class Value(NamedTuple):
    """A value as it was set, with what to call it."""

    name: str
    raw: str

    def __repr__(self) -> str:
        return f"Value({self.name})"


def credentials(bench: Bench) -> Result:
    """Who calls, and what says so."""
    found = Findings()
    try:
        _ = bench.profile
    except Ending:
        return skipped("the profile cannot be used, as told above")
    try:
        client_id, secret, token = _values(bench)
    except (Ending, ConfigurationError) as error:
        return wrong(told(error), _todo(bench, told(error)))
    if client_id and secret and client_id.raw.strip() == secret.raw.strip():
        # Which of them it is cannot be told, so neither is shown.
        return wrong(f"{client_id.name} and {secret.name} are the same value", _SAME)
    for value in (client_id, secret, token):
        for fault in faults(value.raw, token=value is token) if value else ():
            found.add(warn(f"{value.name} {fault}" if value else fault, f"set {value.name} again" if value else ""))
    try:
        account, token_url = bench.connection.account, bench.connection.token_url
    except (Ending, ConfigurationError) as error:
        found.add(wrong(told(error), _todo(bench, told(error))))
        return found.result()
    found.facts |= {"account": account, "tokenUrl": token_url}
    if token:
        found.note("a token, by MAIA_TOKEN")
    else:
        by = f" by {client_id.name}" if client_id and not bench.profile else ""
        where = f", secret by {secret.name}" if secret else ", secret asked for"
        found.note(f"{account}{by}{where}")
    if token_url:
        found.add(_endpoint(bench, token_url))
    if bench.profile is None:
        _unread(found, token)
    return found.result()


def _values(bench: Bench) -> tuple[Value | None, Value | None, Value | None]:
    """Client id, client secret and token, as far as they are set."""
    profile = bench.profile
    if profile:
        from maia_scim.cli.secret_places import from_keyring

        secret: Value | None = None
        if profile.in_keyring:
            secret = Value("the secret in the keyring", from_keyring(profile) or "")
        elif profile.variable:
            secret = _variable(profile.variable)
        return Value("client_id of the profile", profile.client_id), secret, None
    if token := _variable("MAIA_TOKEN"):
        return None, None, token
    for name, secret_name in _FAMILIES:
        pair = _variable(name), _variable(secret_name)
        if any(pair):
            return *pair, None
    return None, None, None


def _variable(name: str) -> Value | None:
    raw = os.environ.get(name, "")
    return Value(name, raw) if raw.strip() else None


def _todo(bench: Bench, problem: str) -> str:
    if "pip install" in problem:
        return "install it, or let the profile take its secret from a variable (secret = env:NAME)"
    if bench.profile:
        return "put the secret where the profile says, or let it say another place: `maia-scim profiles --help`"
    return "set MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, both of one credential set of Maia, or name a profile"


def _endpoint(bench: Bench, token_url: str) -> Result:
    what = "the documented token endpoint" if token_url == TOKEN_URL else f"token endpoint {token_url}"
    if bench.profile is None and token_url != TOKEN_URL:
        by = next(name for name in ("MAIA_TOKEN_URL", "MATILLION_TOKEN_URL") if os.environ.get(name, "").strip())
        what += f" by {by}"
    try:
        local = is_loopback(bench.connection.base_url)
    except (Ending, ConfigurationError):
        return ok(what)
    if local != is_loopback(token_url):
        here, there = ("service", "token endpoint") if local else ("token endpoint", "service")
        return warn(
            f"{what}; the {here} is on this machine, and the {there} is not",
            "set MAIA_TOKEN_URL and MAIA_BASE_URL (of a profile token_url and base_url) to the same service",
        )
    return ok(what)


def _unread(found: Findings, token: Value | None) -> None:
    """Warn of what is set and not read, or read instead of what was meant."""
    for result in contradictions(_SPELLINGS):
        found.add(result)
    if token and any(_variable(name) for pair in _FAMILIES for name in pair):
        found.add(warn("MAIA_TOKEN wins over the client id that is set, too", "unset MAIA_TOKEN, if it is not meant"))
    audience = next((each for name in _SPELLINGS[-1] if (each := _variable(name))), None)
    if audience and audience.raw.strip() != AUDIENCE and not token:
        found.note(f"audience {audience.raw.strip()} by {audience.name}")


__all__ = ["credentials"]
