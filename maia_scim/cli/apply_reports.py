"""The files that ``apply`` and ``journal`` write: reports of outcomes, and rows that failed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from maia_scim.apply import report
from maia_scim.apply.reading import write_rows
from maia_scim.cli.exits import Failed
from maia_scim.cli.output import say
from maia_scim.files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from maia_scim.apply import About, Entry, Summary
    from maia_scim.apply.reading import Form


def write_reports(
    files: Iterable[Path], about: About, summary: Summary, entries: Callable[[], Iterable[Entry]], what: str = "report"
) -> None:
    """Write reports, each in the format of its suffix, and say where they are.

    Args:
        files: The files.
        about: What the run is about.
        summary: How many entries there are of each kind.
        entries: Gives the entries, for each file anew.
        what: What to call them.

    Raises:
        Failed: If one cannot be written.
    """
    for file in files:
        with _told(file):
            report.save(file, about, summary, entries())
        say(f"The {what} is in {file}.")


def write_failed(file: Path, form: Form, entries: Iterable[Entry]) -> None:
    """Write the rows that failed as they came, and say how many there are.

    Raises:
        Failed: If the file cannot be written.
    """
    with _told(file), replacing(file) as out:
        count = write_rows(form, (entry.source for entry in entries), out)
    say(f"{count:,} row{'s' * (count != 1)} that failed {'are' if count != 1 else 'is'} in {file}.")


@contextmanager
def _told(file: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise Failed(f"{file}: {error.strerror or error}; it was not written") from error
