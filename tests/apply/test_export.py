"""Export, edit, apply is a round trip: unedited, an export changes nothing, whatever a directory holds."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maia_scim import MaiaScim, apply
from maia_scim.apply import sayable
from maia_scim.apply.export import export
from maia_scim.apply.whom import Whom
from maia_scim.errors import AuthenticationError
from maia_scim.sandbox import Sandbox
from tests.apply.conftest import BARBARA, CORE, ENTERPRISE
from tests.apply.exports import FORMATS, Directory, Json, check, exported, numbered
from tests.support.canary import PASSWORD

# The round trip.


ODD: list[Json] = [
    {"userName": "plain", "active": True, "title": "Engineer", "nickName": "Nick", "displayName": "P. Lain"},
    {"userName": "a", "active": "True", "emails": [{"value": "a@x.example", "type": "work", "primary": "true"}]},
    {"userName": "b", "active": "maybe"},
    {"userName": "c", "active": 1},
    {"userName": "no-active"},
    {"active": True},
    {"userName": None, "active": None},
    {"userName": "blanks", "title": " Engineer ", "nickName": "", "displayName": "   ", "name": {"givenName": "\tA"}},
    {"userName": "nulls", "title": None, "emails": None, "name": None, "phoneNumbers": [], ENTERPRISE: None},
    {"userName": "empties", "emails": [{}], "name": {}, ENTERPRISE: {}, "roles": [None, []]},
    {"userName": "two", "emails": [{"value": "1@x.example", "type": "work"}, {"value": "2@x.example", "type": "work"}]},
    {
        "userName": "second-is-primary",
        "emails": [
            {"value": "3@x.example", "type": "Work"},
            {"value": "4@x.example", "type": "work", "primary": True, "display": "Four"},
        ],
    },
    {"userName": "untyped", "emails": [{"value": "5@x.example"}], "roles": ["admin", 7, {"value": "x", "type": 3}]},
    {"userName": "types", "emails": [{"value": "6@x.example", "type": t} for t in (" a ", 'q"', "[b]", "c;,d", "e f")]},
    {"userName": "flat", "emails": "7@x.example", "name": "Barbara", "addresses": {"type": "work"}},
    {"userName": "nested", "emails": [["8@x.example"]], "name": {"givenName": {"a": 1}, "familyName": ["b"]}},
    {"userName": "Μπάρμπαρα", "displayName": "田中 健太", "title": "🦊 e\u0301 é"},
    {"userName": "quotes", "displayName": 'say "hi", then; go\tnow', "title": "a,b;c|d", "nickName": "'q'"},
    {
        "userName": "lines",
        "title": "a\nb",
        "addresses": [{"type": "work", "formatted": "A\r\nB", "streetAddress": "C\nD"}],
    },
    {"userName": "numbers", "title": 7, ENTERPRISE: {"department": 7, "costCenter": "007", "division": True}},
    {
        "userName": "texts",
        ENTERPRISE: {"department": "true", "costCenter": "1e5", "division": "null", "x": "2024-01-31"},
    },
    {"userName": "manager-text", ENTERPRISE: {"manager": "m1"}},
    {"userName": "manager", ENTERPRISE: {"manager": {"value": "m2", "$ref": "../m2", "odd name": 1}, "a b": "x"}},
    {
        "userName": "deep",
        "urn:x:y": {"a": {"b": {"c": 1}}, "l": [1, "2"], "items": [{"type": "t", "value": "v", "n": 5}]},
    },
    {
        "userName": "urns",
        "urn:x:1.0": {"Foo": "x"},
        "urn:x:y": {"A": "b", "a": "c"},
        "URN:X:Y": {"a": "d"},
        "urn:x:f": 1,
    },
    {"userName": "web", "https://example.com/ext": {"a": "b"}, "custom:a": {"b": "c"}, "urn:x:z": "text"},
    {"userName": "unknown", "costCenter": "x", "name.familyName": "y", f"{CORE}:title": "z", "salary": {"a": 1}},
    {"userName": "core", CORE: {"title": "inner"}, "title": "outer"},
    {"userName": "twice", "Title": "a", "title": "b"},
    {
        "USERNAME": "cased",
        "Emails": [{"VALUE": "9@x.example", "Type": "home", "PRIMARY": True}],
        "NAME": {"GivenName": "C"},
    },
    {"userName": "dates", "meta": {"created": "yesterday", "lastModified": 7}, ENTERPRISE: {"hired": "31.01.2024"}},
    {"userName": "formulas", "title": "=1+1", "nickName": "@x", "displayName": "+SUM(A1)", "userType": "-c|'/C x'!A0"},
    {"userName": "signs", "phoneNumbers": [{"value": "+49 (0)30 1-2", "type": "work"}], "title": "-", "nickName": "-1"},
    {"userName": "unseen", "title": "a\u200bb", "nickName": "\ufffd", "displayName": "\x07", "locale": "a\u00a0b"},
    {"userName": "half", "title": "\ud800", "urn:x:y": {"\ud801": "x"}, "groups": [{"display": "\ud802"}]},
    {"userName": "long", "title": "x" * 40_000, "photos": [{"type": "photo", "value": "data:" + "y" * 140_000}]},
    {"userName": "0123456789abcdef0123456789abcdef.gone@x.example"},
    {"userName": "nb\u00a0sp@x.example"},
    {"userName": "shared@x.example"},
    {"userName": "sharing", "emails": [{"value": "SHARED@x.example", "type": "work"}]},
    {"userName": "sharing-too", "emails": [{"value": "shared@x.example", "type": "home"}], "active": True},
    {"userName": "extended", "urn:x:y": {"emails": {"value": "10@x.example"}}},
    {"userName": "extended-too", "urn:x:y": {"emails": {"value": "10@x.example"}}},
    {"userName": "groups", "groups": [{"value": "g"}], "schemas": [CORE, "urn:x:y"], "password": PASSWORD},
    {"userName": "readonly", "Meta": 1, "GROUPS": None, "schemas": "x", "id ": "y"},
    {"userName": "big", "urn:x:n": {"a": 12345678901234567890123, "b": 1.0, "c": -0.0, "d": 1e22}},
]


@pytest.mark.parametrize(("share", "common"), [(10, {}), (1, {"active": True})], ids=["columns", "users"])
def test_odd_users_go_and_come_unchanged(
    share: int, common: Json, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where columns are left out that do harm, and where users are."""
    monkeypatch.setattr("maia_scim.apply.export_spool._SHARE", share)
    users = numbered(common | user for user in ODD)
    with Directory(users).client() as client:
        made = check(client, [user["id"] for user in users], tmp_path)

    assert made["jsonl"] == made["json"]
    assert made["jsonl"].count == len(users)
    assert made["csv"].count > len(users) / 2 - 1
    assert ("title" in made["csv"].left_out.columns) is (share > 1)


