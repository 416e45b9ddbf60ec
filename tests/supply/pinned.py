"""What pyproject.toml asks for, and the files that pin it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def wanted(*extras: str) -> list[Requirement]:
    """What the package needs, with some of its extras."""
    project = PROJECT["project"]
    return [Requirement(each) for each in project["dependencies"]] + [
        Requirement(each) for extra in extras for each in project["optional-dependencies"][extra]
    ]


def pins(file: str) -> dict[str, str]:
    """Versions by the canonical names of packages."""
    lines = (ROOT / file).read_text("utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}
