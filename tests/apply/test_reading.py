"""Files as spreadsheets and services write them, read row by row and written back."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tracemalloc
from contextlib import suppress
from dataclasses import asdict
from itertools import chain
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maia_scim.apply.errors import InvalidFile
from maia_scim.apply.reading import Form, open_rows, write_rows

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Pipe(io.BytesIO):
    """Bytes that come in pieces, and once."""

    def __init__(self, pieces):
        super().__init__()
        self._pieces = iter(pieces)
        self._rest = b""

    def seekable(self):
        return False

    def seek(self, *args):
        raise io.UnsupportedOperation("seek")

    def tell(self):
        raise io.UnsupportedOperation("tell")

    def read(self, size=-1):
        while not self._rest:
            try:
                self._rest = next(self._pieces)
            except StopIteration:
                return b""
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def _read(data: str | bytes, **options):
    with open_rows(io.BytesIO(data.encode() if isinstance(data, str) else data), **options) as source:
        return source.form, list(source.rows())


def _said(row):
    return {each.target.path: each.value for each in row.settings}


def _rows(data: str | bytes, **options):
    """The rows of a file without faults."""
    rows = _read(data, **options)[1]
    assert [row.faults for row in rows if row.faults] == []
    return [(row.line, row.id, _said(row)) for row in rows]


def _faults(data: str | bytes, **options):
    """What is wrong with the rows."""
    return [str(fault) for row in _read(data, **options)[1] for fault in row.faults]


def _refused(data: str | bytes, **options):
    with pytest.raises(InvalidFile) as caught:
        _read(data, **options)
    return [str(fault) for fault in caught.value.faults]


# What spreadsheets write.


def test_excel_csv_utf8_of_a_country_with_decimal_commas():
    data = (
        "\ufeffid;userName;name.givenName;name.familyName;emails[work];active\r\n"
        'u1;nikos@example.com;Νίκος;"Παπα; ""δόπουλος""";nikos@example.com;TRUE\r\n'
        "u2;ali@example.com;علي;بن أحمد;;FALSE\r\n"
        "u3;zhang@example.com;伟;张 👩‍💻;;\r\n"
    )
    form, rows = _read(data)
    assert form == Form("csv", "utf-8", True, "\r\n", ";", tuple(data[1:].split("\r\n", maxsplit=1)[0].split(";")))
    assert _rows(data) == [
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
    form, _ = _read(data)
    assert (form.encoding, form.bom, form.delimiter, form.newline) == (encoding, True, "\t", "\r\n")
    assert _rows(data) == [(2, "u1", {"userName": "張 偉", "title": "Ω"}), (3, "u2", {"title": "👩"})]


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"'])
def test_excel_tells_the_delimiter(first):
    data = f"{first}\r\nid;title\r\nu1;a,b,c\r\n"
    form, rows = _read(data)
    assert (form.delimiter, form.dialect_line, rows[0].line) == (";", first, 3)
    assert _rows(data) == [(3, "u1", {"title": "a,b,c"})]


def test_libreoffice_quotes_all():
    assert _rows('"id","title","emails[type eq ""work""].value"\n"u1","x ""y""","a@b"\n') == [
        (2, "u1", {"title": 'x "y"', 'emails[type eq "work"].value': "a@b"})
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way(newline):
    data = newline.join(["", "id,addresses[work].formatted,title", "", 'u1,"a\nb",x', "u2,,y", "", "u3,c", ""])
    form, _ = _read(data)
    assert form.newline == newline
    assert _rows(data) == [
        (4, "u1", {'addresses[type eq "work"].formatted': "a\nb", "title": "x"}),
        (6, "u2", {"title": "y"}),
        (8, "u3", {'addresses[type eq "work"].formatted': "c"}),
    ]


def test_no_other_sign_ends_a_line():
    text = "a\u2028b\u2029c"
    assert _rows(f"id,displayName\nu1,{text}\n") == [(2, "u1", {"displayName": text})]


def test_the_last_line_may_lack_its_end():
    assert _rows("id,title\nu1,a") == [(2, "u1", {"title": "a"})]
    assert _rows("id,title") == []


def test_a_header_over_several_lines():
    data = 'id,"E-Mail\n(work)",title\nu1,a@b,t\n'
    mapping = {"E-Mail\n(work)": "emails[work]"}
    assert _rows(data, mapping=mapping) == [(3, "u1", {'emails[type eq "work"].value': "a@b", "title": "t"})]
    assert "line 1, column E-Mail (work): no attribute" in _refused(data)[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_by_the_header(delimiter):
    data = delimiter.join(["id", "title", "displayName"]) + "\n" + delimiter.join(["u1", "a", "b"]) + "\n"
    assert _read(data)[0].delimiter == delimiter
    assert _rows(data) == [(2, "u1", {"title": "a", "displayName": "b"})]


def test_the_delimiter_is_the_one_that_leaves_headers_known():
    data = "Nr;Name, Vorname, Titel;E-Mail, dienstlich\nu1;a, b;c@d\n"
    mapping = {"Nr": "id", "Name, Vorname, Titel": "name.formatted", "e-mail, dienstlich": "emails[work]"}
    assert _rows(data, mapping=mapping) == [
        (2, "u1", {"name.formatted": "a, b", 'emails[type eq "work"].value': "c@d"})
    ]


def test_signs_within_a_header_do_not_tell_the_delimiter():
    data = 'id,Team|Group,"a;b",title\nu1,x|y,z,t\n'
    assert _rows(data, mapping={"team|group": "", "a;b": ""}) == [(2, "u1", {"title": "t"})]
    assert "column Team|Group: no attribute" in _refused(data)[0]


def test_a_delimiter_that_is_said():
    assert _rows("id:title\nu1:a,b\n", delimiter=":") == [(2, "u1", {"title": "a,b"})]
    assert _rows("sep=;\nid,title\nu1,a;b\n", delimiter=",") == [(3, "u1", {"title": "a;b"})]
    for wrong in ("", ";;", '"', "\n", " "):
        with pytest.raises(ValueError, match="cannot separate cells"):
            _read("id\n", delimiter=wrong)


def test_one_column():
    assert _rows("id\nu1\n\nu2\n") == [(2, "u1", {}), (4, "u2", {})]


def test_short_rows_are_rows_and_long_ones_only_if_the_rest_is_empty():
    data = "id,title,displayName\nu1\nu2,a\nu3,a,b,,\t\nu4,a,b,,c\n"
    assert _faults(data) == ["line 5: 5 cells, but the header has 3: a cell with a comma in it stands in quotes"]


def test_columns_without_a_header():
    assert _rows("id,,title, \nu1,,a,\nu2, ,b\n") == [(2, "u1", {"title": "a"}), (3, "u2", {"title": "b"})]
    assert _faults("id,,title\nu1,x,a\n") == ["line 2: cell 2 stands under no header"]


def test_blank_rows_are_none():
    assert _rows("id,title\n\n,\n  ,\t\n , \nu1,a\n\n") == [(6, "u1", {"title": "a"})]


def test_blanks_around_cells_do_not_count():
    data = 'id, title, displayName\n u1 ,\u00a0a\t, "b, c" \n'
    assert _refused(data.replace(' "b, c" ', ' "b, c" x'))
    assert _rows(data.replace('" \n', '"\n')) == [(2, "u1", {"title": "a", "displayName": "b, c"})]


# Empty cells.


def test_an_empty_cell_changes_nothing_unless_it_is_to_clear():
    data = 'id,title,emails[work]\nu1,, \nu2,a,b@c\nu3,""\n'
    assert [said for _, _, said in _rows(data)] == [
        {},
        {"title": "a", 'emails[type eq "work"].value': "b@c"},
        {},
    ]
    assert [said for _, _, said in _rows(data, clear_empty=True)] == [
        {"title": None, 'emails[type eq "work"].value': None},
        {"title": "a", 'emails[type eq "work"].value': "b@c"},
        {"title": None, 'emails[type eq "work"].value': None},
    ]


@pytest.mark.parametrize("header", ["userName", "active", "ACTIVE"])
def test_what_is_never_cleared(header):
    data = f"id,{header},title\nu1,,x\n"
    assert _rows(data) == [(2, "u1", {"title": "x"})]
    assert f"line 2, column {header}: " in _faults(data, clear_empty=True)[0]
    assert "cannot be cleared" in _faults(data, clear_empty=True)[0]


@pytest.mark.parametrize("clear_empty", [False, True])
def test_a_row_needs_an_id(clear_empty):
    data = "id,title\n ,a\n"
    _, (row,) = _read(data, clear_empty=clear_empty)
    assert row.id == ""
    assert _faults(data, clear_empty=clear_empty) == [
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
    assert _rows(data) == [(1, "u1", {})]
    assert _rows(data, clear_empty=True) == [
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
    assert _rows(data) == [(1, "u1", {})]
    assert _faults(data, clear_empty=True) == [
        f"line 1, column {ENTERPRISE}: an extension is cleared by its attributes, as in {ENTERPRISE}:department",
        "line 1, column active: active cannot be cleared: write a value, or leave the column out",
    ]


# What is wrong with a file.


@pytest.mark.parametrize("data", ["", "\ufeff", "\n\n", " \r\n", "sep=;\n"])
def test_an_empty_file(data):
    assert "the file is empty" in _refused(data, format="csv")[0]


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_an_empty_json_file(format):
    assert _refused("", format=format) == ["the file is empty"]
    assert _rows("[]", format="json") == _rows(" \n", format="jsonl") == []


def test_faults_of_the_header_are_told_together():
    assert _refused("\nuserName,USERNAME,usernmae,name,meta\nx,x,x,x,x\n", mapping={"Team": ""}) == [
        "line 2, column usernmae: no attribute of a user: did you mean userName? If not, map the column in the mapping "
        'file, to "" to leave it out',
        "line 2, column name: name is set by its parts: name.familyName, name.formatted, name.givenName, "
        "name.honorificPrefix, name.honorificSuffix, name.middleName",
        'line 2, column meta: read-only: leave the column out, or map it to "" in the mapping file',
        "line 2, column USERNAME: sets what column userName sets",
        "column Team: the mapping has an entry for it, but the file has no such column",
        "line 2: no column id: the service has no search, so each row needs one",
    ]


def test_two_headers_for_one_attribute_by_the_mapping():
    data = "id,Mail,emails[work]\nu1,a@b,c@d\n"
    assert _refused(data, mapping={"mail": 'emails[type eq "WORK"].value'}) == [
        "line 1, column emails[work]: sets what column Mail sets"
    ]


def test_a_whole_array_is_no_column():
    assert "as in emails[work]" in _refused("id,emails\nu1,x\n")[0]
    assert "it is mapped to emails" in _refused("id,x\nu1,x\n", mapping={"x": "emails"})[0]


def test_faults_of_rows_do_not_keep_others_from_being_read():
    _, rows = _read(
        "id,active,userName\na/b,maybe,x\nu2,true,d41d8cd98f00b204e9800998ecf8427eann@example.com\nu3,no,z\n"
    )
    assert [[fault.line for fault in row.faults] for row in rows] == [[2, 2], [3], []]
    assert [fault.column for fault in rows[0].faults] == ["id", "active"]
    assert (rows[0].id, _said(rows[0])) == ("", {"userName": "x"})
    assert _said(rows[1]) == {"active": True}


def test_a_quote_that_is_not_closed():
    assert _refused('id,title\nu1,a\nu2,"b\nu3,c\n') == [
        "line 3: a quote is not closed: the file ends in a cell that begins in this row"
    ]
    assert "line 1: the header does not end" in _refused('id,"title\n' + "u1,a\n" * 5)[0]


def test_a_quote_that_is_not_closed_does_not_swallow_a_large_file():
    data = 'id,title\nu1,"a\n' + "u2,b\n" * 100_000
    assert _refused(data) == ["line 2: a cell has more than 131072 characters: is a quote not closed?"]


def test_a_quote_within_a_cell():
    assert _rows('id,title\nu1,5" screen\n') == [(2, "u1", {"title": '5" screen'})]
    assert "line 2: is no CSV" in _refused('id,title\nu1,"5" screen"\n')[0]


def test_a_line_that_fills_the_memory():
    for format in ("csv", "jsonl"):
        data = Pipe(chain([b"id\n" if format == "csv" else b'{"id": "1"}\n'], (b"x" * 65536 for _ in range(100_000))))
        with (
            pytest.raises(InvalidFile, match="line 2: a line of more than 4000000 characters"),
            open_rows(data, format=format) as source,
        ):
            list(source.rows())
    data = Pipe(chain([b'[{"id": "'], (b"x" * 65536 for _ in range(100_000))))
    with (
        pytest.raises(InvalidFile, match="line 1: has a value of more than 4000000 characters"),
        open_rows(data) as source,
    ):
        list(source.rows())


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"PK\x03\x04..", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0..", "Excel"),
        (b"\x1f\x8b..", "gzip"),
        (b"%PDF-1", "PDF"),
    ],
)
def test_other_files_are_told(start, what):
    (fault,) = _refused(start)
    assert what in fault
    assert "CSV UTF-8" in fault


def test_a_file_that_cannot_be_opened(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InvalidFile, match="cannot be read") as caught, open_rows(path):
            pass
        assert str(caught.value).startswith(f"{path}: 1 fault")


def test_a_file_that_breaks_off():
    def pieces():
        yield b"id\nu1\n"
        raise OSError(5, "Input/output error")

    with open_rows(Pipe(pieces())) as source, pytest.raises(InvalidFile, match="cannot be read: Input/output error"):
        list(source.rows())


def test_what_a_caller_raises_is_not_the_file(tmp_path):
    path = tmp_path / "users.csv"
    path.write_text("id\nu1\n")
    with pytest.raises(OSError, match="mine"), open_rows(path):
        raise OSError("mine")


# Encodings.


def test_bytes_that_are_not_utf8_are_told_by_place():
    data = "id;userName\r\nu1;Zoë\r\nu2;José\r\n"
    assert _refused(data.encode("cp1252")) == [
        "line 2: byte 18 of the file, 0xEB, is not UTF-8: save it as CSV UTF-8, or say its encoding, as with "
        "--encoding cp1252"
    ]
    for newline in ("\n", "\r"):
        (fault,) = _refused(data.replace("\r\n", newline).encode("cp1252"))
        assert fault.startswith("line 2: byte 17 of the file")
    assert _rows(data.encode("cp1252"), encoding="cp1252")[1] == (3, "u2", {"userName": "José"})


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_place_is_right_in_any_pieces(size):
    good = "id;userName\r\n" + "u1;Zoë Ωμέγα 👩\r\n" * 30
    data = good.encode() + b"u2;\xf0\x9f\x91x\r\n"
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    with pytest.raises(InvalidFile) as caught, open_rows(Pipe(pieces)) as source:
        list(source.rows())
    (fault,) = caught.value.faults
    assert fault.line == 32
    assert f"byte {len(good.encode()) + 3} of the file, 0xF0" in fault.message


def test_a_character_that_is_cut_off_at_the_end():
    assert "byte 5 of the file, 0xC3, is not UTF-8" in _refused(b"id\nu1\xc3")[0]
    assert "is not utf-16-le" in _refused("\ufeffid\r\nu1\r\n".encode("utf-16-le") + b"x")[0]


def test_utf16_without_a_bom_is_told_and_can_be_said():
    data = "id\tuserName\r\nu1\tΩ\r\n".encode("utf-16-le")
    assert "--encoding utf-16" in _refused(data)[0]
    for encoding in ("utf-16", "utf-16-le", "UTF_16_LE"):
        assert _rows(data, encoding=encoding) == [(2, "u1", {"userName": "Ω"})]
    form, _ = _read(data, encoding="utf-16")
    assert (form.encoding, form.bom) == ("utf-16-le", False)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8", "utf-8-sig"])
def test_a_bom_is_right_whatever_is_said(encoding):
    form, rows = _read("\ufeffid\nΩ\n", encoding=encoding)
    assert (form.encoding, form.bom, rows[0].id) == ("utf-8", True, "Ω")


@pytest.mark.parametrize("encoding", ["nope", "hex", "rot13", "utf-7", "unicode_escape", ""])
def test_no_such_encoding(encoding):
    with pytest.raises(ValueError, match="there is no encoding"):
        _read("id\n", encoding=encoding)


@pytest.mark.parametrize("encoding", ["shift_jis", "gb18030", "big5", "iso-2022-jp", "mac_roman", "cp1253"])
def test_encodings_of_the_world(encoding):
    name = {"mac_roman": "José", "cp1253": "Ωμέγα"}.get(encoding, "山田")
    data = f"id,displayName\nu1,{name}\n".encode(encoding)
    form, rows = _read(data, encoding=encoding)
    assert _said(rows[0]) == {"displayName": name}
    assert _written(form, rows) == data


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
    form, rows = _read(data, name=name)
    assert (form.format, rows[0].id) == (format, "u1")
    if name != "-":
        (tmp_path / name).write_text(data)
        with open_rows(tmp_path / name) as source:
            assert (source.name, source.form.format) == (str(tmp_path / name), format)


def test_a_format_that_is_said():
    assert _read('{"id": "u1"}\n', name="users.csv", format="jsonl")[0].format == "jsonl"
    with pytest.raises(ValueError, match="there is no format 'xlsx': it is one of csv, jsonl, json"):
        _read("id\n", format="xlsx")


def test_a_stream_has_a_name():
    with open_rows(io.BytesIO(b"id\n")) as source:
        assert source.name == "-"
    with open_rows(io.BytesIO(b"id\n"), name="standard input") as source:
        assert source.name == "standard input"


# JSON.


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
        (row,) = _read(data)[1]
        assert (row.id, _said(row), row.faults, row.source) == ("u1", said, (), user)


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
    assert _rows(data) == [
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
    _, rows = _read(data, format=format)
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
    _, rows = _read(f'{{"id": "u1"}}\n\n{text}\n{{"id": "u2"}}\n', format="jsonl")
    assert [(row.line, row.id, bool(row.faults)) for row in rows] == [(1, "u1", False), (3, "", True), (4, "u2", False)]
    assert fault in rows[1].faults[0].message
    assert rows[1].source == text


@pytest.mark.parametrize(("text", "fault"), UNUSABLE)
def test_an_item_that_cannot_be_used_is_a_fault(text, fault):
    _, rows = _read(f'[{{"id": "u1"}},\n\n{text},\n{{"id": "u2"}}]')
    assert [(row.line, row.id, bool(row.faults)) for row in rows] == [(1, "u1", False), (3, "", True), (4, "u2", False)]
    assert fault in rows[1].faults[0].message


@pytest.mark.parametrize(("text", "fault"), BROKEN)
def test_an_array_that_breaks_is_refused(text, fault):
    (found,) = _refused(f'[{{"id": "u1"}},\n\n{text},\n{{"id": "u2"}}]')
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
    assert fault in _refused(text, format="json")[0]


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
    assert [row.id for row in _read('[{"id":"u1"},{"id":"u2"}]')[1]] == ["u1", "u2"]


def test_digits_are_kept():
    data = '{"id": "u1", "urn:x:y:big": 123456789012345678901234567890, "urn:x:y:float": 0.1, "urn:x:y:z": -0}'
    assert _rows(data) == [
        (1, "u1", {"urn:x:y:big": 123456789012345678901234567890, "urn:x:y:float": 0.1, "urn:x:y:z": 0})
    ]


# Streams.


def test_a_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = "id,userName\n" + "".join(f"u{n},Ωμέγα {n}\n" for n in range(5000))
    writer = Thread(target=path.write_bytes, args=(data.encode(),))
    writer.start()
    with path.open("rb") as stream, open_rows(stream) as source:
        rows = list(source.rows())
        assert not stream.closed
    writer.join()
    assert [row.id for row in rows] == [f"u{n}" for n in range(5000)]


def test_rows_are_given_while_the_file_is_still_written():
    given: list[str] = []

    def pieces():
        yield b"id\nu1\n"
        yield b"u2\n"
        assert given == ["u1", "u2"]
        yield b"u3\n"

    with open_rows(Pipe(pieces())) as source:
        for row in source.rows():
            given.append(row.id)
    assert given == ["u1", "u2", "u3"]


def test_the_hash_is_that_of_the_file(tmp_path):
    data = "\ufeffid;userName\r\nu1;a\r\nu2;b\r\n".encode()
    with open_rows(io.BytesIO(data)) as source:
        with pytest.raises(RuntimeError, match="when all of its rows were read"):
            _ = source.sha256
        rows = source.rows()
        next(rows)
        with pytest.raises(RuntimeError, match="when all of its rows were read"):
            _ = source.sha256
        assert len(list(rows)) == 1
        assert source.sha256 == hashlib.sha256(data).hexdigest()
        with pytest.raises(RuntimeError, match="given once"):
            source.rows()


@pytest.mark.parametrize("format", ["csv", "jsonl", "json"])
def test_the_hash_is_that_of_all_of_it_behind_a_limit(format):
    from maia_scim.apply.picks import Picks

    records = [{"id": f"u{n}"} for n in range(30_000)]
    if format == "csv":
        data = "".join(["id\n", *(f"{record['id']}\n" for record in records)])
    else:
        data = json.dumps(records) if format == "json" else "".join(f"{json.dumps(each)}\n" for each in records)
    with open_rows(io.BytesIO(data.encode()), picks=Picks(limit=2)) as source:
        assert [row.id for row in source.rows()] == ["u0", "u1"]
        assert source.sha256 == hashlib.sha256(data.encode()).hexdigest()


def _csv_pieces(count):
    yield b"id;userName;name.givenName;emails[work];active;x\n"
    for n in range(count):
        yield f'u{n};user{n}@example.com;"Ωμέγα; {n}";u{n}@example.com;true;{"x" * 100}\n'.encode()


def _json_pieces(count, format):
    yield b"[" if format == "json" else b""
    for n in range(count):
        record = {"id": f"u{n}", "name": {"givenName": f"Ωμέγα {n}"}, "emails": [{"value": f"u{n}@x"}]}
        record |= {f"a{n}": "no attribute"} if n % 100 == 0 else {}
        yield (b"," if n and format == "json" else b"") + json.dumps(record).encode() + b"\n"
    yield b"]" if format == "json" else b""


@pytest.mark.parametrize("format", ["csv", "jsonl", "json"])
def test_memory_stays_flat(format):
    def peak(count):
        pieces = _csv_pieces(count) if format == "csv" else _json_pieces(count, format)
        tracemalloc.start()
        try:
            mapping = {"x": "urn:example:x"} if format == "csv" else None
            with open_rows(Pipe(pieces), format=format, mapping=mapping) as source:
                found = sum(1 for _ in source.rows())
            assert found == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(3000)  # what is kept, such as what headers stand for, is there
    few, many = peak(3000), peak(12_000)
    assert many < few + 500_000


# Writing.


def _written(form, rows):
    out = io.BytesIO()
    assert write_rows(form, (row.source for row in rows), out) == len(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        '\ufeffid;userName\r\nu1;"a;b"\r\nu2;Ω\r\n'.encode(),
        "\ufeffid\ttitle\r\nu1\tΩ 👩\r\n".encode("utf-16-le"),
        b'sep=;\nid;title\nu1;"a ""b"""\nu2;\n',
        b"id,title\ru1,a\r",
        b"id,title\n",
        b"id\nu1\n",
        b'id,title\nu1," a"\nu2\nu3,"a\r\nb"\n',
        b'{"id": "u1", "title": "\xce\xa9"}\r\n{"id": "u2", "emails": []}\r\n',
        b'[\n{"id": "u1"},\n{"id": "u2", "urn:x:y:a": 12345678901234567890123}\n]\n',
        b'{"id": "u1", "id": "u2"}\n{"id": NaN}\n',
    ],
)
def test_rows_are_written_as_they_came(data):
    form, rows = _read(data)
    assert _written(form, rows) == data
    held = json.loads(json.dumps(asdict(form)))
    again = Form(**{**held, "header": held["header"] and tuple(held["header"])})
    assert again == form


def test_some_rows_are_written_ready_to_run():
    data = "\ufeffid;active\r\nu1;yes\r\n\r\nu2;maybe\r\nu3;no\r\n".encode()
    form, rows = _read(data)
    assert _written(form, [row for row in rows if row.faults]) == "\ufeffid;active\r\nu2;maybe\r\n".encode()
    form, rows = _read('[{"id": "u1"}, {"id": 5}]')
    assert json.loads(_written(form, rows[1:])) == [{"id": 5}]
    assert json.loads(_written(form, [])) == []


def test_json_of_an_encoding_that_lacks_a_sign():
    data = '{"id": "u1", "title": "é \\u03a9"}\n{"id": "u2"}\n'.encode("latin-1")
    form, rows = _read(data, encoding="latin-1")
    again = _read(_written(form, rows), encoding="latin-1")[1]
    assert [row.source for row in again] == [row.source for row in rows]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12) | st.sampled_from(
    ["", " ", ' "', '"', '""', "a;b", "a,b", "\r", "\n", "\r\n", "\t", " a ", "sep=;", "=1+1", "\ufeff", "a\rb"]
)


@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([("utf-8", False), ("utf-8", True), ("utf-16-le", True), ("utf-16-be", True), ("utf-32-le", True)]),
    st.sampled_from([None, "sep"]),
)
def test_what_is_written_reads_the_same(rows, delimiter, newline, encoding, sep):
    header = ("id", "title", "urn:x:y:a", "displayName")
    form = Form("csv", encoding[0], encoding[1], newline, delimiter, header, sep and f"sep={delimiter}")
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    out = io.BytesIO()
    assert write_rows(form, rows, out) == len(rows)
    found, again = _read(out.getvalue())
    assert found == form
    assert [row.source for row in again] == rows
    out_again = io.BytesIO()
    write_rows(found, (row.source for row in again), out_again)
    assert out_again.getvalue() == out.getvalue()


@given(st.lists(CELLS.filter(str.strip), max_size=5))
def test_one_column_is_written_and_read_the_same(cells):
    form = Form("csv", "utf-8", False, "\n", ",", ("id",))
    out = io.BytesIO()
    write_rows(form, [[cell] for cell in cells], out)
    _, again = _read(out.getvalue())
    assert [row.source for row in again] == [[cell] for cell in cells]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('abcdé[]{}",\\ ', max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(st.text('abcdé[]{}",\\ ', max_size=5), JSON, max_size=4), max_size=6)


def _in_pieces(data, draw):
    pieces = []
    while data:
        size = draw(st.integers(1, 40))
        pieces.append(data[:size])
        data = data[size:]
    return pieces


@given(RECORDS, st.data(), st.sampled_from([None, 1]), st.booleans(), st.sampled_from(["json", "jsonl"]))
def test_json_reads_as_json_in_any_pieces(records, data, indent, ascii_only, format):
    if format == "json":
        text = json.dumps(records, indent=indent, ensure_ascii=ascii_only)
    else:
        text = "".join(json.dumps(each, ensure_ascii=ascii_only) + "\n" for each in records) or "\n"
    with open_rows(Pipe(_in_pieces(text.encode(), data.draw)), format=format) as source:
        rows = list(source.rows())
    sources = [json.loads(row.source) if isinstance(row.source, str) else row.source for row in rows]
    assert sources == records
    assert json.dumps(sources) == json.dumps(records)
    starts = [row.line for row in rows]
    assert starts == sorted(starts)
    out = io.BytesIO()
    write_rows(source.form, (row.source for row in rows), out)
    _, again = _read(out.getvalue() or b"\n", format=format)
    assert [row.source for row in again] == [row.source for row in rows]


@given(st.data())
def test_csv_reads_the_same_in_any_pieces(data):
    text = '\ufeffid;title\r\nu1;"a\r\nb"\r\n\r\nu2;Ωμέγα 👩\r\n;\r\nu3;"x ""y"""\r\n'
    encoding = data.draw(st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
    with open_rows(Pipe(_in_pieces(text.encode(encoding), data.draw))) as source:
        rows = list(source.rows())
    assert [(row.line, row.source) for row in rows] == [
        (2, ["u1", "a\r\nb"]),
        (5, ["u2", "Ωμέγα 👩"]),
        (7, ["u3", 'x "y"']),
    ]


def _read_or_refused(data, format):
    with suppress(InvalidFile):
        _, rows = _read(data, format=format)
        for row in rows:
            json.dumps(row.source, ensure_ascii=False).encode()
            assert row.id or row.faults


@given(st.binary(max_size=200), st.sampled_from([None, "csv", "json", "jsonl"]))
def test_any_bytes_are_read_or_refused(data, format):
    _read_or_refused(data, format)


@given(st.text('id,;\n\r"\\{}[]:1 ', max_size=60), st.sampled_from(["csv", "json", "jsonl"]))
def test_any_text_is_read_or_refused(text, format):
    _read_or_refused(text.encode(), format)
