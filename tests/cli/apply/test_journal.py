"""``maia-scim apply`` that goes wrong, and ``journal``: what it tells, how a run is resumed and undone."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from maia_scim.sandbox import Sandbox, faults
from tests.cli.apply.sheets import puts, rows
from tests.cli.command import MAIN, at_terminal, invoke

# What goes wrong.


def test_an_unknown_outcome_has_its_own_code_and_is_settled_by_resuming(sandbox: Sandbox, file: Path) -> None:
    rows(file, sandbox, 4)
    sandbox.inject(faults.Status(500), on="users.replace", times=1)
    done = invoke("apply", str(file), "--yes", "-o", "table", "--concurrency", "1")
    assert done.code == 4
    assert "1 not known whether done" in done.out
    assert f"maia-scim apply --resume --journal {file}.journal" in done.err
    looked = invoke("apply", str(file), "-n")
    assert "--resume goes on with it" in looked.err
    assert "takes its place" not in looked.err  # nothing is written
    dry = invoke("apply", str(file), "-n", "-o", "table", "--resume")
    assert (dry.code, "1 not known whether done, which is looked at first" in dry.out) == (4, True)
    resumed = invoke("apply", str(file), "--yes", "-o", "table", "--resume")
    assert "--resume goes on" not in resumed.err
    assert resumed.code == 0
    assert "4 to change" in resumed.out
    assert "3 of them done" in resumed.out
    assert "1 left" in resumed.out
    assert {user["title"][:1] for user in [*sandbox.users.values()][:4]} == {"T"}


def test_credentials_that_are_refused_end_it(sandbox: Sandbox, file: Path) -> None:
    sandbox.inject(faults.Status(401), on="token", times=None)
    done = invoke("apply", str(file), "--yes")
    assert done.code == 1
    assert "token" in done.err


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_what_is_under_way(sandbox: Sandbox, file: Path, sign: signal.Signals) -> None:
    rows(file, sandbox, 40)
    sandbox.inject(faults.Delay(0.1), on="users.replace", times=None)
    command = [sys.executable, "-c", MAIN, "apply", str(file), "--yes", "--concurrency", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while puts(sandbox) < 4:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(sign)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "what is under way is finished" in err
    assert "Traceback" not in err
    report = json.loads(out)
    written = [entry for entry in report["entries"] if entry["result"] and entry["result"]["outcome"] == "done"]
    assert len(written) == puts(sandbox)
    assert 4 <= len(written) < 40
    assert report["summary"]["unknown"] == 0
    sandbox.clear_faults()
    assert invoke("apply", str(file), "--resume", "--yes").code == 0
    assert puts(sandbox) == 40


def test_a_second_signal_tells_the_counts_all_the_same(sandbox: Sandbox, file: Path) -> None:
    rows(file, sandbox, 40)
    sandbox.inject(faults.Delay(15.0), on="users.replace", times=None)
    command = [sys.executable, "-c", MAIN, "apply", str(file), "--yes", "--concurrency", "2", "-o", "table"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while puts(sandbox) < 2:
            assert process.poll() is None
            time.sleep(0.005)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert "finished" in process.stderr.readline() + process.stderr.readline()
        time.sleep(0.5)  # it waits for what is under way now; an impatient second press within the first is one with it
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Stopping: at once." in err
    assert "2 not known whether done" in out
    assert re.search(r"^(38|40) changes are left: maia-scim apply --resume", err, re.MULTILINE)


def test_undo_asks_and_brings_back(sandbox: Sandbox, file: Path) -> None:
    before = {id: user.get("title") for id, user in sandbox.users.items()}
    rows(file, sandbox, 3)
    assert invoke("apply", str(file), "--yes").code == 0
    journal = f"{file}.journal"
    undone = at_terminal("apply", "--undo", journal, piped=False, answers={"[y/N]": "y\n"})
    assert undone.code == 0
    assert "Undo the changes of 3 users (no profile" in undone.err
    assert "Undoing run 1 of people.csv.journal (apply, planned 20" in undone.err
    assert {id: user.get("title") for id, user in sandbox.users.items()} == before
    nothing = invoke("apply", "--undo", journal, "--run", "9", "--yes")
    assert nothing.code == 2
    assert f"{journal}: it has no run 9: there is nothing to undo" in nothing.err
    redone = invoke("apply", "--undo", journal, "--yes", "-o", "table")
    assert "Undoing run 2 of people.csv.journal (an undo of 20" in redone.out
    assert "this brings its changes back" in redone.out
    assert [run["kind"] for run in invoke("journal", journal).data] == ["apply", "undo", "undo"]


def test_undo_tells_of_a_run_that_was_cut_short_before(sandbox: Sandbox, file: Path) -> None:
    rows(file, sandbox, 4)
    sandbox.inject(faults.Status(500), on="users.replace", times=1)
    assert invoke("apply", str(file), "--yes", "--concurrency", "1").code == 4
    journal = f"{file}.journal"
    rows(file, sandbox, 6)
    second = invoke("apply", str(file), "--yes")
    assert "this plan takes its place" in second.err
    undone = invoke("apply", "--undo", journal, "-n")
    assert "run 1, which was cut short before run 2 took its place, wrote 4 changes" in undone.err
    assert f"maia-scim apply --undo {journal} --run 1" in undone.err
    assert "cut short" not in invoke("apply", "--undo", journal, "-n", "--run", "1").err
    assert [(run["state"], run["left"]) for run in invoke("journal", journal).data] == [
        ("abandoned", 0),
        ("finished", 0),
    ]


# The journal.


def test_a_journal_is_shown(sandbox: Sandbox, file: Path, tmp_path: Path) -> None:
    rows(file, sandbox, 3)
    invoke("apply", str(file), "--yes")
    invoke("apply", "--undo", f"{file}.journal", "--yes")
    shown = invoke("journal", f"{file}.journal")
    assert [(run["run"], run["kind"], run["state"], run["done"]) for run in shown.data] == [
        (1, "apply", "finished", 3),
        (2, "undo", "finished", 3),
    ]
    assert [(run["failed"], run["left"]) for run in shown.data] == [(0, 0), (0, 0)]
    table = invoke("journal", f"{file}.journal", "-o", "table")
    assert "apply people.csv         3 changes: 3 done" in table.out
    assert "2 runs · " in table.err
    assert "--resume" not in table.err
    report = tmp_path / "report.json"
    assert invoke("journal", f"{file}.journal", "--run", "1", "--report", str(report)).out == ""
    assert json.loads(report.read_text(encoding="utf-8"))["about"]["kind"] == "apply"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--run", "7"), "it holds no run 7"),
        (("--failed-out", "x.csv"), "run 2 (undo) has no rows of a file"),
        (("--report", "x.pdf"), ".json, .csv or .html"),
    ],
)
def test_a_journal_is_asked_for_what_it_has_not(
    sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(file.parent)
    rows(file, sandbox, 1)
    invoke("apply", str(file), "--yes")
    invoke("apply", "--undo", f"{file}.journal", "--yes")
    refused = invoke("journal", f"{file}.journal", *arguments)
    assert (refused.code, message in refused.err) == (2, True), refused


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_journal_says_how_to_go_on(sandbox: Sandbox, file: Path, state: str) -> None:
    rows(file, sandbox, 5)
    sandbox.inject(faults.Status(401), on="users.replace", times=None)
    assert invoke("apply", str(file), "--yes", "--concurrency", "1").code == 1
    with sqlite3.connect(f"{file}.journal") as connection:
        connection.execute("UPDATE run SET state = ?", (state,))
    connection.close()
    shown = invoke("journal", f"{file}.journal")
    assert f"maia-scim apply --resume --journal {file}.journal" in shown.err
    (run,) = shown.data
    assert run["failed"] + run["left"] == run["change"] == 5
    assert run["left"] > 0


def test_a_journal_at_a_narrow_terminal_breaks_no_word(sandbox: Sandbox, file: Path) -> None:
    sandbox.inject(faults.Status(500), on="users.replace", times=1)
    rows(file, sandbox, 4)
    invoke("apply", str(file), "--yes", "--concurrency", "1")
    invoke("apply", str(rows(file, sandbox, 6)), "--yes")
    invoke("apply", "--undo", f"{file}.journal", "--yes")
    shown = at_terminal("journal", f"{file}.journal", piped=False, environment={"COLUMNS": "80", "NO_COLOR": "1"})
    lines = click.unstyle(shown.err).splitlines()[1:]
    assert max(map(len, lines)) <= 80
    for word in ("run", "abandoned", "finished", "people.csv", "people.csv.journal", "changes:", "unknown"):
        assert any(word in line.split() for line in lines), lines


def test_what_is_no_journal_is_refused(file: Path) -> None:
    refused = invoke("journal", str(file))
    assert refused.code == 2
    assert "neither a plan nor a journal" in refused.err
