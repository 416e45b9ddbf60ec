"""A client under load: threads, tasks and processes that use it at the same time share no state."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import threading
from collections import Counter

import pytest

from maia_scim import AsyncMaiaScim, MaiaScim, patch
from maia_scim.models import ScimUser
from tests.facade.clients import options
from tests.support.canary import CLIENT_SECRET
from tests.support.scripted import Answer, Scripted

OPERATIONS = [
    ("GET", lambda client, id: client.users.get(id)),
    ("PUT", lambda client, id: client.users.replace(ScimUser(id=id, active=True))),
    ("PATCH", lambda client, id: client.users.patch(id, patch.replace("title", id))),
    ("POST", lambda client, id: client.users.create(ScimUser(external_id=id))),
]


class Flaky:
    """Answers each call's first request with trouble, by the id that it is about, and its second well."""

    def __init__(self):
        self.seen: Counter[tuple[str, str]] = Counter()
        self.lock = threading.Lock()

    def __call__(self, request):
        id = request.json["externalId"] if request.method == "POST" else request.path.rpartition("/")[2]
        with self.lock:
            self.seen[request.method, id] += 1
            first = self.seen[request.method, id] == 1
        if first and int(id) % 3 == 0:
            return Answer(429) if request.method in ("PATCH", "POST") else Answer(502)
        return Answer.of_json({"id": id}, 201 if request.method == "POST" else 200)


def jobs():
    chosen = [(method, operation, str(number)) for number in range(60) for method, operation in OPERATIONS]
    random.Random(7).shuffle(chosen)
    return chosen


def check(server, flaky, results):
    expected = {(method, id): 2 if int(id) % 3 == 0 else 1 for method, _, id in jobs()}
    assert flaky.seen == expected
    assert len(server.received) == sum(expected.values())
    assert sorted(user.id for user in results) == sorted(id for _, _, id in jobs())


@pytest.fixture
def flaky(monkeypatch):
    flaky = Flaky()
    with Scripted(flaky) as server:
        yield server, flaky


def test_methods_mixed_by_threads_share_no_state(flaky):
    server, answers = flaky
    results, todo, lock = [], jobs(), threading.Lock()
    with MaiaScim(**options(server)) as client:

        def work():
            while True:
                with lock:
                    if not todo:
                        return
                    _, operation, id = todo.pop()
                user = operation(client, id)
                with lock:
                    results.append(user)

        threads = [threading.Thread(target=work) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    check(server, answers, results)


async def test_methods_mixed_by_tasks_share_no_state(flaky):
    server, answers = flaky
    async with AsyncMaiaScim(**options(server)) as client:
        limit = asyncio.Semaphore(12)

        async def work(operation, id):
            async with limit:
                return await operation(client, id)

        results = await asyncio.gather(*(work(operation, id) for _, operation, id in jobs()))

    check(server, answers, results)


FORKS = """
import os, sys, threading
from maia_scim import BearerToken, ClientCredentials, MaiaScim, errors

base_url, token_url = sys.argv[1:]
auth = ClientCredentials(client_id="me", client_secret=os.environ["SECRET"], token_url=token_url)
with MaiaScim(base_url=base_url, auth=auth) as maia:
    maia.users.get("1")
    stop = threading.Event()

    def work():  # holds the locks of limiter and token now and then
        while not stop.is_set():
            maia._core.limiter.give_back(maia._core.limiter.take(None, paced=False))
            maia._core.auth._state.join()

    for _ in range(3):
        threading.Thread(target=work, daemon=True).start()
    for _ in range(20):
        if (child := os.fork()) == 0:
            try:
                maia.users.get("1")
            except errors.ConfigurationError as error:
                assert "before a fork" in str(error)
            else:
                os._exit(3)
            with MaiaScim(base_url=base_url, auth=auth) as own:
                own.users.get("1")
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        assert os.waitstatus_to_exitcode(status) == 0, status
    stop.set()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_each_process_has_its_own_client_and_no_lock_of_another():
    with Scripted(lambda _: Answer.of_json({"id": "1"})) as server:
        done = subprocess.run(
            [sys.executable, "-c", FORKS, server.base_url, server.token_url],
            env={**os.environ, "SECRET": CLIENT_SECRET},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert len(server.received) == 21
