"""A user's own file about clients: natural lines, and what type checkers must make of them. Checked, never run."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from maia_scim import SPEC, AsyncMaiaScim, BearerToken, MaiaScim, Outcome, RateLimit, Region, RetryPolicy, apply, errors
from maia_scim.models import ScimGroup, ScimUser
from maia_scim.patch import replace
from maia_scim.sandbox import RecordedRequest, Sandbox


def correct(maia: MaiaScim, people: list[str]) -> None:
    assert_type(maia.users.get("u-1"), ScimUser)
    assert_type(maia.users.patch("u-1", replace("title", "Engineer")), ScimUser)
    assert_type(maia.groups.get("g-1"), ScimGroup)
    with maia.users.edit("u-1") as user:
        assert_type(user, ScimUser)
    for outcome in maia.users.replace_many(ScimUser(id=each) for each in people):
        assert_type(outcome, Outcome)
        assert_type(outcome.user, ScimUser | None)
    try:
        maia.users.deactivate("u-1")
    except errors.RateLimited as error:
        assert_type(error.retry_after, float | None)
        assert_type(error.status, int)
    except errors.MaiaError as error:
        print(f"{error} -> {error.outcome}")
    with apply.plan(maia, Path("people.csv")) as plan:
        assert_type(plan, apply.Plan)
        assert_type(plan.summary, apply.Summary)


async def later(maia: AsyncMaiaScim) -> None:
    assert_type(await maia.users.get("u-1"), ScimUser)
    async with maia.users.edit("u-1") as user:
        assert_type(user, ScimUser)


def try_out() -> None:
    with (
        Sandbox() as sandbox,
        MaiaScim(auth=BearerToken("t"), base_url=sandbox.base_url, retry=RetryPolicy(attempts=2)) as maia,
    ):
        correct(maia, ["u-1"])
        for request in sandbox.requests:
            assert_type(request, RecordedRequest)
    MaiaScim(Region.EU1, rate_limit=RateLimit(per_minute=10))
    assert_type(SPEC.sha256, str)
