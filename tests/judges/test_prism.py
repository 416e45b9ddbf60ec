"""Prism, a server made from the vendor's specification as it is, takes what `users.replace` sends and answers it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim, errors
from maia_scim.models import (
    Address,
    Email,
    Entitlement,
    Im,
    Meta,
    Name,
    PhoneNumber,
    Photo,
    Role,
    ScimUser,
    UserGroup,
    UserGroupType,
    X509Certificate,
)
from tests.limits.server import free_port
from tests.models.cases import wire_files

ROOT = Path(__file__).parents[2]
SPECIFICATION = ROOT / "openapi" / "public-api-endpoint-reference.yaml"
PACKAGE = ROOT / ".venv" / "prism" / "node_modules" / "@stoplight" / "prism-cli"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None or not PACKAGE.is_dir(), reason="no Prism here: install Node.js with npm, then `make test` sets it up"
)

BARBARA = "2819c223-7f76-453a-919d-413861904646"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER = ScimUser(id=BARBARA, user_name="bjensen", active=True)
RFC = {case.name: ScimUser.from_dict(case.fresh()) for case in wire_files()["rfc7643"] if case.schema == "ScimUser"}
USERS = {
    "least": USER,
    "nothing-but-an-id": ScimUser(id=BARBARA),
    "odd-id": ScimUser(id="böb@example.com?a=b#c", user_name="b"),
    **RFC,
    "every-attribute": ScimUser(
        schemas=[CORE],
        id=BARBARA,
        external_id="701984",
        user_name="bjensen",
        name=Name(formatted="Barbara Jensen", family_name="Jensen", given_name="Barbara", middle_name="Jane"),
        display_name="Barbara Jensen",
        nick_name="Babs",
        profile_url="https://people.example.com/bjensen",
        title="",
        user_type="Employee",
        preferred_language="en-US",
        locale="en-US",
        timezone="America/Los_Angeles",
        active=False,
        password="a-secret-of-a-test",
        emails=[Email(value="b@example.com", type_="work", primary=True, display="b")],
        phone_numbers=[PhoneNumber(value="tel:+1-555-555-8377", type_="work", primary=False)],
        ims=[Im(value="bjensen", type_="xmpp")],
        photos=[Photo(value="https://people.example.com/bjensen.png", type_="photo")],
        addresses=[Address(type_="work", street_address="1 High Street", locality="London", country="GB")],
        groups=[UserGroup(value="7", display="Engineers", type_=UserGroupType.DIRECT)],
        entitlements=[Entitlement(value="Expense")],
        roles=[Role(value="admin", display="Admin", primary=True)],
        x_509_certificates=[X509Certificate(value="MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAw")],
        meta=Meta(resource_type="User", version='W/"7"'),
    ),
    "extensions": ScimUser.from_dict(
        {
            "schemas": [CORE, ENTERPRISE, "urn:example:Desk"],
            "id": BARBARA,
            "userName": "bjensen",
            ENTERPRISE: {"employeeNumber": "701984", "manager": {"value": "9067729b", "$ref": "../Users/9067729b"}},
            "urn:example:Desk": {"floor": 1.0, "lamp": None},
        }
    ),
    "emptied": ScimUser(id=BARBARA, user_name="bjensen", emails=[], roles=[]),
    "meta-as-it-came": ScimUser.from_dict(
        {"id": BARBARA, "meta": {"created": "2024-01-23T04:56:22.123456789Z", "location": f"https://x/Users/{BARBARA}"}}
    ),
    "meta-empty": ScimUser.from_dict({"id": BARBARA, "meta": {}}),
    "meta-null": ScimUser.from_dict({"id": BARBARA, "meta": None, "active": None, "schemas": []}),
    "unicode": ScimUser(id=BARBARA, user_name="田中 健太 🜚", display_name="Zoë\tGarcía\n\u2028\x00"),
}
PROBLEMS = {
    400: errors.BadRequest,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    500: errors.ServerError,
}


@contextmanager
def serve(specification: Path, folder: Path) -> Iterator[str]:
    """Let Prism serve a specification and refuse what it does not allow; gives the base URL."""
    port = free_port()
    log = folder / "log"
    command = [str(NODE), str(PACKAGE / "dist" / "index.js"), "mock", "--errors", "--seed", "maia"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), str(specification)],
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 30
        while not answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text("utf-8"))
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"  # Prism leaves out what the URLs of the servers end in: /dpc
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def prism(tmp_path_factory):
    """Prism with the specification as the vendor publishes it."""
    with serve(SPECIFICATION, tmp_path_factory.mktemp("prism")) as base_url:
        yield base_url


@pytest.fixture(scope="module")
def inventive_prism(tmp_path_factory):
    """Prism with a specification that it can make any user of: by the vendor's, it tries texts and arrays of 2 GB."""
    folder = tmp_path_factory.mktemp("prism")
    loosened, count = re.subn(r"\n *max(Length|Items): 2147483647(?=\n)", "", SPECIFICATION.read_text("utf-8"))
    assert count
    (folder / "loosened.yaml").write_text(loosened, "utf-8")
    with serve(folder / "loosened.yaml", folder) as base_url:
        yield base_url


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture(params=[MaiaScim, AsyncMaiaScim])
def replace(request):
    """Replaces a user; gives the answer, and the result or the error."""

    def replace(prism: str, user: ScimUser, prefer: str | None = None) -> tuple[httpx.Response, Any]:
        seen: list[httpx.Response] = []
        headers = {} if prefer is None else {"Prefer": prefer}
        arguments: dict[str, Any] = {"base_url": prism, "auth": BearerToken("a-token"), "retry": None}

        async def keep(answer: httpx.Response) -> None:
            await answer.aread()
            seen.append(answer)

        async def main() -> ScimUser:
            async with (
                httpx.AsyncClient(headers=headers, event_hooks={"response": [keep]}) as http,
                AsyncMaiaScim(**arguments, http_client=http) as maia,
            ):
                return await maia.users.replace(user, guard="off")

        try:
            if request.param is AsyncMaiaScim:
                result: Any = asyncio.run(main())
            else:
                hooks: dict[str, Any] = {"response": [httpx.Response.read, seen.append]}
                with (
                    httpx.Client(headers=headers, event_hooks=hooks) as http,
                    MaiaScim(**arguments, http_client=http) as maia,
                ):
                    result = maia.users.replace(user, guard="off")
        except errors.MaiaError as error:
            result = error
        [answer] = seen
        return answer, result

    return replace


