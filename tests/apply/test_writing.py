"""Files that come as streams, and rows that are written back."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tracemalloc
from contextlib import suppress
from dataclasses import asdict
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maia_scim.apply.errors import InvalidFile
from maia_scim.apply.reading import Form, open_rows, write_rows
from tests.apply.files import Pipe, read, written

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
    form, rows = read(data)
    assert written(form, rows) == data
    held = json.loads(json.dumps(asdict(form)))
    again = Form(**{**held, "header": held["header"] and tuple(held["header"])})
    assert again == form


def test_some_rows_are_written_ready_to_run():
    data = "\ufeffid;active\r\nu1;yes\r\n\r\nu2;maybe\r\nu3;no\r\n".encode()
    form, rows = read(data)
    assert written(form, [row for row in rows if row.faults]) == "\ufeffid;active\r\nu2;maybe\r\n".encode()
    form, rows = read('[{"id": "u1"}, {"id": 5}]')
    assert json.loads(written(form, rows[1:])) == [{"id": 5}]
    assert json.loads(written(form, [])) == []


def test_json_of_an_encoding_that_lacks_a_sign():
    data = '{"id": "u1", "title": "é \\u03a9"}\n{"id": "u2"}\n'.encode("latin-1")
    form, rows = read(data, encoding="latin-1")
    again = read(written(form, rows), encoding="latin-1")[1]
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
    found, again = read(out.getvalue())
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
    _, again = read(out.getvalue())
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
    _, again = read(out.getvalue() or b"\n", format=format)
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
        _, rows = read(data, format=format)
        for row in rows:
            json.dumps(row.source, ensure_ascii=False).encode()
            assert row.id or row.faults


@given(st.binary(max_size=200), st.sampled_from([None, "csv", "json", "jsonl"]))
def test_any_bytes_are_read_or_refused(data, format):
    _read_or_refused(data, format)


@given(st.text('id,;\n\r"\\{}[]:1 ', max_size=60), st.sampled_from(["csv", "json", "jsonl"]))
def test_any_text_is_read_or_refused(text, format):
    _read_or_refused(text.encode(), format)
