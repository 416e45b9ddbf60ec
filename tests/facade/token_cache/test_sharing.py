"""Tokens that processes share: found, renewed, and whose they are."""

from __future__ import annotations

import pickle
import socket
import threading
from pathlib import Path

import pytest

from maia_scim import BearerToken, MaiaScim
from maia_scim.errors import ConfigurationError, TokenError
from maia_scim.token_cache import CachedToken, FileTokenCache
from maia_scim.token_state import EARLY, LONGEST
from tests.facade.clients import replace, tokens_used
from tests.facade.token_cache.common import CACHED, DAY, ONE, TWO, Own, keeps_tokens, tokens_kept
from tests.support.canary import CLIENT_SECRET, TOKEN
from tests.support.scripted import Answer

pytestmark = keeps_tokens

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
