"""When a refused request is sent again: the Retry-After of the service, and the gate that a 429 closes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from maia_scim import BearerToken, RateLimit, errors
from tests.facade.clients import AUTH
from tests.facade.operations import OPERATIONS
from tests.support.canary import TOKEN
from tests.support.scripted import Answer


def limited(text, then=None):
    """429 with a Retry-After first, then success."""
    answers = iter([Answer(429, b"", {"Retry-After": text}), then or Answer.of_json({"id": "1"})])
    return lambda _: next(answers)


def test_a_retry_after_is_waited_for_in_full(run, server, time):
    server.answer = limited("40")

    run(OPERATIONS["POST"], base_url=server.base_url, auth=AUTH)

    assert sum(time.slept) >= 40


def test_a_retry_after_may_be_a_date(run, server, time):
    server.answer = limited(format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True))

    run(OPERATIONS["POST"], base_url=server.base_url, auth=AUTH)

    assert 28 <= sum(time.slept) <= 32


@pytest.mark.parametrize("text", ["0", "-5", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_one_that_says_nothing_leaves_the_backoff(run, server, time, text):
    server.answer = limited(text)

    run(OPERATIONS["POST"], base_url=server.base_url, auth=AUTH)

    assert 0.5 <= sum(time.slept) <= 2


@pytest.mark.parametrize("seconds", [61, 10**12])
def test_one_that_does_not_fit_the_budget_is_raised_at_once(run, server, time, seconds):
    server.answer = limited(str(seconds))

    with pytest.raises(errors.RateLimited) as caught:
        run(OPERATIONS["POST"], base_url=server.base_url, auth=AUTH)

    assert caught.value.retry_after == seconds
    assert (caught.value.outcome, caught.value.attempts) == ("refused", 1)
    assert time.slept == []


def test_a_429_closes_the_gate_for_all_clients_of_the_account(run, server, time):
    server.answer = limited("100")
    arguments = {"base_url": server.base_url, "auth": AUTH}
    with pytest.raises(errors.RateLimited):
        run(OPERATIONS["GET"], **arguments)

    with pytest.raises(errors.RateLimited, match=r"was not sent: .* for \d+ s more") as caught:
        run(OPERATIONS["PUT"], **arguments, rate_limit=RateLimit(60))
    assert caught.value.outcome == "not_sent"
    assert 90 < (caught.value.retry_after or 0) <= 100
    assert caught.value.response is None

    time.ahead += 45
    run(OPERATIONS["PUT"], **arguments)  # the rest of the wait fits its budget
    assert 50 < sum(time.slept) < 56
    assert len(server.received) == 2


def test_another_account_goes_on(run, server):
    server.answer = limited("100")
    with pytest.raises(errors.RateLimited):
        run(OPERATIONS["GET"], base_url=server.base_url, auth=AUTH)

    run(OPERATIONS["GET"], base_url=server.base_url, auth=BearerToken(f"{TOKEN}-another"))


@pytest.mark.parametrize(("text", "least"), [("30.5", 30.5), ("20, 40", 40), ("0, 0", 0)])
def test_a_retry_after_said_twice_or_with_a_fraction(run, server, time, text, least):
    server.answer = limited(text)

    run(OPERATIONS["POST"], base_url=server.base_url, auth=AUTH)

    assert least <= sum(time.slept) <= least + 2
