"""What holds for every file of the repository that somebody wrote."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WRITTEN = ("*.py", "*.js", "*.css", "*.sh", "*.lua", "*.jinja")
LONGEST = 400


@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="this is no git repository")
def test_no_module_is_longer_than_can_be_read_at_once() -> None:
    listed = subprocess.check_output(["git", "ls-files", "-z", "--", *WRITTEN, ":!generated"], cwd=ROOT, text=True)
    files = [name for name in listed.split("\0") if (ROOT / name).is_file()]
    assert "tests/conftest.py" in files
    lines = {name: (ROOT / name).read_bytes().count(b"\n") for name in files}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}
