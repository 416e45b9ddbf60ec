"""What an index finds, what it keeps of what it is shown, and whose it is."""

import os
import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from unicodedata import normalize

import pytest

from maia_scim import BearerToken, ClientCredentials, MaiaScim
from maia_scim.index import (
    Index,
    IndexFault,
    IndexRefused,
    NameAmbiguous,
    NameNotFound,
    SeenGroup,
    SeenUser,
)
from maia_scim.index.notes import is_still
from maia_scim.models import ScimUser
from tests.index.conftest import START
from tests.support.canary import CLIENT_SECRET, PASSWORD

AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
BABS = {
    "id": "u1",
    "userName": "Babs.Jensen@example.com",
    "emails": [{"value": "babs@example.com", "primary": True}, {"value": "b@jensen.example"}],
    "externalId": "701984",
    "displayName": "Barbara Jensen",
    "active": True,
}


def client(base_url="http://127.0.0.1:9/dpc", account="3f2a"):
    return MaiaScim(base_url=base_url, auth=ClientCredentials(client_id=account, client_secret=CLIENT_SECRET))


def user(id, name, **more):
    return {"id": id, "userName": name, **more}


# -- Finding ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "by"),
    [
        ("u1", "id"),
        ("Babs.Jensen@example.com", "userName"),
        ("BABS.jensen@EXAMPLE.com", "userName"),
        ("babs@example.com", "emails"),
        ("b@jensen.example", "emails"),
        ("701984", "externalId"),
        ("barbara jensen", "displayName"),
    ],
)
def test_a_user_is_found_by_each_of_its_names(index, who, by):
    index.note(BABS, "user", AT)

    found = index.find(who)

    assert (found.id, found.kind, found.name) == ("u1", "user", "Babs.Jensen@example.com")
    assert (found.said, found.by, found.seen, found.form_differs) == (who, by, AT, False)


def test_an_id_that_is_known_wins_over_a_name(index):
    index.note(user("u1", "u2"), "user")
    index.note(user("u2", "u1"), "user")

    assert index.find("u2").id == "u2"
    assert index.find("u2").by == "id"
    assert index.find("U2").id == "u2", "as the service compares ids"


def test_ids_that_differ_in_case_alone_are_two(index):
    index.note(user("aB", "one"), "user")
    index.note(user("Ab", "two"), "user")

    assert index.find("aB").name == "one"
    assert index.find("Ab").name == "two"
    with pytest.raises(NameAmbiguous):
        index.find("AB")


def test_the_first_attribute_that_somebody_has_decides(index):
    index.note(user("u1", "info@example.com"), "user")
    index.note(user("u2", "second", emails=[{"value": "info@example.com"}]), "user")
    index.note(user("u3", "third", externalId="shared"), "user")
    index.note(user("u4", "fourth", displayName="shared"), "user")

    assert index.find("info@example.com").id == "u1"
    assert index.find("shared").id == "u3"


def test_two_of_a_name_are_both_told_and_none_is_taken(index):
    index.note(user("u1", "first", emails=[{"value": "team@example.com"}]), "user")
    index.note(user("u2", "second", emails=[{"value": "TEAM@example.com"}]), "user")

    with pytest.raises(NameAmbiguous) as caught:
        index.find("team@example.com")

    assert [each.id for each in caught.value.found] == ["u1", "u2"]
    assert "first (u1), second (u2)" in str(caught.value)
    assert caught.value.outcome == "not_sent"


def test_two_addresses_of_one_user_that_fold_to_the_same_are_no_second_user(index):
    index.note(user("u1", "x", emails=[{"value": "A@example.com"}, {"value": "a@example.com"}]), "user")

    assert index.find("a@example.com").id == "u1"


def test_nobody_of_a_name_does_not_say_that_there_is_nobody(index):
    with pytest.raises(NameNotFound) as caught:
        index.find("nobody@example.com")

    told = str(caught.value)
    assert "no list of the directory" in told
    assert "it knows who was seen" in told
    assert "maia-scim index add ID" in told
    assert "maia-scim index learn" in told
    assert isinstance(caught.value, IndexFault)
    with pytest.raises(NameNotFound, match="index add --group ID"):
        index.find("Nobodies", "group")


