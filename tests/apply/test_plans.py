"""A file in, a plan, the changes made: against the sandbox, over HTTP."""

import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from maia_scim import ClientCredentials, MaiaScim, apply
from maia_scim.apply import JournalError, PlanError
from maia_scim.sandbox import Sandbox
from tests.apply.conftest import BARBARA, ENTERPRISE, client_of, writes
from tests.apply.runs import Write, ids, titles

# The plan.


def test_each_row_is_compared_with_the_user(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    held = sandbox.users[BARBARA]
    rows = [
        {"id": BARBARA, "title": "Engineer", "name.givenName": held["name"]["givenName"]},
        {"id": ids(sandbox, 2)[1], "title": "", "name.givenName": ""},
        {"id": "nobody", "title": "x", "name.givenName": "y"},
    ]
    with apply.plan(maia, write(rows)) as plan:
        entries = [*plan.entries()]
        assert [(entry.number, entry.line, entry.state) for entry in entries] == [
            (1, 2, "change"),
            (2, 3, "unchanged"),
            (3, 4, "not_found"),
        ]
        assert [str(change) for change in entries[0].changes] == ["title: before 'Tour Guide', after 'Engineer'"]
        assert (entries[0].name, entries[0].before, entries[0].source) == (
            "bjensen",
            held,
            [BARBARA, "Engineer", "Barbara"],
        )
        assert entries[0].wanted == {**held, "title": "Engineer"}
        assert (plan.summary.change, plan.summary.unchanged, plan.summary.not_found, plan.summary.rows) == (1, 1, 1, 3)
        assert (plan.about.kind, plan.about.account, plan.about.file) == ("apply", sandbox.client_id, "people.csv")
    assert {request.method for request in sandbox.requests} == {"GET"}


def test_only_what_differs_is_written_and_nothing_else_is_lost(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    first, second = ids(sandbox, 2)
    before = sandbox.users
    rows = [
        {"id": first, "title": "Engineer", f"{ENTERPRISE}:department": "R&D", "emails[work]": "b@new.example"},
        {"id": second, "title": before[second].get("title", ""), f"{ENTERPRISE}:department": "", "emails[work]": ""},
    ]
    with apply.plan(maia, write(rows)) as plan:
        summary = plan.apply()
    assert (summary.done, summary.change, summary.adjusted) == (1, 1, 0)
    after = sandbox.users
    expected = json.loads(json.dumps(before[first]))
    expected["title"] = "Engineer"
    expected[ENTERPRISE]["department"] = "R&D"
    expected["emails"][0]["value"] = "b@new.example"
    assert {**after[first], "meta": None} == {**expected, "meta": None}
    assert {id: user for id, user in after.items() if id != first} == {i: u for i, u in before.items() if i != first}
    assert writes(sandbox) == [first]
    sandbox.requests.assert_put(first).with_if_match('W/"1"').once()


def test_a_second_run_writes_nothing(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "Engineer"))
    for expected in (5, 0):
        with apply.plan(maia, file) as plan:
            assert plan.summary.change == expected
            plan.apply()
    assert len(writes(sandbox)) == 5


def test_letter_case_alone_is_left_as_it_is_and_told(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write([{"id": BARBARA, "userName": "BJENSEN", "title": "TOUR guide"}])
    with apply.plan(maia, file) as plan:
        assert (plan.summary.unchanged, plan.summary.case_only) == (1, 2)
    with apply.plan(maia, file, exact_case=True) as plan:
        assert plan.apply().done == 1
    assert (sandbox.users[BARBARA]["userName"], sandbox.users[BARBARA]["title"]) == ("BJENSEN", "TOUR guide")


def test_empty_cells_change_nothing_unless_they_clear(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write([{"id": BARBARA, "nickName": "", "title": "x"}])
    with apply.plan(maia, file) as plan:
        assert [change.path for change in next(plan.entries()).changes] == ["title"]
    with apply.plan(maia, file, clear_empty=True) as plan:
        plan.apply()
    assert "nickName" not in sandbox.users[BARBARA]
    assert sandbox.requests.assert_put(BARBARA).once().json["nickName"] is None


def test_a_stream_and_json_lines_do_as_well(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    lines = b'{"id": "%s", "name": {"givenName": "Babs"}, "active": false}\n' % BARBARA.encode()
    with apply.plan(maia, io.BytesIO(lines), name="-") as plan:
        assert plan.summary.deactivations == 1
        plan.apply(tmp_path / "journal")
    assert sandbox.users[BARBARA]["name"]["givenName"] == "Babs"
    assert sandbox.users[BARBARA]["active"] is False


# Saved plans.


def test_a_saved_plan_is_applied_as_it_was_approved(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path
) -> None:
    file = write(titles(sandbox, "Engineer"))
    saved = tmp_path / "people.plan"
    with apply.plan(maia, file, profile="prod") as plan:
        plan.save(saved)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir() if "part" in each.name] == []
    file.write_text("id,title\n", encoding="utf-8")  # the plan holds all of it
    with apply.open_plan(maia, saved) as plan:
        assert plan.about.profile == "prod"
        assert plan.journal == tmp_path / "people.csv.journal"
        assert plan.summary.change == 5
        assert plan.apply().done == 5
    assert {user.get("title") for user in [*sandbox.users.values()][:5]} == {"Engineer"}
    with apply.open_plan(maia, saved) as plan, pytest.raises(JournalError, match="applied already"):
        plan.apply()


@pytest.mark.parametrize("personality", ["default", "scimple"])
def test_a_saved_plan_leaves_alone_who_has_moved_on(personality: Any, write: Write, tmp_path: Path) -> None:
    with Sandbox(rate=None, personality=personality) as sandbox, client_of(sandbox) as maia:
        first, second, third = ids(sandbox, 3)
        with apply.plan(maia, write(titles(sandbox, "Engineer", 3))) as plan:
            plan.save(tmp_path / "plan")
        with maia.users.edit(first) as user:
            user.nick_name = "somebody else's"
        with maia.users.edit(second) as user:
            user.title = "Engineer"  # what the plan wants
        sandbox.forget_requests()
        with apply.open_plan(maia, tmp_path / "plan") as plan:
            summary = plan.apply()
            results = {entry.id: entry.result for entry in plan.entries()}
        assert (summary.done, summary.moved) == (2, 1)
        assert "nickName" in str(results[first].error)  # type: ignore[union-attr]
        assert writes(sandbox) == [third]
        assert sandbox.users[first].get("title") != "Engineer"


def test_a_saved_plan_goes_by_the_version_too(maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path) -> None:
    with apply.plan(maia, write([{"id": BARBARA, "title": "x"}])) as plan:
        plan.save(tmp_path / "plan")
    maia.users.deactivate(BARBARA)
    maia.users.activate(BARBARA)  # as it was, at another version
    with apply.open_plan(maia, tmp_path / "plan") as plan:
        assert plan.apply().moved == 1
        (entry,) = plan.failed()
        assert "version" in str(entry.result and entry.result.error)


def test_a_plan_is_for_the_service_and_account_it_was_made_for(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path
) -> None:
    with apply.plan(maia, write(titles(sandbox, "x"))) as plan:
        plan.save(tmp_path / "plan")
    with Sandbox(rate=None) as other, client_of(other) as elsewhere, pytest.raises(PlanError, match="is about"):
        apply.open_plan(elsewhere, tmp_path / "plan")
    auth = ClientCredentials(client_id="another", client_secret="x", token_url=sandbox.token_url)
    with MaiaScim(base_url=sandbox.base_url, auth=auth) as another, pytest.raises(PlanError, match="account another"):
        apply.open_plan(another, tmp_path / "plan")


@pytest.mark.parametrize("content", [None, b"", b"not a plan", b"SQLite format 3\x00" + b"\x00" * 200])
def test_what_is_no_plan_is_refused(maia: MaiaScim, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "plan"
    if content is not None:
        file.write_bytes(content)
    for use in (apply.open_plan, apply.resume, apply.undo):
        with pytest.raises(JournalError, match="plan"):
            use(maia, file)
    assert (file.read_bytes() if content is not None else None) == content


def test_a_file_of_another_kind_is_not_made_a_journal(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x"))
    with (
        apply.plan(maia, file, journal=file.with_name("new")) as plan,
        pytest.raises(JournalError, match="another file"),
    ):
        plan.apply(file)
    assert writes(sandbox) == []
