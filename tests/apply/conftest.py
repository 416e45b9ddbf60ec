"""A sandbox that is as new for every test, a client of it, and files as tests write them."""

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from maia_scim import MaiaScim
from maia_scim.sandbox import Sandbox

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ROOT = Path(__file__).parents[2]
BARBARA = "2819c223-7f76-453a-919d-413861904646"


@pytest.fixture(scope="package")
def running() -> Iterator[Sandbox]:
    with Sandbox(rate=None) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


def client_of(sandbox: Sandbox) -> MaiaScim:
    return MaiaScim(**sandbox.connection, rate_limit=None)


@pytest.fixture
def maia(sandbox: Sandbox) -> Iterator[MaiaScim]:
    with client_of(sandbox) as client:
        yield client


def csv_text(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, [*rows[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a CSV file of rows, and give its path."""

    def written(rows: list[dict[str, Any]], name: str = "people.csv") -> Path:
        file = tmp_path / name
        file.write_text(csv_text(rows), encoding="utf-8")
        return file

    return written


def writes(sandbox: Sandbox) -> list[str]:
    """The ids of users that were written, in order, each as often as it was."""
    return [request.id or "" for request in sandbox.requests if request.method in ("PUT", "PATCH", "POST")]


@pytest.fixture(scope="module")
def forker(running: Sandbox) -> Iterator[subprocess.Popen[str]]:
    """Forks a process for each line that it is given, which a test may kill."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.apply.forker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "MAIA_CLIENT_SECRET": running.client_secret},
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()
