"""The guard of `replace`: what nobody said to clear is not cleared unnoticed."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path

import attrs
import pytest

from maia_scim import BearerToken, errors
from maia_scim.models import Name, ScimGroup, ScimUser
from tests.support.canary import TOKEN
from tests.support.directory import serve

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
HELD = {
    "userName": "bjensen",
    "active": True,
    "title": "Guide",
    "name": {"givenName": "Babs", "familyName": "Jensen"},
    "emails": [{"value": "b@example.com"}],
    ENTERPRISE: {"department": "Tours", "manager": {"value": "7"}},
}


@pytest.fixture
def served():
    server, directory = serve({"Users/1": HELD, "Groups/g": {"displayName": "G", "members": [{"value": "1"}]}})
    with server:
        yield server, directory


def call(run, served, operation):
    return run(operation, base_url=served[0].base_url, auth=BearerToken(TOKEN))


def read(run, served):
    return call(run, served, lambda client: client.users.get("1"))


def paths_of(caught):
    assert isinstance(caught.message, errors.LossyReplaceWarning)
    return caught.message.paths


def puts(served):
    return [request for request in served[0].received if request.method == "PUT"]


def test_what_was_read_and_is_whole_is_not_warned_of(run, served):
    user = read(run, served)
    user.title = None
    user.emails = []
    user.name.given_name = None
    user[ENTERPRISE]["department"] = None

    with warnings.catch_warnings(action="error"):
        call(run, served, lambda client: client.users.replace(user))

    assert puts(served)[0].json["title"] is None


LOSSES = {
    "extension": (
        lambda user: user.__delitem__(ENTERPRISE),
        (f"{ENTERPRISE}:department", f"{ENTERPRISE}:manager.value"),
    ),
    "leaf": (lambda user: setattr(user, "name", Name(given_name="Barbara")), ("name.familyName",)),
    "active": (lambda user: setattr(user, "active", None), ("active",)),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("copied", [lambda user: user, copy.copy, copy.deepcopy, attrs.evolve])
def test_what_was_read_and_is_missing_is_warned_of(run, served, loss, copied):
    user = copied(read(run, served))
    lose, paths = LOSSES[loss]
    lose(user)

    with pytest.warns(errors.LossyReplaceWarning) as caught:
        call(run, served, lambda client: client.users.replace(user))

    assert paths_of(caught[0]) == paths
    assert all(path in str(caught[0].message) for path in paths)
    # Sync, the line here; async, the one that awaits.
    assert Path(caught[0].filename).name in ("test_guard.py", "clients.py")
    assert len(puts(served)) == 1


def test_raise_sends_nothing(run, served):
    user = read(run, served)
    del user[ENTERPRISE]

    with pytest.raises(errors.LossyReplace, match="leaves out urn:ietf") as caught:
        call(run, served, lambda client: client.users.replace(user, guard="raise"))

    assert (caught.value.outcome, caught.value.attempts) == ("not_sent", 0)
    assert caught.value.paths[0] == f"{ENTERPRISE}:department"
    assert puts(served) == []


def test_a_user_made_by_hand_is_asked_for_active_alone(run, served):
    user = ScimUser(id="1", user_name="bjensen")

    with pytest.warns(errors.LossyReplaceWarning, match="may read a missing active as true") as caught:
        call(run, served, lambda client: client.users.replace(user))

    assert paths_of(caught[0]) == ("active",)


def test_check_reads_first_and_knows_all(run, served):
    user = ScimUser(id="1", user_name="bjensen", active=True, emails=[], name=Name(given_name="B"))

    with pytest.raises(errors.LossyReplace) as caught:
        call(run, served, lambda client: client.users.replace(user, guard="check"))

    assert set(caught.value.paths) == {
        "title",
        "emails",  # [] of a user made by hand says nothing
        "name.familyName",
        f"{ENTERPRISE}:department",
        f"{ENTERPRISE}:manager.value",
    }
    assert [request.method for request in served[0].received] == ["GET"]


def test_check_lets_a_whole_body_through(run, served):
    user = ScimUser.from_dict({**HELD, "id": "1", "title": None})

    call(run, served, lambda client: client.users.replace(user, guard="check"))

    assert [request.method for request in served[0].received] == ["GET", "PUT"]


def test_off_is_silent(run, served):
    with warnings.catch_warnings(action="error"):
        call(run, served, lambda client: client.users.replace(ScimUser(id="1"), guard="off"))


def test_a_copy_of_the_client_has_its_own_guard(run, served):
    with pytest.raises(errors.LossyReplace):
        call(run, served, lambda client: client.with_options(guard="raise").users.replace(ScimUser(id="1")))


def test_another_user_or_service_is_not_compared(run, served):
    user = read(run, served)
    del user[ENTERPRISE]
    served[1].resources["Users/2"] = {"id": "2", "meta": {}}

    with warnings.catch_warnings(action="error"):
        call(run, served, lambda client: client.users.replace(user, id="2"))


def test_a_group_without_members_is_warned_of(run, served):
    with pytest.warns(errors.LossyReplaceWarning, match="leaves out members") as caught:
        call(run, served, lambda client: client.groups.replace(ScimGroup(id="g", display_name="G")))
    assert paths_of(caught[0]) == ("members",)

    with warnings.catch_warnings(action="error"):
        call(run, served, lambda client: client.groups.replace(ScimGroup.from_dict({"id": "g", "members": []})))


@pytest.mark.parametrize("guard", ["no", 7, ""])
def test_guards_that_are_none(run, served, guard):
    with pytest.raises(ValueError, match="'warn', 'raise', 'check', 'off'"):
        call(run, served, lambda client: client.users.replace(ScimUser(id="1"), guard=guard))
    with pytest.raises(errors.ConfigurationError, match="guard"):
        call(run, served, lambda client: client.with_options(guard=guard))

    assert served[0].received == []


@pytest.mark.parametrize("body", [{"id": 1}, {"ID": "1"}])
def test_ids_of_another_type_or_case_are_compared(run, body):
    from tests.support.scripted import Answer, Scripted

    with Scripted(lambda _: Answer.of_json({**body, "active": True, "urn:x": {"a": 1}})) as server:
        user = call(run, (server,), lambda client: client.users.get("1"))
        del user["urn:x"]
        with pytest.raises(errors.LossyReplace) as caught:
            call(run, (server,), lambda client: client.users.replace(user, guard="raise"))

    assert caught.value.paths == ("urn:x:a",)


def test_warnings_of_a_batch_point_to_the_line_that_asked_for_it(served):
    from maia_scim import MaiaScim

    with (
        MaiaScim(base_url=served[0].base_url, auth=BearerToken(TOKEN)) as client,
        pytest.warns(errors.LossyReplaceWarning) as caught,
    ):
        list(client.users.replace_many([ScimUser(id="1")]))

    assert caught[0].filename == __file__
