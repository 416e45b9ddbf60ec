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
from tests.limits.server import BINARY, Server

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    pytest.param(page, block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S), 1
    )
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


def shown_files():
    for page in PAGES:
        blocks = re.findall(r'^```python title="(examples/.*?)"\n(.*?)^```$', page.read_text("utf-8"), re.M | re.S)
        yield from (pytest.param(file, block, id=file) for file, block in blocks)


@pytest.mark.parametrize(("file", "block"), [*shown_files()])
def test_files_that_are_shown_are_those_there_are(file, block):
    assert block == (ROOT / file).read_text("utf-8")


def test_the_test_that_is_shown_first_passes(tmp_path):
    text = (ROOT / "docs" / "testing.md").read_text("utf-8")
    [test] = re.findall(r'^```python title="tests/test_titles.py"\n(.*?)^```$', text, re.M | re.S)
    (tmp_path / "test_titles.py").write_text(test, "utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:asyncio", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout


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
