"""What is refused on sight. test_mutations.py has each refusal through the command."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from maia_public_api.base import Model
from openapi_python_client.strings import ClassName

from scripts.regen import check
from tests.regen.checkout import ROOT

PACKAGE = ROOT / "generated" / "maia_public_api"


def bound(module: Path) -> Iterator[str]:
    """The names that a generated module binds, but for the models that it imports."""
    body = ast.parse(module.read_text(encoding="utf-8")).body
    typed = [node for block in body if isinstance(block, ast.If) for node in block.body]  # if TYPE_CHECKING
    for node in body + typed:
        match node:
            case ast.ImportFrom(module=source) if ".models" not in f".{source}":
                yield from (alias.asname or alias.name for alias in node.names)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case _:
                pass


def test_every_name_that_a_model_could_hide_is_known() -> None:
    modules = [*(PACKAGE / "models").glob("*.py"), *(PACKAGE / "api").rglob("*.py")]
    assert len(modules) > 20
    names = {name for module in modules if module.name != "__init__.py" for name in bound(module)}
    clashing = {name for name in names if ClassName(name, "field_") == name}
    assert {"Any", "Model", "PATH", "Response"} <= clashing
    assert clashing <= check.IMPORTED


def test_every_name_that_a_property_could_hide_is_known() -> None:
    assert {name for name in dir(Model) if not name.startswith("_")} <= check.MODEL_NAMES
