"""The programs that the SDK is compared with do the job, and do what is said of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from maia_scim.sandbox import Sandbox, faults
from scripts.payload_table import stock_models
from tests.docs.blocks import blocks
from tests.docs.building import ROOT

PAGE = ROOT / "docs/compared-with.md"
PROGRAMS = {block.title: block.text for block in blocks(PAGE) if block.title}
SDK, HTTPX, STOCK, SCIM2, CURL = PROGRAMS
BARBARA = "2819c223-7f76-453a-919d-413861904646"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.fixture(scope="module")
def stock():
    """Where the stock client is."""
    with stock_models() as models:
        yield str(Path(models.__file__).parents[2])


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def run(sandbox, tmp_path, request):
    """Runs a program against the sandbox."""

    def run(name):
        if name == SCIM2 and find_spec("scim2_client") is None:
            pytest.skip("scim2-client is of the group bench")
        if name == CURL and not (shutil.which("curl") and shutil.which("jq")):
            pytest.skip("no curl or no jq here")
        environment = {**os.environ, **sandbox.environment, "MAIA_TOKEN": sandbox.issue_token()}
        if name == STOCK:
            environment["PYTHONPATH"] = request.getfixturevalue("stock")
        file = tmp_path / name
        file.write_text(PROGRAMS[name], "utf-8")
        return subprocess.run(
            ["sh" if name == CURL else sys.executable, file],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_replaces_the_title_and_nothing_else(name, run, sandbox):
    before = sandbox.users[BARBARA]

    done = run(name)

    assert (done.returncode, done.stderr) == (0, "")
    after = sandbox.users[BARBARA]
    assert after["title"] == "Data Engineer"
    changed = {key for key in before | after if before.get(key) != after.get(key)} - {"title", "meta"}
    assert [request.method for request in sandbox.requests] == ["GET", "PUT"]
    if name == SCIM2:
        assert changed == {ENTERPRISE}
        assert before[ENTERPRISE]["manager"].keys() - after[ENTERPRISE]["manager"].keys() == {"displayName"}
    else:
        assert changed == set()


@pytest.mark.parametrize("name", PROGRAMS)
def test_who_says_which_version_is_meant(name, run, sandbox):
    run(name)

    put = sandbox.requests.assert_put(BARBARA)
    if name == STOCK:
        put.without_if_match()
    else:
        put.with_if_match('W/"1"')


@pytest.mark.parametrize("name", PROGRAMS)
def test_who_keeps_what_it_does_not_know(name, run, sandbox):
    state = sandbox.dump()
    [barbara] = [user for user in state["users"] if user["id"] == BARBARA]
    barbara["urn:acme:2.0:User"] = {"badge": 7}
    sandbox.load(state)

    done = run(name)

    if name == SCIM2:
        assert "ResponsePayloadValidationException" in done.stderr
        sandbox.requests.assert_no_writes()
    else:
        assert done.returncode == 0
        assert sandbox.users[BARBARA]["urn:acme:2.0:User"] == {"badge": 7}


@pytest.mark.parametrize("name", PROGRAMS)
def test_who_tries_again(name, run, sandbox):
    sandbox.inject(faults.Status(503), on="users.replace")

    run(name)

    assert (sandbox.users[BARBARA]["title"] == "Data Engineer") == (name == SDK)


def test_the_stock_client_gives_an_error_as_a_value(run, sandbox):
    sandbox.inject(faults.Status(400), on="users.replace")

    done = run(STOCK)

    assert (done.returncode, done.stderr) == (0, "")
    assert sandbox.users[BARBARA]["title"] != "Data Engineer"


def test_the_vendors_specification_has_put_alone():
    text = (ROOT / "openapi/public-api-endpoint-reference.yaml").read_text("utf-8")
    assert re.findall(r"^    (get|put|post|patch|delete):", text, re.M) == ["put"]


def test_figures_are_those_of_the_benchmarks_and_the_payloads():
    page, told = PAGE.read_text("utf-8"), (ROOT / "benchmarks/README.md").read_text("utf-8")
    for name in ("stock generated client", "scim2-client on httpx2"):
        [figure] = re.findall(rf"\| replace: how many times faster \| {name} \| ([\d.]+) \S \|", told)
        assert re.search(rf"{float(figure):.1f} \S ours", page)
    payloads = (ROOT / "docs/payloads.md").read_text("utf-8")
    for name, shown in (("stock code", "{} of {}]"), ("this package", "{} of {} cases]")):
        [(cases, read)] = re.findall(rf"^\| {name} \| (\d+) \| (\d+) \|", payloads, re.M)
        assert shown.format(read, cases) in page
