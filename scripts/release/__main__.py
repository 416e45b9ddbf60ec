"""The command: `python -m scripts.release`, which `make release` runs."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.regen.errors import Exit, RegenError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABOUT = """\
Release the version of maia_scim/_version.py: check everything, build, write a bill of materials, commit the changelog
and tag. Nothing is ever pushed.
"""
_MORE = """\
steps:
  tree       all is committed, and the history is at hand
  version    not yet released, higher than the last tag, and what the pages say
  migration  a version that may break code has a section in docs/migrating.md, with code that runs
  changelog  the fragments of changes/ have their form, and there are some
  verdict    the version is as high as the changes since the last tag call for: of the generated package, the facade,
             the command line and the installation
  checks     make test check: tests, lint, types, regen-check, docs
  build      wheel and sdist of the commit that is to be tagged, twice, the same to the byte
  sbom       CycloneDX, of the wheel alone and with all extras; then dist/ is replaced
  tag        the changelog's commit and an annotated tag

exit codes:
  0  done
  2  wrong usage
  3  refused: something has a fault
  4  a person has to decide: the version is too low, or nothing tells of it
  5  the machine: git, network, disk

Whatever is not 0 has committed and tagged nothing, and the message says what to do.
"""
_TOOLS = ("build", "cyclonedx_py", "griffe", "hatchling", "packaging", "pip", "towncrier")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.release",
        description=_ABOUT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="check and build into dist/; commit and tag nothing")
    mode.add_argument("--verdict", action="store_true", help="compare with the last tag, and do no more")
    mode.add_argument("--set", metavar="X.Y.Z", help="write the version, also where pages say what to pin; do no more")
    parser.add_argument("--base", metavar="REF", help="compare with this git ref (default: the last tag)")
    return parser


def main(argv: Sequence[str] | None = None, *, root: Path | None = None, suite: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: The arguments, by default those of the process.
        root: The checkout to work on, by default this one.
        suite: What runs the tests and checks, by default `make test check`.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(argv)
    root = (root or Path(__file__).parents[2]).resolve()
    try:
        return _run(options, root, suite)
    except RegenError as error:
        failure = error
    except OSError as error:
        remedy = "mend what the message names, then run again"
        why, where = error.strerror or str(error), str(error.filename or "")
        failure = RegenError("files", why, where=where, remedy=remedy, code=Exit.MACHINE)
    except KeyboardInterrupt:
        failure = RegenError("run", "interrupted", code=Exit.MACHINE)
    print(failure.told("release"), file=sys.stderr)
    if not (options.set or options.verdict):
        print("Nothing was committed or tagged.", file=sys.stderr)
    return failure.code


def _run(options: argparse.Namespace, root: Path, suite: Sequence[str] | None) -> int:
    if missing := [it for it in _TOOLS if not importlib.util.find_spec(it)]:
        why, remedy = f"not installed: {', '.join(missing)}", "make release, which installs them"
        raise RegenError("tools", why, remedy=remedy, code=Exit.MACHINE)
    # Not before the tools are known to be there.
    from scripts.regen.layout import Layout
    from scripts.release import pipeline, version

    if options.set:
        changed = version.write(Layout(root), options.set)
        print("set:", ", ".join(changed) or "nothing, it is that already")
        return Exit.OK
    if options.verdict:
        return pipeline.judge(root, options.base)
    wanted = pipeline.Options(tagging=not options.check, base=options.base, suite=suite or pipeline.SUITE)
    return pipeline.release(root, wanted)


if __name__ == "__main__":
    raise SystemExit(main())
