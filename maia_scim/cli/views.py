"""Users and groups as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from maia_scim.cli.output import item, masked, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.table import Table

_COLUMNS = {
    "user": ("id", "userName", "displayName", "active"),
    "group": ("id", "displayName", "role", "members"),
}


def one(resource: Mapping[str, Any]) -> Table:
    """A user or group: a row for each value, after its path."""
    return rows(("attribute", "value"), _leaves("", masked(dict(resource))))


def many(resources: Iterable[Mapping[str, Any]], kind: str) -> Table:
    """Several: a row for each.

    Args:
        resources: Their JSON.
        kind: ``user`` or ``group``.
    """
    columns = _COLUMNS[kind]
    return rows(columns, ([_cell(resource.get(name)) for name in columns] for resource in resources))


def name_of(resource: Mapping[str, Any]) -> str:
    """Who or what a user or group is, for a person: ``bjensen (Barbara Jensen)``, else its id."""
    names = [resource[name] for name in ("userName", "displayName") if isinstance(resource.get(name), str)]
    first = names[0] if names else str(resource.get("id", "?"))
    return f"{first} ({names[1]})" if len(names) > 1 else first


def _leaves(path: str, value: Any, *, extension: bool = False) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        # Below the URN of an extension stands a colon, and further below a point (RFC 7644 section 3.10).
        mark = "" if not path else ":" if extension else "."
        for name, inner in cast("dict[str, Any]", value).items():
            yield from _leaves(f"{path}{mark}{name}", inner, extension=not path and ":" in name)
    elif isinstance(value, list) and value:
        for number, each in enumerate(cast("Sequence[Any]", value)):
            yield "" if number else path, item(each)
    else:
        yield path, item(value)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return str(len(cast("Sequence[Any]", value)))
    return "" if value is None else item(value)
