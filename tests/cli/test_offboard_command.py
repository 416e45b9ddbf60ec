"""``maia-scim offboard``, as an administrator runs it."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from maia_scim.sandbox.faults import Status
from tests.cli.command import BARBARA, DOCS, ENGINEERS, JORDAN, NOBODY, account, at_terminal, invoke, run_docs, writes

if TYPE_CHECKING:
    from pathlib import Path

    from maia_scim.sandbox import Sandbox

STAFF = "f53b7fcb-881d-4b5b-a05b-af8ebc898d69"
MICHAEL = "c3a26dd3-27a0-4dec-a2ac-ce211e105f97"
ZOE = "5d48a0a8-e0cd-43c1-9d2b-7c9b0a3f6e52"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the commands run, and an index is to be."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAIA_INDEX", str(tmp_path / "seen.sqlite"))
    return tmp_path


@pytest.fixture
def index(sandbox: Sandbox, folder: Path) -> Path:
    """An index that knows the engineers, and all staff."""
    assert invoke("index", "add", "--group", ENGINEERS, "--group", STAFF).code == 0
    sandbox.forget_requests()
    return folder / "seen.sqlite"


def put(sandbox: Sandbox, id: str, kind: str = "users", **attributes: object) -> None:
    state: Any = sandbox.dump()
    for each in state[kind]:
        if each["id"] == id:
            each.update(attributes)
    sandbox.load(state)


def members(sandbox: Sandbox, group: str) -> set[str]:
    return {each["value"] for each in sandbox.groups[group].get("members") or ()}


def outcomes(user: dict[str, Any]) -> dict[str, str]:
    return {each["displayName"]: each["outcome"] for each in user["groups"]}


# The main road.


@pytest.mark.usefixtures("index")
def test_an_account_is_switched_off_and_taken_out_of_its_groups(sandbox: Sandbox, folder: Path) -> None:
    dry = invoke("offboard", "bjensen@example.com", "--dry-run", "-o", "table")
    assert (dry.code, writes(sandbox), [*folder.glob("*.journal")]) == (0, [], [])
    assert f"Plan of offboard · no profile · {sandbox.base_url} · {account(sandbox)}" in dry.out
    assert "    to be deactivated\n" in dry.out
    assert "    to be removed from Data Engineering\n" in dry.out
    assert "To undo" not in dry.err
    assert "Receipt" not in dry.out
    assert "What it would do: nothing was written" in dry.out

    done = invoke("offboard", "bjensen@example.com", "--yes", "-o", "table")
    assert done.code == 0
    assert sandbox.users[BARBARA]["active"] is False
    assert BARBARA not in members(sandbox, ENGINEERS) | members(sandbox, STAFF)
    assert {MICHAEL, ZOE} == members(sandbox, ENGINEERS)
    receipt = done.out.partition("\nReceipt\n")[2]
    assert receipt.startswith(f"  bjensen · {BARBARA} · bjensen@example.com\n    deactivated (request sandbox-")
    assert "    removed from Data Engineering (request sandbox-" in receipt
    assert "    removed from All Staff (request sandbox-" in receipt
    assert receipt.endswith(
        "Looked into: Data Engineering, All Staff. Of other groups it is not known who is in them.\n"
    )
    assert "The journal is offboard.journal.\nTo undo: maia-scim apply --undo offboard.journal\n" in done.err

    sandbox.forget_requests()
    again = invoke("offboard", "bjensen@example.com", "--yes", "--group", ENGINEERS, "-o", "table")
    assert (again.code, writes(sandbox)) == (0, [])
    assert "    deactivated already\n" in again.out
    assert "Looked into: Data Engineering. " in again.out

    assert invoke("apply", "--undo", "offboard.journal", "--yes").code == 0
    assert sandbox.users[BARBARA]["active"] is True
    assert BARBARA in members(sandbox, ENGINEERS) & members(sandbox, STAFF)


@pytest.mark.usefixtures("index")
def test_the_receipt_as_json(sandbox: Sandbox) -> None:
    told = invoke("offboard", "bjensen", JORDAN, NOBODY, "--yes").data
    assert (told["dryRun"], told["account"], told["baseUrl"]) == (False, account(sandbox), sandbox.base_url)
    barbara, jordan, nobody = told["users"]
    assert (barbara["id"], barbara["userName"], barbara["said"]) == (BARBARA, "bjensen", "bjensen")
    assert (barbara["account"], barbara["requestId"] > "") == ("done", True)
    assert barbara["at"].startswith("20")
    assert outcomes(barbara) == {"Data Engineering": "done", "All Staff": "done"}
    assert all(each["requestId"] and each["at"] for each in barbara["groups"])
    assert (jordan["account"], jordan["groups"]) == ("unchanged", [])
    assert (nobody["account"], nobody["userName"]) == ("not_found", None)
    assert {each["displayName"] for each in told["groupsLookedInto"]} == {"Data Engineering", "All Staff"}
    assert told["otherGroups"] == "not known: the service has no list of groups"
    assert (told["journal"], told["undo"]) == ("offboard.journal", "maia-scim apply --undo offboard.journal")

    dry = invoke("offboard", ZOE, "--dry-run").data
    assert (dry["dryRun"], dry["journal"], dry["users"][0]["account"]) == (True, None, "change")


def test_who_is_not_found_makes_it_incomplete(sandbox: Sandbox) -> None:
    done = invoke("offboard", BARBARA, NOBODY, "--yes", "-o", "table")
    assert (done.code, sandbox.users[BARBARA]["active"]) == (1, False)
    assert f"  {NOBODY}\n    not found\n" in done.out


def test_what_may_be_a_name_is_told_where_there_is_no_index(sandbox: Sandbox) -> None:
    told = "Who is not found may be a name: there is no index yet"
    assert told in invoke("offboard", "bjensen", "--dry-run").err
    assert told not in invoke("offboard", NOBODY, "--dry-run").err
    assert invoke("index", "add", BARBARA).code == 0
    assert told not in invoke("offboard", "nobody", "--dry-run").err


def test_without_an_index_the_groups_are_those_that_are_named_and_those_of_the_account(sandbox: Sandbox) -> None:
    lonely = next(id for id, user in sandbox.users.items() if user["active"] and not user.get("groups"))
    nothing = invoke("offboard", lonely, "--dry-run", "-o", "table")
    assert "No group was looked into, since none is known that they are in: --group names some.\n" in nothing.out
    told = invoke("offboard", lonely, "--group", ENGINEERS, "--yes").data
    assert [each["id"] for each in told["groupsLookedInto"]] == [ENGINEERS]
    assert told["users"][0]["groups"] == []
    own = invoke("offboard", BARBARA, "--yes").data
    assert outcomes(own["users"][0]) == {"Data Engineering": "done", "All Staff": "done"}
    gone = invoke("offboard", MICHAEL, "--group", NOBODY, "--yes", "-o", "table")
    assert (gone.code, sandbox.users[MICHAEL]["active"]) == (1, False)
    assert "\nLooked into: Data Engineering, All Staff. Of other groups" in gone.out
    assert f"Group {NOBODY}: there is no such group (any more)\n" in gone.out


def test_a_group_that_only_the_option_names_is_looked_into(sandbox: Sandbox) -> None:
    put(sandbox, STAFF, "groups", members=[{"value": JORDAN}, {"value": ZOE}])
    done = invoke("offboard", JORDAN, "--group", STAFF, "--yes")
    assert (done.code, members(sandbox, STAFF)) == (0, {ZOE})


def test_a_file_says_who_leaves(sandbox: Sandbox, folder: Path) -> None:
    (folder / "leavers.txt").write_text(f"{BARBARA}  # on Friday\n{MICHAEL}\n", "utf-8")
    assert invoke("offboard", "--ids", "leavers.txt", "--yes").code == 0
    assert invoke("offboard", "--ids", "-", "--yes", "--allow-empty", ENGINEERS, input=f"{ZOE}\n").code == 0
    assert [sandbox.users[id]["active"] for id in (BARBARA, MICHAEL, ZOE)] == [False] * 3


def test_at_a_terminal_it_asks(sandbox: Sandbox) -> None:
    call = ["offboard", BARBARA, "--group", ENGINEERS]
    refused = at_terminal(*call, piped=False, answers={"[y/N]": "n\n"})
    assert (refused.code, writes(sandbox), "Receipt" in refused.err) == (3, [], False)
    assert "Change 1 user, deactivate 1 of them, and remove 2 members in 2 groups (no profile" in refused.err
    agreed = at_terminal(*call, piped=False, answers={"[y/N]": "y\n"})
    assert agreed.code == 0
    assert "Receipt" in agreed.err


# What is not done.


@pytest.mark.usefixtures("index")
def test_a_protected_account_is_refused_and_said(sandbox: Sandbox, folder: Path) -> None:
    (folder / "keep.txt").write_text("bjensen\n", "utf-8")
    done = invoke("offboard", BARBARA, MICHAEL, "--yes", "-o", "table", "--protect", "keep.txt")
    assert (done.code, sandbox.users[BARBARA]["active"], sandbox.users[MICHAEL]["active"]) == (1, True, False)
    assert members(sandbox, ENGINEERS) == {BARBARA, ZOE}
    assert "    protected: left alone" in done.out
    assert "    protected: left in Data Engineering" in done.out


def test_a_group_is_not_left_empty_unless_it_may_be(sandbox: Sandbox) -> None:
    call = ["offboard", BARBARA, MICHAEL, ZOE, "--group", ENGINEERS]
    stopped = invoke(*call, "--yes", "-o", "table")
    assert (stopped.code, writes(sandbox)) == (3, [])
    assert "it would leave Data Engineering without members" in stopped.err
    assert "    to be deactivated" in stopped.out
    refused = at_terminal(*call, piped=False, answers={"Type its name": "y\n"})
    assert (refused.code, writes(sandbox)) == (3, [])
    done = invoke(*call, "--yes", "--allow-empty", ENGINEERS, "-o", "table")
    assert done.code == 0
    assert "would be left" not in done.out.partition("\nReceipt\n")[2]
    assert members(sandbox, ENGINEERS) == set()


def test_a_write_that_fails_is_in_the_receipt_and_the_next_run_does_it(sandbox: Sandbox) -> None:
    sandbox.inject(Status(403), on="groups.patch", times=1)
    failed = invoke("offboard", BARBARA, "--group", ENGINEERS, "--yes", "-o", "table")
    assert failed.code == 1
    assert "    deactivated (request" in failed.out
    assert "    refused: not removed from Data Engineering" in failed.out
    assert "403" in failed.out
    again = invoke("offboard", BARBARA, "--group", ENGINEERS, "--yes", "-o", "table")
    assert again.code == 0
    assert "    deactivated already\n    removed from Data Engineering (request" in again.out


def test_who_has_the_name_no_more_keeps_account_and_groups(sandbox: Sandbox, index: Path) -> None:
    put(sandbox, BARBARA, userName="other", emails=[], displayName="Other")
    done = invoke("offboard", "bjensen@example.com", "--group", ENGINEERS, "--yes", "-o", "table")
    assert (done.code, writes(sandbox)) == (1, [])
    assert "    not found - the index is out of date: who was bjensen@example.com is other now" in done.out
    assert index.exists()


@pytest.mark.usefixtures("index")
def test_a_group_that_is_called_otherwise_now_is_not_looked_into(sandbox: Sandbox) -> None:
    put(sandbox, ENGINEERS, "groups", displayName="Administrators")
    refused = invoke("offboard", BARBARA, "--group", "Data Engineering", "--yes")
    assert (refused.code, writes(sandbox)) == (2, [])
    assert "the group that was Data Engineering is Administrators now" in refused.err


def test_an_index_of_another_account_is_refused_where_a_name_needs_it(sandbox: Sandbox, index: Path) -> None:
    with closing(sqlite3.connect(index)) as connection, connection:
        connection.execute("UPDATE about SET account = 'another'")
    refused = invoke("offboard", "bjensen@example.com", "--yes")
    assert (refused.code, writes(sandbox)) == (2, [])
    assert "account another" in refused.err.partition("Error: ")[2]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "it is not said who leaves: name them, or give --ids FILE\n"),
        (["--group", ENGINEERS], "--group names groups that they are taken out of"),
        ([BARBARA, "--ids", "ids.txt"], "WHO and --ids are both given"),
        (["b@example.com"], "b@example.com is no id, and the service has no search; there is no index yet"),
        ([BARBARA, "--group", "Data Engineering"], "Data Engineering is no id"),
        (["--ids", "a.csv", "--report", "a.csv"], "--report and --ids are the same file"),
        ([BARBARA, "--journal", "no/where.journal"], "there is no such folder"),
    ],
)
def test_what_is_called_wrongly_is_told_before_anything_is_sent(
    sandbox: Sandbox, arguments: list[str], told: str
) -> None:
    refused = invoke("offboard", *arguments, "--yes")
    assert (refused.code, refused.out, [*sandbox.requests]) == (2, "", [])
    assert told in refused.err


def test_yes_is_needed_where_nobody_can_be_asked(sandbox: Sandbox) -> None:
    refused = invoke("offboard", BARBARA)
    assert (refused.code, [*sandbox.requests]) == (2, [])
    assert "--yes is needed" in refused.err


def test_the_lines_of_the_docs_do_what_they_say(
    sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run_docs("off-boarding.md", folder, monkeypatch)
    assert ran.code == 0, ran.err
    [barbara] = json.loads((folder / "receipt.json").read_text("utf-8"))["users"]
    assert outcomes(barbara) == {"Data Engineering": "done", "All Staff": "done"}
    assert "    deactivated already\n" in ran.out
    assert (folder / "audit.html").exists()
    assert sandbox.users[BARBARA]["active"] is False
    assert BARBARA not in members(sandbox, ENGINEERS) | members(sandbox, STAFF)


def test_the_receipt_that_is_shown_is_what_there_is(sandbox: Sandbox) -> None:
    shown = re.findall(r"^```text\n(.*?)^```$", (DOCS / "off-boarding.md").read_text("utf-8"), re.M | re.S)
    ran = invoke("offboard", BARBARA, "--yes", "-o", "table")

    def plain(text: str) -> str:
        return re.sub(r"\(request .*?\)", "(request)", text).replace(" · bjensen@example.com", "")

    assert plain("Receipt\n" + ran.out.partition("\nReceipt\n")[2] + ran.err) == plain(shown[0])
