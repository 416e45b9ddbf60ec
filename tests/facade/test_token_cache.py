"""Tokens that processes share: found, renewed, dropped, kept from others, and never a reason for a call to fail."""

from __future__ import annotations

import json
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from maia_scim import BearerToken, ClientCredentials, MaiaScim, token_cache
from maia_scim.auth import PATIENCE
from maia_scim.errors import ConfigurationError, TokenError
from maia_scim.models import ScimUser
from maia_scim.token_cache import CachedToken, FileTokenCache
from maia_scim.token_state import EARLY, LONGEST
from tests.support.canary import CLIENT_SECRET, TOKEN
from tests.support.scripted import Answer, Scripted

ROOT = Path(__file__).parents[2]
USER = ScimUser(id="1", active=True)
ONE, TWO, THREE = (f"{TOKEN}-{number}" for number in (1, 2, 3))  # as the server gives them
CACHED = f"{TOKEN}-cached"
DAY = 24 * 3600
ODD: Any = CachedToken  # for what it must not hold
pytestmark = pytest.mark.keeps_secrets("token", "file *.json*", reason="it is where tokens are kept")
posix = pytest.mark.skipif(os.name != "posix", reason="permissions and locks are looked at on POSIX systems only")


class Clock:
    """Time that a test moves."""

    def __init__(self, now=1_700_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def server():
    with Scripted(lambda request: Answer.of_json(request.json)) as server:
        server.token = lambda _: Answer.of_json(
            {"access_token": f"{TOKEN}-{len(server.token_requests)}", "expires_in": 1800}
        )
        yield server


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tokens.json"


@pytest.fixture
def make(server, path, clock):
    """Make credentials as another process would: with nothing in memory."""

    def make(**more):
        auth = ClientCredentials(
            **{"client_id": "me", "client_secret": CLIENT_SECRET, "token_url": server.token_url, "cache": path, **more}
        )
        auth._state.clock = auth._state.wall = clock
        assert auth._cache
        if isinstance(inner := auth._cache._cache, FileTokenCache):
            inner._clock = clock
        return auth

    return make


@pytest.fixture
def put(make, path, clock):
    """Put a token into the file that has so many seconds left."""

    def put(text, left):
        cache = FileTokenCache(path)
        cache._clock = clock
        cache.save(make()._cache_key(), CachedToken(text, clock.now + left))

    return put


def replace(client):
    return client.users.replace(USER)


def tokens_used(server):
    return [request.headers["Authorization"].removeprefix("Bearer ") for request in server.received]


def tokens_kept(path):
    return [row["token"] for row in json.loads(path.read_bytes())["tokens"].values()]


def text_of(cache, key):
    found = cache.load(key)
    return found.text if found else None


def refuse(server, *texts):
    """Make the service refuse these tokens."""
    server.answer = lambda request: (
        Answer.problem(401)
        if request.headers["Authorization"].removeprefix("Bearer ") in texts
        else Answer.of_json(request.json)
    )


class Own:
    """A caller's own cache, in memory."""

    def __init__(self):
        self.tokens = {}
        self.calls = []

    def load(self, key):
        self.calls.append("load")
        return self.tokens.get(key)

    def save(self, key, token):
        self.calls.append("save")
        self.tokens[key] = token

    def drop(self, key, token):
        self.calls.append("drop")
        if key in self.tokens and self.tokens[key].text == token:
            del self.tokens[key]


# -- Processes -------------------------------------------------------------------------

ONE_CALL = """
import sys
from maia_scim import ClientCredentials, MaiaScim
from maia_scim.models import ScimUser

base_url, token_url, path, secret = sys.argv[1:]
auth = ClientCredentials(client_id="me", client_secret=secret, token_url=token_url, cache=path)
with MaiaScim(base_url=base_url, auth=auth) as client:
    client.users.replace(ScimUser(id="1", active=True))
"""


def start(code, *arguments):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def finish(process, code=0):
    told, _ = process.communicate(timeout=60)
    assert process.returncode == code
    return told


def test_two_processes_make_one_token_request(server, path):
    for _ in range(2):
        finish(start(ONE_CALL, server.base_url, server.token_url, path, CLIENT_SECRET))

    assert len(server.token_requests) == 1
    assert tokens_used(server) == [ONE, ONE]
    assert CLIENT_SECRET not in path.read_text()


SAVE_MANY = """
import sys, time
from maia_scim.token_cache import CachedToken, FileTokenCache

path, name, count = sys.argv[1:]
cache = FileTokenCache(path)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(count)):
    cache.save(f"{name}-{number}", CachedToken("x" * 2000, time.time() + 1800))
"""


@posix
def test_processes_that_save_at_once_lose_nothing_and_nobody_reads_half(path):
    cache = FileTokenCache(path)
    cache.save("first", CachedToken(CACHED, time.time() + 1800))
    processes = [start(SAVE_MANY, path, name, 15) for name in range(6)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()

    read = 0
    while any(process.poll() is None for process in processes):
        assert text_of(cache, "first") == CACHED
        read += 1

    for process in processes:
        finish(process)
    assert read
    for name in range(6):
        for number in range(15):
            assert cache.load(f"{name}-{number}"), (name, number)


def test_threads_that_save_at_once_lose_nothing(path):
    cache = FileTokenCache(path)
    threads = [
        threading.Thread(target=cache.save, args=(f"key-{number}", CachedToken("x", time.time() + 1800)))
        for number in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tokens_kept(path)) == 30


DIE_BEFORE_REPLACING = """
import os, pathlib, signal, sys, time
from maia_scim.token_cache import CachedToken, FileTokenCache

pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
FileTokenCache(sys.argv[1]).save("other", CachedToken("lost", time.time() + 1800))
"""


@posix
def test_a_process_that_is_killed_in_the_midst_leaves_what_was_there(path):
    cache = FileTokenCache(path)
    cache.save("key", CachedToken(CACHED, time.time() + 1800))
    finish(start(DIE_BEFORE_REPLACING, path), -signal.SIGKILL)

    assert text_of(cache, "key") == CACHED
    assert cache.load("other") is None
    [draft] = path.parent.glob("*.tmp")
    assert draft.stat().st_mode & 0o777 == 0o600
    assert "lost" in draft.read_text()

    cache.save("other", CachedToken(f"{TOKEN}-saved", time.time() + 1800))  # its lock is free, and what it left is gone
    assert sorted(tokens_kept(path)) == [CACHED, f"{TOKEN}-saved"]
    assert not draft.exists()


SAVE_FOR_EVER = """
import sys, time
from maia_scim.token_cache import CachedToken, FileTokenCache

cache, number = FileTokenCache(sys.argv[1]), 0
while True:
    cache.save(f"key-{number % 50}", CachedToken("x" * 20_000, time.time() + 1800))
    number += 1
    if number == 20:
        print("ready", flush=True)
"""


@posix
def test_a_process_that_is_killed_any_time_leaves_a_whole_file(path):
    cache = FileTokenCache(path)
    cache.save("key", CachedToken(CACHED, time.time() + 1800))
    for _ in range(4):
        process = start(SAVE_FOR_EVER, path)
        assert process.stdout.readline() == "ready\n"
        process.kill()
        finish(process, -signal.SIGKILL)

        assert text_of(cache, "key") == CACHED
        assert path.stat().st_mode & 0o777 == 0o600
    cache.save("after", CachedToken("x", time.time() + 1800))


def test_who_needs_no_cache_does_not_load_it():
    told = finish(start("import sys, maia_scim.auth; print('maia_scim.token_cache' in sys.modules)"))

    assert told == "False\n"


# -- Found, and good ---------------------------------------------------------------------


def test_a_token_is_shared_until_it_is_about_to_expire(run, server, make, clock):
    run(replace, base_url=server.base_url, auth=make())
    clock.now += 1800 - EARLY - 1
    run(replace, base_url=server.base_url, auth=make())
    clock.now += 1
    run(replace, base_url=server.base_url, auth=make())

    assert tokens_used(server) == [ONE, ONE, TWO]


def test_a_cached_token_is_renewed_ahead_of_its_expiry(run, server, make, put, clock):
    put(CACHED, EARLY + 10)
    auth = make()
    run(replace, base_url=server.base_url, auth=auth)
    clock.now += 9
    run(replace, base_url=server.base_url, auth=auth)
    clock.now += 1
    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [CACHED, CACHED, ONE]


def test_the_cache_is_asked_when_a_token_is_needed_and_not_for_each_call(run, server, make, clock):
    own = Own()
    auth = make(cache=own)
    for _ in range(3):
        run(replace, base_url=server.base_url, auth=auth)
    assert own.calls == ["load", "save"]

    clock.now += 1800 - EARLY
    run(replace, base_url=server.base_url, auth=auth)
    assert own.calls == ["load", "save"] * 2


def test_who_waits_for_a_token_does_not_ask_the_cache(server, make):
    own, go = Own(), threading.Event()
    good = server.token

    def token(request):
        assert go.wait(20)
        return good(request)

    server.token = token
    auth = make(cache=own)

    def work():
        with MaiaScim(base_url=server.base_url, auth=auth) as client:
            replace(client)

    threads = [threading.Thread(target=work) for _ in range(4)]  # no more than the server's backlog takes
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()

    assert own.calls == ["load", "save"]
    assert tokens_used(server) == [ONE] * 4


@pytest.mark.parametrize(
    ("left", "used"), [(DAY, CACHED), (DAY + 1, ONE), (-1, ONE), (0, ONE)], ids=["day", "more", "expired", "now"]
)
def test_a_clock_that_was_set_back_keeps_no_token_alive(run, server, make, clock, left, used):
    own = Own()
    auth = make(cache=own)
    own.tokens[auth._cache_key()] = CachedToken(CACHED, clock.now + left)

    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [used]


def test_a_token_of_absurd_life_is_shared_for_a_day(run, server, make, clock):
    server.token = lambda _: Answer.of_json({"access_token": TOKEN, "expires_in": 1e9})
    for _ in range(2):
        run(replace, base_url=server.base_url, auth=make())

    assert len(server.token_requests) == 1


def test_a_token_of_little_life_is_shared_only_ahead_of_the_margin(run, server, make, clock):
    server.token = lambda _: Answer.of_json({"access_token": TOKEN, "expires_in": EARLY + 10})
    run(replace, base_url=server.base_url, auth=make())
    clock.now += 9
    run(replace, base_url=server.base_url, auth=make())
    assert len(server.token_requests) == 1

    clock.now += 1
    run(replace, base_url=server.base_url, auth=make())
    assert len(server.token_requests) == 2


def test_a_token_about_to_expire_will_do_when_no_other_is_to_be_had(run, server, make, put, clock):
    put(CACHED, EARLY - 1)
    server.token = lambda _: Answer.problem(503)
    auth = make()
    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [CACHED]
    assert len(server.token_requests) == 1

    clock.now += EARLY - 1
    with pytest.raises(TokenError, match="try again later"):
        run(replace, base_url=server.base_url, auth=auth)


def test_a_token_in_memory_does_not_give_way_to_one_that_expires_before_it(run, server, make, put, clock):
    auth = make()
    run(replace, base_url=server.base_url, auth=auth)
    clock.now += 1800 - EARLY
    put(f"{TOKEN}-older", EARLY - 1)
    server.token = lambda _: Answer.problem(503)
    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [ONE, ONE]


def test_a_token_that_another_process_renewed_is_used(run, server, make, put, clock):
    auth = make()
    run(replace, base_url=server.base_url, auth=auth)
    clock.now += 1800 - EARLY
    put(f"{TOKEN}-renewed", 1800)
    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [ONE, f"{TOKEN}-renewed"]


def test_what_has_expired_or_never_would_is_left_out_when_saving(path, clock):
    cache = FileTokenCache(path)
    cache._clock = clock
    cache.save("a", CachedToken("a", clock.now + 100))
    cache.save("b", CachedToken("b", clock.now + 200))
    cache.save("c", CachedToken("c", clock.now + DAY))
    clock.now += 100
    cache.save("d", CachedToken("d", clock.now + 100))
    assert tokens_kept(path) == ["b", "c", "d"]

    clock.now -= 101
    cache.save("e", CachedToken("e", clock.now + 100))
    assert tokens_kept(path) == ["b", "d", "e"]


def test_several_accounts_share_a_file(run, server, make, path):
    for _ in range(2):
        for client_id in ("me", "you"):
            run(replace, base_url=server.base_url, auth=make(client_id=client_id))

    assert tokens_used(server) == [ONE, TWO] * 2
    assert len(tokens_kept(path)) == 2


@pytest.mark.parametrize("other", ["client_id", "client_secret", "token_url", "audience"])
def test_what_makes_another_key(make, server, other):
    value = server.token_url + "/v2" if other == "token_url" else "else"
    one, same, another = (make(**more)._cache_key() for more in ({}, {}, {other: value}))

    assert one == same != another
    assert CLIENT_SECRET not in one


def test_parts_of_a_key_do_not_run_into_one_another(make):
    one = make(client_id='a", "b', audience="c")
    another = make(client_id="a", audience='b", "c')

    assert one._cache_key() != another._cache_key()


def test_a_wrong_secret_is_told_though_there_is_a_token(run, server, make):
    run(replace, base_url=server.base_url, auth=make())
    server.token = lambda _: Answer.of_json({"error": "invalid_client"}, 401)

    with pytest.raises(TokenError, match="check the secret"):
        run(replace, base_url=server.base_url, auth=make(client_secret="wrong"))


# -- Refused by the service ------------------------------------------------------------


def test_a_refused_token_is_dropped_from_the_cache_too(run, server, make, put, path):
    put(f"{TOKEN}-revoked", 1800)
    refuse(server, f"{TOKEN}-revoked")
    run(replace, base_url=server.base_url, auth=make())

    assert tokens_used(server) == [f"{TOKEN}-revoked", ONE]
    assert tokens_kept(path) == [ONE]


def test_a_refused_token_is_dropped_also_when_no_other_is_to_be_had(run, server, make, put, path):
    put(f"{TOKEN}-revoked", 1800)
    refuse(server, f"{TOKEN}-revoked")
    server.token = lambda _: Answer.problem(503)
    with pytest.raises(TokenError):
        run(replace, base_url=server.base_url, auth=make())

    assert tokens_kept(path) == []


def test_a_newer_token_of_another_process_is_used_without_a_token_request(run, server, make, put, path):
    auth = make()
    run(replace, base_url=server.base_url, auth=auth)
    put(f"{TOKEN}-newer", 1700)
    refuse(server, ONE)
    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [ONE, ONE, f"{TOKEN}-newer"]
    assert len(server.token_requests) == 1
    assert tokens_kept(path) == [f"{TOKEN}-newer"]


def test_a_refused_token_that_the_cache_keeps_is_not_used_again(run, server, make, clock):
    class Stuck(Own):
        def save(self, key, token):
            pass

        drop = save

    stuck = Stuck()
    auth = make(cache=stuck)
    stuck.tokens[auth._cache_key()] = CachedToken(f"{TOKEN}-revoked", clock.now + 1800)
    refuse(server, f"{TOKEN}-revoked")
    run(replace, base_url=server.base_url, auth=auth)
    clock.now += 1750
    run(replace, base_url=server.base_url, auth=auth)

    assert tokens_used(server) == [f"{TOKEN}-revoked", ONE, TWO]


def test_however_many_are_refused_a_token_it_is_dropped_once(run, server, make):
    own = Own()
    auth = make(cache=own)
    run(replace, base_url=server.base_url, auth=auth)
    own.calls.clear()

    assert [auth.reject(ONE) for _ in range(20)] == [True] * 20
    assert own.calls == ["drop"]


def test_refused_tokens_do_not_pile_up(make):
    auth = make()
    for number in range(1000):
        auth.reject(f"{TOKEN}-{number}")

    assert len(auth._state._refused) < 20


@posix
def test_only_the_token_that_was_refused_is_dropped(path):
    cache = FileTokenCache(path)
    for key in ("a", "b"):
        cache.save(key, CachedToken(f"{TOKEN}-{key}", time.time() + 1800))
    cache.drop("a", f"{TOKEN}-b")
    cache.drop("c", f"{TOKEN}-a")
    assert tokens_kept(path) == [f"{TOKEN}-a", f"{TOKEN}-b"]

    cache.drop("a", f"{TOKEN}-a")
    assert tokens_kept(path) == [f"{TOKEN}-b"]


@posix
def test_a_token_that_is_renewed_while_the_lock_is_waited_for_is_not_dropped(path, monkeypatch):
    cache = FileTokenCache(path)
    cache.save("key", CachedToken(f"{TOKEN}-old", time.time() + 1800))
    locked = token_cache._locked
    saved: list[bool] = []

    def late(lock):
        if not saved:
            saved.append(True)
            cache.save("key", CachedToken(f"{TOKEN}-new", time.time() + 1800))
        return locked(lock)

    monkeypatch.setattr(token_cache, "_locked", late)
    cache.drop("key", f"{TOKEN}-old")

    assert tokens_kept(path) == [f"{TOKEN}-new"]


# -- Kept from others --------------------------------------------------------------------


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@posix
def test_only_the_user_can_read_it_from_the_first_byte_on(run, server, make, tmp_path, monkeypatch, open_umask):
    seen, fdopen = [], os.fdopen

    def look(handle, *arguments, **more):
        found = os.fstat(handle)
        seen.append((found.st_mode & 0o777, found.st_size))
        return fdopen(handle, *arguments, **more)

    monkeypatch.setattr(os, "fdopen", look)
    run(replace, base_url=server.base_url, auth=make(cache=tmp_path / "new" / "folder" / "tokens.json"))

    assert (0o600, 0) in seen
    assert all(mode == 0o600 for mode, _ in seen)
    modes = {found.name: found.stat().st_mode & 0o777 for found in (tmp_path / "new").rglob("*")}
    assert modes == {"folder": 0o700, "tokens.json": 0o600, "tokens.json.lock": 0o600}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777])