@pytest.mark.parametrize(("held", "asked"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_another_unicode_form_is_found_and_told(index, held, asked):
    name = normalize(held, "zoë.núñez@example.com")
    index.note(user("u1", name), "user")

    found = index.find(normalize(asked, "ZOË.núñez@example.com"))

    assert (found.id, found.form_differs) == ("u1", True)
    assert found.name == name, "as the directory spells it"
    assert not index.find(normalize(held, "Zoë.NÚÑEZ@example.com")).form_differs, "that is case alone"


def test_case_is_that_of_unicode(index):
    index.note(user("u1", "GROSSMANN"), "user")
    index.note(user("u2", "ΟΔΥΣΣΕΥΣ"), "user")

    assert index.find("großmann").id == "u1"
    assert index.find("οδυσσευς").id == "u2"


def test_what_looks_alike_is_not_the_same(index):
    index.note(user("u1", "bjensen"), "user")

    for other in ("bjensen ", "ｂjensen", "bjensеn", "bjense", "%", "bj%", "bjense_"):  # noqa: RUF001 - on purpose
        with pytest.raises(NameNotFound):
            index.find(other)


@pytest.mark.parametrize(
    ("who", "change", "still"),
    [
        ("u1", {"userName": "other", "emails": []}, True),
        ("BABS.jensen@example.com", {"emails": []}, True),
        ("Babs.Jensen@example.com", {"userName": "other", "emails": [{"value": "Babs.Jensen@example.com"}]}, False),
        ("babs@example.com", {"emails": [{"value": "x@example.com"}, {"value": "Babs@Example.com"}]}, True),
        ("babs@example.com", {"emails": [], "userName": "babs@example.com"}, False),
        ("701984", {"externalId": None}, False),
        ("Barbara Jensen", {"displayName": "barbara JENSEN"}, True),
        ("Barbara Jensen", {"displayName": "Babs"}, False),
        ("701984", {"id": None}, False),
    ],
)
def test_whether_somebody_still_has_the_name_that_was_found(index, who, change, still):
    index.note(BABS, "user")

    assert is_still(index.find(who), {**BABS, **change}) is still


def test_whether_a_group_still_has_its_name(index):
    index.note({"id": "g1", "displayName": "Engineers"}, "group")
    found = index.find("engineers", "group")

    assert is_still(found, {"id": "g1", "displayName": "ENGINEERS"})
    assert not is_still(found, {"id": "g1", "displayName": "Engineering"})


def test_groups_and_users_are_apart(index):
    index.note(user("u1", "engineers"), "user")
    index.note({"id": "g1", "displayName": "Engineers", "externalId": "grp-1"}, "group", AT)

    assert index.find("engineers").id == "u1"
    found = index.find("engineers", "group")
    assert (found.id, found.kind, found.name, found.by) == ("g1", "group", "Engineers", "displayName")
    assert index.find("grp-1", "group").by == "externalId"
    for name, kind in (("u1", "group"), ("g1", "user"), ("grp-1", "user")):
        with pytest.raises(NameNotFound):
            index.find(name, kind)


def test_is_name(index):
    index.note(BABS, "user")
    index.note({"id": "g1", "displayName": "Engineers"}, "group")
    index.note(user("u2", "u1", externalId="g1"), "user")

    assert index.is_name("nobody@example.com"), "no id has that sign"
    assert index.is_name("701984")
    assert index.is_name("ENGINEERS")
    assert not index.is_name("u1")
    assert not index.is_name("U1")
    assert not index.is_name("g1")
    assert not index.is_name("2819c223-7f76-453a-919d-413861904646"), "unknown, so an id"


# -- Noting -------------------------------------------------------------------


def test_a_note_replaces_what_was_known(index):
    index.note(BABS, "user", AT)
    index.note(user("u1", "bjensen2", emails=[{"value": "b@jensen.example"}]), "user", AT + timedelta(days=1))

    for gone in ("babs@example.com", "Babs.Jensen@example.com", "701984", "Barbara Jensen"):
        with pytest.raises(NameNotFound):
            index.find(gone)
    assert index.find("b@jensen.example").name == "bjensen2"
    [seen] = index.users()
    assert seen == SeenUser("u1", "bjensen2", ("b@jensen.example",), None, None, None, AT + timedelta(days=1))


def test_what_is_older_replaces_nothing(index):
    index.note(user("u1", "new"), "user", AT)
    index.note(user("u1", "old"), "user", AT - timedelta(seconds=1))
    index.note({"id": "g1", "members": [{"value": "u1"}]}, "group", AT)
    index.note({"id": "g1", "members": [{"value": "u2"}]}, "group", AT - timedelta(seconds=1))

    assert index.find("new").seen == AT
    with pytest.raises(NameNotFound):
        index.find("old")
    assert index.members_of("g1") == ("u1",)


def test_times_of_other_zones_are_compared_as_times(index):
    from datetime import timezone

    tokyo = timezone(timedelta(hours=9))
    index.note(user("u1", "new"), "user", datetime(2026, 3, 1, 12, tzinfo=UTC))
    index.note(user("u1", "old"), "user", datetime(2026, 3, 1, 20, tzinfo=tokyo))  # an hour before

    assert index.find("u1").name == "new"


def test_a_note_without_a_time_is_of_now(index, passes):
    passes(3)
    index.note(BABS, "user")

    assert index.find("u1").seen == START + timedelta(days=3)


def test_what_servers_send_is_survived(index):
    odd = {
        "ID": "u1",
        "username": "odd",
        "emails": ["a@example.com", {"value": None}, {"type": "work"}, {"value": ""}, {"value": 7}],
        "externalId": 42,
        "displayName": ["no"],
        "active": "False",
        "groups": None,
        "meta": "?",
    }
    index.note(odd, "user")
    index.note({"userName": "no id"}, "user")
    index.note({"id": "", "userName": "empty"}, "user")
    index.note({"id": "u2", "userName": "half \ud800", "emails": {"value": "single@example.com"}}, "user")
    index.note({"id": "u\ud8003", "userName": "never"}, "user")
    index.note({"id": "g1", "displayName": "g", "members": {}}, "group")
    index.flush()

    assert [each.id for each in index.users()] == ["u1", "u2"]
    first = next(index.users())
    assert first.emails == ("a@example.com", "7")
    assert (first.name, first.external_id, first.active) == ("odd", "42", False)
    assert index.find("single@example.com").name == "u2", "nothing that has half characters is a name"


def test_models_are_taken_as_they_are_when_they_are_shown(index):
    shown = ScimUser.from_dict(BABS)
    index.note(shown, "user")
    shown.user_name = "changed later"

    assert index.find("u1").name == "Babs.Jensen@example.com"


def test_no_password_gets_in(index, file):
    index.note({**BABS, "password": PASSWORD, "urn:x": {"password": PASSWORD}}, "user")
    index.close()

    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in file.parent.iterdir())


# -- Groups and members -------------------------------------------------------


def test_members_become_known_by_their_ids(index):
    index.note(BABS, "user", AT)
    group = {
        "id": "g1",
        "displayName": "Engineers",
        "role": "VIEWER",
        "members": [
            {"value": "u1", "display": "Somebody else", "type": "USER"},
            {"value": "u2", "display": "Zoë", "type": "User"},
            {"value": "g2", "display": "Interns", "type": "GROUP"},
            {"value": "g3", "$ref": "https://maia.example/v2/Groups/g3"},
            {"display": "without an id"},
        ],
    }
    index.note(group, "group", AT + timedelta(days=1))

    assert index.members_of("g1") == ("g2", "g3", "u1", "u2")
    assert index.groups_of("u2") == ("g1",)
    assert index.find("u1").name == "Babs.Jensen@example.com", "an answer about somebody says more than a mention"
    assert index.find("u1").seen == AT
    assert [*index.users()][1] == SeenUser("u2", None, (), None, "Zoë", None, AT + timedelta(days=1))
    assert index.find("zoë").name == "Zoë"
    assert index.find("Interns", "group").id == "g2"
    assert [*index.groups()] == [
        SeenGroup("g1", "Engineers", AT + timedelta(days=1), True, "VIEWER"),
        SeenGroup("g2", "Interns", AT + timedelta(days=1), False),
        SeenGroup("g3", None, AT + timedelta(days=1), False),
    ]
    assert index.memberships("g1")[0] == ("g2", "group")


def test_an_older_answer_about_a_member_says_more_than_a_newer_mention(index):
    index.note({"id": "g1", "members": [{"value": "u1", "display": "B"}]}, "group", AT)
    index.note(BABS, "user", AT - timedelta(days=9))

    assert index.find("babs@example.com").seen == AT - timedelta(days=9)
    with pytest.raises(NameNotFound):
        index.find("B")


@pytest.mark.parametrize("without", [{}, {"members": None}], ids=["absent", "null"])
def test_a_group_without_members_says_nothing_of_them_and_with_none_all(index, without):
    index.note({"id": "g1", "members": [{"value": "u1"}]}, "group")
    index.note({"id": "g1", "displayName": "Renamed", **without}, "group")
    assert index.members_of("g1") == ("u1",)
    assert next(index.groups()).members_known

    index.note({"id": "g2", **without}, "group")
    assert [each.members_known for each in index.groups()] == [True, False]

    index.note({"id": "g1", "Members": []}, "group")
    assert index.members_of("g1") == ()
    assert index.groups_of("u1") == ()
    assert next(index.groups()).members_known


def test_groups_of_a_user_add_memberships(index):
    index.note({"id": "g1", "members": [{"value": "u9"}]}, "group")
    groups = [{"value": "g1", "display": "One"}, {"value": "g2", "display": "Two", "type": "INDIRECT"}]
    index.note({**BABS, "groups": groups}, "user")

    assert index.groups_of("u1") == ("g1", "g2")
    assert index.members_of("g1") == ("u1", "u9")
    assert index.members_of("g2") == (), "by another group, and not by itself"
    assert [(each.id, each.members_known) for each in index.groups()] == [("g1", True), ("g2", False)]
    assert index.find("Two", "group").id == "g2"

    index.note({**BABS, "groups": [{"value": "g2"}]}, "user")
    assert index.groups_of("u1") == ("g2",), "the user said so, and says so no more"
    index.note(BABS, "user")
    assert index.groups_of("u1") == ("g2",), "nothing is said of groups"
    index.note({**BABS, "groups": []}, "user")
    assert index.groups_of("u1") == ()


def test_what_a_group_says_of_its_members_is_taken_back_by_it_alone(index):
    index.note({"id": "g1", "members": [{"value": "u1"}]}, "group")
    index.note({**BABS, "groups": [{"value": "g2", "type": "INDIRECT"}]}, "user")
    assert index.groups_of("u1") == ("g1", "g2")

    index.note({"id": "g1", "members": [{"value": "u9"}]}, "group")
    index.note({"id": "g2", "members": [{"value": "g1", "type": "Group"}]}, "group")
    index.note({"id": "u8", "groups": [{"value": "g1"}]}, "user")
    index.note({"id": "g1", "members": [{"value": "u9"}]}, "group")
    assert index.groups_of("u8") == (), "the group knows best who is in it by themselves"
    assert index.groups_of("u1") == ("g2",), "whom a group within it brings is not among its members"


def test_who_is_gone_is_forgotten_with_all_memberships(index):
    index.note({"id": "g1", "displayName": "G", "members": [{"value": "u1"}, {"value": "u2"}]}, "group")
    index.note(BABS, "user")
    index.forget("user", "u1")

    with pytest.raises(NameNotFound):
        index.find("babs@example.com")
    assert index.members_of("g1") == ("u2",)
    index.forget("group", "g1")
    assert index.groups_of("u2") == ()
    assert [*index.groups()] == []
    index.forget("group", "never there")
    index.flush()


def test_who_was_forgotten_may_come_again_in_the_same_breath(index):
    group = {"id": "g1", "members": [{"value": "u1", "display": "Babs"}]}
    index.note(group, "group")
    index.forget("user", "u1")
    index.note(group, "group")

    assert index.find("Babs").id == "u1"


def test_all_not_seen_for_long_may_be_forgotten(index):
    index.note(user("u1", "old"), "user", AT - timedelta(days=30))
    index.note(user("u2", "new"), "user", AT)

    assert index.forget_before(AT) == 1
    assert [each.id for each in index.users()] == ["u2"]


def test_who_was_forgotten_is_not_in_the_file(index, file):
    for number in range(300):
        index.note(user(f"u{number}", f"private-{number:04}"), "user", AT)
    index.forget_before(AT + timedelta(days=1))
    index.shrink()

    assert index.counts().users == 0
    held = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert b"private-0" not in held


def test_who_is_gone_is_not_in_the_file(index, file):
    for number in range(9):
        index.note(user(f"u{number}", f"private-{number}"), "user")
    index.flush()
    index.forget("user", "u5")
    index.close()

    held = file.read_bytes()
    assert b"private-5" not in held
    assert b"private-4" in held


def test_counts(index):
    assert index.counts().oldest is None
    index.note(user("u1", "old"), "user", AT)
    index.note({"id": "g1", "members": [{"value": "u1"}, {"value": "u2"}]}, "group", AT + timedelta(days=2))

    counts = index.counts()

    assert (counts.users, counts.named, counts.groups, counts.memberships) == (2, 1, 1, 2)
    assert (counts.oldest, counts.newest) == (AT, AT + timedelta(days=2))


def test_reading_goes_on_while_it_is_fed(index):
    for number in range(1200):
        index.note(user(f"u{number:04}", f"n{number}"), "user")
    seen = []
    for each in index.users():
        seen.append(each.id)
        index.note(user(each.id, f"again {each.id}"), "user")

    assert seen == [f"u{number:04}" for number in range(1200)]


# -- The file -----------------------------------------------------------------


def test_it_is_there_the_next_time_and_private(file):
    with client() as maia:
        with Index.open(file, maia) as index:
            index.note(BABS, "user", AT)
        with Index.open(file, maia, create=False) as index:
            assert index.find("babs@example.com").seen == AT
            files = [*file.parent.iterdir()]
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}, "the log beside it, too"
    assert [*file.parent.iterdir()] == [file], "what is closed leaves nothing beside it"


