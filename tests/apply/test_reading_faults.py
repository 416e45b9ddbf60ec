"""What is wrong with a file and how it is told, and encodings."""

from __future__ import annotations

from itertools import chain

import pytest

from maia_scim.apply.errors import InvalidFile
from maia_scim.apply.reading import open_rows
from tests.apply.files import Pipe, read, refused, rows_of, said_by, written

# What is wrong with a file.


@pytest.mark.parametrize("data", ["", "\ufeff", "\n\n", " \r\n", "sep=;\n"])
def test_an_empty_file(data):
    assert "the file is empty" in refused(data, format="csv")[0]


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_an_empty_json_file(format):
    assert refused("", format=format) == ["the file is empty"]
    assert rows_of("[]", format="json") == rows_of(" \n", format="jsonl") == []


def test_faults_of_the_header_are_told_together():
    assert refused("\nuserName,USERNAME,usernmae,name,meta\nx,x,x,x,x\n", mapping={"Team": ""}) == [
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
    assert refused(data, mapping={"mail": 'emails[type eq "WORK"].value'}) == [
        "line 1, column emails[work]: sets what column Mail sets"
    ]


def test_a_whole_array_is_no_column():
    assert "as in emails[work]" in refused("id,emails\nu1,x\n")[0]
    assert "it is mapped to emails" in refused("id,x\nu1,x\n", mapping={"x": "emails"})[0]


def test_faults_of_rows_do_not_keep_others_from_being_read():
    _, rows = read(
        "id,active,userName\na/b,maybe,x\nu2,true,d41d8cd98f00b204e9800998ecf8427eann@example.com\nu3,no,z\n"
    )
    assert [[fault.line for fault in row.faults] for row in rows] == [[2, 2], [3], []]
    assert [fault.column for fault in rows[0].faults] == ["id", "active"]
    assert (rows[0].id, said_by(rows[0])) == ("", {"userName": "x"})
    assert said_by(rows[1]) == {"active": True}


def test_a_quote_that_is_not_closed():
    assert refused('id,title\nu1,a\nu2,"b\nu3,c\n') == [
        "line 3: a quote is not closed: the file ends in a cell that begins in this row"
    ]
    assert "line 1: the header does not end" in refused('id,"title\n' + "u1,a\n" * 5)[0]


def test_a_quote_that_is_not_closed_does_not_swallow_a_large_file():
    data = 'id,title\nu1,"a\n' + "u2,b\n" * 100_000
    assert refused(data) == ["line 2: a cell has more than 131072 characters: is a quote not closed?"]


def test_a_quote_within_a_cell():
    assert rows_of('id,title\nu1,5" screen\n') == [(2, "u1", {"title": '5" screen'})]
    assert "line 2: is no CSV" in refused('id,title\nu1,"5" screen"\n')[0]


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
    (fault,) = refused(start)
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
    assert refused(data.encode("cp1252")) == [
        "line 2: byte 18 of the file, 0xEB, is not UTF-8: save it as CSV UTF-8, or say its encoding, as with "
        "--encoding cp1252"
    ]
    for newline in ("\n", "\r"):
        (fault,) = refused(data.replace("\r\n", newline).encode("cp1252"))
        assert fault.startswith("line 2: byte 17 of the file")
    assert rows_of(data.encode("cp1252"), encoding="cp1252")[1] == (3, "u2", {"userName": "José"})


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
    assert "byte 5 of the file, 0xC3, is not UTF-8" in refused(b"id\nu1\xc3")[0]
    assert "is not utf-16-le" in refused("\ufeffid\r\nu1\r\n".encode("utf-16-le") + b"x")[0]


def test_utf16_without_a_bom_is_told_and_can_be_said():
    data = "id\tuserName\r\nu1\tΩ\r\n".encode("utf-16-le")
    assert "--encoding utf-16" in refused(data)[0]
    for encoding in ("utf-16", "utf-16-le", "UTF_16_LE"):
        assert rows_of(data, encoding=encoding) == [(2, "u1", {"userName": "Ω"})]
    form, _ = read(data, encoding="utf-16")
    assert (form.encoding, form.bom) == ("utf-16-le", False)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8", "utf-8-sig"])
def test_a_bom_is_right_whatever_is_said(encoding):
    form, rows = read("\ufeffid\nΩ\n", encoding=encoding)
    assert (form.encoding, form.bom, rows[0].id) == ("utf-8", True, "Ω")


@pytest.mark.parametrize("encoding", ["nope", "hex", "rot13", "utf-7", "unicode_escape", ""])
def test_no_such_encoding(encoding):
    with pytest.raises(ValueError, match="there is no encoding"):
        read("id\n", encoding=encoding)


@pytest.mark.parametrize("encoding", ["shift_jis", "gb18030", "big5", "iso-2022-jp", "mac_roman", "cp1253"])
def test_encodings_of_the_world(encoding):
    name = {"mac_roman": "José", "cp1253": "Ωμέγα"}.get(encoding, "山田")
    data = f"id,displayName\nu1,{name}\n".encode(encoding)
    form, rows = read(data, encoding=encoding)
    assert said_by(rows[0]) == {"displayName": name}
    assert written(form, rows) == data
