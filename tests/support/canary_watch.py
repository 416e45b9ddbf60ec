"""Looks at what a test leaves behind, and remembers what leaked and where."""

from __future__ import annotations

import logging
import os
import pickle
import stat
import traceback
import warnings
from collections import deque
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from maia_public_api.base import Model

from maia_scim import errors
from tests.support.canary import find, holds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[2]
OURS = (str(ROOT / "maia_scim"), str(ROOT / "generated"))
PACKAGES = ("maia_scim", "maia_public_api")
# Frames of these are a test's, as those of the test itself.
RUNNERS = ("/_pytest/", "/pluggy/", "/hypothesis/", "/pytest_asyncio/")
NOTHING = frozenset[str]()
# A password that the caller set is the caller's data, and is pickled with the object. A token or a secret never is.
DATA = frozenset({"password"})
WINDOW = 100
"""How many objects of those are held, until they are looked at; at the end of the test at the latest."""


class Leak(NamedTuple):
    kind: str
    place: str
    excerpt: str

    def kept(self, item: pytest.Item) -> bool:
        """Whether the test says that it keeps such a secret there."""
        marks = [mark.args for mark in item.iter_markers("keeps_secrets")]
        return any(self.kind == kind and fnmatchcase(self.place, pattern) for kind, pattern in marks)


@dataclass(eq=False)
class Recorder:
    """What records warnings, and how many of them were looked at."""

    log: list[warnings.WarningMessage]
    seen: int = 0


class Watch:
    """Looks at things, and remembers what leaked."""

    def __init__(self) -> None:
        self._leaks: dict[tuple[str, str], Leak] = {}
        self._models: deque[Model] = deque()
        self._errors: deque[errors.MaiaError] = deque()
        self._recorders: list[Recorder] = []

    def look(self, place: str, text: str | bytes, keeps: Iterable[str] = ()) -> None:
        if holds(text):
            for kind, excerpt in find(text):
                if kind not in keeps:
                    self._leaks.setdefault((kind, place), Leak(kind, place, excerpt))

    def taken(self) -> list[Leak]:
        """What leaked since the last time."""
        while self._models:
            self.model(self._models.popleft())
        while self._errors:
            self.error(self._errors.popleft())
        for recorder in self._recorders:
            self.recorded(recorder)
        leaks, self._leaks = self._leaks, {}
        return list(leaks.values())

    # -- Objects

    def thing(self, thing: object, keeps: Iterable[str] = NOTHING) -> None:
        self.shown(thing)
        self.look(f"pickle of {type(thing).__name__}", safely(pickle.dumps, thing), keeps)

    def shown(self, thing: object) -> None:
        kind = type(thing)
        self.look(f"repr of {kind.__name__}", safely(repr, thing))
        if kind.__str__ is not object.__str__:
            self.look(f"text of {kind.__name__}", safely(str, thing))

    def later(self, model: Model) -> None:
        self._models.append(model)
        if len(self._models) > WINDOW:
            self.model(self._models.popleft())

    def model(self, model: Model) -> None:
        self.thing(model, DATA)

    # -- Errors

    def raised(self, error: errors.MaiaError) -> None:
        self._errors.append(error)
        if len(self._errors) > WINDOW:
            self.error(self._errors.popleft())

    def error(self, error: BaseException) -> None:
        """An error with all that it came from."""
        name = type(error).__name__
        seen: dict[int, BaseException] = {}
        todo: list[BaseException | None] = [error]
        while todo:
            link = todo.pop()
            if link is None or id(link) in seen:
                continue
            seen[id(link)] = link
            todo += [link.__cause__, link.__context__]
            if isinstance(link, BaseExceptionGroup):
                todo += link.exceptions
            self._link(link, name if link is error else f"{type(link).__name__} in the chain of {name}")
            if isinstance(link, errors.MaiaError):
                self.look(f"pickle of {name}", safely(pickle.dumps, link))

    def _link(self, error: BaseException, name: str) -> None:
        told = [*map(repr, getattr(error, "__notes__", ())), safely(repr, error), safely(str, error)]
        if isinstance(error, errors.MaiaError):
            told.append(safely(repr, vars(error)))
            if (answer := getattr(error, "response", None)) is not None:
                self.look(f"response of {name}", answer.content)
                self.look(f"response of {name}", repr(answer.headers.raw))
        self.look(f"text of {name}", "\n".join(told))
        for frame, line in traceback.walk_tb(error.__traceback__):
            file, module = frame.f_code.co_filename, frame.f_globals.get("__name__") or ""
            library = "/site-packages/" in file and not any(part in file for part in RUNNERS)
            if library or file.startswith(OURS) or module.startswith(PACKAGES):  # a data class has no file
                place = f"{file.removeprefix(str(ROOT))}:{line} {frame.f_code.co_qualname}"
                for local, value in frame.f_locals.items():
                    self.look(f"local {local} at {place}, in the traceback of {name}", safely(repr, value))

    # -- Warnings

    def recording(self, log: list[warnings.WarningMessage]) -> Recorder:
        self._recorders.append(recorder := Recorder(log))
        return recorder

    def recorded(self, recorder: Recorder, *, ended: bool = False) -> None:
        """What was recorded since the last time."""
        for warning in recorder.log[recorder.seen :]:
            self.warning(warning.message)
        recorder.seen = len(recorder.log)
        if ended:
            self._recorders.remove(recorder)

    def warning(self, warning: Warning | str) -> None:
        self.look(f"warning {type(warning).__name__}", f"{warning} {warning!r}")

    # -- Output

    def record(self, record: logging.LogRecord) -> None:
        self.look(
            f"log record of {record.name} ({record.levelname})",
            f"{safely(record.getMessage)} {safely(repr, vars(record))}",  # its args and extras are among these
        )
        if record.exc_info and (error := record.exc_info[1]):
            self.error(error)

    def output(self, place: str, text: object) -> None:
        if isinstance(text, str | bytes):
            self.look(place, text)

    def files(self, folder: Path) -> None:
        for path, _, names in os.walk(folder):
            for name in names:
                file = Path(path, name)
                try:
                    if stat.S_ISREG(file.lstat().st_mode):
                        self.look(f"file {file.relative_to(folder)}", file.read_bytes())
                except OSError:
                    pass


def safely(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives; nothing where it refuses, or cannot."""
    try:
        return function(*arguments)
    except Exception:  # noqa: BLE001 - of whatever a test made
        return ""


def told(leaks: list[Leak]) -> str:
    lines = [f"  {leak.kind} in {leak.place}: …{leak.excerpt}…" for leak in leaks]
    return "\n".join(["The test shows a secret (see tests/support/canary.py):", *lines])
