"""Starting, stopping, and what a sandbox says about itself."""

import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from maia_scim import ClientCredentials, MaiaScim, RetryPolicy, errors
from maia_scim.sandbox import Sandbox, faults
from maia_scim.sandbox.exchange import Answer
from tests.sandbox.conftest import get_token
from tests.sandbox.life import BJENSEN
from tests.sandbox.wire import PREFIX, Wire, small_sandbox


def test_the_first_user_is_barbara_jensen(sandbox: Sandbox, api: httpx.Client) -> None:
    answer = api.get("/Users/2819c223-7f76-453a-919d-413861904646")

    assert answer.status_code == 200
    user = answer.json()
    assert (user["userName"], user["displayName"], user["active"]) == ("bjensen", "Barbara Jensen", True)
    assert user["title"]
    assert user["emails"]
    assert user["phoneNumbers"]
    assert user["addresses"]
    assert user["meta"]["location"] == f"{sandbox.base_url}{BJENSEN}"
    assert len(sandbox.users) > 7
    assert len(sandbox.groups) > 1


def test_the_seed_is_the_same_every_time() -> None:
    with Sandbox() as first:
        one = first.users, first.groups, first.base_url
    with Sandbox() as second:
        other = second.users, second.groups, second.base_url

    assert repr(one).replace(one[2], "") == repr(other).replace(other[2], "")


def test_importing_it_is_cheap_and_needs_no_extra() -> None:
    code = (
        "import sys; sys.modules['scim2_server'] = None; import maia_scim.sandbox;"
        "print([name for name in ('scim2_models', 'pydantic', 'httpx', 'http.server', 'click') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scim2_server", None)

    with pytest.raises(ImportError, match=r"pip install 'maia-scim\[sandbox\]'"):
        Sandbox().start()


def test_close_leaves_no_thread_and_no_socket() -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("the open files of a process are counted on Linux only")
    before = threading.active_count(), len(list(descriptors.iterdir()))

    sandbox = Sandbox().start()
    with httpx.Client() as client:
        client.get(sandbox.base_url)  # its connection stays open, idle
        sandbox.close()

    assert (threading.active_count(), len(list(descriptors.iterdir()))) == before


def test_close_refuses_new_connections_and_can_be_repeated() -> None:
    sandbox = Sandbox().start()
    url = sandbox.base_url
    sandbox.close()
    sandbox.close()

    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_it_can_be_started_again_and_keeps_what_it_held() -> None:
    sandbox = Sandbox()
    with sandbox:
        token = get_token(sandbox)
        headers = {"Authorization": f"Bearer {token}"}
        httpx.put(sandbox.base_url + BJENSEN, json={"userName": "renamed"}, headers=headers)
    assert sandbox.users[BJENSEN.rpartition("/")[2]]["userName"] == "renamed"
    with sandbox:
        found = httpx.get(sandbox.base_url + BJENSEN, headers=headers).json()

    assert found["userName"] == "renamed"


def test_start_while_running_changes_nothing(sandbox: Sandbox) -> None:
    url = sandbox.base_url

    assert sandbox.start() is sandbox
    assert sandbox.base_url == url


def test_a_port_can_be_chosen_and_a_taken_one_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            Sandbox(port=port).start()

    with Sandbox(port=port) as sandbox:
        assert sandbox.base_url == f"http://127.0.0.1:{port}/dpc"


@pytest.mark.parametrize("name", ["base_url", "token_url", "connection", "environment"])
def test_a_sandbox_that_does_not_run_has_no_address(name: str) -> None:
    with pytest.raises(RuntimeError, match="not running"):
        getattr(Sandbox(), name)


def test_connection_holds_the_arguments_of_a_client(sandbox: Sandbox) -> None:
    assert set(sandbox.connection) == {"base_url", "auth"}
    assert sandbox.connection["base_url"] == sandbox.base_url
    assert isinstance(sandbox.connection["auth"], ClientCredentials)


