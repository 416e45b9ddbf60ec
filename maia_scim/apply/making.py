"""The ways to come by a plan: from a file, from one that was saved, from a journal to go on with or to undo."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, cast

from . import loading, naming, planning, records, undoing
from .errors import PlanError
from .guards import read_protected
from .judging import Rules
from .picks import Picks
from .planning import Making
from .plans import CONCURRENCY, Plan, check_same, unfinished, unfinished_of
from .reading import open_rows
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import Literal

    from maia_scim import MaiaScim
    from maia_scim.files import AnyPath
    from maia_scim.index import Index

    from .model import Verb

_ROWS = {"picks": "match, skip or limit"}
_SAVED = "SELECT run, journal FROM run WHERE state = 'planned' ORDER BY run DESC LIMIT 1"


def journal_for(file: AnyPath) -> Path:
    """Where the journal of a file is by default: beside it, by its name."""
    path = Path(file)
    return path.with_name(f"{path.name}.journal")


def plan(
    client: MaiaScim,
    file: AnyPath | BinaryIO,
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
    index: Index | None = None,
    create_missing: bool = False,
    protect: AnyPath | None = None,
    journal: AnyPath | None = None,
    profile: str | None = None,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
) -> Plan:
    """Plan what a file wants: read it, read each of its users, and compare. Nothing is written to the service.

    Users who are not in the file are not touched, attributes without a column neither. A file may be a table of
    actions, too, such as the CSV report of a plan: then ``plan_actions`` takes it.

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
        index: What knows ids by names. Rows may then have a name in the column ``id``, or a ``userName`` and no id.
        create_missing: Whether to create who has no id, and is neither in the index nor was created by an earlier run.
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
    opened = Path(file) if isinstance(file, str | os.PathLike) else file
    where = opened if isinstance(opened, Path) else None
    if mapping is None:
        from .acting import Ahead, is_table, plan_actions

        ahead = where or Ahead(cast("BinaryIO", opened))
        opened = cast("Path | BinaryIO", ahead)
        if is_table(ahead):
            _refuse(
                picks=picks not in (None, Picks()),
                format=format,
                encoding=encoding,
                delimiter=delimiter,
                clear_empty=clear_empty,
                skip_invalid=skip_invalid,
                create_missing=create_missing,
            )
            return plan_actions(
                client,
                opened,
                name=name,
                index=index,
                protect=protect,
                journal=journal,
                profile=profile,
                concurrency=concurrency,
                on_progress=on_progress,
            )
    with open_rows(
        opened,
        name=name,
        format=format,
        encoding=encoding,
        delimiter=delimiter,
        mapping=mapping,
        clear_empty=clear_empty,
        picks=picks,
        by_name=create_missing or index is not None,
    ) as source:

        def fill(making: Making) -> None:
            loading.load(making.store, making.run, source)
            naming.resolve(making, source.name, create_missing=create_missing)
            loading.check(making.store, making.run, source.name, skip_invalid=skip_invalid)
            planning.compare(making, lambda number, held: naming.wanted(making, number, held))

        return make(
            client,
            "apply",
            fill,
            name=PurePath(source.name).name,
            index=index,
            exact_case=exact_case,
            protect=protect,
            journal=journal or (journal_for(where) if where else None),
            profile=profile,
            concurrency=concurrency,
            on_progress=on_progress,
        )


def _refuse(**given: object) -> None:
    """Refuse what says how rows of users are taken.

    Raises:
        PlanError: If any of it was given.
    """
    if found := [name for name, value in given.items() if value]:
        names = ", ".join(_ROWS.get(name, name) for name in found)
        raise PlanError(f"{names}: that is about rows of users, and the file is a table of actions")


def make(
    client: MaiaScim,
    verb: Verb,
    fill: Callable[[Making], object],
    *,
    name: str = "",
    index: Index | None = None,
    exact_case: bool = False,
    protect: AnyPath | None = None,
    journal: AnyPath | None = None,
    profile: str | None = None,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
) -> Plan:
    """Make a plan.

    Args:
        client: The client.
        verb: What makes it.
        fill: Notes what is to be changed.
        name: What to call the file that it is about.
        index: What knows ids by names; it takes note of everything that is read.
        exact_case: As of ``plan``.
        protect: As of ``plan``.
        journal: As of ``plan``.
        profile: As of ``plan``.
        concurrency: As of ``plan``.
        on_progress: As of ``plan``.
    """
    rules = Rules(exact_case=exact_case, protected=read_protected(protect) if protect else frozenset())
    known = index.fed_by(client) if index else client
    store = Store.temporary()
    try:
        known_journal = Path(journal) if journal else None
        with _earlier(known_journal) as earlier:
            left = unfinished(earlier, client) if earlier else []
            run = planning.begin(store, client, verb, name, profile)
            fill(Making(known, store, run, earlier, rules, index, concurrency, on_progress))
        return Plan(known, store, run, journal=known_journal, fresh=True, replaces=bool(left))
    except BaseException:
        store.close()
        raise


def open_plan(client: MaiaScim, file: AnyPath, *, journal: AnyPath | None = None) -> Plan:
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
    file = Path(file)
    store = Store.open(file, "read")
    try:
        row = store.only(_SAVED, "it holds no plan that is still to be applied; it may be a journal")
        known = file.parent / row["journal"] if row["journal"] else None
        if known is None or not known.parent.is_dir():
            known = journal_for(file)
        return Plan(client, store, row["run"], journal=Path(journal) if journal else known, fresh=False)
    except BaseException:
        store.close()
        raise


def resume(client: MaiaScim, journal: AnyPath) -> Plan:
    """Go on with a run that was cut short: the plan that was approved, without what was done.

    A change that may have been done is looked at first, and not made twice.

    Args:
        client: The client.
        journal: The journal.

    Raises:
        JournalError: If there is no such journal, nothing to go on with, or another run is using it.
    """
    journal = Path(journal)
    store = Store.open(journal, "write")
    try:
        return Plan(client, store, unfinished_of(store, client), journal=journal, fresh=False, begun=True)
    except BaseException:
        store.close()
        raise


def undo(
    client: MaiaScim,
    journal: AnyPath,
    *,
    run: int | None = None,
    protect: AnyPath | None = None,
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
    journal = Path(journal)
    with Store.open(journal, "read") as earlier:
        number = undoing.run_of(earlier, client, run)
        check_same(client, records.about(earlier, number))
        made = make(
            client,
            "undo",
            lambda making: undoing.compare(making, earlier, number),
            name=journal.name,
            exact_case=True,
            protect=protect,
            journal=journal,
            profile=profile,
            concurrency=concurrency,
            on_progress=on_progress,
        )
        made.undoes = number
        return made


@contextmanager
def _earlier(journal: Path | None) -> Generator[Store | None]:
    """The journal of earlier runs, if there is one; none if it is empty, as one that a crash left."""
    if journal is None or not journal.exists() or not journal.stat().st_size:
        yield None
        return
    with Store.open(journal, "read") as store:
        yield store
