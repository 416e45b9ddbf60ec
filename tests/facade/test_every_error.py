"""Each class of error, provoked over real HTTP: what it holds, that it pickles, and that it shows no secret."""

from __future__ import annotations

import json
import pickle
import traceback

import pytest

from maia_scim import ClientCredentials, errors, patch
from maia_scim.models import ScimUser
from tests.support.canary import CLIENT_SECRET, PASSWORD, TOKEN
from tests.support.directory import Directory
from tests.support.scripted import Answer, Scripted

pytestmark = [
    pytest.mark.keeps_secrets(kind, "log record of httpcore.*", reason="it logs the headers of answers; see `echo`")
    for kind in ("token", "password")
]


def user(**more):
    return ScimUser(id="1", user_name="b", password=PASSWORD, **more)


def replace(client):
    return client.users.replace(user(active=True))


def changed(client):
    """An edit that meets somebody else's."""

    def change(user):
        user.password = PASSWORD
        user.title = "mine"

    return client.users.update("1", change)


def echo(status):
    """A service that repeats what it was sent."""
    said = f"Bearer {TOKEN} may not set {PASSWORD}"
    body = json.dumps({"status": status, "detail": said, "violations": [said]}).encode()
    return Answer(status, body, {"Content-Type": "application/problem+json", "WWW-Authenticate": said})


def answering(status):
    return lambda server: setattr(server, "answer", lambda _: echo(status))


def moving(server):
    """The user changes with each look at it."""
    directory = Directory({"Users/1": {"userName": "b", "active": True}})
    number = iter(range(100))
    directory.before = lambda _: directory.change("Users/1", title=str(next(number)))
    server.answer = directory.answer


def no_token(server):
    server.token = lambda _: Answer.of_json({"error": "invalid_client", "error_description": CLIENT_SECRET}, 401)


def unconfigured(client):
    return type(client)("nowhere")


CASES = {
    errors.ConfigurationError: (lambda server: None, unconfigured),
    errors.TokenError: (no_token, replace),
    errors.TransportError: (lambda server: setattr(server, "answer", lambda _: Answer(drop=0)), replace),
    errors.UnexpectedResponse: (
        lambda server: setattr(server, "answer", lambda _: Answer(200, f"no {PASSWORD} {TOKEN}".encode())),
        replace,
    ),
    errors.LossyReplace: (
        lambda server: None,
        lambda client: client.users.replace(user(), guard="raise"),
    ),
    errors.ApiError: (answering(418), replace),
    errors.BadRequest: (answering(400), replace),
    errors.AuthenticationError: (answering(401), replace),
    errors.PermissionDenied: (answering(403), replace),
    errors.NotFound: (answering(404), replace),
    errors.Conflict: (answering(409), lambda client: client.users.create(user())),
    errors.PreconditionFailed: (answering(412), replace),
    errors.EditConflict: (moving, changed),
    errors.RateLimited: (answering(429), lambda client: client.users.patch("1", patch.replace("password", PASSWORD))),
    errors.ServerError: (answering(500), replace),
}


def classes(cls=errors.MaiaError):
    for kind in cls.__subclasses__():
        if not kind.__name__.startswith("_") and kind.__module__ == errors.__name__:
            yield kind
        yield from classes(kind)


def test_every_class_has_a_case():
    assert set(classes()) == CASES.keys()
    assert {kind.__name__ for kind in CASES} <= set(errors.__all__)


@pytest.fixture(params=CASES, ids=lambda kind: kind.__name__)
def provoked(request, run):
    prepare, operation = CASES[request.param]
    with Scripted(lambda request: Answer.of_json({"id": "1"})) as server:
        server.token = lambda _: Answer.of_json({"access_token": TOKEN})
        prepare(server)
        auth = ClientCredentials(client_id="me", client_secret=CLIENT_SECRET, token_url=server.token_url)
        with pytest.raises(errors.MaiaError) as caught:
            run(operation, base_url=server.base_url, auth=auth)
    assert type(caught.value) is request.param
    return caught.value


def test_it_says_what_happened_in_a_line(provoked):
    assert provoked.outcome in ("not_sent", "refused", "unknown")
    assert "\n" not in str(provoked)
    assert len(str(provoked)) > 20
    if isinstance(provoked, errors.ApiError) and provoked.response is not None:
        assert str(provoked.status) in str(provoked)


def test_it_pickles(provoked):
    twin = pickle.loads(pickle.dumps(provoked))

    assert (type(twin), str(twin), twin.outcome, twin.attempts) == (
        type(provoked),
        str(provoked),
        provoked.outcome,
        provoked.attempts,
    )
    state = {name: value for name, value in vars(provoked).items() if name != "response"}
    assert vars(twin) == state


def test_it_shows_no_secret(provoked):
    shown = "".join(traceback.TracebackException.from_exception(provoked, capture_locals=True).format())
    shown += repr(vars(provoked)) + repr(pickle.dumps(provoked, 0))
    if getattr(provoked, "response", None) is not None:
        shown += provoked.response.text + repr(provoked.response.headers)

    for secret in (PASSWORD, CLIENT_SECRET, TOKEN):
        assert secret not in shown
