"""The one way a step says no."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Exit(IntEnum):
    """The exit codes of the command."""

    OK = 0
    DIFFERS = 1
    USAGE = 2
    REFUSED = 3
    DECIDE = 4
    MACHINE = 5


class RegenError(Exception):
    """A step refuses or fails; nothing was written.

    Args:
        step: The step that says no, as in "overlay".
        why: What is wrong, in one sentence.
        where: The file, JSON pointer or operation it is about.
        remedy: What a person can do about it.
        details: Further lines, one per finding, or a difference.
        code: The exit code.
    """

    def __init__(
        self,
        step: str,
        why: str,
        *,
        where: str = "",
        remedy: str = "",
        details: Sequence[str] = (),
        code: Exit = Exit.REFUSED,
    ) -> None:
        super().__init__(why)
        self.step = step
        self.why = why
        self.where = where
        self.remedy = remedy
        self.details = tuple(details)
        self.code = code

    def __str__(self) -> str:
        """The whole message, as the command prints it."""
        return self.told("regen")

    def told(self, command: str) -> str:
        """The whole message, as another command prints it."""
        lines = [f"{command} stopped at step '{self.step}': {self.why}"]
        if self.where:
            lines.append(f"  where:      {self.where}")
        lines += [f"  {line}" for line in self.details]
        if self.remedy:
            lines.append(f"  what to do: {self.remedy}")
        return "\n".join(lines)
