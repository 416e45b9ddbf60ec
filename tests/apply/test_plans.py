"""A file in, a plan, the changes made: against the sandbox, over HTTP."""

import io
import json
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maia_scim import ClientCredentials, MaiaScim, RateLimit, apply
from maia_scim.apply import GuardRail, InvalidFile, JournalError, PlanError
from maia_scim.apply.guards import read_protected
from maia_scim.apply.judging import Rules, judged
from maia_scim.diff import Change, diff
from maia_scim.errors import ServerError, TokenError
from maia_scim.sandbox import Sandbox, faults, personalities
from maia_scim.sandbox.plain import PlainDirectory
from tests.apply.conftest import BARBARA, ENTERPRISE, client_of, writes

Write = Callable[..., Path]


def ids(sandbox: Sandbox, count: int) -> list[str]:
    return [*sandbox.users][:count]


def states(plan: apply.Plan) -> dict[str, str]:
    return {entry.id: entry.state for entry in plan.entries()}


def titles(sandbox: Sandbox, value: str, count: int = 5) -> list[dict[str, Any]]:
    return [{"id": id, "title": value} for id in ids(sandbox, count)]


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


class Lossy(PlainDirectory):
    """A service that drops extensions, and keeps names in lower case and phone numbers without blanks."""

    versioned = False

    def accept(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        content = super().accept(kind, {name: value for name, value in body.items() if ":" not in name})
        for name in ("userName", "nickName"):
            if name in content:
                content[name] = content[name].lower()
        for number in content.get("phoneNumbers", ()):
            number["value"] = number["value"].replace(" ", "")
        return content


@pytest.fixture
def lossy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(personalities._CLASSES, "hostile", ("plain", "Lossy"))
    monkeypatch.setattr("maia_scim.sandbox.plain.Lossy", Lossy, raising=False)
    with Sandbox(rate=None, personality="hostile") as sandbox:
        yield sandbox


def odd_rows(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [
        {
            "id": id,
            "userName": f"User-{number}@Example.com",
            "nickName": f"Nick {number}",
            f"{ENTERPRISE}:department": f"Dept {number}",
            "phoneNumbers[work]": f"+49 89 {number}",
            "title": "T",
        }
        for number, id in enumerate(ids(sandbox, 6))
    ]


@pytest.mark.parametrize("exact_case", [False, True])
def test_what_the_service_makes_otherwise_is_told_and_not_proposed_again(
    lossy: Sandbox, write: Write, exact_case: bool
) -> None:
    file = write(odd_rows(lossy))
    with client_of(lossy) as maia:
        with apply.plan(maia, file, exact_case=exact_case) as plan:
            assert plan.summary.change == 6
            summary = plan.apply()
            assert (summary.done, summary.adjusted) == (6, 6)
            entry = next(plan.entries())
            assert entry.result is not None
            found = {each.path: (each.sent, each.answered, each.ignored) for each in entry.result.differences}
            assert found["userName"] == ("User-0@Example.com", "user-0@example.com", False)
            assert found[f"{ENTERPRISE}:department"] == ("Dept 0", None, True)
            assert found["phoneNumbers"][1][0]["value"] == "+49890"
        lossy.forget_requests()
        with apply.plan(maia, file, exact_case=exact_case) as plan:
            assert plan.summary.change == 0
            assert plan.summary.unchanged == plan.summary.kept == 6
            kept = {each.path for each in next(plan.entries()).kept}
            assert {f"{ENTERPRISE}:department", "phoneNumbers"} <= kept
            assert ("userName" in kept) is exact_case
            assert plan.apply().done == 0
        assert writes(lossy) == []


def test_what_is_known_to_be_kept_otherwise_is_proposed_again_when_either_side_moves(
    lossy: Sandbox, write: Write
) -> None:
    rows = odd_rows(lossy)[:2]
    with client_of(lossy) as maia:
        with apply.plan(maia, write(rows)) as plan:
            plan.apply()
        rows[0][f"{ENTERPRISE}:department"] = "Another"  # the file wants another value
        with apply.plan(maia, write(rows)) as plan:
            assert states(plan) == {rows[0]["id"]: "change", rows[1]["id"]: "unchanged"}
            assert [change.path for change in next(plan.entries()).changes] == [f"{ENTERPRISE}:department"]
        with maia.users.edit(rows[1]["id"]) as user:  # the service holds another value
            user.phone_numbers[0].value = "+1"
        with apply.plan(maia, write(rows)) as plan:
            assert [change.path for change in [*plan.entries()][1].changes] == ["phoneNumbers"]


def test_a_change_that_is_known_to_be_dropped_does_not_go_along_with_others(lossy: Sandbox, write: Write) -> None:
    rows = odd_rows(lossy)[:1]
    with client_of(lossy) as maia:
        with apply.plan(maia, write(rows)) as plan:
            plan.apply()
        rows[0]["title"] = "Another"
        lossy.forget_requests()
        with apply.plan(maia, write(rows)) as plan:
            assert [change.path for change in next(plan.entries()).changes] == ["title"]
            plan.apply()
    body = lossy.requests.assert_put(rows[0]["id"]).once().json
    assert ENTERPRISE not in body
    assert body["phoneNumbers"][0]["value"] == "+49890"


@pytest.mark.parametrize("personality", ["default", "strict", "scimple", "hostile"])
def test_two_runs_come_to_rest_on_every_kind_of_service(personality: Any, write: Write) -> None:
    with Sandbox(rate=None, personality=personality) as sandbox, client_of(sandbox) as maia:
        rows = odd_rows(sandbox)
        for row in rows:
            del row["phoneNumbers[work]"]  # hostile lies of types
            row["active"] = "true"
        file = write(rows)
        for expected in (6, 0):
            with apply.plan(maia, file) as plan:
                assert plan.summary.change == expected, [*plan.entries()]
                assert plan.apply().done == expected, [entry.result for entry in plan.failed()]


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


# Guard rails.


@pytest.mark.parametrize(
    ("rows", "line", "column", "message"),
    [
        ([{"id": BARBARA, "title": "a"}, {"id": BARBARA.upper(), "title": "b"}], 3, "id", "line 2"),
        (
            [{"id": "1", "emails[work]": "a@x.example"}, {"id": "2", "emails[work]": "A@X.example"}],
            3,
            "emails",
            "line 2",
        ),
        (
            [{"id": "1", "userName": "a", "title": ""}, {"id": "2", "userName": "A", "title": ""}],
            3,
            "userName",
            "line 2",
        ),
        ([{"id": "1", "active": "maybe"}], 2, "active", ""),
        ([{"id": "1", "userName": "0123456789abcdef0123456789ABCDEFjo@x.example"}], 2, "userName", "deleted"),
        ([{"id": "", "title": "x"}], 2, "None", "no id"),
        ([{"id": "1", "colour": "x"}], 1, "colour", ""),
        ([{"id": "1", "password": "x"}], 1, "password", "password"),
    ],
)
def test_a_file_with_faults_is_refused_before_anything_is_sent(
    maia: MaiaScim, sandbox: Sandbox, write: Write, rows: list[dict[str, Any]], line: int, column: str, message: str
) -> None:
    sandbox.forget_requests()
    with pytest.raises(InvalidFile) as caught:
        apply.plan(maia, write(rows))
    (fault,) = caught.value.faults
    assert (fault.line, fault.column) == (line, fault.column)
    assert column in str(fault.column)
    assert message in fault.message
    assert caught.value.total == 1
    assert "people.csv" in str(caught.value)
    assert len(sandbox.requests) == sandbox.token_requests == 0


def test_a_fault_between_rows_names_the_column_as_the_file_heads_it(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "personal.csv"
    file.write_text("Kennung,Login,Emails[Work]\n1,a,b\n1,c,d\n2,B,e\n3,f,D\n", encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        apply.plan(maia, file, mapping={"Kennung": "id", "Login": "userName"})
    assert [str(fault) for fault in caught.value.faults] == [
        "line 3, column Kennung: the user has a row already, on line 2: each has one",
        "line 4, column Login: b is an address of the user on line 2, too",
        "line 5, column Emails[Work]: d is an address of the user on line 3, too",
    ]


def test_a_name_is_told_from_an_address(maia: MaiaScim, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    rows = [{"id": "1", "userName": "a"}, {"id": "2", "emails": [{"value": "A"}]}]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(InvalidFile, match="line 2, column emails: a is the name of the user on line 1, too"):
        apply.plan(maia, file)


def test_paths_may_be_texts(maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path) -> None:
    file, protect = str(write(titles(sandbox, "x", 2))), str(tmp_path / "protect.txt")
    Path(protect).write_text("nobody\n", encoding="utf-8")
    journal = str(tmp_path / "trail")
    assert apply.journal_for(file) == Path(f"{file}.journal")
    with apply.plan(maia, file, protect=protect, journal=journal) as plan:
        plan.save(str(tmp_path / "x.plan"))
        assert plan.summary.change == 2
    with apply.open_plan(maia, str(tmp_path / "x.plan"), journal=str(tmp_path / "other")) as plan:
        assert plan.apply(journal).done == 2
    with apply.Journal(journal) as trail:
        assert [run.state for run in trail.runs()] == ["finished"]
    with pytest.raises(JournalError, match="nothing to resume"):
        apply.resume(maia, journal)
    with apply.undo(maia, journal, protect=protect) as plan:
        assert (plan.summary.change, plan.undoes) == (2, 1)


def test_a_run_is_asked_for_by_its_number(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 2))
    with apply.plan(maia, file) as plan:
        plan.apply()
    with apply.plan(maia, file) as plan:
        plan.apply()
    journal = apply.journal_for(file)
    with apply.Journal(journal) as trail:
        assert trail.run(1).summary.done == 2
        with pytest.raises(JournalError, match="it holds no run 7"):
            trail.run(7)
    with pytest.raises(JournalError, match="run 2 wrote nothing: there is nothing to undo"):
        apply.undo(maia, journal, run=2)
    with pytest.raises(JournalError, match="it has no run 7: there is nothing to undo"):
        apply.undo(maia, journal, run=7)


def test_the_same_address_twice_in_one_row_is_no_fault(maia: MaiaScim, write: Write) -> None:
    rows = [{"id": BARBARA, "userName": "b@x.example", "emails[work]": "b@x.example", "emails[home]": "B@x.example"}]
    with apply.plan(maia, write(rows)) as plan:
        assert plan.summary.change == 1


def test_rows_that_are_wrong_can_be_left_out(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    rows = [*titles(sandbox, "x", 2), {"id": "", "title": "y"}, {"id": BARBARA, "title": "z"}]
    with apply.plan(maia, write(rows), skip_invalid=True) as plan:
        assert states(plan) == {BARBARA: "invalid", rows[1]["id"]: "change", "": "invalid"}
        assert (plan.summary.invalid, plan.summary.change) == (2, 2)
        notes = [entry.note for entry in plan.entries("invalid")]
        assert "no id" in str(notes[0])
        assert "column id: the user has a row already, on line 2" in str(notes[1])
        plan.apply()
        assert [entry.source for entry in plan.failed()] == [["", "y"], [BARBARA, "z"]]


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        ({"max_changes": 4}, "it would change 5 users, and at most 4 may be"),
        ({"max_changes": "79%"}, "it would change 5 users, and at most 4 (79% of 6 rows) may be"),
        ({"max_deactivations": 1}, "it would deactivate 2 users, and at most 1 may be"),
        ({"max_deactivations": "0%"}, "it would deactivate 2 users, and at most 0 (0% of 6 rows) may be"),
        ({"max_removals": 0, "max_changes": 5, "max_deactivations": "34%"}, None),
        ({"max_changes": "100%"}, None),
        ({}, None),
    ],
)
def test_bounds_stop_a_plan(
    maia: MaiaScim, sandbox: Sandbox, write: Write, bounds: dict[str, Any], reason: str | None
) -> None:
    rows = [{**row, "active": "no" if number < 2 else ""} for number, row in enumerate(titles(sandbox, "x", 5))]
    with apply.plan(maia, write([*rows, {"id": ids(sandbox, 6)[5], "title": "", "active": ""}])) as plan:
        assert plan.summary.deactivations == 2
        if reason is None:
            plan.check(**bounds)
        else:
            with pytest.raises(GuardRail) as caught:
                plan.check(**bounds)
            assert caught.value.reasons == (reason,)
            assert caught.value.outcome == "not_sent"
    assert writes(sandbox) == []


@pytest.mark.parametrize("bound", ["-1", "five", "101%", "1.5", "%", "", 1.5, -1, True])
def test_a_bound_that_is_none_is_refused(maia: MaiaScim, sandbox: Sandbox, write: Write, bound: Any) -> None:
    with apply.plan(maia, write(titles(sandbox, "x"))) as plan, pytest.raises(ValueError, match="no bound"):
        plan.check(max_changes=bound)


@pytest.mark.parametrize("named", [BARBARA.upper(), "BJensen", "bjensen@example.com  # the boss", "\ufeffbjensen"])
def test_protected_accounts_are_neither_deactivated_nor_renamed(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path, named: str
) -> None:
    protect = tmp_path / "protect.txt"
    protect.write_text(f"{named}\n# nobody else\n\n", encoding="utf-8")
    other = ids(sandbox, 2)[1]
    for values in ({"active": "false"}, {"userName": "another"}):
        rows = [
            {"id": BARBARA, **values},
            {"id": other, **values, **({"userName": "x"} if "userName" in values else {})},
        ]
        with apply.plan(maia, write(rows), protect=protect) as plan:
            assert states(plan) == {BARBARA: "protected", other: "change"}
            assert "protected" in str(next(plan.entries("protected")).note)
        with apply.plan(maia, write(rows)) as plan, pytest.raises(GuardRail, match="bjensen, which is protected"):
            plan.check(protected=read_protected(protect))
    with apply.plan(maia, write([{"id": BARBARA, "title": "x"}]), protect=protect) as plan:
        assert plan.summary.change == 1


def test_a_hash_within_a_name_begins_no_comment(tmp_path: Path) -> None:
    protect = tmp_path / "protect.txt"
    protect.write_text("babs_example.com#EXT#@x.example # guest\n#all\n", encoding="utf-8")
    assert read_protected(protect) == {"babs_example.com#ext#@x.example"}


@pytest.mark.parametrize("content", [b"", b"# nobody\n", b"\xff\xfe\xff"])
def test_a_file_that_protects_nobody_is_refused(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path, content: bytes
) -> None:
    protect = tmp_path / "protect.txt"
    protect.write_bytes(content)
    with pytest.raises(apply.ApplyError, match="protect"):
        apply.plan(maia, write(titles(sandbox, "x")), protect=protect)
    assert not sandbox.requests


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


# What goes wrong.


def test_a_row_that_fails_does_not_stop_the_rest(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    rows = titles(sandbox, "x", 4)
    rows[1]["userName"] = [*sandbox.users.values()][9]["userName"]  # taken
    rows = [{"userName": "", **row} for row in rows]
    with apply.plan(maia, write(rows)) as plan:
        summary = plan.apply()
        (failed,) = plan.failed()
    assert (summary.done, summary.refused) == (3, 1)
    assert failed.id == rows[1]["id"]
    assert failed.result is not None
    assert failed.result.status == 409
    assert failed.result.request_id
    assert "409" in str(failed.result.error)


def test_who_changed_meanwhile_is_left_alone(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    with apply.plan(maia, write(titles(sandbox, "x", 2))) as plan:
        maia.users.deactivate(BARBARA)
        summary = plan.apply()
    assert (summary.done, summary.moved) == (1, 1)
    assert sandbox.users[BARBARA]["title"] == "Tour Guide"


def test_without_versions_a_second_look_tells(write: Write) -> None:
    with Sandbox(rate=None, personality="scimple") as sandbox, client_of(sandbox) as maia:
        with apply.plan(maia, write(titles(sandbox, "x", 2))) as plan:
            maia.users.deactivate(BARBARA)
            sandbox.forget_requests()
            summary = plan.apply()
        assert (summary.done, summary.moved) == (1, 1)
        assert sorted(request.method for request in sandbox.requests) == ["GET", "GET", "PUT"]


@pytest.mark.parametrize("done", [False, True])
def test_a_write_of_unknown_outcome_is_settled_by_resuming(
    maia: MaiaScim, sandbox: Sandbox, write: Write, done: bool
) -> None:
    once = maia.with_options(retry=None)
    file = write(titles(sandbox, "Engineer", 4))
    sandbox.inject(faults.Reset(done=done), on="users.replace", times=1)
    with apply.plan(once, file) as plan:
        summary = plan.apply(concurrency=1)
        assert (summary.done, summary.unknown, plan.left) == (3, 1, 1)
        (failed,) = plan.failed()
        assert failed.result is not None
        assert failed.result.outcome == "unknown"
    with apply.resume(maia, file.with_name("people.csv.journal")) as plan:
        assert plan.left == 1
        assert plan.apply().done == 4
    assert {user.get("title") for user in [*sandbox.users.values()][:4]} == {"Engineer"}
    assert {user["meta"]["version"] for user in [*sandbox.users.values()][:4]} == {'W/"2"'}
    with pytest.raises(JournalError, match="nothing to resume"):
        apply.resume(maia, file.with_name("people.csv.journal"))


def test_credentials_that_are_refused_stop_it_at_once(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    sandbox.inject(faults.Status(401), on="token", times=None)
    with pytest.raises(TokenError):
        apply.plan(maia, write(titles(sandbox, "x")))
    assert len(sandbox.requests) == 0


def test_a_service_that_has_nothing_but_errors_is_left_alone(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    once = maia.with_options(retry=None)
    file = write(titles(sandbox, "x", 50))
    injection = sandbox.inject(faults.Status(500), times=None)
    with pytest.raises(ServerError):
        apply.plan(once, file)
    assert len(sandbox.requests) < 45
    injection.stop()
    with apply.plan(once, file) as plan:
        sandbox.inject(faults.Status(500), times=None)
        with pytest.raises(ServerError):
            plan.apply()
        sandbox.clear_faults()
        assert plan.left == 50
    with apply.resume(maia, file.with_name("people.csv.journal")) as plan:
        assert plan.apply().done == 50


def test_a_user_that_cannot_be_read_is_told(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    once = maia.with_options(retry=None)
    sandbox.inject(faults.Status(500), on="users.get", times=1)
    with apply.plan(once, write(titles(sandbox, "x", 3)), concurrency=1) as plan:
        assert [entry.state for entry in plan.entries()] == ["unread", "change", "change"]
        assert "500" in str(next(plan.entries("unread")).note)
        plan.apply()
        assert [entry.state for entry in plan.failed()] == ["unread"]


def test_an_interrupt_finishes_what_is_under_way(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "Engineer", 30))

    def stop(told: apply.Progress) -> None:
        if told.done == 10:
            raise KeyboardInterrupt

    with apply.plan(maia, file) as plan:
        with pytest.raises(KeyboardInterrupt):
            plan.apply(on_progress=stop)
        done = plan.summary.done
        assert 10 <= done <= 20
        assert plan.summary.unknown == 0
        assert len(writes(sandbox)) == done
    with apply.resume(maia, file.with_name("people.csv.journal")) as plan:
        assert plan.left == 30 - done
        assert plan.apply().done == 30
    assert sorted(writes(sandbox)) == sorted(ids(sandbox, 30))


def test_two_runs_do_not_share_a_journal(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "a", 3))
    told: list[str] = []

    def another(progress: apply.Progress) -> None:
        if not told:
            for use in (apply.resume, apply.undo):
                with pytest.raises(JournalError, match="another run is using it") as caught:
                    use(maia, file.with_name("people.csv.journal"))
                told.append(str(caught.value))

    with apply.plan(maia, file) as plan:
        plan.apply(on_progress=another)
    assert len(told) == 2


# Undo.


def test_an_undo_brings_back_the_values_from_before(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    before = sandbox.users
    rows = [
        {
            "id": id,
            "title": f"T{number}",
            "active": "no",
            "emails[other]": f"other{number}@x.example",
            f"{ENTERPRISE}:department": "D",
            "name.middleName": "M",
        }
        for number, id in enumerate(ids(sandbox, 20))
    ]
    file = write(rows)
    journal = file.with_name("people.csv.journal")
    with apply.plan(maia, file) as plan:
        plan.apply()
    changed = sandbox.users
    with apply.undo(maia, journal) as plan:
        assert (plan.about.kind, plan.about.file, plan.summary.change) == ("undo", "people.csv.journal", 20)
        assert plan.form is None
        assert plan.apply().done == 20
    assert same(sandbox.users, before)
    with apply.undo(maia, journal) as plan:  # of the undo
        assert plan.apply().done == 20
    assert same(sandbox.users, changed)
    with apply.undo(maia, journal, run=1) as plan:
        assert plan.summary.change == 20


def same(users: dict[str, Any], others: dict[str, Any]) -> bool:
    """Whether two directories are the same, but for what changes with each write."""
    found = [change for id in users for change in diff(users[id], others[id])]
    return [change for change in found if change.path.partition(".")[0] not in ("meta", "schemas")] == []


def test_an_undo_leaves_alone_what_others_changed_since(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    rows = titles(sandbox, "x", 3)
    file = write(rows)
    with apply.plan(maia, file) as plan:
        plan.apply()
    with maia.users.edit(rows[0]["id"]) as user:
        user.title = "somebody else's"
    with maia.users.edit(rows[1]["id"]) as user:
        user.nick_name = "another attribute"
    with apply.undo(maia, file.with_name("people.csv.journal")) as plan:
        assert [entry.state for entry in plan.entries()] == ["conflict", "change", "change"]
        assert "title" in str(next(plan.entries()).note)
        plan.apply()
    users = sandbox.users
    assert users[rows[0]["id"]]["title"] == "somebody else's"
    assert users[rows[1]["id"]]["nickName"] == "another attribute"
    assert "x" not in (users[rows[1]["id"]].get("title"), users[rows[2]["id"]].get("title"))


def test_an_undo_knows_what_the_service_made_of_a_value(lossy: Sandbox, write: Write) -> None:
    before = lossy.users
    file = write(odd_rows(lossy))
    with client_of(lossy) as maia:
        with apply.plan(maia, file) as plan:
            plan.apply()
        with apply.undo(maia, file.with_name("people.csv.journal")) as plan:
            assert {entry.state for entry in plan.entries()} == {"change"}
            plan.apply()
    assert [user["userName"] for user in lossy.users.values()] == [user["userName"] for user in before.values()]


def test_there_may_be_nothing_to_undo(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write([{"id": "nobody", "title": "x"}])
    with apply.plan(maia, file) as plan:
        plan.apply()
    for run in (None, 1, 7):
        with pytest.raises(JournalError, match="nothing to undo"):
            apply.undo(maia, file.with_name("people.csv.journal"), run=run)


# The journal.


def test_the_journal_is_a_trail(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 2))
    with apply.plan(maia, file) as plan:
        plan.apply()
    journal = file.with_name("people.csv.journal")
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    with apply.Journal(journal) as trail:
        (run,) = trail.runs()
        assert (run.number, run.state, run.summary.done) == (1, "finished", 2)
        assert run.about.base_url == sandbox.base_url
        first, _ = trail.entries(1)
        assert first.result is not None
        assert first.result.ended is not None
        assert first.result.begun <= first.result.ended
        assert (first.result.outcome, first.result.status, first.result.attempts) == ("done", 200, 1)
        assert first.result.request_id in {request.request_id for request in sandbox.requests}
        assert (first.before or {})["title"] == "Tour Guide"
        assert (first.result.after or {})["title"] == "x"


def test_each_intent_is_in_the_journal_before_it_is_sent(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    file = write(titles(sandbox, "x", 5))
    journal = file.with_name("people.csv.journal")
    seen: list[int] = []

    def told(event: object) -> None:
        if getattr(event, "method", "") == "PUT" and type(event).__name__ == "Attempt":
            # As another process would see it after a crash: the file as it is now.
            copy = journal.with_name("copy")
            copy.write_bytes(journal.read_bytes())
            rollback = journal.with_name(f"{journal.name}-journal")
            if rollback.exists():
                copy.with_name("copy-journal").write_bytes(rollback.read_bytes())
            with sqlite3.connect(copy) as connection:
                seen.append(connection.execute("SELECT count(*) FROM write").fetchone()[0])

    with MaiaScim(**sandbox.connection, rate_limit=None, on_event=told) as heard, apply.plan(heard, file) as plan:
        plan.apply(concurrency=1)
    assert seen == [1, 2, 3, 4, 5]


def test_what_was_not_sent_any_more_is_no_failure(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    told: list[apply.Progress] = []

    def stop(progress: apply.Progress) -> None:
        told.append(progress)
        if progress.done == 3:
            raise KeyboardInterrupt

    file = write(titles(sandbox, "x", 30))
    with MaiaScim(**sandbox.connection, rate_limit=RateLimit(1200)) as slow, apply.plan(slow, file) as plan:
        with pytest.raises(KeyboardInterrupt):
            plan.apply(on_progress=stop, concurrency=8)
        assert {each.failed for each in told} == {0}
        assert plan.summary.unknown == 0  # all that was under way is finished
        assert {entry.result.error for entry in plan.failed() if entry.result} <= {"the run was stopped"}
    with apply.Journal(apply.journal_for(file)) as trail:
        (run,) = trail.runs()
        assert run.failed + run.left + run.summary.done == 30


def test_a_run_that_nobody_resumes_is_replaced_by_the_next(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    def stop(told: apply.Progress) -> None:
        raise KeyboardInterrupt

    file = write(titles(sandbox, "x", 30))
    journal = file.with_name("people.csv.journal")
    with apply.plan(maia, file) as plan:
        assert not plan.replaces
        with pytest.raises(KeyboardInterrupt):
            plan.apply(on_progress=stop)
    with apply.plan(maia, file) as plan:
        assert plan.replaces
        plan.apply()
    with apply.plan(maia, file) as plan:
        assert not plan.replaces
    with apply.Journal(journal) as trail:
        assert [run.state for run in trail.runs()] == ["abandoned", "finished"]
    with pytest.raises(JournalError, match="nothing to resume"):
        apply.resume(maia, journal)


def test_a_journal_that_cannot_be_made_is_told_before_anything_is_written(
    maia: MaiaScim, sandbox: Sandbox, write: Write, tmp_path: Path
) -> None:
    with apply.plan(maia, write(titles(sandbox, "x"))) as plan, pytest.raises(JournalError, match="No such file"):
        plan.apply(tmp_path / "missing" / "journal")
    assert writes(sandbox) == []


def test_no_password_gets_into_a_plan(maia: MaiaScim, sandbox: Sandbox, write: Write) -> None:
    held = {"id": "1", "userName": "b", "Password": "hunter2", "active": True}
    values = judged(held, None, (Change("title", None, "x"),), Rules(), {})
    assert "hunter2" not in json.dumps(values)
    assert json.loads(values["wanted"]) == {"id": "1", "userName": "b", "active": True, "title": "x"}


def test_a_user_without_active_is_told_of() -> None:
    values = judged({"id": "1", "userName": "b"}, None, (Change("title", None, "x"),), Rules(), {})
    assert "active" in values["note"]
