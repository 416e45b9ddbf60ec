"""How a command ends: the exit codes, the errors that carry them, and what becomes of all other errors.

The codes are told in one place, docs/command-line.md, and stand in one place, here. They are stable: a script may go by
them.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, Final

import click

from maia_scim.cli.plain import plain_lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from maia_scim.errors import MaiaError

DONE: Final = 0
"""Done; or there was nothing to do."""
FAILED: Final = 1
"""The service or the network said no, or only a part was done. Nothing is uncertain."""
WRONG: Final = 2
"""Called wrongly: usage, configuration, a file that cannot be read. Nothing was sent."""
STOPPED: Final = 3
"""Stopped before the first write, by a guard rail or by somebody who answered no."""
UNKNOWN: Final = 4
"""It is not known whether a write was done."""
INTERRUPTED: Final = 130
"""Interrupted by Ctrl-C, as shells count it: 128 and the number of the signal."""

# From the one that matters least. What is unknown has to be looked into, whatever else there is.
_RANK = (DONE, STOPPED, WRONG, FAILED, UNKNOWN, INTERRUPTED)

# What only output comes to; files are written and read where these are told with their names.
_NOT_WRITTEN = (errno.EPIPE, errno.ENOSPC, errno.EIO)

READ_AGAIN = "It is not known whether that was done: read it again before you do it again"


class Ending(click.ClickException):
    """An error that ends the command with a message on standard error."""

    exit_code = FAILED

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message. What it repeats of the service cannot control the terminal."""
        with suppress(OSError):  # the exit code is told all the same
            click.echo(f"Error: {plain_lines(self.format_message())}", file=file, err=file is None)


class Failed(Ending):
    """The service or the network said no, or only a part was done."""


class Wrong(Ending):
    """The command was called wrongly; nothing was sent."""

    exit_code = WRONG


class Stopped(Ending):
    """A guard rail or somebody's no stopped the command before the first write."""

    exit_code = STOPPED


class Unknown(Ending):
    """It is not known whether a write was done."""

    exit_code = UNKNOWN


class Interrupted(Ending):
    """Somebody pressed Ctrl-C."""

    exit_code = INTERRUPTED


class Writes:
    """What is known of the writes that a command sent.

    Attributes:
        last: The one that was sent last, or may have been, such as ``PATCH …/Users/{id}``; None if there was none.
        uncertain: The one of which it is not known whether it was done; None if there is none.
    """

    def __init__(self) -> None:
        self.last: str | None = None
        self.uncertain: str | None = None

    def note(self, event: object) -> None:
        """Take note of an event of the client."""
        from maia_scim.events import Attempt, CallEnd

        if not isinstance(event, Attempt | CallEnd) or event.method == "GET":
            return
        what = f"{event.method} {event.path}"
        if isinstance(event, Attempt):
            self.last = what
        elif event.attempts:
            self.last, self.uncertain = what, what if event.outcome == "unknown" else None


def worst(codes: Iterable[int]) -> int:
    """The code for several things that ended in different ways; that of nothing at all is ``DONE``."""
    return max(codes, key=_RANK.index, default=DONE)


def ending(error: MaiaError, *, wrote: bool = True) -> Ending:
    """The end of a command that came to an error of the SDK.

    Args:
        error: The error.
        wrote: Whether a write was sent, or may have been. What is unknown of a read harms nobody.
    """
    from maia_scim import errors
    from maia_scim.index.errors import IndexFault

    told = str(error)
    if isinstance(error, errors.ConfigurationError | IndexFault):
        return Wrong(told)
    if isinstance(error, errors.LossyReplace):
        shown = ", ".join(error.paths[:10]) + (f" and {len(error.paths) - 10} more" if len(error.paths) > 10 else "")
        return Stopped(
            f"nothing was written, since {shown} would be cleared: what is to be replaced "
            "holds it, and what you gave does not speak of it. Give it a value, or null to clear it; `replace` takes "
            "--guard off to write what you gave as it is"
        )
    if error.outcome == "unknown" and wrote:
        return Unknown(f"{told}\n{READ_AGAIN}.")
    return Failed(told)


@contextmanager
def answered(writes: Writes | None = None) -> Generator[None]:
    """Have what goes wrong in the block end the command with one line and the right code.

    Errors of the SDK, arguments that it refuses (``ValueError``, ``TypeError``), Ctrl-C and a reader that went away are
    turned into an ``Ending``. An error that nobody foresaw stays one, with its traceback.

    Args:
        writes: What is known of the writes of the block. Without it every error is taken for that of a write.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        told = _told(error, writes)
        if told is None:
            raise
        raise told from error


def _told(error: BaseException, writes: Writes | None) -> Ending | None:
    """The end of a command for an error; None for one that is an end already, or that nobody foresaw."""
    from maia_scim.errors import MaiaError

    if isinstance(error, MaiaError):
        return ending(error, wrote=writes is None or writes.last is not None)
    if isinstance(error, ValueError | TypeError) and not (writes and writes.last) and _of_arguments(error):
        return Wrong(str(error))
    if isinstance(error, KeyboardInterrupt):
        under_way = writes and writes.uncertain
        return Interrupted(f"interrupted during {under_way}. {READ_AGAIN}" if under_way else "interrupted")
    if isinstance(error, click.Abort):
        return Stopped("nothing was written: there was no answer")
    if isinstance(error, OSError) and error.errno in _NOT_WRITTEN:
        why = "whoever read it has closed it" if error.errno == errno.EPIPE else error.strerror
        return Failed(f"not all was written to standard output: {why}")
    if isinstance(error, RecursionError):
        return Failed("what was given or answered nests too deep")
    return None


def _of_arguments(error: BaseException) -> bool:
    """Whether the SDK raised it, which it does for arguments before anything is sent; anywhere else it is a bug."""
    frames = error.__traceback__
    module = ""
    while frames is not None:
        module = str(frames.tb_frame.f_globals.get("__name__", ""))
        frames = frames.tb_next
    return module.startswith(("maia_scim.", "maia_public_api.")) and not module.startswith("maia_scim.cli")


__all__ = [
    "DONE",
    "FAILED",
    "INTERRUPTED",
    "READ_AGAIN",
    "STOPPED",
    "UNKNOWN",
    "WRONG",
    "Ending",
    "Failed",
    "Interrupted",
    "Stopped",
    "Unknown",
    "Writes",
    "Wrong",
    "answered",
    "ending",
    "worst",
]
