"""A client that feeds an index: what is noted of calls, and that no call depends on it."""

import logging
import sqlite3

import pytest

from maia_scim import AsyncMaiaScim, MaiaScim, errors, patch
from maia_scim.index import Index, NameNotFound
from maia_scim.models import ScimUser
from maia_scim.sandbox.faults import Body, Status
from tests.cli.command import BARBARA, ENGINEERS, JORDAN, NOBODY

YASMIN = "9067729b-6a2c-4b3d-8a1e-5f0c2d7e4b11"


def known(index):
    return {each.id for each in index.users() if each.name}


def test_whoever_is_read_or_written_is_noted(index, maia):
    fed = index.fed_by(maia)

    fed.users.get(BARBARA)
    assert index.find("bjensen@example.com").id == BARBARA
    made = fed.users.create(ScimUser(user_name="nlang", active=True))
    assert index.find("NLANG").id == made.id
    made.user_name = "nlang2"
    fed.users.replace(made)
    assert index.find("nlang2").id == made.id
    with pytest.raises(NameNotFound):
        index.find("nlang")
    fed.users.patch(made.id, patch.replace("userName", "nlang3"))
    assert index.find("nlang3").id == made.id
    with fed.users.edit(JORDAN) as jordan:
        jordan.user_name = "jordan2"
    assert index.find("jordan2").id == JORDAN
    fed.users.activate(JORDAN)
    assert [each.active for each in index.users() if each.id == JORDAN] == [True]
    fed.groups.get(ENGINEERS)
    assert index.find("data engineering", "group").id == ENGINEERS
    fed.groups.add_members(ENGINEERS, YASMIN)
    assert YASMIN in index.members_of(ENGINEERS)
    fed.groups.remove_members(ENGINEERS, YASMIN)
    assert YASMIN not in index.members_of(ENGINEERS)
    assert ENGINEERS in index.groups_of(BARBARA)


def test_replace_many_and_copies_feed_it_too(index, maia):
    fed = index.fed_by(maia).with_options(timeout=5)
    users = [maia.users.get(id) for id in (BARBARA, JORDAN)]
    assert known(index) == set(), "the client itself feeds nothing"

    assert all(outcome.user for outcome in fed.users.replace_many(users))
    assert known(index) == {BARBARA, JORDAN}


async def test_an_async_client_feeds_it_too(index, sandbox):
    async with AsyncMaiaScim(**sandbox.connection) as maia:
        fed = index.fed_by(maia)
        await fed.users.get(BARBARA)
        with pytest.raises(errors.NotFound):
            await fed.users.get(NOBODY)

    assert known(index) == {BARBARA}


def test_the_copy_closes_nothing(index, maia):
    with index.fed_by(maia) as fed:
        fed.users.get(BARBARA)

    assert maia.users.get(BARBARA)


def test_who_is_gone_is_forgotten(index, maia, sandbox):
    fed = index.fed_by(maia)
    index.note({"id": NOBODY, "userName": "gone"}, "user")
    index.note({"id": NOBODY, "displayName": "Gone"}, "group")

    for read in (fed.users.get, fed.users.activate, fed.groups.get):
        with pytest.raises(errors.NotFound):
            read(NOBODY)

    assert known(index) == set()
    assert [*index.groups()] == []


def test_a_404_of_a_gateway_forgets_nobody(index, maia, sandbox):
    fed = index.fed_by(maia)
    fed.users.get(BARBARA)
    sandbox.inject(Status(404, body="none"), on="users.get")

    with pytest.raises(errors.NotFound):
        fed.users.get(BARBARA)

    assert known(index) == {BARBARA}
    index.note({"id": NOBODY, "userName": "not here"}, "user")
    sandbox.inject(Body.json({"message": "no Route matched with those values"}), on="users.get")

    with pytest.raises(errors.NotFound):
        fed.users.get(NOBODY)

    assert known(index) == {BARBARA, NOBODY}


def test_a_404_of_a_write_forgets_nobody(index, maia, sandbox):
    fed = index.fed_by(maia)
    user = fed.users.get(BARBARA)
    sandbox.inject(Status(404), on="users.replace")

    with pytest.raises(errors.NotFound):
        fed.users.replace(user)

    assert known(index) == {BARBARA}


def test_an_answer_that_is_about_another_is_not_noted(index, maia, sandbox):
    sandbox.inject(Body.json(sandbox.users[JORDAN]), on="users.get")

    with pytest.raises(errors.UnexpectedResponse):
        index.fed_by(maia).users.get(BARBARA)

    assert known(index) == set()


def test_a_failure_to_note_breaks_no_call_and_is_told_once(index, maia, caplog):
    fed = index.fed_by(maia)
    index.sql.execute("DROP TABLE name")

    with caplog.at_level(logging.WARNING, "maia_scim"):
        for _ in range(450):
            index.saw(fed.users.get(BARBARA))
            if len(caplog.records):
                break
        fed.users.get(JORDAN)
        index.close()
        fed.users.get(JORDAN)

    assert [record.getMessage() for record in caplog.records] == [
        f"the index is not fed: {index.name}: no such table: name"
    ]


def test_a_full_disk_breaks_no_call(index, maia, caplog):
    fed = index.fed_by(maia)
    index.sql.execute(f"PRAGMA max_page_count = {index.pragma('page_count')}")
    for number in range(2000):
        index.saw(ScimUser.from_dict({"id": f"u{number}", "userName": "x" * 1000}))

    fed.users.get(BARBARA)
    assert "full" in caplog.text
    assert len(caplog.records) == 1


def test_another_process_that_writes_for_long_breaks_no_call(index, maia, file, caplog):
    index.sql.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    fed = index.fed_by(maia)
    try:
        fed.users.get(BARBARA)
        with pytest.raises(NameNotFound):
            index.find("bjensen")
    finally:
        other.close()
    assert "another process is using it" in caplog.text


def test_a_client_that_feeds_nothing_holds_nothing(maia):
    assert maia._core.witness is None


def test_one_index_for_two_clients(sandbox, file):
    with (
        MaiaScim(**sandbox.connection) as one,
        MaiaScim(**sandbox.connection) as two,
        Index.open(file, one) as index,
    ):
        index.fed_by(one).users.get(BARBARA)
        index.fed_by(two).users.get(JORDAN)
        assert known(index) == {BARBARA, JORDAN}
