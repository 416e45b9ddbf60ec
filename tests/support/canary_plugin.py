"""Searches what each test leaves behind for the canaries, and fails the test that shows one.

Searched are log records of all loggers as if the root logger were at DEBUG, warnings, reprs, texts and pickles of the
package's objects, errors with their chains and their frames' locals, stdout and stderr, also of subprocesses, and the
files below `tmp_path`. A test that shows one on purpose says so: `@pytest.mark.keeps_secrets(kind, place, reason=…)`.
"""

from __future__ import annotations

import functools
import logging
import os
import pickle
import stat
import subprocess
import traceback
import warnings
from collections import deque
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from maia_public_api import models
from maia_public_api.base import Model
from maia_public_api.client import AuthenticatedClient, Client

from maia_scim import auth, client, core, diff, errors, events, limits, many, retry, token_cache, token_state, transport
from maia_scim.sandbox import record, service, tokens
from tests.support.canary import CLIENT_SECRET, KINDS, TOKEN, find, holds, masked

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
# Classes whose objects are looked at as soon as they are made, with what their pickles may hold.
MADE = {
    **dict.fromkeys((client.MaiaScim, client.AsyncMaiaScim, auth.ClientCredentials, auth.BearerToken), NOTHING),
    token_cache.FileTokenCache: NOTHING,
    **dict.fromkeys((limits.RateLimit, limits.Slot, retry.RetryPolicy, events.Call), NOTHING),
    **dict.fromkeys((events.Attempt, events.CallEnd, events.TokenRequest, events.Wait, service.Sandbox), NOTHING),
    token_cache.CachedToken: frozenset({"token"}),  # so that a cache of the caller's can keep it
    **dict.fromkeys((many.Outcome, many.Progress, diff.Change, diff.Conflict, diff.Difference), DATA),
    record.RecordedRequest: DATA,
}
# Their repr alone: those that no caller gets, and the generated clients, which pickle what the caller made them of.
SHOWN = (
    *(core.Core, token_cache.GuardedCache, token_state.Token, transport.Failure, transport.Request),
    *(AuthenticatedClient, Client),
)
# Classes whose objects are made first and filled later; with DATA.
FILLED = (models.ScimUser, models.PatchOperation, models.PatchRequest)
SEEN = pytest.StashKey[int]()  # how many sections of captured output were looked at
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


class Planted:
    """The module `secrets` to the sandbox: what it makes up holds a canary, and is still never the same."""

    def __init__(self, canary: str) -> None:
        self._canary = canary

    def __getattr__(self, name: str) -> Any:
        import secrets

        return getattr(secrets, name)

    def token_urlsafe(self, count: int | None = None) -> str:
        import secrets

        return f"{self._canary}-{secrets.token_urlsafe(count)}"


