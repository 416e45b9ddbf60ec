"""Whom a verb is about: ids of a file, members of groups, everyone that an index knows."""

import io
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from maia_scim import MaiaScim
from maia_scim.apply.errors import ApplyError, InvalidFile
from maia_scim.apply.export import export
from maia_scim.apply.whom import Whom, ids_of
from maia_scim.errors import NotFound
from maia_scim.sandbox import Sandbox
from tests.apply.exports import Directory

STAFF = "f53b7fcb-881d-4b5b-a05b-af8ebc898d69"
Json = dict[str, Any]


@dataclass(frozen=True)
class Known:
    id: str
    name: str = "bjensen"
    by: str = "userName"
    seen: datetime = datetime(2026, 1, 2, tzinfo=UTC)
    form_differs: bool = False


class FakeIndex:
    """Names of users and groups; what is in it is a name."""

    def __init__(self, **known: Known) -> None:
        self.known = known

    def is_name(self, text: str) -> bool:
        return "@" in text or text in self.known

    def find(self, who: str, kind: str = "user") -> Known:
        if who not in self.known:
            raise ApplyError(f"{who}: no {kind} of that name was seen")
        return self.known[who]

    def users(self) -> Iterator[Known]:
        return iter(self.known.values())


INDEX = FakeIndex(babs=Known("1"), bob=Known("2", by="emails", form_differs=True), shown=Known("3", by="displayName"))


def listed(client: MaiaScim, whom: Whom) -> tuple[list[tuple[str, str | None]], list[str]]:
    told: list[str] = []
    return [*ids_of(client, whom, tell=told.append)], told


def test_a_file_has_an_id_a_line(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_bytes("\ufeff# who left\r\n\r\n a \r\nb # B\r\nc#EXT#\r\nA\r\n".encode())

    assert listed(maia, Whom(ids=file))[0] == [("a", None), ("b", None), ("c#EXT#", None)]
    assert listed(maia, Whom(ids=io.BytesIO(file.read_bytes())))[0][0] == ("a", None)
    assert listed(maia, Whom(ids=[" a ", "b", "a"]))[0] == [("a", None), ("b", None)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\n../b\nc\n d/e\n", ["2 faults; nothing was sent", "line 2: '../b' is no id", "line 4: 'd/e' is no id"]),
        ("a@x.example\n", ["line 1: a@x.example is a name: it takes an index"]),
        (
            "a\nb\na@x.example\nc\nd\n",
            ["has both ids (line 1, 2, 4, …) and names (line 3): write the one or the other"],
        ),
        ("# nobody\n", ["names nobody"]),
        ("", ["the file is empty"]),
    ],
)
def test_a_file_that_is_wrong_says_where(
    maia: MaiaScim, sandbox: Sandbox, tmp_path: Path, text: str, told: list[str]
) -> None:
    file = tmp_path / "ids.txt"
    file.write_text(text, "utf-8")

    with pytest.raises(InvalidFile) as caught:
        ids_of(maia, Whom(ids=file, groups=[STAFF]))

    assert all(each in str(caught.value) for each in told), str(caught.value)
    assert not sandbox.requests


def test_a_file_that_is_not_there_says_so(maia: MaiaScim, tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="cannot be read: No such file"):
        ids_of(maia, Whom(ids=tmp_path / "none"))


def test_a_stream_is_called_by_its_name(maia: MaiaScim) -> None:
    for name, called in (("<stdin>", "standard input"), ("left.txt", "left.txt"), (3, "standard input")):
        stream = io.BytesIO(b"#")
        stream.name = name
        with pytest.raises(InvalidFile, match=f"{called}: 1 fault"):
            ids_of(maia, Whom(ids=stream))


def test_names_are_found_by_the_index(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("bob\nbabs\n", "utf-8")
    form = "which the directory spells in another Unicode form (bjensen)"
    expected = [
        ("2", f"bob is user 2 by its emails, {form}, seen 2026-01-02"),
        ("1", "babs is user 1 by its userName, seen 2026-01-02"),
    ]

    assert listed(maia, Whom(ids=file, index=INDEX))[0] == expected
    assert listed(maia, Whom(ids=["bob", "7"], index=INDEX))[0] == [expected[0], ("7", None)]


def test_names_that_nobody_has_are_told_with_their_lines(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("bob\nno@x.example\nshown\n", "utf-8")

    with pytest.raises(InvalidFile) as caught:
        ids_of(maia, Whom(ids=file, index=INDEX))

    assert "line 2: no@x.example: no user of that name" in str(caught.value)
    assert "line 3: shown is what bjensen (3) is shown as, and others may be, too" in str(caught.value)


def test_ids_beside_names_are_refused_with_an_index_too(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("bob\n17\nno@x.example\n", "utf-8")

    with pytest.raises(InvalidFile, match=r"1 fault; .*\n.*has both ids \(line 2\) and names \(line 1, 3\)"):
        ids_of(maia, Whom(ids=file, index=INDEX))


def test_everyone_is_whom_the_index_knows(maia: MaiaScim) -> None:
    assert [id for id, _ in ids_of(maia, Whom(index=INDEX, everyone=True))] == ["1", "2", "3"]
    for whom, why in ((Whom(everyone=True), "there is none"), (Whom(), "nobody is named")):
        with pytest.raises(ApplyError, match=why):
            ids_of(maia, whom)


MEMBERS = [
    {"value": "1", "type": "User"},
    {"value": "g2", "type": "GROUP"},
    {"value": "g3", "$ref": "https://x/Groups/g3"},
    {"value": "2", "$ref": "https://x/Users/2"},
    {"value": "1"},
    {"display": "nobody"},
]


def test_members_of_groups_are_users_each_once() -> None:
    groups: list[Json] = [
        {"id": "g1", "displayName": "One", "members": MEMBERS},
        {"id": "g4", "members": [{"value": "3"}, {"value": "2"}]},
        {"id": "g5"},
    ]
    index = FakeIndex(One=Known("g1", by="displayName"))
    with Directory([], groups).client() as client:
        ids, told = listed(client, Whom(groups=["One", "g4", "g5", "g1"], ids=["0"], index=index))

    assert [id for id, _ in ids] == ["0", "1", "2", "3"]
    assert told == [
        "One is group g1 by its displayName, seen 2026-01-02",
        "group One: 2 of its members are groups: only users who are members themselves are taken",
        "group One: 1 of its members has no id, and cannot be read",
    ]


def test_groups_that_are_gone_are_named_before_anybody_is_read() -> None:
    directory = Directory([{"id": "1"}], [{"id": "g1", "members": MEMBERS}])
    out = io.BytesIO()
    with directory.client() as client, pytest.raises(NotFound, match="groups g2, g3: gone") as caught:
        export(client, Whom(ids=["1"], groups=["g2", "g1", "g3"]), out)

    assert directory.asked == ["g2", "g1", "g3"]
    assert (caught.value.status, caught.value.outcome) == (404, "refused")


def test_the_ids_of_a_long_list_are_given_each_once(maia: MaiaScim) -> None:
    with ids_of(maia, Whom(ids=(f"id-{number % 1500}" for number in range(3000)))) as ids:
        assert ids.count == 1500
        assert [id for id, _ in ids] == [f"id-{number}" for number in range(1500)]
        assert [*ids] == []
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            ids.sql.execute("SELECT 1")


def test_a_list_that_nobody_goes_through_is_closed(maia: MaiaScim) -> None:
    with ids_of(maia, Whom(ids=["a", "b"])) as ids:
        assert next(ids) == ("a", None)
