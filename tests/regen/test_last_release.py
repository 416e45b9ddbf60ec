"""What a run is compared with: the last tag, its version, its examples, or another base."""

from __future__ import annotations

import pytest

from scripts.regen import pipeline
from scripts.regen.errors import Exit
from tests.regen.checkout import Checkout, git, with_au1


@pytest.fixture
def released(checkout: Checkout) -> Checkout:
    """A copy that is a repository with a tag, at the version of the tag."""
    checkout.write("maia_scim/_version.py", '__version__ = "0.1.0"\n')
    git(checkout, "init", "--quiet")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message=Release")
    git(checkout, "tag", "v0.1.0")
    return checkout


def test_a_version_that_is_too_low_is_refused(released: Checkout) -> None:
    file = released.write("../next.yaml", with_au1(released))
    done = released.regen("--spec", str(file))
    assert done.code == Exit.DECIDE
    assert "the changes since 0.1.0 call for a minor bump" in done.err
    assert "maia_scim/_version.py" in done.err
    assert git(released, "status", "--porcelain") == ""

    version = "maia_scim/_version.py"
    released.write(version, released.read(version).replace("0.1.0", "0.1.1"))
    done = released.regen("--spec", str(file))
    assert done.code == Exit.OK, done.err
    assert "Compared with `v0.1.0`" in done.out
    after = released.tree()
    assert released.regen().code == Exit.OK
    assert released.tree() == after


def test_a_template_that_breaks_python_calls_for_a_bump(released: Checkout) -> None:
    """The specification is the same; what users call is not."""
    name = "openapi/runtime/base.py"
    assert "def additional_keys(self)" in released.read(name)
    released.write(name, released.read(name).replace("def additional_keys(self)", "def more_keys(self)"))
    done = released.regen()
    assert done.code == Exit.DECIDE, done.out
    assert "call for a major bump" in done.err
    assert "additional_keys" in done.out
    assert git(released, "status", "--porcelain") == f" M {name}\n"


@pytest.mark.parametrize("installed", [True, False])
def test_examples_of_the_last_release_are_type_checked(
    released: Checkout, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    program = "from maia_public_api.models import ScimUser\n\nprint(ScimUser().nick_name)\n"
    released.write("examples/one.py", program)
    git(released, "add", "--all")
    git(released, "commit", "--quiet", "--message=Example")
    git(released, "tag", "v0.1.1")
    released.write("maia_scim/_version.py", '__version__ = "0.2.0"\n')
    if not installed:

        def missing(name: str) -> None:
            return None

        monkeypatch.setattr(pipeline, "find_spec", missing)
    done = released.vendor(lambda spec: spec["components"]["schemas"]["ScimUser"]["properties"].pop("nickName"))
    assert done.code == Exit.OK, done.err
    assert ('examples/one.py:3: error: "ScimUser" has no attribute "nick_name"' in done.out) is installed
    assert ("mypy is not installed: examples and tests of v0.1.1 were not type-checked" in done.out) is not installed


def test_nothing_changes_on_a_tag(released: Checkout) -> None:
    assert released.regen().code == Exit.OK
    assert git(released, "status", "--porcelain") == ""


def test_another_base_can_be_asked_for(released: Checkout) -> None:
    assert "Compared with `HEAD`" in released.regen("--base", "HEAD").out
    done = released.regen("--base", "v9")
    assert done.code == Exit.USAGE
    assert "the git ref 'v9' does not exist here" in done.err


def test_a_base_before_the_first_generation_has_nothing_to_compare(released: Checkout) -> None:
    git(released, "rm", "-r", "--quiet", "--cached", "generated", "maia_scim")
    git(released, "commit", "--quiet", "--message=Without")
    git(released, "tag", "v0.2.0")
    done = released.regen()
    assert done.code == Exit.OK, done.err
    assert "`updateUser` added" in done.out
