"""Headers and cells: which attribute, and which value."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maia_scim.apply import columns
from maia_scim.apply.columns import Target, coerce, target

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.mark.parametrize(
    ("header", "path", "kind"),
    [
        ("id", "id", str),
        ("USERNAME", "userName", str),
        (" \tuserName\u00a0", "userName", str),
        ("active", "active", bool),
        ("NAME.givenname", "name.givenName", str),
        ("emails[work]", 'emails[type eq "work"].value', str),
        ("Emails[ work ].DISPLAY", 'emails[type eq "work"].display', str),
        ("emails[work].primary", 'emails[type eq "work"].primary', bool),
        ('emails[type eq "work"].value', 'emails[type eq "work"].value', str),
        ('emails[TYPE  EQ "wo\\"rk"]', 'emails[type eq "wo\\"rk"].value', str),
        ("emails[κτήμα].value", 'emails[type eq "κτήμα"].value', str),
        ("addresses[home].locality", 'addresses[type eq "home"].locality', str),
        ("x509certificates[work]", 'x509Certificates[type eq "work"].value', str),
        (f"{CORE.upper()}:username", "userName", str),
        (f"{CORE}:name.familyName", "name.familyName", str),
        (f"{CORE}:emails[work]", 'emails[type eq "work"].value', str),
        (f"{ENTERPRISE}:department", f"{ENTERPRISE}:department", object),
        (f"{ENTERPRISE}:manager.value", f"{ENTERPRISE}:manager.value", object),
        (f"{ENTERPRISE}:manager.$ref", f"{ENTERPRISE}:manager.$ref", object),
        ("urn:example:badges[gold]", 'urn:example:badges[type eq "gold"].value', object),
        ("urn:example:badges[gold].colour", 'urn:example:badges[type eq "gold"].colour', object),
        ("emails", "emails", list),
    ],
)
def test_a_header_names_an_attribute(header, path, kind):
    found = target(header)
    assert (found.path, found.kind) == (path, kind)
    assert target(found.path) == found


def test_a_target_has_its_parts():
    assert target("emails[work]") == Target('emails[type eq "work"].value', None, "emails", "value", "work", str)
    assert target(f"{ENTERPRISE}:manager.value") == Target(
        f"{ENTERPRISE}:manager.value", ENTERPRISE, "manager", "value", None, object
    )
    assert target("emails") == Target("emails", None, "emails", None, None, list)
    assert target("title") == Target("title", None, "title", None, None, str)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("name", "name is set by its parts: name.familyName, name.formatted, name.givenName"),
        ("addresses[work]", "addresses[work].locality"),
        ("emails.value", "emails is an array: say which item by its type, as in emails[work].value"),
        ("emails.work", "as in emails[work]"),
        ("addresses.locality", "as in addresses[work].locality"),
        ("user_name", "SCIM spells it userName"),
        ("name.given_name", "SCIM spells it name.givenName"),
        ("phone_numbers[work]", "SCIM spells it phoneNumbers[work]"),
        ("addresses[work].street_address", "SCIM spells it addresses[work].streetAddress"),
        ("urn:example:User:a.Password", "maia-scim users patch"),
        ("photo", "did you mean photos[work]?"),
        ("usernmae", "did you mean userName?"),
        ("User Name", "did you mean userName?"),
        ("First name", "did you mean name.givenName?"),
        ("E-Mail", "did you mean emails[work]?"),
        ("Department", f"did you mean {ENTERPRISE}:department?"),
        ("name.givnName", "did you mean name.givenName?"),
        ("emails[work].foo", "emails has emails[work].display"),
        ("Bemerkung", 'no attribute of a user: map the column in the mapping file, to "" to leave it out'),
        ("", "no attribute of a user"),
        ("\u200bid", "it holds U+200B (zero width space)"),
        ("password", "maia-scim users patch"),
        ("Password", "maia-scim users patch"),
        (f"{CORE}:password", "maia-scim users patch"),
        ("urn:example:Password", "maia-scim users patch"),
        ("meta", "read-only"),
        ("meta.created", "read-only: leave the column out, or map it to"),
        ("groups[direct]", "read-only"),
        ("GROUPS", "read-only"),
        ("schemas", "read-only"),
        (CORE, "that is the schema of users"),
        (f"{CORE}:nope", "no attribute of a user"),
        ("urn:ietf:params:scim:schemas:core:2.0:Group:displayName", "no attribute of a user"),
        (ENTERPRISE, f"that is an extension as a whole: name an attribute in it, as in {ENTERPRISE}:department"),
        ("emails[]", "an item is found by its type"),
        (f"{ENTERPRISE}:departement", f"did you mean {ENTERPRISE}:department?"),
        (f"{ENTERPRISE.lower()}:managr.value", "manager?"),
        ("emails[wrok]", 'did you mean emails[work]? If there is a type wrok, write emails[type eq "wrok"]'),
        ("phoneNumbers[Mobil]", "did you mean phoneNumbers[mobile]?"),
        ("emails[primary eq true]", "an item is found by its type"),
        ('emails[value eq "a"]', "an item is found by its type"),
        ('emails["work"]', "an item is found by its type"),
        ("emails[a\tb]", "an item is found by its type"),
        ("emails[work].type", "the type is what finds the item"),
        ("userName[work]", "userName is no array"),
        ("name[work]", "name is no array"),
        ("userName.value", "userName has no parts: write userName"),
        ("x" * 501, "too long"),
        ("urn:x:" + "x" * 484 + '[a"b', "no attribute"),
        ("urn:x:" + "x" * 484 + "[work]", "too long"),
        ("Dept:Sales", "no attribute of a user"),
    ],
)
def test_a_header_that_is_wrong_is_told_better(header, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        target(header)


def test_a_spreadsheet_has_no_whole_arrays():
    with pytest.raises(ValueError, match=r"emails is an array: say which item by its type, as in emails\[work\]"):
        target("emails", arrays=False)


def test_an_example_of_an_item_is_one_that_can_be_written():
    for header, example in (
        ("emails", "emails[work]"),
        ("emails.work", "emails[work]"),
        ("emails.display", "emails[work].display"),
        ("addresses", "addresses[work].…"),
        ("addresses.work", "addresses[work].…"),
        ("addresses.region", "addresses[work].region"),
    ):
        with pytest.raises(ValueError, match=re.escape(f"as in {example}") + "$"):
            target(header, arrays=False)


def test_what_is_suggested_can_be_written():
    for suggestion in columns._suggestions().values():
        assert target(suggestion).path != "password"


@given(st.text(max_size=40))
def test_any_header_is_taken_or_refused_by_a_value_error(header):
    with suppress(ValueError):
        found = target(header)
        assert target(found.path) == found


@pytest.mark.parametrize("cell", ["true", "TRUE", " Yes ", "1", 1, True])
def test_what_is_true(cell):
    assert coerce(target("active"), cell) is True


@pytest.mark.parametrize("cell", ["false", "False", "NO", "0", 0, False])
def test_what_is_false(cell):
    assert coerce(target("active"), cell) is False


@pytest.mark.parametrize("cell", ["WAHR", "y", "on", "2", "", "tru e", 2, 1.0, None, [], {}])
def test_no_boolean_is_guessed(cell):
    with pytest.raises(ValueError, match="needs true or false"):
        coerce(target("active"), cell)


def _typed(kind: type) -> Target:
    return Target("hired", None, "hired", None, None, kind)


@pytest.mark.parametrize(
    "cell",
    ["2024-01-31T08:00:00Z", "2024-02-29t08:00:00.123456z", "2024-01-31T08:00:00+01:00", "2024-01-31T08:00:00.5-11:30"],
)
def test_moments_stay_as_they_are_written(cell):
    assert coerce(_typed(datetime), cell) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "01/02/2024",
        "2024-01-31",
        "2024-01-31T08:00:00",
        "2024-01-31 08:00:00Z",
        "2023-02-29T08:00:00Z",
        "2024-01-31T25:00:00Z",
        "20240131T080000Z",
        "٢٠٢٤-01-31T08:00:00Z",
        "45322",
    ],
)
def test_no_date_is_guessed(cell):
    with pytest.raises(ValueError, match="needs a date and time with its offset, as in 2024-01-31T08:00:00Z"):
        coerce(_typed(datetime), cell)


def test_uuids_are_checked():
    good = "0B2F4B1C-8a4e-4f0e-9d3c-5a1f6c7e8d90"
    assert coerce(_typed(UUID), good) == good
    for bad in (good[:-1], good.replace("-", ""), f"{{{good}}}", "x"):
        with pytest.raises(ValueError, match="needs a UUID"):
            coerce(_typed(UUID), bad)


def test_numbers_are_read_as_json_has_them():
    assert coerce(_typed(int), "12") == 12
    assert coerce(_typed(int), 9007199254740993) == 9007199254740993
    assert coerce(_typed(float), "1.5") == 1.5
    assert coerce(_typed(float), 2) == 2
    for cell in ("1.5", "007", "1,5", "٣", True, 1.5, None):
        with pytest.raises(ValueError, match="needs a whole number"):
            coerce(_typed(int), cell)


@pytest.mark.parametrize("cell", [1, 1.5, True, None, [], {"a": 1}])
def test_text_is_not_made_of_other_values(cell):
    with pytest.raises(ValueError, match="needs text, in double quotes"):
        coerce(target("title"), cell)


@pytest.mark.parametrize("text", ["Ann", "Ωμέγα", "张伟", "علي", "👩‍👩‍👧", "O'Brien\u00a0Smith", "x\u200dy", "a  b"])
def test_names_of_all_the_world_are_taken(text):
    assert coerce(target("displayName"), text) == text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a\x00b", "U+0000"),
        ("a\tb", "a tab (U+0009)"),
        ("a\nb", "a line break (U+000A)"),
        ("a\rb", "a line break (U+000D)"),
        ("a\x7f", "U+007F"),
        ("a\x85b", "U+0085"),
        ("caf\x92", "U+0092"),
        ("a\ufffdb", "U+FFFD, which stands where a conversion lost a character"),
        ("a\ud83d", "half a character (U+D83D"),
        ("a\ufffe", "U+FFFE"),
    ],
)
def test_no_text_has_control_characters(text, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        coerce(target("displayName"), text)


def test_an_address_has_lines():
    assert coerce(target("addresses[work].formatted"), "1 Main St\r\nTown") == "1 Main St\r\nTown"
    assert coerce(target("addresses[work].streetAddress"), "1 Main St\nFlat 2") == "1 Main St\nFlat 2"
    for header, text in (
        ("addresses[work].locality", "a\nb"),
        ("name.formatted", "a\nb"),
        ("addresses[work].formatted", "\v"),
    ):
        with pytest.raises(ValueError, match="holds"):
            coerce(target(header), text)


@pytest.mark.parametrize("header", ["id", "userName", "emails[work]"])
@pytest.mark.parametrize(
    ("sign", "named"),
    [
        ("\u00a0", "U+00A0 (no-break space)"),
        ("\u200b", "U+200B (zero width space)"),
        ("\ufeff", "U+FEFF"),
        ("\u00ad", "U+00AD (soft hyphen)"),
        ("\u202e", "U+202E"),
        ("\u2028", "U+2028"),
    ],
)
def test_ids_and_addresses_have_nothing_unseen(header, sign, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        coerce(target(header), f"ann{sign}@example.com")


def test_an_address_has_no_blanks_and_a_plain_name_may():
    assert coerce(target("userName"), "Ann Lee") == "Ann Lee"
    for header, text in (("userName", "ann @example.com"), ("emails[work]", "ann@ example.com")):
        with pytest.raises(ValueError, match=r"U\+0020"):
            coerce(target(header), text)
    with pytest.raises(ValueError, match="blanks around"):
        coerce(target("userName"), "ann@example.com ")


@pytest.mark.parametrize("id", ["..", "a/b", "%2e%2e", "a\\b", "a%2Fb", ";x/.."])
def test_an_id_is_no_path(id):
    with pytest.raises(ValueError, match="is no id of a user"):
        coerce(target("id"), id)


def test_the_name_of_a_deleted_account_is_refused():
    name = "D41d8cd98f00b204e9800998ecf8427eann@example.com"
    with pytest.raises(ValueError, match="the name of a deleted account") as caught:
        coerce(target("userName"), name)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "d41d8cd98f00b204e9800998ecf8427e@example.com",
        "d41d8cd98f00b204e9800998ecf8427eann",
        "d41d8cd98f00b204e9800998ecf8427gann@example.com",
        "41d8cd98f00b204e9800998ecf8427eann@example.com"[:31] + "-x@example.com",
    ],
)
def test_other_names_are_no_tombstones(name):
    assert coerce(target("userName"), name) == name


@pytest.mark.parametrize("cell", ["007", "1e5", "true", "a\nb", True, 7, 1.5, ["a", {"b": [1]}], {"value": "x"}])
def test_an_extension_keeps_its_types(cell):
    assert coerce(target(f"{ENTERPRISE}:department"), cell) == cell
    assert type(coerce(target(f"{ENTERPRISE}:department"), cell)) is type(cell)


@pytest.mark.parametrize("cell", ["\x00", ["a", {"b": ["\x01"]}], {"a\x02": 1}])
def test_an_extension_has_no_control_characters_however_deep(cell):
    with pytest.raises(ValueError, match="holds"):
        coerce(target(f"{ENTERPRISE}:department"), cell)


def test_the_items_of_an_array_are_typed():
    items = [{"VALUE": "a@example.com", "type": "work", "Primary": "yes", "display": None, "x": 1}, {}]
    assert coerce(target("emails"), items) == [{**items[0], "Primary": True}, {}]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a@example.com", "needs an array"),
        ({"value": "a"}, "needs an array"),
        (["a@example.com"], "item 1: needs an object"),
        ([{}, {"value": 5}], "item 2: value: needs text"),
        ([{"primary": "maybe"}], "item 1: primary: needs true or false"),
        ([{"value": "a\u00a0@example.com"}], r"item 1: value: holds U\+00A0"),
        ([{"x": {"y": "\x00"}}], r"item 1: x: holds U\+0000"),
        ([None], "item 1: needs an object"),
    ],
)
def test_items_that_are_wrong_are_told_by_number(value, message):
    with pytest.raises(ValueError, match=message):
        coerce(target("emails"), value)
