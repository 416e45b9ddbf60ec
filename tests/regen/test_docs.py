"""What the pages about generation say is so."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys

import pytest

from scripts import mutation_table, template_table
from scripts.regen.errors import Exit
from tests.regen.checkout import ROOT, Checkout, git
from tests.regen.mutations import REFUSED, TAKEN

GUIDE = (ROOT / "docs/following-a-spec-change.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return re.split(r"^## ", GUIDE.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def block(name: str) -> str:
    """The fenced text below a comment of the guide."""
    found = re.search(rf"^( *)<!-- practice: {name} -->\n *(`{{3,}})\w+\n(.*?)^ *\2$", GUIDE, re.DOTALL | re.MULTILINE)
    assert found, name
    return re.sub(rf"^{found[1]}", "", found[3], flags=re.MULTILINE)


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@pytest.fixture(scope="module")
def usage() -> str:
    return subprocess.check_output([sys.executable, "-m", "scripts.regen", "--help"], cwd=ROOT, text=True)


@pytest.fixture
def committed(checkout: Checkout) -> Checkout:
    """A copy at the version that the guide's example begins with, in git and without a tag."""
    checkout.write("maia_scim/_version.py", '__version__ = "0.1.0"\n')
    git(checkout, "init", "--quiet")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message=Start")
    return checkout


class TestMutationPage:
    def test_the_committed_page_is_what_the_script_gives(self):
        remedy = "run python -m scripts.mutation_table"
        assert mutation_table.PAGE.read_text(encoding="utf-8") == mutation_table.page(), remedy

    def test_every_case_has_a_row(self):
        told = [row[:2] for row in rows(mutation_table.page())]
        assert all([what, f"**{case.bump}**"] in told for what, case in TAKEN.items())
        assert all([what, f"`{case.step}`"] in told for what, case in REFUSED.items())

    @pytest.mark.parametrize(
        "row", [*mutation_table.PAGES, *mutation_table.RELEASE, *mutation_table.MACHINE], ids=lambda row: row[0]
    )
    def test_every_test_that_is_named_exists(self, row: tuple[str, Exit | None, str, str]):
        file, _, name = row[3].partition("::")
        tree = ast.parse((ROOT / "tests/regen" / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


class TestTemplateTable:
    def test_the_committed_table_is_what_the_script_gives(self):
        text = template_table.PAGE.read_text(encoding="utf-8")
        assert template_table.page(text) == text, "run python -m scripts.template_table"

    def test_lines_are_counted(self):
        counts = {row[0].strip("`*"): row[1:4] for row in rows(template_table.table())[2:]}
        stock = ROOT / "openapi/templates/stock/client.py.jinja"
        assert counts["templates/client.py.jinja"][0] == str(stock.read_bytes().count(b"\n"))
        assert counts["templates/types.py.jinja"][2] == "2", "its first line and the status"
        assert counts["all"] == [
            str(sum(int(row[i]) for name, row in counts.items() if name != "all")) for i in range(3)
        ]

    def test_a_page_without_the_marks_is_refused(self):
        with pytest.raises(ValueError, match="lacks the line"):
            template_table.page("# A page\n" + template_table.BEGIN)


class TestGuide:
    def test_exit_codes_are_those_of_the_help(self, usage: str):
        told = dict(re.findall(r"^  (\d)  (.+)$", usage, re.MULTILINE))
        assert len(told) == len(Exit)
        assert told == {row[0]: row[1] for row in rows(section("When it refuses")) if row[0].isdecimal()}

    def test_options_are_those_of_the_help(self, usage: str):
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", usage)) - {"--help"}
        table = {option for row in rows(section("The command")) for option in re.findall(r"--[a-z-]*[a-z]", row[2])}
        assert table == named

    def test_variables_are_those_of_the_makefile(self):
        recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nregen:")[2].partition("\n\n")[0]
        known = set(re.findall(r"\$\(if \$\((\w+)\)", recipe))
        assert known
        assert set(re.findall(r"\b([A-Z]+)=", section("The command"))) == known

    def test_every_step_is_told(self):
        steps: set[str] = set()
        for file in (ROOT / "scripts/regen").glob("*.py"):
            source = file.read_text(encoding="utf-8")
            steps |= set(re.findall(r'(?:\b_STEP = |\bstep=|RegenError\(\s*)"(\w+)"', source))
        assert steps == set(re.findall(r"^\| `(\w+)` \|", section("When it refuses"), re.MULTILINE))
        in_order = set(
            re.findall(r"`(\w+)`", " ".join(re.findall(r"^\d+\. .*", section("What it does"), re.MULTILINE)))
        )
        assert steps - in_order == {"files", "run"}, "these two can happen anywhere"

    def test_the_practice_gives_the_report_that_is_shown(self, committed: Checkout):
        subprocess.run(
            ["sh", "-c", block("the page that the vendor might publish next")], cwd=committed.root, check=True
        )
        arguments = ("--spec", str(committed.root.parent / "update-scim-user.md"), "--base", "HEAD")

        done = committed.regen(*arguments)
        assert done.code == Exit.DECIDE
        assert done.err == block("the refusal")

        committed.write("maia_scim/_version.py", '__version__ = "0.1.1"\n')
        done = committed.regen(*arguments)
        assert done.code == Exit.OK, done.err
        assert block("the report") == committed.read(".regen/report.md")
        fragment = committed.read("changes/specification.service.md")
        of_a_day = re.compile(r"\b\d{4}-\d\d-\d\d [0-9a-f]{8}\b")  # goes with what is vendored, and with today
        assert of_a_day.sub("…", block("the fragment")) == of_a_day.sub("…", fragment)
        said = re.search(r"`(regen: files changed: \d+)`", GUIDE)
        assert said
        assert done.out.endswith(f"{said[1]}\n")

        program = "from maia_public_api import models, servers; models.ScimUser(division=''); servers.Region('au1')"
        path = str(committed.root / "generated")
        subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {path!r}); {program}"], check=True)

    def test_the_overlay_action_works(self, committed: Checkout):
        name = "openapi/overlays/30-fields.yaml"
        committed.write(name, committed.read(name) + block("the action"))
        committed.write("maia_scim/_version.py", '__version__ = "0.1.1"\n')
        done = committed.regen("--base", "HEAD")
        assert done.code == Exit.OK, done.err
        assert "**Verdict: patch**" in done.out
        assert "superfluous" not in done.out
        assert "provisions it" in committed.read("generated/maia_public_api/models/scim_user.py")

    def test_a_changed_template_is_refused_as_shown(self, checkout: Checkout):
        copy, pins = "openapi/templates/stock/client.py.jinja", "openapi/templates/STOCK.sha256"
        was = checkout.read(copy).replace("import ssl\n", "import ssl  # as it was\n")
        digest = hashlib.sha256(was.encode()).hexdigest()
        checkout.write(copy, was)
        checkout.write(pins, re.sub(r"\w+(?=  client\.py\.jinja)", digest, checkout.read(pins)))
        done = checkout.regen()
        assert done.code == Exit.REFUSED
        assert tidy(done.err) == tidy(block("the changed template"))
