"""Titles from a spreadsheet: what is shown, what stops it, and what is told of each row that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from maia_scim.sandbox import faults
from tests.examples.conftest import BARBARA, YASMIN, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from maia_scim.sandbox import Sandbox

MICHAEL = "c3a26dd3-27a0-4dec-a2ac-ce211e105f97"
CHANGES = (
    "bjensen title: before 'Tour Guide', after 'Data Engineer'\nmokafor title: before 'Data Engineer', after 'Lead'\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """As a spreadsheet saves it: with a byte order mark, semicolons, and headers as somebody typed them."""
    rows = ["ID; TITLE", f"{BARBARA};Data Engineer", f"{YASMIN};", f"{MICHAEL}; Lead ", "nobody;Lead", "a/b;Lead"]
    file = tmp_path / "titles.csv"
    file.write_text("\r\n".join(rows), "utf-8-sig")
    return file


def titles(sandbox: Sandbox) -> list[str]:
    return [sandbox.users[id]["title"] for id in (BARBARA, YASMIN, MICHAEL)]


def test_the_plan_is_shown_and_nothing_written(sandbox: Sandbox, file: Path) -> None:
    done = run(sandbox, "titles_from_csv.py", file)

    assert (done.returncode, done.stdout) == (1, CHANGES)
    missing, wrong = done.stderr.splitlines()
    assert missing == "line 5, nobody: not_found"
    assert wrong.startswith("line 6, no id: invalid: column ID: 'a/b' is no id of a user")
    sandbox.requests.assert_no_writes()
    assert not file.with_name("titles.csv.journal").exists()


def test_what_is_right_is_written_and_what_is_not_is_told(sandbox: Sandbox, file: Path) -> None:
    before = titles(sandbox)

    done = run(sandbox, "titles_from_csv.py", file, "--write")

    assert (done.returncode, done.stdout) == (1, f"{CHANGES}changed: 2, right before: 1\n")
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["line 5, nobody", "line 6, no id"]
    assert titles(sandbox) == ["Data Engineer", before[1], "Lead"]
    assert file.with_name("titles.csv.journal").exists()


def test_a_second_run_finds_all_right(sandbox: Sandbox, file: Path) -> None:
    file.write_text(f"id,title\n{BARBARA},Data Engineer\n", "utf-8")
    run(sandbox, "titles_from_csv.py", file, "--write")

    done = run(sandbox, "titles_from_csv.py", file, "--write")

    assert (done.returncode, done.stdout, done.stderr) == (0, "changed: 0, right before: 1\n", "")
    sandbox.requests.assert_put(BARBARA).once()


@pytest.fixture
def example(imported: Callable[[str], Any]) -> Any:
    return imported("titles_from_csv")


@pytest.mark.parametrize(
    ("fault", "known"),
    [
        (faults.Status(400), "refused"),
        (faults.Status.too_many_requests(retry_after=3600), "refused"),
        (faults.Reset(done=True), "unknown"),
    ],
    ids=["refused", "busy", "lost"],
)
def test_the_outcome_of_a_write_that_failed_is_told(
    fault: faults.Fault, known: str, example: Any, sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"id,title\n{BARBARA},Data Engineer\n", "utf-8")
    sandbox.inject(fault, on="users.replace", times=None)

    assert example.main([str(file), "--write"]) == 1

    assert capsys.readouterr().err.startswith(f"line 2, {BARBARA}: {known}: ")


def test_what_was_done_is_told_although_the_run_ended(
    example: Any, sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As when the credentials are taken away in the midst of it."""
    file.write_text(f"id,title\n{BARBARA},Data Engineer\n", "utf-8")
    sandbox.inject(faults.Status(401), on="users.replace", times=None)

    assert example.main([str(file), "--write"]) == 1

    row, ended = capsys.readouterr().err.splitlines()
    assert row.startswith(f"line 2, {BARBARA}: refused: ")
    assert ended.startswith("AuthenticationError: ")


@pytest.mark.parametrize(
    ("text", "bound", "told"),
    [
        (f"id,title\n{BARBARA},Lead\n{YASMIN},Lead", "1", "GuardRail: stopped before the first write: "),
        (f"id,title\n{BARBARA},Lead\n{YASMIN},Lead", "49%", "GuardRail: stopped before the first write: "),
        (
            f"id,title,active\n{BARBARA},Lead,no",
            "50",
            "PlanError: this is for titles, and ",
        ),
        (f"id,tilte\n{BARBARA},Lead", "50", "InvalidFile: "),
    ],
    ids=["too many", "too large a share", "more than titles", "no such column"],
)
def test_what_stops_it_before_the_first_write(
    text: str, bound: str, told: str, example: Any, sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(text, "utf-8")

    assert example.main([str(file), "--write", "--max-changes", bound]) == 1

    assert capsys.readouterr().err.startswith(told)
    sandbox.requests.assert_no_writes()


def test_a_bound_that_is_none(sandbox: Sandbox, file: Path) -> None:
    done = run(sandbox, "titles_from_csv.py", file, "--max-changes", "few")

    assert done.returncode == 2
    assert "error: 'few' is no bound" in done.stderr