def test_it_is_the_prism_that_is_pinned():
    wanted = json.loads(Path(__file__).with_name("package.json").read_text("utf-8"))["dependencies"]
    there = json.loads((PACKAGE / "package.json").read_text("utf-8"))

    assert {there["name"]: there["version"]} == wanted


@pytest.mark.parametrize("user", USERS.values(), ids=USERS)
def test_what_is_sent_is_as_the_specification_says(prism, replace, user):
    answer, result = replace(prism, user)

    assert answer.status_code == 200, answer.headers.get("sl-violations")
    assert result.to_dict() == answer.json()


def test_an_answer_with_an_example(prism, replace):
    _, result = replace(prism, USER)

    assert (result.user_name, result.active, result.name.given_name) == ("string", True, "string")
    assert [email.value for email in result.emails] == ["string"]
    assert result.groups[0].type_ == "DIRECT"
    assert result.meta.created.isoformat() == "2019-08-24T14:15:22+00:00"


def test_an_answer_of_any_content(inventive_prism, replace):
    answer, result = replace(inventive_prism, USER, "dynamic=true")

    assert answer.status_code == 200
    assert len(answer.content) > 1000
    assert result.to_dict() == answer.json()


@pytest.mark.parametrize("prefer", ["code={}", "code={}, dynamic=true"], ids=["example", "any-content"])
@pytest.mark.parametrize("status", PROBLEMS)
def test_problems(prism, replace, status, prefer):
    answer, error = replace(prism, USER, prefer.format(status))

    assert (answer.status_code, type(error), error.status) == (status, PROBLEMS[status], status)
    assert error.outcome == ("unknown" if status == 500 else "refused")
    assert error.problem.to_dict() == answer.json()
    assert error.violations == answer.json().get("violations", [])


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        ({"userName": "bjensen"}, "Request body must have required property 'meta'"),
        ({"meta": {}, "active": "True"}, "Request body property active must be boolean"),
        ({"meta": {}, "emails": {"value": "b@example.com"}}, "Request body property emails must be array"),
        ({"meta": {"created": "yesterday"}}, 'Request body property meta.created must match format "date-time"'),
    ],
)
def test_the_judge_sees_what_is_wrong(prism, body, violation):
    path = f"{prism}/v1/directory-integration/scim/v2/Users/{BARBARA}"

    answer = httpx.put(path, json=body, headers={"Authorization": "Bearer a-token"})

    assert answer.status_code == 400
    assert violation in [each["message"] for each in json.loads(answer.headers["sl-violations"])]


def test_the_judge_wants_a_token(prism):
    answer = httpx.put(f"{prism}/v1/directory-integration/scim/v2/Users/{BARBARA}", json={"meta": {}})

    assert answer.status_code == 401
