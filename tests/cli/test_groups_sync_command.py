"""``maia-scim groups sync``, as an administrator runs it."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import pytest

from tests.cli.command import BARBARA, ENGINEERS, JORDAN, NOBODY, account, at_terminal, invoke, run_docs, writes

if TYPE_CHECKING:
    from pathlib import Path

    from maia_scim.sandbox import Sandbox

STAFF = "f53b7fcb-881d-4b5b-a05b-af8ebc898d69"
MICHAEL = "c3a26dd3-27a0-4dec-a2ac-ce211e105f97"
ZOE = "5d48a0a8-e0cd-43c1-9d2b-7c9b0a3f6e52"
TEAM = {BARBARA, MICHAEL, ZOE}


@pytest.fixture(autouse=True)
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where an index is to be."""
    file = tmp_path / "seen.sqlite"
    monkeypatch.setenv("MAIA_INDEX", str(file))
    return file


def members(sandbox: Sandbox, group: str = ENGINEERS) -> set[str]:
    return {each["value"] for each in sandbox.groups[group].get("members") or ()}


def put(sandbox: Sandbox, id: str, kind: str = "users", **attributes: object) -> None:
    state: Any = sandbox.dump()
    for each in state[kind]:
        if each["id"] == id:
            each.update(attributes)
    sandbox.load(state)


