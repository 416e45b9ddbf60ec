"""Export, edit, apply is a round trip: unedited, an export changes nothing, whatever a directory holds."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maia_scim import BearerToken, MaiaScim, apply
from maia_scim.apply import sayable
from maia_scim.apply.export import Exported, export
from maia_scim.apply.export_spool import Csv, Spool
from maia_scim.apply.whom import Whom
from maia_scim.errors import AuthenticationError
from maia_scim.sandbox import Sandbox
from tests.apply.conftest import BARBARA, ENTERPRISE
from tests.support.canary import PASSWORD

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
FORMATS = ("csv", "jsonl", "json")
Json = dict[str, Any]


class Directory:
    """A directory of users and groups as they are given, without a server."""

    def __init__(self, users: Iterable[Json], groups: Iterable[Json] = ()) -> None:
        self.held = {each["id"]: each for each in (*users, *groups)}
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        id = request.url.path.rpartition("/")[2]
        self.asked.append(id)
        if id not in self.held:
            return httpx.Response(404, json={"status": "404"})
        if "status" in self.held[id]:
            return httpx.Response(self.held[id]["status"], json={})
        # In ASCII, so that half a character gets through, too.
        return httpx.Response(200, content=json.dumps(self.held[id]), headers={"Content-Type": "application/json"})

    def client(self) -> MaiaScim:
        http = httpx.Client(transport=httpx.MockTransport(self.answer))
        where = "https://directory.example/scim"
        return MaiaScim(base_url=where, auth=BearerToken("x"), http_client=http, rate_limit=None)


def exported(client: MaiaScim, whom: Whom | Iterable[str], format: Any = "csv") -> tuple[bytes, Exported]:
    out = io.BytesIO()
    made = export(client, whom if isinstance(whom, Whom) else Whom(ids=whom), out, format)
    return out.getvalue(), made


def check(client: MaiaScim, ids: list[str], folder: Path) -> dict[str, Exported]:
    """Export, and see that nothing comes of applying it."""
    made: dict[str, Exported] = {}
    for format in FORMATS:
        content, told = exported(client, ids, format)
        made[format] = told
        assert told.count + told.left_out.users == len(ids)
        file = folder / f"people.{format}"
        file.write_bytes(content)
        for clear_empty in (False, True) if told.count else ():
            with apply.plan(client, file, clear_empty=clear_empty, exact_case=True) as plan:
                found = [(entry.id, entry.state, entry.changes) for entry in plan.entries()]
                assert [each for each in found if each[1] != "unchanged"] == [], (format, clear_empty)
                assert len(found) == told.count
    return made


def rows_of(users: Iterable[Json], /, **wanted: Any) -> list[dict[str, str]]:
    """The CSV of users that are put into a directory."""
    users = numbered(users)
    with Directory(users).client() as client:
        content, made = exported(client, [user["id"] for user in users])
    assert {name: getattr(made.left_out, name) for name in wanted} == wanted
    return [*csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))]


def record(user: Json) -> Any:
    """The JSON Lines of a user that is put into a directory."""
    with Directory([user if "id" in user else {"id": "1", **user}]).client() as client:
        return json.loads(exported(client, ["1"], "jsonl")[0])


def numbered(users: Iterable[Json]) -> list[Json]:
    return [{"id": f"id-{number}", **user} for number, user in enumerate(users)]


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


# What each format says.


def test_columns_are_those_of_apply_in_an_order_to_find_them_in() -> None:
    users: list[Json] = [
        {
            "NAME": {"GivenName": "B", "familyName": "J"},
            "Emails": [
                {"Value": "w@x.example", "TYPE": "work", "display": "W", "primary": True},
                {"value": "h@x.example", "type": "home"},
            ],
            "urn:x:y": {"b": "1", "a": "2"},
            ENTERPRISE: {"manager": {"value": "m", "displayName": "M"}, "department": "D"},
            **{"title": "T", "active": False, "username": "bj", "nickName": None, "phoneNumbers": []},
        },
        {"userName": "cd", "active": True, "addresses": [{"type": "a b", "locality": "L"}]},
    ]
    rows = rows_of(users, columns=(), users=0, values={})

    assert [*rows[0]] == [
        *("id", "userName", "active", 'addresses[type eq "a b"].locality', "emails[home]"),
        *("emails[work]", "emails[work].display", "emails[work].primary", "name.familyName", "name.givenName", "title"),
        *(f"{ENTERPRISE}:{name}" for name in ("department", "manager.displayName", "manager.value")),
        *("urn:x:y:a", "urn:x:y:b"),
    ]
    assert rows[0]["emails[work].primary"] == "true"
    assert rows[0]["active"] == "false"
    assert rows[1]["title"] == ""


def test_a_csv_is_one_that_spreadsheets_read(maia: MaiaScim) -> None:
    content, _ = exported(maia, [BARBARA])

    assert content.startswith(b"\xef\xbb\xbfid,userName,active,")
    assert content.endswith(b"\r\n")
    assert content.count(b"\r\n") == 2
    assert b'"100 Universal City Plaza\nHollywood, CA 91608 US"' in content


def test_json_is_the_user_as_it_came_but_for_the_password(maia: MaiaScim, sandbox: Sandbox) -> None:
    lines, _ = exported(maia, [*sandbox.users], "jsonl")
    array, _ = exported(maia, [*sandbox.users], "json")

    assert [json.loads(line) for line in lines.splitlines()] == [*sandbox.users.values()] == json.loads(array)
    assert "schemas" in json.loads(array)[0]
    odd = {"id": "1", "Title": "a", "emails": [{"value": "é"}], "meta": {}, "urn:x:y": {"n": 1.0, "big": 10**30}}
    assert record({**odd, "PassWord": PASSWORD}) == odd
    left = {"meta": {}, "other": 1, "title": "a", "id": "1", "nickName": "b"}
    assert [*record(left)] == ["meta", "title", "id", "nickName"]
    assert record({"title": "a", "urn:x:y": {"a": "b", "password": PASSWORD}}) == {
        "id": "1", "title": "a", "urn:x:y": {"a": "b"},
    }  # fmt: skip
    assert record({"title": "password", "emails": [{"value": "a", "password": PASSWORD}]}) == {
        "id": "1",
        "title": "password",
    }


def test_no_password_is_in_a_csv() -> None:
    user = {"title": "T", "password": PASSWORD, "urn:x:y": {"password": PASSWORD}}
    assert rows_of([user], values={sayable.UNKNOWN: 1}) == [{"id": "id-0", "title": "T"}]
    with Spool.temporary() as spool:
        Csv(spool).take(1, {"id": "1", **user})
        [kept] = spool.users()
        assert '"password":"' not in kept["held"].partition("urn:x:y")[0]


def test_what_is_empty_is_no_column_and_no_loss() -> None:
    empty: Json = {
        "nickName": "",
        "title": None,
        "name": {},
        "roles": [],
        "urn:x:y": {"a": [], "b": {}, "c": " ", "d": [{}]},
    }
    assert rows_of([empty], values={}) == [{"id": "id-0"}]
    with Directory(numbered([{**empty, "password": PASSWORD, ENTERPRISE: {}}])).client() as client:
        assert not exported(client, ["id-0"], "jsonl")[1].left_out


@pytest.mark.parametrize(
    ("user", "why", "path"),
    [
        ({"emails": [{"value": "a", "type": "work"}, {"value": "b", "type": "WORK"}]}, sayable.SECOND, "emails[WORK]"),
        ({"emails": [{"value": "a"}]}, sayable.NO_TYPE, "emails"),
        ({"roles": ["a"]}, sayable.NO_TYPE, "roles"),
        ({"urn:x:y": {"a": {"b": [1]}}}, sayable.SHAPE, "urn:x:y:a.b"),
        ({"urn:x:y": {"a": 1}}, sayable.OTHERWISE, "urn:x:y:a"),
        ({"urn:x:y": {"a": True}}, sayable.OTHERWISE, "urn:x:y:a"),
        ({"title": " a"}, sayable.OTHERWISE, "title"),
        ({"title": "x" * 32_768}, sayable.OTHERWISE, "title"),
        ({"title": "=1"}, sayable.FORMULA, "title"),
        ({"other": "a"}, sayable.UNKNOWN, "other"),
    ],
)
def test_what_a_csv_cannot_say_is_counted_and_shown(user: Json, why: str, path: str) -> None:
    users = numbered([user])
    with Directory(users).client() as client:
        _, made = exported(client, ["id-0"])

    assert made.left_out.values == {why: 1}
    assert made.left_out.examples == {why: f"user id-0, {path}"}
    assert made.whole


def test_the_item_that_a_column_is_about_is_the_primary_one() -> None:
    items = [{"value": "1", "type": "work"}, {"value": "2", "type": "work", "primary": "TRUE"}]
    [row] = rows_of([{"roles": items}], values={sayable.SECOND: 1, sayable.OTHERWISE: 1})
    assert row == {"id": "id-0", "roles[work]": "2"}
    two = [{"value": "3", "type": "Work", "primary": True}, {"value": "4", "type": "work", "primary": True}]
    [row] = rows_of([{"roles": two}], values={sayable.SECOND: 1})
    assert row == {"id": "id-0", "roles[Work]": "3", "roles[Work].primary": "true"}
    assert rows_of([{"roles": [{"value": "5", "type": "WORK"}]}]) == [{"id": "id-0", "roles[WORK]": "5"}]


@pytest.mark.parametrize(
    "text", ["=1", " =1", "@a", "\u200b=1", "\uff1d1", "\uff20a", "+SUM(A1)", "-f(1)", "-c|'x'", "+A!B", "-a.b_1(2)"]
)
def test_what_a_spreadsheet_would_compute_is_no_cell(text: str) -> None:
    assert sayable.is_computed(text)
    assert rows_of([{"urn:x:y": {"a": text}}], values={sayable.FORMULA: 1}) == [{"id": "id-0"}]


@pytest.mark.parametrize("text", ["+49 30 1234", "+49 (0)30/12-3", "-", "-1", "1=1", "a@x.example", "'=1", "+1 (ext)"])
def test_a_number_with_a_sign_stays_as_it_is(text: str) -> None:
    assert rows_of([{"urn:x:y": {"a": text}}])[0]["urn:x:y:a"] == text


def test_to_look_for_formulas_takes_no_time() -> None:
    assert not sayable.is_computed("+" + "a" * 30_000)


# Who cannot be in a CSV, since an empty cell would clear what no cell can say.


def test_few_users_who_cannot_be_said_are_left_out() -> None:
    users: list[Json] = [{"title": "T", "userName": f"u{n}"} for n in range(10)]
    rows = rows_of(
        [*users, {"userName": "x", "title": " T"}],
        users=1,
        columns=(),
        whose=(f"user id-10, title: {sayable.OTHERWISE}",),
    )
    assert [row["userName"] for row in rows] == [user["userName"] for user in users]


def test_who_is_left_out_is_told_by_the_column_that_others_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maia_scim.apply.export_spool._TOLD", 1)
    users: list[Json] = [{"urn:x:Y": {"a": "T"}} for _ in range(20)]
    odd: list[Json] = [{"URN:X:Y": {"A": " T"}}, {"urn:x:y": {"a": 1}}]
    assert len(rows_of([*users, *odd], users=2, whose=(f"user id-20, urn:x:Y:a: {sayable.OTHERWISE}",))) == 20


def test_a_user_is_left_out_whose_cells_get_in_the_way_of_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is known; this holds the promise where one turns up."""
    alone = lambda _held, cells, *, clear_empty: len([*cells]) < 2 or not clear_empty  # noqa: E731
    monkeypatch.setattr("maia_scim.apply.export_spool.changes_nothing", alone)
    whose = ("user id-0, the row: cells that get in the way of each other",)
    assert rows_of([{"title": "T", "nickName": "N"}], users=1, whose=whose, columns=()) == []


