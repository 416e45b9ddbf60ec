"""The wire cases as answers of a server: `users.replace` takes each of them, and gives it back as it came."""

from __future__ import annotations

import json

import pytest

from maia_scim import BearerToken
from maia_scim.models import ScimUser
from tests.models.cases import json_text, wire_cases
from tests.support.canary import TOKEN
from tests.support.scripted import Answer, Scripted

USERS = {case.name: case for case in wire_cases() if case.schema == "ScimUser"}

# The guard has tests of its own.
pytestmark = pytest.mark.filterwarnings("ignore::maia_scim.errors.LossyReplaceWarning")


@pytest.fixture(scope="module")
def server():
    def answer(request):
        name = request.path.rpartition("/")[2]
        return Answer(200, json.dumps(USERS[name].body).encode(), {"Content-Type": "application/scim+json"})

    with Scripted(answer) as server:
        yield server


@pytest.mark.parametrize("name", USERS)
def test_every_user_is_taken_and_sent_back_as_it_came(run, server, name):
    arguments = {"base_url": server.base_url, "auth": BearerToken(TOKEN)}

    user = run(lambda client: client.users.replace(ScimUser(active=True), id=name), **arguments)
    assert json_text(user.to_dict()) == json_text(USERS[name].body)

    run(lambda client: client.users.replace(user, id=name), **arguments)
    assert json_text(server.received[-1].json) == json_text(as_sent(USERS[name].fresh(), name))


def as_sent(body, id):
    """A body as it must go out: without the nulls that servers stumble over, with meta and schemas."""
    if "id" in body:
        body["id"] = id
    if not body.get("meta"):
        body["meta"] = {"resourceType": "User"}
    if body.get("schemas") in (None, []):
        body["schemas"] = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    if "active" in body and body["active"] in (None, []):
        del body["active"]
    for value in body.values():
        for item in value if isinstance(value, list) else []:
            if isinstance(item, dict) and "primary" in item and item["primary"] is None:
                del item["primary"]
    return body
