"""What a directory, a disk, another process or an interrupt may do to a run, and what a run makes of it."""

import asyncio
import gc
import io
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from maia_scim import BearerToken, ClientCredentials, MaiaScim, apply
from maia_scim.apply import GuardRail, JournalError, PlanError, loading, planning, records
from maia_scim.apply.columns import target
from maia_scim.apply.guards import protects
from maia_scim.apply.inside import core_of
from maia_scim.apply.judging import Rules, judged
from maia_scim.apply.model import Setting
from maia_scim.apply.reading import open_rows
from maia_scim.apply.store import Store, is_ours
from maia_scim.apply.wanted import changed, changes_of, value_at
from maia_scim.diff import Change, Difference
from maia_scim.errors import AuthenticationError, MaiaError
from maia_scim.sandbox import Sandbox, faults, personalities
from maia_scim.sandbox.plain import PlainDirectory
from tests.apply.conftest import BARBARA, ENTERPRISE, client_of, writes
from tests.support.directory import serve
from tests.support.scripted import Answer, Received

Write = Callable[..., Path]
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ROOT = Path(__file__).parents[2]


def ids(sandbox: Sandbox, count: int) -> list[str]:
    return [*sandbox.users][:count]


def titles(sandbox: Sandbox, value: str, count: int = 5) -> list[dict[str, Any]]:
    return [{"id": id, "title": value} for id in ids(sandbox, count)]


def settings(values: dict[str, Any]) -> list[Setting]:
    return [Setting(target(path), value) for path, value in values.items()]


def journal_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.journal")


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT, check=False
    )


# Where a change goes.


@pytest.mark.parametrize(
    ("path", "extension", "attribute"),
    [
        (f"{ENTERPRISE}:Department", ENTERPRISE, "Department"),
        (f"{ENTERPRISE}:department", ENTERPRISE, "department"),
        ("urn:example:colours:Shade", "urn:example:colours", "Shade"),
        ("https://example.com/scim/ext:dept", "https://example.com/scim/ext", "dept"),
    ],
)
def test_an_attribute_of_a_new_extension_goes_into_it(path: str, extension: str, attribute: str) -> None:
    held: dict[str, Any] = {"id": "1", "schemas": [CORE]}
    wanted = changed(held, changes_of(held, settings({path: "Sales"})))
    assert wanted == {"id": "1", extension: {attribute: "Sales"}, "schemas": [CORE, extension]}
    assert value_at(wanted, path) == "Sales"
    assert value_at(wanted, path.upper()) == "Sales"
    assert changed(wanted, [Change(path, "Sales", None)])[extension] == {attribute: None}


def test_of_two_extensions_the_one_is_meant_that_fits_all_of_a_path() -> None:
    held: dict[str, Any] = {"urn:a:2.0": {"User:x": 1}, "urn:a:2.0:User": {"x": 2}}
    assert value_at(held, "urn:a:2.0:User:x") == 2
    assert value_at(held, "urn:a:2.0:User") == {"x": 2}


def test_an_extension_that_is_no_object_is_replaced_and_brought_back() -> None:
    held: dict[str, Any] = {ENTERPRISE: "none", "schemas": [CORE, ENTERPRISE]}
    (change,) = changes_of(held, settings({f"{ENTERPRISE}:department": "Sales"}))
    assert (change.path, change.before) == (ENTERPRISE, "none")
    wanted = changed(held, [change])
    assert wanted[ENTERPRISE] == {"department": "Sales"}
    assert changed(wanted, [Change(ENTERPRISE, wanted[ENTERPRISE], "none")]) == held
    assert changed({}, [Change(ENTERPRISE, None, "none")]) == {ENTERPRISE: "none"}


def test_the_primary_item_is_found_however_it_is_spelt() -> None:
    items = [{"value": "1", "type": "work"}, {"value": "2", "type": "work", "Primary": "True"}]
    (change,) = changes_of({"emails": items}, settings({"emails[work]": "3"}))
    assert [item["value"] for item in change.after] == ["1", "3"]


def test_a_difference_in_case_is_seen_in_any_spelling_of_an_extension(
    maia: MaiaScim, sandbox: Sandbox, write: Write
) -> None:
    held = sandbox.users[BARBARA][ENTERPRISE]["department"]
    with apply.plan(maia, write([{"id": BARBARA, f"{ENTERPRISE.upper()}:DEPARTMENT": held.upper()}])) as plan:
        assert (plan.summary.unchanged, plan.summary.case_only) == (1, 1)