def test_a_file_that_others_may_read_or_write_is_refused(run, server, make, put, path, mode):
    put(CACHED, 1800)
    path.chmod(mode)
    before = path.read_bytes()

    with pytest.raises(ConfigurationError, match=f"mode {mode:o}.*: remove it, or run: chmod 600 {path}$") as caught:
        run(replace, base_url=server.base_url, auth=make())

    assert caught.value.outcome == "not_sent"
    assert CACHED not in str(caught.value)
    assert server.received == server.token_requests == []
    assert path.read_bytes() == before

    path.chmod(0o600)
    run(replace, base_url=server.base_url, auth=make())
    assert tokens_used(server) == [CACHED]


@posix
@pytest.mark.parametrize("readable", [True, False])
def test_a_file_of_another_user_is_refused(run, server, make, put, path, monkeypatch, readable):
    put(CACHED, 1800)
    user, open_file = os.geteuid(), os.open

    def closed(name, *arguments, **more):
        if name == path:
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(name, *arguments, **more)

    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    if not readable:
        monkeypatch.setattr(os, "open", closed)

    with pytest.raises(ConfigurationError, match=f"{path} belongs to another user .uid {user}.: remove it"):
        run(replace, base_url=server.base_url, auth=make())

    assert server.received == server.token_requests == []


