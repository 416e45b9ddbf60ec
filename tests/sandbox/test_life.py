"""Starting, stopping, and what a sandbox says about itself."""

import gc
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import httpx
import pytest

from maia_scim import ClientCredentials, MaiaScim, RetryPolicy, errors
from maia_scim.sandbox import Sandbox, faults, personalities
from maia_scim.sandbox.directory import Call
from maia_scim.sandbox.exchange import Answer
from maia_scim.sandbox.server import Server
from tests.sandbox.conftest import get_token
from tests.sandbox.wire import PREFIX, SECONDS, Wire, leaving_nothing, server_context, small_sandbox, within_bounds

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
        ([{"userName": "a", "emails": "x"}], r"users\[0\]: emails: an array is needed, not text"),
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

    before = len(sandbox.users)
    with ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(create, range(150)))

    assert statuses == [201] * 150
    assert len(sandbox.users) == before + 150
    assert len(sandbox.requests) == 150
    assert len({request.request_id for request in sandbox.requests}) == 150


# -- What it holds, out and in again ------------------------------------------


def test_a_dump_makes_the_same_sandbox_again(sandbox: Sandbox, api: httpx.Client) -> None:
    api.post("/Users", json={"userName": "new", "urn:example:1.0:User": {"level": 1}, "password": "secret"})
    dump = sandbox.dump()

    assert set(dump) == {"users", "groups"}
    assert sandbox.base_url not in json.dumps(dump), "another sandbox has another address"
    held = json.loads(
        json.dumps([sandbox.users, sandbox.groups]).replace(f"{sandbox.base_url}{PREFIX.removeprefix('/dpc')}/", "")
    )
    assert [{each["id"]: each for each in dump[name]} for name in ("users", "groups")] == held
    assert "password" not in json.dumps(dump)
    with Sandbox(**json.loads(json.dumps(dump))) as another:
        assert another.dump() == dump
        assert json.dumps(another.users).count(another.base_url) == json.dumps(sandbox.users).count(sandbox.base_url)
        another.load({"users": [], "groups": []})
        assert another.dump() == {"users": [], "groups": []}
        another.load(dump)
        assert another.dump() == dump


@pytest.mark.parametrize("personality", get_args(personalities.Personality))
def test_what_is_loaded_is_the_sandboxs_own(personality: personalities.Personality) -> None:
    one: dict[str, Any] = {"id": "1", "userName": "one", "name": {"givenName": "Given"}}
    sandbox = Sandbox(personality=personality)

    sandbox.load({"users": [one], "groups": []})
    one["name"]["givenName"] = "changed"
    sandbox.users["1"]["name"]["givenName"] = "changed"

    assert sandbox.users["1"]["name"]["givenName"] == "Given"


def test_what_is_loaded_is_served_and_reset_goes_back_to_the_start(sandbox: Sandbox, api: httpx.Client) -> None:
    start = sandbox.dump()

    sandbox.load({"users": [{"id": "1", "userName": "one"}], "groups": []})

    assert api.get("/Users/1").json()["userName"] == "one"
    assert api.get(f"/Users/{BJENSEN.rpartition('/')[2]}").status_code == 404
    assert (list(sandbox.users), sandbox.groups) == (["1"], {})
    assert sandbox.requests  # a load forgets no request
    sandbox.reset()
    assert sandbox.dump() == start


@pytest.mark.parametrize(
    ("users", "groups", "message"),
    [
        ([{"userName": "a"}, {"displayName": "b"}], [], r"users\[1\]: userName is required"),
        ([{"userName": "a"}], [{"id": "g"}], r"groups\[0\]: displayName is required"),
        (["a"], [], r"users\[0\]: a JSON object is needed, not str"),
    ],
)
def test_a_bad_load_is_refused_and_replaces_nothing(
    sandbox: Sandbox, api: httpx.Client, users: list[Any], groups: list[Any], message: str
) -> None:
    before = sandbox.dump()

    with pytest.raises(ValueError, match=message):
        sandbox.load({"users": users, "groups": groups})

    assert sandbox.dump() == before
    assert api.get(f"/Users/{BJENSEN.rpartition('/')[2]}").status_code == 200


def test_a_sandbox_can_be_filled_before_it_runs() -> None:
    sandbox = Sandbox()
    sandbox.load({"users": [{"id": "1", "userName": "one"}], "groups": []})
    assert list(sandbox.users) == ["1"]

    with sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        assert wire.ask("GET", f"{PREFIX}/Users/1").status == 200


