"""The changelog's fragment about the service: written, replaced and taken away by `make regen`."""

from __future__ import annotations

import re

import pytest

import maia_scim
from scripts.regen import base, fragment
from scripts.regen.errors import Exit
from scripts.regen.layout import Layout
from tests.regen.checkout import ROOT, SPEC, Checkout, git, with_au1
from tests.regen.reports import FULL, NOTHING

NAME = "changes/specification.service.md"
VERSION = "maia_scim/_version.py"
US2 = "  - description: US2\n    url: https://us2.api.matillion.com/dpc\n"


@pytest.fixture
def released(checkout: Checkout) -> Checkout:
    """A repository with a release, and the version that comes next."""
    git(checkout, "init", "--quiet")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message=Release")
    git(checkout, "tag", "v0.1.0")
    git(checkout, "tag", "nightly")
    checkout.write(VERSION, '__version__ = "0.2.0"\n')
    return checkout


def vendored(checkout: Checkout, text: str) -> str:
    """Vendor a specification; the fragment after it, empty for none."""
    file = checkout.write("../next.yaml", text)
    done = checkout.regen("--spec", str(file))
    assert done.code == Exit.OK, done.err
    return checkout.read(NAME) if (checkout.root / NAME).exists() else ""


def test_it_grows_stays_and_goes_with_the_changes_since_the_release(released: Checkout) -> None:
    spec = released.read(SPEC)
    first = vendored(released, with_au1(released))
    was = f"{maia_scim.SPEC.date} {maia_scim.SPEC.sha256[:8]}"
    assert re.match(rf"- The specification of [\d-]{{10}} \w{{8}}, in place of that of {was}:\n", first)
    assert "\n  - **minor** · `AU1` added: `https://au1.api.matillion.com/dpc` — Region.AU1 is new\n" in first

    before = released.tree()
    assert released.regen().out.endswith("regen: nothing changed\n")
    assert released.tree() == before

    second = vendored(released, released.read(SPEC).replace("security:\n", US2 + "security:\n", 1))
    assert "`AU1` added" in second
    assert "`US2` added" in second
    assert not [name for name in released.tree() if name.startswith("changes/") and name != NAME]

    vendored(released, spec)
    git(released, "restore", "openapi/vendored.json")  # the day and the file of the first time
    assert released.regen().code == Exit.OK
    assert not (released.root / NAME).exists()


@pytest.mark.parametrize("wrong", ["by hand\n", None])
def test_check_notices_one_that_is_not_what_it_should_be(released: Checkout, wrong: str | None) -> None:
    right = vendored(released, with_au1(released))
    assert released.regen("--check").code == Exit.OK
    if wrong is None:
        (released.root / NAME).unlink()
    else:
        released.write(NAME, wrong)
    before = released.tree()

    done = released.regen("--check")

    assert done.code == Exit.DIFFERS
    assert f"{NAME} is not what changed of the service since v0.1.0: run make regen" in done.out
    assert "+  - **minor** · `AU1` added" in done.out
    assert released.tree() == before
    assert released.regen().code == Exit.OK
    assert released.read(NAME) == right


def test_check_notices_one_that_has_nothing_to_tell(released: Checkout) -> None:
    released.write(NAME, "- news\n")
    assert released.regen("--check").code == Exit.DIFFERS


def test_without_a_release_it_is_left_alone(checkout: Checkout) -> None:
    checkout.write(NAME, "By hand.\n")
    checkout.write(SPEC, with_au1(checkout))
    assert checkout.regen().code == Exit.OK
    assert checkout.read(NAME) == "By hand.\n"
    assert checkout.regen("--check").code == Exit.OK


def test_it_goes_into_place_with_the_code_or_not_at_all(released: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    from scripts.regen import swap

    def refuse(*_: object) -> None:
        raise PermissionError(13, "no", "generated")

    before = released.tree()
    released.write("../next.yaml", with_au1(released))
    with monkeypatch.context() as patched:
        patched.setattr(swap, "exchange", refuse)
        assert released.regen("--spec", str(released.root.parent / "next.yaml")).code == Exit.MACHINE
    assert released.tree() == before


class TestRender:
    NOW = base.read_origin(Layout(ROOT).package)

    def test_what_the_package_says_of_itself_is_read_without_importing_it(self):
        from maia_public_api.spec import SPEC as told

        assert base.Origin(told.date, told.sha256) == self.NOW
        assert base.read_origin(ROOT / "nowhere") is None

    def test_nothing_is_no_fragment(self):
        assert fragment.render(NOTHING, self.NOW, self.NOW) == ""

    def test_an_overlay_alone_says_that_the_vendor_changed_nothing(self):
        text = fragment.render(FULL, self.NOW, self.NOW)
        assert text.startswith(
            "- The vendor's specification is the same; what is added to it, or mended of it, is not:\n"
        )

    def test_a_specification_without_a_difference_to_us_says_so(self):
        text = fragment.render(NOTHING, base.Origin("2026-01-01", "0" * 64), self.NOW)
        assert text.endswith("of 2026-01-01 00000000:\n  - nothing that the client sends, reads or tells\n")
