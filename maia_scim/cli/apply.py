"""``maia-scim apply``: bring users to the state that a file says."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.connection import Connection, connected
from maia_scim.cli.exits import FAILED, UNKNOWN, Failed, Interrupted, Stopped, Wrong
from maia_scim.cli.output import check_can_ask, confirm, say, warn, with_output

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    from maia_scim import MaiaScim
    from maia_scim.apply import Picks, Plan

# Options about the rows of a file, by the name of their argument.
_OF_ROWS = {
    **{name: f"--{name}" for name in ("match", "skip", "limit", "mapping", "encoding", "delimiter")},
    "form": "--format",
    "clear_empty": "--clear-empty",
    "exact_case": "--exact-case",
    "skip_invalid": "--skip-invalid",
}
_FILE = click.Path(dir_okay=False, path_type=Path)
_THERE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Bring users to the state that a file says: a plan to look at, then the changes.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), required=False)
@click.option("--dry-run", "-n", is_flag=True, help="Make the plan, show it, and write nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before writing.")
@click.option("--plan-out", type=_FILE, help="Save the plan, to be applied later: maia-scim apply PLAN.")
@click.option("--html", type=_FILE, help="Write the plan as a page, for whoever has to approve it.")
@click.option("--all", "show_all", is_flag=True, help="Show every change; by default the first 50 users.")
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
@click.option("--max-changes", metavar="N|P%", help="Stop if more users would change: 20, or 5% of the rows.")
@click.option("--max-deactivations", metavar="N|P%", help="Stop if more users would be deactivated.")
@click.option("--protect", type=_THERE, help="File that names accounts never to deactivate or rename, one a line.")
@click.option("--journal", type=_FILE, help="Where to keep the journal; FILE.journal by default.")
@click.option("--resume", is_flag=True, help="Go on with a run that was cut short.")
@click.option("--undo", type=_THERE, metavar="JOURNAL", help="Bring back the values from before a run.")
@click.option("--run", type=click.IntRange(1), metavar="N", help="The run to undo; the newest by default.")
@click.option("--report", multiple=True, type=_FILE, help="Write the outcomes to a .json, .csv or .html file.")
@click.option("--failed-out", type=_FILE, help="Write the rows that failed, ready to be run again.")
@click.option("--concurrency", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests under way.")
@click.option("--per-minute", type=click.IntRange(1), metavar="N", help="Requests a minute; 1000 by default.")
@with_output
@connected
def apply(connection: Connection, output: str, **options: Any) -> None:
    """Bring users to the state that FILE says.

    FILE is CSV, JSON Lines or JSON, or - for standard input; or a plan that --plan-out saved. Each row has the id of a
    user, and a column for each attribute that shall be so: id, userName, name.givenName, emails[work], active. Who is
    not in the file is not touched, attributes without a column neither.

    First all users are read and compared, and the plan is shown. Then, after a yes, what differs is written, and noted
    in the journal beside the file.
    """
    from maia_scim import RateLimit

    job = Job(connection, output, options)
    job.check()
    settings = {"rate_limit": RateLimit(options["per_minute"])} if options["per_minute"] else {}
    with job.told(), connection.client(**settings) as client, job.plan(client) as plan:
        code = job.carry_out(plan)
    if code:
        click.get_current_context().exit(code)


class Job:
    """One run of the command.

    Args:
        connection: Which account it is about.
        output: How to show data.
        options: Its options, by name.
    """

    def __init__(self, connection: Connection, output: str, options: dict[str, Any]) -> None:
        self._connection, self._output, self._options = connection, output, options
        self._file: Path | None = options["file"]

    def check(self) -> None:
        """Refuse what does not go together, before anything is done.

        Raises:
            Wrong: Saying why.
        """
        options, file = self._options, self._file
        if file is not None and options["undo"]:
            raise Wrong("--undo takes its users from the journal: leave FILE out")
        if options["run"] and not options["undo"]:
            raise Wrong("--run says which run --undo is about")
        if file is None and not options["undo"] and not (options["resume"] and options["journal"]):
            raise Wrong("there is no FILE: name one, or --resume with --journal, or --undo")
        if options["failed_out"] and options["undo"]:
            raise Wrong("--failed-out writes rows of a FILE, and --undo has none")
        if options["resume"] or options["undo"]:
            self._check_no_rows("what --resume or --undo takes from the journal")
        from maia_scim.apply import report

        for each in options["report"]:
            try:
                report.format_of(each)
            except ValueError as error:
                raise Wrong(f"--report: {error}") from None
        for each in (
            options["plan_out"],
            options["html"],
            options["failed_out"],
            options["journal"],
            *options["report"],
        ):
            if each is not None and not each.absolute().parent.is_dir():
                raise Wrong(f"{each}: there is no such folder")  # at once, not at the end
        if not options["dry_run"]:
            check_can_ask(yes=options["yes"])

    def _check_no_rows(self, instead: str) -> None:
        """Refuse options that say how to read a file, where none is read."""
        for name, option in _OF_ROWS.items():
            if self._options[name]:
                raise Wrong(f"{option} says how rows of a file are taken, and {instead} is a plan already")

    @contextmanager
    def told(self) -> Generator[None]:
        """End the command in its own way where a plan is refused or interrupted."""
        from maia_scim.apply import ApplyError, GuardRail, JournalError

        try:
            yield
        except GuardRail as error:
            raise Stopped(str(error)) from error
        except JournalError as error:
            raise (Failed if self._connection.writes.last else Wrong)(str(error)) from error
        except ApplyError as error:
            raise Wrong(str(error)) from error
        except KeyboardInterrupt as error:
            raise Interrupted(
                "interrupted" if self._connection.writes.last else "interrupted: nothing was written"
            ) from error

    @contextmanager
    def plan(self, client: MaiaScim) -> Generator[Plan]:
        """Come by the plan that the options ask for."""
        from maia_scim import apply
        from maia_scim.apply.store import is_ours
        from maia_scim.cli.apply_progress import reading

        options, file = self._options, self._file
        journal: Path | None = options["journal"]
        if options["resume"]:
            known = journal or (file if file and is_ours(file) else apply.journal_for(file or Path("-")))
            with apply.resume(client, known) as plan:
                yield plan
        elif options["undo"]:
            with reading("Reading users") as progress:
                plan = apply.undo(
                    client,
                    options["undo"],
                    run=options["run"],
                    protect=options["protect"],
                    profile=self._connection.profile,
                    concurrency=options["concurrency"],
                    on_progress=progress,
                )
            with plan:
                yield plan
        elif file and is_ours(file):
            self._check_no_rows("a saved plan")
            with apply.open_plan(client, file, journal=journal) as plan:
                yield plan
        else:
            with reading("Reading users") as progress:
                plan = self._planned(client, progress)
            with plan:
                yield plan

    def _planned(self, client: MaiaScim, progress: Callable[[int, int], object]) -> Plan:
        from maia_scim import apply
        from maia_scim.apply.mapping import read_mapping

        options, file = self._options, self._file
        assert file is not None
        piped = str(file) == "-"
        return apply.plan(
            client,
            sys.stdin.buffer if piped else file,
            name="-" if piped else None,
            format=options["form"],
            encoding=options["encoding"],
            delimiter=options["delimiter"],
            mapping=read_mapping(options["mapping"]) if options["mapping"] else None,
            picks=_picks(options["match"], options["skip"], options["limit"]),
            clear_empty=options["clear_empty"],
            skip_invalid=options["skip_invalid"],
            exact_case=options["exact_case"],
            protect=options["protect"],
            journal=options["journal"] or (Path("stdin.journal") if piped else None),
            profile=self._connection.profile,
            concurrency=options["concurrency"],
            on_progress=progress,
        )

    def carry_out(self, plan: Plan) -> int:
        """Show the plan, ask, write it, and report.

        Returns:
            The exit code.
        """
        from maia_scim.apply import GuardRail
        from maia_scim.apply.guards import read_protected
        from maia_scim.cli import apply_show
        from maia_scim.cli.apply_reports import write_reports

        options = self._options
        left = plan.left
        if plan.replaces:
            warn(f"{plan.journal} has a run that was cut short: --resume goes on with it; this plan takes its place")
        if self._output == "json":
            say(self._connection.title)
        elif options["resume"]:
            apply_show.rest(plan, self._connection.title)
        else:
            apply_show.plan(plan, self._connection.title, show_all=options["show_all"])
        if options["html"]:
            write_reports([options["html"]], plan.about, plan.summary, plan.entries, "plan")
        if options["plan_out"]:
            plan.save(options["plan_out"])
            say(f"The plan is saved: maia-scim apply {options['plan_out']}")
        try:
            plan.check(
                max_changes=options["max_changes"],
                max_deactivations=options["max_deactivations"],
                protected=read_protected(options["protect"]) if options["protect"] else frozenset(),
            )
        except GuardRail:
            self._report(plan, tried=False)
            raise
        if left and not options["dry_run"]:
            self._ask(plan, left)
            try:
                self._write(plan)
            finally:
                self._report(plan, tried=True)
        else:
            self._report(plan, tried=False)
        return self._code(plan)

    def _ask(self, plan: Plan, left: int) -> None:
        summary = plan.summary
        what = "Undo the changes of" if plan.about.kind == "undo" else "Go on to change" if summary.done else "Change"
        off = f", deactivate {summary.deactivations} of them," if summary.deactivations else ""
        people = f"{left:,} user{'s' * (left != 1)}"
        confirm(f"{what} {people}{off} in {self._connection.title}?", yes=self._options["yes"])

    def _write(self, plan: Plan) -> None:
        from maia_scim.cli.apply_progress import writing

        with _finishing(), writing(plan.about.kind) as progress:
            plan.apply(self._options["journal"], concurrency=self._options["concurrency"], on_progress=progress)

    def _report(self, plan: Plan, *, tried: bool) -> None:
        """Show what became of it, and write the reports that were asked for."""
        from maia_scim.apply.report import write_report
        from maia_scim.cli import apply_show
        from maia_scim.cli.apply_reports import write_failed, write_reports

        options = self._options
        if self._output == "json":
            write_report(sys.stdout, "json", plan.about, plan.summary, plan.entries())
        elif tried:
            apply_show.outcome(plan)
        if tried:
            say(f"The journal is {plan.journal}.")
        write_reports(options["report"], plan.about, plan.summary, plan.entries)
        if options["failed_out"] and (form := plan.form):
            write_failed(options["failed_out"], form, plan.failed())
        if tried and plan.left:
            say(f"{plan.left:,} changes are left: maia-scim apply --resume --journal {plan.journal}")

    def _code(self, plan: Plan) -> int:
        summary = plan.summary
        if summary.unknown:
            return UNKNOWN
        left = 0 if self._options["dry_run"] else summary.change - summary.done
        missed = summary.not_found + summary.invalid + summary.unread + summary.protected + summary.conflict
        return FAILED if left or missed else 0


def _picks(match: tuple[str, ...], skip: int, limit: int | None) -> Picks:
    from maia_scim.apply.picks import Picks

    try:
        return Picks.parse(match, skip, limit)
    except ValueError as error:
        raise Wrong(f"--match: {error}") from None


@contextmanager
def _finishing() -> Generator[None]:
    """Have the first Ctrl-C, or a TERM, tell that what is under way is finished."""

    def told(_number: int, _frame: FrameType | None) -> None:
        say("\nStopping: what is under way is finished, and noted in the journal.")
        raise KeyboardInterrupt

    before = {each: signal.signal(each, told) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
