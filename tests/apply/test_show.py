"""Values as people read them: nothing hidden, no password shown."""

import json

import pytest

from maia_scim.apply import show
from maia_scim.apply.model import Entry
from maia_scim.cli.output import difference_lines
from maia_scim.cli.plain import plain
from maia_scim.diff import Change

URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def entry(*changes: Change) -> Entry:
    return Entry(1, 2, "id", "anna", "change", changes=changes)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "—"),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (1.5, "1.5"),
        (float("nan"), "nan"),
        ("Anna", "Anna"),
        ("", '""'),
        (" Anna", '" Anna"'),
        ("Anna ", '"Anna "'),
        ("—", '"—"'),
        ("TRUE", '"TRUE"'),
        ("***", '"***"'),
        ("701984", "701984"),
        ([], "(empty)"),
        ({}, "(empty)"),
        (["a", 1, None], "a, 1, —"),
        ([{"value": "a@x", "type": "work"}, {"value": "b@x"}], "a@x (work), b@x"),
        (
            [{"value": "a", "type": "work", "primary": True, "display": "A", "$ref": "u"}],
            "a (work, primary, display: A)",
        ),
        ([{"value": "a", "primary": False}], "a"),
        ([{"VALUE": "a", "Type": "work"}], "a (work)"),
        ([{"locality": "Bern", "type": "home", "region": None}], "locality: Bern (home)"),
        ([{"type": "home"}], "— (home)"),
        ({"givenName": "Anna", "familyName": None, "x": {"y": [1, 2]}}, "givenName: Anna, x: (y: (1, 2))"),
    ],
)
def test_text(value, told):
    assert show.text(value) == told


