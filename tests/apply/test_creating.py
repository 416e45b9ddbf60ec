"""Users who are not there yet: what is sent, what is noted, and what a second run makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from maia_scim import apply
from maia_scim.apply import GuardRail, InvalidFile, Plan
from maia_scim.index import Index, NameNotFound, add_users
from maia_scim.sandbox import faults
from tests.apply.conftest import ENTERPRISE
from tests.apply.small import Odd, fill, outcomes, put, sent, states, stream
from tests.support.scripted import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maia_scim import MaiaScim
    from maia_scim.sandbox import Sandbox

NFC, NFD = "zo\u00e9", "zoe\u0301"
HEADER = f"userName,name.givenName,emails[work],active,{ENTERPRISE}:department"


@pytest.fixture
def held(sandbox: Sandbox) -> Sandbox:
    """Users a and b."""
    fill(sandbox, "ab")
    return sandbox


@pytest.fixture
def index(held: Sandbox, maia: MaiaScim, tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "seen.sqlite", maia) as index:
        add_users(index, maia, "ab")
        held.forget_requests()
        yield index


def plan_of(maia: MaiaScim, tmp_path: Path, *lines: str, **options: Any) -> Plan:
    return apply.plan(maia, put(tmp_path / "people.csv", *lines), **{"create_missing": True, **options})


def journal(tmp_path: Path) -> Path:
    return tmp_path / "people.csv.journal"


def by_name(sandbox: Sandbox, name: str) -> dict[str, Any]:
    (found,) = [each for each in sandbox.users.values() if each["userName"] == name]
    return found


def refused(maia: MaiaScim, *lines: str, **options: Any) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        apply.plan(maia, stream(*lines), name="-", format="csv", **{"create_missing": True, **options})
    return [str(each) for each in caught.value.faults]


def test_what_is_sent(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, HEADER, "new@x.example,Nea,nea@x.example,true,Sales", "old@x.example,,,no,") as plan:
        summary = plan.summary
        assert (summary.change, summary.creations, summary.users, summary.deactivations) == (2, 2, 2, 0)
        assert [(each.kind, each.id, each.name, each.line) for each in plan.entries()] == [
            ("new user", "", "new@x.example", 2),
            ("new user", "", "old@x.example", 3),
        ]
        paths = {change.path: (change.before, change.after) for change in next(plan.entries()).changes}
        assert paths["userName"] == (None, "new@x.example")
        assert paths[f"{ENTERPRISE}:department"] == (None, "Sales")
        assert not [*held.requests], "nobody is asked"
        assert plan.apply(concurrency=1).done == 2
    assert [request.json for request in held.requests] == [
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
            "userName": "new@x.example",
            "name": {"givenName": "Nea"},
            "emails": [{"value": "nea@x.example", "type": "work"}],
            "active": True,
            ENTERPRISE: {"department": "Sales"},
            "meta": {"resourceType": "User"},
        },
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "old@x.example",
            "active": False,
            "meta": {"resourceType": "User"},
        },
    ]
    assert sent(held) == ["POST", "POST"]


def test_who_was_created_is_noted_with_its_id(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, HEADER, "new@x.example,,,yes,", index=index) as plan:
        plan.apply()
        (entry,) = plan.entries()
    own = by_name(held, "new@x.example")["id"]
    assert (entry.id, entry.result and entry.result.outcome) == (own, "done")
    with apply.Journal(journal(tmp_path)) as kept:
        assert [each.id for each in kept.entries(1)] == [own]
    assert index.find("new@x.example").id == own


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("name", ["new@x.example", "NEW@x.example"])
def test_a_second_run_finds_who_was_created(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path, indexed: bool, name: str
) -> None:
    options = {"index": index} if indexed else {}
    with plan_of(maia, tmp_path, HEADER, "new@x.example,,,yes,", **options) as plan:
        plan.apply()
    with plan_of(maia, tmp_path, HEADER, f"{name},,,yes,", **options) as plan:
        summary = plan.summary
        assert (summary.change, summary.unchanged, summary.creations) == (0, 1, 0)
        assert summary.case_only == (name != "new@x.example")
        assert summary.named == indexed
    with plan_of(maia, tmp_path, HEADER, "new@x.example,Nea,,,", **options) as plan:
        plan.apply()
    assert sent(held) == ["POST", f"PUT {by_name(held, 'new@x.example')['id']}"]


def test_the_journal_knows_who_was_created_in_each_form_of_the_name(
    maia: MaiaScim, held: Sandbox, tmp_path: Path
) -> None:
    for name, change in ((f"{NFD}@x.example".upper(), 1), (f"{NFC}@x.example", 0)):
        with plan_of(maia, tmp_path, "userName,title", f"{name},x") as plan:
            assert plan.summary.creations == change
            plan.apply()


def test_who_was_created_and_is_called_otherwise_now_is_not_renamed_back(
    maia: MaiaScim, held: Sandbox, tmp_path: Path
) -> None:
    with plan_of(maia, tmp_path, "userName,active", "new@x.example,yes") as plan:
        plan.apply()
    with maia.users.edit(by_name(held, "new@x.example")["id"]) as found:
        found.user_name = "newer@x.example"
    with plan_of(maia, tmp_path, "userName,active", "new@x.example,no") as plan:
        (entry,) = plan.entries()
        assert (entry.state, entry.name) == ("not_found", "newer@x.example")
        assert entry.note == "who was created as new@x.example is newer@x.example now: give the id, if that is meant"


def test_the_journal_of_another_service_knows_nobody_here(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with Odd([]) as odd:
        odd.service.answer = lambda request: Answer.of_json({**request.json, "id": "elsewhere"}, 201)
        with plan_of(odd.client(), tmp_path, "userName,title", "new@x.example,x") as plan:
            assert plan.apply().done == 1
    with plan_of(maia, tmp_path, "userName,title", "new@x.example,x") as plan:
        assert plan.summary.creations == 1


def test_who_is_there_already_is_found_and_others_are_created(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path
) -> None:
    lines = ["userName,title", "A@x.example,x", "new@x.example,x", "b@x.example,x"]
    with plan_of(maia, tmp_path, *lines, index=index) as plan:
        assert [(each.kind, each.id, each.said) for each in plan.entries()] == [
            ("user", "a", "A@x.example"),
            ("new user", "", None),
            ("user", "b", "b@x.example"),
        ]
        assert (plan.summary.named, plan.summary.creations) == (2, 1)
        plan.apply(concurrency=1)
    assert sent(held) == ["PUT a", "POST", "PUT b"]


def test_rows_with_an_id_are_not_created(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, "id,userName,title", "a,,x", "gone,gone@x.example,x", ",new@x.example,x") as plan:
        assert states(plan) == [("a", "change"), ("gone", "not_found"), ("", "change")]
        assert plan.summary.creations == 1


def test_nobody_is_created_unless_that_is_wanted(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    (told,) = refused(maia, "userName,title", "new@x.example,x", create_missing=False, index=index)
    assert told.startswith("line 2: no id: the index knows nobody of the userName new@x.example")
    (told,) = refused(maia, "userName,title", "new@x.example,x", create_missing=False)
    assert told.startswith("line 1")
    assert "id" in told


# What is refused.


def test_a_row_needs_a_name_or_an_id(maia: MaiaScim, held: Sandbox) -> None:
    assert refused(maia, "id,userName,title", ",,x", "a,,x", ",,") == [
        "line 2: no id and no userName: a row needs one of them"
    ]
    assert refused(maia, "id,title", "a,x", ",y") == ["line 3: no id and no userName: a row needs one of them"]


@pytest.mark.parametrize("other", ["new@x.example", "NEW@X.example", f"{NFC}@x.example", f"{NFD}@X.EXAMPLE"])
def test_somebody_twice_is_refused(maia: MaiaScim, held: Sandbox, other: str) -> None:
    first = f"{NFC}@x.example" if "\u0301" in other or "\u00e9" in other else "new@x.example"
    (told,) = refused(maia, "userName,title", f"{first},x", f"{other},y")
    assert told == f"line 3, column userName: {first} is the name of the user on line 2, too"


def test_somebody_twice_by_an_id_and_a_name_is_refused(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    told = refused(maia, "id,userName,title", "a,,x", ",a@x.example,y", index=index)
    assert told == ["line 3, column id: the user has a row already, on line 2: each has one"]


def test_an_address_of_somebody_else_in_the_file_is_refused(maia: MaiaScim, held: Sandbox) -> None:
    (told,) = refused(maia, "userName,emails[work]", "new@x.example,one@x.example", "one@x.example,")
    assert told == "line 3, column userName: one@x.example is an address of the user on line 2, too"


def test_an_address_of_somebody_who_is_there_is_no_name_to_create(maia: MaiaScim, held: Sandbox, index: Index) -> None:
    (told,) = refused(maia, "userName,title", "a@mail.example,x", index=index)
    assert told == (
        "line 2, column userName: a@mail.example is an address of a@x.example (a): give the id, if that is meant"
    )


def test_the_name_of_a_deleted_account_is_refused(maia: MaiaScim, held: Sandbox) -> None:
    (told,) = refused(maia, "userName,title", f"{'0' * 32}new@x.example,x")
    assert "the name of a deleted account" in told


def test_wrong_rows_may_be_left_out(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    lines = ["userName,active", "new@x.example,yes", "NEW@x.example,yes", ",no", "other@x.example,perhaps"]
    with plan_of(maia, tmp_path, *lines, skip_invalid=True) as plan:
        summary = plan.summary
        assert (summary.creations, summary.change, summary.invalid) == (1, 1, 3)
        assert plan.apply().done == 1
    assert sent(held) == ["POST"]


# Guard rails.


def test_creations_count(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, "id,userName,active", "a,,no", ",new@x.example,no", ",other@x.example,") as plan:
        plan.check(max_changes=3, max_deactivations=1)
        with pytest.raises(GuardRail, match="change 3 users, and at most 2 may be"):
            plan.check(max_changes=2)
        with pytest.raises(GuardRail, match=r"at most 1 \(50% of 3 rows\)"):
            plan.check(max_changes="50%")
        plan.check(protected=frozenset({"new@x.example", "other@x.example"}))  # nobody is there to be protected


# What the service says.


def test_a_name_that_is_taken_is_told(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, "userName,title", "A@x.example,x", "new@x.example,y") as plan:
        summary = plan.apply()
        assert (summary.refused, summary.done) == (1, 1)
        (entry,) = plan.failed()
    assert entry.result is not None
    assert (entry.result.status, entry.id) == (409, "")
    error = entry.result.error or ""
    assert error.startswith("POST ")
    assert error.endswith("there is a user of this name already; find its id in Maia, and give it")


def test_what_the_service_makes_of_a_new_user_is_told(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    held.inject(faults.Body.json({"id": "n", "userName": "new@x.example"}), on="users.create")
    with plan_of(maia, tmp_path, "userName,title", "new@x.example,x") as plan:
        assert plan.apply().adjusted == 1
        (entry,) = plan.entries()
    assert entry.result is not None
    assert [(each.path, each.sent, each.answered) for each in entry.result.differences] == [("title", "x", None)]
    assert entry.id == "n"


def test_no_password_of_an_answer_is_kept(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    held.inject(faults.Body.json({"id": "n", "userName": "new@x.example", "passWord": "hunter2"}), on="users.create")
    with plan_of(maia, tmp_path, "userName,title", "new@x.example,x") as plan:
        plan.apply()
    assert b"hunter2" not in journal(tmp_path).read_bytes()


@pytest.mark.parametrize("done", [True, False])
def test_a_write_whose_answer_was_lost_is_not_made_twice(
    maia: MaiaScim, held: Sandbox, tmp_path: Path, done: bool
) -> None:
    held.inject(faults.Reset(done=done), on="users.create")
    with plan_of(maia, tmp_path, "userName,title", "new@x.example,x", "other@x.example,y") as plan:
        summary = plan.apply(concurrency=1)
        assert (summary.unknown, summary.done) == (1, 1)
    with apply.resume(maia, journal(tmp_path)) as plan:
        assert plan.left == 1
        plan.apply()
        first, _ = plan.entries()
        assert first.result is not None
        assert outcomes(plan) == [("refused" if done else "done"), "done"]
        if done:
            assert first.result.status == 409
            assert "there is a user of this name already, by the write that was cut short; find" in str(first.result)
    assert len([each for each in held.users.values() if each["userName"] == "new@x.example"]) == 1


# Undoing.


def test_who_was_created_is_deactivated_by_an_undo(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    lines = ["id,userName,active", ",new@x.example,yes", ",off@x.example,no", "a,,no", ",silent@x.example,"]
    with plan_of(maia, tmp_path, *lines) as plan:
        plan.apply()
    told = "the service has no way to delete a user: who was created is deactivated instead"
    with apply.undo(maia, journal(tmp_path)) as plan:
        assert [(each.name, each.state, each.note) for each in plan.entries()] == [
            ("new@x.example", "change", told),
            ("off@x.example", "unchanged", None),
            ("a@x.example", "change", None),
            ("silent@x.example", "change", told),
        ]
        assert plan.summary.deactivations == 2
        plan.apply()
    assert {name: by_name(held, f"{name}@x.example")["active"] for name in ("new", "off", "a", "silent")} == {
        "new": False,
        "off": False,
        "a": True,
        "silent": False,
    }
    with apply.undo(maia, journal(tmp_path)) as plan:  # and the undo of that
        plan.apply()
    assert by_name(held, "new@x.example")["active"] is True


def test_an_undo_shields_who_is_protected_by_now(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, "userName,active", "new@x.example,yes") as plan:
        plan.apply()
    with apply.undo(maia, journal(tmp_path), protect=put(tmp_path / "protect", "NEW@x.example")) as plan:
        assert [each.state for each in plan.entries()] == ["protected"]


def test_who_may_have_been_created_is_told_of_by_an_undo(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    held.inject(faults.Reset(done=True), on="users.create")
    with plan_of(maia, tmp_path, "userName,active", "new@x.example,yes") as plan:
        plan.apply()
    with apply.undo(maia, journal(tmp_path)) as plan:
        (entry,) = plan.entries()
        assert (entry.state, entry.name, entry.id) == ("not_found", "new@x.example", "")


def test_somebody_who_was_not_created_is_not_undone(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, "userName,active", "a@x.example,yes") as plan:
        assert plan.apply().refused == 1
    with pytest.raises(apply.JournalError, match="nothing to undo"):
        apply.undo(maia, journal(tmp_path))


def test_a_saved_plan_creates_too(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, "userName,active", "new@x.example,yes") as plan:
        plan.save(tmp_path / "saved.plan")
    with apply.open_plan(maia, tmp_path / "saved.plan") as plan:
        assert plan.apply().done == 1
    assert sent(held) == ["POST"]
    with plan_of(maia, tmp_path, "userName,active", "new@x.example,yes") as plan:
        assert plan.summary.unchanged == 1


def test_nobody_is_noted_who_was_not_created(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    held.inject(faults.Status(400), on="users.create")
    with plan_of(maia, tmp_path, "userName,active", "new@x.example,yes", index=index) as plan:
        plan.apply()
    with pytest.raises(NameNotFound):
        index.find("new@x.example")
    with plan_of(maia, tmp_path, "userName,active", "new@x.example,yes", index=index) as plan:
        assert plan.summary.creations == 1


def test_json_rows_create_too(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    row = (
        '{"userName": "new@x.example", "emails": [{"value": "n@x.example"}], "urn:example:x": {"y": [1, {"z": null}]}}'
    )
    with apply.plan(maia, put(tmp_path / "people.jsonl", row), create_missing=True) as plan:
        assert plan.apply().done == 1
    (request,) = held.requests
    assert request.json["urn:example:x"] == {"y": [1, {"z": None}]}
    assert "urn:example:x" in request.json["schemas"]
    assert [name for name in request.json if name in ("id", "groups")] == []


def test_what_is_cleared_is_not_sent(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with plan_of(maia, tmp_path, "userName,title,emails[work]", "new@x.example,,", clear_empty=True) as plan:
        plan.apply()
    (request,) = held.requests
    assert request.json == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "new@x.example",
        "meta": {"resourceType": "User"},
    }
