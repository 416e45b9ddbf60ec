"""The command: `python -m scripts.regen`, which `make regen` and `make regen-check` run."""

from __future__ import annotations

import argparse
import errno
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.regen import pins, swap
from scripts.regen.errors import Exit, RegenError
from scripts.regen.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABOUT = "Regenerate generated/ from openapi/: the vendored specification, the overlays and the templates."
_CODES = """\
exit codes:
  0  done, or nothing to do
  1  --check: generated/ is not what its inputs give
  2  wrong usage
  3  refused: the specification, a page, an overlay or a template has a fault
  4  a person has to decide: a page takes something away (--accept), or the version is too low
  5  the machine: a tool is missing or of the wrong version, network, disk, permissions, another run

Whatever is not 0 has changed nothing, and the message says which step refused, where, why and what to do.
"""
_REMEDIES = {
    errno.ENOSPC: "make room on the disk, then run again",
    errno.EDQUOT: "make room within the quota, then run again",
    errno.EACCES: "make the file or folder writable, then run again",
    errno.EPERM: "make the file or folder writable, then run again",
    errno.EROFS: "mount the file system for writing, then run again",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.regen",
        description=_ABOUT,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--spec",
        metavar="FILE-OR-URL",
        help="vendor this first: a whole OpenAPI document, or a documentation page with a fenced block of one",
    )
    parser.add_argument("--accept", action="store_true", help="take a page although other operations lose by it")
    parser.add_argument("--base", metavar="REF", help="compare with this git ref (default: the last tag)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing; fail with the difference if there is one")
    mode.add_argument(
        "--pin-templates",
        action="store_true",
        help="pin the installed stock templates, after their changes were carried over to the overrides",
    )
    return parser


def main(argv: Sequence[str] | None = None, *, root: Path | None = None) -> int:
    """Run the command.

    Args:
        argv: The arguments, by default those of the process.
        root: The checkout to work on, by default this one.

    Returns:
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a report holds what the specification holds, a terminal may not
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(argv)
    layout = Layout((root or Path(__file__).parents[2]).resolve())
    try:
        return _run(options, layout)
    except RegenError as error:
        failure = error
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "mend what the message names, then run again")
        why = error.strerror or str(error)
        failure = RegenError("files", why, where=str(error.filename or ""), remedy=remedy, code=Exit.MACHINE)
    except KeyboardInterrupt:
        failure = RegenError("run", "interrupted", code=Exit.MACHINE)
    print(failure, file=sys.stderr)
    if not options.check:
        state = "The next make regen brings it together." if swap.interrupted(layout) else "Nothing was changed."
        print(state, file=sys.stderr)
    return failure.code


def _run(options: argparse.Namespace, layout: Layout) -> int:
    pins.check_tools(layout)
    # Not before the tools are known to be there.
    from scripts.regen import pipeline

    if options.pin_templates:
        print("pinned:", ", ".join(pins.pin_templates(layout)))
        return Exit.OK
    wanted = pipeline.Options(spec=options.spec, accept=options.accept, base=options.base)
    return (pipeline.compare if options.check else pipeline.regenerate)(layout, wanted)


if __name__ == "__main__":
    raise SystemExit(main())
