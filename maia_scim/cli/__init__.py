"""The command line ``maia-scim``. Needs the extra ``cli``: ``pip install 'maia-scim[cli]'``."""

import sys
from importlib.util import find_spec
from io import TextIOWrapper

__all__ = ["main"]

MISSING = "maia-scim: the command line needs click: pip install 'maia-scim[cli]'"


def main() -> None:
    """Run the command line and exit with one of the codes of ``maia_scim.cli.exits``."""
    if find_spec("click") is None:
        sys.stderr.write(MISSING + "\n")
        sys.exit(2)
    from maia_scim.cli.main import cli

    for stream in (sys.stdout, sys.stderr):  # None where it is closed
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # signs that the locale has not are spelt out
    cli(prog_name="maia-scim")
