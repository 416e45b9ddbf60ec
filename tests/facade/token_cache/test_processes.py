"""Processes and threads that use one file at the same time, and are killed amid it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from maia_scim.token_cache import CachedToken, FileTokenCache
from tests.facade.clients import tokens_used
from tests.facade.token_cache.common import CACHED, ONE, keeps_tokens, posix, text_of, tokens_kept
from tests.support.canary import CLIENT_SECRET, TOKEN

pytestmark = keeps_tokens

ROOT = Path(__file__).parents[3]
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
