"""A scratch copy of what regeneration reads and writes."""

from __future__ import annotations

import contextlib
import copy
import io
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.regen import document
from scripts.regen.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
USERS = "/v1/directory-integration/scim/v2/Users"
USER = f"{USERS}/{{id}}"
SPEC = "openapi/public-api-endpoint-reference.yaml"
PAGE = "openapi/pages/update-scim-user.md"
AU1 = "  - description: AU1\n    url: https://au1.api.matillion.com/dpc\n"
COPIED = ("openapi", "generated", "maia_scim", "tests/wire", "pyproject.toml")


@dataclass(frozen=True)
class Done:
    """How a run of the command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Checkout:
    """A scratch copy."""

    root: Path

    @staticmethod
    def create(root: Path, *more: str) -> Checkout:
        root.mkdir(exist_ok=True)
        for name in (*COPIED, *more):
            source, ignore = ROOT / name, shutil.ignore_patterns("__pycache__")
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=ignore, dirs_exist_ok=True)
            else:
                shutil.copy2(source, root / name)
        return Checkout(root)

    def regen(self, *arguments: str) -> Done:
        """Run the command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments, root=self.root)
        return Done(code, out.getvalue(), err.getvalue())

    def vendor(self, change: Callable[[dict[str, Any]], object], *arguments: str) -> Done:
        """Vendor a changed copy of the specification."""
        spec = copy.deepcopy(self.spec())
        change(spec)
        file = self.root.parent / "next.yaml"
        file.write_text(document.dump(spec), encoding="utf-8")
        return self.regen("--spec", str(file), *arguments)

    def spec(self) -> dict[str, Any]:
        """The vendored specification."""
        spec: dict[str, Any] = document.load(self.read(SPEC))
        return spec

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def tree(self) -> dict[str, bytes]:
        """Every file that git would see."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        hidden = {".regen", "__pycache__", ".git", ".venv"}
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in files
            if not hidden & set(path.relative_to(self.root).parts)
        }


def page(spec: dict[str, Any], *, fence: str = "````", header: str = " /openapi/x.yaml put /x") -> str:
    """A documentation page as the vendor writes them."""
    return f"# A page\n\n> About it\n\n## OpenAPI\n\n{fence}yaml{header}\n{document.dump(spec)}\n{fence}\n"


def slice_of(spec: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    """One operation with all components, as the vendor's pages cut it."""
    cut = copy.deepcopy(spec)
    cut["paths"] = {path: {method: cut["paths"][path][method]}}
    return cut


def with_au1(checkout: Checkout) -> str:
    return checkout.read(SPEC).replace("security:\n", AU1 + "security:\n", 1)


def git(checkout: Checkout, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Me", "-c", "user.email=me@example.com", *arguments]
    return subprocess.check_output(command, cwd=checkout.root, text=True)
