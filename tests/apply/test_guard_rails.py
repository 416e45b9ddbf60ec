"""What a plan refuses before anything is sent: faults, bounds, and accounts that are protected."""

import json
from pathlib import Path
from typing import Any

import pytest

from maia_scim import MaiaScim, apply
from maia_scim.apply import GuardRail, InvalidFile, JournalError
from maia_scim.apply.guards import read_protected
from maia_scim.sandbox import Sandbox
from tests.apply.conftest import BARBARA, writes
from tests.apply.runs import Write, ids, states, titles


@pytest.mark.parametrize(
    ("rows", "line", "column", "message"),
    [
        ([{"id": BARBARA, "title": "a"}, {"id": BARBARA.upper(), "title": "b"}], 3, "id", "line 2"),
        (
            [{"id": "1", "emails[work]": "a@x.example"}, {"id": "2", "emails[work]": "A@X.example"}],
            3,
            "emails",
            "line 2",
        ),
        (
            [{"id": "1", "userName": "a", "title": ""}, {"id": "2", "userName": "A", "title": ""}],
            3,
            "userName",
            "line 2",
        ),
        ([{"id": "1", "active": "maybe"}], 2, "active", ""),
        ([{"id": "1", "userName": "0123456789abcdef0123456789ABCDEFjo@x.example"}], 2, "userName", "deleted"),
        ([{"id": "", "title": "x"}], 2, "None", "no id"),
        ([{"id": "1", "colour": "x"}], 1, "colour", ""),
        ([{"id": "1", "password": "x"}], 1, "password", "password"),
    ],
)
def test_a_file_with_faults_is_refused_before_anything_is_sent(
    maia: MaiaScim, sandbox: Sandbox, write: Write, rows: list[dict[str, Any]], line: int, column: str, message: str
) -> None:
    sandbox.forget_requests()
    with pytest.raises(InvalidFile) as caught:
        apply.plan(maia, write(rows))
    (fault,) = caught.value.faults
    assert (fault.line, fault.column) == (line, fault.column)
    assert column in str(fault.column)
    assert message in fault.message
    assert caught.value.total == 1
    assert "people.csv" in str(caught.value)
    assert len(sandbox.requests) == sandbox.token_requests == 0


