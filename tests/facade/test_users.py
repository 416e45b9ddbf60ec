"""The smaller methods of users: get, create, patch, activate, deactivate, diff."""

from __future__ import annotations

from typing import Any

import pytest

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, errors, patch
from maia_scim.models import Meta, ScimUser, UserGroup
from tests.support.canary import TOKEN
from tests.support.directory import serve
from tests.support.scripted import Answer, Scripted

HELD = {"userName": "bjensen", "active": True, "title": "Guide", "emails": [{"value": "b@example.com"}]}


@pytest.fixture
def served():
    server, directory = serve({"Users/1": HELD, "Users/2": {"userName": "gone", "active": False}})
    with server:
        yield server, directory


def call(run, served, operation, **more):
    return run(operation, base_url=served[0].base_url, auth=BearerToken(TOKEN), **more)


def test_get(run, served):
    user = call(run, served, lambda client: client.users.get("1"))

    assert (user.user_name, user.meta.version) == ("bjensen", 'W/"1"')
    assert served[0].received[0].body == b""


def test_get_of_nobody(run, served):
    with pytest.raises(errors.NotFound) as caught:
        call(run, served, lambda client: client.users.get("nobody"))

    assert "GET" in str(caught.value)


@pytest.mark.parametrize("id", ["", "..", "a/b", None])
@pytest.mark.parametrize("method", ["get", "activate", "deactivate", "patch", "update"])
def test_ids_that_name_nobody(run, served, method, id):
    more = {"patch": (patch.clear("title"),), "update": (print,)}.get(method, ())
    with pytest.raises((ValueError, TypeError), match="user"):
        call(run, served, lambda client: getattr(client.users, method)(id, *more))

    assert served[0].received == []


def test_create_leaves_to_the_service_what_is_its_own(run):
    with Scripted(lambda request: Answer.of_json({**request.json, "id": "new"}, 201)) as server:
        user = ScimUser(id="old", user_name="b", active=False, groups=[UserGroup(value="7")], meta=Meta(version="1"))
        user["Groups"] = []
        created = call(run, (server,), lambda client: client.with_options(if_match='W/"1"').users.create(user))

    [request] = server.received
    assert (request.method, request.path) == ("POST", "/dpc/v1/directory-integration/scim/v2/Users")
    assert request.json == {
        "userName": "b",
        "active": False,
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "meta": {"resourceType": "User"},
    }
    assert "If-Match" not in request.headers
    assert (created.id, user.id) == ("new", "old")


def test_a_200_for_a_new_user_is_taken(run):
    with Scripted(lambda request: Answer.of_json({**request.json, "id": "new"})) as server:
        assert call(run, (server,), lambda client: client.users.create(ScimUser(user_name="b"))).id == "new"


def test_a_name_that_is_taken(run):
    with (
        Scripted(lambda _: Answer.problem(409, detail="taken")) as server,
        pytest.raises(errors.Conflict, match="taken"),
    ):
        call(run, (server,), lambda client: client.users.create(ScimUser(user_name="b")))


@pytest.mark.parametrize("body", [{"userName": "b"}, None])
def test_create_takes_users_alone(run, served, body):
    with pytest.raises(TypeError, match="ScimUser"):
        call(run, served, lambda client: client.users.create(body))

    assert served[0].received == []


def test_patch_sends_operations_in_the_form_of_the_rfc(run, served):
    changes = [
        patch.replace("active", False),
        patch.replace("title", ""),
        patch.add("emails", [{"value": "c@example.com", "primary": None}]),
        patch.remove("nickName"),
    ]
    call(run, served, lambda client: client.users.patch("1", *changes, if_match='W/"1"'))

    [request] = served[0].received
    assert request.method == "PATCH"
    assert request.headers["If-Match"] == 'W/"1"'
    assert request.json == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            {"op": "replace", "path": "active", "value": False},
            {"op": "replace", "path": "title", "value": ""},
            {"op": "add", "path": "emails", "value": [{"value": "c@example.com"}]},
            {"op": "remove", "path": "nickName"},
        ],
    }


def test_helpers_give_several_operations(run, served):
    call(run, served, lambda client: client.users.patch("1", *patch.set_value("name", {"givenName": "B"})))

    assert served[0].received[0].json["Operations"] == [{"op": "replace", "path": "name.givenName", "value": "B"}]


def test_no_null_that_servers_stumble_over_goes_out_in_a_patch(run, served):
    change = patch.replace(None, {"active": None, "title": "x", "schemas": [], "emails": [{"primary": None}]})
    call(run, served, lambda client: client.users.patch("1", change))

    assert served[0].received[0].json["Operations"] == [{"op": "replace", "value": {"title": "x", "emails": [{}]}}]


