"""Who is in which group by an index, and who it forgets."""

from datetime import timedelta

import pytest

from maia_scim.index import NameNotFound, SeenGroup, SeenUser
from tests.index.people import AT, BABS, user


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
