"""A write whose answer was lost and which then meets a 412: whether it was our own."""

from __future__ import annotations

import pytest

from maia_scim import MaiaScim, errors
from maia_scim.models import ScimUser
from tests.facade.clients import AUTH
from tests.facade.operations import USER
from tests.support.canary import PASSWORD
from tests.support.scripted import Answer


def lost_answer(server, holds):
    """The first PUT is carried out and its answer lost; the second meets the version that it made."""
    put = [Answer(drop=0), Answer.problem(412)]
    server.answer = lambda request: put.pop(0) if request.method == "PUT" else Answer.of_json(holds)


SENT = {"id": "1", "userName": "b", "active": True, "meta": {"version": 'W/"2"'}, "groups": [{"value": "g"}]}


def test_a_412_after_a_lost_answer_may_be_our_own_write(run, server):
    lost_answer(server, SENT)

    user = run(lambda client: client.users.replace(USER, if_match='W/"1"'), base_url=server.base_url, auth=AUTH)

    assert user.meta.version == 'W/"2"'
    assert [request.method for request in server.received] == ["PUT", "PUT", "GET"]


@pytest.mark.parametrize("other", [{"title": "someone's"}, {"userName": "c"}, {"active": False}])
def test_and_it_may_be_somebody_elses(run, server, other):
    lost_answer(server, {**SENT, **other})

    with pytest.raises(errors.PreconditionFailed) as caught:
        run(lambda client: client.users.replace(USER, if_match='W/"1"'), base_url=server.base_url, auth=AUTH)

    assert caught.value.outcome == "unknown"


def test_a_412_alone_is_a_refusal(run, server):
    server.answer = lambda _: Answer.problem(412)

    with pytest.raises(errors.PreconditionFailed) as caught:
        run(lambda client: client.users.replace(USER, if_match='W/"1"'), base_url=server.base_url, auth=AUTH)

    assert caught.value.outcome == "refused"
    assert len(server.received) == 1


def test_a_password_is_never_assumed_to_be_set(run, server):
    """Nobody can read it, so a 412 after a lost answer stays one."""
    lost_answer(server, SENT)
    user = ScimUser(id="1", user_name="b", active=True, password=PASSWORD)

    with pytest.raises(errors.PreconditionFailed) as caught:
        run(lambda client: client.users.replace(user, if_match='W/"1"'), base_url=server.base_url, auth=AUTH)

    assert caught.value.outcome == "unknown"


def test_our_own_write_is_compared_with_no_problem(server):
    lost_answer(server, SENT)
    with MaiaScim(base_url=server.base_url, auth=AUTH) as client, client.capture() as calls:
        client.users.replace(USER, if_match='W/"1"')

    assert [(call.method, call.outcome, call.differences) for call in calls] == [
        ("GET", "done", ()),
        ("PUT", "done", ()),
    ]