@posix
def test_a_symbolic_link_is_refused(run, server, make, put, path):
    put(CACHED, 1800)
    real = path.rename(path.with_name("real.json"))
    path.symlink_to(real)

    with pytest.raises(ConfigurationError, match="is a symbolic link: pass the path of the file itself"):
        run(replace, base_url=server.base_url, auth=make())

    assert server.received == server.token_requests == []


@posix
@pytest.mark.parametrize("kind", ["folder", "pipe", "socket"])
def test_what_is_no_plain_file_is_refused_and_not_waited_for(run, server, make, path, monkeypatch, kind):
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        monkeypatch.chdir(path.parent)  # since the path of a socket must be short
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)

    with pytest.raises(ConfigurationError, match="is no plain file"):
        run(replace, base_url=server.base_url, auth=make())

    assert server.received == server.token_requests == []


@posix
@pytest.mark.parametrize("planted", ["tokens.json.tmp", "tokens.json.lock"])
def test_a_link_that_was_planted_beside_the_file_is_not_followed(run, server, make, tmp_path, path, planted, caplog):
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / planted).symlink_to(target)

    run(replace, base_url=server.base_url, auth=make())

    assert target.read_text() == "precious"
    assert len(caplog.records) == (planted == "tokens.json.lock")


def test_a_refusal_holds_up_nobody_who_waits(server, make):
    go, errors = threading.Event(), []

    class Refusing(Own):
        def load(self, key):
            assert go.wait(20)
            raise ConfigurationError("run: chmod 600 it")

    auth = make(cache=Refusing())

    def work():
        with MaiaScim(base_url=server.base_url, auth=auth) as client:
            try:
                replace(client)
            except ConfigurationError as error:
                errors.append(str(error))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(20)]
    for thread in threads:
        thread.start()
    go.set()
    end = time.monotonic() + PATIENCE * 0.8  # who is not told waits for longer
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))

    assert errors == ["run: chmod 600 it"] * 20
    assert server.received == server.token_requests == []


