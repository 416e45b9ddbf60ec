"""The table of actions: the same in plan, report and undo, and it comes back in as a file."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maia_scim import apply
from maia_scim.apply import InvalidFile, PlanError
from maia_scim.apply.acting import is_table, plan_actions
from maia_scim.apply.actions import Action, actions_of, value_of, write_table
from maia_scim.apply.columns import target
from maia_scim.apply.offboarding import offboard
from maia_scim.apply.picks import Picks
from maia_scim.apply.syncing import sync_groups
from maia_scim.apply.whom import Whom

if TYPE_CHECKING:
    from pathlib import Path

    from maia_scim import MaiaScim
    from maia_scim.apply import Plan
    from maia_scim.sandbox import Sandbox

DEPARTMENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
HEAD = "action,kind,id,userName,target,before,after\n"


def report(plan: Plan, file: Path) -> Path:
    apply.save_report(file, plan.about, plan.summary, plan.entries())
    return file


def acts(plan: Plan) -> list[tuple[str, str, str, str, Any, Any]]:
    found = [action for entry in plan.entries() for action in actions_of(entry)]
    return [(each.action, each.kind, each.id, each.target, each.before, each.after) for each in found]


def faults(maia: MaiaScim, file: Path) -> list[str]:
    with pytest.raises(InvalidFile) as told:
        plan_actions(maia, file).close()
    return [str(each) for each in told.value.faults]


@pytest.fixture
def ids(sandbox: Sandbox) -> list[str]:
    return [*sandbox.users]


@pytest.fixture
def group(sandbox: Sandbox) -> str:
    return next(iter(sandbox.groups))


# A round trip.


def test_a_plan_as_a_table_is_the_same_plan(maia: MaiaScim, ids: list[str], tmp_path: Path) -> None:
    rows = [
        {"id": ids[0], "title": "Boss", "active": False, DEPARTMENT: "007", "emails": [{"value": "a@x.example"}]},
        {"id": ids[1], "title": "+49 30", DEPARTMENT: "true"},
        {"id": ids[2], DEPARTMENT: '"quoted"', "displayName": "'=1"},
        {"userName": "new@x.example", "title": "Chief", "active": True},
    ]
    file = tmp_path / "people.json"
    file.write_text(json.dumps(rows))
    with apply.plan(maia, file, create_missing=True) as plan:
        wanted = acts(plan)
        table = report(plan, tmp_path / "plan.csv")
    with apply.plan(maia, table) as plan:
        assert acts(plan) == wanted
        assert plan.apply().done == 4
        done = report(plan, tmp_path / "done.csv")
    assert {action for action, *_ in wanted} == {"set", "create"}
    with apply.plan(maia, done) as plan:  # nothing is written twice, nobody created twice
        assert (plan.summary.change, plan.summary.unchanged) == (0, 4)


def test_members_come_and_go_by_a_table_and_back_by_that_of_an_undo(
    maia: MaiaScim, sandbox: Sandbox, ids: list[str], group: str, tmp_path: Path
) -> None:
    before = members(sandbox, group)
    file = tmp_path / "members.csv"
    file.write_text("group,member\n" + "".join(f"{group},{id}\n" for id in ids[-3:]))
    with sync_groups(maia, file) as plan:
        wanted = acts(plan)
        table = report(plan, tmp_path / "plan.csv")
    with apply.plan(maia, table) as plan:
        assert acts(plan) == wanted
        plan.apply()
    assert members(sandbox, group) == {*ids[-3:]}
    with apply.undo(maia, tmp_path / "plan.csv.journal") as plan:
        back = report(plan, tmp_path / "back.csv")
    with apply.plan(maia, back) as plan:
        plan.apply()
    assert members(sandbox, group) == before


def members(sandbox: Sandbox, group: str) -> set[str]:
    return {each["value"] for each in sandbox.groups[group].get("members", [])}


def test_an_offboarding_as_a_table(maia: MaiaScim, sandbox: Sandbox, ids: list[str], tmp_path: Path) -> None:
    with offboard(maia, Whom(ids=[ids[0]])) as plan:
        table = report(plan, tmp_path / "off.csv")
    with apply.plan(maia, table) as plan:
        plan.apply()
    assert sandbox.users[ids[0]]["active"] is False
    assert not any(ids[0] in members(sandbox, each) for each in sandbox.groups)


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_it_may_be_json(maia: MaiaScim, sandbox: Sandbox, ids: list[str], tmp_path: Path, form: str) -> None:
    act = {"action": "set", "kind": "user", "id": ids[0], "target": "active", "after": False}
    file = tmp_path / f"acts.{form}"
    file.write_text(json.dumps(act if form == "jsonl" else [act], indent=None if form == "jsonl" else 2))
    with apply.plan(maia, file) as plan:
        plan.apply()
    assert sandbox.users[ids[0]]["active"] is False


def test_a_stream_is_looked_into(maia: MaiaScim, ids: list[str], tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        """Gives a few bytes at a time, and cannot go back."""

        text = f"{HEAD}set,user,{ids[0]},,title,Tour Guide,{'B' * 100_000}\n".encode()

        def read(self, size: int = -1) -> bytes:
            most = 7_000 if size < 0 else min(size, 7_000)
            found, self.text = self.text[:most], self.text[most:]
            return found

    with apply.plan(maia, Pipe(), name="-", journal=tmp_path / "j") as plan:  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        (entry,) = plan.entries("change")
        assert len(entry.changes[0].after) == 100_000
    rows = io.BytesIO(f"id,title\n{ids[0]},Boss\n".encode())
    with apply.plan(maia, rows, name="-", journal=tmp_path / "j") as plan:
        assert plan.summary.change == 1


def test_a_column_that_is_missing_is_told(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "acts.csv"
    file.write_text("action,kind,id,target\n")
    with pytest.raises(InvalidFile, match="there is no column after: the header needs the columns action, kind"):
        apply.plan(maia, file)


def test_without_a_line_for_it_the_column_is_the_user_name(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "acts.csv"
    file.write_text(f"{HEAD}create,user,,n1@x.example,title,,Chief\n")
    with apply.plan(maia, file) as plan:
        assert plan.apply().done == 1
        (entry,) = plan.entries()
        assert maia.users.get(entry.id).user_name == "n1@x.example"


def test_two_who_would_have_one_name_are_refused(
    maia: MaiaScim, sandbox: Sandbox, ids: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "acts.csv"
    file.write_text("action,kind,id,target,after\n" + "".join(f"set,user,{id},userName,dd\n" for id in ids[:2]))
    with pytest.raises(InvalidFile, match="would both be called dd"):
        apply.plan(maia, file)
    assert not [request for request in sandbox.requests if request.method != "GET"]


def test_a_stream_is_taken_by_its_own_function(maia: MaiaScim, ids: list[str], tmp_path: Path) -> None:
    stream = io.BytesIO(f"action,kind,id,target,after\nset,user,{ids[0]},title,Boss\n".encode())
    with plan_actions(maia, stream, name="acts", journal=tmp_path / "j") as plan:
        assert (plan.about.file, plan.summary.change) == ("acts", 1)


# What was expected.


@pytest.mark.parametrize(
    ("before", "state"),
    [("Tour Guide", "change"), ("tour guide ", "conflict"), ("", "conflict"), ("Boss", "conflict")],
)
def test_what_is_another_value_by_now_is_left_alone(
    maia: MaiaScim, ids: list[str], tmp_path: Path, before: str, state: str
) -> None:
    file = tmp_path / "acts.csv"
    file.write_text(f"{HEAD}set,user,{ids[0]},,title,{before},Boss\nset,user,{ids[0]},,nickName,Babs,Babsi\n")
    with apply.plan(maia, file) as plan:
        (entry,) = plan.entries()
        assert entry.state == state
        assert entry.line == 2
        if state == "conflict":
            assert entry.note == "somebody else changed title since the file was made"


def test_what_is_so_already_is_no_conflict(maia: MaiaScim, ids: list[str], tmp_path: Path) -> None:
    file = tmp_path / "acts.csv"
    file.write_text(f"{HEAD}set,user,{ids[0]},,title,Clerk,Tour Guide\nset,user,{ids[0]},,active,false,true\n")
    with apply.plan(maia, file) as plan:
        assert [entry.state for entry in plan.entries()] == ["unchanged"]


def test_without_the_column_nothing_is_expected(maia: MaiaScim, ids: list[str], tmp_path: Path) -> None:
    file = tmp_path / "acts.csv"
    file.write_text(
        f"Action;KIND;id;target;after\nSet;User;{ids[0]};emails[work];x@y.example\nset;user;{ids[0]};title;\n"
    )
    with apply.plan(maia, file) as plan:
        (entry,) = plan.entries("change")
        assert {each.path: each.after for each in entry.changes}["title"] is None


def test_lines_that_do_nothing_are_passed_over(maia: MaiaScim, ids: list[str], tmp_path: Path) -> None:
    file = tmp_path / "acts.csv"
    file.write_text(f"{HEAD}none,user,{ids[0]},,,,\nNONE,group,,,g,,\n")
    with apply.plan(maia, file) as plan:
        assert plan.summary.rows == 0


def test_protected_accounts_are_left_alone(
    maia: MaiaScim, ids: list[str], group: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    inside = sorted(members(sandbox, group))[0]
    (tmp_path / "protected").write_text(f"{ids[0]}\n{inside}\n")
    file = tmp_path / "acts.csv"
    head = HEAD.replace(",before", "")
    file.write_text(f"{head}set,user,{ids[0]},,active,false\nremove,group,{inside},,{group},\n")
    with apply.plan(maia, file, protect=tmp_path / "protected") as plan:
        assert plan.summary.change == 0
        assert plan.summary.protected == 2


# What is refused.


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("delete,user,1,,active,,false", "there is no action 'delete' of kind 'user'"),
        ("set,group,1,,g,,", "there is no action 'set' of kind 'group'"),
        ("add,user,1,,g,,", "there is no action 'add' of kind 'user'"),
        (",user,1,,active,,false", "there is no action '' of kind 'user'"),
        ("set,user,,,active,,false", "the user's id is empty"),
        ("set,user,a/b,,active,,false", "is no id of a user"),
        ("add,group,,,g,,", "the user's id is empty"),
        ("add,group,1,,,,", "the group's id is empty"),
        ("set,user,1,,activ,,false", "did you mean active"),
        ("set,user,1,,active,,maybe", "needs true or false"),
        ("set,user,1,,meta,,x", "read-only"),
        ("set,user,1,,password,,x", "a password can neither be compared"),
        ("set,user,1,,id,,2", "id says who a user is"),
        ("set,user,1,,userName,,", "userName cannot be cleared"),
        ("create,user,,,title,,Boss", "needs a userName in each of its lines"),
        ("set,user,1,,title,,a\nset,user,1,,Title,,b", "line 2 is about the same already"),
        ("add,group,1,,g,,\nremove,group,1,,g,,", "line 2 is about the same already"),
    ],
)
def test_a_line_that_is_wrong(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "acts.csv"
    file.write_text(HEAD + line)
    (fault,) = faults(maia, file)
    assert told in fault
    assert fault.startswith("line 3" if "\n" in line else "line 2")
    assert not sandbox.requests


def test_what_is_about_rows_of_users_is_refused(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "acts.csv"
    file.write_text(HEAD)
    with pytest.raises(PlanError, match="match, skip or limit, clear_empty: that is about rows of users"):
        apply.plan(maia, file, picks=Picks(limit=1), clear_empty=True)


def test_a_group_that_is_gone(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "acts.csv"
    file.write_text(f"{HEAD}add,group,1,,gone,,\n")
    with apply.plan(maia, file) as plan:
        (entry,) = plan.entries()
        assert (entry.kind, entry.id, entry.state) == ("group", "gone", "not_found")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (HEAD, True),
        ('\ufeff"ACTION";"kind";"id";"target";"after"\r\n', True),
        ("action\tkind\tid\ttarget\tafter\n", True),
        ('{"action": "set", "kind": "user", "id": "1", "target": "title", "after": "x"}', True),
        ('[\n{"action": "set", "kind": "user", "id": "1", "target": "title", "after": "x"}]', True),
        ("id,title\n1,action kind id target after\n", False),
        ("action,id,target\n", False),
        ('{"id": "1", "title": "action"}', False),
        ("", False),
    ],
)
def test_a_table_is_known_by_its_header(tmp_path: Path, text: str, is_one: bool) -> None:
    file = tmp_path / "x.txt"
    file.write_text(text)
    assert is_table(file) is is_one
    assert not is_table(tmp_path / "none")


# Cells.

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT.map(str.strip).filter(bool),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)


@given(JSON)
def test_a_value_of_an_attribute_without_a_type_comes_back(value: Any) -> None:
    out = io.StringIO(newline="")
    write_table(out, [(Action("set", "user", "1", "n", DEPARTMENT, None, value), ())])
    (line,) = csv.DictReader(io.StringIO(out.getvalue()[1:], newline=""))
    assert value_of(line["after"], target(DEPARTMENT)) == (value if value != "" else None)


@given(TEXT)
def test_a_text_comes_back_as_it_is(text: str) -> None:
    out = io.StringIO(newline="")
    write_table(out, [(Action("set", "user", "1", "n", "title", None, text), ())])
    (line,) = csv.DictReader(io.StringIO(out.getvalue()[1:], newline=""))
    assert value_of(line["after"], target("title")) == text
