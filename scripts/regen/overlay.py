"""OpenAPI Overlay 1.0 (https://spec.openapis.org/overlay/v1.0.0.html), and this project's rules on top of it.

The format allows an action that matches nothing; here it fails, since it repairs something that is no longer there.
An action that changes nothing is told of. What an overlay adds gives way to what the vendor brings.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import jsonpath_rfc9535 as jsonpath

from scripts.regen import document
from scripts.regen.document import METHODS, DocumentError, is_array, is_object
from scripts.regen.errors import RegenError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_STEP = "overlay"
_ROOT_KEYS = {"overlay", "info", "extends", "actions"}
_ACTION_KEYS = {"target", "description", "update", "remove"}
_GONE = "the addition can go"


class OverlayError(ValueError):
    """An overlay, or one of its actions, is not what the format allows."""


def apply(target: Any, action: dict[str, Any]) -> tuple[Any, int]:
    """Apply one action to a document.

    Args:
        target: The document; it is left as it is.
        action: The Action Object.

    Returns:
        The new document, and how many nodes the action's target selected.

    Raises:
        OverlayError: If the target is no JSONPath, selects a primitive, or the update does not fit it.
    """
    result = copy.deepcopy(target)
    nodes = _select(result, action)
    if action.get("remove") is True:
        # From the end, so that an index still means what it meant when it was selected.
        for node in sorted(nodes, key=lambda node: _order(node.location), reverse=True):
            if node.parent is None:
                raise OverlayError("the whole document cannot be removed")
            parent: Any = node.parent.value
            del parent[node.location[-1]]
    elif "update" in action:
        for node in nodes:
            _update(node.value, action["update"], document.pointer_to(node.location))
    return result, len(nodes)


def _order(location: tuple[int | str, ...]) -> tuple[tuple[bool, int, str], ...]:
    return tuple((isinstance(k, str), k if isinstance(k, int) else 0, str(k)) for k in location)


def _select(root: Any, action: dict[str, Any]) -> list[jsonpath.JSONPathNode]:
    try:
        found = jsonpath.find(action["target"], root)
    except jsonpath.JSONPathError as error:
        raise OverlayError(f"target {action['target']!r} is no JSONPath: {error}") from error
    nodes = list({node.location: node for node in found}.values())
    for node in nodes:
        if not isinstance(node.value, dict | list):
            where = document.pointer_to(node.location)
            raise OverlayError(f"{where} is neither an object nor an array: select the object that holds it")
    return nodes


def _update(node: Any, update: Any, pointer: str) -> None:
    if is_array(node):
        node.append(copy.deepcopy(update))
    elif is_object(update):
        _merge(node, update, pointer)
    else:
        raise OverlayError(f"{pointer} is an object, and the update is none")


def _merge(node: dict[str, Any], update: dict[str, Any], pointer: str) -> None:
    for key, value in update.items():
        old = node.get(key)
        if _nested(old) and value is None:
            continue  # the specification's own example names `components:` without a value
        if is_object(old) and is_object(value):
            _merge(old, value, document.join(pointer, key))
        elif is_array(old) and is_array(value):
            old.extend(copy.deepcopy(value))
        elif _nested(old) or (_nested(value) and old is not None):
            where = document.join(pointer, key)
            raise OverlayError(f"{where} is {_kind(old)}, and the update has {_kind(value)} there")
        else:
            node[key] = copy.deepcopy(value)


def _nested(value: Any) -> bool:
    return is_object(value) or is_array(value)


def _kind(value: Any) -> str:
    return "an object" if is_object(value) else "an array" if is_array(value) else "a plain value"


def parse(text: str) -> list[dict[str, Any]]:
    """Read an Overlay document.

    Args:
        text: The YAML or JSON.

    Returns:
        Its actions.

    Raises:
        OverlayError: If it is no Overlay 1.0 document.
    """
    try:
        overlay = document.load(text)
    except DocumentError as error:
        raise OverlayError(str(error)) from error
    if not is_object(overlay) or not re.fullmatch(r"1\.0\.\d+", str(overlay.get("overlay"))):
        raise OverlayError("it does not begin with 'overlay: 1.0.0'")
    _known(overlay, _ROOT_KEYS, "the overlay")
    info = overlay.get("info")
    if not is_object(info) or not all(isinstance(info.get(key), str) for key in ("title", "version")):
        raise OverlayError("'info' needs a title and a version, both text")
    actions = overlay.get("actions")
    if not is_array(actions) or not actions:
        raise OverlayError("'actions' needs at least one action")
    for number, action in enumerate(actions, 1):
        if not is_object(action) or not isinstance(action.get("target"), str):
            raise OverlayError(f"action {number} has no 'target' text")
        _known(action, _ACTION_KEYS, f"action {number}")
        if not isinstance(action.get("remove", False), bool):
            raise OverlayError(f"action {number}: 'remove' is neither true nor false")
    return actions


def _known(value: dict[str, Any], keys: set[str], name: str) -> None:
    unknown = sorted(key for key in value if key not in keys and not key.startswith("x-"))
    if unknown:
        raise OverlayError(f"{name} has the unknown field {unknown[0]!r}")


def apply_files(spec: dict[str, Any], files: Iterable[Path]) -> tuple[dict[str, Any], list[str]]:
    """Apply overlay files to the vendored specification, by this project's rules.

    Args:
        spec: The vendored specification; it is left as it is.
        files: The overlay files, in order.

    Returns:
        The overlaid specification, and what a maintainer should know.

    Raises:
        RegenError: If a file is no overlay, an action lacks its reason or source, or matches nothing.
    """
    result: Any = spec
    notes: list[str] = []
    for file in files:
        try:
            actions = parse(file.read_text(encoding="utf-8"))
        except (OverlayError, UnicodeDecodeError) as error:
            raise RegenError(
                _STEP, str(error), where=f"openapi/overlays/{file.name}", remedy="mend the overlay file"
            ) from error
        for number, action in enumerate(actions, 1):
            where = f"openapi/overlays/{file.name}, action {number} ({action['target']})"
            result = _apply_ours(spec, result, action, where, notes)
    return result, notes


def _apply_ours(vendored: dict[str, Any], target: Any, action: dict[str, Any], where: str, notes: list[str]) -> Any:
    for key in ("description", "x-source"):
        if not str(action.get(key) or "").strip():
            remedy = "give each action a description (why) and an x-source (how we know)"
            raise RegenError(_STEP, f"the action has no {key!r}", where=where, remedy=remedy)
    try:
        action, skipped = _without_vendored(vendored, target, action)
        result, matches = apply(target, action)
    except OverlayError as error:
        raise RegenError(_STEP, str(error), where=where, remedy="mend the action") from error
    notes += [f"{where}: the vendored specification has {name} now: {_GONE}" for name in skipped]
    if not matches:
        remedy = "the specification has changed under it: adapt the target, or delete the action"
        raise RegenError(_STEP, "the action's target matches nothing", where=where, remedy=remedy)
    if result == target and not skipped:
        notes.append(f"{where}: superfluous, it changes nothing: the action can go")
    return result


def _without_vendored(
    vendored: dict[str, Any], target: Any, action: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Take out of an update the operations and components that the vendor has: merging would mix both."""
    update = action.get("update")
    locations = [node.location for node in _select(target, action)]
    if not is_object(update) or len(locations) != 1:
        return action, []
    update = copy.deepcopy(update)
    skipped: list[str] = []
    match locations[0]:
        case ("paths",):
            for path in list(update):
                skipped += _drop_operations(vendored, path, update[path])
                if not update[path]:
                    del update[path]
        case ("paths", str() as path):
            skipped += _drop_operations(vendored, path, update)
        case ("components",):
            for kind in update:
                skipped += _drop_components(vendored, kind, update[kind])
        case ("components", str() as kind):
            skipped += _drop_components(vendored, kind, update)
        case _:
            pass
    return {**action, "update": update}, skipped


def _drop_operations(vendored: dict[str, Any], path: str, item: Any) -> list[str]:
    # Two templates that differ in a parameter's name are one path (OpenAPI 3.1, Paths Object).
    same = [theirs for key, theirs in vendored.get("paths", {}).items() if template(key) == template(path)]
    names = [method for method in METHODS if method in item and any(method in theirs for theirs in same)]
    for method in names:
        del item[method]
    return [f"{method.upper()} {path}" for method in names]


def _drop_components(vendored: dict[str, Any], kind: str, components: Any) -> list[str]:
    names = [name for name in components if name in vendored.get("components", {}).get(kind, {})]
    for name in names:
        del components[name]
    return [f"components/{kind}/{name}" for name in names]


def template(path: str) -> str:
    """The path without its parameters' names."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def spread_security(spec: dict[str, Any]) -> dict[str, Any]:
    """Copy the top-level `security` into every operation without its own: the generator reads only these.

    Args:
        spec: The specification; it is left as it is.

    Returns:
        The specification with the security of each operation beside it.
    """
    result = copy.deepcopy(spec)
    if "security" in result:
        for item in result.get("paths", {}).values():
            for method in METHODS:
                if method in item:
                    item[method].setdefault("security", copy.deepcopy(result["security"]))
    return result
