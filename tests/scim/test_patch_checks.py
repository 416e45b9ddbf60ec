"""PATCH operations: what goes through as it is or as the RFC writes it, and what is refused and why."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maia_scim import patch
from maia_scim.models import PatchRequest, ScimUser
from tests.scim import ENTERPRISE as URN
from tests.scim import many
from tests.scim.operations import operation, refusal, sent

# Checking: what goes through


def test_operations_of_others_go_out_as_the_rfc_writes_them():
    given = [
        operation(op="Replace", path="active", value=False),
        operation(OP="ADD", Path="members", value=[{"value": "1", "$ref": None}]),
        operation(op="Remove", path="title", value=None),
    ]
    before = copy.deepcopy([each.to_dict() for each in given])
    assert sent(*given) == [
        ("replace", "active", False),
        ("add", "members", [{"value": "1", "$ref": None}]),
        ("remove", "title"),
    ]
    assert [each.to_dict() for each in given] == before


def test_operations_and_groups_of_them_are_one_list():
    one, two, three = (patch.remove(path) for path in "abc")
    assert patch.flatten([one, [two], (), (three,), (each for each in [one])]) == [one, two, three, one]
    assert patch.flatten(one) == [one]  # type: ignore[arg-type]
    assert sent([one, two], three) == [("remove", "a"), ("remove", "b"), ("remove", "c")]


PATHS = [
    "title",
    "x509Certificates",
    "a-b_c$d",
    "name.givenName",
    "members.$ref",
    "emails[type eq \"work\"]",
    "emails[type eq \"work\"].value",
    "members[value pr]",
    "members[$ref eq \"https://example.com/v2/Users/1\"]",
    "emails[type eq \"work\" and value ew \"example.com\"]",
    "emails[value co \"a\" and primary eq true or primary ne null]",
    "phoneNumbers[(not (type ge \"home\") and value ew \"9\") and display ne null or primary eq false].value",
    "emails[not (type eq \"work\")]",
    "x[((a pr))]",
    "x[a.b gt 1.5e-3 and c lt -0]",
    "x[a le \"2011-05-13T04:42:34Z\"]",
    'x[a eq "]\\" [and"].b',
    'x[a eq "\\u00e9é\\n"]',
    f"x[{URN}:a.b sw \"x\"]",
    URN,
    f"{URN}:department",
    f"{URN}:manager.value",
    f"{URN}:manager.$ref",
    f"{URN}:things[a eq 1].b",
    "urn:acme:hr:badge",
    "https://example.com/schemas/1.0/User:badge",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_paths_of_the_rfc(path: str):
    assert sent(operation(op="replace", path=path, value=1)) == [("replace", path, 1)]
    assert sent(patch.remove(path)) == [("remove", path)]


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ('members[value eq"1"]', 'members[value eq "1"]'),
        ('emails[ type  EQ "a  b" ].value', 'emails[type eq "a  b"].value'),
        ("x[NOT( a PR OR b pr )AND(c pr)]", "x[not (a pr or b pr) and (c pr)]"),
    ],
)
def test_a_filter_goes_out_as_the_rfc_spells_it(path: str, written: str):
    assert patch.remove(path).path == written
    assert sent(operation(op="remove", path=path)) == [("remove", written)]


@pytest.mark.parametrize(
    "value",
    [
        {"title": "x", "name": {"givenName": "A", "familyName": None}, "roles": None},
        {"emails": [{"value": "a"}]},
        {URN: {"department": "A"}},
        {URN: None},
        {"urn:acme:hr": {}},
    ],
)
def test_an_operation_without_a_path_takes_attributes(value: Any):
    assert sent(operation(op="add", value=value)) == [("add", value)]


# Checking: what does not


def test_no_operation_is_refused():
    several: list[Any] = [[], (), [[]], iter([])]
    for nothing in several:
        with pytest.raises(ValueError, match="no operation"):
            patch.validate(nothing)


@pytest.mark.parametrize("other", [{"op": "remove", "path": "x"}, "remove", None, 5, b"x", PatchRequest(), ScimUser()])
def test_what_is_no_operation_is_a_type_error(other: Any):
    for several in ([patch.remove("x"), other], [[patch.remove("x"), other]]):
        with pytest.raises(TypeError, match=r"operation 2 is a \w+, not a PatchOperation: make one with"):
            patch.validate(several)


def test_a_dict_is_told_how_to_become_an_operation():
    for several in ([{"op": "remove"}], [[{"op": "remove"}]]):
        with pytest.raises(TypeError, match=r"is a dict.* PatchOperation\.from_dict"):
            patch.validate(several)  # type: ignore[arg-type]


def test_the_message_says_which_operation():
    fine, wrong = patch.remove("x"), operation(op="remove")
    assert refusal(fine, wrong).startswith("operation 2: ")
    assert refusal([fine, fine], (wrong, fine)).startswith("operation 3: ")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"op": "set", "path": "x", "value": 1}, "op is 'set': it must be add, remove or replace"),
        ({"path": "x", "value": 1}, "op is 'None': it must be"),
        ({"op": "add", "path": "x"}, "add 'x' has no value: to leave an attribute without one, use clear('x')"),
        ({"op": "replace", "path": "x", "value": None}, "has no value"),
        ({"op": "add"}, "add has no value"),
        ({"op": "remove"}, "remove has no path: say what to remove, as in remove('title')"),
        ({"op": "remove", "value": {"title": 1}}, "remove has no path"),
        ({"op": "remove", "path": "members", "value": [{"value": "1"}]}, 'as in members[value eq "…"]'),
        (
            {"op": "add", "path": "x", "values": [1], "value": 1},
            "has ['values'], but an operation has op, path and value",
        ),
        (
            {"op": "add", "value": "x"},
            "it needs one, or as its value an object of attributes, as in add(None, {'title'",
        ),
        ({"op": "add", "value": [{"title": "x"}]}, "it needs one"),
        ({"op": "add", "value": {}}, "it needs one"),
        (
            {"op": "add", "value": {"name.givenName": 1}},
            "a path has an operation of its own, as in add('name.givenName', …)",
        ),
        ({"op": "add", "value": {"emails[type eq 1]": 1}}, "no attribute's name"),
        ({"op": "add", "value": {f"{URN}:department": 1}}, "a path has an operation of its own"),
        ({"op": "add", "value": {f"{URN}:manager": {"value": 1}}}, "a path has an operation of its own"),
        ({"op": "add", "value": {"": 1}}, "no attribute's name"),
        ({"op": "add", "value": {"urn:acme:hr": 1}}, "no attribute's name"),
        ({"op": "add", "value": {"display_name": 1}}, "SCIM spells it 'displayName'"),
    ],
)
def test_operations_that_are_refused(wrong: dict[str, Any], message: str):
    assert message in refusal(operation(**wrong))


@pytest.mark.parametrize("path", ["id", "ID", "meta", "meta.version", "groups", 'groups[value eq "1"].display'])
@pytest.mark.parametrize("prefix", ["", "urn:ietf:params:scim:schemas:core:2.0:User:"])
def test_read_only_attributes_are_refused(path: str, prefix: str):
    assert "is read-only" in refusal(patch.replace(prefix + path, "x"))
    assert "is read-only" in refusal(patch.remove(prefix + path))
    assert sent(patch.replace(prefix + path, "x"), read_only=[]) == [("replace", prefix + path, "x")]


def test_what_is_read_only_depends_on_the_resource():
    assert "sets 'Id', which is read-only: leave it out" in refusal(patch.replace(None, {"Id": "1", "title": "x"}))
    assert sent(patch.replace("groups", []), read_only=("id", "meta")) == [("replace", "groups", [])]
    assert "members is read-only" in refusal(patch.replace("members", []), read_only=["Members"])
    assert sent(patch.replace("members", [])) == [("replace", "members", [])]
    assert sent(patch.replace(f"{URN}:id", 1), patch.replace("x.id", 1), patch.replace("identity", 1))


SHAPE = "title, name.givenName"
WRONG_PATHS = {
    "": SHAPE,
    " ": SHAPE,
    " title": SHAPE,
    "title ": SHAPE,
    "title\n": SHAPE,
    "two words": SHAPE,
    "/name/givenName": SHAPE,
    "name.": SHAPE,
    ".name": SHAPE,
    "1st": SHAPE,
    "é": SHAPE,
    "urn:x": SHAPE,
    "a.b.c": "set 'a.b' as a whole",
    'emails.value[type eq "work"].a.b': "after the filter comes a sub-attribute",
    "display_name": "SCIM spells it 'displayName'",
    "x_509_certificates": "SCIM spells it 'x509Certificates'",
    "name.given_name": "SCIM spells it 'name.givenName'",
    "given_name": "SCIM spells it 'name.givenName'",
    "emails[0].value": "stands 0 where an attribute belongs",
    "emails[]": "stands ] where an attribute belongs",
    "emails[*]": "stands * where an attribute belongs",
    'emails["work"]': 'stands "work" where an attribute belongs',
    'emails[type="work"]': "stands type= where an attribute belongs",
    'emails[type == "work"]': "stands == where one of eq|ne|co|sw|ew|gt|ge|lt|le|pr belongs",
    "emails[type]": "stands ] where one of",
    "emails[type eq work]": "stands work where a text in double quotes",
    "emails[type eq 'work']": "stands 'work' where a text in double quotes",
    "emails[primary eq True]": "stands True where",
    "emails[x eq 01]": "stands 01 where",
    "emails[x eq]": "stands ] where a text in double quotes",
    "emails[x pr y pr]": "stands y where it should end",
    "emails[x pr and]": "stands ] where an attribute belongs",
    "emails[not x pr]": "stands x where a parenthesis belongs",
    "emails[(x pr]": "stands ] where it should end",
    "emails[x pr)]": "stands ) where it should end",
    "emails[()]": "stands ) where an attribute belongs",
    "emails[a[b pr] pr]": "stands [ where one of",
    "emails[x pr]value": "after the filter comes a sub-attribute, as in emails[x pr].value, or nothing",
    "emails[x pr].a.b": "after the filter",
    "emails[x pr][y pr]": "after the filter",
    "emails[x pr": "does not end",
    "emails[": "does not end",
    'emails[type eq "work]': "does not end",
    'emails[type eq "\\x"]': "does not end",
    'emails[type eq "\ud800"]': "no text that UTF-8 can write",
    "emails[\u017f pr]": "an attribute belongs",
}  # fmt: skip


@pytest.mark.parametrize(("path", "message"), WRONG_PATHS.items())
def test_paths_that_are_refused(path: str, message: str):
    refused = refusal(operation(op="replace", path=path, value=1))
    assert refused.startswith("operation 1: replace '") or '"' in refused
    assert message in refused
    for make in (patch.add, patch.replace, patch.set_value):
        with pytest.raises(ValueError, match=r"^(replace|add) "):
            make(path, 1)
    with pytest.raises(ValueError, match="remove"):
        patch.remove(path)


def test_the_path_that_was_given_is_the_one_refused():
    with pytest.raises(ValueError, match="replace 'two words': "):
        patch.set_value("two words", {"a": 1})
    assert sent(patch.replace(f"{URN}:display_name", 1)), "an extension may name its attributes so"


def test_a_path_that_is_no_text_is_refused():
    made = patch.remove("x")
    made.path = 5  # type: ignore[assignment]
    assert "no text" in refusal(made)


@many
@given(st.text(alphabet='abnotdreqp."\\[]() 1', max_size=30))
def test_any_path_is_taken_or_refused(path: str):
    try:
        made = patch.remove(path)
    except ValueError:
        return
    assert made.path is not None
    assert patch.remove(made.path).path == made.path, "what goes out goes in again"


def test_a_filter_of_any_depth_and_length_is_read():
    deep = f"x[{'(' * 5000}a pr{')' * 5000}]"
    assert patch.remove(deep).path == deep
    long = f"x[{' or '.join(['a pr'] * 5000)}]"
    assert patch.remove(long).path == long
    with pytest.raises(ValueError, match="does not end"):
        patch.remove('x[a eq "' + "\\\\" * 50_000)
