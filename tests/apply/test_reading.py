"""Files as spreadsheets write them, read row by row: delimiters, headers, empty cells, and which format it is."""

from __future__ import annotations

import io
import json

import pytest

from maia_scim.apply.reading import Form, open_rows
from tests.apply.conftest import ENTERPRISE
from tests.apply.files import faults_of, read, refused, rows_of

# What spreadsheets write.


def test_excel_csv_utf8_of_a_country_with_decimal_commas():
    data = (
        "\ufeffid;userName;name.givenName;name.familyName;emails[work];active\r\n"
        'u1;nikos@example.com;Νίκος;"Παπα; ""δόπουλος""";nikos@example.com;TRUE\r\n'
        "u2;ali@example.com;علي;بن أحمد;;FALSE\r\n"
        "u3;zhang@example.com;伟;张 👩‍💻;;\r\n"
    )
    form, rows = read(data)
    assert form == Form("csv", "utf-8", True, "\r\n", ";", tuple(data[1:].split("\r\n", maxsplit=1)[0].split(";")))
    assert rows_of(data) == [
        (
            2,
            "u1",
            {
                "userName": "nikos@example.com",
                "name.givenName": "Νίκος",
                "name.familyName": 'Παπα; "δόπουλος"',
                'emails[type eq "work"].value': "nikos@example.com",
                "active": True,
            },
        ),
        (
            3,
            "u2",
            {"userName": "ali@example.com", "name.givenName": "علي", "name.familyName": "بن أحمد", "active": False},
        ),
        (4, "u3", {"userName": "zhang@example.com", "name.givenName": "伟", "name.familyName": "张 👩‍💻"}),
    ]
    assert rows[0].source == ["u1", "nikos@example.com", "Νίκος", 'Παπα; "δόπουλος"', "nikos@example.com", "TRUE"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_excel_unicode_text(encoding):
    data = ("\ufeff" + 'id\tuserName\ttitle\r\nu1\t"張 偉"\tΩ\r\nu2\t\t👩\r\n').encode(encoding)
    form, _ = read(data)
    assert (form.encoding, form.bom, form.delimiter, form.newline) == (encoding, True, "\t", "\r\n")
    assert rows_of(data) == [(2, "u1", {"userName": "張 偉", "title": "Ω"}), (3, "u2", {"title": "👩"})]


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"'])
def test_excel_tells_the_delimiter(first):
    data = f"{first}\r\nid;title\r\nu1;a,b,c\r\n"
    form, rows = read(data)
    assert (form.delimiter, form.dialect_line, rows[0].line) == (";", first, 3)
    assert rows_of(data) == [(3, "u1", {"title": "a,b,c"})]


def test_libreoffice_quotes_all():
    assert rows_of('"id","title","emails[type eq ""work""].value"\n"u1","x ""y""","a@b"\n') == [
        (2, "u1", {"title": 'x "y"', 'emails[type eq "work"].value': "a@b"})
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way(newline):
    data = newline.join(["", "id,addresses[work].formatted,title", "", 'u1,"a\nb",x', "u2,,y", "", "u3,c", ""])
    form, _ = read(data)
    assert form.newline == newline
    assert rows_of(data) == [
        (4, "u1", {'addresses[type eq "work"].formatted': "a\nb", "title": "x"}),
        (6, "u2", {"title": "y"}),
        (8, "u3", {'addresses[type eq "work"].formatted': "c"}),
    ]


def test_no_other_sign_ends_a_line():
    text = "a\u2028b\u2029c"
    assert rows_of(f"id,displayName\nu1,{text}\n") == [(2, "u1", {"displayName": text})]


def test_the_last_line_may_lack_its_end():
    assert rows_of("id,title\nu1,a") == [(2, "u1", {"title": "a"})]
    assert rows_of("id,title") == []


def test_a_header_over_several_lines():
    data = 'id,"E-Mail\n(work)",title\nu1,a@b,t\n'
    mapping = {"E-Mail\n(work)": "emails[work]"}
    assert rows_of(data, mapping=mapping) == [(3, "u1", {'emails[type eq "work"].value': "a@b", "title": "t"})]
    assert "line 1, column E-Mail (work): no attribute" in refused(data)[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_by_the_header(delimiter):
    data = delimiter.join(["id", "title", "displayName"]) + "\n" + delimiter.join(["u1", "a", "b"]) + "\n"
    assert read(data)[0].delimiter == delimiter
    assert rows_of(data) == [(2, "u1", {"title": "a", "displayName": "b"})]


def test_the_delimiter_is_the_one_that_leaves_headers_known():
    data = "Nr;Name, Vorname, Titel;E-Mail, dienstlich\nu1;a, b;c@d\n"
    mapping = {"Nr": "id", "Name, Vorname, Titel": "name.formatted", "e-mail, dienstlich": "emails[work]"}
    assert rows_of(data, mapping=mapping) == [
        (2, "u1", {"name.formatted": "a, b", 'emails[type eq "work"].value': "c@d"})
    ]


def test_signs_within_a_header_do_not_tell_the_delimiter():
    data = 'id,Team|Group,"a;b",title\nu1,x|y,z,t\n'
    assert rows_of(data, mapping={"team|group": "", "a;b": ""}) == [(2, "u1", {"title": "t"})]
    assert "column Team|Group: no attribute" in refused(data)[0]


def test_a_delimiter_that_is_said():
    assert rows_of("id:title\nu1:a,b\n", delimiter=":") == [(2, "u1", {"title": "a,b"})]
    assert rows_of("sep=;\nid,title\nu1,a;b\n", delimiter=",") == [(3, "u1", {"title": "a;b"})]
    for wrong in ("", ";;", '"', "\n", " "):
        with pytest.raises(ValueError, match="cannot separate cells"):
            read("id\n", delimiter=wrong)


def test_one_column():
    assert rows_of("id\nu1\n\nu2\n") == [(2, "u1", {}), (4, "u2", {})]


def test_short_rows_are_rows_and_long_ones_only_if_the_rest_is_empty():
    data = "id,title,displayName\nu1\nu2,a\nu3,a,b,,\t\nu4,a,b,,c\n"
    assert faults_of(data) == ["line 5: 5 cells, but the header has 3: a cell with a comma in it stands in quotes"]


def test_columns_without_a_header():
    assert rows_of("id,,title, \nu1,,a,\nu2, ,b\n") == [(2, "u1", {"title": "a"}), (3, "u2", {"title": "b"})]
    assert faults_of("id,,title\nu1,x,a\n") == ["line 2: cell 2 stands under no header"]


def test_blank_rows_are_none():
    assert rows_of("id,title\n\n,\n  ,\t\n , \nu1,a\n\n") == [(6, "u1", {"title": "a"})]


def test_blanks_around_cells_do_not_count():
    data = 'id, title, displayName\n u1 ,\u00a0a\t, "b, c" \n'
    assert refused(data.replace(' "b, c" ', ' "b, c" x'))
    assert rows_of(data.replace('" \n', '"\n')) == [(2, "u1", {"title": "a", "displayName": "b, c"})]


# Empty cells.


def test_an_empty_cell_changes_nothing_unless_it_is_to_clear():
    data = 'id,title,emails[work]\nu1,, \nu2,a,b@c\nu3,""\n'
    assert [said for _, _, said in rows_of(data)] == [
        {},
        {"title": "a", 'emails[type eq "work"].value': "b@c"},
        {},
    ]
    assert [said for _, _, said in rows_of(data, clear_empty=True)] == [
        {"title": None, 'emails[type eq "work"].value': None},
        {"title": "a", 'emails[type eq "work"].value': "b@c"},
        {"title": None, 'emails[type eq "work"].value': None},
    ]


@pytest.mark.parametrize("header", ["userName", "active", "ACTIVE"])
def test_what_is_never_cleared(header):
    data = f"id,{header},title\nu1,,x\n"
    assert rows_of(data) == [(2, "u1", {"title": "x"})]
    assert f"line 2, column {header}: " in faults_of(data, clear_empty=True)[0]
    assert "cannot be cleared" in faults_of(data, clear_empty=True)[0]


@pytest.mark.parametrize("clear_empty", [False, True])
def test_a_row_needs_an_id(clear_empty):
    data = "id,title\n ,a\n"
    _, (row,) = read(data, clear_empty=clear_empty)
    assert row.id == ""
    assert faults_of(data, clear_empty=clear_empty) == [
        "line 2: no id: the service has no search, so each row needs the user's id"
    ]


def test_json_clears_in_its_own_way():
    data = json.dumps(
        {
            "id": "u1",
            "title": None,
            "displayName": "",
            "emails": [],
            "name": None,
            ENTERPRISE: {"department": None, "manager": {}},
        }
    )
    assert rows_of(data) == [(1, "u1", {})]
    assert rows_of(data, clear_empty=True) == [
        (
            1,
            "u1",
            {
                "title": None,
                "displayName": None,
                "emails": None,
                **dict.fromkeys(
                    f"name.{part}"
                    for part in (
                        "familyName",
                        "formatted",
                        "givenName",
                        "honorificPrefix",
                        "honorificSuffix",
                        "middleName",
                    )
                ),
                f"{ENTERPRISE}:department": None,
                f"{ENTERPRISE}:manager": None,
            },
        )
    ]
    data = json.dumps({"id": "u1", ENTERPRISE: None, "active": None})
    assert rows_of(data) == [(1, "u1", {})]
    assert faults_of(data, clear_empty=True) == [
        f"line 1, column {ENTERPRISE}: an extension is cleared by its attributes, as in {ENTERPRISE}:department",
        "line 1, column active: active cannot be cleared: write a value, or leave the column out",
    ]


# Which format.


@pytest.mark.parametrize(
    ("name", "data", "format"),
    [
        ("users.csv", "id\nu1\n", "csv"),
        ("USERS.TSV", "id\tuserName\nu1\tx\n", "csv"),
        ("users.txt", "id\nu1\n", "csv"),
        ("users.jsonl", '{"id": "u1"}\n', "jsonl"),
        ("users.ndjson", '{"id": "u1"}\n', "jsonl"),
        ("users.json", '{"id": "u1"}\n', "json"),
        ("USERS.JSON", '{"id": "u1"}\n', "json"),
        ("users.json", '[{"id": "u1"}]', "json"),
        ("users", "id\nu1\n", "csv"),
        ("-", '\ufeff \n [{"id": "u1"}]', "json"),
        ("-", '\n {"id": "u1"}\n{"id": "u2"}', "jsonl"),
        ("-", '{"id": "u1"}', "jsonl"),
        ("-", '{\n"id": "u1"\n}\n', "json"),
        ("-", '{"totalResults": 1, "Resources": [{"id": "u1"}]}\n', "json"),
    ],
)
def test_the_format_is_told_by_the_name_or_the_beginning(tmp_path, name, data, format):
    form, rows = read(data, name=name)
    assert (form.format, rows[0].id) == (format, "u1")
    if name != "-":
        (tmp_path / name).write_text(data)
        with open_rows(tmp_path / name) as source:
            assert (source.name, source.form.format) == (str(tmp_path / name), format)


def test_a_format_that_is_said():
    assert read('{"id": "u1"}\n', name="users.csv", format="jsonl")[0].format == "jsonl"
    with pytest.raises(ValueError, match="there is no format 'xlsx': it is one of csv, jsonl, json"):
        read("id\n", format="xlsx")


def test_a_stream_has_a_name():
    with open_rows(io.BytesIO(b"id\n")) as source:
        assert source.name == "-"
    with open_rows(io.BytesIO(b"id\n"), name="standard input") as source:
        assert source.name == "standard input"
