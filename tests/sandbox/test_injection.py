"""Which requests a fault strikes, and how often."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from maia_scim.sandbox import Sandbox, faults
from maia_scim.sandbox.injection import OPERATIONS, Plan
from tests.sandbox.conftest import token_form
from tests.sandbox.wire import BJENSEN, small_sandbox

REQUESTS = {
    "users.get": ("GET", BJENSEN),
    "users.create": ("POST", "/Users"),
    "users.replace": ("PUT", BJENSEN),
    "users.patch": ("PATCH", BJENSEN),
    "groups.get": ("GET", "/Groups/g"),
    "groups.replace": ("PUT", "/Groups/g"),
    "groups.patch": ("PATCH", "/Groups/g"),
}
TEAPOT = faults.Status(418)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with small_sandbox() as sandbox:
        yield sandbox


def struck(api: httpx.Client, method: str = "GET", path: str = BJENSEN) -> bool:
    return api.request(method, path).status_code == 418


# -- on -----------------------------------------------------------------------


@pytest.mark.parametrize("on", [None, *OPERATIONS])
def test_a_fault_strikes_its_operation_and_no_other(sandbox: Sandbox, api: httpx.Client, on: str | None) -> None:
    injection = sandbox.inject(TEAPOT, on=on, times=None)

    hit = {name for name, (method, path) in REQUESTS.items() if struck(api, method, path)}
    if httpx.post(sandbox.token_url, data=token_form(sandbox)).status_code == 418:
        hit.add("token")

    wanted = set(REQUESTS) if on is None else {name for name in [*REQUESTS, "token"] if name.startswith(on)}
    assert hit == wanted
    assert injection.struck == len(wanted)
    assert injection.on == on


def test_every_operation_has_a_name() -> None:
    assert {*REQUESTS, "users", "groups", "token"} == set(OPERATIONS)


@pytest.mark.parametrize("on", ["users.delete", "user", "Users", "users.", "", "connection", "replace"])
def test_an_operation_there_is_not_is_refused_by_name(sandbox: Sandbox, api: httpx.Client, on: str) -> None:
    with pytest.raises(
        ValueError, match=r"on must be one of token, users, users\.get, .* or None for all but token: '"
    ):
        sandbox.inject(TEAPOT, on=on)
    assert not struck(api)


def test_a_fault_strikes_in_front_of_every_check(sandbox: Sandbox) -> None:
    sandbox.inject(TEAPOT, times=None)

    assert httpx.get(f"{sandbox.base_url}/v1/directory-integration/scim/v2/Users/nobody").status_code == 418
    assert httpx.delete(f"{sandbox.base_url}/v1/directory-integration/scim/v2/Elsewhere").status_code == 418
    assert httpx.get(f"{sandbox.base_url}/elsewhere").status_code == 404  # that is no operation
    assert [request.method for request in sandbox.requests] == ["GET", "DELETE"]


# -- times, stop --------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_fault_strikes_so_many_times(sandbox: Sandbox, api: httpx.Client, times: int) -> None:
    injection = sandbox.inject(TEAPOT, times=times)

    assert [struck(api) for _ in range(5)] == [True] * times + [False] * (5 - times)
    assert injection.struck == times


def test_a_fault_strikes_once_unless_told_otherwise(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.inject(TEAPOT)

    assert [struck(api), struck(api)] == [True, False]


def test_a_fault_may_strike_without_end_and_be_stopped(sandbox: Sandbox, api: httpx.Client) -> None:
    injection = sandbox.inject(TEAPOT, times=None)
    assert all(struck(api) for _ in range(20))

    injection.stop()
    injection.stop()

    assert not struck(api)
    assert injection.struck == 20


def test_a_fault_ends_with_its_block(sandbox: Sandbox, api: httpx.Client) -> None:
    with sandbox.inject(TEAPOT, times=None) as injection:
        assert struck(api)
    assert not struck(api)

    with pytest.raises(RuntimeError, match="mine"), sandbox.inject(TEAPOT, times=None):
        raise RuntimeError("mine")
    assert not struck(api)
    assert injection.struck == 1


@pytest.mark.parametrize("times", [0, -1])
def test_times_must_be_a_number_of_times(sandbox: Sandbox, times: int) -> None:
    with pytest.raises(ValueError, match=f"times must be at least 1, or None for no end: {times}"):
        sandbox.inject(TEAPOT, times=times)


@pytest.mark.parametrize("how", ["clear_faults", "reset"])
def test_every_fault_can_be_cleared(sandbox: Sandbox, api: httpx.Client, how: str) -> None:
    first = sandbox.inject(TEAPOT, times=None)
    sandbox.inject(TEAPOT, on="token")

    getattr(sandbox, how)()
    api.headers["Authorization"] = f"Bearer {sandbox.issue_token()}"

    assert not struck(api)
    assert httpx.post(sandbox.token_url, data=token_form(sandbox)).status_code == 200
    assert first.struck == 0
    sandbox.inject(TEAPOT)
    assert struck(api)


# -- Several ------------------------------------------------------------------


def test_of_several_the_first_that_fits_strikes(sandbox: Sandbox, api: httpx.Client) -> None:
    injections = [
        sandbox.inject(faults.Status(500), on="users.replace"),
        sandbox.inject(faults.Status(501)),
        sandbox.inject(faults.Status(502), on="users", times=2),
        sandbox.inject(faults.Status(503)),
    ]
    injections[3].stop()

    assert [api.get(BJENSEN).status_code for _ in range(4)] == [501, 502, 502, 200]
    assert [injection.struck for injection in injections] == [0, 1, 2, 0]
    assert api.put(BJENSEN, json={"userName": "bjensen"}).status_code == 500


def test_a_later_fault_strikes_where_an_earlier_one_misses(sandbox: Sandbox, api: httpx.Client) -> None:
    first = sandbox.inject(faults.Status(500), times=None, probability=0.5, seed=1)
    second = sandbox.inject(faults.Status(501), times=None)

    statuses = [api.get(BJENSEN).status_code for _ in range(30)]

    assert set(statuses) == {500, 501}
    assert (first.struck, second.struck) == (statuses.count(500), statuses.count(501))


def test_one_fault_may_be_injected_twice(sandbox: Sandbox, api: httpx.Client) -> None:
    one, other = sandbox.inject(TEAPOT), sandbox.inject(TEAPOT)

    assert [struck(api) for _ in range(3)] == [True, True, False]
    assert (one.struck, other.struck) == (1, 1)


# -- probability --------------------------------------------------------------


def pattern(sandbox: Sandbox, api: httpx.Client, **arguments: Any) -> list[bool]:
    with sandbox.inject(TEAPOT, times=None, **arguments):
        return [struck(api) for _ in range(40)]


def test_chance_is_repeatable(sandbox: Sandbox, api: httpx.Client) -> None:
    first = pattern(sandbox, api, probability=0.5, seed=7)

    assert pattern(sandbox, api, probability=0.5, seed=7) == first
    assert pattern(sandbox, api, probability=0.5, seed="other") != first
    assert pattern(sandbox, api, probability=0.5) == pattern(sandbox, api, probability=0.5, seed=0)
    assert 10 < sum(first) < 30
    assert 0 < sum(pattern(sandbox, api, probability=0.1)) < 12
    assert sum(pattern(sandbox, api, probability=0.999)) > 35


def test_one_is_always(sandbox: Sandbox, api: httpx.Client) -> None:
    assert all(pattern(sandbox, api, probability=1))


def test_a_miss_is_no_strike(sandbox: Sandbox, api: httpx.Client) -> None:
    injection = sandbox.inject(TEAPOT, times=3, probability=0.3)

    assert sum(struck(api) for _ in range(60)) == 3
    assert injection.struck == 3


def test_another_operation_moves_no_chance(sandbox: Sandbox, api: httpx.Client) -> None:
    """Or a test would depend on how often a client reads."""
    arguments: dict[str, Any] = {"on": "users.get", "probability": 0.5}
    alone = pattern(sandbox, api, **arguments)
    with sandbox.inject(TEAPOT, times=None, **arguments):
        between = [(struck(api), struck(api, "PUT"))[0] for _ in range(40)]

    assert between == alone


@pytest.mark.parametrize("probability", [0, -0.1, 1.1, float("nan")])
def test_probability_must_be_one(sandbox: Sandbox, probability: float) -> None:
    with pytest.raises(ValueError, match="probability must be above 0 and at most 1"):
        sandbox.inject(TEAPOT, probability=probability)


# -- Others -------------------------------------------------------------------


@pytest.mark.parametrize("fault", [faults.Reset, faults.TlsFailure, "Reset", None])
def test_a_fault_must_be_one(sandbox: Sandbox, fault: Any) -> None:
    with pytest.raises(TypeError, match=r"fault must be a Fault, such as faults\.Status\(503\), not "):
        sandbox.inject(fault)


def test_a_repr_tells_what_and_how_often(sandbox: Sandbox, api: httpx.Client) -> None:
    one = sandbox.inject(faults.Delay(0), on="users.get")
    struck(api)

    assert repr(one) == "<Injection of Delay(seconds=0, done_first=False) on users.get, struck 1 times>"
    assert " on any operation, " in repr(sandbox.inject(TEAPOT))


def test_a_hundred_threads_meet_ten_faults(sandbox: Sandbox, api: httpx.Client) -> None:
    injection = sandbox.inject(TEAPOT, times=10)
    begin = threading.Barrier(100)

    def ask(_: int) -> bool:
        begin.wait()
        return struck(api)

    with ThreadPoolExecutor(100) as pool:
        assert sum(pool.map(ask, range(100))) == 10
    assert injection.struck == 10


def test_two_threads_do_not_meet_the_same_strike() -> None:
    plan = Plan()
    injection = plan.add(TEAPOT, "users", 1, 1.0, 0)
    both = threading.Barrier(2)

    class Operation(str):
        def partition(self, separator: str, /) -> tuple[str, str, str]:
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.05)  # until the other thread is here, too, which it must not be
            return super().partition(separator)

    with ThreadPoolExecutor(2) as pool:
        struck = list(pool.map(plan.fault, [Operation("users.get"), Operation("users.get")]))

    assert sorted(struck, key=bool) == [None, TEAPOT]
    assert injection.struck == 1
