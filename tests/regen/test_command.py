"""The command as maintainers and CI run it, and what the machine may do to it."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.regen.errors import Exit
from tests.regen.checkout import ROOT, SPEC, Checkout, Done, with_au1

PROGRAM = [sys.executable, "-m", "scripts.regen"]


def run(checkout: Checkout, *command: str, **environment: str) -> Done:
    # Within `make test`, make would take itself for its own child, and say so.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        command, cwd=checkout.root, env={**inherited, **environment}, capture_output=True, text=True, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def whole(tmp_path: Path) -> Checkout:
    """A copy that has the command in it, too."""
    return Checkout.create(tmp_path / "repo", "scripts")


@pytest.fixture
def made(whole: Checkout) -> Checkout:
    """A copy with a Makefile and the tools, as after the first use."""
    if not shutil.which("make"):
        pytest.skip("there is no make")
    for name in ("Makefile", "constraints.txt"):
        shutil.copy2(ROOT / name, whole.root / name)
    environment = whole.root / ".venv"
    environment.mkdir()
    for path in Path(sys.prefix).iterdir():
        if not path.name.startswith("."):
            (environment / path.name).symlink_to(path)
    for stamp in (".pip", ".regen"):
        (environment / stamp).touch()
    return whole


def test_make_regen_and_make_regen_check(made: Checkout) -> None:
    file = made.write("../next.yaml", with_au1(made))
    done = run(made, "make", "regen", f"SPEC={file}")
    assert (done.code, done.err) == (0, "")
    assert "Region.AU1 is new" in done.out

    after = made.tree()
    done = run(made, "make", "regen")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("regen: nothing changed\n")
    assert made.tree() == after

    by_hand = made.read("generated/maia_public_api/servers.py") + "# by hand\n"
    made.write("generated/maia_public_api/servers.py", by_hand)
    done = run(made, "make", "regen-check")
    assert done.code != 0
    assert "-# by hand\n" in done.out
    assert "generated/ is not what its inputs give (files: 1)" in done.out

    file.write_text("openapi: [", encoding="utf-8")
    before = made.tree()
    done = run(made, "make", "regen", f"SPEC={file}")
    assert done.code != 0
    assert "regen stopped at step 'vendor'" in done.err
    assert made.tree() == before


def test_hash_seeds_make_no_difference(whole: Checkout) -> None:
    trees: list[dict[str, bytes]] = []
    for seed in ("0", "1"):
        shutil.rmtree(whole.root / "generated")
        done = run(whole, *PROGRAM, PYTHONHASHSEED=seed)
        assert done.code == 0, done.err
        trees.append({name: content for name, content in whole.tree().items() if name.startswith("generated/")})
    assert trees[0] == trees[1]


def test_a_terminal_without_the_letters_is_no_obstacle(whole: Checkout) -> None:
    file = whole.write("../next.yaml", whole.read(SPEC).replace("Update SCIM User\n", "Nutzer ändern \u2713\n", 1))
    done = run(whole, *PROGRAM, "--spec", str(file), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.code, done.err) == (0, "")
    assert "files changed" in done.out


def test_a_reader_that_is_gone_stops_it_before_anything_moves(whole: Checkout) -> None:
    file = whole.write("../next.yaml", with_au1(whole))
    before = whole.tree()
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*PROGRAM, "--spec", str(file)], cwd=whole.root, stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert done.returncode == Exit.MACHINE
    assert "Nothing was changed." in done.stderr
    assert whole.tree() == before


def test_check_tells_added_changed_and_missing_files(checkout: Checkout) -> None:
    checkout.write("generated/maia_public_api/extra.py", "x = 1\n")
    (checkout.root / "generated/maia_public_api/py.typed").unlink()
    (checkout.root / "generated/maia_public_api/spec.py").unlink()
    before = checkout.tree()
    done = checkout.regen("--check")
    assert done.code == Exit.DIFFERS
    assert (
        "--- generated/maia_public_api/extra.py\n+++ regenerated/maia_public_api/extra.py\n@@ -1 +0,0 @@\n-x = 1\n"
        in done.out
    )
    assert "+++ regenerated/maia_public_api/spec.py" in done.out
    assert "(files: 3)" in done.out
    assert checkout.tree() == before


def test_check_with_a_specification_shows_what_it_would_bring(checkout: Checkout) -> None:
    file = checkout.write("../next.yaml", with_au1(checkout))
    before = checkout.tree()
    done = checkout.regen("--check", "--spec", str(file))
    assert done.code == Exit.DIFFERS
    assert '+    AU1 = "AU1"' in done.out
    assert checkout.tree() == before


def test_check_writes_nothing_at_all(checkout: Checkout) -> None:
    shutil.rmtree(checkout.root / ".regen", ignore_errors=True)
    assert checkout.regen("--check").code == Exit.OK
    assert not (checkout.root / ".regen").exists()


def test_help_names_the_exit_codes() -> None:
    text = subprocess.check_output([*PROGRAM, "--help"], cwd=ROOT, text=True)
    for code in Exit:
        assert re.search(rf"^  {code.value}  [\w-]", text, re.MULTILINE)


@pytest.mark.parametrize("arguments", [["--no-such"], ["--check", "--pin-templates"], ["--spec"]])
def test_wrong_usage_is_told(arguments: list[str]) -> None:
    done = subprocess.run([*PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == Exit.USAGE
    assert "usage:" in done.stderr


def test_without_the_tools_it_says_how_to_get_them(whole: Checkout) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", whole.root / ".venv"], check=True)
    before = whole.tree()
    done = run(whole, str(whole.root / ".venv/bin/python"), "-m", "scripts.regen")
    assert done.code == Exit.MACHINE
    assert "- openapi-python-client is not installed" in done.err
    assert "rm -f .venv/.regen" in done.err
    assert "Traceback" not in done.err
    assert whole.tree() == before


def test_an_interrupt_leaves_nothing_behind(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    from scripts.regen import smoke

    def interrupt(generated: Path, wire: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(smoke, "run", interrupt)
    before = checkout.tree()
    done = checkout.regen()
    assert done.code == Exit.MACHINE
    assert done.err == "regen stopped at step 'run': interrupted\nNothing was changed.\n"
    assert checkout.tree() == before
    assert not (checkout.root / ".regen/stage").exists()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[float, dict[str, bytes]]:
    """How long a run takes that vendors a region, and what it leaves."""
    whole = Checkout.create(tmp_path_factory.mktemp("finished") / "repo", "scripts")
    file = whole.write("../next.yaml", with_au1(whole))
    started = time.monotonic()
    assert run(whole, *PROGRAM, "--spec", str(file)).code == 0
    return time.monotonic() - started, whole.tree()


@pytest.mark.parametrize("share", [0.8, 0.9, 0.95, 1.0])
def test_a_killed_run_is_brought_together_by_the_next(
    whole: Checkout, finished: tuple[float, dict[str, bytes]], share: float
) -> None:
    """Killed by the clock, at a share of the time that a run takes; test_swap.py kills at every single step."""
    takes, after = finished
    before, file = whole.tree(), whole.write("../next.yaml", with_au1(whole))
    process = subprocess.Popen(
        [*PROGRAM, "--spec", str(file)], cwd=whole.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(takes * share)
    except subprocess.TimeoutExpired:
        process.kill()
    assert process.wait() in (0, -signal.SIGKILL)
    done = whole.regen()
    assert done.code == Exit.OK, done.err
    assert whole.tree() in (before, after)


def test_check_refuses_what_a_kill_left_half_done(checkout: Checkout) -> None:
    checkout.write(".regen/ready/openapi/note.md", "half done\n")
    done = checkout.regen("--check")
    assert done.code == Exit.DIFFERS
    assert "run make regen: it brings everything together" in done.err
    assert checkout.regen().code == Exit.OK
    assert checkout.read("openapi/note.md") == "half done\n"
    assert checkout.regen("--check").code == Exit.OK


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own with little room."""
    folder = Path(tempfile.mkdtemp())
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("only root can mount a small disk: " + mounted.stderr.decode().strip())
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def test_a_full_disk_changes_nothing(small_disk: Path) -> None:
    checkout = Checkout.create(small_disk / "repo")
    checkout.write(SPEC, with_au1(checkout))
    room = os.statvfs(small_disk)
    checkout.write("ballast", "x" * (room.f_bavail * room.f_frsize - 40_000))
    before = checkout.tree()
    done = checkout.regen()
    assert done.code in (Exit.MACHINE, Exit.REFUSED)
    assert "No space left on device" in done.err
    assert "Nothing was changed." in done.err
    assert checkout.tree() == before

    (checkout.root / "ballast").unlink()
    assert checkout.regen().code == Exit.OK
    assert 'AU1 = "AU1"' in checkout.read("generated/maia_public_api/servers.py")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_the_remedy_fits_what_the_machine_refused(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    write_text = Path.write_text

    def refuse(path: Path, *args: Any, **kwargs: Any) -> int:
        if path.name == "openapi.json":
            raise OSError(code, os.strerror(code), str(path))
        return write_text(path, *args, **kwargs)

    monkeypatch.setattr(Path, "write_text", refuse)
    before = checkout.tree()
    done = checkout.regen()
    assert done.code == Exit.MACHINE
    assert f"regen stopped at step 'files': {os.strerror(code)}" in done.err
    assert "generated/openapi.json" in done.err
    word = {errno.ENOSPC: "make room", errno.EACCES: "writable", errno.EROFS: "mount"}[code]
    assert word in done.err
    assert checkout.tree() == before


# Permissions bind root, too, once it gives up the capabilities that pass them by (see capabilities(7)).
AS_ANYONE = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER = 24, 1, 2, 3
if os.geteuid() == 0:
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER):
        if ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
            sys.exit("cannot give up a capability")
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("closed", [".", "openapi", ".regen"])
def test_without_permission_to_write_nothing_changes(whole: Checkout, closed: str) -> None:
    file = whole.write("../next.yaml", with_au1(whole))
    (whole.root / ".regen").mkdir()
    before = whole.tree()
    (whole.root / closed).chmod(0o555)
    try:
        done = run(whole, sys.executable, "-c", AS_ANYONE, *PROGRAM, "--spec", str(file))
    finally:
        (whole.root / closed).chmod(0o755)
    if "cannot give up" in done.err:
        pytest.skip(done.err.strip())
    assert done.code == Exit.MACHINE
    assert "regen stopped at step 'files': Permission denied" in done.err
    assert "make the file or folder writable" in done.err
    assert done.err.endswith("Nothing was changed.\n")
    assert whole.tree() == before
