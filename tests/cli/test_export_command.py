"""``users export`` and ``groups members``: who is in a group, and users as a file that ``apply`` takes."""

import csv
import io
import json
import stat

import pytest

from maia_scim.cli.exits import Wrong
from maia_scim.cli.users_export import destination
from tests.cli.command import BARBARA, ENGINEERS, NOBODY, account, at_terminal, invoke, spawn

STAFF = "f53b7fcb-881d-4b5b-a05b-af8ebc898d69"
TEAM = [BARBARA, "c3a26dd3-27a0-4dec-a2ac-ce211e105f97", "5d48a0a8-e0cd-43c1-9d2b-7c9b0a3f6e52"]


@pytest.fixture
def index(monkeypatch, tmp_path):
    """Where an index is to be: away from whatever whoever runs the tests has."""
    file = tmp_path / "seen.sqlite"
    monkeypatch.setenv("MAIA_INDEX", str(file))
    return file


@pytest.fixture(autouse=True)
def _no_other_index(index):
    return index


def ids_file(tmp_path, *ids):
    file = tmp_path / "ids.txt"
    file.write_text("\n".join(ids), "utf-8")
    return str(file)


def of_csv(text):
    return [*csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))]


def put(sandbox, id, kind="users", **attributes):
    state = sandbox.dump()
    for each in state[kind]:
        if each["id"] == id:
            each.update(attributes)
    sandbox.load(state)


# Exporting users.


@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
def test_an_export_is_a_file_that_apply_leaves_unchanged(sandbox, tmp_path, form):
    file = tmp_path / f"people.{form}"
    ran = invoke("users", "export", "--group", STAFF, "--to", str(file))

    assert (ran.code, ran.out) == (0, "")
    assert f"Exported 44 users to {file}: no profile · {sandbox.base_url} · {account(sandbox)}" in ran.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    applied = invoke("apply", str(file), "--dry-run", "--clear-empty", "--exact-case")
    assert applied.code == 0
    assert (applied.data["summary"]["unchanged"], applied.data["summary"]["rows"]) == (44, 44)


def test_without_a_file_users_are_shown_as_json(sandbox, tmp_path):
    ran = invoke("users", "export", "--ids", ids_file(tmp_path, *TEAM[::-1]))

    assert ran.code == 0
    assert ran.data == [sandbox.users[id] for id in TEAM[::-1]]


def test_ids_come_from_standard_input_and_from_groups_each_once(sandbox):
    listed = invoke("groups", "members", ENGINEERS, "--output", "ids")
    assert listed.out.split() == TEAM

    ran = invoke("users", "export", "--ids", "-", "--group", ENGINEERS, "-o", "csv", input=f"{NOBODY}\n{listed.out}")

    assert [row["id"] for row in of_csv(ran.out)] == TEAM
    assert ran.out.startswith("\ufeffid,userName,active,")
    assert f"user {NOBODY}: there is none in this account and region" in ran.err
    assert "Exported 3 users, 1 not found: " in ran.err
    assert ran.code == 1


def test_what_a_csv_cannot_say_is_told(sandbox, tmp_path):
    put(sandbox, BARBARA, title=" Guide", roles=[{"value": "a"}, {"value": "b"}])
    file = tmp_path / "people.csv"
    ran = invoke("users", "export", "--group", STAFF, "--to", str(file))

    assert ran.code == 1
    assert "Exported 43 users to" in ran.err
    assert "Warning: 1 user left out, of whom the CSV cannot say all:" in ran.err
    assert f"  user {BARBARA}, title: a value that apply would refuse, or read as another" in ran.err
    assert "values left out: an item without a type, such as user " in ran.err
    assert "JSON Lines have more: --output jsonl" in ran.err
    assert BARBARA not in file.read_text("utf-8-sig")

    ran = invoke("users", "export", "--ids", ids_file(tmp_path, *TEAM), "-o", "csv")
    assert ran.code == 0  # of three, one is too many: the column is left out
    assert "Warning: columns left out, which cannot say what many have: title" in ran.err
    assert "title" not in of_csv(ran.out)[0]


def test_a_file_is_written_whole_or_not_at_all(sandbox, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("before", "utf-8")
    sandbox.revoke_tokens()
    ran = invoke("users", "export", "--group", NOBODY, "--to", str(file))

    assert (ran.code, file.read_text("utf-8")) == (1, "before")
    assert f"Error: group {NOBODY}: gone, or never in this account and region" in ran.err
    assert [each.name for each in tmp_path.iterdir()] == ["people.csv"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "it is not said whose"),
        (["--index", "--group", STAFF], "name nobody beside it"),
        (["--index"], "there is no index yet: `maia-scim index add"),
        (["--ids", "none.txt"], "none.txt: 1 fault; nothing was sent\n  cannot be read"),
        (["--ids", "-"], "standard input: 1 fault; nothing was sent\n  line 1: b@x.example is a name"),
        (["--group", STAFF, "--to", "people.txt"], "people.txt: say with --output what to write"),
        (["--group", STAFF, "--to", "no/people.csv"], "there is no such folder"),
        (["--ids", "same.csv", "--to", "same.csv"], "--to and --ids are the same file"),
    ],
)
def test_what_is_called_wrongly_is_told_before_anything_is_sent(sandbox, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "same.csv").write_text(BARBARA, "utf-8")
    ran = invoke("users", "export", *arguments, input="b@x.example\n")

    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert not sandbox.requests


