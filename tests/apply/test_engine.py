"""Where a change goes, what guards it, files of many rows, and texts that no run shows or stumbles over."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest

from maia_scim import BearerToken, MaiaScim, apply
from maia_scim.apply import GuardRail, loading, planning, records
from maia_scim.apply.columns import target
from maia_scim.apply.guards import protects
from maia_scim.apply.judging import Rules, judged
from maia_scim.apply.model import Setting
from maia_scim.apply.reading import open_rows
from maia_scim.apply.store import Store
from maia_scim.apply.wanted import changed, changes_of, value_at
from maia_scim.diff import Change
from maia_scim.sandbox import Sandbox, faults
from tests.apply.conftest import BARBARA, CORE, ENTERPRISE
from tests.apply.runs import Write, client, ids, journal_of
from tests.support.directory import serve


def settings(values: dict[str, Any]) -> list[Setting]:
    return [Setting(target(path), value) for path, value in values.items()]


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
