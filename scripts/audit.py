"""Ask pip-audit about each pinned package, and tell what came of it: clean, not clean, or not audited.

python -m scripts.audit [--required] [FILE ...]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

FILES = ("constraints.txt", "constraints-lowest.txt")
_ABOUT = """\
Are there known vulnerabilities in what is pinned? pip-audit asks, with --strict; this tells its outcomes apart, which
its exit code does not: a service that cannot be reached, or knows no package, says nothing of the packages.
"""
_CODES = """\
exit codes:
  0  clean; or not audited, which is said in a box, unless --required
  1  a known vulnerability; a package that could not be audited; not audited, with --required
  2  wrong usage, or a file that pip-audit cannot read
"""


@dataclass
class Audit:
    """What is known of the packages of a file."""

    audited: int = 0
    wrong: list[str] = field(default_factory=list)  # what is to be mended, a line each
    unknown: str = ""  # why nothing is known


class UnreadableError(Exception):
    """pip-audit cannot read a file, or cannot run."""


def audit(file: Path) -> Audit:
    """Audit the packages that a file pins.

    Args:
        file: Lines of ``name==version``.

    Returns:
        What is known of them.

    Raises:
        UnreadableError: If pip-audit cannot read the file or finds nothing in it, or cannot run.
    """
    found, said = _ask(file, "--strict")
    if found is None:  # it gave up: at a package that the service does not know, or since it is not to be reached
        found, said = _ask(file)
    if found is None:
        collected, why = _ask(file, "--dry-run")
        if collected is None:
            raise UnreadableError(f"{file}: {why}")
        return Audit(unknown=f"the service of known vulnerabilities could not be asked ({said})")
    if not found:
        raise UnreadableError(f"{file}: it pins nothing")
    seen = {each["name"] for each in found if "skip_reason" not in each}
    if not seen:
        return Audit(unknown="the service that was asked knows none of the packages, as an index that mirrors another")
    left_out = [f"{name}: was not audited" for name in _names(file) - {each["name"] for each in found}]
    skipped = [f"{each['name']}: {each['skip_reason']}" for each in found if "skip_reason" in each]
    vulnerable = [
        f"{each['name']} {each['version']}: {flaw['id']}{_mended(flaw['fix_versions'])}"
        for each in found
        for flaw in each.get("vulns", ())
    ]
    return Audit(audited=len(seen), wrong=sorted({*vulnerable, *skipped, *left_out}))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: The arguments, by default those of the process.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python -m scripts.audit",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"by default {' and '.join(FILES)}")
    parser.add_argument("--required", action="store_true", help="fail when nothing could be audited")
    options = parser.parse_args(argv)
    wrong = False
    files = options.files or FILES
    for at, name in enumerate(files):
        try:
            done = audit(Path(name))
        except UnreadableError as error:
            print(f"audit: {error}", file=sys.stderr)
            return 2
        if done.unknown:
            _box(f"NOT AUDITED: {done.unknown}. Nothing is known of the packages of {' and '.join(files[at:])}.")
            return int(options.required or wrong)  # the next file would fare no better
        wrong |= bool(done.wrong)
        for line in done.wrong:
            print(f"{name}: {line}", file=sys.stderr)
        if not done.wrong:
            print(f"{name}: {done.audited} packages audited, no known vulnerability")
    if wrong:
        print("audit: what to do about each is in docs/supply-chain.md, under 'Audit'", file=sys.stderr)
    return int(wrong)


def _ask(file: Path, *options: str) -> tuple[list[dict[str, Any]] | None, str]:
    """What pip-audit found, or None if it gave up; and the last thing that it said."""
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner=off"]
    done = subprocess.run(
        [*command, "--format=json", "--desc=off", f"--requirement={file}", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    said = (done.stderr.strip() or "pip-audit said nothing").splitlines()[-1]
    try:
        return json.loads(done.stdout)["dependencies"], said
    except ValueError:
        return None, said


def _names(file: Path) -> set[str]:
    """What the lines of a file begin with, spelt as pip-audit spells packages; lines that it passes over, too."""
    pinned = re.findall(r"^[\w.-]+", file.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in pinned}


def _mended(versions: list[str]) -> str:
    return f", mended in {' or '.join(versions)}" if versions else ", not mended in any version"


def _box(text: str) -> None:
    lines = textwrap.wrap(text, 96, break_on_hyphens=False)
    edge = "#" * 100
    print(edge, *(f"# {line:96} #" for line in lines), edge, sep="\n", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
