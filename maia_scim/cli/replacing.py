"""Replacing a whole user or group, alike for both: look, show what changes, ask, write."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from maia_scim.cli import documents, plans, views
from maia_scim.cli.names import Names
from maia_scim.cli.output import check_can_ask, say, warn
from maia_scim.cli.plain import plain
from maia_scim.cli.reading import show
from maia_scim.cli.rehearsal import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from maia_scim import MaiaScim
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.events import Call
    from maia_scim.index.model import Kind


def replace(
    *,
    connection: Connection,
    kind: Kind,
    file: str,
    target: str | None,
    if_match: str | None,
    guard: str,
    yes: bool,
    dry_run: bool,
    output: Output,
) -> None:
    """Replace a user or group by what a file says.

    Args:
        connection: Which account it is about.
        kind: ``user`` or ``group``.
        file: The file, or ``-``.
        target: The id, or a name that the index knows, if it is not the id of the file.
        if_match: The version that it must be at. If not given, that which was shown, where there are versions.
        guard: As of ``users.replace``.
        yes: Whether not to ask.
        dry_run: Whether to show it only.
        output: How to show it.
    """
    from maia_scim.models import ScimGroup, ScimUser
    from maia_scim.resources import version_of

    body = documents.read_object(file, kind)
    if not dry_run:
        check_can_ask(yes=yes)
    if target is not None:
        [target] = Names(connection).ids([target], kind, write=True)
    resource: Any = (ScimUser if kind == "user" else ScimGroup).from_dict(body)

    def put(maia: MaiaScim, version: str | None) -> Any:
        return _of(maia, kind).replace(resource, id=target, if_match=version, guard=guard)

    with Rehearsal(connection) as rehearsal:
        held: Any = _of(rehearsal.maia, kind).get(resource.id if target is None else target)
        version = version_of(held) if if_match is None else if_match
        with _warnings_told():
            planned = rehearsal.of(lambda maia: put(maia, version))
    before = held.to_dict()
    changes = plans.changes_of(before, planned.body if planned else before, kind)
    plan = plans.Plan(f"{kind} {views.name_of(before)}, {before.get('id')}", planned if changes else None, changes)
    if dry_run:
        plans.dry_run(connection, [plan], output=output)
        return
    if not changes:
        say(f"Nothing to write: the {kind} is so already.")
        show([before], kind, output=output)
        return
    plans.ask(f"Replace this {kind}", connection, [plan], yes=yes)
    with connection.client() as maia, maia.capture() as calls, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told above
        after = put(maia, version)
    tell_differences(calls)
    written = after.to_dict()
    say(f"Replaced {kind} {plain(views.name_of(written))}, {plain(written.get('id'))}: {connection.title}")
    show([written], kind, output=output)


def tell_differences(calls: Sequence[Call]) -> None:
    """Warn of what a service answered with success to, and did not keep."""
    for call in calls:
        for difference in call.differences:
            warn(f"the service did not keep {difference}")


def _of(maia: MaiaScim, kind: str) -> Any:
    return maia.users if kind == "user" else maia.groups


@contextmanager
def _warnings_told() -> Generator[None]:
    """Have warnings of the SDK told as other messages are."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for each in caught:
        warn(each.message)
