"""Each error, provoked over real HTTP: its class, its outcome, its words, and what it does not hold."""

from __future__ import annotations

import pickle
import traceback

import httpx
import pytest

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, errors
from maia_scim.models import ProblemDetail, ScimUser
from tests.support.canary import PASSWORD, TOKEN
from tests.support.scripted import Answer, Scripted

USER = ScimUser(id="2819c223", user_name="bjensen", active=True, password=PASSWORD)
HTML = {"Content-Type": "text/html; charset=utf-8", "CF-Ray": "8c1f"}
PAGE = b"<html><body>Forbidden</body></html>"


def replace(client):
    return client.users.replace(USER)


def provoke(run, answer, **arguments):
    with Scripted(lambda _: answer) as server:
        with pytest.raises(errors.MaiaError) as caught:
            run(replace, base_url=server.base_url, auth=BearerToken(TOKEN), **{"retry": None, **arguments})
        return caught.value, server


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (400, errors.BadRequest, "refused"),
        (401, errors.AuthenticationError, "refused"),
        (403, errors.PermissionDenied, "refused"),
        (404, errors.NotFound, "refused"),
        (409, errors.Conflict, "refused"),
        (412, errors.PreconditionFailed, "refused"),
        (418, errors.ApiError, "refused"),
        (429, errors.RateLimited, "refused"),
        (499, errors.ApiError, "unknown"),
        (500, errors.ServerError, "unknown"),
        (503, errors.ServerError, "unknown"),
        (520, errors.ServerError, "unknown"),
        (561, errors.ServerError, "unknown"),
    ],
)
def test_statuses(run, status, kind, outcome):
    error, server = provoke(run, Answer.problem(status, title="No", detail="because", violations=["a", "b"]))

    assert type(error) is kind
    assert (error.status, error.outcome) == (status, outcome)
    assert error.problem == ProblemDetail(status=status, title="No", detail="because", violations=["a", "b"])
    assert error.violations == ["a", "b"]
    assert len(server.received) == 1
    told = str(error)
    assert "\n" not in told
    for part in ("PUT", "/v1/directory-integration/scim/v2/Users/2819c223", str(status), "No: because", "a; b"):
        assert part in told


def test_503_with_retry_after_did_nothing(run):
    error, _ = provoke(run, Answer(503, b"", {"Retry-After": "3"}))

    assert error.outcome == "refused"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("0", 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None), ("-1", None), (None, None)],
)
def test_rate_limited_tells_when_to_come_back(run, text, seconds):
    error, _ = provoke(run, Answer(429, b"", {"Retry-After": text} if text else {}))

    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(403, PAGE, HTML), "403 Forbidden with an HTML page, as gateways send it"),
        (Answer(502, b"", {}), "502 Bad Gateway with an empty body"),
        (Answer(500, b"{", {"Content-Type": "application/json"}), "with a body of application/json"),
        (Answer.of_json(["x"], 400), "with a body of application/json"),
        (
            Answer.of_json(
                {
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                    "detail": "taken",
                    "scimType": "uniqueness",
                    "status": "409",
                },
                409,
            ),
            "409 Conflict: taken (uniqueness)",
        ),
        (Answer.problem(403, detail="IP not allowed for any organization"), "goes out over IPv6"),
        (Answer.problem(403, detail="no"), "try one of a Super Admin"),
        (Answer.problem(400), "without saying why"),
        (Answer.problem(400, detail="long " * 1000), "…"),
    ],
)
def test_what_errors_say(run, answer, told):
    error, _ = provoke(run, answer)

    assert isinstance(error, errors.ApiError)
    assert told in str(error)
    assert len(str(error)) < 700


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({"X-Request-Id": "one", "CF-Ray": "two"}, "one"),
        ({"X-Correlation-Id": "one", "Traceparent": "two"}, "one"),
        ({"Traceparent": "one"}, "one"),
        ({"CF-Ray": "one"}, "one"),
        ({}, None),
    ],
)
def test_request_id(run, headers, request_id):
    error, _ = provoke(run, Answer(404, b"", headers))

    assert error.request_id == request_id
    assert ("[request id one]" in str(error)) == bool(request_id)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, PAGE, HTML), "unknown"),
        (Answer(200, b"", {}), "unknown"),
        (Answer(200, b"not json", {"Content-Type": "application/json"}), "unknown"),
        (Answer(200, b"\xff\xfe{", {"Content-Type": "application/json"}), "unknown"),
        (Answer.of_json([1, 2]), "unknown"),
        (Answer.of_json(None), "unknown"),
        (Answer.of_json("text"), "unknown"),
        (Answer(204), "unknown"),
        (Answer.of_json({"id": "1"}, 202), "unknown"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), "unknown"),
        (Answer(304), "unknown"),
        (Answer(307, b"", {"Location": "/elsewhere"}), "refused"),
        (Answer(308, b"", {"Location": "https://example.com/"}), "refused"),
    ],
)
def test_answers_that_the_specification_does_not_promise(run, answer, outcome):
    error, server = provoke(run, answer)

    assert type(error) is errors.UnexpectedResponse
    assert (error.status, error.outcome) == (answer.status, outcome)
    assert len(server.received) == 1  # no redirect is followed


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(drop=0), httpx.RemoteProtocolError),
        (Answer(200, b'{"id": "1"}', {}, drop=3), httpx.RemoteProtocolError),
        (Answer(200, b"nonsense", {"Content-Encoding": "gzip"}), httpx.DecodingError),
    ],
)
def test_no_whole_answer(run, answer, cause):
    error, _ = provoke(run, answer)

    assert type(error) is errors.TransportError
    assert error.outcome == "unknown"
    assert type(error.__cause__) is cause
    assert "whether it was carried out is unknown" in str(error)


