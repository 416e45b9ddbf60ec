"""A small specification that real packages are generated from."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from scripts.regen import datamodules, generate
from scripts.regen.layout import Layout

Json = dict[str, Any]

ROOT = Layout(Path(__file__).resolve().parents[2])
SPEC: Json = {
    "openapi": "3.1.0",
    "info": {"title": "People", "version": "1.0"},
    "servers": [
        {"description": "EU1", "url": "https://eu1.example.com/dpc"},
        {"description": "US1", "url": "https://us1.example.com/dpc"},
    ],
    "paths": {
        "/v1/Users/{id}": {
            "put": {
                "tags": ["Directory Integration"],
                "operationId": "updateUser",
                "parameters": [{"in": "path", "name": "id", "required": True, "schema": {"type": "string"}}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ScimUser"}}},
                },
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
                    "displayName": {"type": "string"},
                    "type": {"type": "string", "enum": ["DIRECT", "INDIRECT"]},
                },
            },
            "Meta": {"type": "object", "properties": {"version": {"type": "string"}}},
        }
    },
}
PUT = ("paths", "/v1/Users/{id}", "put")
FIELDS = ("components", "schemas", "ScimUser", "properties")


def mutated(*edits: tuple[tuple[str, ...], Any]) -> Json:
    spec = copy.deepcopy(SPEC)
    for (*parents, key), value in edits:
        holder = spec
        for parent in parents:
            holder = holder[parent]
        if value is None:
            del holder[key]
        else:
            holder[key] = value
    return spec


def regenerated(spec: Json, folder: Path) -> Path:
    """The package as `make regen` makes it, with the project's own settings and templates."""
    settings = {"config": ROOT.generator_config, "templates": ROOT.templates, "runtime": ROOT.runtime}
    package = generate.run(spec, **settings, target=folder)
    (package / "servers.py").write_text(datamodules.servers_module(spec), encoding="utf-8")
    return package
