"""What a test asserts of the requests that came."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from maia_scim.sandbox import Requests, Sandbox, service
from tests.sandbox.wire import BJENSEN, Wire, small_sandbox

ID = BJENSEN.rpartition("/")[2]
SECRET = "correct horse battery staple"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with small_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sent(sandbox: Sandbox, api: httpx.Client) -> Requests:
    """Five requests, the first of them `sandbox-…` with a number that the tests do not know."""
    api.get(BJENSEN)
    api.put(BJENSEN, json={"userName": "bjensen", "title": "One", "active": False}, headers={"If-Match": 'W/"1"'})
    api.put(BJENSEN, json={"userName": "bjensen", "password": SECRET, "nickName": None})
    api.patch("/Groups/g%2F1", content=b"{nope", headers={"Content-Type": "application/json", "X-Team": "data"})
    api.post("/Users", json={"userName": "new", "urn:example:1.0:User": {"level": 1}})
    return sandbox.requests


def failure(assertion: Callable[[], object]) -> str:
    with pytest.raises(AssertionError) as caught:
        assertion()
    assert SECRET not in str(caught.value)
    return str(caught.value)


def ids(requests: Requests, *positions: int) -> list[str]:
    return [requests[position].request_id for position in positions]


# -- Each assertion -----------------------------------------------------------


@pytest.mark.parametrize(
    ("assertion", "kept"),
    [
        (lambda sent: sent.assert_get(ID), [0]),
        (lambda sent: sent.assert_put(ID), [1, 2]),
        (lambda sent: sent.assert_patch("g/1"), [3]),
        (lambda sent: sent.assert_post(), [4]),
        (lambda sent: sent.with_if_match(), [1]),
        (lambda sent: sent.with_if_match('W/"1"'), [1]),
        (lambda sent: sent.without_if_match(), [0, 2, 3, 4]),
        (lambda sent: sent.with_header("x-TEAM"), [3]),
        (lambda sent: sent.with_header("X-Team", "data"), [3]),
        (lambda sent: sent.with_header("Authorization"), [0, 1, 2, 3, 4]),
        (lambda sent: sent.with_json(), [1, 2, 4]),
        (lambda sent: sent.with_json(userName="bjensen"), [1, 2]),
        (lambda sent: sent.with_json(userName="bjensen", title="One"), [1]),
        (lambda sent: sent.with_json(active=False), [1]),
        (lambda sent: sent.with_json(nickName=None), [2]),
        (lambda sent: sent.with_json(password=SECRET), [2]),
        (lambda sent: sent.with_json({"urn:example:1.0:User": {"level": 1}}, userName="new"), [4]),
        (lambda sent: sent.times(5), [0, 1, 2, 3, 4]),
        (lambda sent: sent.assert_put(ID).with_if_match().with_json(title="One"), [1]),
        (lambda sent: sent.assert_put(ID).without_if_match().with_header("content-type"), [2]),
        (lambda sent: sent[1:3].assert_put(ID), [1, 2]),
    ],
)
def test_an_assertion_keeps_what_fits(
    sent: Requests, assertion: Callable[[Requests], Requests], kept: list[int]
) -> None:
    found = assertion(sent)

    assert [request.request_id for request in found] == ids(sent, *kept)
    assert isinstance(found, Requests)
    assert len(sent) == 5  # what is kept is apart


@pytest.mark.parametrize(
    ("assertion", "wanted"),
    [
        (lambda sent: sent.assert_get("nobody"), "GET of nobody"),
        (lambda sent: sent.assert_get("g/1"), "GET of g/1"),
        (lambda sent: sent.assert_put("g/1"), "PUT of g/1"),
        (lambda sent: sent.assert_put("g%2F1"), "PUT of g%2F1"),
        (lambda sent: sent.assert_patch(ID), f"PATCH of {ID}"),
        (lambda sent: sent[:4].assert_post(), "POST"),
        (lambda sent: sent[2:].with_if_match(), "with If-Match"),
        (lambda sent: sent.with_if_match('"1"'), 'with If-Match: "1"'),
        (lambda sent: sent.assert_put(ID).with_if_match().without_if_match(), "without If-Match"),
        (lambda sent: sent.with_header("X-Nobody"), "with X-Nobody"),
        (lambda sent: sent.with_header("X-Team", "other"), "with X-Team: other"),
        (lambda sent: sent.with_json(title="Two"), 'with {"title": "Two"}'),
        (lambda sent: sent.with_json(userName="bjensen", title=None), 'with {"userName": "bjensen", "title": null}'),
        (lambda sent: sent.with_json(level=1), 'with {"level": 1}'),
        (lambda sent: sent.with_json(active="False"), 'with {"active": "False"}'),
        (lambda sent: sent.with_json(password="other"), 'with {"password": "[redacted]"}'),
        (lambda sent: sent[3:4].with_json(), "with {}"),
    ],
)
def test_an_assertion_that_nothing_fits_fails(
    sent: Requests, assertion: Callable[[Requests], object], wanted: str
) -> None:
    message = failure(lambda: assertion(sent))

    assert message.startswith(f"No request {wanted}: there ")


def test_once_gives_the_one_request(sent: Requests) -> None:
    assert sent.assert_put(ID).with_if_match().once() is sent[1]
    assert failure(lambda: sent.assert_put(ID).once()).startswith("1 wanted, there are 2 requests:\n")
    assert failure(Requests().once) == "1 wanted, there is no request"


def test_times_counts(sent: Requests) -> None:
    assert sent.assert_put(ID).times(2) == sent[1:3]
    assert Requests().times(0) == []
    assert failure(lambda: sent[:1].times(2)).startswith("2 wanted, there is 1 request:\n")
    assert failure(lambda: sent.assert_put(ID).times(1)).startswith("1 wanted, there are 2 requests:\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_writes(sandbox: Sandbox, api: httpx.Client, method: str) -> None:
    sandbox.requests.assert_no_writes()
    api.get(BJENSEN)
    api.request("OPTIONS", BJENSEN)
    sandbox.requests.assert_no_writes()

    api.request(method, "/Users/1")

    (write,) = sandbox.requests[2:]
    assert failure(sandbox.requests.assert_no_writes) == (
        f"No write wanted, there is 1 request:\n  {write.request_id} {method} /Users/1"
    )


# -- What a failure says ------------------------------------------------------


def test_a_failure_lists_what_came(sent: Requests) -> None:
    get, put, second, patch, post = ids(sent, *range(5))

    assert failure(lambda: sent.assert_get("x")) == (
        "No request GET of x: there are 5 requests:\n"
        f"  {get} GET /Users/{ID}\n"
        f'  {put} PUT /Users/{ID}  If-Match: W/"1"\n'
        f"  {second} PUT /Users/{ID}\n"
        f"  {patch} PATCH /Groups/g%2F1\n"
        f"  {post} POST /Users"
    )


def test_a_failure_about_bodies_shows_what_they_have_of_it(sent: Requests) -> None:
    get, put, second, patch, post = ids(sent, *range(5))

    assert failure(lambda: sent.with_json({"urn:example:1.0:User": 2}, title="Two", password="x")) == (
        'No request with {"urn:example:1.0:User": 2, "title": "Two", "password": "[redacted]"}: '
        "there are 5 requests:\n"
        f"  {get} GET /Users/{ID}  no JSON object\n"
        f'  {put} PUT /Users/{ID}  If-Match: W/"1"  {{"title": "One"}}\n'
        f'  {second} PUT /Users/{ID}  {{"password": "[redacted]"}}\n'
        f"  {patch} PATCH /Groups/g%2F1  no JSON object\n"
        f'  {post} POST /Users  {{"urn:example:1.0:User": {{"level": 1}}}}'
    )


def test_a_failure_without_any_request_says_so() -> None:
    assert failure(lambda: Requests().assert_put("1").once()) == "No request PUT of 1: there is no request"


@pytest.mark.parametrize(
    "content",
    [
        {"password": SECRET},
        {"Password": SECRET},
        {"password": [SECRET]},
        {"urn:ietf:params:scim:schemas:core:2.0:User:password": SECRET},
        {"deep": [{"er": {"PASSWORD": {"is": SECRET}}}]},
        {"Operations": [{"op": "replace", "path": "password", "value": SECRET}]},
        {"Operations": [{"op": "Add", "Path": "urn:ietf:params:scim:schemas:core:2.0:User:Password", "Value": SECRET}]},
        {"Operations": [{"op": "replace", "value": {"password": SECRET}}]},
        {"Operations": ({"op": "replace", "value": {"password": SECRET}},)},
    ],
)
def test_no_failure_shows_a_password(sandbox: Sandbox, api: httpx.Client, content: dict[str, Any]) -> None:
    api.patch(BJENSEN, json=content)

    message = failure(lambda: sandbox.requests.with_json(content, title="x"))

    assert message.count("[redacted]") == 2
    assert '"title": "x"' in message
    failure(lambda: sandbox.requests.with_json(dict.fromkeys(content, "other")))
    failure(lambda: sandbox.requests.times(2))
    failure(sandbox.requests.assert_no_writes)


def test_a_failure_shows_what_is_no_password(sandbox: Sandbox, api: httpx.Client) -> None:
    operations = [{"op": "replace", "path": "title", "value": "Ünal"}, {"op": "remove", "path": "nickName"}]
    api.patch(BJENSEN, json={"Operations": operations})

    message = failure(lambda: sandbox.requests.with_json(Operations=[], when=object))

    assert '  {"Operations": [{"op": "replace", "path": "title", "value": "Ünal"}, {' in message
    assert '"when": "<class \'object\'>"' in message


def test_pytest_shows_the_line_of_the_test(sent: Requests) -> None:
    with pytest.raises(AssertionError) as caught:
        sent.assert_put(ID).with_json(title="x").once()

    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert [entry.name for entry in shown] == ["test_pytest_shows_the_line_of_the_test"]


# -- The requests themselves --------------------------------------------------


@pytest.mark.parametrize(
    ("path", "id"),
    [
        ("/Users/1", "1"),
        ("/Users/%C3%BC%2F1%20x", "ü/1 x"),
        ("/Groups/g", "g"),
        ("/Users/a/b", "a/b"),
        ("/Users/%2525", "%25"),
        ("/Users", None),
        ("/Users/", None),
        ("//1", None),
    ],
)
def test_the_id_is_decoded(sandbox: Sandbox, path: str, id: str | None) -> None:
    with Wire(sandbox) as wire:
        wire.ask("GET", "/dpc/v1/directory-integration/scim/v2" + path)

    (request,) = sandbox.requests
    assert request.id == id
    assert request.path.endswith(path)
    if id is not None:
        assert sandbox.requests.assert_get(id).once() == request


def test_if_match_and_headers(sandbox: Sandbox, api: httpx.Client) -> None:
    with Wire(sandbox) as wire:
        wire.ask("GET", "/dpc/v1/directory-integration/scim/v2/Users/1")
        wire.ask("GET", "/dpc/v1/directory-integration/scim/v2/Users/1", If_Match="", X_Empty="")

    first, second = sandbox.requests
    assert (first.if_match, second.if_match) == (None, "")
    assert sandbox.requests.with_header("x-empty").once() == second
    assert sandbox.requests.with_header("X-Empty", "").once() == second
    assert sandbox.requests.with_if_match("").once() == second
    assert sandbox.requests.with_if_match().once() == second
    assert sandbox.requests.with_header("host", "x").times(2)


def test_the_record_is_as_long_as_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service.RECORDED == 10_000
    monkeypatch.setattr(service, "RECORDED", 3)
    with small_sandbox() as sandbox, Wire(sandbox) as wire:
        for number in range(5):
            wire.ask("GET", f"/dpc/v1/directory-integration/scim/v2/Users/{number}")

    assert [request.id for request in sandbox.requests] == ["2", "3", "4"]


def test_a_part_is_requests_too(sent: Requests) -> None:
    assert isinstance(sent[1:], Requests)
    assert sent[-1] is sent[4]
    assert [request.method for request in sent[::2]] == ["GET", "PUT", "POST"]
    with pytest.raises(IndexError):
        sent[5]


def test_one_user_may_be_asked_for_alone(sandbox: Sandbox, api: httpx.Client) -> None:
    api.put("/Users/1", json={"userName": "one"})

    sandbox.requests.assert_no_writes("2")
    with pytest.raises(AssertionError, match=r"^No write of 1 wanted, there is 1 request:"):
        sandbox.requests.assert_no_writes("1")