def saved(tmp_path: Path, *rows: tuple[str, str], name: str = "groups.csv") -> str:
    file = tmp_path / name
    file.write_text("".join(f"{group},{member}\n" for group, member in (("group", "member"), *rows)), "utf-8")
    return str(file)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Has Barbara stay, and Jordan come; the two others go."""
    return saved(tmp_path, (ENGINEERS, BARBARA), (ENGINEERS, JORDAN))


# The main road.


def test_groups_get_the_members_of_the_file_and_the_undo_brings_them_back(sandbox: Sandbox, file: str) -> None:
    dry = invoke("groups", "sync", file, "--dry-run", "-o", "table")
    assert (dry.code, writes(sandbox), members(sandbox)) == (0, [], TEAM)
    assert f"Plan of groups sync · groups.csv · no profile · {sandbox.base_url} · {account(sandbox)}" in dry.out
    assert f"Data Engineering · {ENGINEERS} · group\n  - " in dry.out
    assert f"  + jmensah ({JORDAN})" in dry.out
    assert "  1 member to add to and 2 to remove from 1 group\n" in dry.out

    done = invoke("groups", "sync", file, "--yes", "-o", "table")
    assert (done.code, members(sandbox)) == (0, {BARBARA, JORDAN})
    assert "2 writes done" in done.out
    assert f"The journal is {file}.journal.\nTo undo: maia-scim apply --undo {file}.journal\n" in done.err

    sandbox.forget_requests()
    again = invoke("groups", "sync", file, "--yes", "-o", "table")
    assert (again.code, writes(sandbox)) == (0, [])
    assert "  nothing to change\n  1 unchanged\n" in again.out
    assert "To undo" not in again.err

    undone = invoke("apply", "--undo", f"{file}.journal", "--yes")
    assert (undone.code, members(sandbox)) == (0, TEAM)


def test_a_dry_run_leaves_no_file(sandbox: Sandbox, file: str, tmp_path: Path) -> None:
    assert invoke("groups", "sync", file, "--dry-run").code == 0
    assert [each.name for each in tmp_path.iterdir()] == ["groups.csv"]


def test_json_is_that_of_a_report(sandbox: Sandbox, file: str, tmp_path: Path) -> None:
    journal = tmp_path / "other.journal"
    told = invoke("groups", "sync", file, "--yes", "--journal", str(journal)).data
    assert told["about"]["kind"] == "groups sync"
    assert (told["summary"]["additions"], told["summary"]["removals"], told["summary"]["done"]) == (1, 2, 2)
    assert journal.exists()


@pytest.mark.parametrize(
    ("option", "left"), [("--add-only", TEAM | {JORDAN}), ("--remove-only", {BARBARA}), ("", {BARBARA, JORDAN})]
)
def test_it_adds_only_or_removes_only(sandbox: Sandbox, file: str, option: str, left: set[str]) -> None:
    assert invoke("groups", "sync", file, "--yes", *filter(None, [option])).code == 0
    assert members(sandbox) == left


@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
def test_standard_input_in_each_form(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    row = {"group": ENGINEERS, "member": BARBARA}
    text = {"csv": f"member;group\n{BARBARA};{ENGINEERS}\n", "jsonl": json.dumps(row), "json": json.dumps([row])}[form]
    done = invoke("groups", "sync", "-", "--yes", input=text)
    assert (done.code, members(sandbox)) == (0, {BARBARA})
    assert [each.name for each in tmp_path.iterdir()] == ["stdin.journal"]


def test_groups_that_are_not_named_and_groups_within_groups_stay(sandbox: Sandbox, file: str) -> None:
    held = [*sandbox.groups[ENGINEERS]["members"], {"value": STAFF, "type": "Group"}]
    put(sandbox, ENGINEERS, "groups", members=held)
    staff = members(sandbox, STAFF)
    assert invoke("groups", "sync", file, "--yes").code == 0
    assert (members(sandbox), members(sandbox, STAFF)) == ({BARBARA, JORDAN, STAFF}, staff)


# Names.


def test_names_are_taken_where_there_is_an_index(sandbox: Sandbox, tmp_path: Path) -> None:
    assert invoke("index", "add", "--group", ENGINEERS, JORDAN).code == 0
    named = saved(tmp_path, ("data engineering", "BJensen"), ("Data Engineering", "jmensah@example.com"))
    done = invoke("groups", "sync", named, "--yes")
    assert (done.code, members(sandbox)) == (0, {BARBARA, JORDAN})


def test_without_an_index_a_name_is_told_to_be_one(sandbox: Sandbox, tmp_path: Path) -> None:
    refused = invoke("groups", "sync", saved(tmp_path, (ENGINEERS, "bjensen@example.com")), "--yes")
    assert refused.code == 2
    assert "line 2, column member: there is no such id; if it is a name, an index finds whose it is" in refused.err


def test_rows_that_are_twins_but_for_unicode_form_are_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    name = sandbox.users[ZOE]["userName"]
    assert normalize("NFC", name) != normalize("NFD", name)
    assert invoke("index", "add", "--group", ENGINEERS).code == 0
    twins = [(ENGINEERS, normalize(form, name)) for form in ("NFC", "NFD")]
    refused = invoke("groups", "sync", saved(tmp_path, *twins), "--yes")
    assert refused.code == 2
    assert f"is in {ENGINEERS} by line 2 already" in refused.err
    one = invoke("groups", "sync", saved(tmp_path, twins[1]), "--yes")
    assert (one.code, members(sandbox)) == (0, {ZOE})


@pytest.mark.parametrize("stale", ["user", "group"])
def test_an_index_that_is_out_of_date_is_refused(sandbox: Sandbox, tmp_path: Path, stale: str) -> None:
    assert invoke("index", "add", "--group", ENGINEERS, JORDAN).code == 0
    if stale == "user":
        put(sandbox, JORDAN, userName="other", emails=[], displayName="Other")
    else:
        put(sandbox, ENGINEERS, "groups", displayName="Administrators")
    sandbox.forget_requests()
    refused = invoke("groups", "sync", saved(tmp_path, ("Data Engineering", "jmensah@example.com")), "--yes")
    assert (refused.code, writes(sandbox)) == (2, [])
    assert f"line 2, column {'member' if stale == 'user' else 'group'}: the index is out of date: " in refused.err


def test_an_index_of_another_account_is_not_used(sandbox: Sandbox, tmp_path: Path, file: str, index: Path) -> None:
    assert invoke("index", "add", "--group", ENGINEERS).code == 0
    with closing(sqlite3.connect(index)) as connection, connection:
        connection.execute("UPDATE about SET account = 'another'")
    with_ids = invoke("groups", "sync", file, "--dry-run")
    assert with_ids.code == 0
    assert "the index is not used: " in with_ids.err
    assert "account another" in with_ids.err
    named = invoke("groups", "sync", saved(tmp_path, ("Data Engineering", "bjensen")), "--dry-run")
    assert named.code == 2
    assert "line 2, column group: there is no such group" in named.err


# What is refused.


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(NOBODY, BARBARA)], "line 2, column group: there is no such group (any more)"),
        ([(ENGINEERS, NOBODY)], f"line 2, column member: there is no user {NOBODY}"),
        ([(ENGINEERS, STAFF)], f"line 2, column member: {STAFF} is a group"),
        ([(ENGINEERS, BARBARA), (ENGINEERS, BARBARA)], "line 3, column member: "),
        ([(ENGINEERS, BARBARA), (ENGINEERS, "")], "line 3, column member: is empty"),
        ([("", BARBARA)], "line 2, column group: is empty"),
        ([], "the file has no rows"),
        (
            [("Data Engineering", BARBARA), (ENGINEERS, JORDAN)],
            "line 3, column group: an id (or a name that the index does not know), and line 2 has a name",
        ),
        (
            [(ENGINEERS, "bjensen"), (ENGINEERS, JORDAN)],
            "line 3, column member: an id (or a name that the index does not know), and line 2 has a name",
        ),
    ],
)
def test_a_file_with_faults_is_refused(
    sandbox: Sandbox, tmp_path: Path, rows: list[tuple[str, str]], told: str
) -> None:
    assert invoke("index", "add", "--group", ENGINEERS).code == 0
    sandbox.forget_requests()
    refused = invoke("groups", "sync", saved(tmp_path, *rows), "--yes")
    assert (refused.code, refused.out, writes(sandbox)) == (2, "", [])
    assert re.search(r"Error: groups\.csv|/groups\.csv: \d fault", refused.err)
    assert told in refused.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["groups.csv", "--add-only", "--remove-only", "--yes"], "leave nothing to be done"),
        (["groups.csv"], "--yes is needed"),
        (["none.csv", "--yes"], "none.csv: 1 fault; nothing was sent\n  cannot be read"),
        (["groups.csv", "--yes", "--journal", "groups.csv"], "are the same file"),
        (["groups.csv", "--yes", "--max-removals", "much"], "--max-removals: 'much' is no bound"),
    ],
)
def test_what_is_called_wrongly_is_told_before_anything_is_sent(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = invoke("groups", "sync", *arguments)
    assert (refused.code, refused.out, [*sandbox.requests]) == (2, "", [])
    assert told in refused.err


# Guard rails.


def test_too_many_removals_stop_it(sandbox: Sandbox, file: str) -> None:
    for bound, code in (("1", 3), ("50%", 3), ("2", 0)):
        ran = invoke("groups", "sync", file, "--dry-run", "--max-removals", bound)
        assert ran.code == code
    assert "it would remove 2 members" in invoke("groups", "sync", file, "--yes", "--max-removals", "1").err
    assert members(sandbox) == TEAM


def test_a_group_is_emptied_only_by_name(sandbox: Sandbox, tmp_path: Path) -> None:
    file = saved(tmp_path, (ENGINEERS, ""))
    stopped = invoke("groups", "sync", file, "--yes")
    assert (stopped.code, members(sandbox)) == (3, TEAM)
    assert "it would leave Data Engineering without members, which --allow-empty has to name" in stopped.err
    refused = at_terminal("groups", "sync", file, piped=False, answers={"Type its name": "data\n"})
    assert (refused.code, members(sandbox)) == (3, TEAM)
    answers = {"Type its name": "Data Engineering\n", "[y/N]": "y\n"}
    agreed = at_terminal("groups", "sync", file, piped=False, answers=answers)
    assert (agreed.code, members(sandbox)) == (0, set())
    assert f"Remove 3 members in 1 group (no profile · {sandbox.base_url} · {account(sandbox)})? [y/N]" in agreed.err


def test_a_group_that_may_be_emptied_is(sandbox: Sandbox, tmp_path: Path) -> None:
    file = saved(tmp_path, (ENGINEERS, ""))
    assert invoke("groups", "sync", file, "--yes", "--allow-empty", "Data Engineering").code == 0
    assert members(sandbox) == set()


def test_protected_accounts_stay_and_are_told_of(sandbox: Sandbox, file: str, tmp_path: Path) -> None:
    (tmp_path / "keep.txt").write_text(str(sandbox.users[ZOE]["userName"]), "utf-8")
    done = invoke("groups", "sync", file, "--yes", "-o", "table", "--protect", str(tmp_path / "keep.txt"))
    assert (done.code, members(sandbox)) == (1, {BARBARA, JORDAN, ZOE})
    assert "protected, and would be removed" in done.out


def test_no_is_an_answer(sandbox: Sandbox, file: str) -> None:
    refused = at_terminal("groups", "sync", file, piped=False, answers={"[y/N]": "n\n"})
    assert (refused.code, members(sandbox)) == (3, TEAM)
    assert "Add 1 member and remove 2 in 1 group" in refused.err


def test_the_lines_of_the_docs_do_what_they_say(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run_docs("groups-and-roles.md", tmp_path, monkeypatch)
    assert ran.code == 0, ran.err
    assert members(sandbox) == TEAM
    assert f"- Zoë García Núñez ({ZOE})" in ran.out
    assert [line for line in ran.out.splitlines() if "write" in line or "nothing" in line] == [
        *("1 write done", "  nothing to change", "1 write done"),
    ]