def test_what_is_read_is_a_copy(sandbox: Sandbox) -> None:
    key = BJENSEN.rpartition("/")[2]
    sandbox.users[key]["userName"] = "changed"
    sandbox.dump()["users"].clear()
    sandbox.groups.clear()

    assert sandbox.users[key]["userName"] == "bjensen"
    assert sandbox.dump()["users"]
    assert sandbox.groups


# -- Who may ask --------------------------------------------------------------


def test_each_sandbox_has_a_client_of_its_own_and_another_after_a_reset() -> None:
    sandboxes = [small_sandbox() for _ in range(3)]
    before = [sandbox.client_id for sandbox in sandboxes]
    for sandbox in sandboxes:
        sandbox.reset()

    assert len({*before, *(sandbox.client_id for sandbox in sandboxes)}) == 6
    assert all(each.startswith("maia-sandbox") for each in before)


def test_a_client_id_that_was_given_stays() -> None:
    with small_sandbox(client_id="mine", client_secret="given") as sandbox:
        sandbox.reset()
        assert sandbox.client_id == sandbox.environment["MAIA_CLIENT_ID"] == "mine"
        get_token(sandbox)


def test_the_first_client_id_is_plain() -> None:
    code = "from maia_scim.sandbox import Sandbox; print(Sandbox().client_id, Sandbox().client_id)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.split() == ["maia-sandbox", "maia-sandbox-2"]


@pytest.mark.parametrize("allowed", [(), ["10.0.0.1"], {"127.0.0.2", "::1"}])
def test_an_address_that_may_not_call_is_a_403(allowed: Any) -> None:
    with small_sandbox(allowed_ips=allowed, rate=1) as sandbox:
        get_token(sandbox)  # of another service, which does not mind
        for token in None, "forged", sandbox.issue_token():
            with Wire(sandbox, token) as wire:
                answer = wire.ask("PUT", "/dpc" + BJENSEN, {"userName": "x"})
            assert (answer.status, answer.json["detail"]) == (403, "IP not allowed for any organization")
            assert answer.headers["content-type"] == "application/problem+json"
        assert [user["userName"] for user in sandbox.users.values()] == ["bjensen"]
        sandbox.requests.times(3)


def test_an_address_that_may_call_does() -> None:
    allowed = ["10.0.0.1", "127.0.0.1"]
    with small_sandbox(allowed_ips=allowed) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        assert wire.ask("GET", "/dpc" + BJENSEN).status == 200


@pytest.mark.parametrize("personality", ["", "Strict", "lenient", None])
def test_a_personality_must_be_one(personality: Any) -> None:
    with pytest.raises(ValueError, match="personality must be one of default, strict, scimple, hostile: "):
        Sandbox(personality=personality)


# -- A service that is down ---------------------------------------------------


def refused(url: str) -> bool:
    """Tell whether a connection is refused, by name: not reset, not timed out."""
    try:
        with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=SECONDS):
            return False
    except ConnectionRefusedError:
        return True


def test_connections_are_refused_for_a_while() -> None:
    with leaving_nothing():
        with small_sandbox() as sandbox:
            url, token = sandbox.base_url, sandbox.issue_token()
            with Wire(sandbox, token) as idle:
                assert idle.ask("GET", "/dpc" + BJENSEN).status == 200
                with sandbox.refusing_connections():
                    assert idle.rest() == (b"", "FIN")
                    assert refused(url)
                    assert refused(url)
                    assert sandbox.base_url == url
                    with pytest.raises(OSError, match="in use"):
                        Sandbox(port=urlsplit(url).port or 0).start()
            assert sandbox.base_url == url
            with Wire(sandbox, token) as wire:
                assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
            sandbox.requests.times(2)
        assert refused(url)


def test_connections_are_taken_again_after_an_exception() -> None:
    with small_sandbox() as sandbox:
        for _ in range(3):
            with pytest.raises(RuntimeError, match="mine"), sandbox.refusing_connections():
                raise RuntimeError("mine")
            assert not refused(sandbox.base_url)


def test_connections_are_refused_until_the_last_block_ends() -> None:
    with small_sandbox() as sandbox:
        url = sandbox.base_url
        one, other = sandbox.refusing_connections(), sandbox.refusing_connections()
        with one:
            with sandbox.refusing_connections():
                assert refused(url)
            assert refused(url)
            other.__enter__()
        assert refused(url)
        other.__exit__(None, None, None)
        assert not refused(url)


