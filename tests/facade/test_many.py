"""`replace_many`: an outcome for every user, and one failure never stops the rest."""

from __future__ import annotations

from typing import Any

import pytest

from maia_scim import BearerToken, MaiaScim, errors
from maia_scim.models import ScimUser
from tests.facade.batches import number, users
from tests.support.canary import TOKEN
from tests.support.scripted import Answer


def test_every_user_has_an_outcome(take, server):
    taken = take(server, users(20))

    assert sorted(outcome.index for outcome in taken) == list(range(20))
    for outcome in taken:
        assert outcome.id == str(outcome.index) == outcome.user.id
        assert outcome.error is None
        assert outcome.differences == ()
    assert len(server.received) == 20


def test_one_failure_never_stops_the_rest(take, server):
    server.answer = lambda request: Answer.problem(404) if number(request) % 3 == 0 else Answer.of_json(request.json)

    taken = take(server, users(9))

    failed = {outcome.id: outcome.error for outcome in taken if outcome.error}
    assert failed.keys() == {"0", "3", "6"}
    assert all(isinstance(error, errors.NotFound) and error.__traceback__ is None for error in failed.values())
    assert all((outcome.user is None) == (outcome.error is not None) for outcome in taken)


def test_what_cannot_be_sent_is_an_outcome_too(take, server):
    odd = ScimUser(id="2", active=True)
    odd["urn:x"] = {1, 2}

    taken = take(server, [ScimUser(active=True), "no user", odd, *users(1)])

    kinds = {outcome.index: type(outcome.error) for outcome in taken}
    assert kinds == {0: ValueError, 1: TypeError, 2: TypeError, 3: type(None)}
    assert [outcome.id for outcome in sorted(taken, key=lambda outcome: outcome.index)] == [None, None, "2", "0"]
    assert len(server.received) == 1


def test_what_the_service_did_not_keep_is_told(take, server):
    server.answer = lambda request: Answer.of_json({**request.json, "userName": "USER0", "active": None})

    [outcome] = take(server, users(1))

    assert {(each.path, each.sent, each.answered) for each in outcome.differences} == {
        ("userName", "user0", "USER0"),
        ("active", True, None),
    }


def test_it_takes_no_more_than_it_is_asked_for(take, server):
    """Back-pressure: a consumer that stops stops the source, and what goes out."""
    pulled = []

    def source():
        for user in users(1000):
            pulled.append(user)
            yield user

    taken = take(server, source(), concurrency=4, stop=3)

    assert len(taken) == 3
    assert len(pulled) <= 3 + 4 + 1
    assert len(server.received) <= len(pulled)


def test_nothing_happens_before_it_is_iterated(server):
    with MaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
        client.users.replace_many(iter(users(3)))

    assert server.received == []


def test_progress_is_told(take, server):
    server.answer = lambda request: Answer.problem(404) if number(request) == 1 else Answer.of_json(request.json)
    told: list[Any] = []

    taken = take(server, users(3), on_progress=told.append)

    assert [progress.done for progress in told] == [1, 2, 3]
    assert (told[-1].failed, told[-1].total) == (1, 3)
    assert [progress.last for progress in told] == taken

    told.clear()
    take(server, iter(users(1)), on_progress=told.append)
    assert told[0].total is None


def test_a_source_that_fails_raises_when_all_under_way_is_told(take, server):
    def source():
        yield from users(3)
        raise OSError("the file is gone")

    seen: list[Any] = []
    with pytest.raises(OSError, match="the file is gone"):
        take(server, source(), each=seen.append)

    assert sorted(outcome.index for outcome in seen) == [0, 1, 2]


@pytest.mark.parametrize("concurrency", [0, -1])
def test_a_concurrency_below_one_is_refused(take, server, concurrency):
    with pytest.raises(ValueError, match="at least 1"):
        take(server, users(1), concurrency=concurrency)


def test_a_guard_of_the_batch(take, server):
    taken = take(server, [ScimUser(id="0"), *users(2)[1:]], guard="raise")

    assert [(outcome.index, type(outcome.error)) for outcome in sorted(taken, key=lambda outcome: outcome.index)] == [
        (0, errors.LossyReplace),
        (1, type(None)),
    ]
    with pytest.raises(ValueError, match="guard"):
        take(server, users(1), guard="no")


def test_warnings_that_are_errors_stop_no_batch(take, server):
    """As they are in this test suite."""
    taken = take(server, [ScimUser(id="0"), *users(3)[1:]])

    [failed] = [outcome.error for outcome in taken if outcome.error]
    assert isinstance(failed, errors.LossyReplace)
    assert failed.paths == ("active",)
    assert len(taken) == 3


def test_one_user_is_no_iterable_of_users(take, server):
    with pytest.raises(TypeError, match="users is a ScimUser: pass an iterable"):
        take(server, users(1)[0])


def test_an_outcome_gives_its_user_or_raises_its_error(take, server):
    server.answer = lambda request: Answer.problem(404) if number(request) else Answer.of_json(request.json)

    for outcome in take(server, users(2)):
        if outcome.index:
            with pytest.raises(errors.NotFound):
                outcome.result()
        else:
            assert outcome.result() is outcome.user


def test_a_progress_that_raises_ends_the_batch_and_hides_nothing(take, server, caplog):
    told = []

    def on_progress(progress):
        told.append(progress.last.index)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        take(server, users(20), concurrency=3, on_progress=on_progress)

    assert sorted(told) == sorted(number(request) for request in server.received)
    assert len(set(told)) == len(told)


def test_an_async_progress_is_refused(take, server):
    async def on_progress(_):
        raise AssertionError

    with pytest.raises(TypeError, match="on_progress is async"):
        take(server, users(1), on_progress=on_progress)
