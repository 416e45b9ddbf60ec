"""``maia-scim users rename``: give users other names, by a pattern or by pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from maia_scim.cli.carry_out import CarryOut, end
from maia_scim.cli.connection import connected
from maia_scim.cli.exits import DONE, FAILED, Wrong, worst
from maia_scim.cli.output import say, warn, with_output
from maia_scim.cli.plain import plain
from maia_scim.cli.plan_options import PlanOptions, plan_options
from maia_scim.cli.whom_options import NO_INDEX, Given, hint, index_of, whom_options

if TYPE_CHECKING:
    from maia_scim.apply import Pairs, Renaming, Whom
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.index import Index

_JOURNAL = Path("rename.journal")
_FEW = 10  # pairs that are told one by one
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Give users other names and addresses: a plan to look at, then the changes.")
@click.argument("who", metavar="[WHO]...", nargs=-1)
@click.option("--pattern", metavar="REGEX", help="What of a name is replaced, in any case: '@old\\.example$'.")
@click.option("--to", metavar="REPLACEMENT", help="What comes in its place: @new.example. \\1 is what a group found.")
@click.option("--pairs", type=_THERE, metavar="FILE", help="CSV or JSON file of the columns old and new, instead.")
@whom_options
@plan_options(journal=f"{_JOURNAL}, or FILE.journal of pairs,")
@with_output
@connected
def rename(
    connection: Connection,
    output: Output,
    options: PlanOptions,
    *,
    pattern: str | None,
    to: str | None,
    pairs: Path | None,
    given: Given,
) -> None:
    """Give users other names: userName and e-mail addresses together.

    By a pattern it is about WHO, which are ids or names that the index knows; or about --group, --ids or --index. By
    pairs it is about those who have the old names, as the index knows, if nobody is named.

    First all of them are read, and the plan is shown; it is refused if two would have the same name. Then, after a yes,
    who differs is written, and noted in the journal. maia-scim apply --undo JOURNAL brings the names back.
    """
    from maia_scim.apply import rename as make_plan
    from maia_scim.cli.apply_progress import reading

    given.check("WHO")
    _check(pattern, to, pairs, given)
    journal = options.journal or _journal(pairs)
    job = CarryOut(connection, output, options)
    job.check([("--pairs", pairs), given.file], journal=journal)
    with job.told():
        renaming = _renaming(pattern, to, pairs)
        index = index_of(connection, given)
        whom = given.whom(index) if given.anybody else _of_pairs(renaming, index)
        with job.client() as client:
            with reading("Reading users") as progress:
                plan = make_plan(
                    client,
                    renaming,
                    whom,
                    index=index,
                    protect=options.protect,
                    journal=journal,
                    profile=connection.profile,
                    concurrency=options.concurrency,
                    on_progress=progress,
                    tell=lambda text: say(plain(text)),
                )
            with plan:
                code = job.run(plan)
                hint(plan, index)
    end(worst([code, _tell_unused(renaming)]))


def _check(pattern: str | None, to: str | None, pairs: Path | None, given: Given) -> None:
    if (pattern is None) == (pairs is None):
        raise Wrong("it is not said what becomes of the names: --pattern with --to, or --pairs FILE; one of the two")
    if (pattern is None) != (to is None):
        raise Wrong("--pattern and --to go together: what is replaced, and what comes in its place")
    if pairs is None and not given.anybody:
        raise Wrong("it is not said whose: WHO, --group ID, --ids FILE, or --index for everyone whom the index knows")


def _journal(pairs: Path | None) -> Path:
    from maia_scim.apply import journal_for

    return journal_for(pairs) if pairs else _JOURNAL


def _renaming(pattern: str | None, to: str | None, pairs: Path | None) -> Renaming | Pairs:
    from maia_scim.apply import Pairs, Renaming

    if pairs:
        return Pairs.read(pairs)
    assert pattern is not None
    assert to is not None
    try:
        return Renaming(pattern, to)
    except ValueError as error:
        raise Wrong(f"--pattern and --to: {error}") from error


def _tell_unused(renaming: Renaming | Pairs) -> int:
    """Warn of pairs that are of nobody who was read, and give the exit code that this deserves."""
    from maia_scim.apply import Pairs

    unused = renaming.unused if isinstance(renaming, Pairs) else ()
    if not unused:
        return DONE
    one = len(unused) == 1
    shown = ", ".join(f"{pair.old} (line {pair.line})" for pair in unused[:_FEW])
    more = f" and {len(unused) - _FEW:,} more" if len(unused) > _FEW else ""
    warn(f"{len(unused):,} pair{'' if one else 's'} {'is' if one else 'are'} of nobody who was named: {shown}{more}")
    return FAILED


def _of_pairs(renaming: Renaming | Pairs, index: Index | None) -> Whom:
    """Those who have the old names; where one is not known any more, whoever has the new one: it was done before."""
    from maia_scim.apply import Pairs, Whom

    assert isinstance(renaming, Pairs)
    if index is None:
        raise Wrong(f"pairs are of names, and {NO_INDEX}; or say whose the names are: WHO, --group ID or --ids FILE")
    named = [pair.new if _is_done(index, pair.old, pair.new) else pair.old for pair in renaming.pairs]
    return Whom(ids=named, index=index)


def _is_done(index: Index, old: str, new: str) -> bool:
    return not _is_known(index, old) and _is_known(index, new)


def _is_known(index: Index, name: str) -> bool:
    from maia_scim.index import NameAmbiguous, NameNotFound

    try:
        index.find(name)
    except NameNotFound:
        return False
    except NameAmbiguous:  # told by whoever looks next
        return True
    return True


__all__ = ["rename"]