class Plugin:
    """Plants and watches, for as long as pytest runs."""

    def __init__(self) -> None:
        self.watch = Watch()
        self._patch = pytest.MonkeyPatch()
        self._late: list[Leak] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line(
            "markers",
            "keeps_secrets(kind, place, *, reason): a canary of this kind is where the pattern says, on purpose",
        )
        self._patch.setattr(tokens, "secrets", Planted(TOKEN))
        self._patch.setattr(service, "secrets", Planted(CLIENT_SECRET))
        self._watch_objects()
        self._watch_errors()
        self._watch_logs()
        self._watch_warnings()
        self._watch_output()

    def pytest_unconfigure(self) -> None:
        self._patch.undo()

    def _watch_objects(self) -> None:
        for kind, keeps in MADE.items():
            self._after_init(kind, functools.partial(self.watch.thing, keeps=keeps))
        for kind in SHOWN:
            self._after_init(kind, self.watch.shown)
        for model in FILLED:
            self._after_init(model, self.watch.later)
            self._after_reading(model)

    def _after_init(self, kind: type[Any], look: Callable[[Any], None]) -> None:
        init = kind.__init__

        @functools.wraps(init)
        def made(self: Any, *args: Any, **kwargs: Any) -> None:
            try:
                init(self, *args, **kwargs)
            except BaseException:
                del self, args, kwargs  # of what the traceback shows, nothing is to be of this frame
                raise
            look(self)

        def newly(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
            thing = new(cls, *args, **kwargs)
            look(thing)
            return thing

        if issubclass(kind, tuple):
            new = kind.__new__
            self._patch.setattr(kind, "__new__", newly)
        else:
            self._patch.setattr(kind, "__init__", made)

    def _after_reading(self, model: Any) -> None:
        watch, from_dict = self.watch, model.from_dict.__func__

        @functools.wraps(from_dict)
        def read(cls: Any, src_dict: Any) -> Any:
            read = from_dict(cls, src_dict)
            watch.later(read)
            return read

        self._patch.setattr(model, "from_dict", classmethod(read))

    def _watch_errors(self) -> None:
        self._after_init(errors.MaiaError, self.watch.raised)
        self._after_init(errors.LossyReplaceWarning, self.watch.warning)
        expected, watch = type(pytest.raises(MemoryError)), self.watch
        leave = expected.__exit__

        def left(self: Any, kind: Any, error: BaseException | None, frames: Any) -> bool:
            __tracebackhide__ = True
            if error is not None and not isinstance(error, errors.MaiaError):  # those are looked at anyway
                watch.error(error)
            return leave(self, kind, error, frames)

        self._patch.setattr(expected, "__exit__", left)

    def _watch_logs(self) -> None:
        """Have every record made, whatever its level, and go on as before only if it was to be."""
        watch, enabled, handle = self.watch, logging.Logger.isEnabledFor, logging.Logger.handle

        def handled(self: logging.Logger, record: logging.LogRecord) -> None:
            watch.record(record)
            if enabled(self, record.levelno):
                handle(self, record)

        self._patch.setattr(logging.Logger, "isEnabledFor", lambda self, level: True)
        self._patch.setattr(logging.Logger, "handle", handled)

    def _watch_warnings(self) -> None:
        """Look at what any recorder of warnings has recorded: pytest's own, `pytest.warns`, `recwarn`."""
        watch, enter, leave = self.watch, warnings.catch_warnings.__enter__, warnings.catch_warnings.__exit__

        def entered(self: Any) -> Any:
            log = enter(self)
            self._canary_recorder = None if log is None else watch.recording(log)
            return log

        def left(self: Any, *error: Any) -> None:
            if self._canary_recorder:
                watch.recorded(self._canary_recorder, ended=True)
            leave(self, *error)

        self._patch.setattr(warnings.catch_warnings, "__enter__", entered)
        self._patch.setattr(warnings.catch_warnings, "__exit__", left)

    def _watch_output(self) -> None:
        """Look at what a test takes away before pytest gets it."""
        watch, read, communicate = self.watch, pytest.CaptureFixture.readouterr, subprocess.Popen.communicate

        def read_and_seen(self: pytest.CaptureFixture[Any]) -> Any:
            out, err = captured = read(self)
            watch.output("stdout", out)
            watch.output("stderr", err)
            return captured

        def communicated(self: Any, *args: Any, **kwargs: Any) -> Any:
            out, err = told = communicate(self, *args, **kwargs)
            watch.output("stdout of a subprocess", out)
            watch.output("stderr of a subprocess", err)
            return told

        self._patch.setattr(pytest.CaptureFixture, "readouterr", read_and_seen)
        self._patch.setattr(subprocess.Popen, "communicate", communicated)

    # -- Tests

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        result = yield  # what is told of a test that fails, is told when it is torn down
        self._judge(item)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Any:
        result = yield
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        if folder is not None:
            self.watch.files(folder)
        self._judge(item)
        return result

    def _judge(self, item: pytest.Item) -> None:
        seen = item.stash.get(SEEN, 0)
        item.stash[SEEN] = len(item._report_sections)
        for when, name, text in item._report_sections[seen:]:
            if name in ("stdout", "stderr"):
                self.watch.output(name if when == "call" else f"{name} of the {when}", text)
        leaks = [leak for leak in self.watch.taken() if not leak.kept(item)]
        if leaks:
            pytest.fail(told(leaks), pytrace=False)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if holds(item.nodeid):
                raise pytest.UsageError(f"{masked(item.nodeid)}: a test has the same name each time; give it ids=")
            for mark in item.iter_markers("keeps_secrets"):
                if len(mark.args) != 2 or mark.args[0] not in (*KINDS, "some") or not mark.kwargs.get("reason"):
                    raise pytest.UsageError(f"{item.nodeid}: keeps_secrets(kind, place, reason=…), kinds are {KINDS}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._late = self.watch.taken()
        if self._late:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._late:
            terminalreporter.section("after the last test", red=True)
            terminalreporter.line(told(self._late))


def told(leaks: list[Leak]) -> str:
    lines = [f"  {leak.kind} in {leak.place}: …{leak.excerpt}…" for leak in leaks]
    return "\n".join(["The test shows a secret (see tests/support/canary.py):", *lines])