# Guard rails.


@pytest.mark.parametrize("emails", [[{"VALUE": "Boss@x.example"}], ["boss@x.example"]])
@pytest.mark.parametrize("name", ["emails", "Emails"])
def test_an_address_protects_however_it_is_spelt(name: str, emails: list[Any]) -> None:
    assert protects(frozenset({"boss@x.example"}), "1", {name: emails})
    assert not protects(frozenset({"another@x.example"}), "1", {name: emails})


def test_false_in_text_deactivates_too() -> None:
    held = {"id": "1", "userName": "boss", "active": "True"}
    rules = Rules(protected=frozenset({"boss"}))
    assert judged(held, None, (Change("active", "True", "False"),), rules, {})["state"] == "protected"
    assert judged(held, None, (Change("active", None, "True"),), rules, {})["state"] == "change"


def test_an_undo_that_deactivates_is_told_of_where_booleans_are_text(write: Write, tmp_path: Path) -> None:
    service, directory = serve({"Users/1": {"userName": "boss", "active": "False"}})
    file = write([{"id": "1", "active": "true"}])
    with service, client(service) as maia:
        with apply.plan(maia, file) as plan:
            assert plan.apply().done == 1
        directory.resources["Users/1"]["active"] = "True"
        protect = tmp_path / "protect"
        protect.write_text("boss\n", encoding="utf-8")
        with apply.undo(maia, journal_of(file), protect=protect) as plan:
            assert plan.summary.protected == 1
        with apply.undo(maia, journal_of(file)) as plan:
            assert plan.summary.deactivations == 1
            with pytest.raises(GuardRail, match="deactivate boss"):
                plan.check(protected=frozenset({"boss"}))


def client(service: Any, **options: Any) -> MaiaScim:
    return MaiaScim(base_url=service.url, auth=BearerToken("a-token"), rate_limit=None, **options)


# Files of many rows.


@pytest.mark.parametrize("column", ["id", "userName"])
def test_many_rows_that_are_there_twice_take_no_longer_than_others(column: str) -> None:
    count = 20_000
    lines = [f"{'x' if column == 'id' else number}{number // 2},user{number // 2},t\n" for number in range(count)]
    if column == "id":
        lines = [f"id-{number // 2},user{number},t\n" for number in range(count)]
    text = "id,userName,title\n" + "".join(lines)
    begun = time.monotonic()
    with MaiaScim("eu1", auth=BearerToken("x")) as maia:
        store = Store.temporary()
        run = planning.begin(store, maia, "apply", "-", None)
        with open_rows(io.BytesIO(text.encode()), name="-", format="csv") as source:
            loading.load(store, run, source)
            loading.check(store, run, source.name, skip_invalid=True)
        assert records.summary(store, run).invalid == count // 2
        store.close()
    assert time.monotonic() - begun < 20  # some minutes, if each were compared with each


@pytest.mark.parametrize("query", [loading._TWICE, loading._SHARED])
def test_rows_are_compared_by_an_index(query: str) -> None:
    store = Store.temporary()
    store.sql.executescript(loading._SCRATCH)
    steps = [row[3] for row in store.sql.execute(f"EXPLAIN QUERY PLAN {query}", {"run": 1})]
    assert not [step for step in steps if step.startswith("SCAN") and step.split()[1] in ("a", "e", "o")], steps
    store.close()


