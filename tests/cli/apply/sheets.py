"""Files of rows, and how many were written."""

from pathlib import Path

from maia_scim.sandbox import Sandbox


def rows(file: Path, sandbox: Sandbox, count: int, title: str = "T") -> Path:
    lines = [f"{id},{title} {number}" for number, id in enumerate([*sandbox.users][:count])]
    file.write_text("\n".join(["id,title", *lines, ""]), encoding="utf-8")
    return file


def puts(sandbox: Sandbox) -> int:
    return sum(request.method == "PUT" for request in sandbox.requests)