def test_there_is_none_to_open(file, tmp_path):
    with client() as maia:
        with pytest.raises(IndexRefused, match="no such index"):
            Index.open(file, maia, create=False)
        assert not file.exists()
        with pytest.raises(IndexRefused, match="No such file"):
            Index.open(tmp_path / "no" / "folder.sqlite", maia)
        with pytest.raises(IndexRefused):
            Index.open(tmp_path, maia)


@pytest.mark.parametrize("content", [b"id,userName\n1,babs\n" * 50, b"SQLite format 3\x00" + bytes(200), b"x"])
def test_another_file_is_refused_and_left_as_it_is(file, content):
    file.write_bytes(content)

    with client() as maia, pytest.raises(IndexRefused):
        Index.open(file, maia)

    assert file.read_bytes() == content


def test_another_database_is_refused_and_left_as_it_is(file, tmp_path):
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    before = file.read_bytes()
    with client() as maia, pytest.raises(IndexRefused, match="no index of maia-scim"):
        Index.open(file, maia)
    assert file.read_bytes() == before

    from maia_scim.apply.store import Store

    journal = tmp_path / "people.csv.journal"
    Store.open(journal, "create").close()
    with client() as maia, pytest.raises(IndexRefused, match="no index of maia-scim"):
        Index.open(journal, maia)


