"""The files that ``apply`` and ``journal`` write: reports of outcomes, and rows that failed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from maia_scim.apply import report
from maia_scim.apply.reading import write_rows
from maia_scim.apply.words import counted
from maia_scim.cli.exits import Failed
from maia_scim.cli.output import say
from maia_scim.files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from maia_scim.apply import About, Entry, Summary
    from maia_scim.apply.reading import Form
    from maia_scim.apply.report import Format


def write_reports(
    files: Iterable[Path],
    about: About,
    summary: Summary,
    entries: Callable[[], Iterable[Entry]],
    what: str = "report",
    *,
    format: Format | None = None,
) -> None:
    """Write reports, each in the format of its suffix, and say where they are.

    Args:
        files: The files.
        about: What the run is about.
        summary: How many entries there are of each kind.
        entries: Gives the entries, for each file anew.
        what: What to call them.
        format: Their format, if it is not that of the suffix.

    Raises:
        Failed: If one cannot be written.
    """
    for file in files:
        with _told(file):
            report.save(file, about, summary, entries(), format=format)
        say(f"The {what} is in {file}.")


def write_failed(file: Path, form: Form, entries: Iterable[Entry]) -> None:
    """Write the rows that failed as they came, and say how many there are.

    Those of protected accounts are not among them: run again without ``--protect``, the file would deactivate them.

    Raises:
        Failed: If the file cannot be written.
    """
    protected = 0

    def sources() -> Iterator[Any]:
        nonlocal protected
        for entry in entries:
            if entry.state == "protected":
                protected += 1
            elif entry.source is not None:
                yield entry.source

    with _told(file), replacing(file) as out:
        count = write_rows(form, sources(), out)
    say(f"{counted(count, 'row')} that failed {'are' if count != 1 else 'is'} in {file}.")
    if protected:
        whose = "a protected account is" if protected == 1 else "protected accounts are"
        say(f"{counted(protected, 'row')} of {whose} not in it.")


@contextmanager
def _told(file: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise Failed(f"{file}: {error.strerror or error}; it was not written") from error
