"""``maia-scim apply`` by names instead of ids, and with users who are not there yet."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maia_scim.sandbox import Sandbox
from tests.cli.command import BARBARA, JORDAN, at_terminal, invoke


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where an index is to be."""
    monkeypatch.setenv("MAIA_INDEX", str(tmp_path / "seen.sqlite"))
    return tmp_path / "seen.sqlite"


@pytest.mark.parametrize(("header", "name"), [("id", "jmensah@example.com"), ("userName", "JMensah")])
def test_an_index_finds_rows_by_names(
    sandbox: Sandbox, file: Path, index: Path, header: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke("index", "add", BARBARA).code == 0
    with monkeypatch.context() as patched:
        patched.setattr("maia_scim.index.notes.now", lambda: datetime.now(UTC) - timedelta(days=3, hours=1))
        assert invoke("index", "add", JORDAN).code == 0
    file.write_text(f"{header},title\nBJensen,Pilot\n{name},Pilot\n", encoding="utf-8")
    dry = invoke("apply", str(file), "--dry-run", "-o", "table")
    assert dry.code == 0
    assert f"jmensah · {JORDAN} · line 3 · by {name}\n" in dry.out
    assert "  2 users found by name, the oldest seen 3 days ago\n" in dry.out
    done = invoke("apply", str(file), "--yes")
    assert (done.data["summary"]["named"], "To undo" in done.err) == (2, False)
    assert [sandbox.users[id]["title"] for id in (BARBARA, JORDAN)] == ["Pilot", "Pilot"]
    assert "found by name" not in invoke("apply", "--undo", f"{file}.journal", "-n", "-o", "table").out


def test_ids_and_names_do_not_mix(sandbox: Sandbox, file: Path, index: Path) -> None:
    assert invoke("index", "add", BARBARA).code == 0
    file.write_text(f"id,title\nbjensen,Pilot\n{JORDAN},Pilot\n", encoding="utf-8")
    refused = invoke("apply", str(file), "--yes")
    assert refused.code == 2
    assert "an id on line 3, and a name on line 2: the column id has either" in refused.err


def test_without_an_index_a_row_needs_an_id(sandbox: Sandbox, file: Path, index: Path) -> None:
    file.write_text("userName,title\nbjensen,Pilot\n", encoding="utf-8")
    refused = invoke("apply", str(file), "--yes")
    assert (refused.code, index.exists()) == (2, False)
    assert "no column id: the service has no search" in refused.err


def test_who_is_not_known_is_created_if_that_is_asked_for(sandbox: Sandbox, file: Path, index: Path) -> None:
    assert invoke("index", "add", BARBARA).code == 0
    file.write_text("userName,title,emails[work]\nbjensen,Pilot,\nnlang,Guide,n@example.com\n", encoding="utf-8")
    refused = invoke("apply", str(file), "--yes")
    assert refused.code == 2
    assert "line 3: no id: the index knows nobody of the userName nlang; --create-missing would" in refused.err
    count = len(sandbox.users)
    dry = invoke("apply", str(file), "--create-missing", "--dry-run", "-o", "table")
    assert "nlang · new user · line 3\n" in dry.out
    assert "2 rows\n  1 to change\n  1 to create\n  0 unchanged\n  1 user found by name" in dry.out
    assert len(sandbox.users) == count
    asked = at_terminal("apply", str(file), "--create-missing", piped=False, answers={"[y/N]": "n\n"})
    assert "Change 1 user, and create 1 user (no profile" in asked.err
    assert invoke("apply", str(file), "--create-missing", "--yes").code == 0
    [made] = [user for user in sandbox.users.values() if user["userName"] == "nlang"]
    assert (made["title"], made["emails"][0]["value"], len(sandbox.users)) == ("Guide", "n@example.com", count + 1)
    sandbox.forget_requests()
    again = invoke("apply", str(file), "--create-missing", "--yes")
    assert (again.code, again.data["summary"]["unchanged"]) == (0, 2)
    assert all(request.method == "GET" for request in sandbox.requests)
    undone = invoke("apply", "--undo", f"{file}.journal", "--yes", "-o", "table")
    assert undone.code == 0
    [made] = [user for user in sandbox.users.values() if user["userName"] == "nlang"]
    assert made["active"] is False


def test_creating_makes_an_index_and_a_dry_run_does_not(sandbox: Sandbox, file: Path, index: Path) -> None:
    file.write_text("userName,title\nnlang,Guide\n", encoding="utf-8")
    assert invoke("apply", str(file), "--create-missing", "--dry-run").code == 0
    assert not index.exists()
    assert invoke("apply", str(file), "--create-missing", "--yes").code == 0
    assert invoke("index", "find", "nlang").code == 0


def test_who_is_there_and_not_known_is_not_created_twice(sandbox: Sandbox, file: Path, index: Path) -> None:
    file.write_text("userName,title\nbjensen,Guide\n", encoding="utf-8")
    count = len(sandbox.users)
    refused = invoke("apply", str(file), "--create-missing", "--yes", "-o", "table")
    assert (refused.code, len(sandbox.users)) == (1, count)
    assert "userName 'bjensen' is taken" in refused.out


def test_a_table_of_actions_is_applied(sandbox: Sandbox, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    text = f"action,kind,id,target,before,after\nset,user,{BARBARA},title,Tour Guide,Boss\n"
    table.write_text(text)
    dry = invoke("apply", str(table), "--dry-run", "--report", str(tmp_path / "plan.csv"))
    assert (dry.code, dry.data["summary"]["change"]) == (0, 1), dry.err
    piped = invoke("apply", "-", "--dry-run", input=text)
    assert (piped.code, piped.data["summary"]["change"]) == (0, 1), piped.err
    refused = invoke("apply", str(table), "--yes", "--limit", "1")
    assert (refused.code, sandbox.users[BARBARA]["title"]) == (2, "Tour Guide")
    assert "match, skip or limit: that is about rows of users" in refused.err
    done = invoke("apply", str(tmp_path / "plan.csv"), "--yes")
    assert (done.code, sandbox.users[BARBARA]["title"]) == (0, "Boss"), done.err