def test_the_index_knows_everyone_and_names(sandbox, tmp_path):
    assert invoke("index", "add", "--group", ENGINEERS).code == 0

    ran = invoke("users", "export", "--index", "--output", "jsonl")
    assert sorted(json.loads(line)["id"] for line in ran.out.splitlines()) == sorted(TEAM)
    ran = invoke("users", "export", "--ids", ids_file(tmp_path, "bjensen@example.com"))
    assert [user["id"] for user in ran.data] == [BARBARA]
    ran = invoke("users", "export", "--group", "Data Engineering")
    assert [user["id"] for user in ran.data] == TEAM
    assert f"Data Engineering is group {ENGINEERS} by its displayName" in ran.err


def test_the_rate_can_be_said(sandbox, tmp_path):
    ran = invoke("users", "export", "--ids", ids_file(tmp_path, BARBARA), "--per-minute", "60", "--concurrency", "2")
    assert ran.code == 0


def test_a_terminal_shows_text_and_does_not_obey_it(sandbox, tmp_path):
    put(sandbox, BARBARA, title="a\u202eb")
    ran = at_terminal("users", "export", "--ids", ids_file(tmp_path, BARBARA), "-o", "csv", piped=False)

    assert "a\\u202eb" in ran.err
    assert "\ufeff" not in ran.err
    assert "id,userName,active" in ran.err
    piped = invoke("users", "export", "--ids", ids_file(tmp_path, BARBARA), "-o", "csv")
    assert of_csv(piped.out)[0]["title"] == "a\u202eb"


def test_a_reader_that_goes_away_is_one_line(sandbox, tmp_path):
    gone = "import os; read, write = os.pipe(); os.close(read); os.dup2(write, 1);"
    ran = spawn("users", "export", "--ids", ids_file(tmp_path, BARBARA), before=gone)

    assert ran.code == 1
    assert ran.err == "Error: not all was written to standard output: whoever read it has closed it\n"


def test_where_standard_output_or_input_is_closed_it_is_told(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(Wrong, match="--to"), destination(None):
        pass


# Who is in a group.


def test_members_are_shown_as_a_table_at_a_terminal_and_as_json_in_a_pipe(sandbox):
    shown = at_terminal("groups", "members", ENGINEERS, piped=False, environment={"NO_COLOR": "1"}).err.splitlines()
    assert [line.split() for line in shown[:2]] == [
        ["value", "display", "type"],
        [BARBARA, "Barbara", "Jensen", "USER"],
    ]
    assert invoke("groups", "members", ENGINEERS).data == sandbox.groups[ENGINEERS]["members"]
    assert invoke("groups", "members", ENGINEERS, "-o", "table").out.splitlines()[0].split() == shown[0].split()


def test_members_go_to_files_of_every_kind(sandbox, tmp_path):
    members = sandbox.groups[ENGINEERS]["members"]
    written = {}
    for suffix in ("csv", "jsonl", "json", "txt"):
        file = tmp_path / f"members.{suffix}"
        ran = invoke("groups", "members", ENGINEERS, "--to", str(file))
        assert (ran.code, ran.out) == (0, "")
        written[suffix] = file.read_text("utf-8")

    assert json.loads(written["json"]) == [json.loads(line) for line in written["jsonl"].splitlines()] == members
    assert written["txt"].split() == TEAM
    assert of_csv(written["csv"])[0] == {"value": BARBARA, "display": "Barbara Jensen", "type": "USER"}


def test_groups_and_formulas_among_members_do_no_harm(sandbox):
    members = [{"value": "g", "type": "Group"}, {"value": "u", "display": "=1+1"}, {"display": "x"}]
    put(sandbox, ENGINEERS, "groups", members=members)

    ran = invoke("groups", "members", ENGINEERS, "-o", "ids")
    assert (ran.out, ran.err) == ("u\n", "2 of 3 members are no users, or have no id\n")
    rows = of_csv(invoke("groups", "members", ENGINEERS, "-o", "csv").out)
    assert [(row["value"], row["display"]) for row in rows] == [("g", ""), ("u", "'=1+1"), ("", "x")]


def test_expanded_members_are_users(sandbox, tmp_path):
    file = tmp_path / "team.csv"
    ran = invoke("groups", "members", ENGINEERS, "--expand", "--to", str(file))

    assert (ran.code, ran.out) == (0, "")
    assert [row["id"] for row in of_csv(file.read_text("utf-8"))] == TEAM
    assert invoke("groups", "members", ENGINEERS, "--expand").data == [sandbox.users[id] for id in TEAM]
    assert invoke("groups", "members", ENGINEERS, "--expand").out == invoke("users", "export", "--group", ENGINEERS).out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--expand", "--output", "ids"], "--expand writes whole users"),
        (["--expand", "--to", "x.txt"], "say with --output what to write"),
        (["--output", "table", "--to", "x.csv"], "a table is for terminals"),
        (["--to", "no/x.csv"], "there is no such folder"),
    ],
)
def test_members_called_wrongly_are_told_of(sandbox, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    ran = invoke("groups", "members", ENGINEERS, *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert not sandbox.requests


def test_a_group_that_is_gone_is_told_of(sandbox):
    ran = invoke("groups", "members", NOBODY)
    assert ran.code == 1
    assert NOBODY in ran.err
