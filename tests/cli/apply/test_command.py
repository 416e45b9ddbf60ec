"""``maia-scim apply``, as an administrator runs it: rows, guard rails, saved plans, pages and reports."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from maia_scim.cli.apply_progress import Meter
from maia_scim.sandbox import Sandbox
from tests.cli.apply.conftest import ENTERPRISE
from tests.cli.apply.sheets import puts, rows
from tests.cli.command import BARBARA, JORDAN, NOBODY, at_terminal, invoke, spawn

# The main road.


def test_a_spreadsheet_is_applied(sandbox: Sandbox, file: Path) -> None:
    done = invoke("apply", str(file), "--yes", "-o", "table")
    assert done.code == 1  # one row is of nobody
    assert f"Plan of people.csv · no profile · {sandbox.base_url} · client id {sandbox.client_id}" in done.out
    assert f"bjensen · {BARBARA} · line 2" in done.out
    assert "name.givenName" in done.out
    assert "Barbara → Μπάρμπαρα" in done.out
    assert "- bjensen@example.com" in done.out
    assert "+ new@example.com" in done.out
    assert f"line 4: {NOBODY}: not found" in done.out
    assert "3 rows" in done.out
    assert "1 done" in done.out
    assert f"The journal is {file}.journal." in done.err
    user = sandbox.users[BARBARA]
    assert user["name"]["givenName"] == "Μπάρμπαρα"
    assert user[ENTERPRISE]["department"] == 'Tours; "all" of them'
    sandbox.forget_requests()
    again = invoke("apply", str(file), "--yes", "-o", "table")
    assert (again.code, puts(sandbox)) == (1, 0)
    assert "0 to change" in again.out


def test_at_a_terminal_it_asks(sandbox: Sandbox, file: Path) -> None:
    refused = at_terminal("apply", str(file), piped=False, answers={"[y/N]": "n\n"})
    assert refused.code == 3
    assert f"Change 1 user (no profile · {sandbox.base_url} · client id {sandbox.client_id})? [y/N]" in refused.err
    assert "nothing was written" in refused.err
    assert puts(sandbox) == 0
    assert not file.with_name("people.csv.journal").exists()
    agreed = at_terminal("apply", str(file), piped=False, answers={"[y/N]": "y\n"})
    assert "1 done" in agreed.err
    assert puts(sandbox) == 1


def test_the_question_tells_of_deactivations(sandbox: Sandbox, file: Path) -> None:
    file.write_text(f"id,active\n{BARBARA},no\n", encoding="utf-8")
    asked = at_terminal("apply", str(file), piped=False, answers={"[y/N]": "n\n"})
    assert "Change 1 user, deactivate 1 of them (no profile" in asked.err
    assert "1 to change, 1 of them deactivated" in asked.err


def test_where_nobody_can_be_asked_yes_is_needed_before_anything_is_sent(sandbox: Sandbox, file: Path) -> None:
    refused = spawn("apply", str(file))
    assert refused.code == 2
    assert "--yes is needed" in refused.err
    assert not sandbox.requests


def test_a_dry_run_writes_nothing(sandbox: Sandbox, file: Path) -> None:
    done = spawn("apply", str(file), "--dry-run")
    assert (done.code, puts(sandbox)) == (1, 0)
    assert [*file.parent.iterdir()] == [file]
    assert done.data["summary"]["change"] == 1
    assert [entry["state"] for entry in done.data["entries"]] == ["change", "unchanged", "not_found"]
    assert done.data["about"]["account"] == sandbox.client_id


def test_json_is_the_only_thing_on_standard_output(sandbox: Sandbox, file: Path) -> None:
    done = spawn("apply", str(file), "--yes")
    entry = done.data["entries"][0]
    assert entry["result"]["outcome"] == "done"
    assert entry["result"]["requestId" if "requestId" in entry["result"] else "request_id"]
    assert f"client id {sandbox.client_id}" in done.err


def test_standard_input_does_as_well(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    line = json.dumps({"id": BARBARA, "name": {"givenName": "Babs"}})
    done = spawn("apply", "-", "--yes", input=line)
    assert done.code == 0
    assert sandbox.users[BARBARA]["name"]["givenName"] == "Babs"
    assert [each.name for each in tmp_path.iterdir()] == ["stdin.journal"]
    planned = spawn("apply", "-", "-n", "-o", "table", input=line)
    assert "Plan of standard input · " in planned.out
    assert "standard input: 1 fault" in spawn("apply", "-", "-n", input="id\x00").err


def test_nothing_to_change_asks_nothing(sandbox: Sandbox, file: Path) -> None:
    file.write_text(f"id,title\n{BARBARA},Tour Guide\n", encoding="utf-8")
    done = at_terminal("apply", str(file), piped=False)
    assert done.code == 0
    assert "1 unchanged" in done.err


# Which rows, and how they are read.


def test_rows_are_picked(sandbox: Sandbox, file: Path) -> None:
    rows(file, sandbox, 20)
    picked = invoke("apply", str(file), "-n", "--match", "title=[13579]$", "--skip", "2", "--limit", "5")
    assert [entry["line"] for entry in picked.data["entries"]] == [7, 9, 11, 13, 15]


def test_a_mapping_file_names_the_columns(sandbox: Sandbox, file: Path, tmp_path: Path) -> None:
    file.write_bytes(f"Kennung;Vorname;Notiz\n{BARBARA};Bärbel;x\n".encode("cp1252"))
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[columns]\nKennung = "id"\nVorname = "name.givenName"\nNotiz = ""\n', encoding="utf-8")
    refused = invoke("apply", str(file), "-n", "--mapping", str(mapping))
    assert refused.code == 2
    assert "--encoding" in refused.err
    done = invoke("apply", str(file), "--yes", "--mapping", str(mapping), "--encoding", "cp1252")
    assert done.code == 0
    assert sandbox.users[BARBARA]["name"]["givenName"] == "Bärbel"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,colour\n1,red\n", "line 1, column colour: no attribute of a user"),
        (f"id,active\n{BARBARA},maybe\n", "line 2, column active: "),
        (f"id,title\n{BARBARA},a\n{BARBARA},b\n", "line 3, column id: the user has a row already, on line 2"),
        ("", "people.csv: 1 fault; nothing was sent"),
        (f"id,password\n{BARBARA},x\n", "maia-scim users patch"),
    ],
)
def test_a_file_with_faults_is_refused(sandbox: Sandbox, file: Path, content: str, message: str) -> None:
    file.write_text(content, encoding="utf-8")
    refused = invoke("apply", str(file), "--yes")
    assert refused.code == 2
    assert message in refused.err
    assert refused.out == ""
    assert not sandbox.requests


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "there is no FILE"),
        (("--resume",), "there is no FILE"),
        (("FILE", "--undo", "FILE"), "leave FILE out"),
        (("FILE", "--run", "1"), "--run"),
        (("--undo", "FILE", "--failed-out", "x"), "--failed-out"),
        (("--undo", "FILE", "--limit", "5"), "--limit"),
        (("FILE", "--resume", "--mapping", "FILE"), "--mapping"),
        (("FILE", "--report", "report.pdf"), ".json, .csv or .html"),
        (("FILE", "--html", "no/such/plan.html"), "there is no such folder"),
        (("FILE", "--html", "plan.pdf"), "plan.pdf must end in .html"),
        (("FILE", "--journal", "no/such/journal"), "there is no such folder"),
        (("FILE", "--match", "title"), "COLUMN=REGEX"),
        (("FILE", "--match", "title=["), "no regular expression"),
        (("FILE", "--delimiter", ";;"), "cannot separate cells"),
        (("FILE", "--max-changes", "many"), "--max-changes: 'many' is no bound"),
        (("FILE", "--max-deactivations", "101%"), "--max-deactivations: '101%' is no bound"),
        (("FILE", "--max-removals", "-1"), "--max-removals: '-1' is no bound"),
        (("FILE", "--resume"), "no such file"),
        (("--undo", "FILE"), "neither a plan nor a journal"),
        (("missing.csv",), "No such file"),
    ],
)
def test_a_wrong_call_says_why(
    sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(file.parent)
    refused = invoke("apply", "--yes", *(str(file) if each == "FILE" else each for each in arguments))
    assert refused.code == 2, refused
    assert message in refused.err
    assert puts(sandbox) == 0
    assert "Traceback" not in refused.err


def test_a_wrong_bound_is_refused_before_anything_is_sent(sandbox: Sandbox, file: Path) -> None:
    assert invoke("apply", str(file), "--yes", "--max-changes", "five").code == 2
    assert not sandbox.requests


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("people.csv", "--report", "x/../people.csv"), "--report and FILE"),
        (("people.csv", "--failed-out", "people.csv"), "--failed-out and FILE"),
        (("people.csv", "--failed-out", "link.csv"), "--failed-out and FILE"),
        (("people.csv", "--journal", "people.csv"), "--journal and FILE"),
        (("people.csv", "--failed-out", "people.csv.journal"), "--failed-out and the journal"),
        (("people.csv", "--plan-out", "people.csv.journal"), "--plan-out and the journal"),
        (("people.csv", "--journal", "a.csv", "--failed-out", "a.csv"), "--failed-out and --journal"),
        (("people.csv", "--html", "a.html", "--report", "./a.html"), "--report and --html"),
        (("people.csv", "--report", "a.csv", "--report", "a.csv"), "--report and --report"),
        (("people.csv", "--report", "a.csv", "--failed-out", "a.csv"), "--failed-out and --report"),
        (("people.csv", "--mapping", "map.csv", "--failed-out", "map.csv"), "--failed-out and --mapping"),
        (("people.csv", "--protect", "map.csv", "--report", "map.csv"), "--report and --protect"),
        (("--undo", "map.csv", "--report", "map.csv"), "--report and the journal"),
        (("--undo", "map.csv", "--journal", "a", "--report", "map.csv"), "--report and --undo"),
        (("people.csv", "--resume", "--failed-out", "people.csv.journal"), "--failed-out and the journal"),
        (("-", "--plan-out", "stdin.journal"), "--plan-out and the journal"),
    ],
)
def test_no_file_is_written_over_another(
    sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], names: str
) -> None:
    monkeypatch.chdir(file.parent)
    (file.parent / "x").mkdir()
    (file.parent / "link.csv").symlink_to(file)
    (file.parent / "map.csv").write_text("bjensen\n", encoding="utf-8")
    before = {each: each.read_bytes() for each in file.parent.iterdir() if each.is_file()}
    refused = invoke("apply", "--yes", *arguments)
    assert refused.code == 2
    assert f"{names} are the same file" in refused.err
    assert {each: each.read_bytes() for each in file.parent.iterdir() if each.is_file()} == before
    assert not sandbox.requests


def test_a_report_does_not_take_the_place_of_the_journal_of_a_saved_plan(
    sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    rows(file, sandbox, 1)
    assert invoke("apply", "people.csv", "-n", "--plan-out", "x.plan", "--journal", "trail.csv").code == 0
    assert "--plan-out and FILE are" in invoke("apply", "x.plan", "-n", "--plan-out", "x.plan").err
    refused = invoke("apply", "x.plan", "--yes", "--report", "trail.csv")
    assert (refused.code, "--report and the journal are the same file" in refused.err) == (2, True)
    assert puts(sandbox) == 0
    assert invoke("apply", "x.plan", "--yes").code == 0
    for option in ("--report", "--failed-out"):
        assert f"{option} and JOURNAL are the same file" in invoke("journal", "trail.csv", option, "trail.csv").err
    assert invoke("apply", "--undo", "trail.csv", "--journal", "trail.csv", "--yes").code == 0


# Guard rails.


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_guard_rails_stop_it_before_the_first_write(sandbox: Sandbox, file: Path, dry: tuple[str, ...]) -> None:
    rows(file, sandbox, 10)
    stopped = invoke("apply", str(file), "--yes", "--max-changes", "50%", *dry)
    assert stopped.code == 3
    assert "it would change 10 users, and at most 5 (50% of 10 rows) may be" in stopped.err
    assert stopped.data["summary"]["change"] == 10  # the plan is shown all the same
    assert puts(sandbox) == 0
    assert invoke("apply", str(file), "--yes", "--max-changes", "10", *dry).code == 0


def test_protected_accounts_are_left_alone(sandbox: Sandbox, file: Path, tmp_path: Path) -> None:
    protect = tmp_path / "protect.txt"
    protect.write_text("bjensen\n", encoding="utf-8")
    file.write_text(f"id,active\n{BARBARA},no\n", encoding="utf-8")
    done = invoke("apply", str(file), "--yes", "--protect", str(protect), "-o", "table")
    assert done.code == 1
    assert "bjensen: protected" in done.out
    assert puts(sandbox) == 0


def test_protected_rows_are_not_among_those_to_be_run_again(sandbox: Sandbox, file: Path, tmp_path: Path) -> None:
    protect, failed = tmp_path / "protect.txt", tmp_path / "failed.csv"
    protect.write_text("bjensen\n", encoding="utf-8")
    file.write_text(f"id,active\n{BARBARA},no\n{NOBODY},no\n", encoding="utf-8")
    done = invoke("apply", str(file), "--yes", "--protect", str(protect), "--failed-out", str(failed))
    assert failed.read_text(encoding="utf-8") == f"id,active\n{NOBODY},no\n"
    assert "1 row that failed is in" in done.err
    assert "1 row of a protected account is not in it" in done.err


# Saved plans, pages, reports.


def test_a_plan_is_saved_approved_and_applied(sandbox: Sandbox, file: Path, tmp_path: Path) -> None:
    rows(file, sandbox, 3)
    plan, page = tmp_path / "people.plan", tmp_path / "plan.html"
    made = invoke("apply", str(file), "-n", "--plan-out", str(plan), "--html", str(page))
    assert made.code == 0
    assert f"maia-scim apply {plan}" in made.err
    assert "3 users to change" in page.read_text(encoding="utf-8")
    refused = invoke("apply", str(plan), "--yes", "--limit", "1")
    assert (refused.code, "--limit" in refused.err) == (2, True)
    done = invoke("apply", str(plan), "--yes")
    assert (done.code, puts(sandbox)) == (0, 3)
    again = invoke("apply", str(plan), "--yes", "-o", "table")
    assert again.code == 2
    assert "applied already" in again.err
    assert "0 done" not in again.out  # nothing was tried
    assert "--resume" not in again.err


def test_reports_and_failed_rows_are_written(sandbox: Sandbox, file: Path, tmp_path: Path) -> None:
    taken = [user["userName"] for user in sandbox.users.values()][5]
    file.write_text(
        f"\ufeffid;userName;title\r\n{BARBARA};;Pilot\r\n{JORDAN};{taken};\r\n{NOBODY};;x\r\n",
        encoding="utf-8",
        newline="",
    )
    reports = [tmp_path / f"report.{suffix}" for suffix in ("json", "csv", "html")]
    failed = tmp_path / "failed.csv"
    options = [each for report in reports for each in ("--report", str(report))]
    done = invoke("apply", str(file), "--yes", *options, "--failed-out", str(failed))
    assert done.code == 1
    assert json.loads(reports[0].read_text(encoding="utf-8"))["summary"]["refused"] == 1
    lines = [*csv.DictReader(io.StringIO(reports[1].read_text(encoding="utf-8-sig")))]
    assert {line["outcome"] for line in lines} == {"done", "refused", ""}
    assert "409" in reports[2].read_text(encoding="utf-8")
    assert failed.read_bytes().decode() == f"\ufeffid;userName;title\r\n{JORDAN};{taken};\r\n{NOBODY};;x\r\n"
    assert "2 rows that failed are in" in done.err
    # Ready to be run again as it is, once the cause is gone.
    sandbox.users  # noqa: B018 - read, so that the sandbox is up
    failed.write_bytes(failed.read_bytes().replace(taken.encode(), b"new.name"))
    assert invoke("apply", str(failed), "--yes", "--match", f"id={JORDAN}").code == 0
    assert sandbox.users[JORDAN]["userName"] == "new.name"


def test_a_report_that_cannot_be_written_fails(sandbox: Sandbox, file: Path, tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    done = invoke("apply", str(file), "--yes", "--report", str(tmp_path / "report.json"))
    assert done.code == 2  # click's own check
    assert puts(sandbox) == 0


# How far it is.


def test_progress_tells_rate_failures_and_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("maia_scim.clock.monotonic", lambda: now)
    meter = Meter("Writing")
    now = 160.0
    assert meter.line(1000, 3, 10_000) == "Writing 1,000 of 10,000, 3 failed, 1,000 a minute, 9 min 00 s left"
    assert meter.line(10_000, 0, 10_000) == "Writing 10,000 of 10,000, 10,000 a minute"
    assert meter.line(1, 0, 100) == "Writing 1 of 100, 1 a minute, 1 h 39 min left"
    assert meter.line(0, 0, 100) == "Writing 0 of 100, 0 a minute"


def test_progress_is_a_bar_at_a_terminal_and_lines_elsewhere(sandbox: Sandbox, tmp_path: Path) -> None:
    seed = [{"userName": f"u{number}", "id": f"id-{number}", "active": True} for number in range(120)]
    with Sandbox(users=seed, rate=None) as many:
        environment = {**os.environ, **many.environment}
        file = tmp_path / "many.csv"
        file.write_text("id,title\n" + "".join(f"id-{number},x\n" for number in range(120)), encoding="utf-8")
        options: tuple[Any, ...] = ("apply", str(file), "--yes", "--per-minute", "100000")
        told = spawn(*options, environment=environment)
        assert "Reading users 120 of 120" in told.err
        assert "Writing 120 of 120" in told.err
        bar = at_terminal(*options[:-2], "--dry-run", "--per-minute", "100000", piped=False, environment=environment)
        assert "Reading users" in bar.err
