"""What becomes of each way in which a specification may change: every case through the real command."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest

from scripts.regen.errors import Exit
from tests.regen.checkout import SPEC, USER, USERS, Checkout, page, slice_of
from tests.regen.mutations import BROKEN, BROKEN_PAGES, REFUSED, TAKEN, Spec, au1_added, fields, operation, schemas


@pytest.mark.parametrize("name", TAKEN)
def test_a_change_is_taken_and_told(checkout: Checkout, name: str) -> None:
    case = TAKEN[name]
    done = checkout.vendor(case.change)
    assert done.code == Exit.OK, done.err
    assert f"Verdict: {case.bump}" in done.out
    assert case.told in done.out
    assert checkout.read(".regen/report.md") in done.out
    assert json.loads(checkout.read(".regen/report.json"))["bump"] == case.bump
    assert json.loads(checkout.read("openapi/vendored.json"))["spec"]["url"] == "file:next.yaml"


@pytest.mark.parametrize("name", ["operation added", "schema split in two"])
def test_a_second_run_changes_no_byte(checkout: Checkout, name: str) -> None:
    assert checkout.vendor(TAKEN[name].change).code == Exit.OK
    after = checkout.tree()
    assert checkout.regen().code == Exit.OK
    assert checkout.tree() == after
    assert checkout.regen("--check").code == Exit.OK
    assert checkout.tree() == after


def test_a_new_server_becomes_a_region(checkout: Checkout) -> None:
    assert checkout.vendor(au1_added).code == Exit.OK
    program = "from maia_public_api.servers import Region; print(Region('au1').name, Region.AU1.url)"
    printed = subprocess.check_output(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(checkout.root / 'generated')!r}); {program}"],
        text=True,
    )
    assert printed.split() == ["AU1", "https://au1.api.matillion.com/dpc"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_change_is_refused_and_nothing_is_touched(checkout: Checkout, name: str) -> None:
    case = REFUSED[name]
    before = checkout.tree()
    done = checkout.vendor(case.change)
    assert done.code == Exit.REFUSED
    assert done.err.startswith(f"regen stopped at step '{case.step}': {case.why}")
    assert case.named in done.err
    assert "what to do: " in done.err
    assert "0x" not in done.err, "no memory addresses"
    assert "Nothing was changed." in done.err
    assert checkout.tree() == before


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_refused(checkout: Checkout, name: str) -> None:
    text, word = BROKEN[name]
    before = checkout.tree()
    file = checkout.root.parent / "next.yaml"
    file.write_text(text, encoding="utf-8")
    done = checkout.regen("--spec", str(file))
    assert done.code == Exit.REFUSED
    assert done.err.startswith("regen stopped at step 'vendor'")
    assert word in done.err
    assert "file:next.yaml" in done.err
    assert checkout.tree() == before


def test_a_broken_vendored_file_is_refused(checkout: Checkout) -> None:
    checkout.write(SPEC, checkout.read(SPEC) + "\nbroken: [")
    before = checkout.tree()
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert SPEC in done.err
    assert checkout.tree() == before


def test_a_hand_edit_of_the_vendored_file_is_told(checkout: Checkout) -> None:
    checkout.write(SPEC, checkout.read(SPEC).replace("User not found", "No such user"))
    done = checkout.regen()
    assert done.code == Exit.OK
    assert "it was edited by hand" in done.out


def with_groups(spec: Spec) -> Spec:
    """A page of another operation that uses the schemas of users."""
    spec = copy.deepcopy(spec)
    spec["paths"] = {f"{USERS}/{{id}}/copy": {"put": {**operation(spec), "operationId": "copyUser"}}}
    return spec


def test_a_slice_is_merged_in(checkout: Checkout) -> None:
    spec = with_groups(checkout.spec())
    fields(spec)["division"] = {"type": "string"}
    spec["servers"].append({"description": "AU1", "url": "https://au1.api.matillion.com/dpc"})
    file = checkout.write("../copy-user.md", page(spec))
    done = checkout.regen("--spec", str(file))
    assert done.code == Exit.OK, done.err
    assert checkout.spec()["paths"].keys() == {USER, f"{USERS}/{{id}}/copy"}
    assert "ScimUser.division: added (string)" in done.out
    record = json.loads(checkout.read("openapi/vendored.json"))
    assert [entry["file"] for entry in record["pages"]] == ["pages/copy-user.md", "pages/update-scim-user.md"]
    assert checkout.read("openapi/pages/copy-user.md") == file.read_text(encoding="utf-8")
    after = checkout.tree()
    assert checkout.regen("--spec", str(file)).code == Exit.OK
    assert checkout.tree() == after, "the same page again changes no byte"


def test_a_slice_that_takes_from_other_operations_needs_a_decision(checkout: Checkout) -> None:
    spec = with_groups(checkout.spec())
    del fields(spec)["nickName"]
    fields(spec, "UserGroup")["type"]["enum"].remove("INDIRECT")
    file = checkout.write("../copy-user.md", page(spec))
    before = checkout.tree()
    done = checkout.regen("--spec", str(file))
    assert done.code == Exit.DECIDE
    assert f"ScimUser.nickName: removed (string); used by PUT {USER}" in done.err
    assert f"UserGroup.type: removed (INDIRECT); used by PUT {USER}" in done.err
    assert "ACCEPT=1" in done.err
    assert checkout.tree() == before

    done = checkout.regen("--spec", str(file), "--accept")
    assert done.code == Exit.OK, done.err
    assert "accepted: ScimUser.nickName: removed (string)" in done.out
    assert "nickName" not in fields(checkout.spec())


def test_a_page_may_take_from_its_own_operation(checkout: Checkout) -> None:
    spec = checkout.spec()
    del fields(spec)["nickName"]
    file = checkout.write("../update-scim-user.md", page(slice_of(spec, USER, "put")))
    done = checkout.regen("--spec", str(file))
    assert done.code == Exit.OK, done.err
    assert "Verdict: major" in done.out
    record = json.loads(checkout.read("openapi/vendored.json"))
    assert record["pages"][0]["url"].startswith("https://docs.maia.ai/"), "known by its file name"


@pytest.mark.parametrize("name", BROKEN_PAGES)
def test_a_page_without_a_usable_block_is_refused(checkout: Checkout, name: str) -> None:
    text, word = BROKEN_PAGES[name]
    before = checkout.tree()
    done = checkout.regen("--spec", str(checkout.write("../page.md", text)))
    assert done.code == Exit.REFUSED
    assert done.err.startswith("regen stopped at step 'vendor'")
    assert word in done.err
    assert checkout.tree() == before


def test_the_vendor_brings_an_operation_that_an_overlay_adds(checkout: Checkout) -> None:
    def change(spec: Spec) -> None:
        theirs = copy.deepcopy(operation(spec)) | {"operationId": "getUser", "summary": "The vendor's own"}
        del theirs["requestBody"]
        spec["paths"][USER]["get"] = theirs
        schemas(spec)["ScimGroup"] = {"type": "object", "properties": {"name": {"type": "string"}}}

    done = checkout.vendor(change)
    assert done.code == Exit.OK, done.err
    assert f"the vendored specification has GET {USER} now: the addition can go" in done.out
    assert "the vendored specification has components/schemas/ScimGroup now: the addition can go" in done.out
    result = json.loads(checkout.read("generated/openapi.json"))
    assert result["paths"][USER]["get"]["summary"] == "The vendor's own"
    assert len(result["paths"][USER]["get"]["parameters"]) == 1, "not mixed with ours"
    assert fields(result, "ScimGroup").keys() == {"name"}
    assert result["paths"][USER]["patch"]["operationId"] == "patchUser", "the rest of ours stays"
