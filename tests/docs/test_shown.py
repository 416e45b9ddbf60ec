"""What the pages show that takes more than to run a line: faults of a file, a nightly script, a workflow."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from maia_scim.sandbox import Sandbox
from tests.docs import lines
from tests.docs.blocks import blocks, differs, steps
from tests.docs.building import ROOT
from tests.regen.checkout import PAGE, Checkout

BARBARA = "2819c223-7f76-453a-919d-413861904646"
JORDAN = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
PROGRAMS = Path(sys.executable).parent


def block(page, begins):
    """The block of a page that begins so, which is checked here."""
    [found] = [block for block in blocks(ROOT / "docs" / page) if block.text.startswith(begins)]
    assert found.note == "checked by tests/docs/test_shown.py"
    return found


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def run(sandbox, tmp_path):
    def run(*words, **environment):
        return subprocess.run(
            words,
            cwd=tmp_path,
            env={
                **sandbox.environment,
                "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(tmp_path),
                **environment,
            },
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("begins", "rows"),
    [
        ("Error: people.csv: 1 fault", ["id,departement", f"{BARBARA},Data"]),
        (
            "Error: people.csv: 3 faults",
            [
                "id,active,emails[work]",
                "1,,",
                "2,,a@example.com",
                f"{BARBARA},,",
                "5,,",
                "6,,",
                "7,maybe,",
                "8,,",
                f"{BARBARA},,",
                "10,,",
                "11,,",
                "12,,a@example.com",
            ],
        ),
    ],
)
def test_faults_of_a_file(begins, rows, run, tmp_path, sandbox):
    (tmp_path / "people.csv").write_text("\n".join(rows) + "\n", "utf-8")

    done = run("maia-scim", "apply", "people.csv", "--dry-run")

    assert done.returncode == 2
    assert not differs(block("apply.md", begins).text, done.stderr)
    assert list(sandbox.requests) == []


def test_a_dry_run_as_json(run):
    shown = json.loads(block("command-line.md", '{\n  "dryRun"').text)

    told = json.loads(run("maia-scim", "users", "deactivate", BARBARA, "--dry-run", "--output", "json").stdout)

    assert told.keys() == shown.keys()
    assert told["request"].keys() == shown["request"].keys()
    assert told["request"]["method"] == shown["request"]["method"]
    assert told["changes"] == shown["changes"]


def test_the_checks_of_doctor_are_those_there_are(run):
    shown = block("doctor.md", "$ maia-scim doctor").text
    names = re.findall(r"^(\w+(?: \w+)?)  +(?:ok|fail|skipped) ", shown, re.M)
    told = json.loads(run("maia-scim", "doctor", "--output", "json").stdout)
    assert names == [check["name"] for check in told["checks"]]
    assert f"of {len(names)} checks" in shown

    sample = json.loads(block("doctor.md", '{\n  "status"').text)
    assert sample.keys() == told.keys()
    assert sample["checks"][0].keys() == told["checks"][0].keys()


def test_the_sandbox_of_the_command_line(tmp_path):
    [step] = steps(block("sandbox.md", "$ maia-scim sandbox").text)
    command = step.command.replace("8000", "0").split()  # any free port
    environment = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout
        came = "".join(process.stdout.readline() for _ in step.shown.splitlines())
        process.send_signal(signal.SIGINT)
    assert not differs(step.shown, came)


@pytest.mark.keeps_secrets("secret", "file etc/maia-scim/credentials", reason="where the page puts them")
class TestScheduledRuns:
    @pytest.fixture
    def nightly(self, tmp_path, run, sandbox):
        """Runs the script, with its folders in one of the test; gives how it ended."""
        text = block("scheduled-runs.md", "#!/bin/sh").text
        for folder in ("/etc/maia-scim", "/var/lib/maia-scim", "/srv/hr"):
            (tmp_path / folder[1:]).mkdir(parents=True)
            assert folder in text
            text = text.replace(folder, str(tmp_path / folder[1:]))
        exports = "".join(f"export {name}='{value}'\n" for name, value in sandbox.environment.items())
        (tmp_path / "etc/maia-scim/credentials").write_text(exports, "utf-8")
        (tmp_path / "var/lib/maia-scim/protect.txt").write_text("mokafor\n", "utf-8")
        (tmp_path / "apply-people").write_text(text, "utf-8")

        def nightly(*rows):
            (tmp_path / "srv/hr/export.csv").write_text("\n".join(rows) + "\n", "utf-8")
            return run("sh", str(tmp_path / "apply-people"))

        return nightly

    def test_the_script_applies_and_reports(self, nightly, sandbox, tmp_path):
        rows = [f"{user_id}," for user_id in sandbox.users if user_id not in (BARBARA, JORDAN)]

        done = nightly("id,title", f"{BARBARA},Data Engineer", *rows)

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert sandbox.users[BARBARA]["title"] == "Data Engineer"
        [report] = (tmp_path / "var/lib/maia-scim").glob("report-*.html")
        assert report.stat().st_mode & 0o077 == 0

    def test_the_script_says_why_it_wrote_nothing(self, nightly, sandbox):
        done = nightly("id,title", f"{BARBARA},Data Engineer")

        assert done.returncode == 3
        assert done.stdout.startswith("maia-scim apply ended with 3\n")
        sandbox.requests.assert_no_writes()

    def test_the_workflow_is_one(self, tmp_path):
        workflow = block("scheduled-runs.md", "name: People")
        (tmp_path / "people.yml").write_text(workflow.text, "utf-8")
        schema = "vendor.github-workflows"
        check = [PROGRAMS / "check-jsonschema", "--builtin-schema", schema, tmp_path / "people.yml"]
        done = subprocess.run(check, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stdout
        commands = re.findall(r"(?:pip install|maia-scim) (?:.|\n {10})*", workflow.text)
        assert lines.check("\n".join(" ".join(command.split()) for command in commands)) == 3


def test_the_refusal_of_a_page_that_takes_something_away(tmp_path):
    checkout = Checkout.create(tmp_path / "repo")
    page = checkout.read(PAGE)
    assert "        nickName:\n          type: string\n" in page
    page = page.replace("        nickName:\n          type: string\n", "").replace("    put:\n", "    patch:\n")
    (tmp_path / "patch-scim-user.md").write_text(page, "utf-8")

    done = checkout.regen("--spec", str(tmp_path / "patch-scim-user.md"))

    shown = block("following-a-spec-change.md", "regen stopped at step 'vendor'").text
    assert not differs(shown, done.err), differs(shown, done.err)


def test_the_picture_of_the_flow_names_what_there_is_and_speaks():
    picture = ElementTree.parse(ROOT / "docs/captures/flow.svg").getroot()
    texts = ["".join(text.itertext()) for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    paths = [path for text in texts if "/" in text for path in text.split(", ")] + ["maia_scim"]
    assert len(paths) == 8
    assert all([*ROOT.glob(path)] for path in paths), paths
    names = {child.get("id") for child in picture}
    assert names >= set(str(picture.get("aria-labelledby")).split())
    assert picture.get("role") == "img"
