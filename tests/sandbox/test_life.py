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

from maia_scim import ClientCredentials
from maia_scim.sandbox import Sandbox
from tests.sandbox.conftest import get_token

BJENSEN = "/v1/directory-integration/scim/v2/Users/2819c223-7f76-453a-919d-413861904646"


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
    assert len(sandbox.users) == 8
    assert len(sandbox.groups) == 2


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
    for name in ("maia_scim.sandbox.api", "maia_scim.sandbox.strict"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "scim2_server.handler", None)

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
    }


def test_repr_shows_the_address_and_no_secret(sandbox: Sandbox) -> None:
    assert sandbox.base_url in repr(sandbox)
    assert sandbox.client_secret not in repr(sandbox)
    assert repr(Sandbox()) == "<Sandbox stopped>"


def test_secrets_are_random_unless_given() -> None:
    assert Sandbox().client_secret != Sandbox().client_secret
    assert Sandbox(client_secret="given").client_secret == "given"


def test_own_users_and_groups() -> None:
    users: list[dict[str, Any]] = [
        {"id": "ü/1", "userName": "one", "meta": {"created": "2020-01-01T00:00:00Z"}},
        {"userName": "two"},
    ]
    with Sandbox(users=users) as sandbox:
        token = get_token(sandbox)
        url = f"{sandbox.base_url}/v1/directory-integration/scim/v2/Users"
        assert sorted(user["userName"] for user in sandbox.users.values()) == ["one", "two"]
        assert sandbox.users["ü/1"]["meta"]["created"] == "2020-01-01T00:00:00Z"
        assert sandbox.users["ü/1"]["meta"]["location"] == f"{url}/%C3%BC%2F1"
        assert sandbox.groups == {}
        found = httpx.get(url + "/%C3%BC%2F1", headers={"Authorization": f"Bearer {token}"})
        assert found.json() == sandbox.users["ü/1"]
        assert found.headers["content-location"] == found.json()["meta"]["location"]


def test_own_groups_beside_the_built_in_users() -> None:
    group = {"id": "g", "displayName": "G", "members": [{"value": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}]}
    with Sandbox(groups=[group]) as sandbox:
        assert list(sandbox.groups) == ["g"]
        (membership,) = sandbox.users["7c9e6679-7425-40de-944b-e07fc1f90ae7"]["groups"]
        assert (membership["value"], membership["display"], membership["type"]) == ("g", "G", "DIRECT")


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ([{"userName": "a"}, "b"], r"users\[1\]: a JSON object is needed, not str"),
        ([{"displayName": "a"}], r"users\[0\]: userName is required"),
        ([{"userName": "a", "emails": "x"}], r"users\[0\]: .*list.*emails"),
        ([{"userName": "a", "meta": {"created": "soon"}}], r"users\[0\]: .*meta\.created"),
        (
            [{"userName": "a", "id": "1"}, {"userName": "b", "id": "1"}],
            r"users\[1\]: User id '1' is taken by users\[0\]",
        ),
        ([{"userName": "a"}, {"userName": "A"}], r"users\[1\]: userName 'a' is taken by users\[0\]"),
    ],
)
def test_a_bad_seed_is_refused_by_name(users: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sandbox(users=users).start()


def test_reset_goes_back_to_the_start(sandbox: Sandbox, api: httpx.Client) -> None:
    before = sandbox.users
    path = "/Users/2819c223-7f76-453a-919d-413861904646"
    api.put(path, json={"userName": "bjensen"})
    api.post("/Users", json={"userName": "new"})
    assert sandbox.users != before

    sandbox.reset()

    assert sandbox.users == before
    assert (sandbox.requests, sandbox.token_requests) == ([], 0)
    assert api.get(path).status_code == 401


def test_reset_does_not_follow_what_the_caller_changed_later() -> None:
    users = [{"userName": "a", "id": "1", "urn:example:1.0:User": {"level": 1}}]
    with Sandbox(users=users) as sandbox:
        users[0]["urn:example:1.0:User"]["level"] = 2  # type: ignore[index]  # an object
        assert sandbox.users["1"]["urn:example:1.0:User"] == {"level": 1}
        sandbox.reset()
        assert sandbox.users["1"]["urn:example:1.0:User"] == {"level": 1}


def test_many_threads_at_once(sandbox: Sandbox, api: httpx.Client) -> None:
    def create(number: int) -> int:
        return api.post("/Users", json={"userName": f"user-{number}"}).status_code

    with ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(create, range(150)))

    assert statuses == [201] * 150
    assert len(sandbox.users) == 158
    assert len(sandbox.requests) == 150
    assert len({request.request_id for request in sandbox.requests}) == 150
