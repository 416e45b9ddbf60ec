"""Tokens of the caller's own: a text, a function, or a source that gives the token of the moment."""

from __future__ import annotations

import asyncio
import traceback

import pytest

from maia_scim import AsyncMaiaScim, BearerToken, MaiaScim
from maia_scim.errors import AuthenticationError, ConfigurationError, TokenError
from tests.facade.clients import USER, replace, tokens_used
from tests.support.canary import CLIENT_SECRET, TOKEN
from tests.support.scripted import Answer


def test_a_text_token_is_not_tried_twice(run, server):
    server.answer = lambda _: Answer.problem(401)

    with pytest.raises(AuthenticationError):
        run(replace, base_url=server.base_url, auth=BearerToken(TOKEN))

    assert len(server.received) == 1


def test_a_function_gives_the_token_of_the_moment(run, server):
    tokens = iter([f"{TOKEN}-1", f"{TOKEN}-2"])
    server.answer = lambda request: (
        Answer.problem(401) if request.headers["Authorization"].endswith("-1") else Answer.of_json(request.json)
    )

    run(replace, base_url=server.base_url, auth=BearerToken(lambda: next(tokens)))

    assert tokens_used(server) == [f"{TOKEN}-1", f"{TOKEN}-2"]


async def test_an_async_function_gives_the_token(server):
    async def token():
        await asyncio.sleep(0)
        return TOKEN

    async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(token)) as client:
        await client.users.replace(USER)

    assert tokens_used(server) == [TOKEN]


def test_an_async_function_needs_the_async_client(server):
    async def token():
        return TOKEN

    with (
        MaiaScim(base_url=server.base_url, auth=BearerToken(token)) as client,
        pytest.raises(ConfigurationError, match="use AsyncMaiaScim"),
    ):
        client.users.replace(USER)


@pytest.mark.parametrize(
    "token",
    ["", f"{TOKEN} two", f"{TOKEN}\nline", f"{TOKEN}ü", None, 7],
    ids=["empty", "space", "line", "umlaut", "none", "number"],
)
def test_a_token_that_is_no_header_value_is_refused_unseen(run, server, token):
    with pytest.raises(TokenError, match="visible ASCII") as caught:
        run(replace, base_url=server.base_url, auth=BearerToken(lambda: token))

    assert caught.value.outcome == "not_sent"
    assert server.received == []


def broken():
    raise KeyError("t0ken-of-mine")


def test_a_token_function_that_raises_is_a_token_error(run, server):
    with pytest.raises(TokenError, match="raised KeyError") as caught:
        run(replace, base_url=server.base_url, auth=BearerToken(broken))

    assert caught.value.outcome == "not_sent"
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.__cause__.__traceback__ is None
    assert server.received == []


def test_it_hides_no_unknown_write(run, server):
    tokens = iter([TOKEN])
    server.answer = lambda _: Answer(drop=0)

    with pytest.raises(TokenError) as caught:
        run(replace, base_url=server.base_url, auth=BearerToken(lambda: next(tokens)))

    assert caught.value.outcome == "unknown"


async def test_an_async_token_function_that_raises(server):
    async def token():
        raise KeyError("mine")

    async with AsyncMaiaScim(base_url=server.base_url, auth=BearerToken(token)) as client:
        with pytest.raises(TokenError, match="raised KeyError"):
            await client.users.replace(USER)


def test_a_token_may_say_whose_it_is():
    one, other = BearerToken(broken, account="acme"), BearerToken(TOKEN, account="acme")
    assert one.account == other.account == "acme"
    assert BearerToken(broken).account != one.account
    assert BearerToken(TOKEN).account == BearerToken(TOKEN).account
    assert TOKEN not in BearerToken(TOKEN).account
    with pytest.raises(ConfigurationError, match="account is empty"):
        BearerToken(TOKEN, account="")


class Odd:
    """A token source of the caller's own."""

    account = "odd"

    def __init__(self, token):
        self.text = token

    def token(self):
        yield from ()
        return self.text

    def reject(self, token):
        return False


@pytest.mark.parametrize("token", [f"{TOKEN}\n", f"{TOKEN}ü", "", None], ids=["line", "umlaut", "empty", "none"])
def test_a_source_of_the_callers_own_is_checked_too(run, server, token):
    with pytest.raises(TokenError, match="visible ASCII") as caught:
        run(replace, base_url=server.base_url, auth=Odd(token))

    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert TOKEN not in told.replace(f"token = {token!r}", "")  # the test's own


def test_no_frame_of_a_token_function_is_kept(run, server):
    def token():
        client_secret = CLIENT_SECRET
        try:
            return str(int("inner")) + client_secret
        except ValueError as error:
            raise RuntimeError("outer") from error

    with pytest.raises(TokenError) as caught:
        run(replace, base_url=server.base_url, auth=BearerToken(token))

    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "inner" in told
    assert "outer" in told
    assert "client_secret" not in told
