"""The ways to feed an index: ids, groups and who is in them, journals, and all of it once more."""

from dataclasses import replace

import pytest

from maia_scim import ClientCredentials, MaiaScim, apply, errors
from maia_scim.index import Index, NameNotFound, add_groups, add_users, learn, refresh
from maia_scim.sandbox.faults import Status
from tests.cli.command import BARBARA, ENGINEERS, JORDAN, NOBODY

YASMIN = "9067729b-6a2c-4b3d-8a1e-5f0c2d7e4b11"
STAFF = "f53b7fcb-881d-4b5b-a05b-af8ebc898d69"


def names(index):
    return {each.id: each.name for each in index.users()}


def sent(sandbox):
    return [(request.method, request.id) for request in sandbox.requests]


def test_users_by_their_ids(index, maia, sandbox):
    told = []

    fed = add_users(index, maia, [BARBARA, NOBODY, JORDAN, BARBARA], on_progress=lambda *far: told.append(far))

    assert names(index) == {BARBARA: "bjensen", JORDAN: "jmensah"}
    assert (fed.users, fed.groups, fed.failed) == (2, 0, ())
    assert [(each.kind, each.id) for each in fed.gone] == [("user", NOBODY)]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert len(sandbox.requests) == 3, "each once"


def test_one_that_cannot_be_read_stops_no_other(index, maia, sandbox):
    sandbox.inject(Status(500), on="users.get")

    fed = add_users(index, maia, [BARBARA, JORDAN])

    [failed] = fed.failed
    assert isinstance(failed.error, errors.ServerError)
    assert (fed.users, {failed.id, *names(index)}) == (1, {BARBARA, JORDAN})


def test_who_was_read_before_the_service_refused_is_noted(index, maia, sandbox, file):
    add_users(index, maia, [BARBARA])
    sandbox.inject(Status(401), times=None)

    with pytest.raises(errors.AuthenticationError):
        add_users(index, maia, [JORDAN, YASMIN])

    assert names(index) == {BARBARA: "bjensen"}


def test_groups_and_who_is_in_them(index, maia, sandbox):
    fed = add_groups(index, maia, [ENGINEERS, NOBODY])

    members = [each["value"] for each in sandbox.groups[ENGINEERS]["members"]]
    assert (fed.users, fed.groups, [each.id for each in fed.gone]) == (3, 1, [NOBODY])
    assert {*members} == {*index.members_of(ENGINEERS)} == {*names(index)}
    assert all(names(index).values())
    assert index.find("bjensen@example.com").id == BARBARA


def test_groups_alone(index, maia, sandbox):
    fed = add_groups(index, maia, [ENGINEERS], members=False)

    assert (fed.users, fed.groups) == (0, 1)
    assert sent(sandbox) == [("GET", ENGINEERS)]
    assert {*names(index).values()} == {None}


def test_groups_within_groups_are_read_each_once(index, maia, sandbox):
    maia.groups.add_members(ENGINEERS, STAFF, JORDAN)
    maia.groups.add_members(STAFF, ENGINEERS)
    groups = sandbox.dump()
    for group in groups["groups"]:
        group["members"] = [
            {**each, "type": "GROUP" if each["value"] in (ENGINEERS, STAFF) else "USER"}
            for each in group["members"]
            if each["value"] in (ENGINEERS, STAFF, BARBARA, JORDAN)
        ]
    sandbox.load(groups)
    before = len(sandbox.requests)

    fed = add_groups(index, maia, [ENGINEERS])

    assert fed.groups == 2
    assert sorted(sent(sandbox)[before:]) == sorted(
        [("GET", ENGINEERS), ("GET", STAFF), ("GET", BARBARA), ("GET", JORDAN)]
    )
    assert ENGINEERS not in names(index)


def test_refresh_reads_the_groups_again_and_forgets_those_that_are_gone(index, maia, sandbox):
    add_groups(index, maia, [ENGINEERS])
    index.note({"id": NOBODY, "displayName": "Gone", "members": [{"value": BARBARA}]}, "group")
    maia.groups.remove_members(ENGINEERS, BARBARA)
    maia.groups.add_members(ENGINEERS, JORDAN)
    told = []

    fed = refresh(index, maia, on_progress=lambda *far: told.append(far))

    assert [each.id for each in fed.gone] == [NOBODY]
    assert NOBODY not in {each.id for each in index.groups()}
    assert BARBARA not in index.members_of(ENGINEERS)
    assert names(index)[JORDAN] is None, "known by id"
    assert told[-1][0] == told[-1][1] == fed.groups + 1

    fed = refresh(index, maia, users=True)
    assert names(index)[JORDAN] == "jmensah"
    assert fed.users == len(names(index))


