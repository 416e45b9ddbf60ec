"""`edit` and `update`: read, change, write; right with versions and without them."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from maia_scim import AsyncMaiaScim, BearerToken, ClientCredentials, MaiaScim, errors
from maia_scim.models import Email, ScimUser
from tests.support.canary import CLIENT_SECRET, PASSWORD, TOKEN
from tests.support.directory import serve
from tests.support.scripted import Answer

HELD = {"userName": "bjensen", "active": True, "title": "Guide", "nickName": "Babs", "urn:example:Desk": {"floor": 1}}


@pytest.fixture(params=[True, False], ids=["versions", "no-versions"])
def served(request):
    server, directory = serve({"Users/1": HELD}, versions=request.param)
    with server:
        yield server, directory


def edit_sync(server, change):
    with MaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client, client.users.edit("1") as user:
        change(user)
    return user


def edit_async(server, change):
    async def main():
        async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(TOKEN)) as client:
            async with client.users.edit("1") as user:
                change(user)
            return user

    return asyncio.run(main())


@pytest.fixture(params=[edit_sync, edit_async], ids=["sync", "async"])
def edit(request):
    return request.param


def methods(server):
    return [request.method for request in server.received]


def set_title(user):
    user.title = "Data Engineer"


def after(directory, number, **attributes):
    """Change the user behind the client's back, ahead of request `number` (from 1)."""
    seen: list[Any] = []

    def before(_):
        seen.append(None)
        if len(seen) == number:
            directory.change("Users/1", **attributes)

    directory.before = before


def test_a_change_is_put(served, edit):
    server, directory = served

    user = edit(server, set_title)

    assert directory.resources["Users/1"]["title"] == "Data Engineer"
    assert directory.resources["Users/1"]["urn:example:Desk"] == {"floor": 1}
    assert methods(server) == (["GET", "PUT"] if directory.versions else ["GET", "GET", "PUT"])
    assert server.received[-1].headers.get("If-Match") == ('W/"1"' if directory.versions else None)
    assert user.title == "Data Engineer"
    assert user.meta.version == ('W/"2"' if directory.versions else None)  # the user is what the service holds


def test_no_change_sends_nothing(served, edit):
    def nothing(user):
        user.title = "other"
        user.title = "Guide"

    edit(served[0], nothing)

    assert methods(served[0]) == ["GET"]


def test_a_body_that_raises_sends_nothing(served, edit):
    def fail(user):
        user.title = "other"
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        edit(served[0], fail)

    assert methods(served[0]) == ["GET"]


def test_what_others_changed_elsewhere_stays(served, edit):
    server, directory = served
    after(directory, 2, nickName="B", displayName="Barbara")

    user = edit(server, set_title)

    held = directory.resources["Users/1"]
    assert (held["title"], held["nickName"], held["displayName"]) == ("Data Engineer", "B", "Barbara")
    assert user.display_name == "Barbara"


def test_what_both_changed_is_a_conflict(served, edit):
    server, directory = served
    after(directory, 2, title="Pilot")

    with pytest.raises(errors.EditConflict, match="somebody else changed title") as caught:
        edit(server, set_title)

    [conflict] = caught.value.conflicts
    assert (conflict.path, conflict.base, conflict.mine, conflict.theirs) == (
        "title",
        "Guide",
        "Data Engineer",
        "Pilot",
    )
    assert isinstance(caught.value, errors.PreconditionFailed)
    assert caught.value.outcome == ("refused" if directory.versions else "not_sent")
    assert directory.resources["Users/1"]["title"] == "Pilot"
    assert pickle.loads(pickle.dumps(caught.value)).conflicts == caught.value.conflicts


def test_the_same_change_on_both_sides_is_done(served, edit):
    server, directory = served
    after(directory, 2, title="Data Engineer")

    assert edit(server, set_title).title == "Data Engineer"
    assert methods(server) == (["GET", "PUT", "GET"] if directory.versions else ["GET", "GET"])


