"""What an index finds, and what it keeps of what it is shown."""

from datetime import UTC, datetime, timedelta
from unicodedata import normalize

import pytest

from maia_scim.index import IndexFault, NameAmbiguous, NameNotFound, SeenUser
from maia_scim.index.notes import is_still
from maia_scim.models import ScimUser
from tests.index.conftest import START
from tests.index.people import AT, BABS, user
from tests.support.canary import PASSWORD

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
