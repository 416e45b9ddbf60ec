"""A text in the editor of whoever sits there, kept in a file that only its owner reads until it is done with."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from maia_scim.cli.exits import Stopped, Wrong

if TYPE_CHECKING:
    from typing import Self

_AT_ONCE = 1.0  # seconds


class Draft:
    """A file to edit.

    Args:
        text: What it holds at first.
        name: What its name begins with.

    Attributes:
        path: The file, of mode 0600.
        at_once: Whether the editor ended before anybody can have changed anything, and nothing is changed.
    """

    def __init__(self, text: str, name: str) -> None:
        try:
            handle, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".json")
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode())
        except OSError as error:
            raise Wrong(f"no file to edit can be written: {error.strerror or error}") from error
        self.path = Path(path)
        self.at_once = False
        self._text = text.encode()

    @property
    def touched(self) -> bool:
        """Whether it holds another text than at first, which must not be lost."""
        try:
            return self.path.read_bytes() != self._text
        except FileNotFoundError:
            return False
        except OSError:
            return True

    def edit(self) -> Self:
        """Open it in ``$VISUAL``, ``$EDITOR``, or what there is, and wait until that is closed.

        Raises:
            Stopped: If the editor does not start, or says that it failed.
        """
        # Ctrl-C in the editor is the editor's; this process gets it, too. A child does not inherit a handler.
        begun = monotonic()
        before = signal.signal(signal.SIGINT, _heed_not)
        try:
            click.edit(filename=str(self.path))
        except click.ClickException as error:
            raise Stopped(f"nothing was written: {error.format_message()}") from error
        except ValueError as error:  # quotes that do not end
            raise Stopped(f"nothing was written: $VISUAL or $EDITOR is no command: {error}") from error
        finally:
            signal.signal(signal.SIGINT, before)
        self.at_once = monotonic() - begun < _AT_ONCE and not self.touched
        return self

    def read(self) -> bytes:
        """What it holds now.

        Raises:
            Stopped: If it cannot be read.
        """
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise Stopped(f"nothing was written: {self.path} cannot be read: {error.strerror or error}") from error

    def discard(self) -> None:
        """Remove it."""
        self.path.unlink(missing_ok=True)


def _heed_not(_number: int, _frame: object) -> None:
    """A handler of a signal that does nothing."""
