"""The vendored specification is the one on the vendor's page, and nothing of ours is in it."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from pathlib import Path

from ruamel.yaml import YAML

from maia_scim import SPEC

OPENAPI = Path(__file__).parents[1] / "openapi"
RECORD = json.loads((OPENAPI / "vendored.json").read_text(encoding="utf-8"))
YAML_FILE = OPENAPI / "public-api-endpoint-reference.yaml"


def test_the_specification_is_the_pages():
    page = (OPENAPI / "pages" / "update-scim-user.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^(`{3,})yaml[^\n]*\n(.*?)^\1", page, re.M | re.S)

    # Not to the byte: what `make regen SPEC=…` merged is written anew.
    yaml = YAML(typ="safe")
    assert yaml.load(YAML_FILE.read_text(encoding="utf-8")) == yaml.load(block[1])


def test_the_package_says_what_it_was_built_from():
    assert SPEC.sha256 == hashlib.sha256(YAML_FILE.read_bytes()).hexdigest()
    assert (
        SPEC.url
        == RECORD["spec"]["url"]
        == "https://docs.maia.ai/api-reference/directory-integration/update-scim-user.md"
    )
    assert date.fromisoformat(SPEC.date).isoformat() == RECORD["spec"]["date"]
