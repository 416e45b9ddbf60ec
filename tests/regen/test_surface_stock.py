"""The surface of the stock generator's own code: verdicts do not lean on how our templates write."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from scripts.regen.surface import compare
from scripts.regen.verdict import highest

SPEC: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "People", "version": "1.0"},
    "paths": {
        "/Users/{id}": {
            "put": {
                "tags": ["Directory Integration"],
                "operationId": "updateUser",
                "parameters": [{"in": "path", "name": "id", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ScimUser"}}},
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "ScimUser": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "state": {"type": "string", "enum": ["on", "off"]},
                },
            },
            "Email": {"type": "object", "properties": {"value": {"type": "string"}}},
        }
    },
}


def generated(folder: Path, spec: dict[str, Any]) -> Path:
    folder.mkdir(parents=True)
    source = folder / "openapi.json"
    source.write_text(json.dumps(spec), encoding="utf-8")
    config = Config.from_sources(
        ConfigFile(package_name_override="maia_public_api", post_hooks=[]),
        MetaType.NONE,
        document_source=source,
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder / "maia_public_api",
    )
    assert not generate(config=config)
    return folder / "maia_public_api"


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generated(tmp_path_factory.mktemp("old") / "package", SPEC)


@pytest.mark.parametrize(
    ("pointer", "value", "bump", "name"),
    [
        ("components schemas ScimUser properties nickName", {"type": "string"}, "minor", "models.ScimUser.nick_name"),
        ("components schemas ScimUser properties title type", "integer", "major", "models.ScimUser.title"),
        (
            "paths /Users/{id} put operationId",
            "replaceUser",
            "major",
            "api.directory_integration.update_user",
        ),
        ("paths /Users/{id} put tags", ["Users"], "major", "api.directory_integration"),
        (
            "components schemas ScimUser properties state enum",
            ["on", "off", "away"],
            "minor",
            "models.ScimUserState.AWAY",
        ),
        ("components schemas ScimUser properties state enum", ["on"], "major", "models.ScimUserState.OFF"),
        (
            "paths /Users/{id} put responses 200 content application/json schema $ref",
            "#/components/schemas/Email",
            "major",
            "api.directory_integration.update_user.sync",
        ),
        # Stock models take positional and required arguments. Ours do not: there, neither of the two is a break.
        (
            "components schemas ScimUser properties",
            {
                "active": {"type": "boolean"},
                "title": {"type": "string"},
                "state": {"type": "string", "enum": ["on", "off"]},
            },
            "major",
            "models.ScimUser()",
        ),
        ("components schemas ScimUser required", ["title"], "major", "models.ScimUser(title)"),
        ("components schemas ScimUser properties title description", "Shown", "patch", "maia_public_api"),
        ("components schemas ScimUser properties title description", None, "none", None),
    ],
)
def test_the_stock_generators_code(
    tmp_path: Path, stock: Path, pointer: str, value: Any, bump: str, name: str | None
) -> None:
    spec = copy.deepcopy(SPEC)
    *parents, key = pointer.split()
    holder = spec
    for parent in parents:
        holder = holder[parent]
    if value is not None:
        holder[key] = value

    found = compare(stock, generated(tmp_path / "new", spec))

    assert highest(it.bump for it in found) == bump
    assert name is None or name in {it.name for it in found if it.bump == bump}
