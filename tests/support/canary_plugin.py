"""Searches what each test leaves behind for the canaries, and fails the test that shows one.

Searched are log records of all loggers as if the root logger were at DEBUG, warnings, reprs, texts and pickles of the
package's objects, errors with their chains and their frames' locals, stdout and stderr, also of subprocesses, and the
files below `tmp_path`. A test that shows one on purpose says so: `@pytest.mark.keeps_secrets(kind, place, reason=…)`.
"""

from __future__ import annotations

import functools
import logging
import subprocess
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from maia_public_api import models
from maia_public_api.client import AuthenticatedClient, Client

from maia_scim import auth, client, core, diff, errors, events, limits, many, retry, token_cache, token_state, transport
from maia_scim.sandbox import record, service, tokens
from tests.support.canary import CLIENT_SECRET, KINDS, TOKEN, holds, masked
from tests.support.canary_watch import DATA, NOTHING, Leak, Watch, told

if TYPE_CHECKING:
    from collections.abc import Callable

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
