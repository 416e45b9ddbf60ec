"""Files of JSON and JSON Lines as services write them."""

from __future__ import annotations

import json

import pytest

from maia_scim.apply.errors import InvalidFile
from maia_scim.apply.reading import open_rows
from tests.apply.conftest import ENTERPRISE
from tests.apply.files import Pipe, read, refused, rows_of, said_by


def test_a_user_as_a_service_has_it():
    user = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "id": "u1",
        "meta": {"resourceType": "User", "version": 'W/"1"'},
        "groups": [{"value": "g1"}],
        "userName": "ann@example.com",
        "name": {"givenName": "Ann", "familyName": "Lee "},
        "active": True,
        "emails": [{"value": "ann@example.com", "type": "work", "primary": True}],
        "addresses": [],
        ENTERPRISE: {"department": "007", "manager": {"value": "m1", "$ref": "../Users/m1"}, "tags": ["a"]},
        "urn:example:User": {"level": 3, "deep": {"er": {"x": [1]}}},
    }
    said = {
        "userName": "ann@example.com",
        "name.givenName": "Ann",
        "name.familyName": "Lee ",
        "active": True,
        "emails": user["emails"],
        f"{ENTERPRISE}:department": "007",
        f"{ENTERPRISE}:manager.value": "m1",
        f"{ENTERPRISE}:manager.$ref": "../Users/m1",
        f"{ENTERPRISE}:tags": ["a"],
        "urn:example:User:level": 3,
        "urn:example:User:deep.er": {"x": [1]},
    }
    for data in (json.dumps(user), json.dumps([user]), json.dumps({"Resources": [user]}), json.dumps(user, indent=1)):
        (row,) = read(data)[1]
        assert (row.id, said_by(row), row.faults, row.source) == ("u1", said, (), user)


def test_flat_names_and_nested_ones_may_be_mixed():
    data = json.dumps(
        {
            "ID": "u1",
            "name.givenName": "Ann",
            "name": {"familyName": "Lee"},
            "emails[work]": "ann@example.com",
            f"{ENTERPRISE}:department": "x",
            f"{ENTERPRISE}:manager": {"value": "m"},
            ENTERPRISE: {"costCenter": 4},
            "urn:ietf:params:scim:schemas:core:2.0:User": {"title": "t", "name": {"formatted": "f"}, "meta": {}},
            "meta.created": "x",
            "groups[direct]": "x",
        }
    )
    assert rows_of(data) == [
        (
            1,
            "u1",
            {
                "name.givenName": "Ann",
                "name.familyName": "Lee",
                'emails[type eq "work"].value': "ann@example.com",
                f"{ENTERPRISE}:department": "x",
                f"{ENTERPRISE}:manager.value": "m",
                f"{ENTERPRISE}:costCenter": 4,
                "title": "t",
                "name.formatted": "f",
            },
        )
    ]


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({"id": 5}, "column id: needs text, in double quotes: it is 5"),
        ({"id": None}, "no id"),
        ({}, "no id"),
        ({"id": "u", "foo": 1}, "column foo: no attribute of a user"),
        ({"id": "u", "password": "x"}, "column password: a password can neither"),
        ({"id": "u", "user_name": "x"}, "SCIM spells it userName"),
        ({"id": "u", "active": "perhaps"}, "column active: needs true or false"),
        ({"id": "u", "name": "Ann"}, "column name: name is set by its parts"),
        ({"id": "u", "name": {"nope": 1}}, "column name.nope: name has name.familyName"),
        ({"id": "u", "name": {"a b": 1}}, "is no attribute's name"),
        ({"id": "u", "emails": {"value": "x"}}, "column emails: needs an array"),
        ({"id": "u", "emails": [{"value": 1}]}, "column emails: item 1: value: needs text"),
        ({"id": "u", "emails": [{"value": "x"}], "emails[work]": "x"}, "column emails[work]: sets what emails sets"),
        ({"id": "u", "name.givenName": "a", "name": {"givenName": "a"}}, "sets what name.givenName sets"),
        ({"id": "u", "title": ["a"]}, "column title: needs text, in double quotes: it is an array"),
        ({"id": "u", "title": {"a": 1}}, "column title: needs text, in double quotes: it is an object"),
        ({"id": "u", ENTERPRISE: "x"}, f"column {ENTERPRISE}: needs an object of attributes"),
        ({"id": "u", ENTERPRISE: {"a:b": 1}}, "is no attribute's name"),
        ({"id": "u", "urn:ietf:params:scim:schemas:core:2.0:User": 5}, "needs an object of attributes"),
        ("u", "needs an object of attributes"),
        (None, "needs an object of attributes"),
        (["u"], "needs an object of attributes"),
    ],
)
@pytest.mark.parametrize("format", ["jsonl", "json"])
def test_records_that_are_wrong(record, fault, format):
    good = {"id": "good"}
    data = json.dumps([good, record, good]) if format == "json" else f"{json.dumps(good)}\n{json.dumps(record)}\n{{}}"
    _, rows = read(data, format=format)
    assert len(rows) == 3
    assert not rows[0].faults
    assert [fault in str(each) for each in rows[1].faults] == [True]
    assert rows[1].line == (1 if format == "json" else 2)


