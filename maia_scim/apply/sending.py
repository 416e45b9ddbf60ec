"""Writing what is left of a run: each change stands in the journal before it is sent, and when its outcome is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maia_scim.database import now
from maia_scim.many import Batch

from . import records
from .inside import run_of
from .member_writing import Rolls
from .reads import Streak, core_for
from .writing import Attempt, write

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from maia_scim import MaiaScim
    from maia_scim.core import Core
    from maia_scim.many import Outcome, Progress
    from maia_scim.steps import Life

    from .store import Store

_BEGIN = "INSERT INTO write (run, number, begun) VALUES (:run, :number, :begun)"
_CREATED = "UPDATE entry SET id = :id WHERE run = :run AND number = :number"
_END = """
UPDATE write SET ended = :ended, outcome = :outcome, error = :error, status = :status, request_id = :request_id,
    attempts = :attempts, differences = :differences, after = :after
WHERE seq = :seq
"""
_NEVER = """
UPDATE write SET ended = :ended, outcome = 'not_sent', error = :error, attempts = 0
WHERE run = :run AND number = :number AND ended IS NULL
"""
_STOPPED = "the run was stopped"


class Sending:
    """Writes what is left of a run.

    Args:
        client: The client.
        store: The journal.
        run: The run there.
        fresh: Whether its users were read just now. Of others, each is read again before it is written.
        total: How many changes are left.
        count: Is told of each outcome, but for what was not sent any more when the run was stopped.
    """

    def __init__(
        self, client: MaiaScim, store: Store, run: int, *, fresh: bool, total: int, count: Callable[[Attempt], object]
    ) -> None:
        self._client, self._store, self._run, self._fresh = client, store, run, fresh
        self._total, self._count = total, count
        self._flying: dict[int, Attempt] = {}
        self._taken: set[int] = set()  # by a thread
        self._leaving = False

    def send(self, concurrency: int, *, of_groups: bool) -> None:
        """Write the changes of users, or of groups.

        Args:
            concurrency: How many requests may be under way.
            of_groups: Which of them.

        Raises:
            MaiaError: If the service has nothing but errors.
        """
        self._flying.clear()
        self._taken.clear()
        core = core_for(self._client, self._total)
        begun = self._begun(of_groups=of_groups)
        outcomes = Batch(run_of(self._client), core, begun, concurrency, self._note, live=self._live).outcomes()
        try:
            _take(outcomes)
        finally:
            self._leaving = True
            try:
                outcomes.close()
            finally:
                self._tell_never_sent()
                self._leaving = False

    def _begun(self, *, of_groups: bool) -> Iterator[Attempt]:
        rolls = Rolls()
        for index, entry in enumerate(records.entries(self._store, records.OPEN, self._run, of_groups)):
            again = entry.result is not None and records.was_unknown(self._store, self._run, entry.number)
            attempt = self._flying[index] = Attempt(entry, look=again or not self._fresh, again=again, rolls=rolls)
            attempt.seq = self._store.write(_BEGIN, {"run": self._run, "number": entry.number, "begun": now()})
            yield attempt

    def _live(self, core: Core, index: int, attempt: Attempt) -> Life[Outcome]:
        self._taken.add(index)
        return write(core, index, attempt)

    def _note(self, told: Progress) -> None:
        index = told.last.index
        attempt = self._flying.get(index)
        if attempt is None:
            return  # told again after an interrupt
        stopped = self._leaving and attempt.outcome == "not_sent"
        if stopped:
            attempt.error = _STOPPED
        with self._store.together():
            self._store.write(_END, _outcome(attempt))
            if attempt.created:
                known = {"id": attempt.created, "run": self._run, "number": attempt.entry.number}
                self._store.write(_CREATED, known)
        del self._flying[index]
        self._taken.discard(index)
        if not stopped:
            self._count(attempt)

    def _tell_never_sent(self) -> None:
        """Note of what was begun when the run was stopped that it was not sent: no thread had it, and none takes it.

        Of what may have been written before, that stays as uncertain as it was.
        """
        for index, attempt in self._flying.items():
            if index not in self._taken and not attempt.again:
                known = {"run": self._run, "number": attempt.entry.number, "ended": now(), "error": _STOPPED}
                self._store.write(_NEVER, known)


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