def test_a_file_without_rows_is_done_at_once(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("id,title\n", encoding="utf-8")
    with apply.plan(maia, file) as plan:
        plan.check(max_changes="0%", max_deactivations=0)
        assert plan.apply().rows == 0
    with apply.Journal(journal_of(file)) as journal:
        assert [run.state for run in journal.runs()] == ["finished"]


# What the service is known to keep otherwise.


class Untyped(PlainDirectory):
    """A service without versions that drops the type of addresses."""

    versioned = False

    def accept(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        content = super().accept(kind, body)
        for item in content.get("emails", ()):
            item.pop("type", None)
        return content


class Learning(PlainDirectory):
    """A service that ignores titles until it is told not to."""

    deaf = True

    def accept(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        left_out = ("title",) if Learning.deaf else ()
        return super().accept(kind, {name: value for name, value in body.items() if name not in left_out})


@pytest.fixture
def special(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[type[PlainDirectory]], Sandbox]]:
    """A sandbox of a directory that a test made."""
    opened: list[Sandbox] = []

    def made(kind: type[PlainDirectory]) -> Sandbox:
        monkeypatch.setitem(personalities._CLASSES, "hostile", ("plain", kind.__name__))
        monkeypatch.setattr(f"maia_scim.sandbox.plain.{kind.__name__}", kind, raising=False)
        sandbox = Sandbox(rate=None, personality="hostile")
        opened.append(sandbox.__enter__())
        return opened[-1]

    yield made
    for sandbox in opened:
        sandbox.__exit__(None, None, None)


def test_a_service_that_drops_types_gets_each_address_once(
    special: Callable[[type[PlainDirectory]], Sandbox], write: Write
) -> None:
    sandbox = special(Untyped)
    id = ids(sandbox, 1)[0]
    rows = [{"id": id, "emails[other]": "new@x.example"}]
    with client_of(sandbox) as maia:
        for expected in (1, 0, 0):
            with apply.plan(maia, write(rows)) as plan:
                assert plan.summary.change == expected
                plan.apply()
        assert [item["value"] for item in sandbox.users[id]["emails"]].count("new@x.example") == 1
        rows[0]["emails[other]"] = "newer@x.example"
        with apply.plan(maia, write(rows)) as plan:
            assert plan.summary.change == 1


@pytest.mark.parametrize(
    ("after", "known"),
    [
        ([{"value": "a"}, {"value": "b"}, {"value": "b", "type": "work"}], True),
        ([{"value": "a"}, {"value": "b"}, {"value": "c", "type": "work"}], False),  # another is added
        ([{"value": "b"}, {"value": "b", "type": "work"}], False),  # one is taken away that was sent
        ([{"value": "a"}], True),  # one is taken away that was not sent: the service has it all the same
    ],
)
def test_items_are_known_if_the_service_was_sent_them_so(after: list[Any], known: bool) -> None:
    held = {"id": "1", "active": True, "emails": [{"value": "a"}, {"value": "b"}]}
    sent = [{"value": "a"}, {"value": "b", "type": "work"}]
    change = Change("emails", held["emails"], after)
    values = judged(held, None, (change,), Rules(), {"emails": Difference("emails", sent, held["emails"])})
    assert values["state"] == ("unchanged" if known else "change")


def test_what_the_service_has_learned_to_take_is_proposed_again(
    special: Callable[[type[PlainDirectory]], Sandbox], write: Write
) -> None:
    sandbox = special(Learning)
    id = ids(sandbox, 1)[0]
    with client_of(sandbox) as maia:
        for title, deaf, expected in (("A", True, 1), ("A", True, 0), ("B", False, 1)):
            Learning.deaf = deaf
            with apply.plan(maia, write([{"id": id, "title": title}])) as plan:
                assert plan.summary.change == expected
                plan.apply()
        with maia.users.edit(id) as user:
            user.title = None
        with apply.plan(maia, write([{"id": id, "title": "A"}])) as plan:
            assert plan.summary.change == 1


def test_what_is_known_of_a_user_does_not_hang_on_the_case_of_its_id(write: Write) -> None:
    service, directory = serve({"Users/ab": {"userName": "b", "active": True}}, versions=False)
    answer = directory.answer

    def forgetful(request: Received) -> Answer:
        found = answer(Received(request.method, request.path.replace("AB", "ab"), request.headers, request.body))
        directory.resources["Users/ab"].pop("title", None)
        return Answer(found.status, found.body.replace(b'"title": "x", ', b""), found.headers)

    service.answer = forgetful
    with service, client(service) as maia:
        for id, expected in (("AB", 1), ("AB", 0), ("ab", 0)):
            with apply.plan(maia, write([{"id": id, "title": "x"}])) as plan:
                assert plan.summary.change == expected, id
                plan.apply()


# What may have been written.


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


# Secrets, and texts that are none.


def test_no_password_that_a_service_answers_gets_into_the_journal(write: Write) -> None:
    service, _ = serve({"Users/1": {"userName": "b", "active": True, "Password": "hunter2"}}, versions=False)
    file = write([{"id": "1", "title": "x"}])
    with service, client(service) as maia:
        with apply.plan(maia, file) as plan:
            assert plan.apply().done == 1
        with apply.undo(maia, journal_of(file)) as plan:
            assert plan.apply().done == 1
    assert b"hunter2" not in journal_of(file).read_bytes()


def test_an_answer_to_a_write_that_has_a_password_is_kept_without_it(
    maia: MaiaScim, sandbox: Sandbox, write: Write
) -> None:
    file = write([{"id": BARBARA, "title": "x"}])
    with apply.plan(maia, file) as plan:
        answer = {"id": BARBARA, "userName": "bjensen", "PassWord": "hunter2"}
        sandbox.inject(faults.Body.json(answer), on="users.replace", times=1)
        assert plan.apply().done == 1
        (entry,) = plan.entries()
    assert entry.result is not None
    assert entry.result.after == {"id": BARBARA, "userName": "bjensen"}
    assert b"hunter2" not in journal_of(file).read_bytes()


def test_no_password_of_a_file_gets_into_a_plan(maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path) -> None:
    first, second = ids(sandbox, 2)
    lines = tmp_path / "people.jsonl"
    odd = {"id": first, "x": {"Password": "hunter2"}, "password": "hunter2"}
    lines.write_text(f"{json.dumps(odd)}\n{json.dumps({'id': second, 'title': 'x'})}\n", encoding="utf-8")
    with apply.plan(maia, lines, skip_invalid=True) as plan:
        plan.save(tmp_path / "lines.plan")
        assert [entry.source for entry in plan.entries("invalid")] == [{"id": first, "x": {}}]
    rows = write([{"id": first, " PassWord": "hunter2", "title": "x"}])
    with apply.plan(maia, rows, mapping={"password": ""}) as plan:
        plan.save(tmp_path / "rows.plan")
        assert next(plan.entries()).source == [first, "", "x"]
    for name in ("lines.plan", "rows.plan"):
        assert b"hunter2" not in (tmp_path / name).read_bytes()


def test_half_characters_neither_stop_a_run_nor_change_a_user(write: Write) -> None:
    half = {"userName": "x\ud83d", "displayName": "y\ud83d", "active": True}
    service, directory = serve({"Users/1": half, "Users/2": {"userName": "z", "active": True}})
    file = write([{"id": id, "title": "x"} for id in "12"])
    with service, client(service) as maia:
        with apply.plan(maia, file) as plan:
            entry = next(plan.entries())
            assert (entry.name, entry.state) == ("x?", "change")
            assert {**(entry.wanted or {}), "meta": None} == {"id": "1", **half, "title": "x", "meta": None}
            assert plan.apply().done == 2
        with apply.Journal(journal_of(file)) as journal:
            result = next(journal.entries(1)).result
            assert result is not None
            assert (result.after or {})["displayName"] == "y\ud83d"
    assert directory.resources["Users/1"]["displayName"] == "y\ud83d"
    assert directory.resources["Users/2"]["title"] == "x"


# Journals and plans.


def test_a_plan_may_go_from_thread_to_thread(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x"))

    async def run() -> None:
        plan = await asyncio.to_thread(apply.plan, maia, file)
        assert plan.summary.change == 5
        assert (await asyncio.to_thread(plan.apply)).done == 5
        plan.close()

    asyncio.run(run())


def hot(file: Path) -> None:
    """Leave a file as a process does that is killed amid a write."""
    code = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN EXCLUSIVE")
connection.execute("UPDATE entry SET note = 'half done', state = 'invalid'")
connection.execute("INSERT INTO write (run, number, begun, error) SELECT 1, number, '', hex(zeroblob(9000)) FROM entry")
os.kill(os.getpid(), 9)
"""
    python(code, file)
    assert file.with_name(f"{file.name}-journal").stat().st_size > 0


def reads_runs(maia: MaiaScim, file: Path, journal: Path) -> None:
    with apply.Journal(journal) as trail:
        assert trail.runs()[0].summary.done == 3


def plans(maia: MaiaScim, file: Path, journal: Path) -> None:
    with apply.plan(maia, file) as plan:
        assert plan.summary.unchanged == 3


def undoes(maia: MaiaScim, file: Path, journal: Path) -> None:
    with apply.undo(maia, journal) as plan:
        assert plan.summary.change == 3


@pytest.mark.parametrize("use", [reads_runs, plans, undoes])
def test_what_a_kill_left_half_written_is_rolled_back_by_who_reads(
    maia: MaiaScim, sandbox: Sandbox, write: Write, use: Callable[[MaiaScim, Path, Path], None]
) -> None:
    file = write(titles(sandbox, "x", 3))
    with apply.plan(maia, file) as plan:
        plan.apply()
    hot(journal_of(file))
    use(maia, file, journal_of(file))


def test_a_journal_is_not_written_by_who_reads(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 1))
    with apply.plan(maia, file) as plan:
        plan.apply()
    store = Store.open(journal_of(file), "read")
    with pytest.raises(JournalError, match="readonly"):
        store.write("DELETE FROM run WHERE run = :run", {"run": 1})
    store.close()


def test_an_empty_journal_that_a_crash_left_is_no_obstacle(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 2))
    journal_of(file).touch()
    with apply.plan(maia, file) as plan:
        assert plan.apply().done == 2


def test_a_journal_stays_locked_though_others_look_at_it(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    code = """
import sys
from pathlib import Path
from maia_scim.apply.store import Store
try:
    Store.open(Path(sys.argv[1]), "write")
except Exception as error:
    print(error)
"""
    store = Store.open(journal, "create")
    assert is_ours(journal)
    for mode in ("read", "write", "create"):
        with pytest.raises(JournalError, match="another run"):
            Store.open(journal, mode)
    assert "another run is using it" in python(code, journal).stdout
    store.close()
    assert python(code, journal).stdout == ""
    Store.open(journal, "write").close()


def test_a_look_takes_nothing_out_of_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    text = b"id,title\n" * 100
    os.write(end, text)
    assert not is_ours(pipe)
    assert os.read(end, 2000) == text
    os.close(end)


def test_runs_of_another_account_in_the_same_journal_are_left_alone(
    maia: MaiaScim, sandbox: Sandbox, write: Write
) -> None:
    def stop(_: apply.Progress) -> None:
        raise KeyboardInterrupt

    file = write(titles(sandbox, "x", 20))
    journal = journal_of(file)
    with apply.plan(maia, file) as plan, pytest.raises(KeyboardInterrupt):
        plan.apply(on_progress=stop)
    with Sandbox(rate=None) as other, client_of(other) as elsewhere:
        with pytest.raises(JournalError, match="nothing to resume"):
            apply.resume(elsewhere, journal)
        with pytest.raises(PlanError, match="is about"):
            apply.undo(elsewhere, journal)
        with pytest.raises(PlanError, match="is about"):
            apply.undo(elsewhere, journal, run=1)
        with apply.plan(elsewhere, file) as plan:
            plan.apply()
        with apply.undo(elsewhere, journal) as plan:
            assert plan.summary.change == 20
    with apply.Journal(journal) as trail:
        assert [run.state for run in trail.runs()] == ["stopped", "finished"]
    with apply.undo(maia, journal) as plan:  # not the newest of all, but of this account
        assert 1 <= plan.summary.change < 20
    with apply.resume(maia, journal) as plan:
        assert plan.apply().done == 20


def test_two_accounts_at_one_address_have_runs_of_their_own(
    maia: MaiaScim, sandbox: Sandbox, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: apply.Progress) -> None:
        raise KeyboardInterrupt

    file = write(titles(sandbox, "x", 20))
    with apply.plan(maia, file) as plan, pytest.raises(KeyboardInterrupt):
        plan.apply(on_progress=stop)
    auth = ClientCredentials(
        client_id=sandbox.client_id, client_secret=sandbox.client_secret, token_url=sandbox.token_url
    )
    monkeypatch.setattr(ClientCredentials, "account", "another")
    with MaiaScim(base_url=sandbox.base_url, auth=auth, rate_limit=None) as another:
        with pytest.raises(JournalError, match="nothing to resume"):
            apply.resume(another, journal_of(file))
        with apply.plan(another, file) as plan:
            plan.apply()
    monkeypatch.undo()
    with apply.resume(maia, journal_of(file)) as plan:
        assert plan.apply().done == 20


@pytest.mark.parametrize(
    ("auth", "account", "same"),
    [
        (BearerToken("x"), "another", True),
        (BearerToken("x"), "token-0123456789abcdef", True),
        (BearerToken("x", account="mine"), "another", False),
        (BearerToken("x", account="mine"), "mine", True),
        (BearerToken("x", account="mine"), "callable-1", True),
    ],
)
def test_of_tokens_it_is_not_known_whose_they_are(auth: BearerToken, account: str, same: bool) -> None:
    with MaiaScim(base_url="https://x.example/dpc", auth=auth) as maia:
        assert core_of(maia).is_for("https://x.example/dpc", account) is same
        assert not core_of(maia).is_for("https://y.example/dpc", account)


def test_a_plan_is_not_saved_in_the_place_of_something_else(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path
) -> None:
    file = write(titles(sandbox, "x", 2))
    with apply.plan(maia, file) as plan:
        plan.save(tmp_path / "plan")
        plan.save(tmp_path / "plan")
        (tmp_path / "empty").touch()
        plan.save(tmp_path / "empty")
        with pytest.raises(JournalError, match="another file"):
            plan.save(file)
        plan.apply()
        before = journal_of(file).read_bytes()
        plan.save(tmp_path / "late")
    with apply.plan(maia, file) as plan, pytest.raises(JournalError, match="is a journal"):
        plan.save(journal_of(file))
    assert journal_of(file).read_bytes() == before
    for name in ("plan", "empty", "late"):
        with apply.open_plan(maia, tmp_path / name) as plan, pytest.raises(JournalError, match="applied already"):
            plan.apply(journal_of(file))


def test_a_plan_that_is_cut_off_is_refused_before_anything_is_written(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path
) -> None:
    with apply.plan(maia, write(titles(sandbox, "x", 40))) as plan:
        plan.save(tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    for length in range(4096, len(whole), 16 * 4096):
        (tmp_path / "cut").write_bytes(whole[:length])
        with (
            pytest.raises(JournalError, match=r"malformed|not a database"),
            apply.open_plan(maia, tmp_path / "cut") as plan,
        ):
            plan.apply(tmp_path / f"journal{length}")
    assert writes(sandbox) == []


def test_a_plan_is_in_the_journal_whole_or_not_at_all(
    maia: MaiaScim, sandbox: Sandbox, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    file = write(titles(sandbox, "x", 20))
    with apply.plan(maia, file) as plan, pytest.raises(KeyboardInterrupt):
        plan.apply(on_progress=stop)
    with apply.plan(maia, file) as plan:
        with monkeypatch.context() as patch:
            patch.setattr(Store, "write_all", stop)
            with pytest.raises(KeyboardInterrupt):
                plan.apply()
        with apply.Journal(journal_of(file)) as trail:
            assert [run.state for run in trail.runs()] == ["stopped"]
        plan.apply()
    with apply.Journal(journal_of(file)) as trail:
        assert [run.state for run in trail.runs()] == ["abandoned", "finished"]


# A disk that is full.

FULL = """
import os, resource, signal, sys
from pathlib import Path
from maia_scim import BearerToken, MaiaScim, apply
from maia_scim.errors import MaiaError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
base_url, file, journal, room, action = sys.argv[1:]
auth = BearerToken("a-token")
with MaiaScim(base_url=base_url, auth=auth, rate_limit=None) as maia, apply.plan(maia, Path(file)) as plan:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(room), int(room)))
    try:
        if action == "save":
            plan.save(Path(journal))
        else:
            plan.apply(Path(journal), concurrency=2)
    except MaiaError as error:
        print(type(error).__name__, error)
"""


@pytest.mark.parametrize("action", ["save", "apply"])
@pytest.mark.parametrize("room", [0, 5_000, 40_000])
def test_a_full_disk_is_told_before_anything_is_written(
    maia: MaiaScim, write: Write, tmp_path: Path, action: str, room: int
) -> None:
    service, directory = serve({f"Users/{n}": {"userName": f"u{n}", "active": True} for n in range(60)})
    file = write([{"id": str(n), "title": "x" * 500} for n in range(60)])
    folder = tmp_path / "full"
    folder.mkdir()
    with service:
        told = python(FULL, service.url, file, folder / "file", room, action)
        assert told.stdout.startswith("JournalError"), told
        assert "rollback" not in told.stdout
        assert {path.name for path in folder.iterdir()} <= ({"file"} if action == "apply" else set())
        assert not [user for user in directory.resources.values() if "title" in user]
        with client(service) as again, apply.plan(again, file, journal=folder / "file") as plan:
            assert plan.apply().done == 60


def test_a_disk_that_fills_up_amid_a_run_stops_it_and_loses_nothing(write: Write, tmp_path: Path) -> None:
    users = {f"Users/{n}": {"userName": f"u{n}", "active": True} for n in range(60)}
    service, directory = serve(users)
    file = write([{"id": str(n), "title": "x" * 500} for n in range(60)])
    with service:
        with client(service) as maia, apply.plan(maia, file) as plan:
            plan.save(tmp_path / "plan")
        room = (tmp_path / "plan").stat().st_size + 20_000
        told = python(FULL, service.url, file, tmp_path / "journal", room, "apply")
        assert told.stdout.startswith("JournalError"), told
        done = sum("title" in user for user in directory.resources.values())
        assert 0 < done < 60
        with client(service) as again, apply.resume(again, tmp_path / "journal") as plan:
            assert plan.left < 60
            assert plan.apply().done == 60
    assert {user["number"] for user in directory.resources.values()} == {2}  # each was written once


# Interrupts.


def interrupting(after: int, kind: type[BaseException]) -> Callable[[FrameType, str, Any], Any]:
    """Trace code of the engine, and raise at one of its lines."""
    left = [after]

    def line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and frame.f_code.co_filename.endswith(PLACES):
            left[0] -= 1
            if left[0] == 0:
                sys.settrace(None)
                raise kind
        return line

    return line


PLACES = tuple(
    f"maia_scim/{name}.py"
    for name in ("many", "apply/plans", "apply/sending", "apply/store", "apply/records", "apply/writing")
)


def test_an_interrupt_at_any_line_loses_nothing(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    chance = random.Random(7)
    points = [*range(1, 60, 3), *(chance.randrange(60, 1500) for _ in range(60))]
    for number, point in enumerate(points):
        sandbox.reset()
        journal_of(write([{"id": "1"}])).unlink(missing_ok=True)
        file = write(titles(sandbox, f"Title {number}", 4))
        plan = apply.plan(maia, file)
        before = sys.gettrace()
        sys.settrace(interrupting(point, KeyboardInterrupt))
        interrupted = False
        try:
            plan.apply(concurrency=2)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            sys.settrace(before)
            plan.close()
        gc.collect()
        try:
            with apply.resume(maia, journal_of(file)) as rest:
                rest.apply()
                assert [*rest.failed()] == [], point
        except JournalError:  # before there was a run, or after its end
            with apply.plan(maia, file) as rest:
                rest.apply()
                assert [*rest.failed()] == [], point
        users = [*sandbox.users.values()][:4]
        assert {user["title"] for user in users} == {f"Title {number}"}, (point, interrupted)
        assert {user["meta"]["version"] for user in users} == {'W/"2"'}, (point, interrupted)  # each written once
        with apply.Journal(journal_of(file)) as trail:
            assert trail.runs()[-1].state == "finished"


def test_what_a_callers_function_raises_leaves_no_thread_behind(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("of the caller")

    def working() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "maia-scim"]

    file = write(titles(sandbox, "x", 20))
    try:
        apply.plan(maia, file, on_progress=fail)
    except RuntimeError:
        assert working() == []  # while the error is at hand
    with apply.plan(maia, file) as plan:
        try:
            plan.apply(on_progress=fail)
        except RuntimeError:
            assert working() == []
    with apply.resume(maia, journal_of(file)) as plan:
        assert plan.apply().done == 20


def test_a_hook_that_raises_does_not_matter(sandbox: Sandbox, write: Write) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("of the caller")

    hooked = MaiaScim(**sandbox.connection, rate_limit=None, on_event=fail)
    with hooked as maia, apply.plan(maia, write(titles(sandbox, "x"))) as plan:
        assert plan.apply().done == 5
        assert {entry.result and entry.result.status for entry in plan.entries()} == {200}


def test_a_client_that_is_closed_midway_ends_the_run_and_loses_nothing(
    maia: MaiaScim, sandbox: Sandbox, write: Write
) -> None:
    file = write(titles(sandbox, "x", 40))
    with client_of(sandbox) as other, apply.plan(other, file) as plan:

        def close(told: apply.Progress) -> None:
            if told.done == 5:
                other.close()

        with pytest.raises(MaiaError):
            plan.apply(on_progress=close, concurrency=2)
        assert plan.summary.unknown <= 2  # what was under way
    with apply.resume(maia, journal_of(file)) as plan:
        assert plan.apply().done == 40
    assert sorted(writes(sandbox)) == sorted(ids(sandbox, 40))