UNUSABLE = [
    ('{"id": "u", "id": "v"}', "has 'id' twice"),
    ('{"a": 1, "id": "u", "ID": "v"}', "has 'id' twice"),
    ('{"id": "u", "emails": [{"value": "a", "Value": "b"}]}', "has 'value' twice"),
    ('{"id": "u", "active": NaN}', "has NaN"),
    ('{"id": "u", "urn:x:y:a": -Infinity}', "has -Infinity"),
    ('{"id": "u", "urn:x:y:a": 1e999}', "has the number 1e999"),
    ('{"id": "u\\ud83d"}', "half a character"),
    ('{"id": "u", "\\udc00": 1}', "half a character"),
    ('{"id": "u", "urn:x:y:a": ' + "[" * 40 + "]" * 40 + "}", "nests deeper"),
]
BROKEN = [
    ("{id: 5}", "is no JSON"),
    ('{"id": "u"', "is no JSON"),
    ('{"id": "u\n"}', "is no JSON"),
    ('{"id": "u", "urn:x:y:a": ' + "9" * 5000 + "}", "too many digits"),
    ('{"id": "u", "urn:x:y:a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nests deeper"),
    ("nonsense", "is no JSON"),
]


@pytest.mark.parametrize(("text", "fault"), [*UNUSABLE, *(each for each in BROKEN if "\n" not in each[0])])
def test_a_line_that_cannot_be_used_is_a_fault(text, fault):
    _, rows = read(f'{{"id": "u1"}}\n\n{text}\n{{"id": "u2"}}\n', format="jsonl")
    assert [(row.line, row.id, bool(row.faults)) for row in rows] == [(1, "u1", False), (3, "", True), (4, "u2", False)]
    assert fault in rows[1].faults[0].message
    assert rows[1].source == text


@pytest.mark.parametrize(("text", "fault"), UNUSABLE)
def test_an_item_that_cannot_be_used_is_a_fault(text, fault):
    _, rows = read(f'[{{"id": "u1"}},\n\n{text},\n{{"id": "u2"}}]')
    assert [(row.line, row.id, bool(row.faults)) for row in rows] == [(1, "u1", False), (3, "", True), (4, "u2", False)]
    assert fault in rows[1].faults[0].message


@pytest.mark.parametrize(("text", "fault"), BROKEN)
def test_an_array_that_breaks_is_refused(text, fault):
    (found,) = refused(f'[{{"id": "u1"}},\n\n{text},\n{{"id": "u2"}}]')
    assert fault in found
    assert "line 3" in found or "line 4" in found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[{"id": "u1"}', "line 1: the array does not end"),
        ('[{"id": "u1"} {"id": "u2"}]', "line 1: needs a comma, or the end of the array"),
        ('[{"id": "u1"},\n]', "line 2: is no JSON"),
        ("[", "line 1: is no JSON"),
        ('[{"id": "u1"}]\nx', "line 2: goes on after its end"),
        ('{"id": "u1"}\n{"id": "u2"}', "line 2: goes on after its end: is it JSON Lines? Then say --format jsonl"),
        ('"u1"', "line 1: needs to be an array of objects"),
        (" \n ", "line 2: the file is empty"),
    ],
)
def test_json_that_is_no_list_of_users(text, fault):
    assert fault in refused(text, format="json")[0]


def test_what_is_malformed_early_is_told_without_reading_on():
    def pieces():
        yield b'[{"id": nonsense' + b"x" * 65_536
        raise AssertionError("read on")

    with (
        pytest.raises(InvalidFile, match="is no JSON: Expecting value at character 9"),
        open_rows(Pipe(pieces())) as source,
    ):
        list(source.rows())


def test_json_without_blanks():
    assert [row.id for row in read('[{"id":"u1"},{"id":"u2"}]')[1]] == ["u1", "u2"]


def test_digits_are_kept():
    data = '{"id": "u1", "urn:x:y:big": 123456789012345678901234567890, "urn:x:y:float": 0.1, "urn:x:y:z": -0}'
    assert rows_of(data) == [
        (1, "u1", {"urn:x:y:big": 123456789012345678901234567890, "urn:x:y:float": 0.1, "urn:x:y:z": 0})
    ]
