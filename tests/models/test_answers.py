"""What the generated operations make of answers that the specification does not promise, over real HTTP."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
from typing import TYPE_CHECKING, Any

import httpx
import maia_public_api.api.directory_integration as operations
import pytest
from maia_public_api import AuthenticatedClient
from maia_public_api.errors import UnexpectedStatus
from maia_public_api.models import PatchRequest, ProblemDetail, ScimGroup, ScimUser

from tests.models.cases import json_text, wire_cases
from tests.support.canary import TOKEN
from tests.support.scripted import Answer, Received, Scripted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from maia_public_api.types import Response

    from tests.models.cases import Case

USER = {"id": "u-1", "userName": "zoë@example.com", "urn:example:x": 1.0}
TEXT = json.dumps(USER, ensure_ascii=False)
PROBLEM = {"title": "Forbidden", "status": 403, "x": [1]}
HTML = b"<!DOCTYPE html><html><title>Attention Required!</title></html>"
JSON = "application/json"

NAMES = sorted(module.name for module in pkgutil.iter_modules(operations.__path__))
MODULES: dict[str, Any] = {name: importlib.import_module(f"{operations.__name__}.{name}") for name in NAMES}
BODIES: dict[str, Any] = {"user": ScimUser(user_name="ada"), "group": ScimGroup(display_name="Analysts")}


def no_json(status: int, content_type: str | None, body: bytes) -> tuple[Answer, None]:
    return Answer(status, body, {"Content-Type": content_type} if content_type else {}), None


def as_json(status: int, content_type: str | None, body: bytes, promised: Any) -> tuple[Answer, Any]:
    return no_json(status, content_type, body)[0], promised


ANSWERS: dict[str, tuple[Answer, Any]] = {
    "520 of the network's edge, HTML": no_json(520, "text/html; charset=UTF-8", HTML),
    "499 empty": no_json(499, None, b""),
    "561 with JSON": no_json(561, JSON, TEXT.encode()),
    "599": no_json(599, None, b"x"),
    "403 HTML": no_json(403, "text/html", HTML),
    "403 HTML called JSON": no_json(403, "application/problem+json", HTML),
    "403 XML": no_json(403, "application/xml", b"<error/>"),
    "403 JSON called XHTML": no_json(403, "Application/XHTML+XML ; charset=utf-8", json.dumps(PROBLEM).encode()),
    "403 empty": no_json(403, "application/problem+json", b""),
    "403 problem": as_json(403, "application/problem+json", json.dumps(PROBLEM).encode(), PROBLEM),
    "403 problem as plain text": as_json(403, "text/plain", json.dumps(PROBLEM).encode(), PROBLEM),
    "403 problem without a type": as_json(403, None, json.dumps(PROBLEM).encode(), PROBLEM),
    "404 an array": no_json(404, JSON, b"[1,2]"),
    "429 plain text": no_json(429, "text/plain", b"slow down"),
    "500 null": no_json(500, JSON, b"null"),
    "200 HTML": no_json(200, "text/html", HTML),
    "200 empty": no_json(200, JSON, b""),
    "200 blank": no_json(200, JSON, b" \r\n"),
    "200 an array": no_json(200, JSON, b"[1,2]"),
    "200 null": no_json(200, JSON, b"null"),
    "200 text": no_json(200, JSON, b'"ok"'),
    "200 a number": no_json(200, JSON, b"7"),
    "200 not JSON": no_json(200, JSON, b"not json"),
    "200 cut short": no_json(200, JSON, TEXT.encode()[:-3]),
    "200 Latin-1": no_json(200, JSON, TEXT.encode("latin-1")),
    "200 Latin-1 by its own word": no_json(200, "application/json; charset=iso-8859-1", TEXT.encode("latin-1")),
    "200 beyond the reader's depth": no_json(200, JSON, b"[" * 200_000 + b"]" * 200_000),
    "200 beyond the reader's digits": no_json(200, JSON, b'{"id": ' + b"9" * 5000 + b"}"),
    "200 user": as_json(200, "application/scim+json; charset=utf-8", TEXT.encode(), USER),
    "200 user as plain text": as_json(200, "text/plain", TEXT.encode(), USER),
    "200 user, type in capitals": as_json(200, "APPLICATION/JSON", TEXT.encode(), USER),
    "200 user with a byte order mark": as_json(200, JSON, TEXT.encode("utf-8-sig"), USER),
    "200 user in UTF-16": as_json(200, JSON, TEXT.encode("utf-16"), USER),
    "204": no_json(204, None, b""),
}
each_answer = pytest.mark.parametrize(("answer", "promised"), ANSWERS.values(), ids=ANSWERS.keys())
each_operation = pytest.mark.parametrize("name", NAMES)


def always(answer: Answer) -> Callable[[Received], Answer]:
    return lambda _: answer


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    with Scripted(always(Answer())) as running:
        yield running


def client(server: Scripted, **options: Any) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=server.base_url, token=TOKEN, **options)


def arguments(name: str) -> dict[str, Any]:
    """What the operation of that name needs to be called with, but for the client."""
    needed: dict[str, Any] = {}
    if not name.startswith("create"):
        needed["id"] = "1"
    if name.startswith("patch"):
        needed["body"] = PatchRequest()
    elif not name.startswith("get"):
        needed["body"] = BODIES[name.rpartition("_")[2]]
    return needed


def sync(server: Scripted, name: str, **options: Any) -> Response[Any]:
    with client(server, **options) as open_client:
        answer: Response[Any] = MODULES[name].sync_detailed(client=open_client, **arguments(name))
    return answer


def asynchronous(server: Scripted, name: str, **options: Any) -> Response[Any]:
    async def call() -> Response[Any]:
        async with client(server, **options) as open_client:
            answer: Response[Any] = await MODULES[name].asyncio_detailed(client=open_client, **arguments(name))
        return answer

    return asyncio.run(call())


ways = pytest.mark.parametrize("way", [sync, asynchronous])


@ways
@each_answer
def test_any_answer_is_survived(server: Scripted, way: Callable[..., Response[Any]], answer: Answer, promised: Any):
    server.answer = always(answer)

    result = way(server, "update_user")

    assert (result.status_code, result.content) == (answer.status, answer.body)
    assert type(result.status_code) is int
    if promised is None:
        assert result.parsed is None
    else:
        assert type(result.parsed) is (ScimUser if answer.status == 200 else ProblemDetail)
        assert json_text(result.parsed.to_dict()) == json_text(promised)


@each_operation
@each_answer
def test_every_operation_reads_any_answer(name: str, answer: Answer, promised: Any):
    # A POST that creates has promised 201; 200 is an answer that the specification does not name.
    status = 201 if name.startswith("create") and answer.status == 200 else answer.status
    response = httpx.Response(status, content=answer.body, headers=answer.headers)

    parsed = MODULES[name].read_response(response)

    success = ScimGroup if name.endswith("_group") else ScimUser
    assert (parsed is None) == (promised is None)
    assert promised is None or type(parsed) is (success if status < 300 else ProblemDetail)
    assert promised is None or json_text(parsed.to_dict()) == json_text(promised)


@each_operation
@ways
def test_every_operation_goes_over_the_wire(server: Scripted, way: Callable[..., Response[Any]], name: str):
    module = MODULES[name]
    received: list[Received] = []

    def answer(request: Received) -> Answer:
        received.append(request)
        return Answer.of_json({"id": "1"}, status=201 if name.startswith("create") else 200)

    server.answer = answer
    result = way(server, name)

    [request] = received
    assert (request.method, request.path) == (module.METHOD, "/dpc" + module.PATH.format(id="1"))
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    body = arguments(name).get("body")
    assert request.body == b"" if body is None else request.json == body.to_dict()
    assert result.parsed
    assert result.parsed.id == "1"


@ways
@pytest.mark.parametrize(
    "case", [case for case in wire_cases() if case.schema == "ScimUser"], ids=lambda case: case.name
)
def test_wire_cases_arrive_and_leave_unchanged(server: Scripted, way: Callable[..., Response[Any]], case: Case):
    server.answer = always(Answer.of_json(case.body))
    parsed = way(server, "get_user").parsed
    assert isinstance(parsed, ScimUser)
    assert json_text(parsed.to_dict()) == json_text(case.body)


@ways
@pytest.mark.parametrize("status", [499, 520, 561])
def test_an_unexpected_status_is_raised_on_request(server: Scripted, way: Callable[..., Response[Any]], status: int):
    server.answer = always(Answer(status, b"gone"))
    with pytest.raises(UnexpectedStatus) as raised:
        way(server, "update_user", raise_on_unexpected_status=True)
    assert (raised.value.status_code, raised.value.content) == (status, b"gone")


def test_a_promised_status_is_not_unexpected(server: Scripted):
    server.answer = always(Answer(403, HTML, {"Content-Type": "text/html"}))
    assert sync(server, "update_user", raise_on_unexpected_status=True).parsed is None


@pytest.mark.parametrize("odd", ["../Groups/1", "a/b", "a b", "ü", "%2e%2e", "?x=1", "#x"])
def test_an_id_is_quoted(odd: str):
    url: str = MODULES["get_user"].build_request(id=odd)["url"]
    quoted = url.removeprefix("/v1/directory-integration/scim/v2/Users/")
    assert quoted != odd
    assert not set(quoted) & set("/ ?#")


def test_no_repr_of_the_client_shows_the_token(server: Scripted):
    shown = client(server, headers={"X-Key": "a-key"}, cookies={"c": "a-cookie"})
    with shown:
        assert not any(secret in repr(shown) for secret in (TOKEN, "a-key", "a-cookie"))
