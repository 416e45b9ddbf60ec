"""What each format of an export says, and who is left out of a CSV because no cell can say what they have."""

import io
import json

import pytest

from maia_scim import MaiaScim
from maia_scim.apply import sayable
from maia_scim.apply.export_spool import Csv, Spool
from maia_scim.sandbox import Sandbox
from tests.apply.conftest import BARBARA, ENTERPRISE
from tests.apply.exports import Directory, Json, exported, numbered, record, rows_of
from tests.support.canary import PASSWORD

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