def test_others_who_never_stop_are_told_of(served, edit):
    server, directory = served
    numbers = iter(range(100))
    directory.before = lambda request: directory.change("Users/1", nickName=str(next(numbers)))

    if directory.versions:
        with pytest.raises(errors.EditConflict, match="changed by others 5 times"):
            edit(server, set_title)
        assert methods(server).count("PUT") == 5
    else:
        edit(server, set_title)  # without versions, a second look is all there is


def test_a_meta_that_moves_alone_is_no_change(edit):
    server, directory = serve({"Users/1": HELD}, versions=False)
    directory.before = lambda _: directory.resources["Users/1"]["meta"].update(lastModified="now")
    with server:
        edit(server, set_title)

    assert directory.resources["Users/1"]["title"] == "Data Engineer"


def test_arrays_and_extensions_are_changes(served, edit):
    server, directory = served

    def change(user):
        user.emails.append(Email(value="b@example.com"))
        user["urn:example:Desk"]["floor"] = 2

    edit(server, change)

    assert directory.resources["Users/1"]["emails"] == [{"value": "b@example.com"}]
    assert directory.resources["Users/1"]["urn:example:Desk"] == {"floor": 2}


def test_what_is_deleted_on_purpose_is_not_warned_of(served, edit):
    server, directory = served

    edit(server, lambda user: user.__delitem__("urn:example:Desk"))

    assert "urn:example:Desk" not in directory.resources["Users/1"]


def test_a_user_who_is_not_there(served):
    with (
        MaiaScim(base_url=served[0].base_url, auth=BearerToken(TOKEN)) as client,
        pytest.raises(errors.NotFound),
        client.users.edit("nobody"),
    ):
        raise AssertionError("the block does not run")


@pytest.mark.parametrize("kind", [MaiaScim, AsyncMaiaScim])
def test_ids_that_name_nobody_are_refused_at_once(kind):
    client = kind("eu1", auth=BearerToken(TOKEN))

    with pytest.raises(ValueError, match="holds a path"):
        client.users.edit("..")


def test_a_body_that_cannot_be_sent_shows_no_password(served, edit):
    def change(user):
        user.password = PASSWORD
        user.title = {1, 2}

    with pytest.raises(TypeError) as caught:
        edit(served[0], change)

    import traceback

    frames = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert PASSWORD not in frames
    assert methods(served[0]) == ["GET"]


# -- update ---------------------------------------------------------------------------------------


def update(change):
    return lambda client: client.users.update("1", change)


def arguments(server):
    return {"base_url": server.base_url, "auth": BearerToken(TOKEN)}


def test_update_repeats_the_change_on_what_others_made(run, served):
    server, directory = served
    after(directory, 2, nickName="B")
    seen: list[Any] = []

    def change(user):
        seen.append(user.nick_name)
        user.title = f"Guide of {user.nick_name}"

    user = run(update(change), **arguments(server))

    assert seen == ["Babs", "B"]
    assert user.title == directory.resources["Users/1"]["title"] == "Guide of B"


def test_update_takes_another_user(run, served):
    user = run(
        update(lambda _: ScimUser.from_dict({**HELD, "id": "1", "title": "New"})),
        **arguments(served[0]),
    )

    assert user.title == "New"


def test_update_of_nothing_sends_nothing(run, served):
    run(update(lambda _: None), **arguments(served[0]))

    assert methods(served[0]) == ["GET"]


def test_update_ends(run, served):
    server, directory = served
    numbers = iter(range(100))
    directory.before = lambda _: directory.change("Users/1", nickName=str(next(numbers)))

    with pytest.raises(errors.EditConflict, match="5 times"):
        run(update(set_title), **arguments(server))


async def test_the_change_may_be_async(served):
    async def change(user):
        await asyncio.sleep(0)
        user.title = "awaited"

    async with AsyncMaiaScim(**arguments(served[0])) as client:
        assert (await client.users.update("1", change)).title == "awaited"


