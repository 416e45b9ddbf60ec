"""The difference of two OpenAPI documents, in the specification's own names."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from openapi_python_client.strings import PythonIdentifier

from scripts.regen.datamodules import regions
from scripts.regen.document import METHODS
from scripts.regen.errors import RegenError
from scripts.regen.schemas import WIRE, Schemas, rest, same
from scripts.regen.verdict import Bump, Finding, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Json = dict[str, Any]


def compare(old: Json, new: Json) -> tuple[Finding, ...]:
    """Tell what differs between two OpenAPI documents.

    Args:
        old: The document before.
        new: The document now.

    Returns:
        The differences, the gravest first; empty only when the documents are equal.
    """
    if same(old, new):
        return ()
    found = list(_Documents(old, new).differences())
    if not found:
        why = "differs in nothing that requests, answers or Python's surface show"
        found = [Finding("document", "the document", "changed", "patch", why)]
    return in_order(found)


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """The operations of a document.

    Args:
        document: An OpenAPI document.

    Yields:
        Method in lower case, path, and the operation with its path's parameters.
    """
    schemas = Schemas(document)
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                operation = dict(item[method])
                # An operation's own parameter stands in for its path's one of the same place and name.
                shared = [schemas.resolve(entry) for entry in item.get("parameters", ())]
                own = [schemas.resolve(entry) for entry in operation.get("parameters", ())]
                parameters = {(entry.get("in"), entry.get("name")): entry for entry in [*shared, *own]}
                operation["parameters"] = list(parameters.values())
                yield method, path, operation


def label(operation: Mapping[str, Any], method: str, path: str) -> str:
    """The name of an operation in the report."""
    return operation.get("operationId") or f"{method.upper()} {path}"


class _Documents:
    """Two documents side by side."""

    def __init__(self, old: Json, new: Json) -> None:
        self.old, self.new = old, new
        self.before, self.after = Schemas(old), Schemas(new)

    def differences(self) -> Iterator[Finding]:
        yield from self._servers()
        yield from self._operations()
        yield from self._schemas()
        yield from self._security_schemes()
        if any(self.old.get(key) != self.new.get(key) for key in ("info", "tags", "externalDocs", "openapi")):
            yield Finding("document", "info and tags", "changed", "patch", "description only")

    def _servers(self) -> Iterator[Finding]:
        old, new = _regions(self.old), _regions(self.new)
        for name in old.keys() - new.keys():
            yield Finding("servers", name, "removed", "major", f"Region.{name} is gone", before=old[name])
        for name in new.keys() - old.keys():
            yield Finding("servers", name, "added", "minor", f"Region.{name} is new", after=new[name])
        for name in old.keys() & new.keys():
            if old[name] != new[name]:
                yield Finding("servers", name, "changed", "minor", WIRE, old[name], new[name])

    def _operations(self) -> Iterator[Finding]:
        old = {(_blank(path), method): (method, path, it) for method, path, it in operations(self.old)}
        new = {(_blank(path), method): (method, path, it) for method, path, it in operations(self.new)}
        pairs = {key: key for key in old if key in new}
        # What is left on both sides under one operationId has moved.
        moved = {it["operationId"]: key for key, (_, _, it) in new.items() if key not in old and "operationId" in it}
        for key, (_, _, it) in old.items():
            if key not in new and it.get("operationId") in moved:
                pairs[key] = moved[it["operationId"]]
        for key in old.keys() - pairs.keys():
            method, path, it = old[key]
            name, where = label(it, method, path), f"{method.upper()} {path}"
            yield Finding("operations", name, "removed", "major", "its Python module is gone", before=where)
        for key in new.keys() - set(pairs.values()):
            method, path, it = new[key]
            name, where = label(it, method, path), f"{method.upper()} {path}"
            yield Finding("operations", name, "added", "minor", "a new operation", after=where)
        for left, right in pairs.items():
            yield from self._operation(old[left], new[right])

    def _operation(self, left: tuple[str, str, Json], right: tuple[str, str, Json]) -> Iterator[Finding]:
        (method, path, old), (to, now, new) = left, right
        name = label(old, method, path)
        where, there = f"{method.upper()} {path}", f"{to.upper()} {now}"
        if (_blank(path), method) != (_blank(now), to):
            yield Finding("operations", name, "changed", "minor", WIRE, where, there)
        for key, a, b, broken in (
            ("operationId", old.get("operationId"), new.get("operationId"), "its Python module is renamed"),
            ("tag", _tag(old), _tag(new), "its Python module moves"),
        ):
            if a != b:
                renamed = a is None or b is None or PythonIdentifier(a, "x") != PythonIdentifier(b, "x")
                bump: Bump = "major" if renamed else "patch"
                why = broken if renamed else "the Python name stays"
                yield Finding("operations", name, "changed", bump, why, f"{key} {a}", f"{key} {b}")
        yield from self._parameters(name, old, new)
        yield from self._request(name, old, new)
        yield from self._responses(name, old, new)
        yield from self._security(name, old, new)
        handled = {"operationId", "tags", "parameters", "requestBody", "responses", "security"}
        yield from rest("operations", name, old, new, handled)

    def _parameters(self, operation: str, old: Json, new: Json) -> Iterator[Finding]:
        before = {f"{it.get('name')} ({it.get('in')})": it for it in old["parameters"]}
        after = {f"{it.get('name')} ({it.get('in')})": it for it in new["parameters"]}
        for key in before.keys() - after.keys():
            was = self.before.text(_schema_of(before[key]))
            yield Finding("parameters", f"{operation}: {key}", "removed", "major", "calls that give it fail", was)
        for key in after.keys() - before.keys():
            asked = after[key].get("required", False)
            why = "calls that do not give it fail" if asked else "a new optional argument"
            text = self.after.text(_schema_of(after[key])) + (", required" if asked else "")
            bump: Bump = "major" if asked else "minor"
            yield Finding("parameters", f"{operation}: {key}", "added", bump, why, after=text)
        for key in before.keys() & after.keys():
            a, b, name = before[key], after[key], f"{operation}: {key}"
            yield from _required("parameters", name, a, b)
            yield from self._taken("parameters", name, _schema_of(a), _schema_of(b))
            yield from rest("parameters", name, a, b, {"required", "schema", "content", "in", "name"})

    def _request(self, operation: str, old: Json, new: Json) -> Iterator[Finding]:
        a, b = self.before.resolve(old.get("requestBody")), self.after.resolve(new.get("requestBody"))
        name = f"{operation}: request body"
        if a and b:
            yield from _required("requests", name, a, b)
            yield from self._taken("requests", name, _schema_of(a), _schema_of(b))
            yield from _media("requests", name, a, b)
            yield from rest("requests", name, a, b, {"required", "content"})
        elif a:
            was = self.before.text(_schema_of(a))
            yield Finding("requests", name, "removed", "major", "calls that give it fail", before=was)
        elif b:
            asked = b.get("required", False)
            why = "calls that do not give it fail" if asked else "a new optional argument"
            bump: Bump = "major" if asked else "minor"
            yield Finding("requests", name, "added", bump, why, after=self.after.text(_schema_of(b)))

    def _taken(self, kind: str, name: str, old: Any, new: Any) -> Iterator[Finding]:
        """What a caller gives may be of more types than before, but not of fewer."""
        a, b = self.before.types(old), self.after.types(new)
        if a == b:
            yield from self.after.differences(name, old, self.before, new, kind=kind)
            return
        wider = a < b or "anything" in b
        why = "takes more types than before" if wider else "its Python type changes"
        text, now = self.before.text(old), self.after.text(new)
        yield Finding(kind, name, "changed", "minor" if wider else "major", why, text, now)

    def _responses(self, operation: str, old: Json, new: Json) -> Iterator[Finding]:
        a = {str(status): self.before.resolve(it) for status, it in old.get("responses", {}).items()}
        b = {str(status): self.after.resolve(it) for status, it in new.get("responses", {}).items()}
        # The Python result is one union over all answers, so a status matters only with a type of its own.
        was = {"nothing", *(self.before.text(_schema_of(it)) for it in a.values())}
        now = {"nothing", *(self.after.text(_schema_of(it)) for it in b.values())}
        for status in a.keys() - b.keys():
            text = self.before.text(_schema_of(a[status]))
            why, bump = _result(text in now)
            yield Finding("responses", f"{operation}: {status}", "removed", bump, why, before=text)
        for status in b.keys() - a.keys():
            text = self.after.text(_schema_of(b[status]))
            why, bump = _result(text in was)
            yield Finding("responses", f"{operation}: {status}", "added", bump, why, after=text)
        for status in a.keys() & b.keys():
            name, left, right = f"{operation}: {status}", _schema_of(a[status]), _schema_of(b[status])
            text, other = self.before.text(left), self.after.text(right)
            if text != other:
                yield Finding("responses", name, "changed", "major", "its Python type changes", text, other)
            else:
                yield from self.after.differences(name, left, self.before, right, kind="responses")
            yield from _media("responses", name, a[status], b[status])
            yield from rest("responses", name, a[status], b[status], {"content"})

    def _schemas(self) -> Iterator[Finding]:
        old, new = self.before.components, self.after.components
        for name in old.keys() - new.keys():
            why = "its Python class is gone"
            yield Finding("schemas", name, "removed", "major", why, before=self.before.text(old[name]))
        for name in new.keys() - old.keys():
            yield Finding("schemas", name, "added", "minor", "a new schema", after=self.after.text(new[name]))
        for name in old.keys() & new.keys():
            yield from self.after.differences(name, old[name], self.before, new[name], kind="schemas")

    def _security(self, name: str, old: Json, new: Json) -> Iterator[Finding]:
        a = old.get("security", self.old.get("security", []))
        b = new.get("security", self.new.get("security", []))
        if a != b:
            asked = not _needs_token(a) and _needs_token(b)
            why = "takes an AuthenticatedClient only" if asked else WIRE
            yield Finding("security", name, "changed", "major" if asked else "minor", why, _json(a), _json(b))

    def _security_schemes(self) -> Iterator[Finding]:
        old = self.old.get("components", {}).get("securitySchemes", {})
        new = self.new.get("components", {}).get("securitySchemes", {})
        for name in old.keys() - new.keys():
            yield Finding("security", name, "removed", "minor", WIRE)
        for name in new.keys() - old.keys():
            yield Finding("security", name, "added", "minor", WIRE)
        for name in old.keys() & new.keys():
            yield from rest("security", name, self.before.resolve(old[name]), self.after.resolve(new[name]), set())


def _regions(document: Json) -> dict[str, str]:
    try:
        return regions(document)
    except RegenError:
        # No region can be made of them; they still have URLs to compare.
        return {server["url"]: server["url"] for server in document.get("servers", ())}


def _blank(path: str) -> str:
    """The path without the names of its parameters, which are compared as parameters."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _tag(operation: Json) -> str:
    tag: str = (operation.get("tags") or ["default"])[0]
    return tag


def _schema_of(holder: Json) -> Any:
    """The schema of a parameter, request body or response; of several content types, the first, as generated."""
    if "schema" in holder:
        return holder["schema"]
    media = next(iter(holder.get("content", {}).values()), None)
    return None if media is None else media.get("schema", True)


def _media(kind: str, name: str, old: Json, new: Json) -> Iterator[Finding]:
    a, b = sorted(old.get("content", {})), sorted(new.get("content", {}))
    if a != b:
        yield Finding(kind, name, "changed", "minor", WIRE, ", ".join(a) or "no body", ", ".join(b) or "no body")


def _required(kind: str, name: str, old: Json, new: Json) -> Iterator[Finding]:
    a, b = old.get("required", False), new.get("required", False)
    if a != b:
        words = {True: "required", False: "optional"}
        why = "calls that do not give it fail" if b else "calls may leave it out now"
        yield Finding(kind, name, "changed", "major" if b else "minor", why, words[a], words[b])


def _result(known: bool) -> tuple[str, Bump]:
    return (WIRE, "minor") if known else ("the operation's result type changes", "major")


def _needs_token(security: Any) -> bool:
    return bool(security and {} not in security)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