def test_a_column_that_cannot_say_what_many_have_is_left_out() -> None:
    users: list[Json] = [{"title": "T", "userName": f"u{n}"} for n in range(18)]
    odd = [{"title": " T", "userName": f"v{n}"} for n in range(3)]
    rows = rows_of([*users, *odd], users=0, columns=("title",), whose=())
    assert len(rows) == 21
    assert [*rows[0]] == ["id", "userName"]


def test_a_user_without_a_name_is_left_out_since_a_name_cannot_be_cleared() -> None:
    users: list[Json] = [{"userName": f"u{n}", "title": "T"} for n in range(10)]
    assert len(rows_of([*users, {"title": "T"}], users=1)) == 10


def test_of_two_columns_for_the_same_the_one_that_says_more_stays() -> None:
    users: list[Json] = [
        {"urn:x:y": {"m": "1"}},
        {"urn:x:y": {"m": {"value": "2"}}},
        {"urn:x:y": {"m": {"value": "3"}}},
    ]
    rows = rows_of([*users, *({} for _ in range(10))], columns=("urn:x:y:m",), users=1)
    assert [*rows[0]] == ["id", "urn:x:y:m.value"]
    assert [row["urn:x:y:m.value"] for row in rows][:2] == ["2", "3"]


def test_an_address_that_two_users_have_is_told_once() -> None:
    users: list[Json] = [{"userName": "s@x.example"}, *({"userName": f"u{n}"} for n in range(10))]
    shared = {"userName": "y", "emails": [{"value": "S@x.example", "type": "work"}]}
    assert len(rows_of([*users, shared], users=1)) == 11
    with Directory(numbered([*users, shared])).client() as client:
        content, made = exported(client, ["id-0", "id-11"], "jsonl")
    assert json.loads(content.splitlines()[1]) == {"id": "id-11", "userName": "y"}
    assert made.left_out.values == {"an address that another user has, too": 1}


def test_columns_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maia_scim.apply.export_spool._MOST_COLUMNS", 2)
    [row] = rows_of([{"userName": "a", "title": "b", "nickName": "c"}], values={"a column beyond 2": 1})
    assert len(row) == 3


def test_a_user_whose_id_no_file_takes_is_left_out() -> None:
    with Spool.temporary() as spool:
        writer = Csv(spool)
        for number, id in enumerate((None, " a ", "a\u00a0b", 7, "ok")):
            writer.take(number, {"id": id, "title": "T"})
        assert writer.write(io.BytesIO()) == 1
        assert spool.left_out.users == 4


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