def test_a_sandbox_that_does_not_run_cannot_refuse() -> None:
    with pytest.raises(RuntimeError, match="not running"), small_sandbox().refusing_connections():
        pass


@pytest.mark.parametrize("again", [False, True])
def test_a_sandbox_can_be_closed_while_it_refuses(again: bool) -> None:
    with leaving_nothing():
        sandbox = small_sandbox().start()
        url = sandbox.base_url
        with sandbox.refusing_connections():
            within_bounds(sandbox.close)
            assert refused(url)
            if again:
                sandbox.start()
                assert not refused(sandbox.base_url)
        assert repr(sandbox).startswith("<Sandbox at " if again else "<Sandbox stopped")
        assert again or refused(url)
        sandbox.close()


def test_a_request_under_way_ends_when_connections_are_refused() -> None:
    met, go = threading.Event(), threading.Event()

    class Held(faults.Fault):
        def meet(self, exchange: faults.Exchange) -> Answer:
            met.set()
            go.wait(SECONDS)
            return exchange.perform()

    with leaving_nothing(), small_sandbox() as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        sandbox.inject(Held())
        wire.send("GET", "/dpc" + BJENSEN)
        assert met.wait(SECONDS)
        with sandbox.refusing_connections():
            assert wire.rest() == (b"", "FIN")
            go.set()


# -- TLS ----------------------------------------------------------------------


def test_tls_is_served() -> None:
    with leaving_nothing(), small_sandbox(tls=server_context()) as sandbox:
        for url in (
            sandbox.base_url,
            sandbox.token_url,
            *(sandbox.environment[name] for name in ("MAIA_BASE_URL", "MAIA_TOKEN_URL")),
        ):
            assert url.startswith("https://127.0.0.1:")
        assert sandbox.connection["base_url"] == sandbox.base_url
        assert sandbox.users[BJENSEN.rpartition("/")[2]]["meta"]["location"].startswith(sandbox.base_url)
        headers = {"Authorization": f"Bearer {get_token(sandbox)}"}
        with httpx.Client(verify=False, headers=headers) as client:
            assert client.get(sandbox.base_url + BJENSEN).json()["userName"] == "bjensen"
            assert client.get(sandbox.base_url + BJENSEN).status_code == 200
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            httpx.get(sandbox.base_url + BJENSEN)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(sandbox.base_url.replace("https:", "http:") + BJENSEN)


@pytest.mark.parametrize(
    ("fault", "end"), [(None, "bye"), (faults.Truncated(), "bye"), (faults.Reset(0.5), "cut"), (faults.Reset(), "cut")]
)
def test_a_tls_connection_says_that_it_ends_unless_it_is_reset(fault: faults.Fault | None, end: str) -> None:
    with small_sandbox(tls=server_context()) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        if fault is not None:
            sandbox.inject(fault)
        wire.send("GET", "/dpc" + BJENSEN, Connection="close")
        received, how = wire.rest()
        if end == "bye":  # and the connection ends without a word from the client
            with socket.socket(fileno=os.dup(wire.socket.fileno())) as below:
                below.settimeout(SECONDS)
                assert below.recv(1) == b""

    assert (how if how == "bye" else "cut") == end  # from Python 3.12 on, its ssl module tells an RST, too
    assert received.startswith(b"" if fault == faults.Reset() else b"HTTP/1.1 200 OK\r\n")


def test_a_reset_of_tls_is_one_of_tcp() -> None:
    """The client's ssl module tells no RST from a FIN, its socket does."""
    with small_sandbox(tls=server_context()) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        sandbox.inject(faults.Reset())
        wire.send("GET", "/dpc" + BJENSEN)
        with socket.socket(fileno=os.dup(wire.socket.fileno())) as below:
            below.settimeout(SECONDS)
            with pytest.raises(ConnectionResetError):
                list(iter(lambda: below.recv(65536), b""))


@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize("fails", [False, True])
def test_a_handshake_that_does_not_come_holds_up_nobody(hello: bytes, fails: bool) -> None:
    with leaving_nothing():
        sandbox = small_sandbox(tls=server_context()).start()
        if fails:
            sandbox.inject(faults.TlsFailure())
        with socket.create_connection(("127.0.0.1", urlsplit(sandbox.base_url).port or 0), timeout=SECONDS) as silent:
            silent.sendall(hello)
            if not fails:
                with Wire(sandbox, sandbox.issue_token()) as wire:  # accepted after the silent one
                    assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
            within_bounds(sandbox.close)


