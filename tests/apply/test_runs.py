"""What goes wrong in a run, what its journal holds, and how it is undone."""

import json
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from maia_scim import MaiaScim, RateLimit, apply
from maia_scim.apply import JournalError
from maia_scim.apply.judging import Rules, judged
from maia_scim.diff import Change, diff
from maia_scim.errors import ServerError, TokenError
from maia_scim.sandbox import Sandbox, faults
from tests.apply.conftest import BARBARA, ENTERPRISE, client_of, writes
from tests.apply.runs import Write, ids, titles

# What goes wrong.


def test_a_row_that_fails_does_not_stop_the_rest(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    rows = titles(sandbox, "x", 4)
    rows[1]["userName"] = [*sandbox.users.values()][9]["userName"]  # taken
    rows = [{"userName": "", **row} for row in rows]
    with apply.plan(maia, write(rows)) as plan:
        summary = plan.apply()
        (failed,) = plan.failed()
    assert (summary.done, summary.refused) == (3, 1)
    assert failed.id == rows[1]["id"]
    assert failed.result is not None
    assert failed.result.status == 409
    assert failed.result.request_id
    assert "409" in str(failed.result.error)


def test_who_changed_meanwhile_is_left_alone(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    with apply.plan(maia, write(titles(sandbox, "x", 2))) as plan:
        maia.users.deactivate(BARBARA)
        summary = plan.apply()
    assert (summary.done, summary.moved) == (1, 1)
    assert sandbox.users[BARBARA]["title"] == "Tour Guide"


def test_without_versions_a_second_look_tells(write: Write) -> None:
    with Sandbox(rate=None, personality="scimple") as sandbox, client_of(sandbox) as maia:
        with apply.plan(maia, write(titles(sandbox, "x", 2))) as plan:
            maia.users.deactivate(BARBARA)
            sandbox.forget_requests()
            summary = plan.apply()
        assert (summary.done, summary.moved) == (1, 1)
        assert sorted(request.method for request in sandbox.requests) == ["GET", "GET", "PUT"]


@pytest.mark.parametrize("done", [False, True])
def test_a_write_of_unknown_outcome_is_settled_by_resuming(
    maia: MaiaScim, sandbox: Sandbox, write: Write, done: bool
) -> None:
    once = maia.with_options(retry=None)
    file = write(titles(sandbox, "Engineer", 4))
    sandbox.inject(faults.Reset(done=done), on="users.replace", times=1)
    with apply.plan(once, file) as plan:
        summary = plan.apply(concurrency=1)
        assert (summary.done, summary.unknown, plan.left) == (3, 1, 1)
        (failed,) = plan.failed()
        assert failed.result is not None
        assert failed.result.outcome == "unknown"
    with apply.resume(maia, file.with_name("people.csv.journal")) as plan:
        assert plan.left == 1
        assert plan.apply().done == 4
    assert {user.get("title") for user in [*sandbox.users.values()][:4]} == {"Engineer"}
    assert {user["meta"]["version"] for user in [*sandbox.users.values()][:4]} == {'W/"2"'}
    with pytest.raises(JournalError, match="nothing to resume"):
        apply.resume(maia, file.with_name("people.csv.journal"))


def test_credentials_that_are_refused_stop_it_at_once(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    sandbox.inject(faults.Status(401), on="token", times=None)
    with pytest.raises(TokenError):
        apply.plan(maia, write(titles(sandbox, "x")))
    assert len(sandbox.requests) == 0


def test_a_service_that_has_nothing_but_errors_is_left_alone(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    once = maia.with_options(retry=None)
    file = write(titles(sandbox, "x", 50))
    injection = sandbox.inject(faults.Status(500), times=None)
    with pytest.raises(ServerError):
        apply.plan(once, file)
    assert len(sandbox.requests) < 45
    injection.stop()
    with apply.plan(once, file) as plan:
        sandbox.inject(faults.Status(500), times=None)
        with pytest.raises(ServerError):
            plan.apply()
        sandbox.clear_faults()
        assert plan.left == 50
    with apply.resume(maia, file.with_name("people.csv.journal")) as plan:
        assert plan.apply().done == 50


def test_a_user_that_cannot_be_read_is_told(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    once = maia.with_options(retry=None)
    sandbox.inject(faults.Status(500), on="users.get", times=1)
    with apply.plan(once, write(titles(sandbox, "x", 3)), concurrency=1) as plan:
        assert [entry.state for entry in plan.entries()] == ["unread", "change", "change"]
        assert "500" in str(next(plan.entries("unread")).note)
        plan.apply()
        assert [entry.state for entry in plan.failed()] == ["unread"]


def test_an_interrupt_finishes_what_is_under_way(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "Engineer", 30))

    def stop(told: apply.Progress) -> None:
        if told.done == 10:
            raise KeyboardInterrupt

    with apply.plan(maia, file) as plan:
        with pytest.raises(KeyboardInterrupt):
            plan.apply(on_progress=stop)
        done = plan.summary.done
        assert 10 <= done <= 20
        assert plan.summary.unknown == 0
        assert len(writes(sandbox)) == done
    with apply.resume(maia, file.with_name("people.csv.journal")) as plan:
        assert plan.left == 30 - done
        assert plan.apply().done == 30
    assert sorted(writes(sandbox)) == sorted(ids(sandbox, 30))


def test_two_runs_do_not_share_a_journal(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "a", 3))
    told: list[str] = []

    def another(progress: apply.Progress) -> None:
        if not told:
            for use in (apply.resume, apply.undo):
                with pytest.raises(JournalError, match="another run is using it") as caught:
                    use(maia, file.with_name("people.csv.journal"))
                told.append(str(caught.value))

    with apply.plan(maia, file) as plan:
        plan.apply(on_progress=another)
    assert len(told) == 2


# Undo.


def test_an_undo_brings_back_the_values_from_before(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    before = sandbox.users
    rows = [
        {
            "id": id,
            "title": f"T{number}",
            "active": "no",
            "emails[other]": f"other{number}@x.example",
            f"{ENTERPRISE}:department": "D",
            "name.middleName": "M",
        }
        for number, id in enumerate(ids(sandbox, 20))
    ]
    file = write(rows)
    journal = file.with_name("people.csv.journal")
    with apply.plan(maia, file) as plan:
        plan.apply()
    changed = sandbox.users
    with apply.undo(maia, journal) as plan:
        assert (plan.about.kind, plan.about.file, plan.summary.change) == ("undo", "people.csv.journal", 20)
        assert plan.form is None
        assert plan.apply().done == 20
    assert same(sandbox.users, before)
    with apply.undo(maia, journal) as plan:  # of the undo
        assert plan.apply().done == 20
    assert same(sandbox.users, changed)
    with apply.undo(maia, journal, run=1) as plan:
        assert plan.summary.change == 20


def same(users: dict[str, Any], others: dict[str, Any]) -> bool:
    """Whether two directories are the same, but for what changes with each write."""
    found = [change for id in users for change in diff(users[id], others[id])]
    return [change for change in found if change.path.partition(".")[0] not in ("meta", "schemas")] == []


def test_an_undo_leaves_alone_what_others_changed_since(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    rows = titles(sandbox, "x", 3)
    file = write(rows)
    with apply.plan(maia, file) as plan:
        plan.apply()
    with maia.users.edit(rows[0]["id"]) as user:
        user.title = "somebody else's"
    with maia.users.edit(rows[1]["id"]) as user:
        user.nick_name = "another attribute"
    with apply.undo(maia, file.with_name("people.csv.journal")) as plan:
        assert [entry.state for entry in plan.entries()] == ["conflict", "change", "change"]
        assert "title" in str(next(plan.entries()).note)
        plan.apply()
    users = sandbox.users
    assert users[rows[0]["id"]]["title"] == "somebody else's"
    assert users[rows[1]["id"]]["nickName"] == "another attribute"
    assert "x" not in (users[rows[1]["id"]].get("title"), users[rows[2]["id"]].get("title"))


def test_there_may_be_nothing_to_undo(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write([{"id": "nobody", "title": "x"}])
    with apply.plan(maia, file) as plan:
        plan.apply()
    for run in (None, 1, 7):
        with pytest.raises(JournalError, match="nothing to undo"):
            apply.undo(maia, file.with_name("people.csv.journal"), run=run)


# The journal.


def test_the_journal_is_a_trail(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 2))
    with apply.plan(maia, file) as plan:
        plan.apply()
    journal = file.with_name("people.csv.journal")
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    with apply.Journal(journal) as trail:
        (run,) = trail.runs()
        assert (run.number, run.state, run.summary.done) == (1, "finished", 2)
        assert run.about.base_url == sandbox.base_url
        first, _ = trail.entries(1)
        assert first.result is not None
        assert first.result.ended is not None
        assert first.result.begun <= first.result.ended
        assert (first.result.outcome, first.result.status, first.result.attempts) == ("done", 200, 1)
        assert first.result.request_id in {request.request_id for request in sandbox.requests}
        assert (first.before or {})["title"] == "Tour Guide"
        assert (first.result.after or {})["title"] == "x"


def test_each_intent_is_in_the_journal_before_it_is_sent(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 5))
    journal = file.with_name("people.csv.journal")
    seen: list[int] = []

    def told(event: object) -> None:
        if getattr(event, "method", "") == "PUT" and type(event).__name__ == "Attempt":
            # As another process would see it after a crash: the file as it is now.
            copy = journal.with_name("copy")
            copy.write_bytes(journal.read_bytes())
            rollback = journal.with_name(f"{journal.name}-journal")
            if rollback.exists():
                copy.with_name("copy-journal").write_bytes(rollback.read_bytes())
            with sqlite3.connect(copy) as connection:
                seen.append(connection.execute("SELECT count(*) FROM write").fetchone()[0])

    with MaiaScim(**sandbox.connection, rate_limit=None, on_event=told) as heard, apply.plan(heard, file) as plan:
        plan.apply(concurrency=1)
    assert seen == [1, 2, 3, 4, 5]


def test_what_was_not_sent_any_more_is_no_failure(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    told: list[apply.Progress] = []

    def stop(progress: apply.Progress) -> None:
        told.append(progress)
        if progress.done == 3:
            raise KeyboardInterrupt

    file = write(titles(sandbox, "x", 30))
    with MaiaScim(**sandbox.connection, rate_limit=RateLimit(1200)) as slow, apply.plan(slow, file) as plan:
        with pytest.raises(KeyboardInterrupt):
            plan.apply(on_progress=stop, concurrency=8)
        assert {each.failed for each in told} == {0}
        assert plan.summary.unknown == 0  # all that was under way is finished
        assert {entry.result.error for entry in plan.failed() if entry.result} <= {"the run was stopped"}
    with apply.Journal(apply.journal_for(file)) as trail:
        (run,) = trail.runs()
        assert run.failed + run.left + run.summary.done == 30


def test_a_run_that_nobody_resumes_is_replaced_by_the_next(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    def stop(told: apply.Progress) -> None:
        raise KeyboardInterrupt

    file = write(titles(sandbox, "x", 30))
    journal = file.with_name("people.csv.journal")
    with apply.plan(maia, file) as plan:
        assert not plan.replaces
        with pytest.raises(KeyboardInterrupt):
            plan.apply(on_progress=stop)
    with apply.plan(maia, file) as plan:
        assert plan.replaces
        plan.apply()
    with apply.plan(maia, file) as plan:
        assert not plan.replaces
    with apply.Journal(journal) as trail:
        assert [run.state for run in trail.runs()] == ["abandoned", "finished"]
    with pytest.raises(JournalError, match="nothing to resume"):
        apply.resume(maia, journal)


def test_a_journal_that_cannot_be_made_is_told_before_anything_is_written(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path
) -> None:
    with apply.plan(maia, write(titles(sandbox, "x"))) as plan, pytest.raises(JournalError, match="No such file"):
        plan.apply(tmp_path / "missing" / "journal")
    assert writes(sandbox) == []


def test_no_password_gets_into_a_plan(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    held = {"id": "1", "userName": "b", "Password": "hunter2", "active": True}
    values = judged(held, None, (Change("title", None, "x"),), Rules(), {})
    assert "hunter2" not in json.dumps(values)
    assert json.loads(values["wanted"]) == {"id": "1", "userName": "b", "active": True, "title": "x"}


def test_a_user_without_active_is_told_of() -> None:
    values = judged({"id": "1", "userName": "b"}, None, (Change("title", None, "x"),), Rules(), {})
    assert "active" in values["note"]
