"""Whether a version is high enough for all that changed since the last tag."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.regen import base, changes, report, surface, swap
from scripts.regen.errors import Exit, RegenError
from scripts.regen.layout import Layout
from scripts.regen.verdict import BUMPS, Bump, Finding, check_bump, highest, in_order
from scripts.release import commands, project, public

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.release.repository import Repository


@dataclass(frozen=True)
class Verdict:
    """What the changes since a release call for.

    Args:
        tag: The release; None when there is none.
        version: Its version.
        findings: What differs, the gravest first.
        type_errors: What of the release's examples no longer type-checks.
    """

    tag: str | None
    version: str | None
    findings: tuple[Finding, ...] = ()
    type_errors: tuple[str, ...] = ()

    @property
    def bump(self) -> Bump:
        """The version bump called for."""
        broken: Bump = "major" if self.type_errors else "none"
        return highest([broken, *(it.bump for it in self.findings)])

    def lines(self) -> Iterator[str]:
        """The verdict for people: how many findings there are, and which call for what is called for."""
        if not self.tag:
            yield "verdict: the first release, which has nothing to keep"
            return
        counts = {bump: sum(it.bump == bump for it in self.findings) for bump in reversed(BUMPS[1:])}
        told = ", ".join(f"{number} {bump}" for bump, number in counts.items() if number)
        yield f"verdict: {self.bump} since {self.tag}" + (f" ({told})" if told else "")
        yield from (report.bullet(it) for it in self.findings if it.bump == self.bump)
        yield from (f"- **major** · no longer type-checks: {line}" for line in self.type_errors)


def judge(layout: Layout, repository: Repository, tag: str | None) -> Verdict:
    """Compare this tree with a release: the generated package, the facade, the command line and the installation.

    Args:
        layout: The checkout.
        repository: Its repository.
        tag: The release, or another git ref.

    Returns:
        The verdict.

    Raises:
        RegenError: If something cannot be read.
    """
    if not tag:
        return Verdict(None, None)
    scratch = Path(tempfile.mkdtemp(prefix="release-base-"))
    try:
        repository.export(tag, scratch)
        then = Layout(scratch)
        findings = in_order(
            [
                *changes.compare(base.read_spec(then.generated), base.read_spec(layout.generated)),
                *surface.compare(then.package, layout.package),
                *public.compare(scratch, layout.root),
                *commands.compare(scratch, layout.root),
                *project.compare(scratch, layout.root),
            ]
        )
        if not findings and swap.difference(then.facade, layout.facade):
            why = "the code differs, what can be used of it does not"
            findings = (Finding("python", layout.facade.name, "changed", "patch", why),)
        version = base.read_version(scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    errors = report.type_check(tag, layout.root, layout.package) if findings else []
    return Verdict(tag, version, findings, tuple(it for it in errors if it.startswith("examples/")))


def check(verdict: Verdict, version: str) -> None:
    """Refuse a version that is too low.

    Args:
        verdict: What the changes call for.
        version: The version that is to be.

    Raises:
        RegenError: If it is lower than the verdict asks for.
    """
    message = check_bump(verdict.version, version, verdict.bump) if verdict.version else None
    if message:
        raise RegenError("verdict", message, code=Exit.DECIDE)
