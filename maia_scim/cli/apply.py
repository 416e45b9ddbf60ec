"""``maia-scim apply``: bring users to the state that a file says."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.carry_out import CarryOut, end
from maia_scim.cli.connection import Connection, connected
from maia_scim.cli.exits import Wrong
from maia_scim.cli.output import with_output
from maia_scim.cli.places import is_same
from maia_scim.cli.plan_options import PlanOptions, plan_options

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from maia_scim import MaiaScim
    from maia_scim.apply import Picks, Plan
    from maia_scim.cli.output import Output
    from maia_scim.index import Index

# Options about the rows of a file, by the name of their argument.
_OF_ROWS = {
    **{name: f"--{name}" for name in ("match", "skip", "limit", "mapping", "encoding", "delimiter")},
    "form": "--format",
    "clear_empty": "--clear-empty",
    "exact_case": "--exact-case",
    "skip_invalid": "--skip-invalid",
    "create_missing": "--create-missing",
}
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
_STDIN_JOURNAL = Path("stdin.journal")


@click.command(short_help="Bring users to the state that a file says: a plan to look at, then the changes.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), required=False)
@plan_options(groups=True, rows=True)
@click.option("--match", multiple=True, metavar="COL=REGEX", help="Take rows whose cell matches; several must all.")
@click.option("--skip", type=click.IntRange(0), default=0, metavar="N", help="Leave out the first N rows.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Take N rows at most: five first.")
@click.option("--mapping", type=_THERE, help="TOML file that says which attribute each column is.")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "json"]), help="By default, what it looks like.")
@click.option("--encoding", metavar="NAME", help="Encoding of the file, such as cp1252; UTF-8 by default.")
@click.option("--delimiter", metavar="SIGN", help="What separates the cells; by default, what the header has.")
@click.option("--clear-empty", is_flag=True, help="An empty cell clears the attribute; else it changes nothing.")
@click.option("--exact-case", is_flag=True, help="Change letter case, too, where SCIM says that it does not count.")
@click.option("--skip-invalid", is_flag=True, help="Leave out rows that are wrong, rather than refuse the file.")
@click.option("--create-missing", is_flag=True, help="Create who has a userName and no id, and is not known by it.")
@click.option("--resume", is_flag=True, help="Go on with a run that was cut short.")
@click.option("--undo", type=_THERE, metavar="JOURNAL", help="Bring back the values from before a run.")
@click.option("--run", type=click.IntRange(1), metavar="N", help="The run to undo; the newest by default.")
@with_output
@connected
def apply(connection: Connection, output: Output, options: PlanOptions, **given: Any) -> None:
    """Bring users to the state that FILE says.

    FILE is CSV, JSON Lines or JSON, or - for standard input; or a plan that --plan-out saved. Each row has the id of a
    user, and a column for each attribute that shall be so: id, userName, name.givenName, emails[work], active. Who is
    not in the file is not touched, attributes without a column neither. Where there is an index, a row may have a name
    instead of the id, or a userName alone.

    First all users are read and compared, and the plan is shown. Then, after a yes, what differs is written, and noted
    in the journal beside the file.
    """
    source = Source(connection, options, given)
    source.check()
    job = CarryOut(connection, output, options)
    job.check(source.files, journal=source.journal)
    with job.told(), job.client() as client, source.plan(client) as plan:
        code = job.run(plan, resumed=given["resume"])
    end(code)


class Source:
    """Where the plan comes from: a file, a plan that was saved, or a journal to go on with or to undo.

    Args:
        connection: Which account it is about.
        options: What is the same for every plan.
        given: The other options, by name.
    """

    def __init__(self, connection: Connection, options: PlanOptions, given: dict[str, Any]) -> None:
        self._connection, self._options, self._given = connection, options, given
        self._file: Path | None = given["file"]

    def check(self) -> None:
        """Refuse what does not go together, before anything is done.

        Raises:
            Wrong: Saying why.
        """
        given, file = self._given, self._file
        if file is not None and given["undo"]:
            raise Wrong("--undo takes its users from the journal: leave FILE out")
        if given["run"] and not given["undo"]:
            raise Wrong("--run says which run --undo is about")
        if file is None and not given["undo"] and not (given["resume"] and self._options.journal):
            raise Wrong("there is no FILE: name one, or --resume with --journal, or --undo")
        if self._options.failed_out and given["undo"]:
            raise Wrong("--failed-out writes rows of a FILE, and --undo has none")
        if given["resume"] or given["undo"]:
            self._check_no_rows("what --resume or --undo takes from the journal")

    def _check_no_rows(self, instead: str) -> None:
        """Refuse options that say how to read a file, where none is read."""
        for name, option in _OF_ROWS.items():
            if self._given[name]:
                raise Wrong(f"{option} says how rows of a file are taken, and {instead} is a plan already")

    @property
    def journal(self) -> Path | None:
        """Where the journal is, if that is known before the plan is made. A saved plan says itself."""
        from maia_scim.apply import journal_for
        from maia_scim.apply.store import is_ours

        file: Path | None = self._options.journal or self._given["undo"] or self._file
        if file is None or file in (self._options.journal, self._given["undo"]):
            return file
        if str(file) == "-":
            return _STDIN_JOURNAL
        if is_ours(file):
            return file if self._given["resume"] else None
        return journal_for(file)

    @property
    def files(self) -> list[tuple[str, Path | None]]:
        """What is read, each with the option that names it. The journal, which is added to, is none of them."""
        given, file = self._given, self._file
        files: list[tuple[str, Path | None]] = [
            ("FILE", None if str(file) == "-" else file),
            ("--mapping", given["mapping"]),
            ("--undo", given["undo"]),
        ]
        own = self.journal if given["resume"] or given["undo"] else None
        return [(name, each) for name, each in files if each is None or own is None or not is_same(each, own)]

    @contextmanager
    def plan(self, client: MaiaScim) -> Generator[Plan]:
        """Come by the plan that the options ask for."""
        from maia_scim import apply
        from maia_scim.apply.store import is_ours
        from maia_scim.cli.apply_progress import reading

        options, given, file = self._options, self._given, self._file
        if given["resume"]:
            known = self.journal
            assert known is not None
            with apply.resume(client, known) as plan:
                yield plan
        elif given["undo"]:
            with reading("Reading users") as progress:
                plan = apply.undo(
                    client,
                    given["undo"],
                    run=given["run"],
                    protect=options.protect,
                    profile=self._connection.profile,
                    concurrency=options.concurrency,
                    on_progress=progress,
                )
            with plan:
                yield plan
        elif file and is_ours(file):
            self._check_no_rows("a saved plan")
            with apply.open_plan(client, file, journal=options.journal) as plan:
                yield plan
        else:
            with reading("Reading users") as progress:
                plan = self._planned(client, progress)
            with plan:
                yield plan

    def _planned(self, client: MaiaScim, progress: Callable[[int, int], object]) -> Plan:
        from maia_scim import apply
        from maia_scim.apply.mapping import read_mapping

        options, given, file = self._options, self._given, self._file
        assert file is not None
        piped = str(file) == "-"
        return apply.plan(
            client,
            sys.stdin.buffer if piped else file,
            name="-" if piped else None,
            format=given["form"],
            encoding=given["encoding"],
            delimiter=given["delimiter"],
            mapping=read_mapping(given["mapping"]) if given["mapping"] else None,
            picks=_picks(given["match"], given["skip"], given["limit"]),
            clear_empty=given["clear_empty"],
            skip_invalid=given["skip_invalid"],
            index=self._index(),
            create_missing=given["create_missing"],
            exact_case=given["exact_case"],
            protect=options.protect,
            journal=options.journal or (_STDIN_JOURNAL if piped else None),
            profile=self._connection.profile,
            concurrency=options.concurrency,
            on_progress=progress,
        )

    def _index(self) -> Index | None:
        """The index, if there is one. Where users are created, it is made, so that later runs know them."""
        from maia_scim.cli.whom_options import Given, index_of

        if self._given["create_missing"] and not self._options.dry_run:
            return self._connection.make_index()
        return index_of(self._connection, Given())


def _picks(match: tuple[str, ...], skip: int, limit: int | None) -> Picks:
    from maia_scim.apply.picks import Picks

    try:
        return Picks.parse(match, skip, limit)
    except ValueError as error:
        raise Wrong(f"--match: {error}") from None
