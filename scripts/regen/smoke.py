"""The emitted code, tried out: it imports, and its models read and write back what servers send.

Every model takes an empty object and its wire cases without raising and gives them back unchanged. That holds whatever
the specification says, so a generator or a template that breaks it is refused.

Run as a program in a process of its own, since the package under test may already be imported here.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

_STEP = "smoke"


def run(generated: Path, wire: Path) -> None:
    """Try the package out.

    Args:
        generated: The folder that holds the package.
        wire: The folder of the wire cases, bodies as servers send them; it may be missing.

    Raises:
        RegenError: If anything does not import, or a model fails on an object.
    """
    from scripts.regen.errors import RegenError  # the other half of this file runs without the project
    from scripts.regen.layout import PACKAGE

    command = [sys.executable, "-I", "-B", __file__, str(generated), PACKAGE, str(wire)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    findings = json.loads(done.stdout) if done.returncode == 0 else [done.stderr.strip() or "the interpreter died"]
    if findings:
        remedy = "mend the template that emits it, or change the construct by an overlay"
        why = f"the generated code does not work: {len(findings)} finding{'s' if len(findings) > 1 else ''}"
        raise RegenError(_STEP, why, details=[f"- {finding}" for finding in findings], remedy=remedy)


def _findings(package: str, wire: Path) -> list[str]:
    cases = [case for file in sorted(wire.glob("*.json")) for case in json.loads(file.read_text(encoding="utf-8"))]
    found: list[str] = []
    try:
        path = importlib.import_module(package).__path__
        names = [package, *(module.name for module in pkgutil.walk_packages(path, f"{package}."))]
    except Exception as error:  # noqa: BLE001 - whatever the code raises is the finding
        return [f"{package} does not import: {_line(error)}"]
    for name in names:
        try:
            module = importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - whatever the code raises is the finding
            found.append(f"{name} does not import: {_line(error)}")
            continue
        if name.startswith(f"{package}.models."):
            for cls in _models(module):
                bodies = {"an empty object": {}} | {c["name"]: c["body"] for c in cases if c["schema"] == cls.__name__}
                faults = [fault for what, body in bodies.items() if (fault := _fault(cls, what, body))]
                found += [f"{name}.{cls.__name__}: {fault}" for fault in faults]
    return found


def _models(module: Any) -> list[Any]:
    contents = [getattr(module, name) for name in dir(module)]
    return [it for it in contents if getattr(it, "__module__", "") == module.__name__ and hasattr(it, "from_dict")]


def _fault(cls: Any, what: str, body: dict[str, Any]) -> str:
    came = json.dumps(body, sort_keys=True)
    try:
        written = json.dumps(cls.from_dict(body).to_dict(), sort_keys=True)
    except Exception as error:  # noqa: BLE001 - whatever the code raises is the finding
        return f"{what} breaks it: {_line(error)}"
    return "" if written == came else f"{what} comes back as {written}"


def _line(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    json.dump(_findings(sys.argv[2], Path(sys.argv[3])), sys.stdout)
