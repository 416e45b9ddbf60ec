"""A run that a full disk, an interrupt, an error or a closed client stops: nothing is lost."""

import gc
import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from maia_scim import MaiaScim, apply
from maia_scim.apply import JournalError
from maia_scim.errors import MaiaError
from maia_scim.sandbox import Sandbox
from tests.apply.conftest import client_of, writes
from tests.apply.runs import Write, client, ids, journal_of, python, titles
from tests.support.directory import serve

# A disk that is full.


FULL = """
import os, resource, signal, sys
from pathlib import Path
from maia_scim import BearerToken, MaiaScim, apply
from maia_scim.errors import MaiaError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
base_url, file, journal, room, action = sys.argv[1:]
auth = BearerToken("a-token")
with MaiaScim(base_url=base_url, auth=auth, rate_limit=None) as maia, apply.plan(maia, Path(file)) as plan:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(room), int(room)))
    try:
        if action == "save":
            plan.save(Path(journal))
        else:
            plan.apply(Path(journal), concurrency=2)
    except MaiaError as error:
        print(type(error).__name__, error)
"""


@pytest.mark.parametrize("action", ["save", "apply"])
@pytest.mark.parametrize("room", [0, 5_000, 40_000])
def test_a_full_disk_is_told_before_anything_is_written(
    maia: MaiaScim, write: Write, tmp_path: Path, action: str, room: int
) -> None:
    service, directory = serve({f"Users/{n}": {"userName": f"u{n}", "active": True} for n in range(60)})
    file = write([{"id": str(n), "title": "x" * 500} for n in range(60)])
    folder = tmp_path / "full"
    folder.mkdir()
    with service:
        told = python(FULL, service.url, file, folder / "file", room, action)
        assert told.stdout.startswith("JournalError"), told
        assert "rollback" not in told.stdout
        assert {path.name for path in folder.iterdir()} <= ({"file"} if action == "apply" else set())
        assert not [user for user in directory.resources.values() if "title" in user]
        with client(service) as again, apply.plan(again, file, journal=folder / "file") as plan:
            assert plan.apply().done == 60


def test_a_disk_that_fills_up_amid_a_run_stops_it_and_loses_nothing(write: Write, tmp_path: Path) -> None:
    users = {f"Users/{n}": {"userName": f"u{n}", "active": True} for n in range(60)}
    service, directory = serve(users)
    file = write([{"id": str(n), "title": "x" * 500} for n in range(60)])
    with service:
        with client(service) as maia, apply.plan(maia, file) as plan:
            plan.save(tmp_path / "plan")
        room = (tmp_path / "plan").stat().st_size + 20_000
        told = python(FULL, service.url, file, tmp_path / "journal", room, "apply")
        assert told.stdout.startswith("JournalError"), told
        done = sum("title" in user for user in directory.resources.values())
        assert 0 < done < 60
        with client(service) as again, apply.resume(again, tmp_path / "journal") as plan:
            assert plan.left < 60
            assert plan.apply().done == 60
    assert {user["number"] for user in directory.resources.values()} == {2}  # each was written once


# Interrupts.


def interrupting(after: int, kind: type[BaseException]) -> Callable[[FrameType, str, Any], Any]:
    """Trace code of the engine, and raise at one of its lines."""
    left = [after]

    def line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and frame.f_code.co_filename.endswith(PLACES):
            left[0] -= 1
            if left[0] == 0:
                sys.settrace(None)
                raise kind
        return line

    return line


PLACES = tuple(
    f"maia_scim/{name}.py"
    for name in ("many", "apply/plans", "apply/sending", "apply/store", "apply/records", "apply/writing")
)


def test_an_interrupt_at_any_line_loses_nothing(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    chance = random.Random(7)
    points = [*range(1, 60, 3), *(chance.randrange(60, 1500) for _ in range(60))]
    for number, point in enumerate(points):
        sandbox.reset()
        journal_of(write([{"id": "1"}])).unlink(missing_ok=True)
        file = write(titles(sandbox, f"Title {number}", 4))
        plan = apply.plan(maia, file)
        before = sys.gettrace()
        sys.settrace(interrupting(point, KeyboardInterrupt))
        interrupted = False
        try:
            plan.apply(concurrency=2)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            sys.settrace(before)
            plan.close()
        gc.collect()
        try:
            with apply.resume(maia, journal_of(file)) as rest:
                rest.apply()
                assert [*rest.failed()] == [], point
        except JournalError:  # before there was a run, or after its end
            with apply.plan(maia, file) as rest:
                rest.apply()
                assert [*rest.failed()] == [], point
        users = [*sandbox.users.values()][:4]
        assert {user["title"] for user in users} == {f"Title {number}"}, (point, interrupted)
        assert {user["meta"]["version"] for user in users} == {'W/"2"'}, (point, interrupted)  # each written once
        with apply.Journal(journal_of(file)) as trail:
            assert trail.runs()[-1].state == "finished"


def test_what_a_callers_function_raises_leaves_no_thread_behind(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("of the caller")

    def working() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "maia-scim"]

    file = write(titles(sandbox, "x", 20))
    try:
        apply.plan(maia, file, on_progress=fail)
    except RuntimeError:
        assert working() == []  # while the error is at hand
    with apply.plan(maia, file) as plan:
        try:
            plan.apply(on_progress=fail)
        except RuntimeError:
            assert working() == []
    with apply.resume(maia, journal_of(file)) as plan:
        assert plan.apply().done == 20


def test_a_hook_that_raises_does_not_matter(sandbox: Sandbox, write: Write) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("of the caller")

    hooked = MaiaScim(**sandbox.connection, rate_limit=None, on_event=fail)
    with hooked as maia, apply.plan(maia, write(titles(sandbox, "x"))) as plan:
        assert plan.apply().done == 5
        assert {entry.result and entry.result.status for entry in plan.entries()} == {200}


def test_a_client_that_is_closed_midway_ends_the_run_and_loses_nothing(
    maia: MaiaScim, sandbox: Sandbox, write: Write
) -> None:
    file = write(titles(sandbox, "x", 40))
    with client_of(sandbox) as other, apply.plan(other, file) as plan:

        def close(told: apply.Progress) -> None:
            if told.done == 5:
                other.close()

        with pytest.raises(MaiaError):
            plan.apply(on_progress=close, concurrency=2)
        assert plan.summary.unknown <= 2  # what was under way
    with apply.resume(maia, journal_of(file)) as plan:
        assert plan.apply().done == 40
    assert sorted(writes(sandbox)) == sorted(ids(sandbox, 40))