def test_one_of_another_version_is_refused(file):
    with client() as maia:
        Index.open(file, maia).close()
        with sqlite3.connect(file) as other:
            other.execute("PRAGMA user_version = 2")
        other.close()
        with pytest.raises(IndexRefused, match="another version"):
            Index.open(file, maia)


def test_one_of_another_account_or_region_is_refused(file):
    with client() as maia:
        Index.open(file, maia).close()
    for other in (client(account="other"), client(base_url="http://127.0.0.1:8/dpc")):
        with other, pytest.raises(IndexRefused) as caught:
            Index.open(file, other)
        assert "http://127.0.0.1:9/dpc, account 3f2a" in str(caught.value)


def test_of_a_token_it_is_not_known_whose_it_is(file):
    with client() as maia:
        Index.open(file, maia).close()
    with MaiaScim(base_url="http://127.0.0.1:9/dpc", auth=BearerToken("abc")) as maia:
        Index.open(file, maia).close()
    with (
        MaiaScim(base_url="http://127.0.0.1:9/dpc", auth=BearerToken("abc", account="other")) as maia,
        pytest.raises(IndexRefused),
    ):
        Index.open(file, maia)


def test_a_file_that_breaks_is_told_as_ours(file):
    with client() as maia:
        with Index.open(file, maia) as index:
            for number in range(500):
                index.note(user(f"u{number}", f"n{number}"), "user")
        with file.open("r+b") as stream:
            stream.seek(4096)
            stream.write(b"\xff" * (file.stat().st_size - 4096))
        with pytest.raises(IndexRefused), Index.open(file, maia) as index:
            index.find("n1")


