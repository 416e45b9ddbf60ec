"""Groups: whose members are permissions, so that none may get lost."""

from __future__ import annotations

import pytest

from maia_scim import BearerToken, errors, patch
from maia_scim.models import GroupMember, ScimGroup, ScimUser
from tests.support.canary import TOKEN
from tests.support.directory import serve

HELD = {
    "displayName": "Engineers",
    "role": "Admin",
    "accountId": "a",
    "members": [{"value": "1", "display": "Babs", "$ref": "../Users/1"}, {"value": "2"}],
}


@pytest.fixture
def served():
    server, directory = serve({"Groups/g": HELD})
    with server:
        yield server, directory


def call(run, served, operation):
    return run(operation, base_url=served[0].base_url, auth=BearerToken(TOKEN))


def sent(served):
    return [(request.method, request.json if request.body else None) for request in served[0].received]


def ids(group):
    return [member.value for member in group.members]


def test_get(run, served):
    group = call(run, served, lambda client: client.groups.get("g"))

    assert (group.display_name, group.role, ids(group)) == ("Engineers", "Admin", ["1", "2"])


def test_replace_sends_back_what_came(run, served):
    group = call(run, served, lambda client: client.groups.get("g"))
    group.display_name = "Data engineers"
    call(run, served, lambda client: client.groups.replace(group))

    method, body = sent(served)[-1]
    assert method == "PUT"
    assert body["members"] == HELD["members"]
    assert (body["displayName"], body["accountId"]) == ("Data engineers", "a")
    assert "groups" not in body


def test_replace_takes_groups_alone(run, served):
    with pytest.raises(TypeError, match="group is a ScimUser, not a ScimGroup"):
        call(run, served, lambda client: client.groups.replace(ScimUser(id="g")))

    assert served[0].received == []


def test_patch(run, served):
    group = call(run, served, lambda client: client.groups.patch("g", patch.replace("displayName", "Crew")))

    assert group.display_name == "Crew"
    assert sent(served)[0][1]["Operations"] == [{"op": "replace", "path": "displayName", "value": "Crew"}]


def test_add_members_adds_those_who_are_not_there(run, served):
    members = ["2", ScimUser(id="3"), GroupMember(value="4"), "3"]

    group = call(run, served, lambda client: client.groups.add_members("g", *members, if_match='W/"1"'))

    assert ids(group) == ["1", "2", "3", "4"]
    assert [method for method, _ in sent(served)] == ["GET", "PATCH"]
    assert sent(served)[1][1]["Operations"] == [
        {"op": "add", "path": "members", "value": [{"value": "3"}, {"value": "4"}]}
    ]
    assert served[0].received[1].headers["If-Match"] == 'W/"1"'


def test_remove_members_removes_those_who_are_there(run, served):
    group = call(run, served, lambda client: client.groups.remove_members("g", "2", "9"))

    assert ids(group) == ["1"]
    assert sent(served)[1][1]["Operations"] == [{"op": "remove", "path": 'members[value eq "2"]'}]


@pytest.mark.parametrize(("method", "member"), [("add_members", "1"), ("remove_members", "9")])
def test_nothing_is_written_for_what_is_so_already(run, served, method, member):
    group = call(run, served, lambda client: getattr(client.groups, method)("g", member))

    assert ids(group) == ["1", "2"]
    assert [method for method, _ in sent(served)] == ["GET"]


WRONG = {
    "lost": (lambda resource, _: resource.update(members=[{"value": "3"}]), "it lacks 1, 2"),
    "ignored": (lambda *_: None, "it lacks 3"),
    "strangers": (
        lambda resource, _: resource["members"].extend([{"value": "3"}, {"value": "8"}]),
        "it has besides 8",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_service_that_does_something_else_is_found_out(run, served, wrong):
    served[1].patch, told = WRONG[wrong]

    with pytest.raises(errors.UnexpectedResponse, match=told) as caught:
        call(run, served, lambda client: client.groups.add_members("g", "3"))

    assert caught.value.outcome == "unknown"


def test_an_answer_without_members_is_asked_for(run, served):
    from tests.support.scripted import Answer

    server, directory = served

    def answer(request):
        done = directory.answer(request)
        return Answer.of_json({"id": "g"}) if request.method == "PATCH" else done

    server.answer = answer
    group = call(run, served, lambda client: client.groups.add_members("g", "3"))

    assert ids(group) == ["1", "2", "3"]
    assert [method for method, _ in sent(served)] == ["GET", "PATCH", "GET"]


@pytest.mark.parametrize(
    ("member", "kind"), [("", ValueError), (ScimUser(), ValueError), (7, TypeError), (None, ValueError)]
)
def test_members_that_are_none(run, served, member, kind):
    with pytest.raises(kind, match="member"):
        call(run, served, lambda client: client.groups.add_members("g", "3", member))

    assert served[0].received == []


def test_a_group_that_is_not_there(run, served):
    with pytest.raises(errors.NotFound):
        call(run, served, lambda client: client.groups.add_members("nothing", "3"))


def test_a_group_made_by_hand(run, served):
    group = ScimGroup(id="g", display_name="Crew", members=[GroupMember(value="1")])
    call(run, served, lambda client: client.groups.replace(group))

    assert sent(served)[0][1] == {
        "id": "g",
        "displayName": "Crew",
        "members": [{"value": "1"}],
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "meta": {"resourceType": "Group"},
    }


def test_a_check_that_fails_after_the_write_leaves_it_unknown(run, served):
    from tests.support.scripted import Answer

    server, directory = served
    gets: list[object] = []

    def answer(request):
        if request.method == "PATCH":
            return Answer.of_json({"id": "g"})
        gets.append(request)
        return directory.answer(request) if len(gets) == 1 else Answer.problem(404)

    server.answer = answer
    with pytest.raises(errors.NotFound) as caught:
        call(run, served, lambda client: client.groups.add_members("g", "3"))

    assert caught.value.outcome == "unknown"
