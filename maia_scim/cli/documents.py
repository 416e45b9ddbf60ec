"""JSON that a command is given: a file, or ``-`` for standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast

from maia_scim.cli.exits import Wrong

STDIN = "-"


def read(file: str) -> Any:
    """Read a file of JSON, or standard input.

    Raises:
        Wrong: If it cannot be read, or is no JSON. The error shows nothing of what it holds.
    """
    name = "standard input" if file == STDIN else file
    if file == STDIN and sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - where it is closed
        raise Wrong(f"{name} is closed")
    try:
        content = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as error:
        raise Wrong(f"{name}: {error.strerror or error}") from error
    return parsed(content, name)


def read_object(file: str, what: str) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Args:
        file: The file, or ``-``.
        what: What the object is to be, such as ``user``.

    Raises:
        Wrong: As ``read``; also if it holds another thing.
    """
    return _object(read(file), "standard input" if file == STDIN else file, what)


def parsed(content: bytes | str, name: str) -> Any:
    """Read JSON.

    Raises:
        Wrong: If it is none. The error says where, and shows nothing of it.
    """
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        problem = f"{name}, line {error.lineno}, column {error.colno}: it is no JSON: {error.msg}"
    except UnicodeDecodeError:
        problem = f"{name}: it is no UTF-8"
    except (ValueError, RecursionError):
        problem = f"{name}: it is no JSON that can be read: it nests too deep, or has a number of too many digits"
    del content  # the frames of the error hold nothing of it, since it may hold a password
    raise Wrong(problem)


def parsed_object(content: bytes, name: str, what: str) -> dict[str, Any]:
    """Read JSON that is one object.

    Raises:
        Wrong: As ``parsed``; also if it is another thing.
    """
    return _object(parsed(content, name), name, what)


def _object(content: object, name: str, what: str) -> dict[str, Any]:
    if isinstance(content, dict):
        return cast("dict[str, Any]", content)
    del content
    raise Wrong(f"{name}: a {what} as one JSON object is needed")
