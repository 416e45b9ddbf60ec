"""A plan: what is to be changed, looked at before it is done; then done, with a journal."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from maia_scim.database import Closes, now
from maia_scim.many import Batch

from . import guards, records
from .errors import GuardRail, JournalError, PlanError
from .inside import core_of, run_of
from .memberships import Rolls
from .reads import Streak, core_for
from .store import Store, is_ours
from .writing import Attempt, write

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from maia_scim import MaiaScim
    from maia_scim.many import Outcome
    from maia_scim.many import Progress as Told

    from .guards import Protected
    from .model import About, Entry, State, Summary
    from .reading import Form

CONCURRENCY = 8  # requests under way
_BEGIN = "INSERT INTO write (run, number, begun) VALUES (:run, :number, :begun)"
# Whatever was left of earlier runs is in the new plan, if it is still wanted.
_ABANDON = "UPDATE run SET state = 'abandoned' WHERE run = :run"
_UNFINISHED = "SELECT run, base_url, account FROM run WHERE state IN ('running', 'stopped') ORDER BY run DESC"
_CREATED = "UPDATE entry SET id = :id WHERE run = :run AND number = :number"
_END = """
UPDATE write SET ended = :ended, outcome = :outcome, error = :error, status = :status, request_id = :request_id,
    attempts = :attempts, differences = :differences, after = :after
WHERE seq = :seq
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
    def form(self) -> Form | None:
        """How the file was written, for ``write_rows``; None of an undo."""
        return records.form(self._store, self._run)

    def check(
        self,
        *,
        max_changes: int | str | None = None,
        max_deactivations: int | str | None = None,
        protected: Protected = frozenset(),
    ) -> None:
        """Stop a plan that would do more than was meant.

        Args:
            max_changes: How many users may be changed: a number, or such as ``"10%"`` of the rows.
            max_deactivations: How many of them may be deactivated.
            protected: Accounts that must not be deactivated or renamed.

        Raises:
            GuardRail: If it would.
            ValueError: If a bound is neither a number nor a percentage.
        """
        found = guards.reasons(self.summary, max_changes, max_deactivations)
        if protected:
            found += guards.touched(self.entries("change"), protected)
        if found:
            raise GuardRail(found)

    def save(self, file: Path) -> None:
        """Save the plan, to be applied later; whole or not at all. Its owner alone may read the file.

        Raises:
            JournalError: If it cannot be written, or would take the place of something else than a plan.
        """
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
        journal: Path | None = None,
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
            self._write(total, concurrency, count, of_groups=False)
            # One at a time, so that of each answer it is known which members should be in it.
            self._write(total, 1, count, of_groups=True)
        finally:
            self._set_state("stopped" if self.left else "finished")
        return self.summary

    def _write(self, total: int, concurrency: int, count: Callable[[Attempt], object], *, of_groups: bool) -> None:
        """Write the changes of users, or of groups."""
        flying: dict[int, Attempt] = {}
        rolls = Rolls()

        def begun() -> Iterator[Attempt]:
            for index, entry in enumerate(records.entries(self._store, records.OPEN, self._run, of_groups)):
                again = entry.result is not None and entry.result.outcome == "unknown"
                attempt = Attempt(entry, look=again or not self._fresh, again=again, rolls=rolls)
                attempt.seq = self._store.write(_BEGIN, {"run": self._run, "number": entry.number, "begun": now()})
                flying[index] = attempt
                yield attempt

        def noted(told: Told) -> None:
            attempt = flying.get(told.last.index)
            if attempt is None:
                return  # told again after an interrupt
            with self._store.together():
                self._store.write(_END, _outcome(attempt))
                if attempt.created:
                    known = {"id": attempt.created, "run": self._run, "number": attempt.entry.number}
                    self._store.write(_CREATED, known)
            del flying[told.last.index]
            count(attempt)

        core = core_for(self._client, total)
        outcomes = Batch(run_of(self._client), core, begun(), concurrency, noted, live=write).outcomes()
        try:
            _take(outcomes)
        finally:
            outcomes.close()

    def _enter(self, journal: Path | None) -> None:
        """Make the plan a run of the journal, which holds it from now on."""
        if self._begun:
            return
        file = journal or self.journal
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


def _take(outcomes: Generator[Outcome]) -> None:
    """Take outcomes to the end, or until the service has nothing but errors."""
    streak = Streak()
    for outcome in outcomes:
        if streak.hopeless(outcome.error) and outcome.error is not None:
            raise outcome.error


def _outcome(attempt: Attempt) -> dict[str, Any]:
    return {
        "seq": attempt.seq,
        "ended": now(),
        "outcome": attempt.outcome,
        "error": attempt.error,
        "status": attempt.status,
        "request_id": attempt.request_id,
        "attempts": attempt.attempts,
        "differences": records.written(attempt.differences),
        "after": records.dumped(attempt.after),
    }


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
    return [row["run"] for row in journal.rows(_UNFINISHED) if is_same(client, row["base_url"], row["account"])]


def unfinished_of(journal: Store, client: MaiaScim) -> int:
    """The newest of them.

    Raises:
        JournalError: If there is none.
    """
    found = unfinished(journal, client)
    if not found:
        raise JournalError(f"{journal.name}: every run of this account came to its end: there is nothing to resume")
    return found[0]


def is_same(client: MaiaScim, base_url: str, account: str) -> bool:
    """Whether a client is for a directory. Of tokens it is not known whose they are: they are not told apart."""
    core = core_of(client)
    own = core.auth.account
    nameless = any(name.startswith(("token-", "callable-")) for name in (own, account))
    return core.place.base_url == base_url and (own == account or nameless)


def check_same(client: MaiaScim, about: About) -> None:
    """Refuse a plan that is about another directory.

    Raises:
        PlanError: If it is.
    """
    if not is_same(client, about.base_url, about.account):
        core = core_of(client)
        raise PlanError(f"the plan is about {about}, and this is {core.place.base_url}, account {core.auth.account}")


def _seen_from(file: Path, journal: Path | None) -> str | None:
    """Where a journal is, seen from the folder of a plan."""
    if journal is None:
        return None
    try:
        return os.path.relpath(journal, file.parent)
    except ValueError:  # on another drive
        return None
