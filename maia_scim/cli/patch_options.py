"""``PATH=VALUE`` and files of operations, read into the operations of a PATCH."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn, cast

from maia_scim.cli import documents
from maia_scim.cli.exits import Wrong
from maia_scim.cli.output import is_password, item, masked
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from maia_scim.diff import Change
    from maia_scim.models import PatchOperation
    from maia_scim.schema import Attribute

# Up to the first = that stands neither in a text of a filter nor in its brackets.
_PATH = re.compile(r'(?P<path>(?:[^=\["]|\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)=(?P<value>.*)', re.DOTALL)


def given(
    *, set: Iterable[str], set_text: Iterable[str], add: Iterable[str], remove: Iterable[str]
) -> list[PatchOperation]:
    """Operations from options: what is removed first, then what is set, then what is added.

    Raises:
        Wrong: If one is not ``PATH=VALUE``, or holds a password.
        ValueError: If one makes no valid operation.
    """
    from maia_scim import patch

    made: list[PatchOperation] = [patch.remove(path) for path in remove]
    for each in set:
        path, text = _split(each, "--set")
        value = _value(path, text, "--set")
        made.extend([patch.clear(path)] if value is None else patch.set_value(path, value))
    made.extend(patch.replace(*_split(each, "--set-text")) for each in set_text)
    for each in add:
        path, text = _split(each, "--add")
        made.append(patch.add(path, _value(path, text, "--add")))
    return made


def from_file(file: str) -> list[PatchOperation]:
    """Operations from a file: the body of a PATCH request, or an array of operations.

    Raises:
        Wrong: If it holds another thing.
    """
    from maia_scim.models import PatchOperation

    content = documents.read(file)
    if isinstance(content, dict):
        body = cast("dict[str, Any]", content)
        content = next((value for name, value in body.items() if name.lower() == "operations"), None)
    operations = cast("Sequence[Any]", content) if isinstance(content, list) else ()
    if not operations or not all(isinstance(each, dict) for each in operations):
        raise Wrong(f"{file}: an array of operations is needed, or an object with `Operations`")
    return [PatchOperation.from_dict(each) for each in operations]


def changes_of(held: dict[str, Any], body: dict[str, Any]) -> tuple[list[Change], list[str]]:
    """What a PATCH changes, as far as its paths can be followed.

    Args:
        held: What the service holds.
        body: The PATCH.

    Returns:
        The changes; and the operations whose paths have a filter, a line each.
    """
    from maia_scim.diff import Change, is_array

    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    notes: list[str] = []
    for operation in cast("list[dict[str, Any]]", body["Operations"]):
        op, path, value = str(operation["op"]), operation.get("path"), operation.get("value")
        if path is not None and "[" in path:
            shown = "" if op == "remove" else f": {item(masked(operation)['value'])}"
            notes.append(f"{op} {path}{shown}")
            continue
        members = {path: value} if path is not None else cast("dict[str, Any]", value)
        for name, new in members.items():
            before = last[name] if name in last else first.setdefault(name, _at(held, name))
            last[name] = [*before, *(new if is_array(new) else [new])] if op == "add" and is_array(before) else new
    return [Change(name, first[name], after) for name, after in last.items() if first[name] != after], notes


def _split(text: str, option: str) -> tuple[str, str]:
    found = _PATH.fullmatch(text)
    if not found:
        raise Wrong(f"{option} takes PATH=VALUE, such as {option} title=Engineer")
    path = found["path"].strip()
    if is_password(path):
        raise _with_password(option, path)
    return path, found["value"]


def _with_password(option: str, path: str) -> Wrong:
    return Wrong(
        f"{option} {plain(path)}: no password is taken from the command line, where other users and the shell's "
        "history see it. Give it in a file of operations: --file"
    )


def _value(path: str, text: str, option: str) -> Any:
    """JSON if it is JSON, else text; and text where the specification says that the attribute is one.

    Raises:
        Wrong: If there is a password within.
    """
    try:
        value = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return text
    if masked(value) != value:
        raise _with_password(option, path)
    return text if isinstance(value, bool | int | float) and _is_text(path) else value


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _is_text(path: str) -> bool:
    from maia_scim.patched import names
    from maia_scim.schema import attributes

    parts: Mapping[str, Attribute] = attributes("User")
    *above, last = names(re.sub(r"\[.*\]", "", path))
    for name in above:
        attribute = parts.get(name.lower())
        parts = attribute.parts if attribute else {}
    found = parts.get(last.lower())
    return found is not None and found.type is str and not found.many


def _at(resource: dict[str, Any], path: str) -> Any:
    from maia_scim.patched import names
    from maia_scim.resources import named

    value: Any = resource
    for name in names(path):
        if not isinstance(value, dict):
            return None
        members = cast("dict[str, Any]", value)
        own = named(members, name)
        value = members[own] if own else None
    return value
