"""``maia-scim users rename``, as an administrator runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.command import BARBARA, ENGINEERS, JORDAN, NOBODY, account, at_terminal, invoke, run_docs, writes

if TYPE_CHECKING:
    from pathlib import Path

    from maia_scim.sandbox import Sandbox

MICHAEL = "c3a26dd3-27a0-4dec-a2ac-ce211e105f97"
ZOE = "5d48a0a8-e0cd-43c1-9d2b-7c9b0a3f6e52"
DOMAIN = ["--pattern", r"@example\.com$", "--to", "@new.example"]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the commands run, and an index is to be."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAIA_INDEX", str(tmp_path / "seen.sqlite"))
    return tmp_path


def put(sandbox: Sandbox, id: str, kind: str = "users", **attributes: object) -> None:
    state: Any = sandbox.dump()
    for each in state[kind]:
        if each["id"] == id:
            each.update(attributes)
    sandbox.load(state)


def names(sandbox: Sandbox, id: str) -> list[Any]:
    user = sandbox.users[id]
    return [user["userName"], *(each["value"] for each in user["emails"])]


def pairs(folder: Path, *rows: tuple[str, str]) -> str:
    (folder / "pairs.csv").write_text("".join(f"{old},{new}\n" for old, new in (("old", "new"), *rows)), "utf-8")
    return "pairs.csv"


# By a pattern.


def test_a_domain_is_renamed_and_the_undo_brings_it_back(sandbox: Sandbox, folder: Path) -> None:
    before = names(sandbox, BARBARA)
    dry = invoke("users", "rename", *DOMAIN, "--group", ENGINEERS, "--dry-run", "-o", "table")
    assert (dry.code, writes(sandbox), [*folder.iterdir()]) == (0, [], [])
    assert f"Plan of users rename · no profile · {sandbox.base_url} · {account(sandbox)}" in dry.out
    assert "      - bjensen@example.com (work, primary)\n      + bjensen@new.example (work, primary)\n" in dry.out
    assert "  3 users to change\n" in dry.out

    done = invoke("users", "rename", *DOMAIN, "--group", ENGINEERS, "--yes", "-o", "table")
    assert done.code == 0
    assert names(sandbox, BARBARA) == [each.replace("@example.com", "@new.example") for each in before]
    assert names(sandbox, JORDAN)[1].endswith("@example.com")
    assert "The journal is rename.journal.\nTo undo: maia-scim apply --undo rename.journal\n" in done.err

    sandbox.forget_requests()
    again = invoke("users", "rename", *DOMAIN, "--group", ENGINEERS, "--yes", "-o", "table")
    assert (again.code, writes(sandbox)) == (0, [])
    assert "nothing to change" in again.out

    assert invoke("apply", "--undo", "rename.journal", "--yes").code == 0
    assert names(sandbox, BARBARA) == before


def test_whom_it_is_about(sandbox: Sandbox, folder: Path) -> None:
    (folder / "ids.txt").write_text(f"{JORDAN}\n{MICHAEL}\n", "utf-8")
    for whom, count in (([BARBARA, JORDAN], 2), (["--ids", "ids.txt"], 2), ([BARBARA, "--group", ENGINEERS], 3)):
        assert invoke("users", "rename", *DOMAIN, *whom, "-n").data["summary"]["change"] == count
    piped = invoke("users", "rename", *DOMAIN, "--ids", "-", "-n", input=f"{JORDAN}\n")
    assert [each["id"] for each in piped.data["entries"]] == [JORDAN]
    assert invoke("index", "add", "--group", ENGINEERS).code == 0
    everyone = invoke("users", "rename", *DOMAIN, "--index", "-n")
    assert {each["id"] for each in everyone.data["entries"]} == {BARBARA, MICHAEL, ZOE}
    named = invoke("users", "rename", *DOMAIN, "BJENSEN@example.com", "-n", "-o", "table")
    assert f"bjensen · {BARBARA} · by BJENSEN@example.com\n" in named.out
    assert "  1 user found by name, seen just now\n" in named.out


def test_who_is_not_there_is_told(sandbox: Sandbox) -> None:
    done = invoke("users", "rename", *DOMAIN, BARBARA, NOBODY, "--yes", "-o", "table")
    assert done.code == 1
    assert f"{NOBODY}: not found" in done.out
    assert "1 done" in done.out


def test_a_group_that_is_gone_ends_it(sandbox: Sandbox) -> None:
    refused = invoke("users", "rename", *DOMAIN, "--group", NOBODY, "--yes")
    assert (refused.code, writes(sandbox)) == (1, [])
    assert f"group {NOBODY}: gone, or never in this account and region" in refused.err


def test_a_group_that_is_called_otherwise_now_ends_it(sandbox: Sandbox) -> None:
    assert invoke("index", "add", "--group", ENGINEERS).code == 0
    put(sandbox, ENGINEERS, "groups", displayName="Administrators")
    refused = invoke("users", "rename", *DOMAIN, "--group", "Data Engineering", "--yes")
    assert (refused.code, writes(sandbox)) == (2, [])
    assert "the index is out of date: the group that was Data Engineering is Administrators now" in refused.err


def test_at_a_terminal_it_asks(sandbox: Sandbox) -> None:
    refused = at_terminal("users", "rename", *DOMAIN, BARBARA, piped=False, answers={"[y/N]": "n\n"})
    assert (refused.code, writes(sandbox)) == (3, [])
    assert f"Change 1 user (no profile · {sandbox.base_url} · {account(sandbox)})? [y/N]" in refused.err


# By pairs.


def test_pairs_are_found_by_the_index(sandbox: Sandbox, folder: Path) -> None:
    file = pairs(folder, ("BJensen", "babs"), ("bjensen@example.com", "babs@new.example"))
    assert invoke("index", "add", "--group", ENGINEERS).code == 0
    assert invoke("users", "rename", "--pairs", file, "--dry-run").data["summary"]["change"] == 1
    done = invoke("users", "rename", "--pairs", file, "--yes")
    assert (done.code, done.data["summary"]["done"], done.data["summary"]["named"]) == (0, 1, 1)
    assert names(sandbox, BARBARA)[:2] == ["babs", "babs@new.example"]
    assert (folder / "pairs.csv.journal").exists()

    sandbox.forget_requests()
    again = invoke("users", "rename", "--pairs", file, "--yes", "-o", "table")
    assert (again.code, writes(sandbox)) == (0, [])
    assert "nothing to change" in again.out

    assert invoke("apply", "--undo", "pairs.csv.journal", "--yes").code == 0
    assert names(sandbox, BARBARA)[:2] == ["bjensen", "bjensen@example.com"]


def test_pairs_do_without_an_index_where_it_is_said_whose(sandbox: Sandbox, folder: Path) -> None:
    file = pairs(folder, ("bjensen", "babs"))
    refused = invoke("users", "rename", "--pairs", file, "--yes")
    assert (refused.code, [*sandbox.requests]) == (2, [])
    assert "pairs are of names, and there is no index yet" in refused.err
    assert invoke("users", "rename", "--pairs", file, "--group", ENGINEERS, "--yes").code == 0
    assert names(sandbox, BARBARA)[0] == "babs"


def test_pairs_of_nobody_who_was_named_are_told(sandbox: Sandbox, folder: Path) -> None:
    rows = [("bjensen", "babs"), ("jmensah", "jordan"), *((f"x{each}", f"y{each}") for each in range(10))]
    done = invoke("users", "rename", "--pairs", pairs(folder, *rows), BARBARA, "--yes")
    assert (done.code, names(sandbox, BARBARA)[0], names(sandbox, JORDAN)[0]) == (1, "babs", "jmensah")
    assert "Warning: 11 pairs are of nobody who was named: jmensah (line 3), x0 (line 4), " in done.err
    assert "x8 (line 12) and 1 more\n" in done.err
    again = invoke("users", "rename", "--pairs", pairs(folder, rows[0]), BARBARA, "--yes")
    assert (again.code, "of nobody" in again.err) == (0, False)
    other = invoke("users", "rename", "--pairs", pairs(folder, rows[0]), MICHAEL, "--dry-run")
    assert (other.code, "1 pair is of nobody who was named: bjensen (line 2)\n" in other.err) == (1, True)


def test_an_old_name_that_nobody_has_is_told(sandbox: Sandbox, folder: Path) -> None:
    assert invoke("index", "add", "--group", ENGINEERS).code == 0
    refused = invoke("users", "rename", "--pairs", pairs(folder, ("nobody@example.com", "a@example.com")), "--yes")
    assert (refused.code, writes(sandbox)) == (2, [])
    assert "nobody@example.com: no user of that name was seen" in refused.err


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("a", "b"), ("A", "c")], "line 3, column old: A is in line 2, too"),
        ([("a", "b"), ("c", "B")], "line 3, column new: B is what line 2 makes of another name, too"),
        ([("a", "")], "line 2, column new: it is empty"),
        ([("a@example.com", "b")], "line 2, column new: b is no e-mail address"),
        ([], "it has a header and no pairs"),
    ],
)
def test_pairs_with_faults_are_refused(sandbox: Sandbox, folder: Path, rows: list[tuple[str, str]], told: str) -> None:
    refused = invoke("users", "rename", "--pairs", pairs(folder, *rows), "--group", ENGINEERS, "--yes")
    assert (refused.code, refused.out, writes(sandbox)) == (2, "", [])
    assert told in refused.err


# What is refused.


def test_two_users_who_would_get_one_name_stop_all(sandbox: Sandbox) -> None:
    refused = invoke("users", "rename", "--pattern", "^[^@]+@", "--to", "all@", BARBARA, MICHAEL, "--yes")
    assert (refused.code, writes(sandbox)) == (2, [])
    assert f"{BARBARA} (bjensen) and {MICHAEL} (mokafor) would both be called all@example.com" in refused.err


def test_a_name_that_another_user_has_stops_all(sandbox: Sandbox, folder: Path) -> None:
    assert invoke("index", "add", "--group", ENGINEERS).code == 0
    refused = invoke("users", "rename", "--pairs", pairs(folder, ("bjensen", "MOkafor")), "--yes")
    assert (refused.code, writes(sandbox)) == (2, [])
    assert MICHAEL in refused.err


def test_protected_accounts_keep_their_names(sandbox: Sandbox, folder: Path) -> None:
    (folder / "keep.txt").write_text("bjensen@example.com\n", "utf-8")
    by_name = ["--pattern", "^", "--to", "x"]
    assert "is found in an empty text" in invoke("users", "rename", *by_name, BARBARA, "-n").err
    by_name = ["--pattern", "^([bm])", "--to", r"x-\1"]
    done = invoke("users", "rename", *by_name, BARBARA, MICHAEL, "--yes", "--protect", "keep.txt", "-o", "table")
    assert done.code == 1
    assert "bjensen: protected" in done.out
    assert names(sandbox, BARBARA)[0] == "bjensen"
    assert names(sandbox, MICHAEL) == ["x-mokafor", "x-mokafor@example.com"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--index", "--yes"], "it is not said what becomes of the names"),
        ([*DOMAIN, "--pairs", "pairs.csv", "--yes"], "one of the two"),
        (["--pattern", "a", BARBARA, "--yes"], "--pattern and --to go together"),
        (["--to", "a", "--pairs", "pairs.csv", "--yes"], "--pattern and --to go together"),
        ([*DOMAIN, "--yes"], "it is not said whose: WHO, --group ID, --ids FILE, or --index"),
        ([*DOMAIN, BARBARA, "--index", "--yes"], "name nobody beside it"),
        ([*DOMAIN, BARBARA, "--ids", "pairs.csv", "--yes"], "WHO and --ids are both given"),
        ([*DOMAIN, "--index", "--yes"], "there is no index yet: `maia-scim index add --group ID`"),
        ([*DOMAIN, "a@example.com", "--yes"], "a@example.com is no id, and the service has no search"),
        (["--pattern", "(", "--to", "a", BARBARA, "--yes"], "'(' is no regular expression"),
        (["--pattern", "a", "--to", "\\1", BARBARA, "--yes"], "cannot take the place of what is found"),
        (["--pattern", "(a)", "--to", "$1", BARBARA, "--yes"], "what a group found is written \\1"),
        ([*DOMAIN, BARBARA], "--yes is needed"),
        ([*DOMAIN, "--ids", "a.csv", "--report", "a.csv", "--yes"], "--report and --ids are the same file"),
        (["--pairs", "pairs.csv", "--journal", "pairs.csv", "--yes"], "are the same file"),
    ],
)
def test_what_is_called_wrongly_is_told_before_anything_is_sent(
    sandbox: Sandbox, folder: Path, arguments: list[str], told: str
) -> None:
    pairs(folder, ("a", "b"))
    refused = invoke("users", "rename", *arguments)
    assert (refused.code, refused.out, [*sandbox.requests]) == (2, "", [])
    assert told in refused.err


def test_the_lines_of_the_docs_do_what_they_say(
    sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names(sandbox, MICHAEL)
    ran = run_docs("rename-a-domain.md", folder, monkeypatch)
    assert ran.code == 0, ran.err
    assert names(sandbox, BARBARA)[:2] == ["barbara.jensen", "bjensen@new.example"]
    assert names(sandbox, MICHAEL) == before
    done = json.loads((folder / "done.json").read_text("utf-8"))
    assert done["summary"]["done"] == done["summary"]["change"] > 30
    assert "mokafor@new.example" in (folder / "plan.html").read_text("utf-8")