def test_nothing_shows_the_token_or_the_secret(run, server, make, put, path, caplog):
    caplog.set_level(logging.DEBUG, "maia_scim")
    put(CACHED, 1800)
    auth = make()
    run(replace, base_url=server.base_url, auth=auth)
    shown = repr([auth, auth._cache, FileTokenCache(path), FileTokenCache(path).load(auth._cache_key()), auth._state])
    shown += caplog.text

    assert "CachedToken(expires_at=" in shown
    assert TOKEN not in shown
    assert CLIENT_SECRET not in shown
    assert CLIENT_SECRET not in path.read_text()


# -- Content that is none ------------------------------------------------------------------

ROW = '{"token": "cached", "expires_at": 1700001800}'
FOREIGN = [
    *("", "{", "null", "[]", "7", "{}", "[" * 200_000, '{"version": 1}'),
    *('{"version": 1, "tokens": []}', '{"version": 1, "tokens": null}'),
    f'{{"tokens": {{"KEY": {ROW}}}}}',
    f'{{"version": 2, "tokens": {{"KEY": {ROW}}}}}',
    f'{{"huge": "{"x" * (1 << 24)}", "version": 1, "tokens": {{"KEY": {ROW}}}}}',
]
ODD_ROWS = [
    *("null", '"cached"', "[]", "{}", '{"token": "cached"}', '{"expires_at": 1700001800}'),
    *(
        f'{{"token": {text}, "expires_at": 1700001800}}'
        for text in ("7", "null", '""', '"two words"', '"line\\nbreak"', '"\\u00fcmlaut"')
    ),
    *(
        f'{{"token": "cached", "expires_at": {time}}}'
        for time in ('"1700001800"', "null", "true", "[]", "NaN", "Infinity", "1" + "0" * 400, "1" + "0" * 5000)
    ),
]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", *FOREIGN, *(f'{{"version": 1, "tokens": {{"KEY": {row}}}}}' for row in ODD_ROWS)],
    ids=lambda content: str(content)[:70],
)
def test_a_file_that_is_none_of_ours_counts_as_empty(server, make, path, content, caplog):
    raw = content if isinstance(content, bytes) else content.encode()
    path.touch(0o600)
    path.write_bytes(raw.replace(b"KEY", make()._cache_key().encode()).replace(b"cached", CACHED.encode()))
    for _ in range(2):
        with MaiaScim(base_url=server.base_url, auth=make()) as client:
            replace(client)

    assert tokens_used(server) == [ONE, ONE]
    assert caplog.records == []


