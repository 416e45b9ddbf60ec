"""Take over what the vendor publishes now, and raise the version as far as that calls for.

python -m scripts.vendor_update
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from scripts.regen.errors import Exit

ROOT = Path(__file__).parents[1]
_TOO_LOW = re.compile(r"set it to (\d+\.\d+\.\d+) or higher in (\S+)")


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
            version, file = found.groups()
            before = _raise(root / file, version)
            print(f"raised the version to {version}", flush=True)
            code, message = _regen(root, address)
            if code:
                (root / file).write_text(before, encoding="utf-8")
        if code:
            print(message, end="", file=sys.stderr)
            return code
    return Exit.OK


def _regen(root: Path, address: str) -> tuple[int, str]:
    """Its exit code and its message; its report goes to standard output."""
    command = [sys.executable, "-m", "scripts.regen", "--spec", address]
    done = subprocess.run(command, cwd=root, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    return done.returncode, done.stderr


def _raise(file: Path, version: str) -> str:
    """Write a version into its file; return what that held before."""
    before = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r'^__version__ = ".*"', f'__version__ = "{version}"', before, flags=re.M), encoding="utf-8")
    return before


if __name__ == "__main__":
    raise SystemExit(main())
