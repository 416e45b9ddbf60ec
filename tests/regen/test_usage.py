"""Which operations the facade has no method for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.regen.errors import RegenError
from scripts.regen.usage import module_of, unused_operations
from tests.regen.packages import ROOT, SPEC, Json, mutated, regenerated


class TestOperationsWithoutMethod:
    USES = (
        "from maia_public_api.api.directory_integration import update_user",
        "from maia_public_api.api.directory_integration import create_user, update_user as replace",
        "from maia_public_api.api.directory_integration.update_user import sync_detailed",
        "from maia_public_api.api.directory_integration.update_user import *",
        "import maia_public_api.api.directory_integration.update_user",
        "import maia_public_api.api.directory_integration.update_user as operation",
        "from maia_public_api.api import directory_integration\n\ndirectory_integration.update_user.sync_detailed()",
        "import maia_public_api.api.directory_integration as api\n\napi.update_user.sync_detailed()",
        "import maia_public_api.api\n\nmaia_public_api.api.directory_integration.update_user.sync()",
        "def late():\n    from maia_public_api.api.directory_integration import update_user\n    return update_user",
    )
    OTHERS = (
        "",
        "from maia_public_api.api import directory_integration",
        "from maia_public_api.api.directory_integration import update_user_group",
        "from maia_public_api.api.other import update_user",
        "from .api.directory_integration import update_user",
        "TEXT = 'from maia_public_api.api.directory_integration import update_user'",
    )

    @pytest.mark.parametrize("source", USES)
    def test_any_way_to_import_it_is_a_use(self, tmp_path: Path, source: str) -> None:
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "users.py").write_text(source, encoding="utf-8")

        assert unused_operations(SPEC, tmp_path) == ()

    @pytest.mark.parametrize("source", OTHERS)
    def test_anything_else_is_none(self, tmp_path: Path, source: str) -> None:
        (tmp_path / "users.py").write_text(source, encoding="utf-8")

        assert unused_operations(SPEC, tmp_path) == ("updateUser (PUT /v1/Users/{id})",)

    def test_a_module_that_is_no_python(self, tmp_path: Path) -> None:
        (tmp_path / "users.py").write_text("x = 1\ndef\n", encoding="utf-8")

        with pytest.raises(RegenError, match="no Python") as caught:
            unused_operations(SPEC, tmp_path)
        assert "users.py, line 2" in str(caught.value)

    def test_modules_are_named_as_the_generator_names_them(self, tmp_path: Path) -> None:
        paths: Json = {
            "/a": {
                "get": {"operationId": "getHTTPThing-2", "tags": ["1st Tag"], "responses": {"204": {"description": ""}}}
            },
            "/b/{c}": {
                "get": {"responses": {"204": {"description": ""}}},
                "parameters": [{"in": "path", "name": "c", "required": True, "schema": {"type": "string"}}],
            },
            "/d": {"get": {"operationId": "import", "tags": ["x"], "responses": {"204": {"description": ""}}}},
        }
        package = regenerated(mutated((("paths",), paths)), tmp_path)
        modules = {
            ".".join(file.relative_to(tmp_path).with_suffix("").parts)
            for file in package.glob("api/*/*.py")
            if file.stem != "__init__"
        }

        assert {module_of("get", path, item["get"]) for path, item in paths.items()} == modules

    def test_every_operation_of_our_own_facade_is_found(self) -> None:
        spec = json.loads((ROOT.generated / "openapi.json").read_text(encoding="utf-8"))

        assert not [name for name in unused_operations(spec, ROOT.facade) if name.startswith("updateUser ")]