def test_a_row_that_is_none_leaves_the_others(server, make, path):
    path.touch(0o600)
    row = ROW.replace("cached", CACHED)
    path.write_text(f'{{"version": 1, "tokens": {{"a": 7, "{make()._cache_key()}": {row}, "b": {{}}}}}}')
    with MaiaScim(base_url=server.base_url, auth=make()) as client:
        replace(client)

    assert tokens_used(server) == [CACHED]


def test_a_file_that_vanished_is_made_again(run, server, make, tmp_path):
    folder = tmp_path / "folder"
    for _ in range(2):
        run(replace, base_url=server.base_url, auth=make(cache=folder / "tokens.json"))
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()

    assert tokens_used(server) == [ONE, TWO]


# -- Troubles that are not the call's --------------------------------------------------------


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


# -- Arguments -----------------------------------------------------------------------------


@pytest.mark.parametrize("cache", [7, b"/tmp/tokens", object(), FileTokenCache, {}, [], True])
def test_what_is_no_cache(make, cache):
    with pytest.raises(ConfigurationError, match="cache is no token cache but"):
        make(cache=cache)


@pytest.mark.parametrize("name", ["", ".", "/", "a\0b", "~no-such-user-here/tokens"])
def test_what_is_no_path(make, name):
    with pytest.raises(ConfigurationError, match="the token cache is "):
        make(cache=name)


