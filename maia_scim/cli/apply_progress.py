"""How far reading and writing are, on standard error: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from maia_scim import clock
from maia_scim.cli.output import console, say

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from maia_scim.apply import Progress

_STEPS = 10  # lines of a long job


class Meter:
    """Counts, and tells how fast it goes and how long it takes from here.

    Args:
        what: What is done, for a line.
    """

    def __init__(self, what: str) -> None:
        self._what, self._begun, self._told = what, clock.monotonic(), 0

    def line(self, done: int, failed: int, total: int) -> str:
        """Tell how far it is: done and all, failures, rate, and the time that is left at this rate."""
        seconds = max(clock.monotonic() - self._begun, 0.001)
        rate = done / seconds
        wrong = f", {failed:,} failed" if failed else ""
        left = f", {_duration((total - done) / rate)} left" if 0 < done < total else ""
        return f"{self._what} {done:,} of {total:,}{wrong}, {rate * 60:,.0f} a minute{left}"

    def due(self, done: int, total: int) -> bool:
        """Whether there is as much new as a line is worth."""
        step = done * _STEPS // total if total else 0
        new = step > self._told
        self._told = max(step, self._told)
        return new


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


@contextmanager
def reading(what: str) -> Generator[Callable[[int, int], object]]:
    """Show how far reading is.

    Yields:
        What takes the number of users that were read, and of all.
    """
    with _shown(what) as show:
        yield lambda done, total: show(done, 0, total)


@contextmanager
def writing(kind: str) -> Generator[Callable[[Progress], object]]:
    """Show how far writing is."""
    with _shown("Undoing" if kind == "undo" else "Writing") as show:
        yield lambda told: show(told.done, told.failed, told.total)


@contextmanager
def _shown(what: str) -> Generator[Callable[[int, int, int], object]]:
    meter = Meter(what)
    if not sys.stderr.isatty():

        def tell(done: int, failed: int, total: int) -> None:
            if total > 100 and meter.due(done, total):
                say(meter.line(done, failed, total))

        yield tell
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(bar_width=30), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console(err=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, failed, total: bar.update(
            task, completed=done, total=total, description=meter.line(done, failed, total)
        )
