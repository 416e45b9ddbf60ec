"""A cache that cannot be read or written is never a reason for a call to fail."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from maia_scim import token_cache
from maia_scim.errors import ConfigurationError, TokenError
from maia_scim.token_cache import CachedToken
from maia_scim.token_state import EARLY
from tests.facade.clients import replace, tokens_used
from tests.facade.token_cache.common import CACHED, ONE, THREE, TWO, Own, keeps_tokens, posix, refuse, tokens_kept
from tests.support.canary import CLIENT_SECRET, TOKEN

pytestmark = keeps_tokens

ODD: Any = CachedToken  # for what it must not hold


def test_a_place_that_cannot_be_written_is_told_once(run, server, make, tmp_path, clock, caplog):
    (tmp_path / "file").touch()
    auth = make(cache=tmp_path / "file" / "tokens.json")
    for _ in range(3):
        run(replace, base_url=server.base_url, auth=auth)
        clock.now += 1800

    assert tokens_used(server) == [ONE, TWO, THREE]
    [record] = caplog.records
    assert (record.name, record.levelname) == ("maia_scim", "WARNING")
    assert str(tmp_path / "file") in record.getMessage()
    assert TOKEN not in caplog.text
    assert CLIENT_SECRET not in caplog.text


def make_read_only(monkeypatch):
    open_file = os.open

    def read_only(name, flags, *arguments, **more):
        if flags & os.O_CREAT:
            raise OSError(30, "Read-only file system", str(name))
        return open_file(name, flags, *arguments, **more)

    monkeypatch.setattr(os, "open", read_only)


def test_a_folder_that_takes_no_new_file_is_told(run, server, make, put, path, monkeypatch, caplog):
    put(CACHED, EARLY)  # there is something to read, as in a read-only mount
    make_read_only(monkeypatch)
    run(replace, base_url=server.base_url, auth=make())

    assert tokens_used(server) == [ONE]
    assert "cannot be written (OSError: [Errno 30] Read-only file system" in caplog.text
    assert tokens_kept(path) == [CACHED]


def test_a_folder_that_takes_no_new_file_may_hold_a_newer_token(run, server, make, put, monkeypatch, caplog):
    put(f"{TOKEN}-old", 1800)
    auth = make()
    run(replace, base_url=server.base_url, auth=auth)
    put(f"{TOKEN}-newer", 1800)
    make_read_only(monkeypatch)
    refuse(server, f"{TOKEN}-old")
    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [f"{TOKEN}-old", f"{TOKEN}-old", f"{TOKEN}-newer"]
    assert caplog.records == []


def test_a_write_that_fails_leaves_nothing_behind(run, server, make, put, path, monkeypatch, caplog):
    put(CACHED, EARLY)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    run(replace, base_url=server.base_url, auth=make())

    assert "No space left" in caplog.text
    assert tokens_kept(path) == [CACHED]
    assert list(path.parent.glob("*.tmp")) == []


@posix
def test_a_lock_that_another_keeps_is_not_waited_for_for_ever(run, server, make, path, monkeypatch, caplog):
    import fcntl

    waits: list[float] = []
    monkeypatch.setattr("maia_scim.token_cache.time.sleep", waits.append)
    with path.with_name("tokens.json.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(replace, base_url=server.base_url, auth=make())

    assert sum(waits) == pytest.approx(2)
    assert "another process keeps" in caplog.text
    assert tokens_used(server) == [ONE]


@posix
def test_a_child_that_was_forked_meanwhile_does_not_keep_the_lock(path):
    lock = path.with_name("lock")
    with token_cache._locked(lock):
        # A child has what its parent has open; a second name of it is the same to the system.
        kept = [os.dup(int(fd.name)) for fd in Path("/dev/fd").iterdir() if _leads_to(fd, lock)]
    assert kept
    with token_cache._locked(lock):
        pass
    for handle in kept:
        os.close(handle)


def _leads_to(fd, path):
    try:
        return os.path.samestat(os.fstat(int(fd.name)), path.stat())
    except OSError:
        return False


@pytest.mark.keeps_secrets("token", "* TokenError", reason="the error is made here, by a cache of the caller's")
@pytest.mark.keeps_secrets("secret", "* TokenError", reason="as the token")
@pytest.mark.parametrize("method", ["load", "save", "drop"])
@pytest.mark.parametrize("error", [RuntimeError, OSError, KeyError, TokenError])
def test_a_cache_of_the_callers_that_raises_breaks_no_call(run, server, make, clock, method, error, caplog):
    own = Own()

    def fail(*_):
        raise error(f"no place for {ONE} of {CLIENT_SECRET}")

    setattr(own, method, fail)
    auth = make(cache=own)
    for _ in range(2):
        run(replace, base_url=server.base_url, auth=auth)
        refuse(server, f"{TOKEN}-{len(server.token_requests)}")

    assert tokens_used(server) == [ONE, ONE, TWO]
    [record] = caplog.records
    assert (
        f"the token cache Own cannot be {'read' if method == 'load' else 'written'} ({error.__name__})" in caplog.text
    )
    assert TOKEN not in caplog.text
    assert CLIENT_SECRET not in caplog.text
    assert record.exc_info is None


@pytest.mark.parametrize(
    "found",
    [TOKEN, (TOKEN, 1), ODD(f"{TOKEN} two", 1_700_001_800), ODD(TOKEN, "soon"), ODD(None, 1_700_001_800)],
    ids=["text", "tuple", "space", "no-time", "no-text"],
)
def test_a_cache_of_the_callers_that_gives_something_else(run, server, make, found, caplog):
    own = Own()
    auth = make(cache=own)
    own.tokens[auth._cache_key()] = found
    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [ONE]
    assert "the token cache Own cannot be read (TypeError)" in caplog.text
    assert TOKEN not in caplog.text


def test_a_cache_of_the_callers_shares_tokens(run, server, make):
    own = Own()
    for _ in range(2):
        run(replace, base_url=server.base_url, auth=make(cache=own))

    assert tokens_used(server) == [ONE, ONE]
    [token] = own.tokens.values()
    assert token == CachedToken(ONE, 1_700_001_800)
    assert pickle.loads(pickle.dumps(token)) == token


def test_a_refusal_of_what_is_saved_comes_too_late_for_the_call(run, server, make, caplog):
    class Refusing(Own):
        def save(self, key, token):
            raise ConfigurationError("run: chmod 600 it")

    run(replace, base_url=server.base_url, auth=make(cache=Refusing()))

    assert tokens_used(server) == [ONE]
    assert len(caplog.records) == 1
