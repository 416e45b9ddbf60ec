"""Writing one change: the smallest safe write that loses nothing.

Of a user that is there it is a PUT of the user as it was read, with the changes made in it; with ``If-Match`` where the
service has versions. Where it has none, and where time has passed since the user was read, the user is read again
first, and not written if it has moved on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maia_scim import lives, operations
from maia_scim.call import live
from maia_scim.diff import Change, diff, not_kept
from maia_scim.errors import Conflict, MaiaError, NotFound, PreconditionFailed
from maia_scim.events import CallEnd
from maia_scim.frames import bare
from maia_scim.many import Outcome
from maia_scim.resources import version_of

from . import member_writing
from .case import only_case
from .errors import Moved
from .wanted import equal, is_boolean_as_text, names, value_at, without_password

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_scim.core import Core
    from maia_scim.diff import Difference
    from maia_scim.events import Event
    from maia_scim.steps import Life

    from .model import Entry, Kind
    from .model import Outcome as Word

# What differs between two reads of the same user, and what a write lists beside what it changes.
_OWN = ("meta", "schemas")


@dataclass(slots=True, eq=False)
class Attempt:
    """A change that is about to be written, and what came of it.

    Args:
        entry: The change.
        look: Whether to read the user first in any case.
        again: Whether an earlier write of it may have been done.
        rolls: What is known of the groups that the run writes.
        seq: Its number in the journal.
    """

    entry: Entry
    look: bool
    again: bool
    rolls: member_writing.Rolls
    seq: int = 0
    outcome: Word = "unknown"
    error: str | None = None
    status: int | None = None
    request_id: str | None = None
    attempts: int = 0
    differences: tuple[Difference, ...] = ()
    after: dict[str, Any] | None = None
    created: str | None = None


def write(core: Core, index: int, attempt: Attempt) -> Life[Outcome]:
    """Write a change, and note what came of it.

    Args:
        core: The client's.
        index: Which of a batch it is.
        attempt: The change; what came of it is noted there.
    """
    entry = attempt.entry

    def heard(event: Event) -> None:
        if isinstance(event, CallEnd) and event.method != "GET":
            attempt.status, attempt.request_id, attempt.attempts = event.status, event.request_id, event.attempts
        if core.on_event:
            core.on_event(event)

    try:
        yield from _WRITERS[entry.kind](core._replace(on_event=heard), attempt)
    except (MaiaError, ValueError, TypeError) as error:
        attempt.error = str(error)
        attempt.outcome = error.outcome if isinstance(error, MaiaError) else "not_sent"
        if isinstance(error, PreconditionFailed) and error.outcome != "unknown":
            what = "group" if entry.kind == "group" else "user"
            attempt.outcome, attempt.error = "moved", f"somebody else changed the {what} since it was read (412)"
        elif isinstance(error, Moved):
            attempt.outcome = "moved"
        return Outcome(entry.id, None, bare(error), index)
    attempt.outcome = "done"
    return Outcome(entry.id, None, None, index)


def _change(core: Core, attempt: Attempt) -> Life[None]:
    """Change a user."""
    entry, kind = attempt.entry, operations.users()
    version, wanted = entry.version, entry.wanted or {}
    if attempt.look or version is None:
        try:
            found = yield from lives.look(core, kind, entry.id, "unknown" if attempt.again else "not_sent")
        except NotFound:
            raise Moved("the user is not there any more") from None
        held = without_password(found.to_dict())
        if is_done(entry, held, again=attempt.again):
            attempt.after, attempt.differences = held, not_kept(wanted, held)
            return
        if moved := moved_on(entry, held, version_of(found)):
            raise Moved(moved)
        version = version_of(found)
    put = operations.put(core, kind, entry.id, kind.model.from_dict(wanted), if_match=version, with_groups=True)
    user = yield from live(put, core)
    attempt.after = without_password(user.to_dict())
    attempt.differences = not_kept(put.body, attempt.after)


def _create(core: Core, attempt: Attempt) -> Life[None]:
    """Create a user."""
    from maia_scim.models import ScimUser

    post = operations.post_user(core, ScimUser.from_dict(attempt.entry.wanted or {}))
    try:
        user = yield from live(post, core)
    except Conflict as error:
        whose = ", by the write that was cut short" * attempt.again
        error.args = (
            f"{error}: there is a user of this name already{whose}; find its id in Maia, and give it",
            *error.args[1:],
        )
        raise
    attempt.after = without_password(user.to_dict())
    attempt.differences = not_kept(post.body, attempt.after)
    attempt.created = user.id


_WRITERS: Final[dict[Kind, Callable[[Core, Attempt], Life[None]]]] = {
    "user": _change,
    "new user": _create,
    "group": member_writing.write,
}


def moved_on(entry: Entry, held: dict[str, Any], version: str | None) -> str | None:
    """Tell where a user is no longer what a plan was made for.

    Args:
        entry: What the plan has.
        held: JSON of the user as the service holds it.
        version: Its version.
    """
    others = [change.path for change in diff(entry.before or {}, held) if names(change.path)[0].lower() not in _OWN]
    if others:
        return f"somebody else changed {', '.join(others[:5])} since the plan was made: plan again"
    if entry.version is not None and version is not None and entry.version != version:
        return f"the user is at version {version}, and the plan was made for {entry.version}: plan again"
    return None


def is_done(entry: Entry, held: dict[str, Any], *, again: bool) -> bool:
    """Whether a user holds what a plan wants already.

    Args:
        entry: What the plan has.
        held: JSON of the user as the service holds it.
        again: Whether a write may have been done. Then some of the changes may be other than wanted, since the service
            may have made something else of them, if one of them came through, and if nothing else was changed. If none
            did, somebody else may have written.
    """
    still = [change for change in entry.changes if not _came(change, value_at(held, change.path))]
    if not still or not again:
        return not still
    changed = {change.path.lower() for change in entry.changes}
    elsewhere = {
        change.path.lower() for change in diff(entry.before or {}, held) if names(change.path)[0].lower() not in _OWN
    }
    return len(still) < len(entry.changes) and elsewhere <= changed


def _came(change: Change, value: Any) -> bool:
    """Whether a value is what a change makes, but for case where that does not count, unless the change is about it."""
    now = Change(change.path, value, change.after)
    return equal(value, change.after) or is_boolean_as_text(now) or (only_case(now) and not only_case(change))
