"""Ways to show users and groups to an index: by ids, by the groups that they are in, by journals, and once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from maia_scim.apply import Journal
from maia_scim.apply.inside import core_of
from maia_scim.apply.plans import CONCURRENCY
from maia_scim.apply.reads import Streak, read_users
from maia_scim.errors import MaiaError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from maia_scim import MaiaScim
    from maia_scim.apply import Entry

    from .model import Kind
    from .store import Index


class Failure(NamedTuple):
    """One that could not be read.

    Attributes:
        kind: ``user`` or ``group``.
        id: Its id.
        error: Why.
    """

    kind: Kind
    id: str
    error: Exception


@dataclass(frozen=True, slots=True)
class Fed:
    """What came of reading.

    Attributes:
        users: Users that were read.
        groups: Groups that were read.
        gone: Those that the service knows no more (404).
        failed: Those that could not be read for another reason.
    """

    users: int = 0
    groups: int = 0
    gone: tuple[Failure, ...] = ()
    failed: tuple[Failure, ...] = ()

    def __add__(self, other: Fed) -> Fed:
        return Fed(
            self.users + other.users, self.groups + other.groups, self.gone + other.gone, self.failed + other.failed
        )


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of journals.

    Attributes:
        runs: Runs that were read.
        others: Runs of other services and accounts, which were left out.
        notes: What was noted of users.
    """

    runs: int = 0
    others: int = 0
    notes: int = 0


def add_users(
    index: Index,
    client: MaiaScim,
    ids: Iterable[str],
    *,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
) -> Fed:
    """Read users by their ids, evenly over the rate limit, so that their names become known.

    Args:
        index: The index.
        client: The client.
        ids: Their ids.
        concurrency: How many requests may be under way.
        on_progress: Is told how many were read, of how many.

    Raises:
        MaiaError: If the service refuses the credentials, or has nothing but errors. Who was read is noted.
        IndexRefused: If the index cannot be written.
    """
    wanted = [*dict.fromkeys(ids)]
    users, gone, failed = 0, list[Failure](), list[Failure]()
    fed = index.fed_by(client)
    for done, read in enumerate(read_users(fed, enumerate(wanted), len(wanted), concurrency), 1):
        if read.error is None:
            users += 1
        else:
            (gone if isinstance(read.error, NotFound) else failed).append(Failure("user", wanted[read.key], read.error))
        if on_progress:
            on_progress(done, len(wanted))
    index.flush()
    return Fed(users, 0, tuple(gone), tuple(failed))


def add_groups(
    index: Index,
    client: MaiaScim,
    ids: Iterable[str],
    *,
    members: bool = True,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
) -> Fed:
    """Read groups by their ids, the groups within them, and who is in them.

    Args:
        index: The index.
        client: The client.
        ids: Ids of groups.
        members: Whether to read the users that are in them, too; else their ids alone become known.
        concurrency: How many users may be read at once.
        on_progress: Is told how many users were read, of how many.

    Raises:
        MaiaError: As of ``add_users``.
        IndexRefused: As of ``add_users``.
    """
    todo, users, done = dict.fromkeys(ids), dict[str, None](), set[str]()
    fed, maia, streak = Fed(), index.fed_by(client), Streak()
    while todo:
        fed += _read_groups(maia, todo, streak, None)
        index.flush()
        done.update(todo)  # groups may be within each other
        within = dict[str, None]()
        for group in todo:
            for id, kind in index.memberships(group):
                (within if kind == "group" else users)[id] = None
        todo = {id: None for id in within if id not in done}
    if members:
        fed += add_users(index, client, users, concurrency=concurrency, on_progress=on_progress)
    return fed


def refresh(
    index: Index,
    client: MaiaScim,
    *,
    users: bool = False,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
) -> Fed:
    """Read all known groups again, and forget those that are no more.

    Args:
        index: The index.
        client: The client.
        users: Whether to read all known users, too, those included who are known only as members.
        concurrency: How many users may be read at once.
        on_progress: Is told how many were read, of how many.

    Raises:
        MaiaError: As of ``add_users``.
        IndexRefused: As of ``add_users``.
    """
    groups = [group.id for group in index.groups()]
    fed = _read_groups(index.fed_by(client), groups, Streak(), on_progress)
    index.flush()
    if users:
        ids = (user.id for user in index.users())
        fed += add_users(index, client, ids, concurrency=concurrency, on_progress=on_progress)
    return fed


def learn(
    index: Index,
    client: MaiaScim,
    journals: Iterable[Path],
    *,
    on_progress: Callable[[int, int], object] | None = None,
) -> Learned:
    """Learn from journals what users were called, and when. Nothing is sent.

    What runs of other services and accounts say is left out.

    Args:
        index: The index.
        client: The client that says which account it is.
        journals: The journals.
        on_progress: Is told how many rows were read, of how many of the journal.

    Raises:
        JournalError: If one is no journal, or cannot be read.
        IndexRefused: If the index cannot be written.
    """
    core = core_of(client)
    runs = others = notes = 0
    for file in journals:
        with Journal(file) as journal:
            of_it = [run for run in journal.runs() if core.is_for(run.about.base_url, run.about.account)]
            others += len(journal.runs()) - len(of_it)
            total, done = sum(run.summary.rows for run in of_it), 0
            for run in of_it:
                runs += 1
                for entry in journal.entries(run.number):
                    for held, seen in _held(entry, run.about.planned):
                        index.note(held, "user", seen)
                        notes += 1
                    if _is_left(entry):
                        index.mention("user", entry.id, entry.name, run.about.planned)
                        notes += 1
                    done += 1
                    if on_progress:
                        on_progress(done, total)
    index.flush()
    return Learned(runs, others, notes)


def _is_left(entry: Entry) -> bool:
    """Whether it is about a user who was read and let be, of whom it has the name alone."""
    return bool(
        entry.kind == "user"
        and entry.before is None
        and entry.name
        and entry.state in ("unchanged", "protected", "conflict")
    )


def _held(entry: Entry, planned: datetime) -> Iterator[tuple[dict[str, Any], datetime]]:
    """What a user was, and became, each with its time. Of a group a journal has those alone who came and went."""
    if entry.kind == "group":
        return
    if entry.before:
        yield entry.before, planned
    result = entry.result
    if result is not None and result.outcome == "done":
        after = result.after or entry.wanted
        if after:
            yield after, result.ended or result.begun


def _read_groups(
    maia: MaiaScim, ids: Iterable[str], streak: Streak, on_progress: Callable[[int, int], object] | None
) -> Fed:
    wanted = [*ids]
    groups, gone, failed = 0, list[Failure](), list[Failure]()
    for done, id in enumerate(wanted, 1):
        error: Exception | None = None
        try:
            maia.groups.get(id)
            groups += 1
        except NotFound as problem:
            error = problem
            gone.append(Failure("group", id, error))
        except (MaiaError, ValueError) as problem:
            error = problem
            failed.append(Failure("group", id, error))
        if streak.hopeless(error) and error is not None:
            raise error
        if on_progress:
            on_progress(done, len(wanted))
    return Fed(0, groups, tuple(gone), tuple(failed))


__all__ = ["Failure", "Fed", "Learned", "add_groups", "add_users", "learn", "refresh"]