def test_it_can_be_removed(index, file):
    index.note(BABS, "user")
    index.remove()

    assert [*file.parent.iterdir()] == []


# -- Threads and processes ----------------------------------------------------


def test_many_threads_feed_and_ask(index):
    def feed(thread):
        for number in range(300):
            index.note(user(f"{thread}-{number}", f"n{thread}-{number}"), "user")
            if number % 50 == 0:
                assert index.find(f"n{thread}-{number}").id == f"{thread}-{number}"

    threads = [Thread(target=feed, args=(thread,)) for thread in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert index.counts().users == 1800


def _feed(file: Path, process: int) -> None:
    with client() as maia, Index.open(file, maia) as index:
        for number in range(400):
            index.note(user(f"{process}-{number}", f"n{process}-{number}"), "user")
        index.find(f"n{process}-399")


def test_several_processes_make_and_feed_one(file):
    spawn = get_context("spawn")
    processes = [spawn.Process(target=_feed, args=(file, number)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)

    assert [process.exitcode for process in processes] == [0, 0]
    with client() as maia, Index.open(file, maia) as index:
        assert index.counts().users == 800


def test_a_child_of_a_fork_does_not_write(index, file, caplog):
    index.note(BABS, "user")
    index._process = os.getpid() + 1  # as the child sees it
    with pytest.raises(IndexRefused, match="before a fork"):
        index.flush()


def test_what_waits_is_written_some_at_a_time(index, file, maia):
    with Index.open(file, maia) as other:
        for number in range(199):
            index.note(user(f"u{number}", f"n{number}"), "user")
        assert other.counts().users == 0
        index.note(user("u199", "n199"), "user")
        assert other.counts().users == 200
        index.note(user("u200", "n200"), "user")
        index.flush()
        assert other.find("n200").id == "u200"


def test_ten_thousand_notes_take_about_a_second(index):
    from time import process_time

    begun = process_time()
    for number in range(3_000):
        index.note({**BABS, "id": f"u{number}", "userName": f"user{number}@example.com"}, "user")
    index.flush()

    assert process_time() - begun < 1.5, "0.3, with room for a busy machine"
    plan = index.sql.execute("EXPLAIN QUERY PLAN SELECT * FROM name WHERE folded = 'x' AND attribute BETWEEN 0 AND 3")
    assert "SEARCH name USING PRIMARY KEY" in plan.fetchone()["detail"]
