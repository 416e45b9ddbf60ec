"""The examples run, as a user runs them, against a sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from maia_scim.sandbox import Sandbox

EXAMPLES = Path(__file__).parents[1] / "examples"
BARBARA = "2819c223-7f76-453a-919d-413861904646"


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


def run(sandbox, example, file):
    return subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / example, file],
        env={**os.environ, **sandbox.environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_replace_user(sandbox, tmp_path):
    file = tmp_path / "user.json"
    file.write_text(json.dumps({**sandbox.users[BARBARA], "title": "Data Engineer"}), encoding="utf-8")

    done = run(sandbox, "replace_user.py", file)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"bjensen ({BARBARA}) is replaced\n", "")
    assert sandbox.users[BARBARA]["title"] == "Data Engineer"


def test_replace_user_that_is_not_there(sandbox, tmp_path):
    file = tmp_path / "user.json"
    file.write_text(json.dumps({"id": "nobody", "userName": "nobody", "active": True}), encoding="utf-8")

    done = run(sandbox, "replace_user.py", file)

    assert done.returncode == 1
    assert done.stderr.startswith("NotFound: PUT ")


def test_replace_many_async(sandbox, tmp_path):
    users = [{**user, "title": "New"} for user in sandbox.users.values()]
    file = tmp_path / "users.jsonl"
    file.write_text("\n".join(json.dumps(user) for user in [*users, {"id": "nobody", "userName": "x", "active": True}]), "utf-8")

    done = run(sandbox, "replace_many_async.py", file)

    assert done.returncode == 1
    assert done.stdout == f"{len(users)} of {len(users) + 1} users are replaced\n"
    assert "x: NotFound (refused)" in done.stderr
    assert {user["title"] for user in sandbox.users.values()} == {"New"}
