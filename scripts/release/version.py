"""The version: it stands in one file, and where pages say what to pin, they say the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.version import Version

from scripts.regen import base
from scripts.regen.errors import Exit, RegenError
from scripts.regen.layout import Layout
from scripts.release import changelog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.release.repository import Repository

_STEP = "version"
_FORM = re.compile(r"v?\d+\.\d+\.\d+((a|b|rc)\d+)?")
# `maia-scim==X.Y.Z`, `maia-scim[cli]==X.Y.Z`, and with a blank or slash, as the command and the User-Agent have it.
STATED = re.compile(r"(?P<name>\bmaia-scim(?:\[[\w,]+\])?(?:==|/| ))(?P<version>\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)")


def pages(layout: Layout) -> Iterator[Path]:
    """The files that say which version to pin."""
    yield layout.root / "README.md"
    yield from sorted((layout.root / "docs").glob("*.md"))


def read(layout: Layout) -> str:
    """The version of this tree.

    Raises:
        RegenError: If there is none, or a page states another.
    """
    version = base.read_version(layout.root)
    if version is None:
        remedy = '__version__ = "…", as X.Y.Z'
        raise RegenError(_STEP, "there is no version", where="maia_scim/_version.py", remedy=remedy)
    wrong = [
        f"- {layout.short(page)}: {found[0]}"
        for page in pages(layout)
        if page.exists()
        for found in STATED.finditer(page.read_text(encoding="utf-8"))
        if found["version"] != version
    ]
    if wrong:
        remedy = f"make release SET={version}"
        raise RegenError(_STEP, f"pages state another version than {version}", details=wrong, remedy=remedy)
    return version


def write(layout: Layout, version: str) -> list[str]:
    """Set the version, and what pages state of it.

    Args:
        layout: The checkout.
        version: The new version, as X.Y.Z; of a tag's name, the `v` is left out.

    Returns:
        The files that changed.

    Raises:
        RegenError: If it is no version.
    """
    version = str(parsed(version))
    file = layout.facade / "_version.py"
    texts = {file: re.sub(r'(?m)^(__version__ = )"[^"]*"', rf'\1"{version}"', file.read_text(encoding="utf-8"))}
    for page in pages(layout):
        if page.exists():
            texts[page] = STATED.sub(rf"\g<name>{version}", page.read_text(encoding="utf-8"))
    changed = [path for path, text in texts.items() if path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.write_text(texts[path], encoding="utf-8")
    return [layout.short(path) for path in changed]


def parsed(version: str) -> Version:
    """A version, to be compared.

    Raises:
        RegenError: If it is none.
    """
    if not _FORM.fullmatch(version):
        remedy = "write it as X.Y.Z, such as 1.2.3, or 1.2.3rc1"
        raise RegenError(_STEP, f"{version!r} is no version", remedy=remedy, code=Exit.USAGE)
    return Version(version)


def check(repository: Repository, version: str, *, tagging: bool) -> str | None:
    """Refuse a version that was released, or is lower than what was.

    Args:
        repository: The repository.
        version: The version that is to be.
        tagging: Whether it is to be tagged. Else the tag may be there, on HEAD: a workflow builds from it.

    Returns:
        The last release; None before the first.

    Raises:
        RegenError: With what to do about it.
    """
    tag = f"v{version}"
    there = repository.tagged(tag)
    if there and (tagging or there != repository.head):
        remedy = "raise the version: make release SET=X.Y.Z"
        raise RegenError(_STEP, f"{tag} is released already, as {there[:8]}", remedy=remedy, code=Exit.DECIDE)
    others = (it for it in repository.tags() if it != tag and _FORM.fullmatch(it))  # pre-releases, too
    highest = max(others, key=Version, default=None)
    if highest and parsed(version) <= parsed(highest):
        remedy = "raise the version: make release SET=X.Y.Z"
        raise RegenError(_STEP, f"{version} is not higher than {highest}", remedy=remedy, code=Exit.DECIDE)
    found = last(repository, but=tag)
    if told := [it for it in changelog.versions(Layout(repository.root)) if it != version and not found]:
        why = f"the changelog tells of {told[0]}, and no release is tagged here"
        raise RegenError(_STEP, why, remedy="git fetch --tags")
    return found


def last(repository: Repository, *, but: str = "") -> str | None:
    """The last release before HEAD that promises something, which no pre-release does.

    Args:
        repository: The repository.
        but: The tag of the release that is being made, which HEAD may have already.
    """
    return base.last_release(it for it in repository.tags() if it != but)
