"""``maia-scim index`` against a sandbox: what it says, what it keeps, and where."""

import json
import os
import re
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from maia_scim import MaiaScim, apply
from maia_scim.index import Index, notes
from maia_scim.sandbox.faults import Status
from tests.cli.command import BARBARA, ENGINEERS, JORDAN, NOBODY, account, at_terminal, invoke, sent

BABS = "bjensen@example.com"
COMMANDS = ["show", "find", "add", "learn", "refresh", "forget"]


@pytest.fixture
def file(tmp_path, monkeypatch):
    file = tmp_path / "seen.sqlite"
    monkeypatch.setenv("MAIA_INDEX", str(file))
    return file


@pytest.fixture
def journal(sandbox, tmp_path):
    """Of a run that changed Barbara's userName."""
    people = tmp_path / "people.csv"
    people.write_text(f"id,userName\n{BARBARA},babs@example.com\n", "utf-8")
    with MaiaScim(**sandbox.connection) as maia, apply.plan(maia, people) as plan:
        plan.apply()
    return f"{people}.journal"


@pytest.fixture
def title(sandbox):
    return f"no profile · {sandbox.base_url} · {account(sandbox)}"


def test_help_says_what_it_is_not():
    told = " ".join(invoke("index", "--help").out.split())

    assert "no list and no search" in told
    assert "It is no list of the directory" in told
    assert "personal data" in told
    assert "MAIA_INDEX" in told
    assert all(re.search(rf"\b{name}\b", told) for name in COMMANDS)


def test_before_there_is_one(sandbox, file, title):
    ran = invoke("index", "show")

    assert ran.code == 0
    assert ran.data == {"file": str(file), "exists": False}
    assert f"There is no index yet: {title}" in ran.err
    assert "maia-scim index add" in ran.err
    for arguments in (["find", BABS], ["forget", BABS], ["forget", "--all"]):
        refused = invoke("index", *arguments)
        assert (refused.code, refused.out) == (2, "")
        assert title in refused.err
    assert not file.exists()
    assert sent(sandbox) == []


def test_add_makes_it_and_show_tells_of_it(sandbox, file, title):
    ran = invoke("index", "add", BARBARA, NOBODY, BARBARA)

    assert ran.code == 1, ran.err
    assert ran.data == {
        **{"users": 1, "groups": 0, "gone": [{"kind": "user", "id": NOBODY}], "failed": []},
        **{"knownUsers": 1, "knownGroups": ran.data["knownGroups"]},
    }
    assert f"Not found: user {NOBODY}" in ran.err
    assert title in ran.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    shown = invoke("index", "show")
    assert shown.data["file"] == str(file)
    assert (shown.data["users"], shown.data["named"]) == (1, 1)
    assert shown.data["oldest"] == shown.data["newest"] or shown.data["oldest"] < shown.data["newest"]
    assert shown.err == f"It is no list of the directory: it knows who was seen. {title}\n"
    table = invoke("index", "show", "-o", "table").out
    assert re.search(rf"^file +{re.escape(str(file))}$", table, re.M)
    assert re.search(r"^users +1$", table, re.M)


@pytest.mark.parametrize("dash", [True, False], ids=["stdin", "file"])
def test_add_takes_ids_from_a_file(sandbox, file, tmp_path, dash):
    lines = f"\ufeff{BARBARA}\r\n\n# others\n  {JORDAN}  # he, too\n"
    (tmp_path / "ids.txt").write_text(lines, "utf-8")

    ran = invoke("index", "add", "--ids", "-" if dash else str(tmp_path / "ids.txt"), input=lines.lstrip("\ufeff"))

    assert ran.data["users"] == 2, ran.err


def test_add_of_a_group_reads_who_is_in_it(sandbox, file):
    ran = invoke("index", "add", "--group", ENGINEERS)

    assert (ran.data["users"], ran.data["groups"]) == (3, 1)
    assert invoke("index", "find", BABS).data["id"] == BARBARA


