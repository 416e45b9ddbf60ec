"""A terminal with a shell in it, at which the lines of a page are typed."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import termios
import time
from pathlib import Path
from typing import Self

PATIENCE = 60.0  # seconds, in which nothing is measured
PROMPT = "\x02ready\x03"
QUESTION = "[y/N] "


class Terminal:
    """A shell at a terminal of 100 columns, which draws no progress bars.

    Args:
        folder: Where it is.
        environment: Its variables.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._terminal, side = pty.openpty()
        termios.tcsetwinsize(side, (50, 100))
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "--noediting", "-i"],
            stdin=side,
            stdout=side,
            stderr=side,
            cwd=folder,
            env={**environment, "PS1": PROMPT, "TERM": "dumb"},
            start_new_session=True,
        )
        os.close(side)
        self._until_the_prompt([])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shell.kill()
        self._shell.wait()
        os.close(self._terminal)

    def type(self, command: str, *answers: str) -> str:
        """Type a command and, at each of its questions, an answer (or yes); give what the terminal shows of it."""
        self._send(command)
        return self._until_the_prompt([*answers]).removeprefix(f"{command}\n")

    def _until_the_prompt(self, answers: list[str]) -> str:
        seen, patience = b"", time.monotonic() + PATIENCE
        while not seen.endswith(PROMPT.encode()):
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, patience - time.monotonic()))
            assert ready, f"nothing comes any more after {seen!r}"
            seen += os.read(self._terminal, 65536)
            if seen.endswith(QUESTION.encode()):
                self._send(answers.pop(0) if answers else "y")
        return seen.decode().replace("\r\n", "\n").removesuffix(PROMPT)

    def _send(self, line: str) -> None:
        os.write(self._terminal, f"{line}\n".encode())
