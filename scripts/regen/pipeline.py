"""The steps in their order."""

from __future__ import annotations

import contextlib
import datetime
import difflib
import shutil
import tempfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.regen import base, check, datamodules, fragment, generate, overlay, pins, report, smoke, swap, vendor
from scripts.regen.errors import Exit, RegenError

if TYPE_CHECKING:
    from scripts.regen.layout import Layout


@dataclass(frozen=True)
class Options:
    """What the command was asked for.

    Args:
        spec: A file or URL to vendor first.
        accept: Take a page although other operations lose something by it.
        base: The git ref to compare with, by default the last tag.
        today: The date to record when something is vendored.
    """

    spec: str | None = None
    accept: bool = False
    base: str | None = None
    today: datetime.date = field(default_factory=datetime.date.today)


def regenerate(layout: Layout, options: Options) -> Exit:
    """Vendor if asked, generate, report, and move the result into place.

    Args:
        layout: The checkout.
        options: What was asked for.

    Returns:
        Always `Exit.OK`.

    Raises:
        RegenError: If a step refuses; then nothing has changed.
        OSError: If the machine does.
    """
    with swap.workspace(layout) as stage:
        spec, notes = _build(layout, options, stage)
        judged = _judge(layout, options, stage / "generated", spec, notes)
        layout.report_md.write_text(judged.told.to_markdown(), encoding="utf-8")
        layout.report_json.write_text(judged.told.to_json(), encoding="utf-8")
        print(judged.told.to_markdown(), flush=True)  # before anything moves: who reads it may be gone
        if judged.refusal:
            raise judged.refusal
        if judged.fragment is not None:
            place = stage / layout.fragment.relative_to(layout.root)
            place.parent.mkdir()
            place.write_text(judged.fragment, encoding="utf-8")
        changed = swap.pending(layout)
        swap.commit(layout)
    with contextlib.suppress(BrokenPipeError):
        print(f"regen: files changed: {len(changed)}" if changed else "regen: nothing changed", flush=True)
    return Exit.OK


def compare(layout: Layout, options: Options) -> Exit:
    """Say whether `generated/` is what its inputs give, without writing.

    Args:
        layout: The checkout.
        options: What was asked for.

    Returns:
        `Exit.OK`, or `Exit.DIFFERS` after printing the difference.

    Raises:
        RegenError: If a step refuses.
        OSError: If the machine does.
    """
    if swap.interrupted(layout):
        why = "an earlier regen was killed while it moved its result into place"
        raise RegenError("swap", why, remedy="run make regen: it brings everything together", code=Exit.DIFFERS)
    with tempfile.TemporaryDirectory(prefix="regen-") as folder:
        stage = Path(folder)
        spec, notes = _build(layout, options, stage)
        difference = swap.difference(layout.generated, stage / "generated")
        for name, pair in difference.items():
            _show(f"generated/{name}", f"regenerated/{name}", *pair)
        if difference:
            print(f"regen: generated/ is not what its inputs give (files: {len(difference)}): run make regen")
            return Exit.DIFFERS
        judged = _judge(layout, options, stage / "generated", spec, notes)
    if judged.refusal:
        print(judged.told.to_markdown())
        raise judged.refusal
    name, now = layout.short(layout.fragment), layout.fragment.read_bytes() if layout.fragment.exists() else b""
    if judged.fragment is not None and judged.fragment.encode() != now:
        _show(name, f"regenerated {name}", now, judged.fragment.encode())
        print(f"regen: {name} is not what changed of the service since {judged.told.base}: run make regen")
        return Exit.DIFFERS
    print("regen: generated/ is what its inputs give")
    return Exit.OK


def _show(before: str, after: str, *contents: bytes) -> None:
    """Print a difference."""
    old, new = (content.decode("utf-8", "replace").splitlines(keepends=True) for content in contents)
    print("".join(difflib.unified_diff(old, new, before, after)), end="")


def _build(layout: Layout, options: Options, stage: Path) -> tuple[dict[str, Any], list[str]]:
    """Everything from the vendored specification to a package that works, below the staging folder."""
    openapi = stage / "openapi"
    openapi.mkdir()
    notes: list[str] = []
    if options.spec:
        update = vendor.take(layout, options.spec, accept=options.accept, today=options.today)
        notes += update.notes
        for name, text in update.files.items():
            (openapi / name).parent.mkdir(exist_ok=True)
            (openapi / name).write_text(text, encoding="utf-8")
    spec_file, record = vendor.current(layout, openapi)
    where = layout.short(layout.spec) + (" with SPEC taken in" if options.spec else "")
    text = vendor.decode(spec_file.read_bytes(), where)
    vendored = vendor.read(text, where, step="read")
    if not record["sha256"]:
        notes.append(f"{layout.short(layout.vendored)} is missing: where {where} came from is not known")
    elif record["sha256"] != vendor.sha256(text):
        notes.append(f"{where} is not what was vendored on {record['date']}: it was edited by hand")
    try:
        spec, told = overlay.apply_files(vendored, sorted(layout.overlays.glob("*.yaml")))
    except RegenError:
        # An action that does not fit may be no more than what an invalid document leads to.
        check.valid(vendored, where=where)
        raise
    notes += told
    check.valid(spec, where=where, vendored=vendored)
    check.supported(spec)
    spec = overlay.spread_security(spec)
    servers = datamodules.servers_module(spec)
    origin = datamodules.spec_module(url=record["url"], date=record["date"], sha256=vendor.sha256(text))
    pins.check_templates(layout)
    package = generate.run(
        spec,
        config=layout.generator_config,
        templates=layout.templates,
        runtime=layout.runtime,
        target=stage / "generated",
    )
    (package / "servers.py").write_text(servers, encoding="utf-8")
    (package / "spec.py").write_text(origin, encoding="utf-8")
    smoke.run(stage / "generated", layout.wire)
    return spec, notes


@dataclass(frozen=True)
class _Judged:
    """What becomes of a generated package.

    Args:
        told: What changed since the last release.
        fragment: What the changelog has to say of it, empty for nothing; None without a release to compare with.
        refusal: Why it may not go in: the version is too low.
    """

    told: report.Report
    fragment: str | None
    refusal: RegenError | None


def _judge(layout: Layout, options: Options, generated: Path, spec: dict[str, Any], notes: list[str]) -> _Judged:
    """Compare with the last tag."""
    scratch = Path(tempfile.mkdtemp(prefix="regen-base-"))
    try:
        before = base.find(layout, options.base, scratch)
        package = generated / layout.package.name
        type_errors: list[str] = []
        # The same code needs no type check, which takes longer than all the rest.
        if before.ref and (not before.package or swap.difference(before.package, package)):
            if find_spec("mypy"):
                type_errors = report.type_check(before.ref, layout.root, package)
            else:
                notes.append(f"mypy is not installed: examples and tests of {before.ref} were not type-checked")
        told = report.build(
            old_spec=before.spec,
            new_spec=spec,
            old_package=before.package,
            new_package=package,
            facade=layout.facade,
            base=before.ref,
            notes=notes,
            type_errors=type_errors,
        )
        words: str | None = None
        if told.base and before.package:
            words = fragment.render(told, base.read_origin(before.package), base.read_origin(package))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    version = base.read_version(layout.root)
    message = report.check_bump(before.version, version, told.bump) if before.version and version else None
    refusal = RegenError("report", message, where="maia_scim/_version.py", code=Exit.DECIDE) if message else None
    return _Judged(told, words, refusal)
