"""Reading users or groups by their ids, and showing what was read or written."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from maia_scim.cli import views
from maia_scim.cli.each import Each
from maia_scim.cli.names import Names
from maia_scim.cli.output import emit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.index.model import Kind


def read(connection: Connection, ids: Iterable[str], kind: Kind, output: Output) -> None:
    """Read some, and show them.

    Args:
        connection: Which account it is about.
        ids: Their ids, or names that the index knows.
        kind: ``user`` or ``group``.
        output: How to show them.
    """
    names = Names(connection)
    each = Each(connection, names.ids(ids, kind), kind)
    with connection.client() as maia:
        resources: Any = maia.users if kind == "user" else maia.groups
        found = each.run(lambda id: resources.get(id).to_dict())
    names.tell_stale(found)
    show([*found.values()], kind, several=each.several, output=output)
    each.finish()


def show(resources: Sequence[dict[str, Any]], kind: str, *, several: bool = False, output: Output) -> None:
    """Show users or groups as the service gave them.

    Args:
        resources: Their JSON.
        kind: ``user`` or ``group``.
        several: Whether more than one was asked for, so that JSON is an array.
        output: How to show them.
    """
    if several:
        emit(resources, lambda: views.many(resources, kind), output)
        return
    for resource in resources:
        emit(resource, partial(views.one, resource), output)
