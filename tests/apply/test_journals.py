"""What a crash, another process, another account or another kind of file may do to journals and saved plans."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from maia_scim import BearerToken, ClientCredentials, MaiaScim, apply
from maia_scim.apply import JournalError, PlanError
from maia_scim.apply.inside import core_of
from maia_scim.apply.store import Store, is_ours
from maia_scim.sandbox import Sandbox
from tests.apply.conftest import client_of, writes
from tests.apply.runs import Write, journal_of, python, titles


def test_a_plan_may_go_from_thread_to_thread(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x"))

    async def run() -> None:
        plan = await asyncio.to_thread(apply.plan, maia, file)
        assert plan.summary.change == 5
        assert (await asyncio.to_thread(plan.apply)).done == 5
        plan.close()

    asyncio.run(run())


def hot(file: Path) -> None:
    """Leave a file as a process does that is killed amid a write."""
    code = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN EXCLUSIVE")
connection.execute("UPDATE entry SET note = 'half done', state = 'invalid'")
connection.execute("INSERT INTO write (run, number, begun, error) SELECT 1, number, '', hex(zeroblob(9000)) FROM entry")
os.kill(os.getpid(), 9)
"""
    python(code, file)
    assert file.with_name(f"{file.name}-journal").stat().st_size > 0


def reads_runs(maia: MaiaScim, file: Path, journal: Path) -> None:
    with apply.Journal(journal) as trail:
        assert trail.runs()[0].summary.done == 3


def plans(maia: MaiaScim, file: Path, journal: Path) -> None:
    with apply.plan(maia, file) as plan:
        assert plan.summary.unchanged == 3


def undoes(maia: MaiaScim, file: Path, journal: Path) -> None:
    with apply.undo(maia, journal) as plan:
        assert plan.summary.change == 3


@pytest.mark.parametrize("use", [reads_runs, plans, undoes])
def test_what_a_kill_left_half_written_is_rolled_back_by_who_reads(
    maia: MaiaScim, sandbox: Sandbox, write: Write, use: Callable[[MaiaScim, Path, Path], None]
) -> None:
    file = write(titles(sandbox, "x", 3))
    with apply.plan(maia, file) as plan:
        plan.apply()
    hot(journal_of(file))
    use(maia, file, journal_of(file))


def test_a_journal_is_not_written_by_who_reads(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 1))
    with apply.plan(maia, file) as plan:
        plan.apply()
    store = Store.open(journal_of(file), "read")
    with pytest.raises(JournalError, match="readonly"):
        store.write("DELETE FROM run WHERE run = :run", {"run": 1})
    store.close()


def test_an_empty_journal_that_a_crash_left_is_no_obstacle(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 2))
    journal_of(file).touch()
    with apply.plan(maia, file) as plan:
        assert plan.apply().done == 2