def test_an_async_change_needs_the_async_client(served):
    async def change(_):
        raise AssertionError("never awaited")

    with (
        MaiaScim(**arguments(served[0])) as client,
        pytest.raises(errors.ConfigurationError, match="use AsyncMaiaScim"),
    ):
        client.users.update("1", change)


def test_a_change_must_be_a_function(run, served):
    with pytest.raises(TypeError, match="must be a function"):
        run(update("title"), **arguments(served[0]))

    assert served[0].received == []


def test_a_lost_answer_of_an_edit_is_found_out(served, edit):
    """The PUT is done and its answer lost; the repetition meets its own version."""
    server, directory = served
    lost: list[Any] = []

    def answer(request):
        done = directory.answer(request)
        if request.method == "PUT" and not lost:
            lost.append(request)
            return Answer(drop=0)
        return done

    server.answer = answer

    assert edit(server, set_title).title == "Data Engineer"


def test_an_edit_is_of_one_block_at_a_time(served):
    with MaiaScim(**arguments(served[0])) as client:
        edit = client.users.edit("1")
        with edit as user:
            user.title = "outer"
            with pytest.raises(RuntimeError, match="call edit\\(\\) for each"), edit:
                raise AssertionError("the block does not run")
        with edit as user:  # and another time
            assert user.title == "outer"
        with pytest.raises(AttributeError):
            edit.title = "x"  # type: ignore[attr-defined]  # no with: it is no user


async def test_an_async_edit_is_of_one_block_at_a_time(served):
    async with AsyncMaiaScim(**arguments(served[0])) as client:
        edit = client.users.edit("1")
        async with edit:
            with pytest.raises(RuntimeError, match="call edit"):
                await edit.__aenter__()


def test_the_order_of_arrays_is_no_change_of_others(run):
    server, directory = serve({"Users/1": {**HELD, "emails": [{"value": "a"}, {"value": "b"}]}}, versions=False)
    directory.before = lambda _: directory.resources["Users/1"]["emails"].reverse()
    with server:
        user = run(update(set_title), **arguments(server))

    assert user.title == "Data Engineer"


def test_a_user_that_the_function_makes_is_guarded(run, served):
    def forgetful(_):
        return ScimUser(id="1", user_name="bjensen", active=True)

    with pytest.raises(errors.LossyReplace) as caught:
        run(lambda client: client.with_options(guard="raise").users.update("1", forgetful), **arguments(served[0]))

    assert set(caught.value.paths) == {"title", "nickName", "urn:example:Desk:floor"}
    assert "PUT" not in methods(served[0])


def test_a_version_of_the_options_is_not_tried_again(run):
    """It is the caller's, so another look does not help."""
    server, directory = serve({"Users/1": HELD}, versions=False)
    serves = directory.answer
    server.answer = lambda request: Answer.problem(412) if request.method == "PUT" else serves(request)

    with server, pytest.raises(errors.PreconditionFailed) as caught:
        run(lambda client: client.with_options(if_match='W/"9"').users.update("1", set_title), **arguments(server))

    assert type(caught.value) is errors.PreconditionFailed
    assert methods(server).count("PUT") == 1


def test_the_outcome_speaks_of_all_rounds(run):
    """Refused at first, then not to be reached."""
    server, directory = serve({"Users/1": HELD})
    serves = directory.answer
    puts: list[Any] = []

    def answer(request):
        if request.method == "GET" and puts:
            directory.change("Users/1", nickName="B")
            server.token = lambda _: Answer.of_json({"error": "invalid_client"}, 401)
            auth._state.drop(TOKEN)
        if request.method == "PUT":
            puts.append(request)
            return Answer.problem(412)
        return serves(request)

    server.answer = answer
    auth = ClientCredentials(client_id="me", client_secret=CLIENT_SECRET, token_url=server.token_url)
    with server, pytest.raises(errors.TokenError) as caught:
        run(update(set_title), base_url=server.base_url, auth=auth)

    assert len(puts) == 1
    assert caught.value.outcome == "refused"
