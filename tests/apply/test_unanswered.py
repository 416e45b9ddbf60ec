"""What may have been written: answers that are lost, partial, or about somebody else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maia_scim import MaiaScim, apply
from maia_scim.apply import JournalError
from maia_scim.errors import AuthenticationError
from maia_scim.sandbox import Sandbox, faults
from tests.apply.conftest import ENTERPRISE
from tests.apply.runs import Write, client, journal_of, titles
from tests.support.directory import serve
from tests.support.scripted import Answer, Received


def unanswered(directory: Any, path: str, meddle: Callable[[dict[str, Any]], None]) -> Callable[[Received], Answer]:
    """A service that takes the first PUT of a user, does with it what it is told, and does not answer."""
    answer, left = directory.answer, [1]

    def odd(request: Received) -> Answer:
        if request.method == "PUT" and left:
            left.pop()
            sent = request.json
            meddle(sent)
            directory.resources[path] = {**sent, "number": directory.resources[path].get("number", 1) + 1}
            return Answer(drop=0)
        found: Answer = answer(request)
        return found

    return odd


@pytest.mark.parametrize("versions", [True, False])
def test_what_somebody_else_made_of_a_value_does_not_pass_for_a_write(write: Write, versions: bool) -> None:
    service, directory = serve({"Users/1": {"userName": "b", "title": "old", "active": True}}, versions=versions)
    service.answer = unanswered(directory, "Users/1", lambda sent: sent.update(title="somebody else's"))
    file = write([{"id": "1", "title": "new"}])
    with service, client(service, retry=None) as maia:
        with apply.plan(maia, file) as plan:
            assert plan.apply().unknown == 1
        with apply.resume(maia, journal_of(file)) as plan:
            assert plan.apply().moved == 1
        assert directory.resources["Users/1"]["title"] == "somebody else's"
        with apply.plan(maia, file) as plan:  # and is not hidden as what the service makes of it
            assert plan.summary.change == 1
            assert plan.apply().done == 1
    assert directory.resources["Users/1"]["title"] == "new"


def test_a_write_that_came_through_in_part_is_known_by_what_did(write: Write) -> None:
    service, directory = serve({"Users/1": {"userName": "b", "title": "old", "active": True}})
    service.answer = unanswered(directory, "Users/1", lambda sent: sent.update(nickName="nick", userName="name"))
    file = write([{"id": "1", "title": "new", "nickName": "N i c k", "userName": "Name"}])
    with service, client(service, retry=None) as maia:
        with apply.plan(maia, file) as plan:
            assert plan.apply().unknown == 1
        with apply.resume(maia, journal_of(file)) as plan:
            assert plan.apply().done == 1
            (entry,) = plan.entries()
        assert entry.result is not None
        assert {each.path for each in entry.result.differences} == {"nickName", "userName"}
        assert directory.resources["Users/1"]["number"] == 2
        with apply.plan(maia, file) as plan:
            assert plan.summary.change == 0


def test_a_part_that_came_through_is_none_where_something_else_was_changed(write: Write) -> None:
    service, directory = serve({"Users/1": {"userName": "b", "title": "old", "active": True}})
    service.answer = unanswered(directory, "Users/1", lambda sent: sent.update(nickName="nick", locale="el"))
    file = write([{"id": "1", "title": "new", "nickName": "N i c k"}])
    with service, client(service, retry=None) as maia:
        with apply.plan(maia, file) as plan:
            plan.apply()
        with apply.resume(maia, journal_of(file)) as plan:
            assert plan.apply().moved == 1
        with apply.undo(maia, journal_of(file)) as plan:  # the first attempt may have been done, and is not lost
            assert [entry.state for entry in plan.entries()] == ["conflict"]


@pytest.mark.parametrize("before", [{"manager": "7"}, {"manager": {"value": "7"}}])
def test_a_value_of_another_shape_does_not_pass_for_a_write(write: Write, tmp_path: Path, before: Any) -> None:
    service, directory = serve({"Users/1": {"userName": "b", "active": True, ENTERPRISE: before}}, versions=False)
    with service, client(service) as maia:
        with apply.plan(maia, write([{"id": "1", f"{ENTERPRISE}:manager.value": "8"}])) as plan:
            plan.save(tmp_path / "plan")
        other = {"manager": "9" if isinstance(before["manager"], dict) else {"value": "9"}}
        directory.resources["Users/1"][ENTERPRISE] = other
        with apply.open_plan(maia, tmp_path / "plan") as plan:
            summary = plan.apply()
    assert (summary.done, summary.moved) == (0, 1)
    assert directory.resources["Users/1"][ENTERPRISE] == other


def test_a_saved_plan_is_done_where_the_boolean_is_so_in_text(write: Write, tmp_path: Path) -> None:
    service, directory = serve({"Users/1": {"userName": "b", "active": "True"}}, versions=False)
    with service, client(service) as maia:
        with apply.plan(maia, write([{"id": "1", "active": "no"}])) as plan:
            plan.save(tmp_path / "plan")
        directory.resources["Users/1"]["active"] = "False"
        with apply.open_plan(maia, tmp_path / "plan") as plan:
            assert plan.apply().done == 1
    assert directory.resources["Users/1"].get("number", 1) == 1


@pytest.mark.parametrize("status", [401, 429, 503])
def test_what_was_turned_away_for_now_is_resumed(maia: MaiaScim, sandbox: Sandbox, write: Write, status: int) -> None:
    once = maia.with_options(retry=None)
    file = write(titles(sandbox, "x", 6))
    fault = faults.Status(status, headers={"Retry-After": "0"})
    with apply.plan(once, file) as plan:
        sandbox.inject(fault, on="users.replace", times=2)
        if status == 401:
            with pytest.raises(AuthenticationError):
                plan.apply(concurrency=1)
        else:
            plan.apply(concurrency=1)
        assert plan.left >= 1
    sandbox.clear_faults()
    with apply.resume(once, journal_of(file)) as plan:
        assert plan.apply().done == 6
    assert {user["title"] for user in [*sandbox.users.values()][:6]} == {"x"}
    assert {user["meta"]["version"] for user in [*sandbox.users.values()][:6]} == {'W/"2"'}


def test_what_was_refused_for_good_is_not_resumed(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 2))
    sandbox.inject(faults.Status(400), on="users.replace", times=1)
    with apply.plan(maia, file) as plan:
        assert plan.apply(concurrency=1).refused == 1
        assert plan.left == 0
    with pytest.raises(JournalError, match="nothing to resume"):
        apply.resume(maia, journal_of(file))


def test_a_service_that_hears_no_if_match_and_has_no_versions_is_looked_at(write: Write) -> None:
    service, directory = serve({f"Users/{n}": {"userName": f"u{n}", "active": True} for n in "12"}, versions=False)
    with service, client(service) as maia, apply.plan(maia, write([{"id": n, "title": "x"} for n in "12"])) as plan:
        directory.change("Users/1", nickName="somebody else's")
        del directory.resources["Users/2"]
        summary = plan.apply()
        results = [entry.result and entry.result.error for entry in plan.entries()]
    assert (summary.done, summary.moved) == (0, 2)
    assert "nickName" in str(results[0])
    assert "not there" in str(results[1])


@pytest.mark.parametrize("id", ["a b", "ü/n"[:1], "x%2Fy"[:1], "a:b@c+d", "日本"])
def test_ids_of_any_signs_are_found_and_written(write: Write, id: str) -> None:
    from urllib.parse import unquote

    service, directory = serve({f"Users/{id}": {"userName": "b", "active": True}})
    answer = directory.answer
    service.answer = lambda request: answer(
        Received(request.method, unquote(request.path), request.headers, request.body)
    )
    file = write([{"id": id, "title": "x"}])
    with service, client(service) as maia:
        with apply.plan(maia, file) as plan:
            assert plan.apply().done == 1
        with apply.undo(maia, journal_of(file)) as plan:
            assert plan.apply().done == 1
    assert directory.resources[f"Users/{id}"].get("title") is None


def test_an_answer_about_another_user_is_not_written_over_the_one_that_was_meant(write: Write) -> None:
    service, directory = serve({"Users/1": {"userName": "b", "active": True}})
    directory.resources["Users/1"]["id"] = "2"
    with service, client(service, retry=None) as maia, apply.plan(maia, write([{"id": "1", "title": "x"}])) as plan:
        assert [entry.state for entry in plan.entries()] == ["unread"]
        assert plan.apply().done == 0
