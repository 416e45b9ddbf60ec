"""What the cache keeps from others, and what it takes from nobody: files of others, links, content that is none."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time

import pytest

from maia_scim import MaiaScim
from maia_scim.auth import PATIENCE
from maia_scim.errors import ConfigurationError
from maia_scim.token_cache import FileTokenCache
from tests.facade.clients import replace, tokens_used
from tests.facade.token_cache.common import CACHED, ONE, TWO, Own, keeps_tokens, posix
from tests.support.canary import CLIENT_SECRET, TOKEN

pytestmark = keeps_tokens

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
