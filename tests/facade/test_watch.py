"""Who is told of calls: `capture`, `on_event` and the log; and what none of them ever shows."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import httpx
import pytest

from maia_scim import (
    AsyncMaiaScim,
    BearerToken,
    ClientCredentials,
    MaiaScim,
    RateLimit,
    RetryPolicy,
    errors,
    events,
    patch,
)
from maia_scim.models import Email, ScimUser
from tests.support.canary import CLIENT_SECRET, PASSWORD, TOKEN
from tests.support.scripted import Answer, Scripted

USER = ScimUser(id="1", user_name="bjensen", active=True, password=PASSWORD, emails=[Email(value="b@example.com")])
TEMPLATE = "/v1/directory-integration/scim/v2/Users/{id}"


@pytest.fixture
def server():
    with Scripted(lambda request: Answer.of_json(request.json if request.body else {"id": "1"})) as server:
        yield server


def arguments(server):
    return {"base_url": server.base_url, "auth": BearerToken(TOKEN)}


def replace(client):
    return client.users.replace(USER)


def captured(operation):
    """An operation within `capture()`, on either client; gives the calls."""

    def run(client):
        if isinstance(client, MaiaScim):
            with client.capture() as calls:
                operation(client)
            return calls

        async def main():
            with client.capture() as calls:
                await operation(client)
            return calls

        return main()

    return run


# -- capture ---------------------------------------------------------------------------------------


def test_capture_has_one_entry_a_call(run, server):
    answers = iter([Answer(502), Answer.of_json({"id": "1"}, X_Request_Id="abc")])
    server.answer = lambda _: next(answers)

    [call] = run(captured(replace), **arguments(server))

    assert (call.method, call.path, call.status) == ("PUT", TEMPLATE.replace("{id}", "1"), 200)
    assert (call.attempts, call.request_id, call.outcome) == (2, "abc", "done")


def test_capture_tells_what_the_service_did_not_keep(run, server):
    server.answer = lambda request: Answer.of_json({"id": "1", "userName": "BJENSEN", "active": True, "title": "new"})

    [call] = run(captured(replace), **arguments(server))

    differences = {each.path: each for each in call.differences}
    assert differences.keys() == {"userName", "emails"}  # the password never comes back, and is none
    assert differences["emails"].ignored
    assert (differences["userName"].ignored, differences["userName"].answered) == (False, "BJENSEN")


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        (patch.replace("title", "x"), {"title"}),
        (patch.replace("userName", "bjensen"), set()),
        (patch.replace("name.givenName", "B"), {"name.givenName"}),
        (patch.replace("urn:ietf:params:scim:schemas:core:2.0:User:userName", "bjensen"), set()),
        (patch.replace("urn:example:2.0:User:desk", 1), {"urn:example:2.0:User:desk"}),
        (patch.replace(None, {"title": "x", "active": True}), {"title"}),
        (patch.remove("userName"), {"userName"}),
        (patch.remove("title"), set()),
        (patch.add("emails", [{"value": "b@example.com"}]), set()),
        (patch.add("emails", [{"value": "c@example.com"}]), {"emails"}),
        (patch.remove('emails[value eq "b@example.com"]'), set()),
    ],
)
def test_capture_compares_patches_too(run, server, change, paths):
    server.answer = lambda _: Answer.of_json(
        {"userName": "bjensen", "active": True, "emails": [{"value": "b@example.com"}]}
    )

    [call] = run(captured(lambda client: client.users.patch("1", change)), **arguments(server))

    assert {each.path for each in call.differences} == paths


def test_capture_has_failed_calls(run, server):
    server.answer = lambda _: Answer.problem(404)

    def fails(client):
        if isinstance(client, MaiaScim):
            with pytest.raises(errors.NotFound):
                replace(client)
            return None

        async def main():
            with pytest.raises(errors.NotFound):
                await replace(client)

        return main()

    [call] = run(captured(fails), **arguments(server))

    assert (call.status, call.outcome, call.attempts) == (404, "refused", 1)


def test_capture_takes_the_calls_of_this_client_and_its_copies(server):
    with MaiaScim(**arguments(server)) as client, MaiaScim(**arguments(server)) as other:
        with client.capture() as calls, other.capture() as others:
            replace(client)
            replace(client.with_options(timeout=3))
            replace(other)
        replace(client)

    assert (len(calls), len(others)) == (2, 1)


def test_capture_is_of_this_thread(server):
    with MaiaScim(**arguments(server)) as client, client.capture() as calls:
        thread = threading.Thread(target=replace, args=(client,))
        thread.start()
        thread.join()
        list(client.users.replace_many([USER]))  # its workers belong to the call

    assert len(calls) == 1


async def test_capture_is_of_this_task(server):
    async with AsyncMaiaScim(**arguments(server)) as client:
        before = asyncio.Event()

        async def outsider():
            await before.wait()
            await replace(client)

        task = asyncio.create_task(outsider())
        with client.capture() as calls:
            await asyncio.gather(replace(client), replace(client))
            before.set()
            await task

    assert len(calls) == 2


async def test_a_cancelled_call_is_told_of(server):
    """Whoever cancels a write that is on the wire does not know what became of it."""
    server.answer = lambda _: Answer(hold=server.closing)
    seen: list[Any] = []
    async with AsyncMaiaScim(**arguments(server), on_event=seen.append) as client:
        with client.capture() as calls:
            task = asyncio.create_task(replace(client))
            while not server.received:
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    assert [(type(event).__name__, event.outcome, event.error) for event in seen] == [("CallEnd", "unknown", None)]
    [call] = calls
    assert (call.outcome, call.status, call.attempts) == ("unknown", None, 1)


def test_an_interrupted_call_is_told_of(server):
    def interrupt(_):
        raise KeyboardInterrupt

    seen: list[Any] = []
    with (
        httpx.Client(event_hooks={"response": [interrupt]}) as http,
        MaiaScim(**arguments(server), on_event=seen.append, http_client=http) as client,
        pytest.raises(KeyboardInterrupt),
    ):
        replace(client)

    assert [(type(event).__name__, event.outcome) for event in seen] == [("CallEnd", "unknown")]


# -- on_event -----------------------------------------------------------------------------------------


def test_events_tell_the_whole_story(run, server):
    answers = iter([Answer(429, b"", {"Retry-After": "3"}), Answer(drop=0), Answer.of_json({"id": "1"}, CF_Ray="r")])
    server.answer = lambda _: next(answers)
    seen: list[Any] = []

    run(
        replace,
        base_url=server.base_url,
        auth=ClientCredentials(client_id="me", client_secret=CLIENT_SECRET, token_url=server.token_url),
        on_event=seen.append,
    )

    kinds = [type(event).__name__ for event in seen if not (isinstance(event, events.Wait) and event.reason == "gate")]
    assert kinds == ["TokenRequest", "Attempt", "Wait", "Attempt", "Wait", "Attempt", "CallEnd"]
    token, end = seen[0], seen[-1]
    assert (token.url, token.status) == (server.token_url, 200)
    attempts = [event for event in seen if isinstance(event, events.Attempt)]
    assert [(event.number, event.status, event.failure) for event in attempts] == [
        (1, 429, None),
        (2, None, "RemoteProtocolError"),
        (3, 200, None),
    ]
    assert (attempts[-1].request_id, attempts[-1].path) == ("r", TEMPLATE)
    assert (end.method, end.path, end.attempts, end.outcome, end.error) == ("PUT", TEMPLATE, 3, "done", None)
    assert end.seconds >= 3
    assert CLIENT_SECRET not in repr(seen)
    assert PASSWORD not in repr(seen)


def test_events_tell_of_failures(run, server):
    server.answer = lambda _: Answer.problem(404)
    seen: list[Any] = []

    with pytest.raises(errors.NotFound) as caught:
        run(replace, **arguments(server), on_event=seen.append)

    assert seen[-1].error is caught.value
    assert seen[-1].outcome == "refused"


def test_events_tell_of_the_rate_limit(run, server):
    seen: list[Any] = []

    def twice(client):
        if isinstance(client, MaiaScim):
            return [replace(client), replace(client)]
        return both(client)

    async def both(client):
        return [await replace(client), await replace(client)]

    run(twice, **arguments(server), on_event=seen.append, rate_limit=RateLimit(1, margin=0))

    waits = [event for event in seen if isinstance(event, events.Wait)]
    assert {event.reason for event in waits} == {"limit"}
    assert 55 < sum(event.seconds for event in waits) <= 61


def test_a_hook_that_raises_ends_no_call(run, server, caplog):
    def hook(event):
        raise RuntimeError("mine")

    run(replace, **arguments(server), on_event=hook)

    assert "on_event raised at Attempt" in caplog.text


def test_a_hook_must_be_a_function(server):
    with pytest.raises(errors.ConfigurationError, match="on_event"):
        MaiaScim(**arguments(server), on_event="print")  # type: ignore[arg-type]


# -- logging -------------------------------------------------------------------------------------------


def test_records_have_structured_extras(run, server, caplog):
    caplog.set_level(logging.DEBUG, "maia_scim")
    server.answer = lambda request: Answer.of_json(request.json, X_Request_Id="abc")

    run(replace, **arguments(server))

    [record] = [record for record in caplog.records if record.name == "maia_scim"]
    assert (record.method, record.path, record.status, record.attempt) == ("PUT", TEMPLATE, 200, 1)
    assert record.request_id == "abc"
    assert record.duration >= 0
    assert not hasattr(record, "sent")


def test_waits_are_logged(run, server, caplog):
    caplog.set_level(logging.INFO, "maia_scim")
    answers = iter([Answer(502), Answer.of_json({"id": "1"})])
    server.answer = lambda _: next(answers)

    run(replace, **arguments(server))

    [record] = [record for record in caplog.records if record.name == "maia_scim"]
    assert "PUT" in record.message
    assert "ServerError" in record.message
    assert record.reason == "retry"


def test_bodies_are_logged_when_asked_for_and_masked(run, server, caplog):
    caplog.set_level(logging.DEBUG, "maia_scim")
    user = ScimUser.from_dict({**USER.to_dict(), "urn:example:Desk": {"floor": 4, "phone": "555-1234"}})

    run(lambda client: client.users.replace(user), **arguments(server), log_bodies=True)

    [record] = [record for record in caplog.records if record.name == "maia_scim"]
    for shown in ('"userName": "***"', '"active": true', '"value": "***"', '"floor": "***"', "urn:example:Desk"):
        assert shown in record.sent
        assert shown in record.answered
        assert shown in record.message
    for hidden in ("bjensen", PASSWORD, "b@example.com", "555"):
        assert hidden not in record.message + record.sent + record.answered


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (Answer(404, b"<html>bjensen", {"Content-Type": "text/html"}), "(13 bytes that are no JSON)"),
        (Answer.problem(404, detail="bjensen"), '"detail": "***"'),
    ],
)
def test_bodies_of_all_kinds_are_masked(run, server, caplog, answer, shown):
    caplog.set_level(logging.DEBUG, "maia_scim")
    server.answer = lambda _: answer
    change = patch.replace('emails[value eq "b@example.com"].type', "work")

    with pytest.raises(errors.NotFound):
        run(lambda client: client.users.patch("1", change), **arguments(server), log_bodies=True)

    [record] = [record for record in caplog.records if record.name == "maia_scim"]
    assert 'emails[value eq \\"***\\"].type' in record.sent or 'emails[value eq "***"].type' in record.sent
    assert shown in record.answered
    assert "bjensen" not in record.message
    assert "b@example.com" not in record.message


def test_no_logger_shows_a_secret(run, server, caplog):
    """Those of the HTTP library included, at their most talkative."""
    for name in (None, "httpx", "httpcore", "maia_scim"):
        caplog.set_level(logging.DEBUG, name)
    auth = ClientCredentials(client_id="me", client_secret=CLIENT_SECRET, token_url=server.token_url)
    server.token = lambda _: Answer.of_json({"access_token": TOKEN, "expires_in": 1800})

    run(replace, base_url=server.base_url, auth=auth, log_bodies=True)
    server.answer = lambda _: Answer(drop=0)
    with pytest.raises(errors.MaiaError):
        run(replace, base_url=server.base_url, auth=auth, retry=RetryPolicy(2))

    told = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "httpcore" in told
    for secret in (CLIENT_SECRET, TOKEN, PASSWORD):
        assert secret not in told


def test_a_hook_that_raises_after_the_answer_is_told_what_is_known(server):
    def hook(_):
        raise KeyError("mine")

    with (
        httpx.Client(event_hooks={"response": [hook]}) as http,
        MaiaScim(**arguments(server), http_client=http) as client,
        pytest.raises(KeyError) as caught,
    ):
        replace(client)

    assert caught.value.__notes__ == [f"PUT {TEMPLATE.replace('{id}', '1')}: what is known of the write is 'unknown'"]


def test_a_hook_that_raises_an_error_of_ours_is_no_closed_client(server):
    """It may come after the answer, so what is known of the write is nothing."""

    def hook(response):
        raise errors.NotFound("of another call", outcome="refused", status=404)

    with (
        httpx.Client(event_hooks={"response": [hook]}) as http,
        MaiaScim(**arguments(server), http_client=http) as client,
        client.capture() as calls,
        pytest.raises(errors.NotFound) as caught,
    ):
        replace(client)

    assert (caught.value.outcome, caught.value.attempts) == ("unknown", 1)
    assert [(call.outcome, call.attempts) for call in calls] == [("unknown", 1)]
