"""The versions and stock templates that the overrides rely on."""

from __future__ import annotations

import hashlib
import re
from importlib import resources

import pytest

from scripts.regen import pins
from scripts.regen.errors import Exit
from scripts.regen.layout import Layout
from tests.regen.checkout import ROOT, Checkout

PINS = "openapi/templates/STOCK.sha256"
STOCK = resources.files("openapi_python_client") / "templates"


def test_every_overridden_stock_template_is_pinned() -> None:
    pins.check_templates(Layout(ROOT))
    lines = (ROOT / PINS).read_text(encoding="utf-8").splitlines()
    assert lines
    for line in lines:
        digest, name = line.split()
        assert digest == hashlib.sha256((STOCK / name).read_bytes()).hexdigest()
        assert (ROOT / "openapi/templates" / name).is_file()
        assert (ROOT / "openapi/templates/stock" / name).read_bytes() == (STOCK / name).read_bytes()


def test_a_changed_stock_template_is_refused_with_the_difference(checkout: Checkout) -> None:
    """As after an upgrade: what was pinned is another text than what is installed."""
    copy = "openapi/templates/stock/client.py.jinja"
    was = checkout.read(copy).replace("import ssl", "import ssl  # as it was")
    digest = hashlib.sha256(was.encode()).hexdigest()
    checkout.write(copy, was)
    checkout.write(PINS, re.sub(r"\w+(?=  client\.py\.jinja)", digest, checkout.read(PINS)))
    before = checkout.tree()
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert "client.py.jinja: changed" in done.err
    assert "  -import ssl  # as it was\n  +import ssl\n" in done.err
    assert "--pin-templates" in done.err
    assert checkout.tree() == before

    assert checkout.regen("--pin-templates").code == Exit.OK
    assert checkout.regen().code == Exit.OK
    assert checkout.read(PINS) == (ROOT / PINS).read_text(encoding="utf-8")


def test_an_override_without_a_pin_is_refused(checkout: Checkout) -> None:
    name = "api_init.py.jinja"
    checkout.write(f"openapi/templates/{name}", (STOCK / name).read_text(encoding="utf-8"))
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert f"{name}: not pinned yet" in done.err


def test_a_pin_without_an_override_is_refused(checkout: Checkout) -> None:
    checkout.write(PINS, checkout.read(PINS) + f"{'0' * 64}  errors.py.jinja\n")
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert "errors.py.jinja: pinned, and no longer overridden" in done.err


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (
            '"openapi-python-client==0.29.1"',
            '"openapi-python-client==0.30.0"',
            "is 0.29.1, and pyproject.toml pins 0.30.0",
        ),
        ('"griffe>=2"', '"no-such-tool-at-all>=2"', "no-such-tool-at-all is not installed"),
    ],
)
def test_other_tools_are_refused(checkout: Checkout, old: str, new: str, word: str) -> None:
    project = checkout.read("pyproject.toml")
    assert old in project
    checkout.write("pyproject.toml", project.replace(old, new))
    before = checkout.tree()
    done = checkout.regen()
    assert done.code == Exit.MACHINE
    assert done.err.startswith("regen stopped at step 'tools'")
    assert word in done.err
    assert "rm -f .venv/.regen" in done.err
    assert checkout.tree() == before