def test_what_is_no_id_is_refused_before_anything(sandbox, file, tmp_path):
    (tmp_path / "latin").write_bytes(b"\xff\xfe\xfd")
    wrong = (
        ["add"],
        ["add", "../x"],
        ["add", BARBARA, "--group", "a/b"],
        ["add", "--ids", str(tmp_path / "none")],
        ["add", "--ids", str(tmp_path / "latin")],
        ["learn", str(tmp_path / "none")],
        ["forget"],
        ["forget", "x", "--all"],
        ["forget", "--all", "--older-than", "3"],
    )
    for arguments in wrong:
        assert invoke("index", *arguments).code == 2, arguments
    assert not file.exists()
    assert sent(sandbox) == []


def test_one_that_cannot_be_read_is_told_and_the_others_are_there(sandbox, file):
    sandbox.inject(Status(500), on="users.get")

    ran = invoke("index", "add", BARBARA, JORDAN)

    assert ran.code == 1
    assert ran.data["users"] == 1
    [failed] = ran.data["failed"]
    assert f"Error: user {failed['id']}: GET " in ran.err


def test_find(sandbox, file, title):
    assert invoke("index", "add", BARBARA, JORDAN, "--group", ENGINEERS).code == 0
    before = len(sandbox.requests)

    one = invoke("index", "find", BABS.upper())
    assert one.data == {
        **{"said": BABS.upper(), "id": BARBARA, "kind": "user", "name": "bjensen", "by": "emails"},
        **{"seen": one.data["seen"], "formDiffers": False},
    }
    assert one.err == f"{title}\n"
    several = invoke("index", "find", BABS, "nobody@example.com", "Jordan Mensah")
    assert several.code == 2
    assert [each["id"] for each in several.data] == [BARBARA, JORDAN]
    assert "Error: nobody@example.com: no user of that name was seen" in several.err
    group = invoke("index", "find", "--group", "data engineering")
    assert (group.data["id"], group.data["kind"]) == (ENGINEERS, "group")
    table = invoke("index", "find", BABS, "-o", "table").out.splitlines()
    assert table[0].split() == ["said", "id", "name", "by", "seen"]
    assert table[1].endswith("just now")
    assert len(sandbox.requests) == before, "nothing is sent"


def test_at_a_terminal_it_is_a_table(sandbox, file, title):
    assert invoke("index", "add", BARBARA).code == 0

    ran = at_terminal("index", "find", BABS, piped=False, environment={"NO_COLOR": "1"})
    assert ran.err.splitlines()[1].split()[:2] == ["said", "id"]
    ran = at_terminal("index", "add", JORDAN, piped=False)
    assert ran.code == 0
    assert "Read 1 user and 0 groups; the index knows 2 users" in ran.err
    assert title in ran.err
    assert "{" not in ran.err


def test_learn_from_a_journal(sandbox, file, journal, tmp_path, title):
    before = len(sandbox.requests)

    ran = invoke("index", "learn", journal)

    assert ran.code == 0, ran.err
    assert ran.data == {"runs": 1, "otherRuns": 0, "notes": 2, "knownUsers": 1, "knownGroups": ran.data["knownGroups"]}
    assert title in ran.err
    assert len(sandbox.requests) == before
    assert invoke("users", "get", "babs@example.com").data["id"] == BARBARA
    (tmp_path / "other").write_text("x" * 1000)
    assert invoke("index", "learn", str(tmp_path / "other")).code == 2