def test_the_users_of_the_sandbox_go_and_come_unchanged(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    made = check(maia, [*sandbox.users], tmp_path)

    assert {format: told.count for format, told in made.items()} == dict.fromkeys(FORMATS, 50)
    assert made["csv"].left_out.values == {sayable.NO_TYPE: 6}
    assert not made["jsonl"].left_out
    assert all(told.whole for told in made.values())


def test_an_edited_export_changes_what_was_edited(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    content, _ = exported(maia, [*sandbox.users])
    file.write_bytes(content.replace(b"Tour Guide", b"Pilot").replace(b"Hollywood,91608", b"Burbank,91608"))

    with apply.plan(maia, file) as plan:
        [entry] = plan.entries("change")
        assert (entry.id, {change.path for change in entry.changes}) == (BARBARA, {"addresses", "title"})
        plan.apply()

    assert sandbox.users[BARBARA]["title"] == "Pilot"
    assert len(sandbox.users[BARBARA]["emails"]) == 2


TEXTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["", " ", "a", "A", " a", "true", "False", "007", "1", "=a", "+49", "@", "a@x.example", "A@X.example"]
    ),
    st.text(alphabet=" \t\n\r\"',;|\\\x00\x1f\u00a0\u200b\ufeff\ufffd\ud800aé", max_size=4),
)
SCALARS = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
ANY = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3), max_leaves=5
)
SOME = SCALARS | ANY
TYPES = st.sampled_from(["work", "Work", "home", "a b", 'q"', None, "", 3]) | SOME
ITEMS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"value": SOME, "type": TYPES, "primary": SOME, "display": SOME, "formatted": SOME}
    )
    | SOME,
    max_size=3,
)
PARTS = st.fixed_dictionaries({}, optional={"givenName": SOME, "familyName": SOME, "x": SOME})
INNER = st.dictionaries(
    st.sampled_from(["a", "A", "b", "manager", "l", "$ref", "o dd"]), SOME | ITEMS | PARTS, max_size=3
)
USER = st.fixed_dictionaries(
    {},
    optional={
        "userName": TEXTS | SOME,
        "active": st.sampled_from([True, False, "True", "false", "no", 1, None]) | SOME,
        "title": SOME,
        "Title": SOME,
        "nickName": TEXTS,
        "emails": ITEMS | SOME,
        "addresses": ITEMS | SOME,
        "roles": ITEMS | SOME,
        "name": PARTS | SOME,
        "groups": SOME,
        "schemas": SOME,
        "password": st.just(PASSWORD),
        "unknown": SOME,
        ENTERPRISE: INNER | SOME,
        "urn:x:y": INNER | SOME,
        "urn:x:1.0:Foo": INNER | SOME,
        CORE: INNER | SOME,
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.lists(USER, min_size=1, max_size=5))
def test_any_users_go_and_come_unchanged(tmp_path_factory: pytest.TempPathFactory, users: list[Json]) -> None:
    held = numbered(users)
    with Directory(held).client() as client:
        made = check(client, [user["id"] for user in held], tmp_path_factory.mktemp("any"))
    assert made["json"].left_out == made["jsonl"].left_out


# Reading.


def test_users_come_in_the_order_of_the_ids_each_once(maia: MaiaScim, sandbox: Sandbox) -> None:
    ids = [*sandbox.users][::-1]
    content, made = exported(maia, [*ids, *ids, ids[0].upper()], "jsonl")

    assert [json.loads(line)["id"] for line in content.splitlines()] == ids
    assert made.count == 50
    assert len(sandbox.requests) == 50


def test_who_is_not_there_or_cannot_be_read_is_told_and_the_rest_is_written() -> None:
    directory = Directory([{"id": "1", "title": "T"}, {"id": "2", "status": 403}, {"id": "3", "title": "U"}])
    told: list[str] = []
    progress: list[tuple[int, int]] = []
    out = io.BytesIO()
    with directory.client() as client:
        whom = Whom(ids=["1", "2", "3", "4"])
        made = export(
            client,
            whom,
            out,
            tell=told.append,
            on_progress=lambda done, total: progress.append((done, total)),
            concurrency=1,
        )

    assert (made.count, made.not_found, made.unread, made.whole) == (2, 1, 1, False)
    assert out.getvalue().decode("utf-8-sig").splitlines() == ["id,title", "1,T", "3,U"]
    assert told[1] == "user 4: there is none in this account and region"
    assert told[0].startswith("user 2: ")
    assert "403" in told[0]
    assert progress == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_nothing_is_written_where_the_service_refuses_the_credentials() -> None:
    out = io.BytesIO()
    with Directory([{"id": "1", "status": 401}]).client() as client, pytest.raises(AuthenticationError):
        export(client, Whom(ids=["1"]), out)
    assert out.getvalue() == b""


def test_there_is_no_other_format(maia: MaiaScim) -> None:
    with pytest.raises(ValueError, match="no format 'xls'"):
        exported(maia, [BARBARA], "xls")