def test_a_client_that_leaves_before_the_handshake_leaves_nothing(caplog: pytest.LogCaptureFixture) -> None:
    come, gone = threading.Event(), threading.Event()

    def late() -> bool:
        come.set()
        return not gone.wait(SECONDS)

    with leaving_nothing():
        server = Server(lambda request: Answer(200), 0, server_context(), late)
        server.start()
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as client:
            assert come.wait(SECONDS)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, faults.END_WITH_RESET)
        gone.set()
        within_bounds(server.close)
        gc.collect()  # a socket that was left open would be a ResourceWarning now
    assert caplog.records == []


def test_a_client_that_leaves_when_the_handshake_begins_is_nothing_to_tell_of(caplog: pytest.LogCaptureFixture) -> None:
    come, gone = threading.Event(), threading.Event()

    class Late(ssl.SSLContext):
        def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
            come.set()
            gone.wait(SECONDS)
            return super().wrap_socket(*args, **kwargs)

    with leaving_nothing():
        server = Server(lambda request: Answer(200), 0, Late(ssl.PROTOCOL_TLS_SERVER))
        server.start()
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS):
            assert come.wait(SECONDS)
            server.end_connections()
        gone.set()
        within_bounds(server.close)
    assert caplog.records == []


def test_a_connection_that_ended_is_forgotten() -> None:
    server = Server(lambda request: Answer(200))
    server.start()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert list(iter(lambda: client.recv(65536), b""))
        assert server._connections == set()
        assert len(server._workers) == 1
        server._workers[0].join(SECONDS)
    server.close()


@pytest.mark.parametrize("times", [1, 3])
def test_a_handshake_fails_so_many_times(times: int) -> None:
    with leaving_nothing(), small_sandbox(tls=server_context()) as sandbox:
        token = sandbox.issue_token()
        injection = sandbox.inject(faults.TlsFailure(), times=times)
        for _ in range(times):
            with pytest.raises(ssl.SSLError, match=r"(?i)handshake[ _]failure"):
                Wire(sandbox, token)
        with Wire(sandbox, token) as wire:
            assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
            assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
        assert injection.struck == times
        sandbox.requests.times(2)


def test_a_handshake_that_is_to_fail_ends_open_connections() -> None:
    with small_sandbox(tls=server_context()) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
        for wrong in {"times": 0}, {"on": "users"}:
            with pytest.raises(ValueError, match=r"times must|on must be None for TlsFailure, .*: 'users'"):
                sandbox.inject(faults.TlsFailure(), **wrong)
        assert wire.ask("GET", "/dpc" + BJENSEN).status == 200  # nothing was injected, so nothing ended

        with sandbox.inject(faults.TlsFailure(), times=None):
            assert wire.rest()[0] == b""
            with pytest.raises(ssl.SSLError):
                Wire(sandbox)
        Wire(sandbox).socket.close()


def test_a_handshake_fault_leaves_requests_alone_and_others_leave_the_handshake_alone() -> None:
    with small_sandbox(tls=server_context()) as sandbox:
        status = sandbox.inject(faults.Status(503))
        sandbox.inject(faults.TlsFailure())
        with pytest.raises(ssl.SSLError):
            Wire(sandbox)
        assert status.struck == 0
        with Wire(sandbox) as wire:
            assert wire.ask("GET", "/dpc" + BJENSEN).status == 503


def test_a_failing_handshake_is_plain_to_the_client() -> None:
    with small_sandbox(tls=server_context()) as sandbox:
        sandbox.inject(faults.TlsFailure())
        with socket.create_connection(("127.0.0.1", urlsplit(sandbox.base_url).port or 0), timeout=SECONDS) as client:
            client.sendall(b"\x16\x03\x01\x00\x05hello")
            # The alert and the end, no RST, which would take the alert away on some systems.
            assert b"".join(iter(lambda: client.recv(65536), b"")) == b"\x15\x03\x03\x00\x02\x02\x28"


def test_stopping_is_no_connection_that_a_fault_could_strike() -> None:
    with small_sandbox(tls=server_context()) as sandbox:
        injection = sandbox.inject(faults.TlsFailure())
        with sandbox.refusing_connections():
            pass
    assert injection.struck == 0


