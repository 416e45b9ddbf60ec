"""Merging a slice (one operation with the schemas it needs) into the vendored specification.

What the slice names is added or replaced, the rest is kept. A replaced component that operations outside the slice
use must not lose anything by it: that is a conflict, for a person to decide.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts.regen.document import METHODS, is_array, is_object
from scripts.regen.schemas import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]


@dataclass(frozen=True)
class Merged:
    """The outcome of a merge.

    Args:
        spec: The specification with the slice in it.
        notes: The differences that the slice brought.
        conflicts: What operations outside the slice would lose.
    """

    spec: dict[str, Any]
    notes: list[str] = field(default_factory=list[str])
    conflicts: list[str] = field(default_factory=list[str])


def slice_into(old: Json, slice_: Json) -> Merged:
    """Merge a slice into a specification.

    Args:
        old: The vendored specification; it is left as it is.
        slice_: The slice; it is left as it is.

    Returns:
        The merged specification, with what changed.
    """
    merged = Merged(copy.deepcopy(old))
    spec, slice_ = merged.spec, copy.deepcopy(slice_)
    _paths(spec, slice_, merged.notes)
    for kind, components in slice_.get("components", {}).items():
        ours = spec.setdefault("components", {}).setdefault(kind, {})
        for name, component in components.items():
            if name not in ours:
                merged.notes.append(f"added: components/{kind}/{name}")
            elif ours[name] != component:
                _replaced(merged, old, slice_, kind, name)
            ours[name] = component
    _servers(spec, slice_, merged.notes)
    _tags(spec, slice_, merged.notes)
    for key, value in slice_.items():
        if key in {"paths", "components", "servers", "tags"} or spec.get(key) == value:
            continue
        if key == "security" and key in spec and (others := outside(spec, slice_)):
            merged.conflicts.append(f"the top-level security changes, also for {_names(others)}")
        merged.notes.append(f"replaced: {key}" if key in spec else f"added: {key}")
        spec[key] = value
    return merged


def _paths(spec: Json, slice_: Json, notes: list[str]) -> None:
    for path, item in slice_.get("paths", {}).items():
        ours = spec["paths"].setdefault(path, {})
        for key, value in item.items():
            if ours.get(key) != value:
                name = f"{key.upper()} {path}" if key in METHODS else f"{key} of {path}"
                notes.append(f"{'replaced' if key in ours else 'added'}: {name}")
                ours[key] = value


def _replaced(merged: Merged, old: Json, slice_: Json, kind: str, name: str) -> None:
    merged.notes.append(f"replaced: components/{kind}/{name}")
    if kind != "schemas":
        return
    users = [label for label in reaching(old, kind, name) if label in outside(old, slice_)]
    before, after = old["components"][kind][name], slice_["components"][kind][name]
    for finding in Schemas(slice_).differences(name, before, Schemas(old), after, kind="schemas"):
        values = " → ".join(text for text in (finding.before, finding.after) if text)
        line = f"{finding.name}: {finding.action}" + (f" ({values})" if values else f" ({finding.why})")
        if finding.bump == "major" and users:
            merged.conflicts.append(f"{line}; used by {_names(users)}")
        else:
            merged.notes.append(f"  {line}")


def _servers(spec: Json, slice_: Json, notes: list[str]) -> None:
    theirs: list[Json] = slice_.get("servers") or []
    ours: list[Json] = spec.setdefault("servers", []) if theirs else []
    for server in theirs:
        same = next((index for index, it in enumerate(ours) if it.get("url") == server.get("url")), None)
        if same is None:
            ours.append(server)
            notes.append(f"added: server {server.get('url')}")
        elif ours[same] != server:
            ours[same] = server
            notes.append(f"replaced: server {server.get('url')}")
    urls = {server.get("url") for server in theirs}
    if urls.issuperset(server.get("url") for server in ours):
        ours.sort(key=theirs.index)
    elif theirs:
        notes += [f"kept, though not on the page: server {it['url']}" for it in ours if it.get("url") not in urls]


def _tags(spec: Json, slice_: Json, notes: list[str]) -> None:
    theirs: list[Json] = slice_.get("tags") or []
    ours: list[Json] = spec.setdefault("tags", []) if theirs else []
    places = {tag.get("name"): index for index, tag in enumerate(ours)}
    for tag in theirs:
        if tag.get("name") not in places:
            ours.append(tag)
            notes.append(f"added: tag {tag.get('name')}")
        elif ours[places[tag.get("name")]] != tag:
            ours[places[tag.get("name")]] = tag
            notes.append(f"replaced: tag {tag.get('name')}")


def outside(spec: Json, slice_: Json) -> set[str]:
    """The operations of a specification that a slice does not hold, as "GET /path"."""
    return {label for label, _ in _operations(spec)} - {label for label, _ in _operations(slice_)}


def reaching(spec: Json, kind: str, name: str) -> list[str]:
    """The operations that use a component, directly or through others.

    Args:
        spec: The specification.
        kind: The kind of component, as in "schemas".
        name: Its name.

    Returns:
        The operations, as "GET /path".
    """
    wanted = f"#/components/{kind}/{name}"
    return [label for label, operation in _operations(spec) if wanted in _references(spec, operation)]


def _operations(spec: Json) -> Iterator[tuple[str, Any]]:
    for path, item in spec.get("paths", {}).items():
        shared = {key: value for key, value in item.items() if key not in METHODS}
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", [item[method], shared]


def _references(spec: Json, node: Any) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        value = waiting.pop()
        if is_object(value):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference not in found:
                found.add(reference)
                waiting.append(Schemas(spec).resolve({"$ref": reference}))
            waiting += value.values()
        elif is_array(value):
            waiting += value
    return found


def _names(labels: set[str] | list[str]) -> str:
    return ", ".join(sorted(labels))