def test_environment_leads_a_client_here(sandbox: Sandbox) -> None:
    assert sandbox.environment == {
        "MAIA_BASE_URL": sandbox.base_url,
        "MAIA_CLIENT_ID": sandbox.client_id,
        "MAIA_CLIENT_SECRET": sandbox.client_secret,
        "MAIA_TOKEN_URL": sandbox.token_url,
        "MAIA_AUDIENCE": "https://api.matillion.com",
        "MAIA_TOKEN": "",
        "MAIA_TOKEN_CACHE": "",
    }


@pytest.mark.parametrize("by_environment", [True, False])
def test_the_environment_of_the_real_service_does_no_harm(
    sandbox: Sandbox, by_environment: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = {
        "MAIA_TOKEN": "real",
        "MAIA_TOKEN_CACHE": str(tmp_path / "tokens.json"),
        "MAIA_AUDIENCE": "https://elsewhere.example",
        "MAIA_TOKEN_URL": "https://elsewhere.example/token",
        "MATILLION_AUDIENCE_URL": "https://elsewhere.example",
        "MATILLION_CLIENT_ID": "real",
        "MATILLION_CLIENT_SECRET": "real",
        "MATILLION_API_URL": "https://elsewhere.example/dpc/v1",
        "MATILLION_REGION": "eu1",
    }
    for name, value in {**real, **(sandbox.environment if by_environment else {})}.items():
        monkeypatch.setenv(name, value)

    with MaiaScim(**({} if by_environment else sandbox.connection)) as maia:
        assert maia.users.get(BJENSEN.rpartition("/")[2]).user_name == "bjensen"

    assert not list(tmp_path.iterdir())


def test_repr_shows_the_address_and_no_secret(sandbox: Sandbox) -> None:
    assert sandbox.base_url in repr(sandbox)
    assert sandbox.client_secret not in repr(sandbox)
    assert repr(Sandbox()) == "<Sandbox stopped>"


def test_secrets_are_random_unless_given() -> None:
    assert Sandbox().client_secret != Sandbox().client_secret
    assert Sandbox(client_secret="given").client_secret == "given"


def test_many_threads_at_once(sandbox: Sandbox, api: httpx.Client) -> None:
    def create(number: int) -> int:
        return api.post("/Users", json={"userName": f"user-{number}"}).status_code

    before = len(sandbox.users)
    with ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(create, range(150)))

    assert statuses == [201] * 150
    assert len(sandbox.users) == before + 150
    assert len(sandbox.requests) == 150
    assert len({request.request_id for request in sandbox.requests}) == 150


@pytest.mark.parametrize("personality", ["", "Strict", "lenient", None])
def test_a_personality_must_be_one(personality: Any) -> None:
    with pytest.raises(ValueError, match="personality must be one of default, strict, scimple, hostile: "):
        Sandbox(personality=personality)


def test_a_fault_may_close_the_sandbox() -> None:
    closed = threading.Event()

    class Closing(faults.Fault):
        def meet(self, exchange: faults.Exchange) -> Answer:
            sandbox.close()
            closed.set()  # the client sees its connection end before the sandbox has closed
            return Answer(204)

    with small_sandbox() as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        sandbox.inject(Closing())
        with pytest.raises((OSError, AssertionError)):
            wire.ask("GET", f"{PREFIX}/Users/1")

        assert closed.wait(10)
        assert repr(sandbox) == "<Sandbox stopped>"


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_time_is_moved_by_seconds_and_forward(sandbox: Sandbox, seconds: float) -> None:
    with pytest.raises(ValueError, match="time moves forward only"):
        sandbox.advance(seconds)


def test_a_client_made_after_an_advance_waits_for_no_limit_of_before() -> None:
    with small_sandbox(rate=1) as sandbox:
        user_id = next(iter(sandbox.users))
        impatient = RetryPolicy(budget=5)
        with MaiaScim(**sandbox.connection, retry=impatient) as maia:
            maia.users.get(user_id)
            with pytest.raises(errors.RateLimited):
                maia.users.get(user_id)

        sandbox.advance(61)

        with MaiaScim(**sandbox.connection, retry=impatient) as maia:
            assert maia.users.get(user_id).id == user_id
        assert len(sandbox.requests) == 3
