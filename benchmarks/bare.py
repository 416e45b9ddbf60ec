"""Bare installs: virtual environments that hold a package with its dependencies, and nothing else."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .counting import ROOT

if TYPE_CHECKING:
    from collections.abc import Generator


class NotInstalled(Exception):
    """A package cannot be built or installed here: there is no network, or no index."""


@dataclass(frozen=True, slots=True)
class Bare:
    """A virtual environment.

    Attributes:
        python: Its interpreter.
        packages: Its site-packages.
    """

    python: Path
    packages: Path

    def size(self) -> int:
        """Bytes of all files, bytecode included."""
        return sum(file.stat().st_size for file in self.packages.rglob("*") if file.is_file())

    def listed(self) -> dict[str, dict[str, str | int]]:
        """The packages by name, with version and bytes."""
        found = sorted(importlib.metadata.distributions(path=[str(self.packages)]), key=lambda each: each.name.lower())
        return {
            each.name: {
                "version": each.version,
                "bytes": sum(path.stat().st_size for path in _files(each) if path.is_file()),
            }
            for each in found
        }


def _files(package: importlib.metadata.Distribution) -> list[Path]:
    return [Path(str(package.locate_file(file))) for file in package.files or () if ".." not in file.parts]


@contextlib.contextmanager
def wheel() -> Generator[str]:
    """Build the wheel of this tree; give its path.

    Raises:
        NotInstalled: If it cannot be built.
    """
    with tempfile.TemporaryDirectory() as folder:
        _run("-m", "build", "--wheel", "--no-isolation", "--outdir", folder, str(ROOT))
        [built] = Path(folder).glob("*.whl")
        yield str(built)


@contextlib.contextmanager
def bare(*wanted: str) -> Generator[Bare]:
    """Install packages, with the newest dependencies that they take, into an environment that lasts as long as this.

    pip stays outside. All bytecode is written, so that no run has to compile.

    Args:
        wanted: What pip is to install.

    Raises:
        NotInstalled: If it cannot.
    """
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, symlinks=True)
        [python] = Path(folder).glob("bin/python")
        _run("-m", "pip", "--python", str(python), "install", "--quiet", *wanted)
        [packages] = Path(folder).glob("lib/python*/site-packages")
        _run("-m", "compileall", "-q", str(packages))
        yield Bare(python, packages)


def _run(*arguments: str) -> None:
    # Elsewhere than in this tree, whose packages would pass for installed ones.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, *arguments],
        cwd=tempfile.gettempdir(),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotInstalled(f"{' '.join(arguments[:2])} ended with {done.returncode}: {done.stderr[-500:]}")
