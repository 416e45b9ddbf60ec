"""scim-sanity judges every body that the facade sends, and every answer of the sandbox to them."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest
from scim_sanity.response_validator import ServerResponseValidator
from scim_sanity.validator import SCIMValidator

from maia_scim import MaiaScim, patch
from maia_scim.errors import LossyReplaceWarning
from maia_scim.groups import Groups
from maia_scim.models import Email, GroupMember, Meta, Name, ScimGroup, ScimUser
from maia_scim.sandbox import Sandbox
from maia_scim.users import Users

API = "/dpc/v1/directory-integration/scim/v2/"
BARBARA = "2819c223-7f76-453a-919d-413861904646"
MICHAEL = "c3a26dd3-27a0-4dec-a2ac-ce211e105f97"
YASMIN = "9067729b-6a2c-4b3d-8a1e-5f0c2d7e4b11"
JORDAN = "7c9e6679-7425-40de-944b-e07fc1f90ae7"  # not active
ENGINEERS = "e9e30dba-f08f-4109-8486-d5c6a331660a"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FULL: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
    "externalId": "701985",
    "userName": "kjones",
    "name": {"formatted": "Dr. Kim Jones", "familyName": "Jones", "givenName": "Kim", "honorificPrefix": "Dr."},
    "displayName": "Kim Jones",
    "nickName": "KJ",
    "profileUrl": "https://people.example.com/kjones",
    "title": "Data Engineer",
    "userType": "Employee",
    "preferredLanguage": "en-GB",
    "locale": "en-GB",
    "timezone": "Europe/London",
    "active": True,
    "password": "a-secret-of-a-test",
    "emails": [{"value": "kjones@example.com", "type": "work", "primary": True, "display": "kjones"}],
    "phoneNumbers": [{"value": "tel:+44-20-7946-0018", "type": "work"}],
    "ims": [{"value": "kjones", "type": "xmpp"}],
    "photos": [{"value": "https://people.example.com/kjones.png", "type": "photo"}],
    "addresses": [{"type": "work", "streetAddress": "1 High Street", "locality": "London", "country": "GB"}],
    "entitlements": [{"value": "Expense"}],
    "roles": [{"value": "admin", "display": "Admin", "primary": True}],
    "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAw"}],
    ENTERPRISE: {"employeeNumber": "701985", "manager": {"value": BARBARA}},
}

# What may be done to a user or a group, by the method that does it. Each gets the method and the client.


def replace_what_was_read(write, maia):
    user = maia.users.get(BARBARA)
    user.title = "Data Engineer"
    write(user)


def replace_what_was_cleared(write, maia):
    user = maia.users.get(BARBARA)
    user.nick_name, user.phone_numbers, user.name = None, [], None
    write(user)


def edit(write, maia):
    with write(BARBARA) as user:
        user.title = "Data Engineer"


def edit_an_extension(write, maia):
    with write(MICHAEL) as user:
        user[ENTERPRISE] = {"department": "Data"}
        user.schemas.append(ENTERPRISE)


def replace_many(write, maia):
    users = [maia.users.get(each) for each in (BARBARA, MICHAEL, YASMIN)]
    outcomes = list(write([*users, ScimUser(id=JORDAN, user_name="jmensah", active=False)]))
    assert [outcome.error for outcome in outcomes] == [None] * 4


def replace_a_group(write, maia):
    group = maia.groups.get(ENGINEERS)
    group.members = group.members[:1]
    write(group)


def create_a_copy(write, maia):
    user = maia.users.get(BARBARA)
    user.user_name = "copied"
    write(user)


def change_title(user):
    user.title = "Data Engineer"


Write = Callable[[Any, Any], object]
WRITES: dict[str, list[Write]] = {
    "users.create": [
        lambda write, _: write(ScimUser(user_name="least")),
        lambda write, _: write(ScimUser.from_dict(FULL)),
        create_a_copy,
    ],
    "users.replace": [
        lambda write, _: write(ScimUser(id=BARBARA, user_name="bjensen", active=True)),
        lambda write, _: write(ScimUser(id=BARBARA, user_name="bjensen", meta=Meta(resource_type="User"))),
        lambda write, _: write(ScimUser.from_dict(FULL), id=BARBARA),
        replace_what_was_read,
        replace_what_was_cleared,
    ],
    "users.patch": [
        lambda write, _: write(BARBARA, patch.replace("title", "Data Engineer"), if_match=None),
        lambda write, _: write(BARBARA, patch.set_value("name", Name(given_name="Babs")), patch.remove("nickName")),
    ],
    "users.edit": [edit, edit_an_extension],
    "users.update": [lambda write, _: write(BARBARA, change_title)],
    "users.activate": [lambda write, _: write(JORDAN)],
    "users.deactivate": [lambda write, _: write(BARBARA)],
    "users.replace_many": [replace_many],
    "groups.replace": [
        lambda write, _: write(ScimGroup(id=ENGINEERS, display_name="Engineers", members=[GroupMember(value=YASMIN)])),
        replace_a_group,
    ],
    "groups.patch": [
        lambda write, _: write(ENGINEERS, patch.replace("displayName", "Engineers")),
        lambda write, _: write(ENGINEERS, patch.remove(patch.item("members", BARBARA))),
    ],
    "groups.add_members": [
        lambda write, _: write(ENGINEERS, YASMIN),
        lambda write, _: write(ENGINEERS, YASMIN, JORDAN),
    ],
    "groups.remove_members": [
        lambda write, _: write(ENGINEERS, BARBARA),
        lambda write, _: write(ENGINEERS, BARBARA, GroupMember(value=MICHAEL)),
    ],
}
READS = {"users.get", "users.diff", "groups.get"}

# What each helper of `maia_scim.patch` makes for a user.
Make = Callable[[Any], Any]
HELPERS: dict[str, list[Make]] = {
    "add": [
        lambda make: make("emails", [Email(value="babs@example.com", type_="other")]),
        lambda make: make("title", "Data Engineer"),
        lambda make: make(None, {"nickName": "B", "emails": [{"value": "babs@example.com"}]}),
    ],
    "replace": [
        lambda make: make("active", False),
        lambda make: make('emails[type eq "work"].value', "barbara@example.com"),
        lambda make: make("emails", []),
        lambda make: make(None, {"active": False, "title": ""}),
        lambda make: make(f"{ENTERPRISE}:department", "Data"),
    ],
    "remove": [
        lambda make: make("nickName"),
        lambda make: make("name.middleName"),
        lambda make: make('emails[type eq "home" and value co "babs"]'),
        lambda make: make(f"{ENTERPRISE}:costCenter"),
    ],
    "clear": [lambda make: make("phoneNumbers")],
    "set_value": [
        lambda make: make("title", "Data Engineer"),
        lambda make: make("name", {"givenName": "Babs", "middleName": None}),
        lambda make: make(ENTERPRISE, {"department": "Data", "manager": {"value": YASMIN}}),
        lambda make: make(
            None, {"title": "Data Engineer", "name": {"familyName": "Jensen"}, ENTERPRISE: {"division": "D"}}
        ),
    ],
    "add_email": [
        lambda make: make("babs@example.com"),
        lambda make: make("babs@example.com", type="other", primary=True, display="Babs"),
    ],
    "make_primary": [lambda make: make("emails", "babs@jensen.example")],
    "item": [
        lambda make: patch.remove(make("emails", "babs@jensen.example")),
        lambda make: patch.replace(f"{make('emails', True, by='primary')}.display", "Babs"),
    ],
    "from_changes": [
        lambda make: make(
            Users.diff(
                ScimUser.from_dict({**FULL, "id": BARBARA}),
                ScimUser.from_dict(
                    {**FULL, "title": "Director", "nickName": None, "name": {"givenName": "K"}, "emails": []}
                ),
            )
        ),
    ],
}
MAKES_NOTHING = {"READ_ONLY", "flatten", "validate"}

# What scim-sanity says of the bodies and does not apply, each with the reason and the writes it says it of.
SENT_BACK = "RFC 7644 §3.5.1: what is readOnly may stand in a PUT and is ignored; what was read goes back as it came"
META = "the vendor's specification requires meta in a user that is sent"
CLEARED = "RFC 7643 §2.5: null is unassigned, and in a PUT it tells what is cleared from what is forgotten"
USER_PUTS = {"users.replace", "users.edit", "users.update", "users.replace_many"}
IMMUTABLE = "Immutable attribute '{0}' should not be set by client (mutability: readOnly) at {0}"
NULL = "Attribute '{0}' has null value. Use PATCH 'remove' operation to clear attributes instead at {0}"
EXCEPTIONS: list[tuple[str, str, set[str]]] = [
    (IMMUTABLE.format("id"), SENT_BACK, USER_PUTS | {"groups.replace"}),
    (IMMUTABLE.format("groups"), SENT_BACK, USER_PUTS),
    (IMMUTABLE.format("meta"), META, USER_PUTS | {"groups.replace", "users.create"}),
    (NULL.format("nickName"), CLEARED, {"users.replace"}),
    (NULL.format("name"), CLEARED, {"users.replace"}),
]
# The same of the sandbox's answers, whatever they answer.
ANSWER_EXCEPTIONS = {
    "Content-Type should be application/scim+json, got 'application/json' (RFC 7644 §8.1)": (
        "the vendor's specification promises application/json"
    ),
}


@dataclass
class Judged:
    """What scim-sanity found, as (the write, the finding)."""

    bodies: set[tuple[str, str]] = field(default_factory=set)
    answers: set[tuple[str, str]] = field(default_factory=set)


class Court:
    """A sandbox where writes happen and are judged."""

    def __init__(self, sandbox: Sandbox, http: httpx.Client) -> None:
        self.sandbox, self.http = sandbox, http
        self.judged = Judged()
        self.answers: list[httpx.Response] = []
        http.event_hooks = {"response": [httpx.Response.read, self.answers.append]}

    def judge(self, name: str, write: Callable[[MaiaScim], object]) -> None:
        self.sandbox.reset()
        self.answers.clear()
        with MaiaScim(**self.sandbox.connection, http_client=self.http) as maia:
            write(maia)
        sent = [request for request in self.sandbox.requests if request.method != "GET"]
        assert sent, f"{name} sends nothing"
        for request in sent:
            self.judged.bodies |= {(name, finding) for finding in body_findings(request.method, request.json)}
        for answer in self.answers:
            if answer.request.url.path.startswith(API):
                self.judged.answers |= {(name, finding) for finding in answer_findings(answer)}


def body_findings(method: str, body: Any) -> list[str]:
    _, findings = SCIMValidator().validate(body, {"POST": "full", "PUT": "full", "PATCH": "patch"}[method])
    return [str(finding) for finding in findings]


def answer_findings(answer: httpx.Response) -> list[str]:
    _, findings = ServerResponseValidator().validate_resource_response(
        answer.json(),
        expected_status=201 if answer.request.method == "POST" else 200,
        actual_status=answer.status_code,
        headers=dict(answer.headers),
        resource_type={"Users": "User", "Groups": "Group"}[answer.request.url.path.removeprefix(API).split("/")[0]],
    )
    return [str(finding) for finding in findings]


@pytest.fixture(scope="module", params=["default", "strict"])
def judged(request):
    with Sandbox(personality=request.param) as sandbox, httpx.Client() as http, warnings.catch_warnings():
        warnings.simplefilter("ignore", LossyReplaceWarning)
        court = Court(sandbox, http)
        for name, writes in WRITES.items():
            for write in writes:
                court.judge(name, partial(call, name, write))
        for name, makes in HELPERS.items():
            for make in makes:
                court.judge(f"patch.{name}", partial(send_patch, make(getattr(patch, name))))
    return court.judged


def call(name: str, write: Write, maia: MaiaScim) -> None:
    place, _, method = name.partition(".")
    write(getattr(getattr(maia, place), method), maia)


def send_patch(operations: Any, maia: MaiaScim) -> None:
    maia.users.patch(BARBARA, operations)


def test_every_body_is_sound_but_for_what_does_not_apply(judged):
    assert judged.bodies == {(write, finding) for finding, _, writes in EXCEPTIONS for write in writes}


def test_every_answer_is_sound_but_for_what_does_not_apply(judged):
    writes = {*WRITES, *(f"patch.{name}" for name in HELPERS)}

    assert judged.answers == {(write, finding) for write in writes for finding in ANSWER_EXCEPTIONS}


def test_every_method_that_writes_is_judged():
    places = {"users": Users, "groups": Groups}
    methods = {f"{place}.{name}" for place, kind in places.items() for name in vars(kind) if name[0] != "_"}

    assert MaiaScim.__annotations__.keys() == places.keys()
    assert methods - READS == WRITES.keys()


def test_every_helper_of_patch_is_judged():
    assert set(patch.__all__) - MAKES_NOTHING == HELPERS.keys()


@pytest.mark.parametrize(
    ("verb", "change"),
    [
        ("PUT", lambda body: body.pop("schemas")),
        ("PUT", lambda body: body.pop("userName")),
        ("PUT", lambda body: body.update(emails={"value": "kjones@example.com"})),
        ("PATCH", lambda body: body.pop("schemas")),
        ("PATCH", lambda body: body["Operations"][0].update(op="Replace")),
        ("PATCH", lambda body: body["Operations"][0].pop("value")),
        ("PATCH", lambda body: body["Operations"].append(body["Operations"][0])),
    ],
)
def test_the_judge_sees_what_is_wrong(verb, change):
    operation = {"op": "replace", "path": "title", "value": "Data Engineer"}
    patched = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
    body = copy.deepcopy(FULL if verb == "PUT" else patched)
    assert body_findings(verb, body) == []

    change(body)

    assert len(body_findings(verb, body)) >= 1