def test_refresh_forgets_users_who_are_gone_and_keeps_those_of_a_failure(index, maia, sandbox):
    index.note({"id": NOBODY, "userName": "gone"}, "user")
    add_users(index, maia, [BARBARA, JORDAN])
    fed = refresh(index, maia, users=True)
    assert [each.id for each in fed.gone] == [NOBODY]
    sandbox.inject(Status(500), on="users.get")

    fed = refresh(index, maia, users=True)

    assert len(fed.failed) == 1
    assert fed.gone == ()
    assert NOBODY not in names(index)
    assert {BARBARA, JORDAN} < {*names(index)}


def test_refresh_gives_up_on_a_service_that_has_nothing_but_errors(index, maia, sandbox):
    for number in range(40):
        index.note({"id": f"g{number}", "displayName": f"G{number}"}, "group")
    sandbox.inject(Status(500), times=None)

    with pytest.raises(errors.ServerError):
        refresh(index, maia)

    assert len(sandbox.requests) < 30
    assert len([*index.groups()]) == 40


# -- Journals -----------------------------------------------------------------


@pytest.fixture
def journal(tmp_path, maia):
    """Of a run that changed Barbara, and left Jordan as he is."""
    people = tmp_path / "people.csv"
    people.write_text(f"id,userName,active\n{BARBARA},babs@example.com,true\n{JORDAN},jmensah,false\n", "utf-8")
    with apply.plan(maia, people) as plan:
        plan.apply()
    return people.with_name("people.csv.journal")


def test_journals_tell_what_users_were_called_and_when(index, maia, journal, sandbox):
    with apply.Journal(journal) as trail:
        [run] = trail.runs()
        entries = {entry.id: entry for entry in trail.entries(run.number)}
    before = len(sandbox.requests)
    told = []

    learned = learn(index, maia, [journal], on_progress=lambda *far: told.append(far))

    assert len(sandbox.requests) == before, "nothing is sent"
    assert (learned.runs, learned.others, learned.notes) == (1, 0, 3)
    assert told == [(1, 2), (2, 2)]
    found = index.find("babs@example.com")
    result = entries[BARBARA].result
    assert result is not None
    assert (found.id, found.seen) == (BARBARA, result.ended)
    assert index.find("bjensen@example.com").id == BARBARA, "an address that it kept"
    assert index.find("jmensah").seen == run.about.planned
    with pytest.raises(NameNotFound):
        index.find("bjensen")


def test_a_journal_about_groups_and_new_users_is_learned_from(index, maia, sandbox, tmp_path):
    (tmp_path / "new.csv").write_text("userName,title\nnewbie@x.example,Chief\n")
    with apply.plan(maia, tmp_path / "new.csv", create_missing=True) as plan:
        plan.apply()
        [created] = [entry.id for entry in plan.entries()]
    (tmp_path / "who.csv").write_text(f"group,member\n{ENGINEERS},{BARBARA}\n")
    for _ in range(2):  # once with changes, and once unchanged
        with apply.sync_groups(maia, tmp_path / "who.csv") as plan:
            plan.apply()

    learn(index, maia, [tmp_path / "new.csv.journal", tmp_path / "who.csv.journal"])

    assert names(index) == {created: "newbie@x.example"}
    assert [*index.groups()] == []


def test_what_is_known_from_later_than_a_journal_stays(index, maia, journal):
    maia.users.update(BARBARA, lambda user: setattr(user, "user_name", "later"))
    add_users(index, maia, [BARBARA, JORDAN])

    learn(index, maia, [journal])

    assert names(index) == {BARBARA: "later", JORDAN: "jmensah"}
    assert index.find("jmensah@example.com").id == JORDAN, "the row says less than an answer"


def test_a_journal_of_another_account_teaches_nothing(journal, sandbox, tmp_path):
    place = {**sandbox.connection, "auth": ClientCredentials(client_id="other", client_secret="x" * 8)}
    with MaiaScim(**place) as maia, Index.open(tmp_path / "other.sqlite", maia) as index:
        learned = learn(index, maia, [journal])
        assert (learned.runs, learned.others, learned.notes) == (0, 1, 0)
        assert names(index) == {}


def test_of_a_write_that_was_refused_only_what_was_before_is_learned(index, maia, tmp_path, sandbox):
    people = tmp_path / "people.csv"
    people.write_text(f"id,userName\n{BARBARA},never@example.com\n", "utf-8")
    sandbox.inject(Status(400), on="users.replace")
    with apply.plan(maia, people) as plan:
        plan.apply()

    learn(index, maia, [people.with_name("people.csv.journal")])

    assert names(index) == {BARBARA: "bjensen"}


def test_what_is_no_journal_is_told(index, maia, tmp_path):
    other = tmp_path / "other"
    other.write_text("x" * 1000)

    with pytest.raises(apply.JournalError):
        learn(index, maia, [other])


def test_what_came_of_reading_can_be_added_up(index, maia):
    fed = add_users(index, maia, [BARBARA, NOBODY])

    assert fed + replace(fed, users=4, groups=2) == replace(fed, users=5, groups=2, gone=fed.gone * 2)
