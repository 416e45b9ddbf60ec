"""Making a plan: the file is read and checked, each user read and compared with what its row wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from maia_scim.database import now
from maia_scim.errors import NotFound
from maia_scim.resources import version_of

from . import names, records
from .errors import Moved
from .inside import core_of
from .judging import judged, user_name
from .reads import Read, Streak, read_users
from .store import ADD_ENTRY, EMPTY, UPDATE, Store
from .wanted import changes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from maia_scim import MaiaScim
    from maia_scim.diff import Difference
    from maia_scim.index import Index

    from .judging import Rules
    from .model import Setting
    from .whom import Chosen

_LEAVE_OUT = "DELETE FROM entry WHERE run = :run AND number = :number"


class Wish(Protocol):
    """Tells what is wanted of a user."""

    def __call__(self, number: int, held: dict[str, Any], /) -> Iterable[Setting] | None:
        """Tell it, by the number of the entry and JSON of the user as the service holds it; None leaves the user out.

        Raises:
            ValueError: If it cannot be.
            LookupError: If it is another user than is meant.
            Moved: If the user is not what it was made for.
        """
        ...


@dataclass(slots=True)
class Making:
    """A plan that is being made.

    Args:
        client: The client.
        store: Where the plan is.
        run: The run there.
        earlier: The journal of earlier runs, if there is one.
        rules: How to compare.
        index: What knows ids by names.
        concurrency: How many requests may be under way.
        on_progress: Is told how many users were read, of how many.
    """

    client: MaiaScim
    store: Store
    run: int
    earlier: Store | None
    rules: Rules
    index: Index | None
    concurrency: int
    on_progress: Callable[[int, int], object] | None
    streak: Streak = field(default_factory=Streak, init=False)  # of groups that could not be read

    @property
    def base_url(self) -> str:
        """The address of the service."""
        return core_of(self.client).place.base_url


def begin(store: Store, client: MaiaScim, kind: str, file: str, profile: str | None) -> int:
    """Add a run to a store.

    Returns:
        Its number.
    """
    core = core_of(client)
    region = core.place.region
    return store.add_run(
        {
            "uid": uuid4().hex,
            "kind": kind,
            "base_url": core.place.base_url,
            "region": region.value if region else None,
            "account": core.auth.account,
            "profile": profile,
            "file": file,
            "sha256": None,
            "form": None,
            "journal": None,
            "planned": now(),
            "passed": 0,
            "state": "planned",
        }
    )


def choose(store: Store, run: int, ids: Iterable[Chosen]) -> None:
    """Take users, each once.

    Args:
        store: Where to.
        run: The run.
        ids: Who they are.
    """
    with store.together():
        for number, each in enumerate(ids, 1):
            values = {"run": run, "number": number, "id": each.id, "said": each.said, "seen": each.seen}
            store.write(ADD_ENTRY, {**EMPTY, **values, "state": "unread"})


def compare(making: Making, wish: Wish) -> None:
    """Read each user, and note what is to be changed in it.

    Args:
        making: The plan, with an entry for each of them.
        wish: Tells what is wanted of a user.

    Raises:
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """
    store, run = making.store, making.run
    row = store.row("SELECT count(*) AS count FROM entry WHERE run = ? AND state = 'unread'", run)
    total: int = row["count"] if row else 0
    ids = ((entry.number, entry.id) for entry in records.entries(store, records.OF_STATE, run, "unread"))
    passed = 0
    for done, read in enumerate(read_users(making.client, ids, total, making.concurrency), 1):
        values = None if read.error else _compared(making, wish, read)
        if read.error is None and values is None:
            store.write(_LEAVE_OUT, {"run": run, "number": read.key})
            passed += 1
        else:
            note(store, run, read, values or {})
        if making.on_progress:
            making.on_progress(done, total)
    store.write("UPDATE run SET passed = :passed WHERE run = :run", {"passed": passed, "run": run})


def _compared(making: Making, wish: Wish, read: Read) -> dict[str, Any] | None:
    """Columns of the entry of a user who was read; None of one who is not meant."""
    held: dict[str, Any] = read.user.to_dict()
    row = making.store.row("SELECT said FROM entry WHERE run = ? AND number = ?", making.run, read.key)
    if row and row["said"] is not None and not names.has(held, row["said"]):
        return {"state": "not_found", "note": names.outdated(held, row["said"])}
    try:
        settings = wish(read.key, held)
    except LookupError as error:
        return {"name": user_name(held), "state": "not_found", "note": str(error.args[0])}
    except ValueError as error:
        return {"name": user_name(held), "state": "invalid", "note": str(error)}
    except Moved as error:
        return {"name": user_name(held), "state": "conflict", "note": str(error)}
    if settings is None:
        return None
    known: dict[str, Difference] = {}
    if making.earlier:
        known = records.known_differences(making.earlier, read.user.id, making.base_url)
    return judged(held, version_of(read.user), changes_of(held, settings), making.rules, known)


def note(store: Store, run: int, read: Read, values: Mapping[str, Any]) -> None:
    """Note what a plan has for a user that was read, or could not be.

    Args:
        store: Where to.
        run: The run.
        read: What came of reading it.
        values: Columns of its entry, if it was read.
    """
    why: dict[str, Any] = {}
    if isinstance(read.error, NotFound):
        why = {"state": "not_found", "note": names.NO_INDEX if "@" in read.id else None}
    elif read.error is not None:
        why = {"state": "unread", "note": str(read.error)}
    store.write(UPDATE, {**EMPTY, **values, **why, "run": run, "number": read.key})
