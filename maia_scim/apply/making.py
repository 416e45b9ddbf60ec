"""The ways to come by a plan: from a file, from one that was saved, from a journal to go on with or to undo."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO

from . import planning, records, undoing
from .guards import read_protected
from .planning import Rules
from .plans import CONCURRENCY, Plan, check_same, unfinished, unfinished_of
from .reading import open_rows
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import Literal

    from maia_scim import MaiaScim

    from .picks import Picks

_SAVED = "SELECT run, journal FROM run WHERE state = 'planned' ORDER BY run DESC LIMIT 1"


def journal_for(file: Path) -> Path:
    """Where the journal of a file is by default: beside it, by its name."""
    return file.with_name(f"{file.name}.journal")


def plan(
    client: MaiaScim,
    file: Path | BinaryIO,
    *,
    name: str | None = None,
    format: Literal["csv", "jsonl", "json"] | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    mapping: Mapping[str, str] | None = None,
    picks: Picks | None = None,
    clear_empty: bool = False,
    skip_invalid: bool = False,
    exact_case: bool = False,
    protect: Path | None = None,
    journal: Path | None = None,
    profile: str | None = None,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
) -> Plan:
    """Plan what a file wants: read it, read each of its users, and compare. Nothing is written to the service.

    Users who are not in the file are not touched, attributes without a column neither.

    Args:
        client: The client.
        file: CSV, JSON Lines or JSON: a path, or a binary stream.
        name: What to call a stream.
        format: Which of them it is; by its name or its first byte, if not given.
        encoding: The encoding of its text; by its byte order mark, else UTF-8, if not given.
        delimiter: What separates the cells of a CSV file; counted in its header, if not given.
        mapping: Attributes by column header, for headers that are none; ``""`` leaves a column out.
        picks: Which rows to take; all, if not given.
        clear_empty: Whether an empty cell clears the attribute; else it changes nothing.
        skip_invalid: Whether to go on without rows that are wrong, rather than to refuse the file.
        exact_case: Whether a change of letter case alone is one where SCIM says that case does not count.
        protect: A file that names accounts that are never deactivated or renamed, one a line.
        journal: The journal of earlier runs, if there is one: what the service is known to keep otherwise is not
            proposed again. ``Plan.apply`` writes it.
        profile: What to call the account in the plan's heading.
        concurrency: How many requests may be under way.
        on_progress: Is told how many users were read, of how many.

    Returns:
        The plan. Close it, or use ``with``.

    Raises:
        InvalidFile: If the file cannot be taken as it is; nothing was sent.
        JournalError: If the journal cannot be read.
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """
    where = file if isinstance(file, Path) else None
    journal = journal or (journal_for(where) if where else None)
    rules = Rules(exact_case=exact_case, protected=read_protected(protect) if protect else frozenset())
    store = Store.temporary()
    try:
        with (
            _earlier(journal) as earlier,
            open_rows(
                file,
                name=name,
                format=format,
                encoding=encoding,
                delimiter=delimiter,
                mapping=mapping,
                clear_empty=clear_empty,
                picks=picks,
            ) as source,
        ):
            left = unfinished(earlier, client) if earlier else []
            run = planning.begin(store, client, "apply", PurePath(source.name).name, profile)
            planning.load(store, run, source, skip_invalid=skip_invalid)
            planning.compare(
                store,
                run,
                client,
                wish=planning.said(store),
                rules=rules,
                journal=earlier,
                concurrency=concurrency,
                on_progress=on_progress,
            )
        return Plan(client, store, run, journal=journal, fresh=True, replaces=bool(left))
    except BaseException:
        store.close()
        raise


def open_plan(client: MaiaScim, file: Path, *, journal: Path | None = None) -> Plan:
    """Take up a plan that ``Plan.save`` saved.

    Each of its users is read again before it is written, and not written if it has moved on (version or content).

    Args:
        client: The client.
        file: The plan.
        journal: Its journal; by default where that of the planned file is, as seen from the plan, if there is such a
            folder, else beside the plan.

    Raises:
        JournalError: If it is no plan.
        PlanError: If it is about another service or account.
    """
    store = Store.open(file, "read")
    try:
        row = store.only(_SAVED, "it holds no plan that is still to be applied; it may be a journal")
        known = file.parent / row["journal"] if row["journal"] else None
        if known is None or not known.parent.is_dir():
            known = journal_for(file)
        return Plan(client, store, row["run"], journal=journal or known, fresh=False)
    except BaseException:
        store.close()
        raise


def resume(client: MaiaScim, journal: Path) -> Plan:
    """Go on with a run that was cut short: the plan that was approved, without what was done.

    A change that may have been done is looked at first, and not made twice.

    Args:
        client: The client.
        journal: The journal.

    Raises:
        JournalError: If there is no such journal, nothing to go on with, or another run is using it.
    """
    store = Store.open(journal, "write")
    try:
        return Plan(client, store, unfinished_of(store, client), journal=journal, fresh=False, begun=True)
    except BaseException:
        store.close()
        raise


def undo(
    client: MaiaScim,
    journal: Path,
    *,
    run: int | None = None,
    protect: Path | None = None,
    profile: str | None = None,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
) -> Plan:
    """Plan to bring back the values from before a run. What others changed since is a conflict, and left alone.

    Args:
        client: The client.
        journal: The journal.
        run: The number of the run; the newest that wrote something, if not given.
        protect: As of ``plan``.
        profile: As of ``plan``.
        concurrency: As of ``plan``.
        on_progress: As of ``plan``.

    Raises:
        JournalError: If there is no such journal or run, or nothing to undo.
        PlanError: If the run is about another service or account.
        MaiaError: As of ``plan``.
    """
    rules = Rules(exact_case=True, protected=read_protected(protect) if protect else frozenset())
    earlier = Store.open(journal, "read")
    store = Store.temporary()
    try:
        number = undoing.run_of(earlier, client, run)
        check_same(client, records.about(earlier, number))
        made = planning.begin(store, client, "undo", journal.name, profile)
        undoing.compare(
            store, made, client, earlier, number, rules=rules, concurrency=concurrency, on_progress=on_progress
        )
        return Plan(client, store, made, journal=journal, fresh=True)
    except BaseException:
        store.close()
        raise
    finally:
        earlier.close()


@contextmanager
def _earlier(journal: Path | None) -> Generator[Store | None]:
    """The journal of earlier runs, if there is one; none if it is empty, as one that a crash left."""
    if journal is None or not journal.exists() or not journal.stat().st_size:
        yield None
        return
    with Store.open(journal, "read") as store:
        yield store