@pytest.mark.parametrize("name", [7, None, b"/tmp/tokens"])
def test_what_is_no_path_at_all(name):
    with pytest.raises(ConfigurationError, match="the token cache is "):
        FileTokenCache(name)


def test_paths_are_made_absolute_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    cache = FileTokenCache("tokens.json")
    monkeypatch.chdir("/")

    assert cache.path == tmp_path / "tokens.json"
    assert FileTokenCache(Path("~/tokens.json")).path == tmp_path / "home" / "tokens.json"


def test_a_day_is_what_a_cached_token_may_claim():
    assert LONGEST == DAY


# -- Accounts, and what may be tried again ---------------------------------------------------


def test_whose_tokens_they_are(make):
    def give():
        return TOKEN

    text = BearerToken(TOKEN).account

    assert make().account == "me"
    assert text == BearerToken(TOKEN).account != BearerToken(f"{TOKEN}r").account
    assert text.startswith("token-")
    assert len(text) == len("token-") + 16
    assert TOKEN not in text
    assert BearerToken(give).account == BearerToken(give).account == f"callable-{id(give)}"
    assert BearerToken("\udcff").account  # which only a call refuses


def test_an_endpoint_that_cannot_be_reached_may_be_tried_again(run, make, server):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]  # where nobody listens
        auth = make(token_url=f"http://127.0.0.1:{port}/token")
        for _ in range(2):  # the second time, it is the error of a moment ago
            with pytest.raises(TokenError, match="got no answer") as caught:
                run(replace, base_url=server.base_url, auth=auth)

            assert caught.value.retryable is True
            assert pickle.loads(pickle.dumps(caught.value)).retryable is True


@pytest.mark.parametrize("answer", [Answer(drop=0), Answer.problem(503), Answer.of_json({"error": "x"}, 401)])
def test_an_endpoint_that_was_reached_is_not_tried_again(run, server, make, answer):
    server.token = lambda _: answer
    with pytest.raises(TokenError) as caught:
        run(replace, base_url=server.base_url, auth=make())

    assert caught.value.retryable is False
