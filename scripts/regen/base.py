"""What to compare with: the last tag, or another git ref."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from scripts.regen.document import is_object
from scripts.regen.errors import Exit, RegenError
from scripts.regen.layout import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scripts.regen.layout import Layout

_STEP = "base"
# The tags that may be releases, as git lists them; and those that promise something, which no pre-release does.
TAGS = "v[0-9]*"
_FINAL = re.compile(r"v\d+\.\d+\.\d+")


@dataclass(frozen=True)
class Origin:
    """The vendored specification that a package was made from; the vendor's own version never changes.

    Args:
        date: When it was vendored.
        sha256: The SHA-256 of its text.
    """

    date: str
    sha256: str

    def __str__(self) -> str:
        """As headings and the User-Agent name it."""
        return f"{self.date} {self.sha256[:8]}"


@dataclass(frozen=True)
class Base:
    """The state that a report compares with.

    Args:
        ref: The git ref; None for the `generated/` of this checkout.
        spec: The overlaid specification then; empty when there was none.
        package: The generated package then.
        version: The distribution's version then.
    """

    ref: str | None
    spec: dict[str, Any]
    package: Path | None = None
    version: str | None = None


def last_release(tags: Iterable[str]) -> str | None:
    """The highest of the tags that are releases; None before the first."""
    return max(filter(_FINAL.fullmatch, tags), key=Version, default=None)


def find(layout: Layout, ref: str | None, scratch: Path) -> Base:
    """Fetch the state to compare with.

    Args:
        layout: The checkout.
        ref: A git ref, by default the last tag.
        scratch: An empty folder for the files of the ref.

    Returns:
        The state at the ref; without any tag, that of `generated/` as it lies there.

    Raises:
        RegenError: If the ref that was asked for does not exist.
    """
    asked = ref is not None
    if _is_checkout(layout):
        ref = ref or last_release(_git(layout, "tag", "--merged", "HEAD", "--list", TAGS).decode().split())
    if not ref:
        return Base(None, read_spec(layout.generated))
    if not _is_checkout(layout) or not _git(layout, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"):
        remedy = "name a tag, branch or commit of this repository" if asked else "git fetch --tags"
        raise RegenError(_STEP, f"the git ref {ref!r} does not exist here", remedy=remedy, code=Exit.USAGE)
    for path in ("generated", "maia_scim"):
        archive = _git(layout, "archive", "--format=tar", ref, path)
        if archive:
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                tar.extractall(scratch, filter="data")
    package = scratch / "generated" / PACKAGE
    return Base(ref, read_spec(scratch / "generated"), package if package.exists() else None, read_version(scratch))


def _is_checkout(layout: Layout) -> bool:
    """Whether the root is a git work tree itself, and not a folder in another one."""
    return (layout.root / ".git").exists()


def _git(layout: Layout, *arguments: str) -> bytes:
    """The output of a git command; empty when it fails or there is no git."""
    try:
        done = subprocess.run(["git", "-C", layout.root, *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return b""
    return done.stdout if done.returncode == 0 else b""


def read_spec(generated: Path) -> dict[str, Any]:
    """The specification that a `generated/` folder was made from; empty when it does not tell."""
    try:
        spec: Any = json.loads((generated / "openapi.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return spec if is_object(spec) else {}


def read_origin(package: Path) -> Origin | None:
    """What a generated package says that it was made from."""
    try:
        tree = ast.parse((package / "spec.py").read_bytes())
    except OSError:
        return None
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Spec")):
                told = {it.arg: ast.literal_eval(it.value) for it in node.keywords}
                return Origin(told["date"], told["sha256"])
            case _:
                pass
    return None


def read_version(root: Path) -> str | None:
    """The version of the distribution in a checkout."""
    try:
        text = (root / "maia_scim" / "_version.py").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"""^__version__ = ['"]([^'"]+)['"]""", text, re.MULTILINE)
    return found[1] if found else None