def test_groups_of_a_user_are_read_only_and_an_extension_called_so_of_a_group_is_not(run, served):
    with pytest.raises(ValueError, match="groups"):
        call(run, served, lambda client: client.users.patch("1", patch.remove("groups")))
    assert served[0].received == []

    with pytest.raises(errors.NotFound):
        call(run, served, lambda client: client.groups.patch("g", patch.remove("groups")))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [((), ValueError), (({"op": "add"},), TypeError), ((patch.replace("title", "x"), "remove"), TypeError)],
)
def test_patches_that_are_none_are_refused(run, served, changes, kind):
    with pytest.raises(kind):
        call(run, served, lambda client: client.users.patch("1", *changes))

    assert served[0].received == []


@pytest.mark.parametrize(("method", "id", "before"), [("activate", "2", False), ("deactivate", "1", True)])
def test_activate_and_deactivate(run, served, method, id, before):
    user = call(run, served, lambda client: getattr(client.users, method)(id))

    assert user.active is served[1].resources[f"Users/{id}"]["active"] is not before
    assert [request.method for request in served[0].received] == ["GET", "PATCH"]
    assert served[0].received[1].json["Operations"] == [{"op": "replace", "path": "active", "value": not before}]


@pytest.mark.parametrize(("method", "id"), [("activate", "1"), ("deactivate", "2")])
def test_nothing_is_written_for_what_is_so_already(run, served, method, id):
    call(run, served, lambda client: getattr(client.users, method)(id))

    assert [request.method for request in served[0].received] == ["GET"]


def test_a_service_that_only_says_it_did_is_found_out(run, served):
    served[1].patch = lambda *_: None

    with pytest.raises(errors.UnexpectedResponse, match="active is True all the same") as caught:
        call(run, served, lambda client: client.users.deactivate("1"))

    assert (caught.value.outcome, caught.value.status) == ("unknown", 200)


@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
def test_diff_sends_nothing_and_is_not_awaited(kind):
    client = kind("eu1", auth=BearerToken(TOKEN))
    before = ScimUser.from_dict(HELD)
    after = ScimUser.from_dict({**HELD, "title": "Pilot"})

    [change] = client.users.diff(before, after)
    assert (change.path, change.before, change.after) == ("title", "Guide", "Pilot")
    assert client.users.diff(before, ScimUser.from_dict({**HELD, "meta": {"version": "2"}})) == ()


def test_if_match_of_options_goes_with_writes_that_say_none(run, served):
    call(run, served, lambda client: client.with_options(if_match='W/"1"').users.patch("1", patch.clear("title")))
    user = ScimUser(id="1", active=True)
    call(run, served, lambda client: client.with_options(if_match='W/"9"').users.replace(user, if_match='W/"2"'))

    assert [request.headers["If-Match"] for request in served[0].received] == ['W/"1"', 'W/"2"']


OTHERS: list[Any] = [
    {},
    {"message": "ok"},
    {"id": "2", "userName": "bob"},
    {"id": None},
    {"schemas": ["x"], "detail": "no"},
]


@pytest.mark.parametrize("body", OTHERS)
def test_an_answer_about_somebody_else_is_not_taken(run, body):
    """Nor is it written back: that would overwrite the user that was meant."""

    def change(client):
        return client.users.update("1", lambda user: setattr(user, "title", "x"))

    with Scripted(lambda _: Answer.of_json(body)) as server:
        for operation in (lambda client: client.users.get("1"), change):
            with pytest.raises(errors.UnexpectedResponse):
                call(run, (server,), operation)

    assert {request.method for request in server.received} == {"GET"}


def test_ids_differ_in_no_case(run):
    with Scripted(lambda _: Answer.of_json({"id": "ab-cd"})) as server:
        assert call(run, (server,), lambda client: client.users.get("AB-CD")).id == "ab-cd"


def test_a_read_that_fails_on_the_way_to_a_write_leaves_it_unsent(run):
    with Scripted(lambda _: Answer(500)) as server:
        for operation in (
            lambda client: client.users.deactivate("1"),
            lambda client: client.users.update("1", print),
            lambda client: client.users.replace(ScimUser(id="1", active=True), guard="check"),
            lambda client: client.groups.add_members("g", "1"),
        ):
            with pytest.raises(errors.ServerError) as caught:
                call(run, (server,), operation)
            assert caught.value.outcome == "not_sent"


def test_operations_may_come_several_in_one(run, served):
    changes = [patch.set_value("name", {"givenName": "B", "familyName": "J"}), patch.replace("title", "x")]
    call(run, served, lambda client: client.users.patch("1", *changes))

    assert len(served[0].received[0].json["Operations"]) == 3


def test_names_in_another_case_are_not_said_twice(run, served):
    user = ScimUser.from_dict({"Id": "7", "Active": None, "Schemas": ["urn:x"], "Meta": {"version": "1"}})
    call(run, served, lambda client: client.users.replace(user, id="1", guard="off"))

    assert served[0].received[0].json == {"Id": "1", "Schemas": ["urn:x"], "Meta": {"version": "1"}}
