"""The fixture that users get, in test suites of their own."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

SUITE = """
    from maia_scim import MaiaScim
    from maia_scim.sandbox import faults

    BARBARA = "2819c223-7f76-453a-919d-413861904646"
    seen = []

    def test_that_leaves_a_mess(maia_sandbox):
        with MaiaScim(**maia_sandbox.connection) as maia:
            user = maia.users.get(BARBARA)
            user.title = "Data Engineer"
            maia.users.replace(user)
        maia_sandbox.requests.assert_put(BARBARA).once()
        maia_sandbox.inject(faults.Status(403), times=None)
        maia_sandbox.advance(5000)
        seen.append((maia_sandbox, maia_sandbox.base_url, maia_sandbox.client_id))

    def test_that_finds_none(maia_sandbox):
        assert maia_sandbox.users[BARBARA]["title"] == "Tour Guide"
        assert maia_sandbox.requests == []
        assert maia_sandbox.token_requests == 0
        with MaiaScim(**maia_sandbox.connection) as maia:
            assert maia.users.get(BARBARA).title == "Tour Guide"
        [(sandbox, base_url, client_id)] = seen
        assert (maia_sandbox, maia_sandbox.base_url) == (sandbox, base_url), "it is started once"
        assert maia_sandbox.client_id != client_id, "the rate limit of one test is not that of the next"
"""


def test_every_test_begins_anew_on_the_same_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)

    result = pytester.runpytest_subprocess("-q", "-W", "error", "-p", "no:asyncio")

    result.assert_outcomes(passed=2)


def test_a_test_that_closes_it_harms_no_other(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_that_closes_it(maia_sandbox):
            with maia_sandbox:
                pass

        def test_the_next(maia_sandbox):
            assert len(maia_sandbox.users) == 50
            assert maia_sandbox.base_url
    """)

    result = pytester.runpytest_subprocess("-q", "-W", "error", "-p", "no:asyncio")

    result.assert_outcomes(passed=2)


def test_it_costs_nothing_where_it_is_not_used(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys
        import threading

        def test_without():
            loaded = [name for name in sys.modules if name.startswith(("maia_", "httpx", "attr", "http.server"))]
            assert sorted(loaded) == ["maia_scim", "maia_scim._version", "maia_scim.pytest_plugin"]
            assert threading.active_count() == 1
    """)

    result = pytester.runpytest_subprocess("-q", "-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:anyio")

    result.assert_outcomes(passed=1)


def test_it_is_told_of(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--fixtures", "-q", "-p", "no:asyncio")

    result.stdout.fnmatch_lines(["maia_sandbox -- *", "*A Maia service over real HTTP, with the same users*"])
    result.stdout.no_fnmatch_line("*_maia_sandbox_of_the_session*")
