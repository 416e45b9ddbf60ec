"""What newcomers read first leads somewhere, and the forms they fill in are forms."""

from __future__ import annotations

import re

import pytest
from ruamel.yaml import YAML

from tests.supply.pinned import ROOT
from tests.supply.test_workflows import TARGETS

PAGES = ["CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", ".github/PULL_REQUEST_TEMPLATE.md"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


@pytest.mark.parametrize("page", PAGES)
def test_links_files_and_commands_are_there(page):
    text = (ROOT / page).read_text("utf-8")

    for link in re.findall(r"\]\((?!https://)([^)#]+)", text):
        assert (ROOT / page).parent.joinpath(link).exists(), link
    for file in re.findall(r"`((?:\w[\w-]*/)+[\w.-]+\.\w+)`", text):
        assert (ROOT / file).exists(), file
    assert {*re.findall(r"`make ([a-z-]+)", text), *re.findall(r"^make ([a-z-]+)$", text, re.M)} <= TARGETS
    assert "[INSERT" not in text
    assert not re.search(r"[\w.]+@\w+\.\w+", text)  # no address that nobody reads


def test_the_names_that_the_guide_points_at_are_there():
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for file, name in (
        ("maia_scim/operations.py", "def post_user"),
        ("maia_scim/lives.py", "def create"),
        ("maia_scim/groups.py", "class AsyncGroups"),
        ("tests/facade/test_drift.py", "LEFT_TO_RAW"),
        ("tests/facade/test_users.py", "def test_create_leaves_to_the_service_what_is_its_own"),
        ("openapi/overlays/10-operations.yaml", "operationId: createUser"),
    ):
        assert name.split()[-1] in guide
        assert name in (ROOT / file).read_text("utf-8")


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_something_and_warns_of_secrets_where_they_may_be_pasted(form):
    asked = YAML(typ="safe").load(form.read_text("utf-8"))

    fields = [each for each in asked["body"] if each["type"] != "markdown"]
    assert {each["id"] for each in fields if each.get("validations", {}).get("required")}
    assert len({each["id"] for each in fields}) == len(fields)
    if form.stem != "feature":
        assert "no token, no secret" in asked["body"][0]["attributes"]["value"]
