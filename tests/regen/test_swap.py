"""Moving into place: whatever fails takes everything back, whatever is killed is brought together by the next run."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.regen import swap
from scripts.regen.errors import Exit, RegenError
from scripts.regen.layout import Layout
from tests.regen.checkout import ROOT

OLD = {
    "openapi/spec.yaml": b"old",
    "openapi/same.json": b"same",
    "changes/gone.md": b"gone",
    "generated/p/a.py": b"a",
    "generated/p/gone.py": b"",
}
NEW = {
    "openapi/spec.yaml": b"new",
    "openapi/same.json": b"same",
    "openapi/pages/page.md": b"page",
    "generated/p/a.py": b"b",
    "generated/p/new.py": b"n",
}
STAGED = NEW | {"changes/gone.md": b"", "changes/never.md": b""}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def seen(root: Path) -> dict[str, bytes]:
    """What git would see."""
    return {name: content for name, content in swap.read_tree(root).items() if not name.startswith(".regen/")}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    write(tmp_path, OLD)
    return Layout(tmp_path)


def commit(layout: Layout, files: dict[str, bytes] = STAGED) -> None:
    with swap.workspace(layout) as stage:
        write(stage, files)
        swap.commit(layout)


def test_everything_moves_into_place(layout: Layout) -> None:
    with swap.workspace(layout) as stage:
        write(stage, STAGED)
        assert swap.pending(layout) == [
            "openapi/pages/page.md",
            "openapi/spec.yaml",
            "changes/gone.md",
            "generated/p/a.py",
            "generated/p/gone.py",
            "generated/p/new.py",
        ]
        swap.commit(layout)
    assert seen(layout.root) == NEW
    assert sorted(path.name for path in layout.work.iterdir()) == [".gitignore", "lock"]
    assert (layout.work / ".gitignore").read_text() == "*\n"


def test_what_is_equal_is_not_touched(layout: Layout) -> None:
    before = {path: path.stat() for path in [layout.generated, *layout.root.rglob("*")] if path.is_file()}
    inode = layout.generated.stat().st_ino
    commit(layout, OLD)
    assert layout.generated.stat().st_ino == inode
    for path, stat in before.items():
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


def test_files_alone_leave_the_code_where_it_is(layout: Layout) -> None:
    inode = layout.generated.stat().st_ino
    commit(layout, OLD | {"openapi/spec.yaml": b"new"})
    assert seen(layout.root) == OLD | {"openapi/spec.yaml": b"new"}
    assert layout.generated.stat().st_ino == inode


def test_a_first_generation_finds_no_folder(layout: Layout) -> None:
    shutil.rmtree(layout.generated)
    commit(layout)
    assert seen(layout.root) == NEW


def test_leftovers_of_a_killed_run_are_cleaned(layout: Layout) -> None:
    write(layout.work, {"stage/generated/p/half.py": b"", "old/x": b""})
    with swap.workspace(layout) as stage:
        assert list(stage.iterdir()) == []


def test_a_second_run_waits_for_nobody(layout: Layout) -> None:
    with swap.workspace(layout), pytest.raises(RegenError, match="another regen is running") as error:
        commit(layout)
    assert error.value.code == Exit.MACHINE
    commit(layout)
    assert seen(layout.root) == NEW


def test_without_the_system_call_two_renames_do_it(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(new: Path, place: Path) -> bool:
        return False

    monkeypatch.setattr(swap, "_exchange_at_once", unsupported)
    commit(layout)
    assert seen(layout.root) == NEW


CALLS = ["rename", "replace", "mkdir", "unlink", "write_text"]


class Failing:
    """Makes the n-th changing call on a path fail, counted over all of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, code: int) -> None:
        self.count, self.at, self.code = 0, at, code
        for name in CALLS:
            monkeypatch.setattr(Path, name, self.wrap(getattr(Path, name)))
        monkeypatch.setattr(shutil, "copy2", self.wrap(shutil.copy2))
        monkeypatch.setattr(swap, "exchange", self.wrap(swap.exchange))

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(path: Path, *args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.count == self.at:
                raise OSError(self.code, os.strerror(self.code), str(path))
            return call(path, *args, **kwargs)

        return wrapped


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_commit_that_fails_anywhere_takes_everything_back(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    points = 0
    for at in range(1, 100):
        with swap.workspace(layout) as stage:
            write(stage, STAGED)
            with monkeypatch.context() as patched:
                failing = Failing(patched, at, code)
                met = None
                try:
                    swap.commit(layout)
                except OSError as error:
                    met = error.errno
        assert met == (code if failing.count >= at else None)
        points += met is not None
        if failing.count < at:
            break
        if seen(layout.root) == NEW:
            # Past the last move only the clean-up can fail; the next run does it.
            assert swap.interrupted(layout)
            commit(layout)
            assert not swap.interrupted(layout)
            break
        assert seen(layout.root) == OLD, f"at call {at}"
        assert not swap.interrupted(layout)
    assert points >= 10
    commit(layout)
    assert seen(layout.root) == NEW


DRIVER = """
import os, signal, sys
from pathlib import Path
from scripts.regen import swap
from scripts.regen.layout import Layout

layout, at, atomic = Layout(Path(sys.argv[1])), int(sys.argv[2]), sys.argv[3] == "atomic"
new = {name: content.encode() for name, content in %r}
count = 0

def kill(event, args):
    global count
    if event in {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "ctypes.dlsym", "shutil.copyfile"} or (
        event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    ):
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

if not atomic:
    swap._exchange_at_once = lambda new, place: False
with swap.workspace(layout) as stage:
    for name, content in new.items():
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).write_bytes(content)
    sys.addaudithook(kill)
    swap.commit(layout)
print(count)
""" % [(name, content.decode()) for name, content in STAGED.items()]


def killed_runs(tmp_path: Path, mode: str) -> Iterator[tuple[int, Layout, int]]:
    for at in range(1, 100):
        root = tmp_path / f"{mode}-{at}"
        write(root, OLD)
        done = subprocess.run(
            [sys.executable, "-c", DRIVER, str(root), str(at), mode], cwd=ROOT, capture_output=True, check=False
        )
        yield at, Layout(root), done.returncode
        if done.returncode == 0:
            return


@pytest.mark.parametrize("mode", ["atomic", "renames"])
def test_a_commit_that_is_killed_anywhere_is_brought_together(tmp_path: Path, mode: str) -> None:
    outcomes: list[bool] = []
    for at, layout, code in killed_runs(tmp_path, mode):
        if code == 0:
            assert seen(layout.root) == NEW
            break
        assert code == -signal.SIGKILL
        half = swap.interrupted(layout)
        outcomes.append(half)
        if not half:
            assert seen(layout.root) in (OLD, NEW), f"killed at {at}"
        with swap.workspace(layout) as stage:
            assert list(stage.iterdir()) == []
        assert seen(layout.root) in ((NEW,) if half else (OLD, NEW)), f"killed at {at}, and run again"
        assert not swap.interrupted(layout)
    assert len(outcomes) >= 10
    assert set(outcomes) == {True, False}


def test_a_resumed_run_that_fails_leaves_the_rest_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = next(layout for _, layout, _ in killed_runs(tmp_path, "atomic") if swap.interrupted(layout))

    def refuse(new: Path, place: Path) -> None:
        raise PermissionError(errno.EACCES, "no", str(place))

    with monkeypatch.context() as patched:
        patched.setattr(swap, "exchange", refuse)
        with pytest.raises(PermissionError):
            commit(layout)
    assert swap.interrupted(layout)
    commit(layout)
    assert seen(layout.root) == NEW
