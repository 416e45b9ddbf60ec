"""The token: asked for as a call asks for it, with the call itself held back; or what ``MAIA_TOKEN`` says of itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

from maia_scim.cli.checkup import jwt
from maia_scim.cli.checkup.recorder import HeldBack
from maia_scim.cli.checkup.results import Findings, fail, ok, warn, wrong
from maia_scim.config import find_audience
from maia_scim.errors import ConfigurationError, TokenError

if TYPE_CHECKING:
    from maia_scim.cli.checkup.bench import Bench
    from maia_scim.cli.checkup.recorder import Exchange
    from maia_scim.cli.checkup.results import Result

SHORT = 120.0
"""Seconds that a token should live: one of less is renewed at half its life."""
_LONGEST = 1e9  # seconds; more is no lifetime but a mistake, and infinity no JSON
_OF_ONE_SET = (
    "check the secret, and that the credential set still exists in Maia (Profile & Account → API credentials); the "
    "client id and the secret have to be of the same set"
)
_AUDIENCE = "check the audience, which is the API that the token is for (MAIA_AUDIENCE, or audience of the profile)"
_BY_CODE = {
    "invalid_client": _OF_ONE_SET,
    "access_denied": _AUDIENCE,
    "unauthorized_client": "this client may not ask for tokens by client credentials: make an API credential in Maia",
    "unsupported_grant_type": "check the address of the token endpoint: that one is for other grants",
    "invalid_scope": _AUDIENCE,
    "invalid_request": "check client id and audience; an empty or repeated value is refused so",
}


def token(bench: Bench) -> Result:
    """Whether there is a token to be had, and how long it lives."""
    before = len(bench.recorder.exchanges)
    bench.recorder.tokens_only = True
    try:
        bench.maia.users.get(str(uuid4()))
    except HeldBack:
        pass
    except TokenError as error:
        return _refused(bench, error)
    except ConfigurationError as error:  # of the token cache, which has no place of its own before
        return wrong(str(error), "mend it, or unset MAIA_TOKEN_CACHE")
    finally:
        bench.recorder.tokens_only = False
    if bench.connection.token_url is None:
        return _brought(bench)
    answers = [each for each in bench.recorder.exchanges[before:] if each.of_token]
    if not answers:
        return ok(
            "from the token cache, so the token endpoint was not asked; `MAIA_TOKEN_CACHE= maia-scim doctor` asks"
        )
    return _given(answers[-1])


def _given(answer: Exchange) -> Result:
    lives, seconds = answer.expires_in, answer.received - answer.sent
    told = isinstance(lives, int | float) and not isinstance(lives, bool) and 0 < lives < _LONGEST
    facts = {"expiresIn": lives if told else None, "seconds": round(max(seconds, 0.0), 3)}
    if not told:
        return warn(
            "given, without saying how long it lives", "nothing, if it works: five minutes are assumed", **facts
        )
    if lives < SHORT:
        return warn(
            f"given, and lives for {lives:g} seconds only",
            "let the token endpoint give tokens that live longer",
            **facts,
        )
    return ok(f"given by {answer.host}, lives for {jwt.span(lives)}", **facts)


def _refused(bench: Bench, error: TokenError) -> Result:
    found = str(error).rpartition("; ")[0] or str(error)
    facts = {"status": error.status, "code": error.code}
    if error.status is None and error.__cause__ is None:
        return wrong(found, "set MAIA_TOKEN again, without spaces, quotes or line breaks", **facts)
    if error.status is None:
        todo = f"check that {bench.connection.token_url} can be reached from here, by way of a proxy if there is one"
    elif error.status >= 500 or error.status == 429:
        todo = "try again later"
    elif error.code in _BY_CODE:
        todo = _BY_CODE[error.code]
    elif error.status == 401:
        todo = _OF_ONE_SET
    else:
        todo = "check the address of the token endpoint; a proxy or a sign-in page may answer in its place"
    return fail(found, todo, **facts)


def _brought(bench: Bench) -> Result:
    """What a token of the environment says of itself, if it says anything."""
    text = os.environ.get("MAIA_TOKEN", "").strip()
    claims = jwt.read(text)
    if claims is None:
        found = "MAIA_TOKEN is no JWT, so nothing can be told of it here"
        if bench.connection.region_name:
            return warn(
                f"{found}; the tokens of the service are", "make sure that it is a token, and no secret", jwt=False
            )
        return ok(found, jwt=False)
    told, now = Findings(), bench.now()
    told.facts |= {"jwt": True, "ends": claims.ends, "begins": claims.begins, "audience": [*claims.audience]}
    clock = f"by this machine's clock, which says {jwt.moment(now)}"
    if claims.ends is None:
        told.note("MAIA_TOKEN is a JWT that does not say when it ends")
    elif claims.ends <= now:
        ended = f"MAIA_TOKEN ended {jwt.span(now - claims.ends)} ago, {clock}"
        told.add(wrong(ended, "get a new token; or set client id and secret, so that tokens are renewed"))
    else:
        told.note(f"MAIA_TOKEN ends in {jwt.span(claims.ends - now)}, at {jwt.moment(claims.ends)}")
    if claims.begins is not None and claims.begins > now + 30:
        begins = f"MAIA_TOKEN begins to be valid in {jwt.span(claims.begins - now)}, {clock}"
        told.add(warn(begins, "check the clock of this machine"))
    wanted = find_audience()
    if claims.audience and wanted not in claims.audience:
        told.add(
            warn(
                f"MAIA_TOKEN is for {' and '.join(claims.audience)}, and not for {wanted}", "get one for that audience"
            )
        )
    return told.result()


__all__ = ["token"]
