"""The workflows hold to their rules, and each of their steps is something that is there to be run by hand, too."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from packaging.specifiers import SpecifierSet
from ruamel.yaml import YAML

from tests.supply.pinned import PROJECT, ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEXTS = {file.name: file.read_text("utf-8") for file in FILES}
WORKFLOWS = {name: YAML(typ="safe").load(text) for name, text in TEXTS.items()}
JOBS = [
    pytest.param(job, id=f"{name}-{title}")
    for name, workflow in WORKFLOWS.items()
    for title, job in workflow["jobs"].items()
]
STEPS = [step for workflow in WORKFLOWS.values() for job in workflow["jobs"].values() for step in job["steps"]]
RUNS = [step["run"] for step in STEPS if "run" in step]
TARGETS = {*re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_read_and_no_more(name):
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    assert "group" in WORKFLOWS[name]["concurrency"]
    assert "pull_request_target" not in TEXTS[name]
    assert "secrets." not in TEXTS[name]


@pytest.mark.parametrize("job", JOBS)
def test_a_job_ends_and_says_what_it_may_do(job):
    assert 0 < job["timeout-minutes"] <= 60
    assert job["permissions"]
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout@") and job["permissions"].get("contents") != "write":
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", TEXTS)
def test_actions_are_pinned_by_commit_and_say_which_version_that_is(name):
    used = re.findall(r"uses: (.+)", TEXTS[name])
    assert used
    for line in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line), line


def test_an_action_is_pinned_once():
    used = {line.partition("@")[::2] for text in TEXTS.values() for line in re.findall(r"uses: (.+)", text)}
    assert len(used) == len({action for action, _ in used})


@pytest.mark.parametrize("run", RUNS)
def test_no_command_is_put_together_from_what_others_wrote(run):
    assert "${{" not in run


def test_what_is_run_is_there():
    made = {target for run in RUNS for target in re.findall(r"\bmake ([a-z-]+)", run)}
    made |= {*WORKFLOWS["ci.yml"]["jobs"]["test"]["strategy"]["matrix"]["target"]}
    scripts = {script for run in RUNS for script in re.findall(r"\bscripts/[\w/.-]+", run)}

    assert {"test", "test-lowest", "check", "docs", "release", "vendor-update"} <= made
    assert made <= TARGETS
    assert scripts
    assert [script for script in scripts if not os.access(ROOT / script, os.X_OK)] == []


def test_all_versions_of_python_are_tested():
    tested = WORKFLOWS["ci.yml"]["jobs"]["test"]["strategy"]["matrix"]["python"]
    named = re.findall(r":: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))

    assert tested == named
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(tested[0])


def step(workflow, job, name):
    [found] = [each["run"] for each in WORKFLOWS[workflow]["jobs"][job]["steps"] if each.get("name") == name]
    return found


def shell(command, folder, **environment):
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("tag", "code"), [("v1.2.3", 0), ("v1.2.30", 1), ("v1.2", 1), ("v1x2.3", 1)])
def test_a_tag_that_is_not_the_version_is_refused(tag, code, tmp_path):
    (tmp_path / "maia_scim").mkdir()
    (tmp_path / "maia_scim" / "_version.py").write_text('"""Text."""\n\n__version__ = "1.2.3"\n')

    assert (
        shell(step("release.yml", "build", "Is the tag the version?"), tmp_path, GITHUB_REF_NAME=tag).returncode == code
    )


def test_a_release_tells_its_own_section_of_the_changelog(tmp_path):
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## 1.3.0 (2026-12-01, spec 2026-11-24 a9d09d91)\n\n### SDK\n\n- New.\n\n"
        "## 1.2.3 (2026-11-01, spec 2026-10-24 b9d09d91)\n\n- Old.\n"
    )
    command = step("release.yml", "build", "Take the section of the changelog")

    assert shell(command, tmp_path, GITHUB_REF_NAME="v1.3.0").returncode == 0
    assert (tmp_path / "notes.md").read_text() == "\n### SDK\n\n- New.\n\n"
    assert shell(command, tmp_path, GITHUB_REF_NAME="v1.2.3").returncode == 0
    assert (tmp_path / "notes.md").read_text() == "\n- Old.\n"
    assert shell(command, tmp_path, GITHUB_REF_NAME="v9.9.9").returncode == 1


@pytest.mark.parametrize(
    ("tag", "kind"), [("v1.2.3", ""), ("v1.2.3rc1", "--prerelease "), ("v2.0.0b1", "--prerelease ")]
)
def test_a_release_shows_all_its_files_and_whether_it_is_one_to_try(tag, kind, tmp_path):
    for name in ("notes.md", "dist/maia-scim-1.0.cdx.json", "dist/SHA256SUMS", "a.whl", "a.tar.gz", "../bin/gh"):
        (tmp_path / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "files" / name).write_text('#!/bin/sh\necho "$*" >>said\n')
    (tmp_path / "bin" / "gh").chmod(0o755)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"

    done = shell(
        step("release.yml", "announce", "Make the release on GitHub"), tmp_path, GITHUB_REF_NAME=tag, PATH=path
    )

    assert done.returncode == 0, done.stderr
    said = (tmp_path / "said").read_text()
    assert said.startswith(f"release create {tag} --verify-tag {kind}--title {tag} --notes-file files/notes.md files/")
    shown = {"files/a.tar.gz", "files/a.whl", "files/dist/SHA256SUMS", "files/dist/maia-scim-1.0.cdx.json"}
    assert {*said.partition("notes.md ")[2].split()} == shown
