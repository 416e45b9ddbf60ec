"""Files that have names where others have ids: whose they are, by an index, and whether they still are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from maia_scim import apply
from maia_scim.apply import InvalidFile, Plan, names
from maia_scim.index import Index, add_users
from tests.apply.small import fill, put, sent, states, stream, user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maia_scim import MaiaScim
    from maia_scim.sandbox import Sandbox

NFC, NFD = "zo\u00e9", "zoe\u0301"


@pytest.fixture
def held(sandbox: Sandbox) -> Sandbox:
    """Users a, b and z, and two that are shown alike."""
    twins = [user(each, displayName="Twin", externalId=f"ext-{each}") for each in "pq"]
    fill(sandbox, ["a", "b", user("z", userName=f"{NFC}@x.example"), *twins])
    return sandbox


@pytest.fixture
def index(held: Sandbox, maia: MaiaScim, tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "seen.sqlite", maia) as index:
        add_users(index, maia, "abzpq")
        held.forget_requests()
        yield index


def plan_of(maia: MaiaScim, tmp_path: Path, *lines: str, **options: Any) -> Plan:
    return apply.plan(maia, put(tmp_path / "people.csv", *lines), **options)


def refused(maia: MaiaScim, *lines: str, **options: Any) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        apply.plan(maia, stream(*lines), name="-", format="csv", **options)
    return [str(each) for each in caught.value.faults]


# Comparing.


@pytest.mark.parametrize("said", ["a@X.example", "n", "D", f"{NFD}", "x@y.example"])
def test_a_user_is_called_so_by_any_of_its_names(said: str) -> None:
    held = {
        "USERNAME": "A@x.example",
        "externalId": "N",
        "displayName": "d",
        "emails": [{"Value": NFC.upper()}, "X@Y.example"],
    }
    assert names.has(held, said)
    assert not names.has(held, f"{said}.")


@pytest.mark.parametrize("held", [{}, {"userName": 7, "emails": "x"}, {"emails": [None, {"value": 7}]}])
def test_who_has_no_names_is_called_nothing(held: dict[str, Any]) -> None:
    assert names.of(held) == set()
    assert names.outdated(held, "a") in (
        "the index is out of date: who was a is without a userName now; read it anew",
        "the index is out of date: who was a is 7 now; read it anew",
    )


# The column id.


@pytest.mark.parametrize(
    ("said", "id"),
    [
        ("a@x.example", "a"),
        ("A@MAIL.example", "a"),
        ("ext-p", "p"),
        (f"{NFD}@x.EXAMPLE", "z"),
        (f"{NFC}@x.example", "z"),
    ],
)
def test_the_column_id_may_have_names(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path, said: str, id: str
) -> None:
    with plan_of(maia, tmp_path, "id,title", f"{said},x", index=index) as plan:
        (entry,) = plan.entries()
        assert (entry.id, entry.said, entry.state) == (id, said, "change")
        assert entry.seen is not None
        assert entry.seen <= index.find(said).seen
        assert plan.summary.named == 1
        plan.apply()
    assert sent(held) == [f"PUT {id}"]
    with apply.Journal(tmp_path / "people.csv.journal") as journal:
        assert [each.said for each in journal.entries(1)] == [said]


@pytest.mark.parametrize("lines", [("a@x.example,x", "b,x"), ("b,x", "a@x.example,x")])
def test_ids_and_names_are_not_mixed(maia: MaiaScim, held: Sandbox, index: Index, lines: tuple[str, str]) -> None:
    named, plain = (2, 3) if "@" in lines[0] else (3, 2)
    assert refused(maia, "id,title", *lines, index=index) == [
        f"line 3, column id: an id on line {plain}, and a name on line {named}: the column id has either"
    ]
    assert not [*held.requests]


def test_a_name_that_nobody_has_is_told_with_the_others(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    lines = ("a@x.example,x", "nobody@x.example,x", "Twin,x", "b@x.example,x")
    first, second = refused(maia, "id,title", *lines, index=index)
    assert first.startswith("line 3, column id: nobody@x.example: no user of that name was seen.")
    assert second.startswith("line 4, column id: Twin is the displayName of 2 users: ")


def test_who_is_merely_shown_so_is_not_meant(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    fill(sandbox, [user("a", displayName="Ann")])
    with Index.open(tmp_path / "seen.sqlite", maia) as index:
        add_users(index, maia, "a")
        (told,) = refused(maia, "id,title", "ann,x", index=index)
    assert told.startswith("line 2, column id: ann is what a@x.example (a) is shown as, and others may be, too")


def test_somebody_twice_by_different_names_is_refused(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    assert refused(maia, "id,title", "a@x.example,x", "a@mail.example,y", index=index) == [
        "line 3, column id: the user has a row already, on line 2: each has one"
    ]


def test_wrong_rows_may_be_left_out(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    lines = ["id,title", "a@x.example,x", "nobody@x.example,x"]
    with plan_of(maia, tmp_path, *lines, index=index, skip_invalid=True) as plan:
        assert states(plan) == [("a", "change"), ("nobody@x.example", "invalid")]
        (entry,) = plan.entries("invalid")
        assert "column id: nobody@x.example: no user of that name" in (entry.note or "")


@pytest.mark.parametrize("column", ["id", "userName"])
def test_who_is_called_otherwise_now_is_not_written(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path, column: str
) -> None:
    other = held.dump()
    other["users"][0] |= {"userName": "another@x.example"}
    if column == "id":
        other["users"][0] |= {"emails": []}  # an address would still be a name
    held.load(other)
    with plan_of(maia, tmp_path, f"{column},title", "a@x.example,x", "b@x.example,x", index=index) as plan:
        assert states(plan) == [("a", "not_found"), ("b", "change")]
        (entry,) = plan.entries("not_found")
        told = "the index is out of date: who was a@x.example is another@x.example now; read it anew"
        assert entry.note == told
        assert [each.id for each in plan.failed()] == ["a", "b"]
        plan.apply()
    assert sent(held) == ["PUT b"]
    with pytest.raises(InvalidFile):  # what was read is known by now
        plan_of(maia, tmp_path, "id,title", "another@y.example,x", index=index)
    with plan_of(maia, tmp_path, "id,title", "another@x.example,x", index=index) as plan:
        assert states(plan) == [("a", "change")]


def test_a_name_of_the_column_id_may_become_the_user_name(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path
) -> None:
    """Who is found by an address is given it as its userName: that is no outdated name."""
    with plan_of(maia, tmp_path, "id,userName", "a@mail.example,a@mail.example", index=index) as plan:
        assert plan.summary.change == 1
        plan.apply()
    assert held.users["a"]["userName"] == "a@mail.example"


def test_who_is_gone_is_told(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    fill(held, "b")
    with plan_of(maia, tmp_path, "id,title", "a@x.example,x", "b@x.example,x", index=index) as plan:
        assert states(plan) == [("a", "not_found"), ("b", "change")]


def test_without_an_index_a_name_is_told_to_be_one(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, "id,title", "a@x.example,x", "nobody,x", "b,x") as plan:
        assert [(each.id, each.state, each.note) for each in plan.entries()] == [
            ("a@x.example", "not_found", names.NO_INDEX),
            ("nobody", "not_found", None),
            ("b", "change", None),
        ]


# No id at all.


def test_a_file_may_have_no_ids(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    lines = ["userName,title", "A@x.example,x", f"{NFC}@x.EXAMPLE,x"]
    with plan_of(maia, tmp_path, *lines, index=index) as plan:
        assert [(each.id, each.said, [str(change.path) for change in each.changes]) for each in plan.entries()] == [
            ("a", "A@x.example", ["title"]),
            ("z", f"{NFC}@x.EXAMPLE", ["title"]),
        ]
        assert plan.summary.case_only >= 1
        plan.apply()
    assert held.users["a"]["userName"] == "a@x.example"
    with plan_of(maia, tmp_path, *lines, index=index) as plan:
        assert plan.summary.unchanged == 2


def test_an_address_is_no_user_name(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    """Else its user would be renamed."""
    told = refused(maia, "userName,title", "a@mail.example,x", "ext-p,x", "Twin,x", index=index)
    assert told[0] == (
        "line 2, column userName: a@mail.example is an address of a@x.example (a): give the id, if that is meant"
    )
    assert told[1].startswith("line 3: no id: ")
    assert told[2].startswith("line 4, column userName: Twin is the displayName of 2 users: ")
    assert len(told) == 3


def test_rows_with_and_without_ids_may_stand_together(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path
) -> None:
    with plan_of(maia, tmp_path, "id,userName,title", "a,,x", ",b@x.example,x", index=index) as plan:
        assert states(plan) == [("a", "change"), ("b", "change")]
        assert [each.said for each in plan.entries()] == [None, "b@x.example"]


def test_without_an_index_a_file_needs_ids(maia: MaiaScim, held: Sandbox) -> None:
    (told,) = refused(maia, "userName,title", "a@x.example,x")
    assert told.startswith("line 1")
    (told,) = refused(maia, "id,userName,title", ",a@x.example,x")
    assert told.startswith("line 2")


def test_what_a_saved_plan_knows_of_names_stays(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, "id,title", "a@x.example,x", index=index) as plan:
        plan.save(tmp_path / "saved.plan")
    with apply.open_plan(maia, tmp_path / "saved.plan") as plan:
        (entry,) = plan.entries()
        assert (entry.said, plan.summary.named) == ("a@x.example", 1)
        assert entry.seen is not None
        plan.apply()
    assert sent(held) == ["PUT a"]


def test_the_index_takes_note_of_what_is_read_and_written(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path
) -> None:
    with plan_of(maia, tmp_path, "id,userName", "a@x.example,renamed@x.example", index=index) as plan:
        plan.apply()
    assert index.find("renamed@x.example").id == "a"