def test_a_journal_of_another_account_is_told(file, journal, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_ID", "other")

    ran = invoke("index", "learn", journal)

    assert (ran.code, ran.data["runs"], ran.data["otherRuns"]) == (0, 0, 1)
    assert "1 run of other accounts or services left out" in ran.err


def test_refresh(sandbox, file, title):
    assert invoke("index", "add", "--group", ENGINEERS).code == 0
    state = sandbox.dump()
    state["groups"] = [each for each in state["groups"] if each["id"] != ENGINEERS]
    for each in state["users"]:
        each["groups"] = [group for group in each.get("groups", []) if group["value"] != ENGINEERS]
        if each["id"] == BARBARA:
            each["userName"] = "babs2"
    sandbox.load(state)

    groups = invoke("index", "refresh")
    assert groups.code == 0, groups.err
    assert {"kind": "group", "id": ENGINEERS} in groups.data["gone"]
    assert title in groups.err
    assert invoke("index", "find", "bjensen").code == 0, "users are not read again"

    users = invoke("index", "refresh", "--users")
    assert users.code == 0, users.err
    assert users.data["users"] >= 3
    assert invoke("index", "find", "babs2").data["id"] == BARBARA
    assert invoke("index", "find", "bjensen").code == 2


def test_forget(sandbox, file, title, monkeypatch):
    assert invoke("index", "add", BARBARA, JORDAN).code == 0
    groups = invoke("index", "show").data["groups"]

    ran = invoke("index", "forget", BABS)
    assert ran.data == {"forgot": 1, "left": 1 + groups}
    assert title in ran.err
    assert invoke("index", "find", BABS).code == 2
    assert b"bjensen" not in file.read_bytes()

    now = notes.now()
    monkeypatch.setattr(notes, "now", lambda: now + timedelta(days=30))
    assert invoke("index", "forget", "--older-than", "31").data["forgot"] == 0
    assert invoke("index", "forget", "--older-than", "29").data == {"forgot": 1 + groups, "left": 0}

    with MaiaScim(**sandbox.connection) as maia, Index.open(file, maia) as index:
        for number in range(500):
            index.note({"id": f"u{number}", "userName": f"name-{number}"}, "user", now)
    size = file.stat().st_size
    assert invoke("index", "forget", "--older-than", "29").data == {"forgot": 500, "left": 0}
    assert file.stat().st_size < size / 2

    assert invoke("index", "forget", "--all").code == 0
    assert [*file.parent.glob("seen.sqlite*")] == []
    assert invoke("users", "get", BARBARA).code == 0
    assert not file.exists(), "nothing feeds it any more"


def test_it_is_in_the_folder_of_the_settings_one_for_each_account(sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr("click.get_app_dir", lambda name: str(tmp_path / name))
    first = invoke("index", "add", BARBARA)
    assert first.code == 0, first.err
    file = invoke("index", "show").data["file"]
    assert file.startswith(str(tmp_path / "maia-scim" / "index"))
    assert re.fullmatch(r"[0-9a-f]{16}\.sqlite", file.rpartition("/")[2])
    assert stat.S_IMODE((tmp_path / "maia-scim" / "index").stat().st_mode) == 0o700

    monkeypatch.setenv("MAIA_CLIENT_ID", "other")
    other = invoke("index", "show").data
    assert other["file"] != file
    assert not other["exists"]
    monkeypatch.setenv("MAIA_TOKEN", "one")
    token = invoke("index", "show").data["file"]
    monkeypatch.setenv("MAIA_TOKEN", "another")
    assert invoke("index", "show").data["file"] == token, "the next token of the same account"


def test_a_folder_that_cannot_be_made_is_told(sandbox, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MAIA_INDEX", str(tmp_path / "file" / "seen.sqlite"))

    ran = invoke("index", "add", BARBARA)

    assert (ran.code, ran.out) == (2, "")
    assert "seen.sqlite" in ran.err
    assert sent(sandbox) == []


DOCS = Path(__file__).parents[2] / "docs" / "from-email-to-id.md"


def test_the_lines_of_the_docs_do_what_they_say(sandbox, tmp_path):
    [block] = re.findall(r"^```bash\n(.*?)^```$", DOCS.read_text("utf-8"), re.M | re.S)
    lines = [line for line in block.splitlines() if line]
    assert len(lines) == 10

    ran = subprocess.run(
        ["sh", "-euc", block],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )

    assert ran.returncode == 0, ran.stderr
    assert sandbox.users[BARBARA]["title"] == "Data Engineer"
    assert sandbox.users[BARBARA]["active"] is False
    members = [each["value"] for each in sandbox.groups[ENGINEERS]["members"]]
    assert BARBARA not in members
    assert f"bjensen@example.com is {BARBARA} (bjensen), seen " in ran.stderr
    assert ran.stderr.count("no list of the directory") == 1
    assert (tmp_path / "people.sqlite").exists()


def test_json_has_no_secret_and_is_json(sandbox, file):
    ran = invoke("index", "add", BARBARA, "-o", "json")

    json.loads(ran.out)
    assert sandbox.client_secret not in ran.out + ran.err
