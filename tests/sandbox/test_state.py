"""What a sandbox holds: seeds, dumps that another loads, and going back to the start."""

import json
from typing import Any, get_args

import httpx
import pytest

from maia_scim.sandbox import Sandbox, personalities
from maia_scim.sandbox.directory import Call
from tests.sandbox.conftest import get_token
from tests.sandbox.life import BJENSEN
from tests.sandbox.wire import PREFIX, Wire


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


@pytest.mark.parametrize("state", [{}, {"Users": []}, {"groups": []}, {"users": [], "other": []}])
def test_a_state_of_another_shape_is_refused_and_replaces_nothing(sandbox: Sandbox, state: Any) -> None:
    before = sandbox.dump()

    with pytest.raises(ValueError, match="the state must have users, may have groups"):
        sandbox.load(state)

    assert sandbox.dump() == before


def test_a_state_without_groups_has_none(sandbox: Sandbox) -> None:
    sandbox.load({"users": [{"id": "1", "userName": "one"}]})

    assert (list(sandbox.users), sandbox.groups) == (["1"], {})


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
