"""Names where ids are asked for: whom they mean is told, what is stale is refused before a write."""

import json
from datetime import timedelta
from unicodedata import normalize

import pytest

from maia_scim.index import Index, notes
from maia_scim.sandbox.faults import Status
from tests.cli.command import BARBARA, ENGINEERS, JORDAN, NOBODY, at_terminal, invoke, script

ZOE = "5d48a0a8-e0cd-43c1-9d2b-7c9b0a3f6e52"
BABS = "bjensen@example.com"


@pytest.fixture
def file(tmp_path, monkeypatch):
    file = tmp_path / "seen.sqlite"
    monkeypatch.setenv("MAIA_INDEX", str(file))
    return file


@pytest.fixture
def index(file, sandbox):
    """An index that knows Barbara, Jordan and the engineers."""
    assert invoke("index", "add", BARBARA, JORDAN, "--group", ENGINEERS).code == 0
    sandbox.before = len(sandbox.requests)
    return file


def sent(sandbox):
    """What was sent since the index was fed."""
    return [(each.method, each.id) for each in sandbox.requests[getattr(sandbox, "before", 0) :]]


def writes(sandbox):
    return [each for each in sent(sandbox) if each[0] != "GET"]


def opened(sandbox, file):
    from maia_scim import MaiaScim

    with MaiaScim(**sandbox.connection) as maia:
        return Index.open(file, maia)


def rename(sandbox, id, **values):
    state = sandbox.dump()
    for each in (*state["users"], *state["groups"]):
        if each["id"] == id:
            each.update(values)
    sandbox.load(state)


# -- Reading ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bjensen", "BJensen@Example.com", "701984"])
def test_get_takes_a_name_and_says_whose_it_is(sandbox, index, name):
    ran = invoke("users", "get", name)

    assert ran.code == 0, ran.err
    assert ran.data == sandbox.users[BARBARA]
    assert ran.err.startswith(f"{name} is {BARBARA}")
    assert ran.err.endswith("seen just now\n")
    assert sent(sandbox) == [("GET", BARBARA)]


def test_ids_stay_what_they_are_and_nothing_is_said(sandbox, index):
    ran = invoke("users", "get", BARBARA)

    assert (ran.code, ran.err) == (0, "")


def test_names_and_ids_may_be_mixed(sandbox, index):
    ran = invoke("users", "get", "jmensah", BARBARA, BABS, ZOE)

    assert [each["id"] for each in ran.data] == [JORDAN, BARBARA, ZOE]


def test_the_age_of_what_is_known_is_told(sandbox, index, monkeypatch):
    now = notes.now()
    for days, told in ((3, "3 days ago"), (1, "1 day ago"), (0.25, "6 hours ago"), (0.01, "14 minutes ago")):
        with opened(sandbox, index) as held:
            held.forget("user", BARBARA)
            held.note(sandbox.users[BARBARA], "user", now)
        monkeypatch.setattr(notes, "now", lambda days=days: now + timedelta(days=days))
        assert invoke("users", "get", BABS).err == f"{BABS} is {BARBARA} (bjensen), seen {told}\n"


def test_another_unicode_form_is_told(sandbox, index):
    assert invoke("users", "get", ZOE).code == 0
    asked = normalize("NFD", "zgarcia.núñez")

    ran = invoke("users", "get", asked)

    assert ran.data["id"] == ZOE
    assert "another Unicode form" in ran.err


def test_groups_go_by_their_display_name(sandbox, index):
    ran = invoke("groups", "get", "data engineering")

    assert ran.data["id"] == ENGINEERS
    assert f"data engineering is {ENGINEERS}" in ran.err


def test_what_a_user_is_shown_as_is_nobody_s_own(sandbox, index):
    ran = invoke("users", "get", "Barbara Jensen")

    assert (ran.code, ran.out) == (2, "")
    assert f"what bjensen ({BARBARA}) is shown as" in ran.err
    assert sent(sandbox) == []


def test_two_of_a_name_are_both_named(sandbox, index):
    assert invoke("users", "patch", JORDAN, "--add", f'emails=[{{"value": "{BABS.upper()}"}}]').code == 0
    sandbox.before = len(sandbox.requests)

    ran = invoke("users", "deactivate", BABS, "--yes")

    assert (ran.code, ran.out) == (2, "")
    assert f"bjensen ({BARBARA})" in ran.err
    assert f"jmensah ({JORDAN})" in ran.err
    assert sent(sandbox) == []


def test_nobody_of_a_name(sandbox, index):
    ran = invoke("users", "get", BARBARA, "nobody@example.com")

    assert (ran.code, ran.out) == (2, "")
    assert "no list of the directory" in ran.err
    assert sent(sandbox) == []


