"""The report of a regeneration: what changed, what it breaks, and which version bump it calls for."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from scripts.regen import changes, surface
from scripts.regen.typecheck import type_check
from scripts.regen.usage import unused_operations
from scripts.regen.verdict import Bump, Finding, check_bump, highest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Report", "build", "check_bump", "type_check"]

# The order of the sections.
_SECTIONS = {
    "servers": "Servers",
    "operations": "Operations",
    "parameters": "Parameters",
    "requests": "Requests",
    "responses": "Responses",
    "schemas": "Schemas",
    "fields": "Fields",
    "enum values": "Enum values",
    "security": "Security",
    "document": "Document",
}
_ACTIONS = ("added", "removed", "changed")
_BUMPS = {
    "none": "nothing changed, no version bump is called for",
    "patch": "what users call and send stays as it is",
    "minor": "something is new or differs on the wire, and code that uses the package goes on working "
    "(before 1.0: raise z of 0.y.z)",
    "major": "code that uses the package may break (before 1.0: raise y of 0.y.z)",
}
# Longer texts, such as patterns, are cut in the Markdown; the JSON has them whole.
_WIDTH = 100


@dataclass(frozen=True)
class Report:
    """What a regeneration changed.

    Args:
        base: The git ref that the Python surface was compared with; None when there was none.
        spec: The differences of the specification.
        python: The differences of the Python surface.
        without_method: The operations that no facade method uses.
        type_errors: What no longer type-checks of the base's examples and tests.
        notes: What the steps before had to say.
    """

    base: str | None
    spec: tuple[Finding, ...]
    python: tuple[Finding, ...]
    without_method: tuple[str, ...]
    type_errors: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def bump(self) -> Bump:
        """The version bump called for."""
        # Examples are what users do. Tests also reach into what is private, so their errors are only told.
        example: Bump = "major" if any(line.startswith("examples/") for line in self.type_errors) else "none"
        return highest([example, *(it.bump for it in (*self.spec, *self.python))])

    def to_json(self) -> str:
        """The report as JSON, for tools."""
        data: dict[str, Any] = {
            "base": self.base,
            "bump": self.bump,
            "spec": [asdict(it) for it in self.spec],
            "python": [asdict(it) for it in self.python],
            "operations_without_facade_method": list(self.without_method),
            "type_errors": list(self.type_errors),
            "notes": list(self.notes),
        }
        return json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) + "\n"

    def to_markdown(self) -> str:
        """The report as Markdown, for people."""
        return "\n".join(self._lines()).rstrip("\n") + "\n"

    def _lines(self) -> Iterator[str]:
        yield from ("# Regeneration report", "", f"**Verdict: {self.bump}** — {_BUMPS[self.bump]}.", "")
        if self.base is None:
            yield "No release to compare with: the verdict comes from the difference of the specifications alone."
        else:
            yield f"Compared with {_code(self.base)}: the specification and the generated package."
        yield ""
        yield from _counts(self.spec)
        sections = sorted(self.spec, key=lambda it: list(_SECTIONS).index(it.kind))
        for kind, group in groupby(sections, key=lambda it: it.kind):
            yield from _section(_SECTIONS[kind], map(bullet, group))
        breaking = [it for it in self.python if it.bump == "major"]
        yield from _section("Breaking changes of the Python surface", map(bullet, breaking))
        yield from _section(
            "Other changes of the Python surface", (bullet(it) for it in self.python if it not in breaking)
        )
        yield from _section(
            "No longer type-checks",
            (f"- {_code(line, None)}" for line in self.type_errors),
            f"Examples and tests of {_code(self.base or '')} that check against its own code, and not against the new. "
            "An error in an example calls for a major bump; a test may reach into what is private: judge by hand.",
        )
        unused = (f"- {_code(name, None)}" for name in self.without_method)
        yield from _section(
            "Operations without a facade method", unused, "The functions of `maia_public_api.api` can call them."
        )
        yield from _section("Notes", (f"- {' '.join(note.split())}" for note in self.notes))


def build(
    *,
    old_spec: dict[str, Any],
    new_spec: dict[str, Any],
    old_package: Path | None,
    new_package: Path,
    facade: Path,
    base: str | None,
    notes: Sequence[str],
    type_errors: Sequence[str] = (),
) -> Report:
    """Compare what was with what is.

    Args:
        old_spec: The specification before.
        new_spec: The specification that the new package was generated from.
        old_package: The folder of the package of the base.
        new_package: The folder of the new package.
        facade: The folder of the facade's package.
        base: The git ref that the old package came from. None when there is no release: the verdict then comes from
            the specifications alone.
        notes: What the steps before had to say.
        type_errors: What `type_check` found.

    Returns:
        The report.

    Raises:
        RegenError: If a package cannot be read.
    """
    compared = base is not None and old_package is not None
    return Report(
        base=base if compared else None,
        spec=changes.compare(old_spec, new_spec),
        python=surface.compare(old_package, new_package) if compared and old_package else (),
        without_method=unused_operations(new_spec, facade),
        type_errors=tuple(sorted(type_errors)),
        notes=tuple(notes),
    )


def _counts(findings: Iterable[Finding]) -> Iterator[str]:
    """A table of how much changed."""
    counts: dict[str, dict[str, set[str]]] = {}
    for it in findings:
        # A thing may change in several ways and is one; an enum gains and loses several values under one name.
        thing = it.name if it.action == "changed" else f"{it.name} {it.before} {it.after}"
        counts.setdefault(it.kind, {name: set() for name in _ACTIONS})[it.action].add(thing)
    if not counts:
        return
    yield from ("| | added | removed | changed |", "|---|--:|--:|--:|")
    for kind, title in _SECTIONS.items():
        if kind in counts:
            yield f"| {title} | {' | '.join(str(len(counts[kind][name]) or '') for name in _ACTIONS)} |"
    yield ""


def _section(title: str, lines: Iterable[str], intro: str = "") -> Iterator[str]:
    """A section, or nothing when it would be empty."""
    if bullets := list(lines):
        yield from (f"## {title}", "", *([intro, ""] if intro else []), *bullets, "")


def bullet(it: Finding) -> str:
    """A finding as an item of a list."""
    was, now = (_code(text) if text is not None else None for text in (it.before, it.after))
    change = f": {was} → {now}" if was and now else f": {was or now}" if was or now else ""
    return f"- **{it.bump}** · {_code(it.name, None)} {it.action}{change} — {it.why}"


def _code(text: str, width: int | None = _WIDTH) -> str:
    """Text as a code span on one line, whatever it holds."""
    line = " ".join(text.split())
    if width and len(line) > width:
        line = f"{line[: width - 1]}…"
    ticks = "`"
    while ticks in line:
        ticks += "`"
    pad = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"
