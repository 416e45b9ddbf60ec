"""``maia-scim users edit``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.connection import connected
from maia_scim.cli.options import dry_run_option, yes_option
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.editor import Draft
    from maia_scim.cli.output import Output
    from maia_scim.errors import EditConflict
    from maia_scim.models import ScimUser

# A service sets them by itself, and ignores or refuses what is said of them.
_READ_ONLY = ("id", "meta", "groups")


@click.command(short_help="Change a user in an editor.")
@click.argument("id", metavar="ID")
@yes_option
@dry_run_option
@with_output
@connected
def edit(*, id: str, yes: bool, dry_run: bool, output: Output, connection: Connection) -> None:
    """Open a user as JSON in $VISUAL or $EDITOR, show what changed, ask, and write it.

    ID may be a name that the index knows.
    What others change meanwhile stays. Where they change the same, nothing is written, and your text is kept in a file.
    """
    from maia_scim.cli import plans
    from maia_scim.cli.names import Names
    from maia_scim.cli.output import check_can_ask, say
    from maia_scim.cli.reading import show
    from maia_scim.errors import EditConflict

    if not dry_run:
        check_can_ask(yes=yes)
    [id] = Names(connection).ids([id], "user", write=True)
    session = _Session(connection, id, yes=yes, dry_run=dry_run)
    try:
        if dry_run:
            plans.dry_run(connection, [session.rehearse()], output=output)
            if session.changed:
                session.keep()
            else:
                session.discard()
        else:
            user = session.write()
            say("Written." if session.changed else "Nothing changed, nothing was written.")
            session.discard()
            show([user], "user", output=output)
    except BaseException as error:
        if isinstance(error, EditConflict):
            _tell(error)
        session.keep()
        raise


class _Session:
    """An edit of a user, from reading it to writing it.

    Args:
        connection: Which account it is about.
        id: The user's id.
        yes: Whether not to ask.
        dry_run: Whether to write nothing.

    Attributes:
        changed: Whether there is something to write.
    """

    def __init__(self, connection: Connection, id: str, *, yes: bool, dry_run: bool) -> None:
        self.changed = False
        self._connection, self._id, self._yes, self._dry_run = connection, id, yes, dry_run
        self._draft: Draft | None = None
        self._name = ""
        self._changes: tuple[Any, ...] = ()

    def rehearse(self) -> Any:
        """Have it edited, and find out what would be sent."""
        from maia_scim.cli.plans import Plan
        from maia_scim.cli.rehearsal import Rehearsal

        with Rehearsal(self._connection) as rehearsal:

            def edit(maia: Any) -> None:
                with maia.with_options(guard="raise").users.edit(self._id) as user:
                    self._edit(user)

            planned = rehearsal.of(edit)
        return Plan(f"user {self._name}, {self._id}", planned, self._changes)

    def write(self) -> dict[str, Any]:
        """Have it edited, and write what changed; give the user as the service holds it."""
        from maia_scim.cli.replacing import tell_differences

        with self._connection.client() as maia, maia.capture() as calls:
            with maia.with_options(guard="raise").users.edit(self._id) as user:
                self._edit(user)
            tell_differences(calls)
        return user.to_dict()

    def keep(self) -> None:
        """Say where the text is, if there is one that somebody changed."""
        from maia_scim.cli.output import say
        from maia_scim.cli.plain import plain

        if self._draft and self._draft.touched:
            say(f"Your text is in {plain(self._draft.path)}")
        else:
            self.discard()

    def discard(self) -> None:
        """Remove the text."""
        if self._draft:
            self._draft.discard()

    def _edit(self, user: ScimUser) -> None:
        from maia_scim.cli import plans, views
        from maia_scim.cli.editor import Draft
        from maia_scim.cli.output import warn
        from maia_scim.cli.plain import plain_json
        from maia_scim.diff import diff
        from maia_scim.edits import become
        from maia_scim.models import ScimUser

        before = user.to_dict()
        self._name = views.name_of(before)
        text = plain_json(json.dumps(before, ensure_ascii=False, indent=2)) + "\n"
        self._draft = Draft(text, "maia-scim-user")
        after = self._edited(self._draft, before)
        self._changes = diff(before, after)
        self.changed = bool(self._changes)
        if not self.changed:
            if self._draft.at_once:
                warn("the editor ended at once; if its window is still open, it has to wait: EDITOR='code --wait'")
            return
        if not self._dry_run:
            plan = plans.Plan(f"user {self._name}, {self._id}", None, self._changes)
            plans.ask("Write this user", self._connection, [plan], yes=self._yes)
        become(user, ScimUser.from_dict(after))

    def _edited(self, draft: Draft, before: dict[str, Any]) -> dict[str, Any]:
        """What somebody made of the text; asked to mend it where it is no JSON."""
        from maia_scim.cli import documents
        from maia_scim.cli.exits import Wrong
        from maia_scim.cli.output import can_ask, confirm, say
        from maia_scim.cli.plain import plain

        while True:
            written = draft.edit().read()
            try:
                return _merged(documents.parsed_object(written, str(draft.path), "user"), before)
            except Wrong as error:
                if self._yes or not can_ask():  # said to be asked nothing, or a dry run
                    raise
                say(f"Error: {plain(error.message)}")
            confirm(f"Edit it again ({self._connection.title})?", yes=False)


def _merged(after: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The text, without what was changed of attributes that the service sets, and with null for what was taken out."""
    from maia_scim.cli.output import warn
    from maia_scim.resources import named

    for name in _READ_ONLY:
        own, there = named(after, name), named(before, name)
        if (after[own] if own else None) == (before[there] if there else None):
            continue
        warn(f"{name} is set by the service: what you changed of it is left out")
        if own:
            del after[own]
        if there:
            after[there] = before[there]
    # A service may keep what a PUT does not speak of.
    return after | {name: None for name in before if named(after, name) is None}


def _tell(error: EditConflict) -> None:
    """Show what each side wants."""
    from maia_scim.cli.output import is_password, item, masked, say
    from maia_scim.cli.plain import plain

    for conflict in error.conflicts:
        secret = is_password(conflict.path)
        say(f"  {plain(conflict.path)}")
        for who, value in (("it was", conflict.base), ("you", conflict.mine), ("others", conflict.theirs)):
            say(f"    {who:<7} {'nothing' if value is None else item(masked(value, secret=secret))}")
