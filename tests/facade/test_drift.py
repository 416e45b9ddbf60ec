"""Every generated operation has a method of the facade, or is named here as left to `client.raw`."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.regen.usage import unused_operations

ROOT = Path(__file__).parents[2]
# Operations as "updateUser (PUT /Users/{id})", each with the reason why it has no method.
LEFT_TO_RAW: dict[str, str] = {}


def test_every_operation_has_a_method_or_a_reason():
    spec = json.loads((ROOT / "generated" / "openapi.json").read_text(encoding="utf-8"))

    assert set(unused_operations(spec, ROOT / "maia_scim")) == LEFT_TO_RAW.keys()


def test_an_operation_that_the_specification_gains_is_noticed():
    spec = json.loads((ROOT / "generated" / "openapi.json").read_text(encoding="utf-8"))
    spec["paths"]["/v1/new"] = {"get": {"operationId": "getNew", "tags": ["New"], "responses": {}}}

    assert unused_operations(spec, ROOT / "maia_scim") == ("getNew (GET /v1/new)",)
