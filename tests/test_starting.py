"""What loads when: a program pays at its start for what it uses, and for nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HTTPX = "import httpx, sys; before = {*sys.modules}\n"  # which may load click, rich and more where they are installed
TELL = "\nimport json; print(json.dumps(sorted({*sys.modules} - before)))"
REPLACE = """
answer = httpx.Response(200, json={"id": "1", "active": True})
http = httpx.Client(transport=httpx.MockTransport(lambda request: answer))
from maia_scim import BearerToken, MaiaScim
from maia_scim.models import ScimUser
maia = MaiaScim("eu1", auth=BearerToken("t"), http_client=http)
maia.users.replace(ScimUser(id="1", active=True))
"""


def loaded(code: str) -> set[str]:
    """The modules that a new process loads for some code, besides httpx and what that loads."""
    run = subprocess.run([sys.executable, "-c", HTTPX + code + TELL], capture_output=True, text=True, check=True)
    return {*json.loads(run.stdout.splitlines()[-1])}


NAMES = ["MaiaScim", "AsyncMaiaScim", "BearerToken", "ClientCredentials", "RateLimit", "Region"]


@pytest.mark.parametrize("name", NAMES)
def test_an_import_loads_no_model_no_event_loop_and_no_date_parser(name):
    modules = loaded(f"from maia_scim import {name}")

    tops = {each.partition(".")[0] for each in modules}
    assert not tops & {"attr", "attrs", "dateutil", "asyncio", "concurrent", "platform", "sqlite3", "redis"}
    assert {each for each in modules if each.startswith("maia_public_api")} <= {
        "maia_public_api",
        "maia_public_api.servers",
        "maia_public_api.spec",
    }
    assert not modules & {
        f"maia_scim.{each}"
        for each in ("call", "diff", "edits", "events", "many", "models", "operations", "patch", "token_cache", "users")
    }


def test_a_replace_loads_what_a_replace_takes():
    modules = loaded(REPLACE)

    assert {"maia_scim.users", "maia_public_api.models.scim_user"} <= modules
    assert not {"asyncio", "concurrent.futures", "dateutil"} & modules
    assert not modules & {
        f"maia_scim.{each}"
        for each in ("diff", "edits", "events", "many", "masking", "patch", "patched", "token_cache")
    }
    assert not modules & {
        "maia_public_api.models.patch_operation",
        "maia_public_api.models.scim_group",
        "maia_public_api.api.directory_integration.patch_user",
    }
