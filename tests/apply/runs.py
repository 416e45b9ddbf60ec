"""What tests of runs share: rows of the users of a sandbox, clients, journals, and code in a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from maia_scim import BearerToken, MaiaScim, apply
from maia_scim.sandbox import Sandbox
from tests.apply.conftest import ROOT

Write = Callable[..., Path]


def ids(sandbox: Sandbox, count: int) -> list[str]:
    return [*sandbox.users][:count]


def states(plan: apply.Plan) -> dict[str, str]:
    return {entry.id: entry.state for entry in plan.entries()}


def titles(sandbox: Sandbox, value: str, count: int = 5) -> list[dict[str, Any]]:
    return [{"id": id, "title": value} for id in ids(sandbox, count)]


def journal_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.journal")


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT, check=False
    )


def client(service: Any, **options: Any) -> MaiaScim:
    return MaiaScim(base_url=service.url, auth=BearerToken("a-token"), rate_limit=None, **options)