def test_nobody_listens(run):
    with Scripted(lambda _: Answer()) as server:
        base_url = server.base_url

    with pytest.raises(errors.TransportError, match="was not sent: ConnectError") as caught:
        run(replace, base_url=base_url, auth=BearerToken(TOKEN))

    assert caught.value.outcome == "not_sent"
    assert type(caught.value.__cause__) is httpx.ConnectError


def test_no_answer_in_time(run):
    import threading

    done = threading.Event()

    def never(_):
        done.wait(20)
        return Answer(drop=0)

    with Scripted(never) as server:
        with pytest.raises(errors.TransportError, match="ReadTimeout") as caught:
            run(replace, base_url=server.base_url, auth=BearerToken(TOKEN), timeout=0.05)
        done.set()

    assert caught.value.outcome == "unknown"


def test_a_closed_client_says_so():
    client = MaiaScim("eu1", auth=BearerToken(TOKEN))
    client.close()

    with pytest.raises(errors.ConfigurationError, match="the client is closed") as caught:
        client.users.replace(USER)

    assert caught.value.outcome == "not_sent"


async def test_a_closed_async_client_says_so():
    client = AsyncMaiaScim("eu1", auth=BearerToken(TOKEN))
    await client.aclose()

    with pytest.raises(errors.ConfigurationError, match="the client is closed"):
        await client.users.replace(USER)


ANY = [
    Answer.problem(400, title="No", violations=["a"]),
    Answer.problem(401),
    Answer(429, b"", {"Retry-After": "7"}),
    Answer(200, PAGE, HTML),
    Answer(drop=0),
]


@pytest.mark.parametrize("answer", ANY)
def test_errors_pickle_without_their_response(run, answer):
    error, _ = provoke(run, answer)

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    kept = {name: value for name, value in vars(error).items() if name != "response"}
    assert (str(copy), vars(copy)) == (str(error), kept)
    assert getattr(copy, "response", None) is None


@pytest.mark.parametrize("answer", ANY)
def test_errors_hold_no_secret(run, answer):
    error, _ = provoke(run, answer)

    with_locals = traceback.TracebackException.from_exception(error, capture_locals=True)
    held = "".join(with_locals.format()) + repr(error) + str(vars(error)) + repr(pickle.dumps(error))
    assert "bjensen" in held  # the locals are there, and with them the caller's own user
    assert PASSWORD not in held
    assert TOKEN not in held
    response = getattr(error, "response", None)
    assert response is None or response._request is None
