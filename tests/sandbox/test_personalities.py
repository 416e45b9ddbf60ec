"""Servers of another manner: what each does, and that the client lives with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from maia_scim import MaiaScim, errors
from maia_scim.models import ScimUser
from maia_scim.sandbox import Sandbox
from maia_scim.sandbox.hostile import REFUSALS, TRICK, TRICKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREFIX = "/v1/directory-integration/scim/v2"
BARBARA = "2819c223-7f76-453a-919d-413861904646"
GROUP = "e9e30dba-f08f-4109-8486-d5c6a331660a"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"


def client(sandbox: Sandbox) -> httpx.Client:
    headers = {"Authorization": f"Bearer {sandbox.issue_token()}"}
    return httpx.Client(base_url=sandbox.base_url + PREFIX, headers=headers, verify=False)


# -- SCIMple on Jackson -------------------------------------------------------


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(personality="scimple") as sandbox:
        yield sandbox


@pytest.fixture
def scimple(running: Sandbox) -> Sandbox:
    running.reset()
    return running


@pytest.fixture
def api(scimple: Sandbox) -> Iterator[httpx.Client]:
    with client(scimple) as made:
        yield made


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_left_out_active_becomes_true(api: httpx.Client, method: str) -> None:
    path = "/Users" if method == "POST" else f"/Users/{BARBARA}"

    made = api.request(method, path, json={"userName": "babs"}).json()
    off = api.put(f"/Users/{made['id']}", json={"userName": "babs", "active": False}).json()

    assert (made["active"], off["active"]) == (True, False)


def test_what_no_bean_has_a_property_for_is_dropped_without_a_word(api: httpx.Client) -> None:
    body = {
        "schemas": [CORE, ENTERPRISE],
        "userName": "babs",
        "displayname": "names are compared to the letter",
        "shoeSize": 42,
        ENTERPRISE: {"department": "Data"},
        "name": {"givenName": "Babs", "nick": "B"},
        "emails": [{"value": "babs@example.com", "verified": True}],
    }

    answer = api.put(f"/Users/{BARBARA}", json=body)

    assert answer.status_code == 200
    kept = answer.json()
    assert set(kept) == {"id", "schemas", "userName", "name", "emails", "active", "groups", "meta"}
    assert (kept["name"], kept["emails"]) == ({"givenName": "Babs"}, [{"value": "babs@example.com"}])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"meta": None}, "meta: null"),
        ({"schemas": None}, "schemas: null"),
        ({"schemas": []}, "schemas: it must not be empty"),
        ({"active": None}, "active: null"),
        ({"emails": [{"value": "a@example.com", "primary": None}]}, "emails[].primary: null"),
        ({"groups": [{"value": "1", "type": "direct"}]}, "groups[].type: 'direct' is none of DIRECT, INDIRECT"),
        ({"meta": {"created": "2024-05-01T12:30:45+00:00"}}, "meta.created: "),
        ({"meta": {"lastModified": 1714566645000}}, "meta.lastModified: "),
        ({"meta": {"created": "2024-05-01"}}, "meta.created: "),
        ({"meta": {"created": [2024, 5, 1]}}, "meta.created: "),
        ({"meta": {"created": "yesterday"}}, "meta.created: "),
        ({"emails": "text"}, "emails: an array is needed"),
    ],
)
def test_what_jackson_does_not_parse_is_a_400(
    scimple: Sandbox, api: httpx.Client, change: dict[str, Any], said: str
) -> None:
    before = scimple.users

    answer = api.put(f"/Users/{BARBARA}", json={"userName": "babs", **change})

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["violations"][0].startswith(said)
    assert scimple.users == before


@pytest.mark.parametrize(
    "change",
    [
        {"meta": {}},
        {"meta": {"created": "2024-05-01T12:30:45Z", "lastModified": "2024-05-01T12:30:45.123456789"}},
        {"meta": {"created": [2024, 5, 1, 12, 30], "lastModified": [2024, 5, 1, 12, 30, 45, 123000000]}},
        {"meta": {"created": "", "lastModified": None}},
        {"groups": [{"value": "1", "type": "DIRECT"}, {"value": "2"}]},
        {"displayName": None, "emails": [], "name": None},
    ],
)
def test_what_jackson_parses_is_taken(api: httpx.Client, change: dict[str, Any]) -> None:
    assert api.put(f"/Users/{BARBARA}", json={"userName": "babs", **change}).status_code == 200


def test_dates_are_arrays_without_their_noughts(api: httpx.Client) -> None:
    seed = {"id": "1", "userName": "babs"}
    meta = {"created": "2024-05-01T12:30:00Z", "lastModified": "2024-05-01T14:30:45.123+02:00"}
    with Sandbox(personality="scimple") as sandbox:
        directory = sandbox._ready().directory
        directory.load(
            {"users": [{**seed, "meta": {**meta, "lastModified": "2024-05-01T12:30:45.123Z"}}], "groups": []}
        )

        shown = sandbox.users["1"]["meta"]

    assert (shown["created"], shown["lastModified"]) == ([2024, 5, 1, 12, 30], [2024, 5, 1, 12, 30, 45, 123000000])


def test_there_are_no_versions(api: httpx.Client) -> None:
    got = api.get(f"/Users/{BARBARA}")
    put = api.put(f"/Users/{BARBARA}", json={"userName": "babs"}, headers={"If-Match": 'W/"99"'})

    assert put.status_code == 200
    for answer in (got, put):
        assert "etag" not in answer.headers
        assert "version" not in answer.json()["meta"]


def test_references_have_the_name_of_their_property(api: httpx.Client) -> None:
    [first, *_] = api.get(f"/Users/{BARBARA}").json()["groups"]

    assert first["ref"].endswith(f"/Groups/{GROUP}")
    assert "$ref" not in first


def test_the_client_lives_with_it(run: Callable[..., Any], scimple: Sandbox) -> None:
    def change(user: ScimUser) -> None:
        user.title = "Data Engineer"

    user = run(lambda maia: maia.users.update(BARBARA, change), **scimple.connection)

    assert scimple.users[BARBARA]["title"] == user.title == "Data Engineer"
    assert user.meta is not None
    assert user.meta.last_modified is not None
    [put] = [request for request in scimple.requests if request.method == "PUT"]
    assert put.json["meta"]["created"] == scimple.users[BARBARA]["meta"]["created"], "dates go back as they came"
    assert put.if_match is None


def test_the_client_tells_what_was_dropped(scimple: Sandbox) -> None:
    user = ScimUser(id=BARBARA, user_name="babs", active=True)
    user[ENTERPRISE] = {"department": "Data"}

    with MaiaScim(**scimple.connection) as maia, maia.capture() as calls:
        maia.users.replace(user)

    assert [difference.path for difference in calls[-1].differences] == [f"{ENTERPRISE}:department"]


def test_an_off_boarded_user_that_comes_back_is_warned_of(run: Callable[..., Any], scimple: Sandbox) -> None:
    with pytest.warns(errors.LossyReplaceWarning, match="active"):
        run(lambda maia: maia.users.replace(ScimUser(id=BARBARA, user_name="babs")), **scimple.connection)

    assert scimple.users[BARBARA]["active"] is True


# -- Hostile ------------------------------------------------------------------


def test_every_trick_has_its_turn_and_reads_and_goes_back_unchanged() -> None:
    with Sandbox(personality="hostile") as sandbox, client(sandbox) as raw:
        answers = [raw.get(f"/Users/{BARBARA}") for _ in range(len(TRICKS) + 1)]

    assert [answer.headers[TRICK] for answer in answers] == [*TRICKS, next(iter(TRICKS))]
    texts = {json.dumps(answer.json()) + repr(sorted(answer.headers)) for answer in answers}
    assert len(texts) == len(TRICKS), "each is another"
    for answer in answers:
        body = answer.json()
        assert ScimUser.from_dict(body).to_dict() == body, answer.headers[TRICK]


@pytest.mark.parametrize("turns", range(len(TRICKS)))
def test_the_client_works_under_every_trick(run: Callable[..., Any], turns: int) -> None:
    def change(user: ScimUser) -> None:
        user.title = "Data Engineer"

    with Sandbox(personality="hostile") as sandbox:
        with client(sandbox) as raw:
            for _ in range(turns):
                raw.get(f"/Users/{BARBARA}")
        before = {key.lower(): value for key, value in sandbox.users[BARBARA].items()}

        run(lambda maia: maia.users.update(BARBARA, change), **sandbox.connection)
        after = {key.lower(): value for key, value in sandbox.users[BARBARA].items()}
        run(lambda maia: maia.users.deactivate(BARBARA), **sandbox.connection)
        run(lambda maia: maia.groups.remove_members(GROUP, BARBARA), **sandbox.connection)

        assert after["title"] == "Data Engineer"
        assert before.keys() <= after.keys(), "no attribute is lost"
        assert sandbox.users[BARBARA]["active"] is False
        assert GROUP not in [each["value"] for each in sandbox.users[BARBARA]["groups"]]


@pytest.mark.parametrize("turns", range(len(REFUSALS)))
def test_an_error_is_typed_whatever_its_body(run: Callable[..., Any], turns: int) -> None:
    with Sandbox(personality="hostile") as sandbox:
        with client(sandbox) as raw:
            for _ in range(turns):
                raw.get("/Users/nobody")

        with pytest.raises(errors.NotFound) as caught:
            run(lambda maia: maia.users.get("nobody"), **sandbox.connection)

    assert caught.value.response is not None
    assert caught.value.response.headers[TRICK] == [*REFUSALS][turns]
    assert caught.value.outcome == "refused"


def test_a_reset_begins_with_the_first_trick() -> None:
    with Sandbox(personality="hostile") as sandbox:
        with client(sandbox) as raw:
            raw.get(f"/Users/{BARBARA}")
        sandbox.reset()
        with client(sandbox) as raw:
            assert raw.get(f"/Users/{BARBARA}").headers[TRICK] == next(iter(TRICKS))


# -- Strict -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("PUT", {"schemas": [CORE], "userName": "babs"}, 200),
        ("PUT", {"schemas": [CORE], "userName": "babs", "shoeSize": 42}, 400),
        ("PUT", {"schemas": [CORE], "userName": "babs", "urn:example:ext": {"a": 1}}, 400),
        ("PATCH", {"op": "replace", "path": "title", "value": "Dr"}, 200),
        ("PATCH", {"op": "replace", "path": "shoeSize", "value": 42}, 400),
        ("PATCH", {"op": "replace", "path": 'emails[type eq "other"].value', "value": "b@example.com"}, 400),
    ],
)
def test_the_strict_one_refuses_what_no_schema_has(method: str, body: dict[str, Any], status: int) -> None:
    if method == "PATCH":
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [body]}
    with Sandbox(personality="strict") as sandbox, client(sandbox) as raw:
        assert raw.request(method, f"/Users/{BARBARA}", json=body).status_code == status