def test_a_journal_stays_locked_though_others_look_at_it(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    code = """
import sys
from pathlib import Path
from maia_scim.apply.store import Store
try:
    Store.open(Path(sys.argv[1]), "write")
except Exception as error:
    print(error)
"""
    store = Store.open(journal, "create")
    assert is_ours(journal)
    for mode in ("read", "write", "create"):
        with pytest.raises(JournalError, match="another run"):
            Store.open(journal, mode)
    assert "another run is using it" in python(code, journal).stdout
    store.close()
    assert python(code, journal).stdout == ""
    Store.open(journal, "write").close()


def test_a_look_takes_nothing_out_of_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    text = b"id,title\n" * 100
    os.write(end, text)
    assert not is_ours(pipe)
    assert os.read(end, 2000) == text
    os.close(end)


def test_runs_of_another_account_in_the_same_journal_are_left_alone(
    maia: MaiaScim, sandbox: Sandbox, write: Write
) -> None:
    def stop(_: apply.Progress) -> None:
        raise KeyboardInterrupt

    file = write(titles(sandbox, "x", 20))
    journal = journal_of(file)
    with apply.plan(maia, file) as plan, pytest.raises(KeyboardInterrupt):
        plan.apply(on_progress=stop)
    with Sandbox(rate=None) as other, client_of(other) as elsewhere:
        with pytest.raises(JournalError, match="nothing to resume"):
            apply.resume(elsewhere, journal)
        with pytest.raises(PlanError, match="is about"):
            apply.undo(elsewhere, journal)
        with pytest.raises(PlanError, match="is about"):
            apply.undo(elsewhere, journal, run=1)
        with apply.plan(elsewhere, file) as plan:
            plan.apply()
        with apply.undo(elsewhere, journal) as plan:
            assert plan.summary.change == 20
    with apply.Journal(journal) as trail:
        assert [run.state for run in trail.runs()] == ["stopped", "finished"]
    with apply.undo(maia, journal) as plan:  # not the newest of all, but of this account
        assert 1 <= plan.summary.change < 20
    with apply.resume(maia, journal) as plan:
        assert plan.apply().done == 20


def test_two_accounts_at_one_address_have_runs_of_their_own(
    maia: MaiaScim, sandbox: Sandbox, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: apply.Progress) -> None:
        raise KeyboardInterrupt

    file = write(titles(sandbox, "x", 20))
    with apply.plan(maia, file) as plan, pytest.raises(KeyboardInterrupt):
        plan.apply(on_progress=stop)
    auth = ClientCredentials(
        client_id=sandbox.client_id, client_secret=sandbox.client_secret, token_url=sandbox.token_url
    )
    monkeypatch.setattr(ClientCredentials, "account", "another")
    with MaiaScim(base_url=sandbox.base_url, auth=auth, rate_limit=None) as another:
        with pytest.raises(JournalError, match="nothing to resume"):
            apply.resume(another, journal_of(file))
        with apply.plan(another, file) as plan:
            plan.apply()
    monkeypatch.undo()
    with apply.resume(maia, journal_of(file)) as plan:
        assert plan.apply().done == 20


@pytest.mark.parametrize(
    ("auth", "account", "same"),
    [
        (BearerToken("x"), "another", True),
        (BearerToken("x"), "token-0123456789abcdef", True),
        (BearerToken("x", account="mine"), "another", False),
        (BearerToken("x", account="mine"), "mine", True),
        (BearerToken("x", account="mine"), "callable-1", True),
    ],
)
def test_of_tokens_it_is_not_known_whose_they_are(auth: BearerToken, account: str, same: bool) -> None:
    with MaiaScim(base_url="https://x.example/dpc", auth=auth) as maia:
        assert core_of(maia).is_for("https://x.example/dpc", account) is same
        assert not core_of(maia).is_for("https://y.example/dpc", account)


def test_a_plan_is_not_saved_in_the_place_of_something_else(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path
) -> None:
    file = write(titles(sandbox, "x", 2))
    with apply.plan(maia, file) as plan:
        plan.save(tmp_path / "plan")
        plan.save(tmp_path / "plan")
        (tmp_path / "empty").touch()
        plan.save(tmp_path / "empty")
        with pytest.raises(JournalError, match="another file"):
            plan.save(file)
        plan.apply()
        before = journal_of(file).read_bytes()
        plan.save(tmp_path / "late")
    with apply.plan(maia, file) as plan, pytest.raises(JournalError, match="is a journal"):
        plan.save(journal_of(file))
    assert journal_of(file).read_bytes() == before
    for name in ("plan", "empty", "late"):
        with apply.open_plan(maia, tmp_path / name) as plan, pytest.raises(JournalError, match="applied already"):
            plan.apply(journal_of(file))


def test_a_plan_that_is_cut_off_is_refused_before_anything_is_written(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path
) -> None:
    with apply.plan(maia, write(titles(sandbox, "x", 40))) as plan:
        plan.save(tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    for length in range(4096, len(whole), 16 * 4096):
        (tmp_path / "cut").write_bytes(whole[:length])
        with (
            pytest.raises(JournalError, match=r"malformed|not a database"),
            apply.open_plan(maia, tmp_path / "cut") as plan,
        ):
            plan.apply(tmp_path / f"journal{length}")
    assert writes(sandbox) == []


def test_a_plan_is_in_the_journal_whole_or_not_at_all(
    maia: MaiaScim, sandbox: Sandbox, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    file = write(titles(sandbox, "x", 20))
    with apply.plan(maia, file) as plan, pytest.raises(KeyboardInterrupt):
        plan.apply(on_progress=stop)
    with apply.plan(maia, file) as plan:
        with monkeypatch.context() as patch:
            patch.setattr(Store, "write_all", stop)
            with pytest.raises(KeyboardInterrupt):
                plan.apply()
        with apply.Journal(journal_of(file)) as trail:
            assert [run.state for run in trail.runs()] == ["stopped"]
        plan.apply()
    with apply.Journal(journal_of(file)) as trail:
        assert [run.state for run in trail.runs()] == ["abandoned", "finished"]
