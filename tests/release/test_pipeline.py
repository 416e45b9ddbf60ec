"""`make release` in a repository: what it does, what it refuses, and that nothing is left half done."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from maia_scim import SPEC
from scripts.regen.errors import Exit, RegenError
from scripts.release import bom, distribution, pipeline
from scripts.release.repository import Repository
from tests.release.copy import NOW, VERSION, Copy

TAG = f"v{NOW}"


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy.create(tmp_path / "repo")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the builds, which `test_a_release` makes."""

    def build(tree: Repository, wanted: str, scratch: Path) -> list[Path]:
        (scratch / "wheel").write_text(wanted, encoding="utf-8")
        return [scratch / "wheel"]

    monkeypatch.setattr(pipeline, "_build", build)


def test_a_release(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    before = copy.state()
    (copy.root / "dist").mkdir()
    copy.write("dist/old.whl", "")

    done = copy.release()
    assert (done.code, done.err) == (0, "")

    # A commit with the changelog and nothing else, tagged.
    head, status, tags, branch = copy.state()
    assert (status, tags, branch) == ("", TAG, "* main")
    assert copy.git("rev-parse", "HEAD~1") == before[0]
    assert copy.git("rev-parse", f"{TAG}^{{commit}}") == head
    assert copy.git("cat-file", "-t", TAG) == "tag"
    assert {name.split("/")[0] for name in copy.git("diff", "--name-only", "HEAD~1").split()} == {
        "CHANGELOG.md",
        "changes",
    }
    log = copy.read("CHANGELOG.md")
    heading = re.search(rf"(?m)^## {re.escape(NOW)} \([\d-]{{10}}, spec (.+)\)$", log)
    assert heading
    assert heading[1] == f"{SPEC.date} {SPEC.sha256[:8]}"
    assert re.findall(r"(?m)^### (.*)$", log) == ["Service", "SDK", "CLI"]
    assert sorted(it.name for it in (copy.root / "changes").iterdir()) == ["README.md", "template.md.jinja"]

    # What is in dist/, and what it says.
    dist = copy.root / "dist"
    wheel, sdist = dist / f"maia_scim-{NOW}-py3-none-any.whl", dist / f"maia_scim-{NOW}.tar.gz"
    bills = [dist / f"maia-scim-{NOW}.cdx.json", dist / f"maia-scim-{NOW}-all-extras.cdx.json"]
    assert {*dist.iterdir()} == {wheel, sdist, *bills, dist / "SHA256SUMS"}
    sums = copy.read("dist/SHA256SUMS")
    for file in (wheel, sdist, *bills):
        assert f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" in sums
    with tarfile.open(sdist) as archive:
        member = archive.extractfile(f"maia_scim-{NOW}/CHANGELOG.md")
        assert member is not None
        assert member.read().decode() == log
    when = datetime.datetime.fromtimestamp(int(copy.git("log", "-1", "--format=%ct")), datetime.UTC)
    assert {it.date_time[:5] for it in zipfile.ZipFile(wheel).infolist()} == {when.timetuple()[:5]}
    alone, whole = (json.loads(file.read_text(encoding="utf-8")) for file in bills)
    assert (alone["metadata"]["component"]["name"], alone["metadata"]["component"]["version"]) == ("maia-scim", NOW)
    names = {it["name"] for it in alone["components"]}
    assert {"attrs", "httpx", "python-dateutil"} < names
    assert not names & {"pip", "click", "redis", "maia-scim"}
    assert names | {"click", "keyring", "redis", "scim2-models"} < {it["name"] for it in whole["components"]}
    for file in bills:
        assert str(copy.root) not in file.read_text(encoding="utf-8")
        assert "file:" not in file.read_text(encoding="utf-8")

    # A workflow builds the tag again, and gets the same bytes. The bills, which take long, are left out this time.
    monkeypatch.setattr(bom, "write", lambda *_, target, **__: Path(shutil.copy(bills[0], target)))
    copy.git("checkout", "--quiet", "--detach", TAG)
    done = copy.release("--check")
    assert (done.code, done.err) == (0, "")
    assert copy.read("dist/SHA256SUMS").splitlines()[:2] == sums.splitlines()[:2]
    assert [line[-4:] for line in sums.splitlines()[:2]] == [".whl", "r.gz"]
    assert copy.git("status", "--porcelain") == ""

    # It is there once and for all.
    copy.git("checkout", "--quiet", "main")
    done = copy.release()
    assert done.code == Exit.DECIDE
    assert f"{TAG} is released already" in done.err


@pytest.mark.usefixtures("quick")
class TestCheck:
    def test_it_commits_and_tags_nothing_and_needs_no_name(self, copy: Copy):
        copy.git("config", "user.name", "")
        copy.git("config", "user.email", "")
        before = copy.state()
        done = copy.release("--check")
        assert (done.code, done.err) == (0, "")
        assert "nothing was committed or tagged" in done.out
        assert copy.state() == before
        assert copy.read("dist/wheel") == NOW

    def test_what_is_built_has_the_changelog_in_it(self, copy: Copy, monkeypatch: pytest.MonkeyPatch):
        seen: list[str] = []

        def build(tree: Repository, wanted: str, scratch: Path) -> list[Path]:
            seen.append(tree.git("show", f"{tree.git('write-tree')}:CHANGELOG.md"))
            return []

        monkeypatch.setattr(pipeline, "_build", build)
        assert copy.release("--check").code == 0
        assert f"\n## {NOW} (" in seen[0]


def untouched(copy: Copy, *, code: Exit, step: str, told: str) -> None:
    """A release is refused, and everything is as it was."""
    before = copy.state()
    done = copy.release()
    assert done.err.startswith(f"release stopped at step '{step}'"), done
    assert told in done.err
    assert done.err.endswith("\nNothing was committed or tagged.\n")
    assert done.code == code
    assert copy.state() == before


@pytest.mark.usefixtures("quick")
def test_tags_that_are_no_versions_and_those_of_other_branches_do_not_matter(copy: Copy) -> None:
    for tag in ("v0", "v7-old", "v8.x"):
        copy.git("tag", tag)
    copy.git("checkout", "--quiet", "-b", "other")
    copy.commit("Other")
    copy.git("tag", "v9.0.0")
    copy.git("checkout", "--quiet", "main")
    done = copy.release("--check")
    assert (done.code, done.err) == (0, "")
    assert f"version: {NOW}, the first\n" in done.out


@pytest.mark.usefixtures("quick")
class TestRefusals:
    def test_what_is_not_committed(self, copy: Copy):
        copy.write("new.txt", "")
        untouched(copy, code=Exit.REFUSED, step="tree", told="?? new.txt")

    def test_what_is_new_and_hidden_by_configuration(self, copy: Copy):
        copy.git("config", "status.showUntrackedFiles", "no")
        copy.write("maia_scim/new.py", "")
        untouched(copy, code=Exit.REFUSED, step="tree", told="?? maia_scim/new.py")

    def test_a_shallow_clone(self, copy: Copy, tmp_path: Path):
        copy.commit("More")
        copy.git("clone", "--quiet", "--depth=1", f"file://{copy.root}", str(tmp_path / "shallow"))
        untouched(Copy(tmp_path / "shallow"), code=Exit.REFUSED, step="tree", told="git fetch --unshallow --tags")

    def test_a_head_on_no_branch(self, copy: Copy):
        copy.git("checkout", "--quiet", "--detach")
        untouched(copy, code=Exit.REFUSED, step="tree", told="HEAD is on no branch")

    def test_a_clone_without_the_tags_of_what_the_changelog_tells_of(self, copy: Copy):
        copy.write("CHANGELOG.md", copy.read("CHANGELOG.md") + "\n## 0.0.9 (2026-01-02, spec 2026-01-01 a9d09d91)\n")
        copy.commit("Older")
        untouched(copy, code=Exit.REFUSED, step="version", told="git fetch --tags")

    def test_no_repository(self, tmp_path: Path, copy: Copy):
        (copy.root / ".git").rename(tmp_path / "gone")
        done = copy.release()
        assert (done.code, "this is no git checkout" in done.err) == (Exit.REFUSED, True)

    @pytest.mark.parametrize("last", ["v0.1.0", "v0.2.0", "v0.10.0", "v1.0.0rc1"])
    def test_a_version_that_is_not_higher_than_the_last(self, copy: Copy, last: str):
        copy.git("tag", last)
        copy.commit("More")
        told = "is released already" if last == TAG else f"{NOW} is not higher than {last}"
        untouched(copy, code=Exit.DECIDE, step="version", told=told)

    def test_a_version_that_is_not_higher_than_one_that_was_merged(self, copy: Copy):
        copy.git("tag", "v0.5.0")
        copy.git("checkout", "--quiet", "-b", "old", "HEAD")
        copy.commit("Mend")
        copy.git("tag", "v0.0.9")
        untouched(copy, code=Exit.DECIDE, step="version", told=f"{NOW} is not higher than v0.5.0")

    def test_a_page_that_states_another_version(self, copy: Copy):
        copy.write("docs/other.md", "`pip install 'maia-scim[cli]==9.9.9'`\n")
        copy.commit("Page")
        untouched(copy, code=Exit.REFUSED, step="version", told="- docs/other.md: maia-scim[cli]==9.9.9")

    def test_a_version_that_is_none(self, copy: Copy):
        copy.write(VERSION, "")
        copy.commit("No version")
        untouched(copy, code=Exit.REFUSED, step="version", told=VERSION)
        assert copy.release("--set", "1.2").code == Exit.USAGE

    def test_nothing_to_tell(self, copy: Copy):
        copy.git("rm", "--quiet", *(f"changes/first.{kind}.md" for kind in ("service", "sdk", "cli")))
        copy.commit("Nothing")
        untouched(copy, code=Exit.DECIDE, step="changelog", told=f"nothing tells of {NOW}")

    @pytest.mark.parametrize(
        ("name", "text", "told"),
        [
            ("thing.feature.md", "- A thing.\n", "changes/thing.feature.md: not named"),
            ("thing.sdk.rst", "- A thing.\n", "changes/thing.sdk.rst: not named"),
            ("sdk.md", "- A thing.\n", "changes/sdk.md: not named"),
            (".DS_Store", "\udcff", "changes/.DS_Store: not named"),
            ("thing.sdk.md", "- A \udcff thing.\n", "changes/thing.sdk.md: not UTF-8"),
            ("thing.sdk.md", "A thing.\n", "changes/thing.sdk.md: no Markdown list"),
            ("thing.sdk.md", "- A thing\nthat goes on.\n", "changes/thing.sdk.md: no Markdown list"),
        ],
    )
    def test_a_fragment_of_another_form(self, copy: Copy, name: str, text: str, told: str):
        (copy.root / "changes" / name).write_bytes(text.encode(errors="surrogateescape"))
        copy.commit("Fragment")
        untouched(copy, code=Exit.REFUSED, step="changelog", told=told)

    @pytest.mark.parametrize(
        ("heading", "told"),
        [
            (f"## {NOW} (2026-01-01)", f"- ## {NOW} (2026-01-01)"),
            (f"## {NOW} (2026-01-01, spec 2026-01-01 00000000)", "fragments wait"),
        ],
    )
    def test_an_entry_that_was_written_by_hand(self, copy: Copy, heading: str, told: str):
        copy.write("CHANGELOG.md", f"# Changelog\n\n<!-- releases -->\n\n{heading}\n")
        copy.commit("Entry")
        untouched(copy, code=Exit.REFUSED, step="changelog", told=told)

    def test_an_entry_that_names_another_specification(self, copy: Copy):
        assert copy.release().code == 0
        copy.git("tag", "--delete", TAG)
        copy.replace("CHANGELOG.md", f"spec {SPEC.date} {SPEC.sha256[:8]}", "spec 2026-01-01 00000000")
        copy.commit("Entry")
        untouched(copy, code=Exit.REFUSED, step="changelog", told="names the specification 2026-01-01 00000000")

    def test_checks_that_fail(self, copy: Copy):
        before = copy.state()
        done = copy.release(suite=(sys.executable, "-c", "raise SystemExit(2)"))
        assert (done.code, "release stopped at step 'checks'" in done.err) == (Exit.REFUSED, True)
        assert copy.state() == before

    def test_checks_run_without_what_this_make_was_told(self, copy: Copy, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("BASE", "HEAD~1")  # make hands what it was told down by the environment
        monkeypatch.setenv("MAKEFLAGS", "-- BASE=HEAD~1")
        program = "import os; raise SystemExit(bool(os.environ.keys() & {'BASE', 'MAKEFLAGS'}))"
        assert copy.release("--check", suite=(sys.executable, "-c", program)).code == 0

    def test_checks_that_leave_something_behind(self, copy: Copy):
        done = copy.release(suite=(sys.executable, "-c", "open('left', 'w')"))
        assert (done.code, "?? left" in done.err, copy.git("tag")) == (Exit.REFUSED, True, "")

    def test_a_commit_while_the_checks_run(self, copy: Copy):
        done = copy.release(suite=("git", "commit", "--quiet", "--allow-empty", "--message=Meanwhile"))
        assert (done.code, "HEAD moved" in done.err, copy.git("tag")) == (Exit.REFUSED, True, "")

    def test_a_tag_that_git_refuses(self, copy: Copy):
        copy.git("config", "tag.gpgsign", "true")
        copy.git("config", "gpg.program", "false")
        untouched(copy, code=Exit.MACHINE, step="tree", told="git tag fails")

    def test_an_interrupt(self, copy: Copy, monkeypatch: pytest.MonkeyPatch):
        def interrupt(*_: object) -> list[Path]:
            raise KeyboardInterrupt

        monkeypatch.setattr(pipeline, "_build", interrupt)
        untouched(copy, code=Exit.MACHINE, step="run", told="interrupted")


class TestBuild:
    def test_what_the_folder_gets_into_is_refused(self, copy: Copy, tmp_path: Path):
        hook = "import os, pathlib\nfrom hatchling.builders.hooks.plugin.interface import BuildHookInterface\n\n\n"
        hook += "class Hook(BuildHookInterface):\n    def initialize(self, version, build_data):\n"
        hook += "        pathlib.Path(self.root, 'maia_scim', 'where.py').write_text(repr(os.getcwd()))\n"
        copy.write("hatch_build.py", hook)
        copy.replace(
            "pyproject.toml", "[tool.hatch.version]", "[tool.hatch.build.hooks.custom]\n\n[tool.hatch.version]"
        )
        copy.commit("Hook")
        (tmp_path / "scratch").mkdir()
        with pytest.raises(RegenError, match=r"not reproducible: .*\.whl") as error:
            distribution.build(Repository(copy.root), "HEAD", 1_700_000_000, tmp_path / "scratch")
        assert error.value.code == Exit.REFUSED


def test_the_version_is_set_everywhere(copy: Copy) -> None:
    done = copy.release("--set", "0.9.0")
    assert done.code == 0
    changed = copy.git("diff", "--name-only").split()
    assert VERSION in changed
    assert "docs/versions.md" in changed
    assert copy.read(VERSION).endswith('__version__ = "0.9.0"\n')
    assert "maia-scim==0.9.0" in copy.read("docs/versions.md")
    assert "maia-scim[cli,sandbox]==0.9.0" in copy.read("docs/versions.md")
    for same in ("0.9.0", "v0.9.0"):
        assert copy.release("--set", same).out == "set: nothing, it is that already\n"
