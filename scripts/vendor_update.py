"""Take over what the vendor publishes now, and raise the version as far as that calls for.

python -m scripts.vendor_update
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from scripts.regen.errors import Exit, RegenError
from scripts.regen.layout import Layout
from scripts.release import version

ROOT = Path(__file__).parents[1]
_TOO_LOW = re.compile(r"set it to (\d+\.\d+\.\d+) or higher")


def addresses(root: Path) -> list[str]:
    """Where the vendored specification and its pages came from, the specification first.

    Args:
        root: The checkout.
    """
    record = json.loads((root / "openapi" / "vendored.json").read_text(encoding="utf-8"))
    return list(dict.fromkeys(each["url"] for each in (record["spec"], *record["pages"]) if each.get("url")))


def main(root: Path = ROOT) -> int:
    """Vendor each address anew.

    Args:
        root: The checkout.

    Returns:
        The exit code of the first `python -m scripts.regen` that refuses, else 0.
    """
    for address in addresses(root):
        print(f"vendoring {address}", flush=True)
        code, message = _regen(root, address)
        if code == Exit.DECIDE and (found := _TOO_LOW.search(message)):
            layout = Layout(root)
            before = version.read(layout)
            version.write(layout, found[1])
            print(f"raised the version to {found[1]}", flush=True)
            code, message = _regen(root, address)
            if code:
                version.write(layout, before)
        if code:
            print(message, end="", file=sys.stderr)
            return code
    return Exit.OK


def _regen(root: Path, address: str) -> tuple[int, str]:
    """Its exit code and its message; its report goes to standard output."""
    command = [sys.executable, "-m", "scripts.regen", "--spec", address]
    done = subprocess.run(command, cwd=root, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    return done.returncode, done.stderr


if __name__ == "__main__":
    try:
        code = main()
    except RegenError as error:  # a page states another version
        print(error.told("vendor-update"), file=sys.stderr)
        code = error.code
    raise SystemExit(code)
