"""Another project pins the wheel: it locks, checks and runs; an upgrade that breaks it is caught, on both sides."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

import pytest

from maia_scim.sandbox import Sandbox
from scripts.regen.errors import Exit
from tests.release.copy import Copy

JOB = """\
from maia_scim import MaiaScim, errors
from maia_scim.models import ScimUser

barbara = "2819c223-7f76-453a-919d-413861904646"


def retitle(maia: MaiaScim, user: ScimUser, title: str) -> str | None:
    user.title = title
    try:
        return maia.users.replace(user, if_match="*").title
    except errors.PreconditionFailed as error:
        return error.outcome


with MaiaScim() as maia:
    print(retitle(maia, maia.users.get(barbara), "Data Engineer"))
"""
PROJECT = """\
[project]
name = "consumer"
version = "1"
requires-python = ">=3.11"
dependencies = ["{pin}"]

[tool.uv.sources]
maia-scim = {{ index = "dist" }}

[[tool.uv.index]]
name = "dist"
url = "{index}"
explicit = true
"""


class Index:
    """Where the project gets the wheels from, as it would from any index: by a page that names their hashes."""

    def __init__(self, root: Path) -> None:
        self.page = root / "simple/maia-scim"
        self.page.mkdir(parents=True)
        handler = partial(_Quiet, directory=str(root))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple/"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def publish(self, wheel: Path) -> str:
        """Add a wheel; its hash."""
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        shutil.copy2(wheel, self.page)
        with (self.page / "index.html").open("a", encoding="utf-8") as page:
            page.write(f'<a href="{wheel.name}#sha256={digest}">{wheel.name}</a>\n')
        return digest


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""


class Consumer:
    """The project, in a folder of its own."""

    def __init__(self, root: Path, index: Index) -> None:
        self.root, self.index = root, index
        root.mkdir()
        (root / "job.py").write_text(JOB, encoding="utf-8")

    def pin(self, requirement: str) -> None:
        text = PROJECT.format(pin=requirement, index=self.index.url)
        (self.root / "pyproject.toml").write_text(text, encoding="utf-8")

    def run(self, *command: str, **environment: str) -> tuple[int, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
        done = subprocess.run(
            command, cwd=self.root, env={**inherited, **environment}, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def uv(self, *arguments: str) -> tuple[int, str]:
        return self.run(sys.executable, "-m", "uv", *arguments, "--python", sys.executable)

    def locked(self) -> dict[str, Any]:
        packages = tomllib.loads((self.root / "uv.lock").read_text(encoding="utf-8"))["package"]
        ours: dict[str, Any]
        [ours] = (it for it in packages if it["name"] == "maia-scim")
        return ours

    def types(self) -> tuple[int, str]:
        python = str(self.root / ".venv/bin/python")
        return self.run(sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "job.py")


def built(copy: Copy, target: Path) -> Path:
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(copy.root))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = target.glob("*.whl")
    return wheel


@pytest.fixture
def consumer(tmp_path: Path) -> Iterator[Consumer]:
    with Index(tmp_path / "index") as index:
        consumer = Consumer(tmp_path / "consumer", index)
        consumer.pin("attrs>=24.1")
        code, out = consumer.uv("lock")
        if code:
            pytest.skip(f"NOT TESTED that another project can pin the wheel: no index can be reached: {out.strip()}")
        yield consumer


def test_a_pin_holds_and_a_break_is_caught_by_the_policy_and_by_the_types(tmp_path: Path, consumer: Consumer) -> None:
    copy = Copy.create(tmp_path / "repo")
    copy.version("0.1.0")
    copy.commit("Release")
    copy.git("tag", "v0.1.0")
    digest = consumer.index.publish(built(copy, tmp_path / "first"))

    # The wheel is pinned by its version and its hash: other bytes are not installed.
    consumer.pin("maia-scim==0.1.0")
    code, out = consumer.uv("lock")
    assert code == 0, out
    locked = consumer.locked()
    assert locked["version"] == "0.1.0"
    assert [it["hash"] for it in locked["wheels"]] == [f"sha256:{digest}"]
    [file] = consumer.index.page.glob("*.whl")
    right = file.read_bytes()
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"by somebody else"
    code, out = consumer.uv("sync", "--locked")
    assert (code, "Hash mismatch" in out) == (1, True), out
    file.write_bytes(right)

    # It has types, and it works.
    code, out = consumer.uv("sync", "--locked")
    assert code == 0, out
    code, out = consumer.types()
    assert (code, out) == (0, "Success: no issues found in 1 source file\n")
    with Sandbox() as sandbox:
        code, out = consumer.run(str(consumer.root / ".venv/bin/python"), "job.py", **sandbox.environment)
    assert (code, out) == (0, "Data Engineer\n")

    # A version that breaks this job, and whose number says that it does not.
    copy.replace("maia_scim/users.py", "if_match", "only_version")
    copy.version("0.1.1")
    copy.commit("Rename an argument")
    done = copy.release("--verdict")
    assert done.code == Exit.DECIDE
    assert "the changes since 0.1.0 call for a major bump" in done.err
    assert "set it to 0.2.0 or higher" in done.err

    # Were it published all the same, the pin would hold, and who raises it is told by the types.
    consumer.index.publish(built(copy, tmp_path / "second"))
    code, out = consumer.uv("lock", "--upgrade")
    assert (code, consumer.locked()["version"]) == (0, "0.1.0"), out
    consumer.pin("maia-scim==0.1.1")
    code, out = consumer.uv("sync")
    assert (code, consumer.locked()["version"]) == (0, "0.1.1"), out
    code, out = consumer.types()
    assert code == 1
    assert 'job.py:10: error: Unexpected keyword argument "if_match" for "replace" of "Users"' in out
