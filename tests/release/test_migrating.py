"""The migration guide: its code runs, from before and after, and a version that may break code needs it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

import maia_scim
from maia_scim.sandbox import Sandbox
from scripts.regen.errors import RegenError
from scripts.regen.layout import Layout
from scripts.release import migration

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = migration.blocks((ROOT / "docs/migrating.md").read_text(encoding="utf-8"))
STOCK = "maia_public_rest_api_client"


@pytest.fixture
def stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the generator makes of the vendor's specification, without our overlays and templates."""
    source = Layout(ROOT).spec
    settings = ConfigFile(package_name_override=STOCK, post_hooks=[])
    config = Config.from_sources(
        settings,
        MetaType.NONE,
        document_source=source,
        file_encoding="utf-8",
        overwrite=False,
        output_path=tmp_path / STOCK,
    )
    assert not generate(config=config)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.section}-{block.title}")
def test_code_of_the_guide_runs(
    block: migration.Block, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if STOCK in block.code:
        request.getfixturevalue("stock")
    modules = {*sys.modules}
    with Sandbox() as sandbox:
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        exec(compile(block.code, "migrating", "exec"), {"__name__": "migrating"})
    for name in {*sys.modules} - modules:
        if name.startswith(STOCK):
            del sys.modules[name]
    assert "assert " in block.code


def test_the_guide_has_what_the_present_version_needs() -> None:
    migration.check(Layout(ROOT), maia_scim.__version__, None)


GUIDE = """\
# Migrating

## To 2

```python title="before"
assert 1
```

```python title="after"
assert 2
```
"""
AFTER = GUIDE[GUIDE.index('```python title="after"') :]


def lacking(tmp_path: Path, text: str, version: str, last: str | None) -> str:
    """What a guide is refused for."""
    (tmp_path / "docs").mkdir(exist_ok=True)
    (tmp_path / "docs/migrating.md").write_text(text, encoding="utf-8")
    try:
        migration.check(Layout(tmp_path), version, last)
    except RegenError as error:
        return f"{error.code.name}: {error.why}"
    return ""


@pytest.mark.parametrize(
    ("version", "last", "section"),
    [
        ("2.0.0", "v1.9.0", ""),
        ("2.0.1", "v2.0.0", ""),
        ("3.0.0", "v2.7.1", "## To 3"),
        ("3.1.0", "v2.7.1", "## To 3"),
        ("2.3.0", "v2.2.9", ""),
        ("0.2.0", "v0.1.9", "## To 0.2"),
        ("0.2.1", "v0.2.0", ""),
        ("1.0.0", "v0.9.0", "## To 1"),
        ("3.0.0rc1", "v2.0.0", "## To 3"),
        ("0.1.0", None, "## To 0.1"),
    ],
)
def test_a_section_is_asked_for_where_code_may_break(
    tmp_path: Path, version: str, last: str | None, section: str
) -> None:
    why = lacking(tmp_path, GUIDE, version, last)
    if section:
        assert why.startswith("DECIDE: ")
        assert why.endswith(f"lacks: {section}")
    else:
        assert why == ""


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "## To 2"),
        (GUIDE.replace("## To 2\n", "## To 20\n"), "## To 2"),
        (GUIDE.replace(AFTER, ""), 'title="after"'),
        (GUIDE.replace("assert 2", "print(2)"), 'title="after"'),
        (GUIDE.replace("assert 2", "assert"), 'title="after"'),
        (GUIDE.replace("assert 1", "# nothing"), 'title="before"'),
        (GUIDE.replace(AFTER, "## To 1\n\n" + AFTER), 'title="after"'),
    ],
)
def test_a_section_without_code_that_checks_something_is_none(tmp_path: Path, text: str, what: str) -> None:
    assert what in lacking(tmp_path, text, "2.0.0", "v1.0.0")
