"""`users.replace` on both clients, against a server that records what arrives."""

from __future__ import annotations

import json

import pytest

from maia_scim import BearerToken
from maia_scim.models import Email, Meta, ScimUser
from tests.support.canary import TOKEN
from tests.support.scripted import Answer, Scripted

PATH = "/dpc/v1/directory-integration/scim/v2/Users/"

# The guard has tests of its own.
pytestmark = pytest.mark.filterwarnings("ignore::maia_scim.errors.LossyReplaceWarning")


def arguments(server, **more):
    return {"base_url": server.base_url, "auth": BearerToken(TOKEN), **more}


def test_sends_the_user_to_the_path_of_the_specification(run, server):
    user = ScimUser(id="2819c223", user_name="bjensen", active=True, meta=Meta(resource_type="User"))

    result = run(lambda client: client.users.replace(user), **arguments(server))

    [request] = server.received
    assert (request.method, request.path) == ("PUT", PATH + "2819c223")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("maia-scim/")
    assert request.json == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "2819c223",
        "userName": "bjensen",
        "active": True,
        "meta": {"resourceType": "User"},
    }
    assert result == ScimUser.from_dict(request.json)


def test_what_was_read_goes_back_as_it_came(run, server):
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:example:Desk"],
        "id": "1",
        "userName": "bjensen",
        "active": "True",
        "groups": [{"$ref": "../Groups/7", "value": "7", "type": "direct"}],
        "meta": {"created": "2024-05-01T12:30:45.123456789Z", "version": 3},
        "urn:example:Desk": {"floor": 1.0},
        "nickName": None,
    }

    server.answer = lambda _: Answer.of_json(body)
    user = run(lambda client: client.users.get("1"), **arguments(server))
    run(lambda client: client.users.replace(user), **arguments(server))

    assert json.dumps(server.received[1].json, sort_keys=True) == json.dumps(body, sort_keys=True)


def test_groups_of_elsewhere_stay_at_home(run, server):
    user = ScimUser.from_dict({"id": "1", "Groups": [{"value": "7", "type": "direct"}]})
    run(lambda client: client.users.replace(user), **arguments(server))

    with Scripted(lambda _: Answer.of_json({"id": "1", "groups": [{"value": "7"}]})) as elsewhere:
        user = run(lambda client: client.users.get("1"), **arguments(elsewhere))
    run(lambda client: client.users.replace(user), **arguments(server))

    assert [set(request.json) for request in server.received] == [{"id", "meta", "schemas"}] * 2


def test_no_null_goes_out_where_servers_stumble_over_it(run, server):
    user = ScimUser.from_dict(
        {
            "id": "1",
            "schemas": [],
            "active": None,
            "meta": None,
            "emails": [{"value": "b@example.com", "primary": None}],
        }
    )

    run(lambda client: client.users.replace(user), **arguments(server))

    assert server.received[0].json == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "1",
        "emails": [{"value": "b@example.com"}],
        "meta": {"resourceType": "User"},
    }


def test_the_callers_user_is_not_changed(run, server):
    user = ScimUser(id="1", emails=[Email(value="b@example.com")])
    before = repr(user), user.to_dict()

    run(lambda client: client.users.replace(user), **arguments(server))

    assert (repr(user), user.to_dict()) == before


def test_id_argument_wins_over_the_users(run, server):
    run(lambda client: client.users.replace(ScimUser(id="1"), id="2"), **arguments(server))

    assert server.received[0].path == PATH + "2"


def test_if_match(run, server):
    run(lambda client: client.users.replace(ScimUser(id="1"), if_match='W/"7"'), **arguments(server))

    assert server.received[0].headers["If-Match"] == 'W/"7"'


@pytest.mark.parametrize("version", ["", "a\r\nX-Evil: 1", "é"])
def test_if_match_that_is_no_header_value_is_refused(run, server, version):
    with pytest.raises(ValueError, match="if_match"):
        run(lambda client: client.users.replace(ScimUser(id="1"), if_match=version), **arguments(server))

    assert server.received == []


@pytest.mark.parametrize(
    ("id", "quoted"),
    [
        ("a b", "a%20b"),
        ("ü", "%C3%BC"),
        ("a%41", "a%2541"),
        ("a?b#c", "a%3Fb%23c"),
        ("..a", "..a"),
        ("me@example.com", "me%40example.com"),
    ],
)
def test_ids_are_quoted(run, server, id, quoted):
    run(lambda client: client.users.replace(ScimUser(), id=id), **arguments(server))

    assert server.received[0].path == PATH + quoted


@pytest.mark.parametrize(
    "id",
    [
        "",
        "  ",
        ".",
        "..",
        " .. ",
        "../Groups/1",
        "a/b",
        "a\\b",
        "%2e%2e",
        "%2E.",
        "%252e%252e",
        "a%2Fb",
        "a\nb",
        "\x00",
        "\ud800",
    ],
)
def test_ids_that_lead_out_of_the_collection_are_refused(run, server, id):
    with pytest.raises(ValueError, match="user"):
        run(lambda client: client.users.replace(ScimUser(), id=id), **arguments(server))

    assert server.received == []
    assert server.token_requests == []


def test_a_user_without_id_is_refused(run, server):
    with pytest.raises(ValueError, match="pass id="):
        run(lambda client: client.users.replace(ScimUser(user_name="b")), **arguments(server))

    assert server.received == []


@pytest.mark.parametrize("id", [7, b"7", ["7"]])
def test_an_id_that_is_no_text_is_refused(run, server, id):
    with pytest.raises(TypeError, match="must be a str"):
        run(lambda client: client.users.replace(ScimUser(), id=id), **arguments(server))

    assert server.received == []


@pytest.mark.parametrize("user", [{"id": "1"}, None, "1", Email(value="x")])
def test_a_body_that_is_no_user_is_refused(run, server, user):
    with pytest.raises(TypeError, match=r"ScimUser\.from_dict"):
        run(lambda client: client.users.replace(user), **arguments(server))

    assert server.received == []


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"emails": [{"value": "b@example.com"}]}, "emails holds a dict where a Email belongs"),
        ({"name": {"givenName": "Barbara"}}, "name holds a dict where a Name belongs"),
    ],
)
def test_a_plain_dict_where_a_model_belongs_is_refused(run, server, attributes, message):
    with pytest.raises(TypeError, match=message):
        run(lambda client: client.users.replace(ScimUser(id="1", **attributes)), **arguments(server))

    assert server.received == []


def test_a_value_that_json_cannot_say_is_refused(run, server):
    user = ScimUser(id="1")
    user["urn:example:Desk"] = {"floor": float("nan")}

    with pytest.raises(ValueError, match="JSON"):
        run(lambda client: client.users.replace(user), **arguments(server))

    assert server.received == []
