"""The simulation of fleets, on a small scale."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("benchmarks.scale", reason="the benchmarks are not part of a source distribution")

from benchmarks.scale import Row, Scenario, figures, table
from benchmarks.simulation import Plan, Service, Simulation
from maia_scim import RateLimit, clock
from tests.limits.server import BINARY, Server
from tests.limits.windows import excess


@pytest.fixture
def redis(tmp_path):
    if BINARY is None:
        pytest.skip("no redis-server here: apt-get install redis-server")
    server = Server(tmp_path)
    server.start()
    yield server.client()
    server.kill()


@pytest.mark.parametrize("counting", ["sliding", "fixed", "bucket"])
def test_one_process_spends_the_quota_and_is_never_refused(counting):
    result = Simulation(Plan(3_000, counting=counting)).run()

    assert (result.requests, result.done, result.refused, result.failed) == (3_000, 3_000, 0, 0)
    assert 179 < result.seconds < 184
    assert clock.monotonic is time.monotonic


def test_hosts_that_do_not_know_of_each_other_are_refused_and_try_again():
    result = Simulation(Plan(3_000, hosts=4)).run()

    assert result.refused > 0
    assert result.requests == result.refused + result.done
    assert result.done == 3_000


def test_a_part_of_a_lost_host_is_used_by_nobody():
    plan = Plan(2_000, hosts=4, limit=RateLimit(250), lost=60)

    result = Simulation(plan).run()

    assert (result.done, result.refused) == (2_000, 0)
    assert result.seconds > 135
    assert result.by_host[0, 0] < result.by_host[0, 1] / 1.5


def test_by_redis_hosts_share_evenly_and_a_lost_one_costs_nothing(redis):
    whole = Simulation(Plan(2_000, hosts=4, shared=True), redis).run()
    lost = Simulation(Plan(2_000, hosts=4, shared=True, lost=60), redis).run()

    assert (whole.done, whole.refused, lost.done, lost.refused) == (2_000, 0, 2_000, 0)
    assert whole.fairness > 0.95
    assert 119 < whole.seconds < 124
    assert 119 < lost.seconds < 124


def test_without_redis_local_goes_on_and_raise_fails_for_whose_turn_it_is(redis):
    away = (90.0, 120.0)  # after a window, so that each knows its share

    local = Simulation(Plan(3_000, hosts=4, shared=True, if_unreachable="local", away=away), redis).run()
    failing = Simulation(Plan(3_000, hosts=4, shared=True, away=away), redis).run()

    assert (local.done, local.refused, local.failed) == (3_000, 0, 0)
    assert local.seconds < 190
    assert 32 <= failing.failed <= 4 * 32  # of 32 workers, one of each in 8 to 15 s
    assert failing.done + failing.failed == 3_000


def test_accounts_have_quotas_of_their_own(redis):
    result = Simulation(Plan(2_000, hosts=2, accounts=2, shared=True), redis).run()

    assert (result.done, result.refused) == (2_000, 0)
    assert 59 < result.seconds < 64


@pytest.mark.parametrize(("counting", "most"), [("sliding", 100), ("fixed", 200), ("bucket", 200)])
def test_the_service_lets_no_more_through_than_it_says(counting, most):
    service = Service(100, counting)

    # Eighths, which floating numbers hold exactly: three minutes of them.
    let = [eighth / 8 for eighth in range(3 * 60 * 8) if service.ask(eighth / 8) is None]

    assert 250 < len(let) <= 400
    assert excess(let, 60, most) <= 0


def test_who_waits_as_long_as_the_service_says_gets_through():
    for counting in ("sliding", "fixed", "bucket"):
        service, now = Service(5, counting), 7.3
        while (wait := service.ask(now)) is None:
            now += 0.1
        assert service.ask(now + wait) is None


def test_a_row_counts_by_what_the_quota_allows():
    result = Simulation(Plan(1_000, accounts=2)).run()
    row = Row(Scenario("two", Plan(1_000, accounts=2)), result)

    assert row.pace == pytest.approx(result.seconds / 30)
    assert row.hours(120_000) == pytest.approx(row.pace)
    *_, last = table([row], 1_000_000)
    assert last.startswith("| two | 1,000 | 0 | 0 | ")


def test_figures_say_what_could_not_be_simulated(monkeypatch):
    monkeypatch.setattr("benchmarks.scale.BINARY", None)

    found = [*figures(1_000, 500)]

    missing = [figure for figure in found if figure.value is None]
    assert {figure.details["why"] for figure in missing} == {"no redis-server here"}
    assert any(figure.value for figure in found)
