"""``maia-scim users set``, as an administrator runs it."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from maia_scim import MaiaScim, apply
from tests.cli.command import BARBARA, DOCS, ENGINEERS, JORDAN, NOBODY, account, at_terminal, invoke, run_docs, writes

if TYPE_CHECKING:
    from pathlib import Path

    from maia_scim.sandbox import Sandbox

STAFF = "f53b7fcb-881d-4b5b-a05b-af8ebc898d69"
MICHAEL = "c3a26dd3-27a0-4dec-a2ac-ce211e105f97"
ZOE = "5d48a0a8-e0cd-43c1-9d2b-7c9b0a3f6e52"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the commands run, and an index is to be."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAIA_INDEX", str(tmp_path / "seen.sqlite"))
    return tmp_path


def titles(sandbox: Sandbox) -> dict[str, Any]:
    return {id: sandbox.users[id].get("title") for id in (BARBARA, MICHAEL, ZOE)}


# The main road.


def test_whom_the_filter_means_is_changed_and_the_undo_brings_it_back(sandbox: Sandbox, folder: Path) -> None:
    assert invoke("index", "add", "--group", STAFF).code == 0
    sandbox.forget_requests()
    meant = {id for id, user in sandbox.users.items() if "@channel-partner.example" in str(user)}
    on = {id for id in meant if sandbox.users[id]["active"]}
    assert on
    call = ["users", "set", "active=false", "--where", 'emails.domain == "channel-partner.example"', "--index"]

    dry = invoke(*call, "--dry-run", "-o", "table")
    assert (dry.code, writes(sandbox), [*folder.glob("*.journal")]) == (0, [], [])
    assert f"Plan of users set · no profile · {sandbox.base_url} · {account(sandbox)}" in dry.out
    assert f"  {len(on)} user{'s' * (len(on) != 1)} to change, {len(on)} of them deactivated\n" in dry.out
    assert f"The filter holds of {len(meant)} of 44 users.\n" in dry.err

    done = invoke(*call, "--yes", "-o", "table")
    assert done.code == 0
    assert all(sandbox.users[id]["active"] is False for id in meant)
    assert sandbox.users[BARBARA]["active"] is True
    assert "The journal is set.journal.\nTo undo: maia-scim apply --undo set.journal\n" in done.err

    sandbox.forget_requests()
    again = invoke(*call, "--yes")
    assert (again.code, writes(sandbox)) == (0, [])
    assert again.data["summary"]["unchanged"] == len(meant)

    assert invoke("apply", "--undo", "set.journal", "--yes").code == 0
    assert all(sandbox.users[id]["active"] is True for id in on)


def test_several_attributes_and_one_that_is_cleared(sandbox: Sandbox) -> None:
    done = invoke(
        *(
            "users",
            "set",
            "title=",
            "name.givenName= Babs ",
            f"{ENTERPRISE}:department=Tours",
            "emails[work]=b@x.example",
        ),
        *("--who", BARBARA, "--yes"),
    )
    user = sandbox.users[BARBARA]
    assert (done.code, user.get("title"), user["name"]["givenName"]) == (0, None, "Babs")
    assert user[ENTERPRISE]["department"] == "Tours"
    assert user["emails"][0]["value"] == "b@x.example"


def test_whom_it_is_about(sandbox: Sandbox, folder: Path) -> None:
    (folder / "ids.txt").write_text(f"{JORDAN} # leaves\n\n{BARBARA}\n", "utf-8")
    for whom, ids in (
        (["--who", BARBARA, "--who", JORDAN], [BARBARA, JORDAN]),
        (["--ids", "ids.txt"], [JORDAN, BARBARA]),
        (["--who", JORDAN, "--group", ENGINEERS], [JORDAN, BARBARA, MICHAEL, ZOE]),
    ):
        told = invoke("users", "set", "title=Pilot", *whom, "-n").data
        assert [each["id"] for each in told["entries"]] == ids
    piped = invoke("users", "set", "title=Pilot", "--ids", "-", "--yes", input=f"{BARBARA}\n")
    assert (piped.code, titles(sandbox)[BARBARA]) == (0, "Pilot")
    missing = invoke("users", "set", "title=Pilot", "--who", BARBARA, "--who", NOBODY, "--yes", "-o", "table")
    assert missing.code == 1
    assert f"{NOBODY}: not found" in missing.out


def test_names_are_taken_where_there_is_an_index(sandbox: Sandbox, folder: Path) -> None:
    assert invoke("index", "add", "--group", ENGINEERS).code == 0
    done = invoke("users", "set", "title=Pilot", "--who", "bjensen@example.com", "--group", "Data Engineering", "--yes")
    assert (done.code, {*titles(sandbox).values()}, done.data["summary"]["named"]) == (0, {"Pilot"}, 1)
    assert f"Data Engineering is group {ENGINEERS} by its displayName" in done.err
    assert f"bjensen · {BARBARA}\n" in invoke("users", "set", "title=T", "--who", "bjensen", "-n", "-o", "table").out
    (folder / "mixed.txt").write_text(f"bjensen\n{MICHAEL}\n", "utf-8")
    refused = invoke("users", "set", "title=Guide", "--ids", "mixed.txt", "--yes")
    assert refused.code == 2
    assert "has both ids (line 2) and names (line 1): write the one or the other" in refused.err


def test_a_user_who_has_the_name_no_more_is_left_alone(sandbox: Sandbox) -> None:
    assert invoke("index", "add", BARBARA).code == 0
    state = sandbox.dump()
    for user in state["users"]:
        if user["id"] == BARBARA:
            user.update(userName="other", emails=[])
    sandbox.load(state)
    done = invoke("users", "set", "title=Pilot", "--who", "bjensen@example.com", "--yes", "-o", "table")
    assert (done.code, writes(sandbox)) == (1, [])
    assert "the index is out of date: who was bjensen@example.com is other now" in done.out


def test_letter_case_alone_is_left_unless_it_is_asked_for(sandbox: Sandbox) -> None:
    call = ["users", "set", "userName=BJENSEN", "--who", BARBARA, "--yes", "-o", "table"]
    done = invoke(*call)
    assert "1 value differs in letter case or Unicode form alone: left as it is (--exact-case)" in done.out
    assert not writes(sandbox)
    assert invoke(*call, "--exact-case").code == 0
    assert sandbox.users[BARBARA]["userName"] == "BJENSEN"


def test_nobody_whom_the_filter_means_is_no_error(sandbox: Sandbox) -> None:
    done = invoke("users", "set", "title=Pilot", "--where", 'title eq "none"', "--who", BARBARA, "--yes", "-o", "table")
    assert (done.code, writes(sandbox)) == (0, [])
    assert "The filter holds of 0 of 1 user.\n" in done.err
    assert "nothing to change" in done.out


# Guard rails.


def test_deactivations_are_bounded_and_protected(sandbox: Sandbox, folder: Path) -> None:
    call = ["users", "set", "active=false", "--group", ENGINEERS, "--yes", "-o", "table"]
    stopped = invoke(*call, "--max-deactivations", "2")
    assert (stopped.code, writes(sandbox)) == (3, [])
    assert "it would deactivate 3 users, and at most 2 may be" in stopped.err
    (folder / "keep.txt").write_text(f"{ZOE}\n", "utf-8")
    done = invoke(*call, "--protect", "keep.txt")
    assert done.code == 1
    assert [sandbox.users[id]["active"] for id in (BARBARA, MICHAEL, ZOE)] == [False, False, True]
    assert ": protected" in done.out


def test_at_a_terminal_it_asks(sandbox: Sandbox) -> None:
    call = ["users", "set", "active=false", "--who", BARBARA]
    refused = at_terminal(*call, piped=False, answers={"[y/N]": "n\n"})
    assert (refused.code, writes(sandbox)) == (3, [])
    assert f"Change 1 user, deactivate 1 of them (no profile · {sandbox.base_url}" in refused.err
    agreed = at_terminal(*call, piped=False, answers={"[y/N]": "y\n"})
    assert (agreed.code, sandbox.users[BARBARA]["active"]) == (0, False)


@pytest.mark.parametrize(
    "call",
    [
        ["users", "set", "title=B", "--who", ZOE],
        ["users", "rename", "--pattern", "@example", "--to", "@new", ZOE],
        ["groups", "sync", "groups.csv"],
        ["offboard", ZOE],
    ],
    ids=lambda call: " ".join(call[:2]),
)
def test_a_run_that_was_cut_short_is_told_of(sandbox: Sandbox, folder: Path, call: list[str]) -> None:
    (folder / "groups.csv").write_text(f"group,member\n{ENGINEERS},{ZOE}\n", "utf-8")

    def stop(_told: object) -> None:
        raise KeyboardInterrupt

    with (
        MaiaScim() as maia,
        apply.set_attributes(maia, apply.settings_of(["title=A"]), apply.Whom(ids=[BARBARA, MICHAEL])) as plan,
        pytest.raises(KeyboardInterrupt),
    ):
        plan.apply("my.journal", concurrency=1, on_progress=stop)
    told = invoke(*call, "--dry-run", "--journal", "my.journal")
    assert "my.journal has a run that was cut short: maia-scim apply --resume --journal my.journal goes on" in told.err


# What is refused.


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["title=a"], "it is not said whose: --who WHO, --group ID, --ids FILE, or --index"),
        (["title", "--who", BARBARA], "'title': write the attribute, =, and its value"),
        (["tilte=a", "--who", BARBARA], "'tilte': no attribute of a user: did you mean title?\n"),
        (["bonus=a", "--who", BARBARA], "'bonus': no attribute of a user\n"),
        (["groups=a", "--who", BARBARA], "'groups': read-only\n"),
        (["id=a", "--who", BARBARA], "'id': it says who a user is, and cannot be set"),
        (["active=perhaps", "--who", BARBARA], "'active': needs true or false"),
        (["password=hunter2", "--who", BARBARA], "recorded: set it with `maia-scim users patch`\n"),
        (["title=a", "title=b", "--who", BARBARA], "title sets what title sets, too"),
        (["title=a", "--where", 'emails.domian == "x"', "--who", BARBARA], "--where: "),
        (["title=a", "--where", 'emails.domian == "x"', "--who", BARBARA], "emails has no part 'domian'"),
        (["title=a", "--where", "active eq", "--who", BARBARA], "--where: the filter"),
        (["title=a", "--where", "", "--who", BARBARA], "--where: the filter"),
        (["title=a", "--who", BARBARA, "--index"], "name nobody beside it"),
        (["title=a", "--who", BARBARA, "--ids", "ids.txt"], "--who and --ids are both given"),
        (["title=a", "--index"], "there is no index yet"),
        (["title=a", "--who", "b@example.com"], "b@example.com is no id, and the service has no search"),
        (["title=a", "--ids", "none.txt"], "none.txt: 1 fault"),
        (["title=a", "--ids", "ids.csv", "--report", "ids.csv"], "--report and --ids are the same file"),
    ],
)
def test_what_is_called_wrongly_is_told_before_anything_is_sent(
    sandbox: Sandbox, folder: Path, arguments: list[str], told: str
) -> None:
    refused = invoke("users", "set", *arguments, "--yes")
    assert (refused.code, refused.out, [*sandbox.requests]) == (2, "", [])
    assert told in refused.err
    assert "hunter2" not in refused.err


def test_without_the_package_it_is_said_how_to_get_it(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith("scim2_models")]:
        monkeypatch.setitem(sys.modules, name, None)
    refused = invoke("users", "set", "title=a", "--where", "active eq true", "--who", BARBARA, "--yes")
    assert (refused.code, [*sandbox.requests]) == (2, [])
    assert "a filter needs a package: pip install 'maia-scim[filter]'" in refused.err


def test_the_lines_of_the_docs_do_what_they_say(
    sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run_docs("filters.md", folder, monkeypatch)
    assert ran.code == 0, ran.err
    done = json.loads((folder / "done.json").read_text("utf-8"))["summary"]
    assert done["done"] == done["deactivations"] > 0
    assert titles(sandbox)[BARBARA] == "Tour Guide"  # the undo took the last run back


def test_the_filters_of_the_docs_are_some(sandbox: Sandbox) -> None:
    rows = re.findall(r"^\| `(.*?)` \| ", (DOCS / "filters.md").read_text("utf-8"), re.M)
    assert len(rows) == 10
    found = [sum(map(apply.Where(text), sandbox.users.values())) for text in rows]
    assert found[0] > found[3] > 0
