"""Tables that are not of users: a few columns by name, in whatever form they come."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from maia_scim.apply import InvalidFile
from maia_scim.apply.tables import open_table, text_of

if TYPE_CHECKING:
    from pathlib import Path


def table(content: str | bytes, **options: Any) -> list[tuple[int, dict[str, Any]]]:
    data = content.encode() if isinstance(content, str) else content
    options = {"name": "pairs.csv", "columns": ("old", "new"), **options}
    with open_table(io.BytesIO(data), options.pop("columns"), **options) as records:
        return [(each.line, each.values) for each in records]


def refused(content: str | bytes, **options: Any) -> str:
    with pytest.raises(InvalidFile) as caught:
        table(content, **options)
    (fault,) = caught.value.faults
    return str(fault)


ONE = [(2, {"old": "a", "new": "b"})]


@pytest.mark.parametrize(
    "content",
    [
        "old,new\na,b\n",
        "old;new\na;b\n",
        "old\tnew\r\na\tb\r\n",
        "old|new\na|b",
        'OLD, "New"\n" a ", b \n',
        "old,new\n a,b,,\n",
        "old,new\n,\na,b\n , \n",
        "\ufeffold,new\na,b\n",
        "old,why,new\na,x,b\n",
        '"old";"new"\n"a";"b"\n',
        "Old;New;x,y,z\na;b;c\n",
    ],
)
def test_csv_as_spreadsheets_write_it(content: str) -> None:
    assert [values for _, values in table(content)] == [{"old": "a", "new": "b"}]


@pytest.mark.parametrize("content", ["new,old\nb,a\n", "why;new;old\nx;b;a\n"])
def test_columns_may_stand_in_any_order(content: str) -> None:
    assert table(content) == ONE


def test_lines_are_those_of_the_file() -> None:
    assert table('sep=;\nold;new\n\na;"b\nc"\n;\nd;e\n') == [
        (4, {"old": "a", "new": "b\nc"}),
        (7, {"old": "d", "new": "e"}),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le"])
def test_other_encodings(encoding: str) -> None:
    bom = b"\xff\xfe" if encoding == "utf-16-le" else b""
    assert table(bom + "old,new\nä,ö\n".encode(encoding)) == [(2, {"old": "ä", "new": "ö"})]


def test_an_encoding_is_taken_as_it_is_said() -> None:
    content = "old,new\nä,ö\n".encode("cp1252")
    assert table(content, encoding="cp1252") == [(2, {"old": "ä", "new": "ö"})]
    assert "UTF-8" in refused(content)
    with pytest.raises(ValueError, match="klingon"):
        table(content, encoding="klingon")


def test_short_rows_have_empty_cells_and_wide_ones_are_refused() -> None:
    assert table("old,new\na\n") == [(2, {"old": "a", "new": ""})]
    assert refused("old,new\na,b\nc,d,e\n") == (
        "line 3: 3 cells, but the header has 2: a cell with a comma in it stands in quotes"
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("old,other\na,b\n", "line 1: there is no column new: the header needs the columns old and new"),
        ("x,y\na,b\n", "line 1: there is no column old and no column new: the header needs the columns old and new"),
        ("old,new,OLD\na,b,c\n", "line 1, column old: the header has it twice"),
        ("", "the file is empty"),
        (" \n\n", "the file is empty: its first row needs to be a header, with the columns old and new"),
    ],
)
def test_what_a_header_lacks_is_told(content: str, told: str) -> None:
    assert refused(content) == told


def test_one_column_is_one() -> None:
    assert refused("x\na\n", columns=("old",)).endswith("the header needs the column old")
    assert table("old\na\n", columns=("old",)) == [(2, {"old": "a"})]


def test_columns_that_need_not_be_there() -> None:
    assert table("old,new\na,b\n", optional=("why",)) == ONE
    assert table("old,new,WHY\na,b,c\n", optional=("why",)) == [(2, {"old": "a", "new": "b", "why": "c"})]
    assert refused("old,new,why,why\na,b,c,d\n", optional=("why",)) == "line 1, column why: the header has it twice"
    assert table('{"old": 1, "new": 2}', name="x.jsonl", optional=("why",)) == [(1, {"old": 1, "new": 2})]


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.json", "-"])
def test_json(name: str) -> None:
    rows = ['{"OLD": "a", "new": " b ", "why": {}}', '{"new": null, "Old": [1]}']
    content = "\n".join(rows) if name != "pairs.json" else f"[{', '.join(rows)}]"
    assert [values for _, values in table(content, name=name)] == [
        {"old": "a", "new": " b "},
        {"old": [1], "new": None},
    ]
    assert [line for line, _ in table(content, name=name)] == ([1, 1] if name == "pairs.json" else [1, 2])


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        ('{"old": 1}', "x.jsonl", "line 1: lacks new"),
        ('{"old": 1, "new": 2}\n{}', "x.jsonl", "line 2: lacks old and new"),
        ("[1]", "x.json", "line 1: needs an object with old and new"),
        ('{"old": 1, "new": 2}\n[]', "x.jsonl", "line 2: needs an object with old and new"),
    ],
)
def test_json_that_is_something_else_is_told(content: str, name: str, told: str) -> None:
    assert refused(content, name=name) == told


@pytest.mark.parametrize("content", ['{"old": 1, "new": 2', "{", "[}", '[{"old": 1, "new": 2}'])
@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
def test_broken_json_is_told_with_its_line(content: str, name: str) -> None:
    assert refused(content, name=name).startswith("line 1")


def test_an_attribute_that_is_there_twice_is_told() -> None:
    """As the header of CSV is."""
    assert "line 1" in refused('{"old": 1, "new": 2, "OLD": 3}', name="x.jsonl")


def test_a_csv_that_breaks_off_is_told() -> None:
    assert refused('old,new\na,b\nc,"d\n') == (
        "line 3: a quote is not closed: the file ends in a cell that begins in this row"
    )


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(InvalidFile, match=r"missing\.csv: 1 fault; nothing was sent\n  cannot be read: No such file"),
        open_table(tmp_path / "missing.csv", ("old",)),
    ):
        pass


def test_a_file_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("old,new\na,b\n", encoding="utf-8")
    with open_table(file, ("old", "new")) as records:
        assert next(iter(records)).line == 2
    file.unlink()
    stream = io.BytesIO(b"old,new\na,b\n")
    with open_table(stream, ("old", "new")) as records:
        assert [*records]
    assert not stream.closed


@pytest.mark.parametrize(("value", "text"), [(" a ", "a"), ("", ""), (None, ""), (7, ""), (["a"], ""), (True, "")])
def test_text_of_a_value(value: Any, text: str) -> None:
    assert text_of(value) == text