def test_without_an_index_an_address_says_how_to_make_one(sandbox, file):
    for arguments in (["users", "get", BABS], ["users", "deactivate", "--yes", BABS]):
        ran = invoke(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert f"{BABS} is no id" in ran.err
        assert "maia-scim index add" in ran.err
    assert sent(sandbox) == []
    assert invoke("users", "get", BARBARA).code == 0
    assert not file.exists(), "nothing is kept of anybody before somebody asks for it"


def test_reading_by_a_name_that_has_moved_is_warned_of(sandbox, index):
    rename(sandbox, BARBARA, userName="babs2", emails=[])
    ran = invoke("users", "get", BABS)

    assert ran.code == 0
    assert ran.data["userName"] == "babs2"
    assert "Warning: the index was out of date" in ran.err
    again = invoke("users", "get", BABS)
    assert again.code == 2, "which it is no more"
    assert invoke("users", "get", "babs2").data["id"] == BARBARA


# -- Writing ------------------------------------------------------------------


def test_every_command_that_writes_takes_names(sandbox, index, tmp_path):
    editor = script(tmp_path, "edit.py", "path.write_text(path.read_text().replace('Tour Guide', 'Pilot'))")
    whole = tmp_path / "user.json"
    whole.write_text(json.dumps({**sandbox.users[BARBARA], "title": "Judge"}), "utf-8")
    group = tmp_path / "group.json"
    group.write_text(json.dumps({**sandbox.groups[ENGINEERS], "role": "VIEWER"}), "utf-8")

    assert invoke("users", "deactivate", BABS, "--yes").code == 0
    assert sandbox.users[BARBARA]["active"] is False
    assert invoke("users", "activate", BABS, "jmensah").code == 0
    assert sandbox.users[JORDAN]["active"] is True
    assert invoke("users", "patch", BABS, "--set", "nickName=B").code == 0
    assert sandbox.users[BARBARA]["nickName"] == "B"
    ran = at_terminal("users", "edit", BABS, "--yes", environment={"EDITOR": editor})
    assert ran.code == 0, ran.err
    assert sandbox.users[BARBARA]["title"] == "Pilot"
    assert invoke("users", "replace", str(whole), "--id", BABS, "--yes", "--guard", "off").code == 0
    assert sandbox.users[BARBARA]["title"] == "Judge"
    assert invoke("groups", "replace", str(group), "--id", "Data Engineering", "--yes").code == 0
    assert sandbox.groups[ENGINEERS]["role"] == "VIEWER"
    assert invoke("groups", "remove-member", "Data Engineering", BABS, "--yes").code == 0
    assert invoke("groups", "add-member", "Data Engineering", "jmensah").code == 0
    members = [each["value"] for each in sandbox.groups[ENGINEERS]["members"]]
    assert JORDAN in members
    assert BARBARA not in members


STALE = [
    ["users", "deactivate", BABS, "--yes"],
    ["users", "deactivate", BABS, "--dry-run"],
    ["users", "activate", "jmensah", BABS],
    ["users", "patch", BABS, "--set", "title=x"],
    ["users", "edit", BABS, "--yes"],
    ["users", "replace", "-", "--id", BABS, "--yes"],
    ["groups", "add-member", ENGINEERS, BABS],
    ["groups", "remove-member", "Data Engineering", BABS, "--yes"],
]


@pytest.mark.parametrize("arguments", STALE, ids=lambda each: " ".join(each[:2]))
def test_a_name_that_has_moved_is_refused_before_a_write(sandbox, index, arguments):
    rename(sandbox, BARBARA, userName="babs2", emails=[{"value": "babs2@example.com"}])

    ran = invoke(*arguments, input='{"userName": "babs2", "active": true}')

    assert (ran.code, ran.out) == (2, "")
    assert "the index was out of date" in ran.err
    assert "nothing was written" in ran.err
    assert not writes(sandbox)


def test_a_group_that_was_renamed_is_refused_before_a_write(sandbox, index):
    rename(sandbox, ENGINEERS, displayName="Engineers")

    ran = invoke("groups", "add-member", "Data Engineering", "jmensah")

    assert (ran.code, ran.out) == (2, "")
    assert "that group has not this displayName any more" in ran.err
    assert not writes(sandbox)


def test_an_address_that_is_now_a_user_name_is_another_thing(sandbox, index):
    rename(sandbox, BARBARA, userName=BABS, emails=[])

    assert invoke("users", "patch", BABS, "--set", "title=x").code == 2
    assert invoke("users", "patch", BABS, "--set", "title=x").code == 0, "by what is known now"


@pytest.mark.parametrize("arguments", STALE[:4], ids=lambda each: " ".join(each[:2]))
def test_a_user_who_is_gone_is_refused_before_a_write(sandbox, index, arguments):
    state = sandbox.dump()
    state["users"] = [each for each in state["users"] if each["id"] != BARBARA]
    sandbox.load(state)

    ran = invoke(*arguments)

    assert (ran.code, ran.out) == (2, "")
    assert "the index is out of date" in ran.err
    assert not writes(sandbox)
    assert "no list of the directory" in invoke("users", "get", BABS).err


def test_where_it_cannot_be_read_nothing_is_written(sandbox, index):
    sandbox.inject(Status(500), on="users.get")

    ran = invoke("users", "patch", BABS, "--set", "title=x")

    assert ran.code == 1
    assert not writes(sandbox)


def test_nothing_is_sent_where_nobody_can_be_asked(sandbox, index):
    for arguments in (["users", "deactivate", BABS], ["groups", "remove-member", "Data Engineering", BABS]):
        assert invoke(*arguments).code == 2
    assert sent(sandbox) == []


# -- Feeding ------------------------------------------------------------------


def test_every_command_feeds_an_index_that_is_there(sandbox, index):
    assert invoke("users", "get", ZOE).code == 0
    assert invoke("users", "get", "zgarcia@example.com").data["id"] == ZOE
    made = invoke("users", "create", "-", input='{"userName": "nlang@example.com", "active": true}').data
    assert invoke("users", "get", "nlang@example.com").data["id"] == made["id"]
    assert invoke("users", "get", NOBODY).code == 1


def test_an_index_that_cannot_be_used_keeps_nobody_from_ids(sandbox, file):
    file.write_text("something else " * 100)

    ran = invoke("users", "get", BARBARA)
    assert ran.code == 0
    assert ran.err.count("Warning: the index is not used") == 1
    assert invoke("users", "get", BABS).code == 2
    assert invoke("index", "show").code == 2
    assert file.read_text().startswith("something else")


def test_an_index_of_another_account_is_refused(sandbox, index, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_ID", "other")

    ran = invoke("users", "get", BABS)

    assert (ran.code, ran.out) == (2, "")
    assert "account other" in ran.err
