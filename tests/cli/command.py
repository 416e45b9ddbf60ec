"""Running ``maia-scim``: in this process, as a process of its own, and at a terminal."""

from __future__ import annotations

import inspect
import json
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from click.testing import CliRunner

from maia_scim.cli.main import cli
from tests.support.canary import clean

if TYPE_CHECKING:
    import pytest

MAIN = "import sys; from maia_scim.cli import main; sys.argv[0] = 'maia-scim'; main()"
BARBARA = "2819c223-7f76-453a-919d-413861904646"
JORDAN = "7c9e6679-7425-40de-944b-e07fc1f90ae7"  # who is not active
ENGINEERS = "e9e30dba-f08f-4109-8486-d5c6a331660a"
NOBODY = "00000000-0000-0000-0000-000000000000"
DOCS = Path(__file__).parents[2] / "docs"
PATIENCE = 20  # seconds, in which nothing is measured
# Before click 8.2, standard error is kept apart only when asked for; since then, asking is an error.
APART: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def invoke(*arguments: str, input: str | bytes | None = None) -> Ran:
    """Run it in this process, where nobody can be asked."""
    result = CliRunner(**APART).invoke(cli, arguments, input=input, prog_name="maia-scim")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, clean(result.stdout, "stdout"), clean(result.stderr, "stderr"))


def spawn(
    *arguments: str, before: str = "", input: str | None = None, environment: dict[str, str] | None = None
) -> Ran:
    """Run it as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", before + MAIN, *arguments],
        capture_output=True,
        encoding="utf-8",
        input=input,
        timeout=PATIENCE,
        check=False,
        start_new_session=True,  # no test asks at the terminal of whoever runs it
        env={**os.environ, **(environment or {})},
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def at_terminal(
    *arguments: str,
    answers: dict[str, str] | None = None,
    piped: bool = True,
    environment: dict[str, str] | None = None,
    before: str = "",
) -> Ran:
    """Run it at a terminal.

    Args:
        arguments: Its arguments.
        answers: What to type when a text appears, in this order.
        piped: Whether its standard output goes into a pipe; else ``out`` is empty, and ``err`` has all.
        environment: Variables for it.
        before: Python to run before it.
    """
    terminal, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", before + MAIN, *arguments],
        stdin=side,
        stdout=subprocess.PIPE if piped else side,
        stderr=side,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
    )
    os.close(side)
    out = process.stdout.fileno() if process.stdout else None
    told = {terminal: b"", **({out: b""} if out is not None else {})}
    waiting = list((answers or {}).items())
    open_files, seen, end = set(told), 0, time.monotonic() + PATIENCE
    try:
        while open_files:
            readable, _, _ = select.select(list(open_files), [], [], max(0.0, end - time.monotonic()))
            assert readable, f"nothing comes any more after {told[terminal]!r}"
            for file in readable:
                try:
                    piece = os.read(file, 65536)
                except OSError:  # how the end of a terminal shows
                    piece = b""
                told[file] += piece
                if not piece:
                    open_files.discard(file)
            if waiting and waiting[0][0].encode() in told[terminal][seen:]:
                seen = len(told[terminal])
                os.write(terminal, waiting.pop(0)[1].encode())
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
        if process.stdout:
            process.stdout.close()
    assert not waiting, f"it never came to {waiting[0][0]!r}: {told[terminal]!r}"
    texts = [told[file].decode().replace("\r\n", "\n") if file is not None else "" for file in (out, terminal)]
    return Ran(process.returncode, clean(texts[0]), clean(texts[1]))


def run_docs(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Run the lines of shell that a page of the docs begins with, as a shell does that stops at the first error.

    It is done in this process, which is ten times as fast; the lines have words, quotes, ``>`` and ``>>``.
    """
    [block] = re.findall(r"^```bash\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.M | re.S)
    monkeypatch.chdir(folder)
    out = err = ""
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        file, how = None, "w"
        if words[-2] in (">", ">>"):
            file, how = folder / words[-1], "a" if words[-2] == ">>" else "w"
            words = words[:-2]
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("="))
            continue
        assert words[0] in ("echo", "maia-scim"), line
        ran = invoke(*words[1:]) if words[0] == "maia-scim" else Ran(0, f"{words[1]}\n", "")
        err += ran.err
        if file is None:
            out += ran.out
        else:
            with file.open(how, encoding="utf-8") as stream:
                stream.write(ran.out)
        if ran.code:
            return Ran(ran.code, out, f"{err}\nat: {line}")
    return Ran(0, out, err)


def script(folder: Path, name: str, code: str) -> str:
    """An editor that is a Python program; the file to edit is `path`."""
    file = folder / name
    file.write_text(f"import sys, pathlib\npath = pathlib.Path(sys.argv[1])\n{code}\n", "utf-8")
    return f"{sys.executable} {file}"


def sent(sandbox: Any) -> Any:
    return [(request.method, request.id) for request in sandbox.requests]


def writes(sandbox: Any) -> Any:
    return [request for request in sandbox.requests if request.method != "GET"]


def saved(tmp_path: Path, content: Any, name: str = "user.json") -> str:
    file = tmp_path / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(file)


def account(sandbox: Any) -> str:
    return f"client id {sandbox.client_id}"
