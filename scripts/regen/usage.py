"""Which operations of the specification the facade has no method for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from openapi_python_client.parser.openapi import generate_operation_id
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import PythonIdentifier

from scripts.regen.changes import label, operations
from scripts.regen.errors import RegenError
from scripts.regen.layout import PACKAGE

if TYPE_CHECKING:
    from pathlib import Path


def unused_operations(spec: dict[str, Any], facade: Path) -> tuple[str, ...]:
    """Find the operations that no module of the facade imports.

    Args:
        spec: The specification that the code was generated from.
        facade: The folder of the facade's package.

    Returns:
        The operations, as "updateUser (PUT /Users/{id})".

    Raises:
        RegenError: If a module of the facade is no Python.
    """
    used = {name for file in facade.rglob("*.py") for name in _names(_tree(file))}
    found: list[str] = []
    for method, path, operation in operations(spec):
        module = module_of(method, path, operation)
        if not any(f"{name}.".startswith(f"{module}.") for name in used):
            found.append(f"{label(operation, method, path)} ({method.upper()} {path})")
    return tuple(sorted(found))


def module_of(method: str, path: str, operation: dict[str, Any]) -> str:
    """The module that the generator makes for an operation, as an import names it."""
    tag = PythonIdentifier((operation.get("tags") or ["default"])[0], prefix="tag")
    if name := operation.get("operationId"):
        return f"{PACKAGE}.api.{tag}.{PythonIdentifier(name, prefix='field_')}"
    return f"{PACKAGE}.api.{tag}.{generate_operation_id(path=UntrustedString(path), method=method, prefix='field_')}"


def _tree(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except SyntaxError as error:
        where = f"{file}, line {error.lineno}"
        raise RegenError("report", f"a module of the facade is no Python: {error.msg}", where=where) from error


def _names(tree: ast.Module) -> set[str]:
    """The dotted names that a module imports, or reaches through what it imports."""
    known: dict[str, str] = {}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                found.add(item.name)
                known[item.asname or item.name.split(".")[0]] = item.name if item.asname else item.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for item in node.names:
                known[item.asname or item.name] = f"{node.module}.{item.name}"
    found.update(known.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            root, _, tail = ast.unparse(node).partition(".")
            if root in known:
                found.add(f"{known[root]}.{tail}")
    return found