def test_a_fault_between_rows_names_the_column_as_the_file_heads_it(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "personal.csv"
    file.write_text("Kennung,Login,Emails[Work]\n1,a,b\n1,c,d\n2,B,e\n3,f,D\n", encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        apply.plan(maia, file, mapping={"Kennung": "id", "Login": "userName"})
    assert [str(fault) for fault in caught.value.faults] == [
        "line 3, column Kennung: the user has a row already, on line 2: each has one",
        "line 4, column Login: b is an address of the user on line 2, too",
        "line 5, column Emails[Work]: d is an address of the user on line 3, too",
    ]


def test_a_name_is_told_from_an_address(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    rows = [{"id": "1", "userName": "a"}, {"id": "2", "emails": [{"value": "A"}]}]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(InvalidFile, match="line 2, column emails: a is the name of the user on line 1, too"):
        apply.plan(maia, file)


def test_paths_may_be_texts(maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path) -> None:
    file, protect = str(write(titles(sandbox, "x", 2))), str(tmp_path / "protect.txt")
    Path(protect).write_text("nobody\n", encoding="utf-8")
    journal = str(tmp_path / "trail")
    assert apply.journal_for(file) == Path(f"{file}.journal")
    with apply.plan(maia, file, protect=protect, journal=journal) as plan:
        plan.save(str(tmp_path / "x.plan"))
        assert plan.summary.change == 2
    with apply.open_plan(maia, str(tmp_path / "x.plan"), journal=str(tmp_path / "other")) as plan:
        assert plan.apply(journal).done == 2
    with apply.Journal(journal) as trail:
        assert [run.state for run in trail.runs()] == ["finished"]
    with pytest.raises(JournalError, match="nothing to resume"):
        apply.resume(maia, journal)
    with apply.undo(maia, journal, protect=protect) as plan:
        assert (plan.summary.change, plan.undoes) == (2, 1)


def test_a_run_is_asked_for_by_its_number(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 2))
    with apply.plan(maia, file) as plan:
        plan.apply()
    with apply.plan(maia, file) as plan:
        plan.apply()
    journal = apply.journal_for(file)
    with apply.Journal(journal) as trail:
        assert trail.run(1).summary.done == 2
        with pytest.raises(JournalError, match="it holds no run 7"):
            trail.run(7)
    with pytest.raises(JournalError, match="run 2 wrote nothing: there is nothing to undo"):
        apply.undo(maia, journal, run=2)
    with pytest.raises(JournalError, match="it has no run 7: there is nothing to undo"):
        apply.undo(maia, journal, run=7)


def test_the_same_address_twice_in_one_row_is_no_fault(maia: MaiaScim, write: Write) -> None:
    rows = [{"id": BARBARA, "userName": "b@x.example", "emails[work]": "b@x.example", "emails[home]": "B@x.example"}]
    with apply.plan(maia, write(rows)) as plan:
        assert plan.summary.change == 1


def test_rows_that_are_wrong_can_be_left_out(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    rows = [*titles(sandbox, "x", 2), {"id": "", "title": "y"}, {"id": BARBARA, "title": "z"}]
    with apply.plan(maia, write(rows), skip_invalid=True) as plan:
        assert states(plan) == {BARBARA: "invalid", rows[1]["id"]: "change", "": "invalid"}
        assert (plan.summary.invalid, plan.summary.change) == (2, 2)
        notes = [entry.note for entry in plan.entries("invalid")]
        assert "no id" in str(notes[0])
        assert "column id: the user has a row already, on line 2" in str(notes[1])
        plan.apply()
        assert [entry.source for entry in plan.failed()] == [["", "y"], [BARBARA, "z"]]


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        ({"max_changes": 4}, "it would change 5 users, and at most 4 may be"),
        ({"max_changes": "79%"}, "it would change 5 users, and at most 4 (79% of 6 rows) may be"),
        ({"max_deactivations": 1}, "it would deactivate 2 users, and at most 1 may be"),
        ({"max_deactivations": "0%"}, "it would deactivate 2 users, and at most 0 (0% of 6 rows) may be"),
        ({"max_removals": 0, "max_changes": 5, "max_deactivations": "34%"}, None),
        ({"max_changes": "100%"}, None),
        ({}, None),
    ],
)
def test_bounds_stop_a_plan(
    maia: MaiaScim, sandbox: Sandbox, write: Write, bounds: dict[str, Any], reason: str | None
) -> None:
    rows = [{**row, "active": "no" if number < 2 else ""} for number, row in enumerate(titles(sandbox, "x", 5))]
    with apply.plan(maia, write([*rows, {"id": ids(sandbox, 6)[5], "title": "", "active": ""}])) as plan:
        assert plan.summary.deactivations == 2
        if reason is None:
            plan.check(**bounds)
        else:
            with pytest.raises(GuardRail) as caught:
                plan.check(**bounds)
            assert caught.value.reasons == (reason,)
            assert caught.value.outcome == "not_sent"
    assert writes(sandbox) == []


@pytest.mark.parametrize("bound", ["-1", "five", "101%", "1.5", "%", "", 1.5, -1, True])
def test_a_bound_that_is_none_is_refused(maia: MaiaScim, sandbox: Sandbox, write: Write, bound: Any) -> None:
    with apply.plan(maia, write(titles(sandbox, "x"))) as plan, pytest.raises(ValueError, match="no bound"):
        plan.check(max_changes=bound)


@pytest.mark.parametrize("named", [BARBARA.upper(), "BJensen", "bjensen@example.com  # the boss", "\ufeffbjensen"])
def test_protected_accounts_are_neither_deactivated_nor_renamed(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path, named: str
) -> None:
    protect = tmp_path / "protect.txt"
    protect.write_text(f"{named}\n# nobody else\n\n", encoding="utf-8")
    other = ids(sandbox, 2)[1]
    for values in ({"active": "false"}, {"userName": "another"}):
        rows = [
            {"id": BARBARA, **values},
            {"id": other, **values, **({"userName": "x"} if "userName" in values else {})},
        ]
        with apply.plan(maia, write(rows), protect=protect) as plan:
            assert states(plan) == {BARBARA: "protected", other: "change"}
            assert "protected" in str(next(plan.entries("protected")).note)
        with apply.plan(maia, write(rows)) as plan, pytest.raises(GuardRail, match="bjensen, which is protected"):
            plan.check(protected=read_protected(protect))
    with apply.plan(maia, write([{"id": BARBARA, "title": "x"}]), protect=protect) as plan:
        assert plan.summary.change == 1


def test_a_hash_within_a_name_begins_no_comment(tmp_path: Path) -> None:
    protect = tmp_path / "protect.txt"
    protect.write_text("babs_example.com#EXT#@x.example # guest\n#all\n", encoding="utf-8")
    assert read_protected(protect) == {"babs_example.com#ext#@x.example"}


@pytest.mark.parametrize("content", [b"", b"# nobody\n", b"\xff\xfe\xff"])
def test_a_file_that_protects_nobody_is_refused(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path, content: bytes
) -> None:
    protect = tmp_path / "protect.txt"
    protect.write_bytes(content)
    with pytest.raises(apply.ApplyError, match="protect"):
        apply.plan(maia, write(titles(sandbox, "x")), protect=protect)
    assert not sandbox.requests
