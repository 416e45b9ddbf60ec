"""A plan: what is to be changed, looked at before it is done; then done, with a journal."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from maia_scim.database import Closes

from . import guards, records
from .errors import GuardRail, JournalError, PlanError
from .inside import core_of
from .sending import Sending
from .store import Store, is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from maia_scim import MaiaScim
    from maia_scim.files import AnyPath

    from .guards import Protected
    from .model import About, Entry, State, Summary
    from .reading import Form
    from .writing import Attempt

CONCURRENCY = 8  # requests under way
# Whatever was left of earlier runs is in the new plan, if it is still wanted.
_ABANDON = "UPDATE run SET state = 'abandoned' WHERE run = :run"
_UNFINISHED = "SELECT run, base_url, account FROM run WHERE state IN ('running', 'stopped') ORDER BY run DESC"
_GROUPS = """
SELECT count(DISTINCT id COLLATE NOCASE) AS count FROM entry WHERE run = ? AND kind = 'group' AND state = 'change'
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the writing of a plan is.

    Attributes:
        done: How many changes have an outcome.
        failed: How many of them were not done.
        total: How many there are.
    """

    done: int
    failed: int
    total: int


class Plan(Closes):
    """What is to be changed. ``plan``, ``open_plan``, ``resume`` and ``undo`` make one; a context manager.

    Args:
        client: The client.
        store: Where it is held.
        run: Which run of the store it is.
        journal: Where its journal is to be, if that is known.
        fresh: Whether its users were read just now. Of others, each is read again before it is written.
        begun: Whether it is a run of its journal already.
        replaces: Whether the journal has a run that was cut short, whose place it takes when it is applied.

    Attributes:
        undoes: The number of the run that it undoes, if it was planned to, just now.
    """

    def __init__(
        self,
        client: MaiaScim,
        store: Store,
        run: int,
        *,
        journal: Path | None,
        fresh: bool,
        begun: bool = False,
        replaces: bool = False,
    ) -> None:
        self._client, self._store, self._run, self._fresh, self._begun = client, store, run, fresh, begun
        self.journal, self.replaces = journal, replaces
        self.undoes: int | None = None
        self.about: About = records.about(store, run)
        check_same(client, self.about)

    def close(self) -> None:
        """Let go of the file that holds it."""
        self._store.close()

    @property
    def summary(self) -> Summary:
        """How many rows there are of each kind, and what became of the changes."""
        return records.summary(self._store, self._run)

    @property
    def left(self) -> int:
        """How many changes are still to be written, or of unknown outcome."""
        return records.count_open(self._store, self._run)

    def entries(self, state: State | None = None) -> Iterator[Entry]:
        """The rows of the plan in the order of the file, read one by one.

        Args:
            state: Only those of a state.
        """
        if state is None:
            return records.entries(self._store, records.ALL, self._run)
        return records.entries(self._store, records.OF_STATE, self._run, state)

    def failed(self) -> Iterator[Entry]:
        """The rows that are not as the file wants them: wrong, not found, not read, protected, not written."""
        return records.entries(self._store, records.FAILED, self._run)

    @property
    def begun(self) -> bool:
        """Whether it is a run of its journal already."""
        return self._begun

    @property
    def groups(self) -> int:
        """How many groups it changes. ``summary.groups`` counts the writes of them."""
        row = self._store.row(_GROUPS, self._run)
        return int(row["count"]) if row else 0

    def emptied(self, allowed: Collection[str] = ()) -> Iterator[Entry]:
        """The groups that it would leave without members.

        Args:
            allowed: Groups, by id or name, that may be.
        """
        return guards.left_empty(self.entries("change") if self.summary.groups else (), allowed)

    @property
    def form(self) -> Form | None:
        """How the file was written, for ``write_rows``; None of an undo."""
        return records.form(self._store, self._run)

    def check(
        self,
        *,
        max_changes: int | str | None = None,
        max_deactivations: int | str | None = None,
        max_removals: int | str | None = None,
        protected: Protected = frozenset(),
        allow_empty: Collection[str] = (),
    ) -> None:
        """Stop a plan that would do more than was meant.

        Args:
            max_changes: How many users may be changed or created, and members come or go: a number, or such as
                ``"10%"`` of the rows, and of the members that the groups have.
            max_deactivations: How many of them may be deactivated.
            max_removals: How many members may go from groups: a number, or such as ``"10%"`` of those that they have.
            protected: Accounts that must not be deactivated or renamed; nor removed from groups, by their ids or as the
                group displays them.
            allow_empty: Groups, by id or name, that may be left without members.

        Raises:
            GuardRail: If it would.
            ValueError: If a bound is neither a number nor a percentage.
        """
        summary = self.summary
        found = guards.reasons(summary, max_changes, max_deactivations, max_removals)
        if protected:
            found += guards.touched(self.entries("change"), protected)
        found += [
            f"it would leave {entry.name or entry.id} without members, which --allow-empty has to name"
            for entry in self.emptied(allow_empty)
        ]
        if found:
            raise GuardRail(found)

    def save(self, file: AnyPath) -> None:
        """Save the plan, to be applied later; whole or not at all. Its owner alone may read the file.

        Raises:
            JournalError: If it cannot be written, or would take the place of something else than a plan.
        """
        file = Path(file)
        partial = file.with_name(f".{file.name}.{os.getpid()}.part")
        try:
            _check_replaced(file)
            partial.unlink(missing_ok=True)
            with Store.open(partial, "create") as store, store.together():
                self._store.copy_run(self._run, store, journal=_seen_from(file, self.journal), state="planned")
            partial.replace(file)
        except OSError as error:
            raise JournalError(f"{file}: {error.strerror or error}; the plan was not saved") from error
        finally:
            partial.unlink(missing_ok=True)

    def apply(
        self,
        journal: AnyPath | None = None,
        *,
        concurrency: int = CONCURRENCY,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Summary:
        """Write the changes, each noted in the journal before it is sent and when its outcome is known.

        Interrupted, what is under way is finished and noted; ``resume`` goes on with the rest.

        Args:
            journal: The journal's file; made if there is none. By default, where the plan says.
            concurrency: How many requests may be under way.
            on_progress: Is told of each outcome.

        Returns:
            What became of the changes.

        Raises:
            JournalError: If the journal cannot be used. Nothing was written, if that is so from the start.
            MaiaError: If the service refuses the credentials, or has nothing but errors. What was done is noted.
        """
        self._enter(journal)
        total = self.left
        self._set_state("running")
        counted = {"done": 0, "failed": 0}

        def count(attempt: Attempt) -> None:
            counted["done"] += 1
            counted["failed"] += attempt.outcome != "done"
            if on_progress:
                on_progress(Progress(counted["done"], counted["failed"], total))

        try:
            sending = Sending(self._client, self._store, self._run, fresh=self._fresh, total=total, count=count)
            sending.send(concurrency, of_groups=False)
            # One at a time, so that of each answer it is known which members should be in it.
            sending.send(1, of_groups=True)
        finally:
            self._set_state("stopped" if self.left else "finished")
        return self.summary

    def _enter(self, journal: AnyPath | None) -> None:
        """Make the plan a run of the journal, which holds it from now on."""
        if self._begun:
            return
        file = Path(journal) if journal else self.journal
        if file is None:
            raise PlanError("no journal: say where it is to be")
        store = Store.open(file, "create")
        try:
            _check_new(store, records.uid(self._store, self._run))
            with store.together():
                for left in unfinished(store, self._client):
                    store.write(_ABANDON, {"run": left})
                run = self._store.copy_run(self._run, store, journal=None, state="running")
        except BaseException:
            store.close()
            raise
        made, self._store = self._store, store
        self._run, self._begun, self.journal = run, True, file
        made.close()

    def _set_state(self, state: Literal["running", "stopped", "finished"]) -> None:
        self._store.write("UPDATE run SET state = :state WHERE run = :run", {"state": state, "run": self._run})


def _check_new(journal: Store, uid: str) -> None:
    """Refuse a plan that a journal has already.

    Raises:
        JournalError: If it has.
    """
    known = journal.row("SELECT state, planned FROM run WHERE uid = ?", uid)
    if known is not None:
        how = "has been applied already" if known["state"] == "finished" else "was begun already: resume it"
        raise JournalError(f"{journal.name}: this plan of {known['planned']} {how}")


def _check_replaced(file: Path) -> None:
    """Refuse to save a plan in the place of anything but a plan: a journal may be the only trail there is.

    Raises:
        JournalError: If there is something else.
    """
    if not file.exists() or (file.is_file() and not file.stat().st_size):
        return
    if not is_ours(file):
        raise JournalError(f"{file}: there is another file of that name; the plan was not saved")
    with Store.open(file, "read") as store:
        if store.row("SELECT run FROM run WHERE state <> 'planned'"):
            raise JournalError(f"{file}: that is a journal; the plan was not saved")


def unfinished(journal: Store, client: MaiaScim) -> list[int]:
    """The runs of a journal that a client may go on with, the newest first."""
    core = core_of(client)
    return [row["run"] for row in journal.rows(_UNFINISHED) if core.is_for(row["base_url"], row["account"])]


def unfinished_of(journal: Store, client: MaiaScim) -> int:
    """The newest of them.

    Raises:
        JournalError: If there is none.
    """
    found = unfinished(journal, client)
    if not found:
        raise JournalError(f"{journal.name}: every run of this account came to its end: there is nothing to resume")
    return found[0]


def check_same(client: MaiaScim, about: About) -> None:
    """Refuse a plan that is about another directory.

    Raises:
        PlanError: If it is.
    """
    core = core_of(client)
    if not core.is_for(about.base_url, about.account):
        raise PlanError(f"the plan is about {about}, and this is {core.place.base_url}, account {core.auth.account}")


def _seen_from(file: Path, journal: Path | None) -> str | None:
    """Where a journal is, seen from the folder of a plan."""
    if journal is None:
        return None
    try:
        return os.path.relpath(journal, file.parent)
    except ValueError:  # on another drive
        return None