@pytest.mark.parametrize(
    ("sign", "escape"),
    [
        ("\x1b", "\\x1b"),
        ("\n", "\\n"),
        ("\x00", "\\x00"),
        ("\x9b", "\\x9b"),
        ("\u202e", "\\u202e"),
        ("\u2066", "\\u2066"),
        ("\u200b", "\\u200b"),
        ("\u00a0", "\\xa0"),
        ("\u3164", "\\u3164"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_made_visible_wherever_it_stands(sign, escape):
    assert show.visible(f"a{sign}b") == f"a{escape}b"
    assert show.text(f"a{sign}b") == f"a{escape}b"
    assert show.text([{"value": f"a{sign}b", "type": f"c{sign}d"}]) == f"a{escape}b (c{escape}d)"
    assert show.text({f"a{sign}b": 1}) == f"a{escape}b: 1"


def test_names_of_other_scripts_are_left_as_they_are():
    for name in ("Sørensen", "שלום", "田中", "Łukasz", "👩"):
        assert show.text(name) == name


@pytest.mark.parametrize("path", ["password", "Password", f"{URN}:password", "x.password", 'x[type eq "a"].password'])
def test_a_password_is_not_told(path):
    assert show.text("s3cret", path) == "***"
    assert show.text(None, path) == "—"
    assert show.pair(None, "s3cret", path) == ("—", "***")
    assert show.pair("old", "s3cret", path) == ("***", "***")
    assert show.items(None, ["s3cret"], path) == ((), ("***",), ())
    assert show.safe({"a": "s3cret"}, path) == "***"


def test_a_password_within_a_value_is_not_told():
    value = {"a": [{"value": 1, "passWord": "s3cret"}], "password": {"x": "s3cret"}}
    other = {"a": [{"value": 2, "passWord": "s3cret2"}], "password": None}
    for told in (show.text(value), *show.pair(value, other), str(show.items([value], [other])), str(show.safe(value))):
        assert "s3cret" not in told
    assert show.safe(other) == {"a": [{"value": 2, "passWord": "***"}], "password": None}
    assert "***" in show.text(value)
    # Also where only the password differs, so that the values are told exactly.
    assert "s3cret" not in str(show.pair({"password": "s3cret"}, {"password": "s3cret2"}))
    assert "s3cret" not in str(show.items([{"password": "s3cret"}], [{"password": "s3cret2"}]))


def test_passwords_are_told_by_name_and_not_by_part_of_it():
    assert show.text("never", "passwordPolicy") == "never"


def test_two_values_never_look_the_same():
    assert show.pair("a", "b") == ("a", "b")
    assert show.pair(12, "12") == ("12", '"12"')
    assert show.pair("\u00e9", "e\u0301") == ('"\\u00e9"', '"e\\u0301"')
    assert show.pair(None, "—") == ("—", '"—"')
    assert show.pair({"$ref": 1}, {"$ref": "1"}) == ('{"$ref": 1}', '{"$ref": "1"}')


def test_of_an_array_only_what_changes_is_told():
    five = [{"value": f"{name}@x", "type": "work"} for name in "abcde"]
    other = [*reversed(five[1:]), {"value": "new@x", "type": "work"}]
    assert show.items(five, other) == (
        ("a@x (work)",),
        ("new@x (work)",),
        ("b@x (work)", "c@x (work)", "d@x (work)", "e@x (work)"),
    )


def test_items_are_equal_as_scim_has_it_and_counted():
    one = [{"value": "a", "type": "w", "x": None}, {"value": "b"}, {"value": "b"}]
    assert show.items(one, [{"VALUE": "a", "Type": "w"}, {"value": "b"}]) == (("b",), (), ("a (w)", "b"))
    assert show.items([1, "1", True], [1.0, True]) == (("1", "1"), ("1.0",), ("true",))
    assert show.items(None, ["a"]) == ((), ("a",), ())
    assert show.items(["a"], None) == (("a",), (), ())
    assert show.items("a", ["a", "b"]) == ((), ("b",), ("a",))


def test_items_that_read_alike_are_told_exactly():
    told = show.items([{"value": "a", "$ref": "1"}, "b"], [{"value": "a", "$ref": "2"}, "c"])
    assert told.removed == ('{"value": "a", "$ref": "1"}', "b")
    assert told.added == ('{"value": "a", "$ref": "2"}', "c")


def test_values_may_nest_deeper_than_calls():
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert "too deeply" in show.text(deep)
    assert "too deeply" in str(show.safe(deep))
    assert len(show.items([deep], [[deep]]).removed) == 1
    assert len(show.pair(deep, [deep])) == 2


def test_what_json_cannot_say_is_text():
    assert show.safe([float("nan"), float("-inf"), 1.5, True, None]) == ["nan", "-inf", 1.5, True, None]


def test_what_a_change_does():
    off, on = Change("Active", True, False), Change("active", False, True)
    rename, case = Change("userName", "a", "b"), Change("name.familyName", "BELL", "Bell")
    assert show.deactivates(entry(rename, off))
    assert not show.deactivates(entry(on))
    assert not show.deactivates(entry(Change("active", True, None)))
    assert not show.deactivates(entry(Change(f"{URN}:active", True, False)))
    assert show.activates(entry(on))
    assert not show.activates(entry(off))
    assert show.renames(entry(Change("username", "a", "b")))
    assert not show.renames(entry(off))
    assert show.is_case_only(entry(case))
    assert not show.is_case_only(entry(case, off))
    assert not show.is_case_only(entry())


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),  # a family is one sign
        ("नी\u200cक", "नी\u200cक"),
        ("\u200dab", "\\u200dab"),
        ("é\u200d", "é\\u200d"),
        ("é\u200d é", "é\\u200d é"),
        ("ad\u200cmin", "ad\\u200cmin"),
        ("é\u200d\u200dé", "é\\u200d\\u200dé"),
        ("é\u200bé", "é\\u200bé"),
    ],
)
def test_joiners_are_spelt_out_only_where_they_join_nothing(text, seen):
    assert show.visible(text) == seen
    assert plain(text) == seen


def test_texts_that_differ_in_joiners_alone_can_be_told_apart():
    one, other = "नी\u200cक", "नीक"
    assert show.pair(one, other) == (json.dumps(one), json.dumps(other))
    told = show.items([one], [other])
    assert (told.removed, told.added) == ((json.dumps(one),), (json.dumps(other),))
    (line,) = difference_lines([Change("nickName", one, other)])
    assert "\\u200c" in line


def test_members_of_a_group_are_told_by_name():
    told = show.items([{"value": "1", "display": "Zoë"}, {"value": "2"}], [{"value": "3", "display": ""}], "members")
    assert told == (("Zoë (1)", "2"), ("3",), ())
