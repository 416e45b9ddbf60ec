"""The emitted code, tried out: everything imports, every model reads and writes an empty object.

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


def run(generated: Path) -> None:
    """Try the package out.

    Args:
        generated: The folder that holds the package.

    Raises:
        RegenError: If anything does not import, or a model fails on an empty object.
    """
    from scripts.regen.errors import RegenError  # the other half of this file runs without the project
    from scripts.regen.layout import PACKAGE

    command = [sys.executable, "-I", "-B", __file__, str(generated), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    findings = json.loads(done.stdout) if done.returncode == 0 else [done.stderr.strip() or "the interpreter died"]
    if findings:
        remedy = "mend the template that emits it, or change the construct by an overlay"
        why = f"the generated code does not work: {len(findings)} finding{'s' if len(findings) > 1 else ''}"
        raise RegenError(_STEP, why, details=[f"- {finding}" for finding in findings], remedy=remedy)


def _findings(package: str) -> list[str]:
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
            found += [f"{name}.{cls.__name__}: {fault}" for cls in _models(module) if (fault := _fault(cls))]
    return found


def _models(module: Any) -> list[Any]:
    contents = [getattr(module, name) for name in dir(module)]
    return [it for it in contents if getattr(it, "__module__", "") == module.__name__ and hasattr(it, "from_dict")]


def _fault(cls: Any) -> str:
    try:
        written = cls.from_dict({}).to_dict()
    except Exception as error:  # noqa: BLE001 - whatever the code raises is the finding
        return f"an empty object breaks it: {_line(error)}"
    return "" if written == {} else f"an empty object comes back as {written!r}"


def _line(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    json.dump(_findings(sys.argv[2]), sys.stdout)