def test_a_handshake_fault_needs_tls(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="TlsFailure needs a sandbox that serves TLS"):
        sandbox.inject(faults.TlsFailure())
    with small_sandbox(tls=server_context()).start() as secure:
        secure.close()
        secure.inject(faults.TlsFailure())  # for the next start
        secure.start()
        with pytest.raises(ssl.SSLError):
            Wire(secure)


def test_a_tls_service_can_be_down_too() -> None:
    with leaving_nothing(), small_sandbox(tls=server_context()) as sandbox:
        with Wire(sandbox, sandbox.issue_token()) as wire, sandbox.refusing_connections():
            assert wire.rest()[0] == b""
            assert refused(sandbox.base_url)
        with Wire(sandbox, wire.token) as wire:
            assert wire.ask("GET", "/dpc" + BJENSEN).status == 200


def test_a_refused_load_leaves_the_versions(running: Sandbox) -> None:
    with Sandbox(personality="strict") as strict:
        first = next(iter(strict.users.values()))
        with pytest.raises(ValueError, match="userName"):
            strict.load({"users": [{"id": "1", "userName": "one"}, {}], "groups": []})
        strict._ready().directory.perform(
            Call("PUT", "Users", first["id"], {}, json.dumps({"schemas": first["schemas"], "userName": "x"}).encode())
        )

        versions = [each["meta"]["version"] for each in strict.users.values()]
        assert len(set(versions)) == len(versions)


def test_a_context_for_clients_serves_nobody() -> None:
    with pytest.raises(ValueError, match="tls is a context for clients"):
        Sandbox(tls=ssl.create_default_context())


@pytest.mark.parametrize("state", [{}, {"Users": []}, {"groups": []}, {"users": [], "other": []}])
def test_a_state_of_another_shape_is_refused_and_replaces_nothing(sandbox: Sandbox, state: Any) -> None:
    before = sandbox.dump()

    with pytest.raises(ValueError, match="the state must have users, may have groups"):
        sandbox.load(state)

    assert sandbox.dump() == before


def test_a_state_without_groups_has_none(sandbox: Sandbox) -> None:
    sandbox.load({"users": [{"id": "1", "userName": "one"}]})

    assert (list(sandbox.users), sandbox.groups) == (["1"], {})


@pytest.mark.parametrize("allowed", ["10.0.0.0/8", "127.0.0.10", ["10.0.0.1", "192.168.0.0/16"]])
def test_who_is_in_no_network_of_the_list_is_refused(allowed: Any) -> None:
    with small_sandbox(allowed_ips=allowed) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        assert wire.ask("GET", f"{PREFIX}/Users/1").status == 403


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8", ["10.0.0.1", "127.0.0.1"]])
def test_who_is_in_a_network_of_the_list_may_call(allowed: Any) -> None:
    with small_sandbox(allowed_ips=allowed) as sandbox, Wire(sandbox, sandbox.issue_token()) as wire:
        assert wire.ask("GET", f"{PREFIX}/Users/nobody").status == 404


@pytest.mark.parametrize("allowed", ["localhost", ["127.0.0.1/8"], [""]])
def test_an_allow_list_of_no_addresses_is_refused_at_once(allowed: Any) -> None:
    with pytest.raises(ValueError, match=r"^allowed_ips: "):
        Sandbox(allowed_ips=allowed)


@pytest.mark.parametrize("origin", get_args(personalities.Personality))
@pytest.mark.parametrize("target", get_args(personalities.Personality))
def test_what_one_personality_dumps_every_other_loads(
    origin: personalities.Personality, target: personalities.Personality
) -> None:
    with Sandbox(personality=origin) as first:
        state = json.loads(json.dumps(first.dump()))
    with Sandbox(personality=target, **state) as second, Wire(second, second.issue_token()) as wire:
        assert second.users.keys() == {user["id"] for user in state["users"]}
        for _ in range(20):  # the hostile one has as many tricks
            assert wire.ask("GET", "/dpc" + BJENSEN).status == 200
        assert all(isinstance(user["meta"]["created"], str) for user in second.dump()["users"])


def test_the_record_begins_anew_when_told(sandbox: Sandbox, api: httpx.Client) -> None:
    api.get("/Users/1")
    sandbox.forget_requests()
    api.get("/Users/2")

    assert [request.id for request in sandbox.requests] == ["2"]
    assert sandbox.token_requests == 0


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
