"""The examples run, as a user runs them, against a sandbox."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.examples.conftest import BARBARA, EXAMPLES, run
from tests.support.canary import CLIENT_SECRET, TOKEN
from tests.support.directory import serve
from tests.support.scripted import Answer

USER = "/v1/directory-integration/scim/v2/Users/{id}"
PROGRAMS = sorted(
    file.relative_to(EXAMPLES) for file in EXAMPLES.rglob("*.py") if "__main__" in file.read_text("utf-8")
)


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_called_wrongly_a_program_tells_how(program, sandbox):
    wrong, asked = run(sandbox, program), run(sandbox, program, "--help")

    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith(f"usage: {program.name} ")
    assert "error: the following arguments are required: " in wrong.stderr
    assert (asked.returncode, asked.stderr) == (0, "")


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_without_settings_a_program_says_in_a_line_which(program, tmp_path):
    file = tmp_path / "users.json"
    file.write_text('{"id": "1"}', "utf-8")
    arguments = {
        "airflow_apply.py": [file, tmp_path / "journal", tmp_path / "report.html"],
        "proxy_and_mtls.py": ["1", "--proxy", "http://127.0.0.1:1"],
        "tracing.py": ["1", "Data Engineer"],
    }

    done = run(SimpleNamespace(environment={}), program, *arguments.get(program.name, [file]))

    assert done.returncode == 1
    assert re.fullmatch(r"ConfigurationError(?: \(not_sent\))?: no region: pass region=.*\n", done.stderr)


def test_replace_user(sandbox, tmp_path):
    file = tmp_path / "user.json"
    file.write_text(json.dumps({**sandbox.users[BARBARA], "title": "Data Engineer"}), encoding="utf-8")

    done = run(sandbox, "replace_user.py", file)

    told = f"bjensen ({BARBARA}) is replaced, request id {sandbox.requests[-1].request_id}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, told, "")
    assert sandbox.users[BARBARA]["title"] == "Data Engineer"


def test_replace_user_that_leaves_something_out(sandbox, tmp_path):
    before = sandbox.users
    file = tmp_path / "user.json"
    file.write_text(json.dumps({"id": BARBARA, "userName": "bjensen", "active": True}), encoding="utf-8")

    done = run(sandbox, "replace_user.py", file)

    assert done.returncode == 1
    assert done.stderr.startswith("LossyReplace: PUT ")
    assert "externalId" in done.stderr
    assert sandbox.users == before


def test_replace_user_that_is_not_there(sandbox, tmp_path):
    file = tmp_path / "user.json"
    file.write_text(json.dumps({"id": "nobody", "userName": "nobody", "active": True}), encoding="utf-8")

    done = run(sandbox, "replace_user.py", file)

    assert done.returncode == 1
    assert done.stderr.startswith("NotFound: GET ")


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "Expecting property name"), ('{"userName": "x"}', "the user has no id"), (None, "No such file")],
    ids=["no JSON", "no id", "no file"],
)
def test_replace_user_of_a_file_that_is_none(text, told, sandbox, tmp_path):
    file = tmp_path / "user.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")

    done = run(sandbox, "replace_user.py", file)

    assert (done.returncode, told in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    assert not sandbox.requests


def test_replace_many_async(sandbox, tmp_path):
    users = [{**user, "title": "New"} for user in sandbox.users.values()]
    odd = [{"id": "nobody", "userName": "x", "active": True}, {"id": BARBARA, "userName": "bjensen"}]
    file = tmp_path / "users.jsonl"
    file.write_text("\n".join(map(json.dumps, [*users, *odd])), "utf-8")

    done = run(sandbox, "replace_many_async.py", file)

    assert done.returncode == 1
    assert done.stdout == f"{len(users)} of {len(users) + 2} users are replaced\n"
    assert "nobody: NotFound (refused)" in done.stderr
    assert f"{BARBARA}: LossyReplace (not_sent)" in done.stderr
    assert {user["title"] for user in sandbox.users.values()} == {"New"}


def test_replace_many_async_up_to_a_line_that_is_wrong(sandbox, tmp_path):
    file = tmp_path / "users.jsonl"
    file.write_text(json.dumps({**sandbox.users[BARBARA], "title": "New"}) + "\n{\n", "utf-8")

    done = run(sandbox, "replace_many_async.py", file)

    assert (done.returncode, done.stdout) == (1, "1 of 1 users are replaced\n")
    assert done.stderr.startswith("ValueError: line 2 is no JSON: ")
    assert sandbox.users[BARBARA]["title"] == "New"


# -- Tracing ------------------------------------------------------------------------------------------


def spans_of(done):
    assert (done.returncode, done.stderr) == (0, "")
    *requests, job = map(json.loads, done.stdout.splitlines())
    assert job["name"] == "correct a title"
    assert all(span["parent_id"] == job["context"]["span_id"] for span in requests)
    told = [(span["kind"], span["name"], span["attributes"]["http.status_code"]) for span in requests]
    return told, [(event["name"], event["attributes"]) for event in job["events"]]


def test_tracing(sandbox):
    done = run(sandbox, "tracing.py", BARBARA, "Data Engineer")

    requests, events = spans_of(done)
    client = "SpanKind.CLIENT"
    assert requests == [(client, "POST", 200), (client, "GET", 200), (client, "PUT", 200)]
    assert events == [("call", {"path": USER, "attempts": 1, "outcome": "done"})] * 2
    assert sandbox.users[BARBARA]["title"] == "Data Engineer"
    assert sandbox.client_secret not in done.stdout


def test_tracing_a_call_that_fails(sandbox):
    done = run(sandbox, "tracing.py", "nobody", "Data Engineer")

    *_, job = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, job["status"]["status_code"]) == (1, "ERROR")
    assert [event["name"] for event in job["events"]] == ["call", "exception"]
    assert re.fullmatch(r"NotFound: GET .*\n", done.stderr)


class Unsteady:
    """A service that is away at first, with the environment that leads to it."""

    def __init__(self):
        self.server, directory = serve({"Users/1": {"userName": "bjensen", "active": True}})
        answers = iter([Answer(503)])
        self.server.answer = lambda request: next(answers, None) or directory.answer(request)

    @property
    def environment(self):
        return {
            "MAIA_BASE_URL": self.server.base_url,
            "MAIA_TOKEN_URL": self.server.token_url,
            "MAIA_CLIENT_ID": "me",
            "MAIA_CLIENT_SECRET": CLIENT_SECRET,
        }


def test_tracing_has_a_span_for_each_attempt_and_an_event_for_each_wait():
    service = Unsteady()
    with service.server:
        done = run(service, "tracing.py", "1", "Data Engineer")

    requests, events = spans_of(done)
    assert [(name, status) for _, name, status in requests] == [("POST", 200), ("GET", 503), ("GET", 200), ("PUT", 200)]
    (name, wait), *calls = events
    assert (name, wait["reason"], wait["path"]) == ("wait", "retry", USER)
    assert 0.5 <= wait["seconds"] <= 1
    assert [call["attempts"] for _, call in calls] == [2, 1]
    assert service.server.received[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in done.stdout
    assert CLIENT_SECRET not in done.stdout


def test_the_example_repository_passes_its_tests():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:asyncio", "-p", "no:cacheprovider"],
        cwd=EXAMPLES / "offboarding",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "9 passed" in done.stdout


def test_airflow_apply(sandbox, tmp_path):
    file, journal, report = tmp_path / "people.jsonl", tmp_path / "people.journal", tmp_path / "report.html"

    def write(titles):
        file.write_text("\n".join(json.dumps({"id": id, "title": title}) for id, title in titles.items()), "utf-8")
        return run(sandbox, "airflow_apply.py", file, journal, report)

    titles = {id: user.get("title") for id, user in sandbox.users.items()}
    done = write({**titles, BARBARA: "Data Engineer"})
    assert (done.returncode, done.stdout) == (0, "{'changed': 1, 'unchanged': 49, 'adjusted': 0}\n")
    assert sandbox.users[BARBARA]["title"] == "Data Engineer"
    assert "Data Engineer" in report.read_text(encoding="utf-8")

    failed = write({BARBARA: "Data Engineer", "nobody": "x"})
    assert failed.returncode == 1
    assert re.fullmatch(r"RuntimeError: 1 of 2 rows are not as .*\n", failed.stderr)
    stopped = write(dict.fromkeys(titles, "x"))
    assert "it would change 50 users, and at most 5 (10% of 50 rows) may be" in stopped.stderr
    assert stopped.stderr.startswith("GuardRail: ")
