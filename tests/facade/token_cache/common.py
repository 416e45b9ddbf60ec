"""What tests of the token cache have in common: tokens, a clock, and a cache of the caller's own."""

from __future__ import annotations

import json
import os

import pytest

from tests.support.canary import TOKEN
from tests.support.scripted import Answer

ONE, TWO, THREE = (f"{TOKEN}-{number}" for number in (1, 2, 3))  # as the server gives them
CACHED = f"{TOKEN}-cached"
DAY = 24 * 3600
keeps_tokens = pytest.mark.keeps_secrets("token", "file *.json*", reason="it is where tokens are kept")
posix = pytest.mark.skipif(os.name != "posix", reason="permissions and locks are looked at on POSIX systems only")


class Clock:
    """Time that a test moves."""

    def __init__(self, now=1_700_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


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
