"""Carrying out a plan, alike for every command that makes one: show it, stop at guard rails, ask, write, report."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import click

from maia_scim.cli.exits import FAILED, UNKNOWN, Failed, Interrupted, Stopped, Wrong
from maia_scim.cli.output import can_ask, check_can_ask, confirm, say, type_name, warn
from maia_scim.cli.places import check_places

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path
    from types import FrameType

    from maia_scim import MaiaScim
    from maia_scim.apply import Plan
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output
    from maia_scim.cli.places import Named
    from maia_scim.cli.plan_options import PlanOptions


class CarryOut:
    """What a command does once it has its options, and its plan.

    >>> job = CarryOut(connection, output, options)
    >>> job.check([("FILE", file)])
    >>> with job.told(), job.client() as client, make_a_plan(client) as plan:
    ...     code = job.run(plan)
    >>> if code:
    ...     click.get_current_context().exit(code)

    Args:
        connection: Which account it is about.
        output: How to show data: ``table`` or ``json``.
        options: Its options.
        receipt: Shows what became of the plan in the command's own way, as lines or as JSON; else JSON is that of a
            report, and lines are of what did not go.
    """

    def __init__(
        self,
        connection: Connection,
        output: Output,
        options: PlanOptions,
        *,
        receipt: Callable[[Plan, Output], object] | None = None,
    ) -> None:
        self._connection, self._options, self._receipt = connection, options, receipt
        self._output: Output = output
        self._kept: list[Named] = []

    def check(self, files: Iterable[Named] = (), *, journal: Path | None = None) -> None:
        """Refuse what does not go together, before anything is sent.

        Args:
            files: What else the command reads, each with the option that names it.
            journal: Where the journal will be, if ``--journal`` does not say, and if that is known already.

        Raises:
            Wrong: Saying why.
        """
        from maia_scim.apply import report
        from maia_scim.apply.guards import at_most

        options = self._options
        self._kept = [*files, ("--protect", options.protect)]
        for name, bound in (
            ("--max-changes", options.max_changes),
            ("--max-deactivations", options.max_deactivations),
            ("--max-removals", options.max_removals),
        ):
            if bound is not None:
                try:
                    at_most(bound, 0)
                except ValueError as error:
                    raise Wrong(f"{name}: {error}") from None
        for each in options.report:
            try:
                report.format_of(each)
            except ValueError as error:
                raise Wrong(f"--report: {error}") from None
        if options.html and options.html.suffix.lower() not in (".html", ".htm"):
            raise Wrong(f"--html writes a page: {options.html} must end in .html")
        self._check_places(journal)
        if not options.dry_run:
            check_can_ask(yes=options.yes)

    def _check_places(self, journal: Path | None) -> None:
        options = self._options
        kept = self._kept if options.journal else [*self._kept, ("the journal", journal)]
        check_places([("--journal", options.journal)], self._kept)
        check_places(
            [
                ("--plan-out", options.plan_out),
                ("--html", options.html),
                *(("--report", each) for each in options.report),
                ("--failed-out", options.failed_out),
            ],
            [*kept, ("--journal", options.journal)],
        )

    @contextmanager
    def told(self) -> Generator[None]:
        """End the command in its own way where a plan is refused or interrupted."""
        from maia_scim.apply import ApplyError, GuardRail, JournalError

        wrote = self._connection.writes
        try:
            yield
        except GuardRail as error:
            raise Stopped(str(error)) from error
        except JournalError as error:
            raise (Failed if wrote.last else Wrong)(str(error)) from error
        except ApplyError as error:
            raise Wrong(str(error)) from error
        except KeyboardInterrupt as error:
            raise Interrupted("interrupted" if wrote.last else "interrupted: nothing was written") from error

    def client(self) -> MaiaScim:
        """Make the client, at the rate that was asked for; a context manager."""
        from maia_scim import RateLimit

        most = self._options.per_minute
        return self._connection.client(**({"rate_limit": RateLimit(most)} if most else {}))

    def run(self, plan: Plan, *, resumed: bool = False) -> int:
        """Show the plan, ask, write it, and report.

        Args:
            plan: The plan.
            resumed: Whether it goes on with a run that was shown and approved before.

        Returns:
            The exit code.

        Raises:
            GuardRail: If it would do more than was meant.
            Stopped: If the answer is no.
        """
        from maia_scim.apply import GuardRail

        options = self._options
        self._check_places(plan.journal)
        if options.failed_out and plan.form is None:
            raise Wrong("--failed-out writes rows of a file of users, and this plan has none")
        left = plan.left
        writes = left > 0 and not options.dry_run
        if writes and plan.journal is None and options.journal is None:
            raise Wrong("it is not said where the journal is to be: give --journal")
        self._show(plan, resumed=resumed, writes=writes)
        try:
            self._guard(plan)
        except GuardRail:
            self._report(plan, tried=False)
            raise
        if writes:
            self._ask(plan, left)
            with _Signals() as signals:
                try:
                    self._write(plan)
                finally:
                    signals.tell()
                    self._report(plan, tried=plan.begun)
        else:
            self._report(plan, tried=False)
        return self._code(plan)

    def _show(self, plan: Plan, *, resumed: bool, writes: bool) -> None:
        """Show the plan, and save it where that was asked for."""
        from maia_scim.cli import apply_show, apply_undo
        from maia_scim.cli.apply_reports import write_reports

        options, title = self._options, self._connection.title
        if plan.replaces:
            place = "; this plan takes its place" if writes else ""
            how = "--resume" if self._is_apply(plan) else f"maia-scim apply --resume --journal {plan.journal}"
            warn(f"{plan.journal} has a run that was cut short: {how} goes on with it{place}")
        for note in apply_undo.notes(plan):
            warn(note)
        if self._output == "json":
            say(title)
        elif resumed:
            apply_show.rest(plan, title)
        else:
            apply_show.plan(plan, title, show_all=options.show_all)
        if options.html:
            write_reports([options.html], plan.about, plan.summary, plan.entries, "plan", format="html")
        if options.plan_out:
            plan.save(options.plan_out)
            say(f"The plan is saved: maia-scim apply {options.plan_out}")

    def _guard(self, plan: Plan) -> None:
        from maia_scim.apply.guards import read_protected

        options = self._options
        allowed = {*options.allow_empty}
        if plan.summary.groups and not options.dry_run and not options.yes and can_ask():
            # They are asked about one by one; without somebody to ask, they are a guard rail.
            allowed |= {entry.id for entry in plan.emptied(options.allow_empty)}
        plan.check(
            max_changes=options.max_changes,
            max_deactivations=options.max_deactivations,
            max_removals=options.max_removals,
            protected=read_protected(options.protect) if options.protect else frozenset(),
            allow_empty=allowed,
        )

    def _ask(self, plan: Plan, left: int) -> None:
        from maia_scim.apply import words

        options = self._options
        if plan.summary.groups and not options.yes:
            for entry in plan.emptied(options.allow_empty):
                type_name(
                    f"{entry.name or entry.id} would be left without members. Type its name", entry.name or entry.id
                )
        asked = words.question(plan.about, plan.summary, left, plan.groups)
        confirm(f"{asked} ({self._connection.title})?", yes=options.yes)

    def _write(self, plan: Plan) -> None:
        from maia_scim.cli.apply_progress import writing

        options = self._options
        with writing(plan.about.kind) as progress:
            plan.apply(options.journal, concurrency=options.concurrency, on_progress=progress)

    def _report(self, plan: Plan, *, tried: bool) -> None:
        """Show what became of it, and write the reports that were asked for."""
        from maia_scim.apply.report import write_report
        from maia_scim.cli import apply_show
        from maia_scim.cli.apply_reports import write_failed, write_reports

        options = self._options
        if tried and self._output == "table":
            apply_show.outcome(plan)
        if self._receipt:
            self._receipt(plan, self._output)
        elif self._output == "json":
            write_report(sys.stdout, "json", plan.about, plan.summary, plan.entries())
        if tried:
            say(f"The journal is {plan.journal}.")
            if not self._is_apply(plan) and plan.summary.done:
                say(f"To undo: maia-scim apply --undo {plan.journal}")
        write_reports(options.report, plan.about, plan.summary, plan.entries)
        if options.failed_out and (form := plan.form):
            write_failed(options.failed_out, form, plan.failed())
        if tried and (left := plan.left):
            rest = "1 change is left" if left == 1 else f"{left:,} changes are left"
            say(f"{rest}: maia-scim apply --resume --journal {plan.journal}")

    @staticmethod
    def _is_apply(plan: Plan) -> bool:
        """Whether the command that made it has ``--resume`` and ``--undo`` itself."""
        return plan.about.kind in ("apply", "undo")

    def _code(self, plan: Plan) -> int:
        summary = plan.summary
        if summary.unknown:
            return UNKNOWN
        left = 0 if self._options.dry_run else summary.change - summary.done
        missed = summary.not_found + summary.invalid + summary.unread + summary.protected + summary.conflict
        return FAILED if left or missed else 0


def end(code: int) -> None:
    """End the command with a code."""
    if code:
        click.get_current_context().exit(code)


class _Signals:
    """What Ctrl-C and TERM do while a plan is written and told of; a context manager.

    The first lets what is under way come to its end, the second leaves it; what became of it is told all the same.
    """

    def __init__(self) -> None:
        self._count = 0
        self._telling = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._heard) for each in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def tell(self) -> None:
        """From now on it is told what became of the plan, which another Ctrl-C out of impatience does not keep off."""
        self._telling, self._count = True, 0

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._telling and self._count == 1:
            return
        if not self._telling:
            told = "what is under way is finished, and noted in the journal" if self._count == 1 else "at once"
            say(f"\nStopping: {told}.")
        raise KeyboardInterrupt


__all__ = ["CarryOut", "end"]
