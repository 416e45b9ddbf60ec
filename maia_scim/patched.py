"""What the answer to a PATCH does not hold of what its operations asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .diff import Difference, not_kept

if TYPE_CHECKING:
    from collections.abc import Sequence

_CORE = "urn:ietf:params:scim:schemas:core:2.0:"  # RFC 7643 section 4: attributes of it stand at the top


def not_done(sent: dict[str, Any], answered: dict[str, Any]) -> tuple[Difference, ...]:
    """Compare an answer with the operations that were sent.

    Args:
        sent: The JSON of a PATCH request (RFC 7644 section 3.5.2).
        answered: JSON of the answer.

    Returns:
        What was set and is missing or other, and what was removed and is still there. Paths with a filter are not
        followed.
    """
    expected: dict[str, Any] = {}
    missing: list[Difference] = []
    for operation in cast("list[dict[str, Any]]", sent.get("Operations") or []):
        op, path, value = operation.get("op"), operation.get("path"), operation.get("value")
        if path is None:
            for name, each in cast("dict[str, Any]", value or {}).items():
                _expect(expected, missing, (name, op, each), answered)
        elif "[" not in path:
            _expect(expected, missing, (path, op, value), answered)
    return (*not_kept(expected, answered), *missing)


def _expect(
    expected: dict[str, Any],
    missing: list[Difference],
    operation: tuple[str, str | None, Any],
    answered: dict[str, Any],
) -> None:
    path, op, value = operation
    *above, name = names(path)
    if op == "add" and isinstance(value, list):  # beside what is there
        held = {_mark(item) for item in _listed(answered, [*above, name])}
        items = cast("Sequence[Any]", value)
        missing.extend(Difference(path, item, None) for item in items if _mark(item) not in held)
        return
    place = expected
    for each in above:
        inner: Any = place.setdefault(each, {})
        if not isinstance(inner, dict):
            return  # a later operation on what an earlier one removed
        place = cast("dict[str, Any]", inner)
    place[name] = None if op == "remove" else value


def names(path: str) -> list[str]:
    """The keys that lead to a path; a URN is one (RFC 7644 section 3.10)."""
    if not path.lower().startswith("urn:"):
        return path.split(".")
    urn, _, rest = path.rpartition(":")
    if path.lower().startswith(_CORE.lower()):
        return rest.split(".")
    # Of an URN alone, all of it is the extension; versions such as 2.0 stand before the last colon.
    return [path] if rest[:1].isupper() else [urn, *rest.split(".")]


def _listed(resource: dict[str, Any], names: list[str]) -> Sequence[Any]:
    value: Any = resource
    for name in names:
        value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return cast("Sequence[Any]", value) if isinstance(value, list) else []


def _mark(item: Any) -> str:
    """What tells an item of an array from others: its value, else all of it."""
    return repr(cast("dict[str, Any]", item).get("value", item) if isinstance(item, dict) else item)
