"""Every Python block of the README and the docs runs, against a sandbox, and does what it says."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from maia_scim.sandbox import Sandbox
from tests.docs.blocks import PAGES, README, blocks
from tests.docs.building import ROOT
from tests.limits.server import BINARY, Server

PYTHON = [block for page in PAGES for block in blocks(page) if block.language == "python"]
# Those with a title are files, of which a test of their own tells. Of the other languages see tests/docs.
BLOCKS = [
    pytest.param(block.page, block.text, id=block.name)
    for block in PYTHON
    if not block.title and not block.note.startswith("not run: ")
]
# A call that sends something, as opposed to one that makes, shows or compares.
PLANNING = r"apply\.(?:plan|sync_groups|rename|set_attributes|offboard)\b"
CALL = re.compile(r"\.(?:users|groups)\.(?!diff\b)\w|\.raw\b|" + PLANNING)
BARBARA = "2819c223-7f76-453a-919d-413861904646"
TOKEN_PATH = "/oauth/dpc/token"


@pytest.fixture
def sandbox(monkeypatch):
    """A sandbox that the environment leads to, and to nothing else."""
    with Sandbox() as sandbox:
        for name in ("MAIA_REGION", "MAIA_TOKEN", "MAIA_AUDIENCE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        yield sandbox


@pytest.fixture
def sent(monkeypatch):
    """What httpx was asked to send, but for token requests."""
    sent: list[httpx.Request] = []
    send, send_async = httpx.Client.send, httpx.AsyncClient.send

    def note(request):
        if request.url.path != TOKEN_PATH:
            sent.append(request)

    def noted(self, request, **options):
        note(request)
        return send(self, request, **options)

    async def noted_async(self, request, **options):
        note(request)
        return await send_async(self, request, **options)

    monkeypatch.setattr(httpx.Client, "send", noted)
    monkeypatch.setattr(httpx.AsyncClient, "send", noted_async)
    return sent


@pytest.fixture(autouse=True)
def _quiet_again():
    """What a block does to the logger ends with it."""
    logger = logging.getLogger("maia_scim")
    level, handlers = logger.level, [*logger.handlers]
    yield
    logger.setLevel(level)
    logger.handlers[:] = handlers


@pytest.fixture
def redis(tmp_path, monkeypatch):
    """A Redis that the environment tells of."""
    if BINARY is None:
        pytest.skip("no redis-server here: apt-get install redis-server")
    server = Server(tmp_path)
    server.start()
    monkeypatch.setenv("REDIS_URL", server.url)
    yield server
    server.kill()


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_python_blocks_run_and_send_what_they_say(page, block, sandbox, sent, request, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write files
    redis = request.getfixturevalue("redis") if "REDIS_URL" in block else None

    exec(compile(block, "docs", "exec"), {"__name__": "docs"})

    assert bool(sent) == bool(CALL.search(block))
    assert sandbox.client_secret not in "".join(capsys.readouterr())
    if redis:
        assert redis.client().keys("*")


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_python_blocks_check_what_they_show(page, block):
    assert "assert " in block or page == README


SHOWN = [pytest.param(block.title, block.text, id=block.title) for block in PYTHON if block.title[:9] == "examples/"]


@pytest.mark.parametrize(("file", "block"), SHOWN)
def test_files_that_are_shown_are_those_there_are(file, block):
    assert block == (ROOT / file).read_text("utf-8")


def test_the_test_and_the_fixture_that_are_shown_first_work(tmp_path):
    for name in ("tests/test_titles.py", "tests/conftest.py"):
        [text] = [block.text for block in PYTHON if block.title == name]
        (tmp_path / Path(name).name).write_text(text, "utf-8")
    test = "def test_it(scimple):\n    assert scimple.users\n"
    (tmp_path / "test_scimple.py").write_text(test, "utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:asyncio", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "2 passed" in done.stdout, done.stdout


def test_the_quick_start_replaces_edits_and_deactivates(sandbox, capsys):
    [block] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    before = sandbox.users[BARBARA]

    exec(block, {})

    changed = {"title": "Data Engineer", "displayName": "Babs Jensen", "active": False}
    after = sandbox.users[BARBARA]
    assert {**after, "meta": None} == {**before, **changed, "meta": None}
    assert [request.method for request in sandbox.requests] == ["GET", "PUT", "GET", "PUT", "GET", "PATCH"]
    assert capsys.readouterr().out == ""
    assert len(block.strip().splitlines()) <= 15


def test_links_of_the_readme_lead_somewhere():
    # Those of the other pages are checked by their strict build: see tests/docs.
    for link, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", README.read_text(encoding="utf-8")):
        target = README.parent / link if link else README
        assert link.startswith("https://") or target.exists(), link
        if anchor and target.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, anchor
