"""PATCH operations: how they are made, what is refused and why, and what goes out."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maia_scim import patch
from maia_scim.diff import Change, diff
from maia_scim.models import Email, GroupMember, Name, PatchOperation, PatchRequest, ScimUser
from tests.scim import ENTERPRISE, RESOURCES, many
from tests.support.canary import PASSWORD

URN = ENTERPRISE


def sent(*operations: Any, **options: Any) -> list[tuple[Any, ...]]:
    """What goes out, as (op, path, value); without a path or a value, shorter."""
    written = patch.validate(operations, **options)
    assert all(list(each) == [name for name in ("op", "path", "value") if name in each] for each in written)
    return [tuple(each.values()) for each in written]


def operation(**members: Any) -> PatchOperation:
    """As somebody may have read it from JSON."""
    return PatchOperation.from_dict(members)


def refusal(*operations: Any, **options: Any) -> str:
    with pytest.raises(ValueError, match=r"^operation \d+: ") as refused:
        patch.validate(operations, **options)
    return str(refused.value)


# Making


def test_the_three_operations():
    assert sent(patch.add("emails", [{"value": "a"}]), patch.replace("title", "Boss"), patch.remove("nickName")) == [
        ("add", "emails", [{"value": "a"}]),
        ("replace", "title", "Boss"),
        ("remove", "nickName"),
    ]
    assert patch.clear("title") == patch.remove("title")
    assert patch.validate([patch.replace(None, {"title": "x"})]) == [{"op": "replace", "value": {"title": "x"}}]


@pytest.mark.parametrize("value", [False, 0, 0.0, "", [], {}, True, 1, "x", [None], {"a": None}])
@pytest.mark.parametrize("make", [patch.add, patch.replace])
def test_every_value_goes_out(make: Any, value: Any):
    made = make("x", value)
    out = made.to_dict()
    assert "value" in out
    assert json.dumps([out["value"], patch.validate([made])[0]["value"]]) == json.dumps([value, value])
    body = PatchRequest(operations=[made]).to_dict()
    assert json.dumps(body["Operations"][0]["value"]) == json.dumps(value)


def test_none_is_no_value():
    for make in (patch.add, patch.replace, patch.set_value):
        with pytest.raises(ValueError, match=r"title.* has no value.* use clear\('title'\)"):
            make("title", None)


LOOP: list[Any] = []
LOOP.append(LOOP)
DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "value",
    [float("nan"), [float("inf")], {1, 2}, object(), "\ud800", LOOP, DEEP, [{(1,): 2}], 10**5000, b"x"],
    ids=["nan", "inf", "set", "object", "surrogate", "loop", "deep", "tuple", "digits", "bytes"],
)
def test_what_json_has_no_form_for_is_refused(value: Any):
    for make in (patch.add, patch.replace, patch.set_value):
        with pytest.raises(ValueError, match="'x' has a value that"):
            make("x", value)
    assert "has a value that" in refusal(PatchOperation(op=patch.add("x", 1).op, path="x", value=value))


def test_models_are_values():
    assert sent(patch.add("emails", [Email(value="a", primary=True)])) == [
        ("add", "emails", [{"value": "a", "primary": True}])
    ]
    assert sent(patch.replace("name", Name(given_name="A"))) == [("replace", "name", {"givenName": "A"})]
    assert sent(PatchOperation(op=patch.add("x", 1).op, path="members", value=[GroupMember(value="1")])) == [
        ("add", "members", [{"value": "1"}])
    ]


def test_the_value_is_a_copy():
    value = [{"value": "a"}]
    made = patch.add("emails", value)
    value[0]["value"] = "b"
    assert sent(made) == [("add", "emails", [{"value": "a"}])]
    patch.validate([made])[0]["value"].clear()
    assert sent(made) == [("add", "emails", [{"value": "a"}])]


def test_no_null_is_sent_for_primary():
    item = {"value": "a", "primary": None}
    for value in ([item], item, {"emails": [item]}):
        made = patch.add("emails", value) if "emails" not in value else patch.add(None, value)
        assert "primary" not in json.dumps(sent(made))
    assert sent(patch.add("emails", [{"value": "a", "primary": False, "type": None}])) == [
        ("add", "emails", [{"value": "a", "primary": False, "type": None}])
    ]


def test_adding_an_email():
    assert sent(patch.add_email("a@example.com")) == [("add", "emails", [{"value": "a@example.com", "type": "work"}])]
    assert sent(patch.add_email("a@example.com", type=None, primary=False, display="A")) == [
        ("add", "emails", [{"value": "a@example.com", "primary": False, "display": "A"}])
    ]
    for value in ("", " ", None, 5):
        with pytest.raises(ValueError, match="no email address"):
            patch.add_email(value)  # type: ignore[arg-type]


def test_items_are_found_by_a_filter():
    assert sent(patch.make_primary("emails", "a@example.com")) == [
        ("replace", 'emails[value eq "a@example.com"].primary', True)
    ]
    assert sent(patch.remove(patch.item("members", "1"))) == [("remove", 'members[value eq "1"]')]
    assert patch.item("emails", True, by="primary") == "emails[primary eq true]"
    with pytest.raises(TypeError, match="NoneType"):
        patch.item("emails", None)  # type: ignore[arg-type]


@many
@given(st.text())
def test_a_value_in_a_filter_is_quoted(value: str):
    made = patch.make_primary("emails", value)
    assert made.path is not None
    assert made.path.startswith('emails[value eq "')
    assert json.loads(made.path.removeprefix("emails[value eq ").removesuffix("].primary")) == value
    assert sent(made) == [("replace", made.path, True)]


# A value by its leaves


def test_a_complex_value_is_set_by_its_leaves():
    assert sent(*patch.set_value("name", {"givenName": "A", "familyName": "", "middleName": None})) == [
        ("replace", "name.givenName", "A"),
        ("replace", "name.familyName", ""),
        ("remove", "name.middleName"),
    ]
    assert sent(patch.set_value("name", Name(given_name="A"))) == [("replace", "name.givenName", "A")]
    assert sent(patch.set_value('addresses[type eq "work"]', {"locality": "X"})) == [
        ("replace", 'addresses[type eq "work"].locality', "X")
    ]


@pytest.mark.parametrize("value", ["x", False, [], [{"value": "a"}]])
def test_any_other_value_is_set_at_once(value: Any):
    assert sent(patch.set_value("x", value)) == [("replace", "x", value)]
    assert sent(patch.set_value(f"{URN}:x", value)) == [("replace", f"{URN}:x", value)]


def test_an_extension_is_set_by_its_leaves():
    expected = [
        ("replace", f"{URN}:department", "A"),
        ("replace", f"{URN}:manager.value", "1"),
        ("remove", f"{URN}:manager.displayName"),
    ]
    value = {"department": "A", "manager": {"value": "1", "displayName": None}}
    assert sent(patch.set_value(URN, value)) == expected
    assert sent(patch.set_value(None, {URN: value})) == expected
    assert sent(patch.set_value(f"{URN}:manager", value["manager"])) == expected[1:]


def test_several_attributes_are_set_by_their_leaves():
    assert sent(patch.set_value(None, {"title": "x", "name": {"givenName": "A"}, "emails": [], "locale": None})) == [
        ("replace", "title", "x"),
        ("replace", "name.givenName", "A"),
        ("replace", "emails", []),
        ("remove", "locale"),
    ]


def test_a_path_goes_no_deeper_than_a_sub_attribute():
    assert sent(patch.set_value("a", {"b": {"c": 1}})) == [("replace", "a.b", {"c": 1})]
    assert sent(patch.set_value("a.b", {"c": 1})) == [("replace", "a.b", {"c": 1})]
    assert sent(patch.set_value("a[b eq 1].c", {"d": 1})) == [("replace", "a[b eq 1].c", {"d": 1})]


def test_a_urn_that_may_be_either_is_not_guessed():
    with pytest.raises(ValueError, match=r"use set_value\(None, \{'urn:acme:hr': …\}\)"):
        patch.set_value("urn:acme:hr", {"badge": 1})
    assert sent(patch.set_value(None, {"urn:acme:hr": {"badge": 1}})) == [("replace", "urn:acme:hr:badge", 1)]
    assert sent(patch.set_value("urn:acme:hr", 1)) == [("replace", "urn:acme:hr", 1)]


@pytest.mark.parametrize(("path", "value"), [("name", {}), (None, {}), (URN, {"manager": {}})])
def test_nothing_to_set_is_refused(path: str | None, value: Any):
    with pytest.raises(ValueError, match="nothing in the value"):
        patch.set_value(path, value)


# Changes as operations


def test_changes_become_operations():
    before = ScimUser.from_dict({"title": "a", "nickName": "b", "emails": [{"value": "x"}], URN: {"department": "A"}})
    after = copy.deepcopy(before)
    after.title, after.nick_name, after.active, after.emails = "b", None, False, []
    after.name = Name(given_name="A")
    after[URN] = {"department": "B", "manager": {"value": "1"}}
    assert sent(patch.from_changes(diff(before.to_dict(), after.to_dict()))) == [
        ("replace", "title", "b"),
        ("remove", "nickName"),
        ("remove", "emails"),
        ("replace", f"{URN}:department", "B"),
        ("replace", f"{URN}:manager.value", "1"),
        ("replace", "active", False),
        ("replace", "name.givenName", "A"),
    ]


def test_what_is_read_only_becomes_no_operation():
    before = {"id": "1", "meta": {"version": "1"}, "GROUPS": [{"value": "1"}], "title": "a"}
    assert patch.from_changes(diff(before, {"Id": "2", "meta": {"version": "2"}, "title": "a"})) == ()


def test_a_change_that_no_path_leads_to_is_refused():
    with pytest.raises(ValueError, match=r"'a\.b\.c': a path ends at a sub-attribute: set 'a\.b' as a whole"):
        patch.from_changes([Change("a.b.c", 1, 2)])


def applied(resource: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """The resource as a service has it after replacing and removing by leaf paths."""
    resource = copy.deepcopy(resource)

    def name(holder: dict[str, Any], wanted: str) -> str:
        return next((key for key in holder if key.lower() == wanted.lower()), wanted)

    for each in operations:
        path = each["path"]
        steps = path.split(".")
        if path.lower().startswith(URN.lower()):
            steps = [path[: len(URN)], *path[len(URN) + 1 :].split(".")]
        holder = resource
        for step in steps[:-1]:
            key = name(holder, step)
            if not isinstance(holder.get(key), dict):
                holder[key] = {}
            holder = holder[key]
        holder.pop(name(holder, steps[-1]), None)
        if each["op"] == "replace":
            holder[steps[-1]] = each["value"]
    return resource


@many
@given(before=RESOURCES, after=RESOURCES)
def test_operations_of_changes_make_the_changes(before: dict[str, Any], after: dict[str, Any]):
    before, after = (
        {key: value for key, value in each.items() if key.lower() not in ("id", "meta")} for each in (before, after)
    )
    operations = patch.from_changes(diff(before, after))
    assert diff(applied(before, patch.validate(operations) if operations else []), after) == ()


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


# Nobody's password


def test_no_error_shows_a_value():
    attempts: list[Any] = [
        lambda: patch.replace("pass word", PASSWORD),
        lambda: patch.add("password", {PASSWORD: float("nan")}),
        lambda: patch.set_value("pass word", PASSWORD),
        lambda: patch.set_value("password", [PASSWORD, {1}]),
        lambda: patch.set_value("urn:acme:hr", {"password": PASSWORD}),
        lambda: patch.validate([patch.replace("password", PASSWORD), operation(op="remove")]),
        lambda: patch.validate([operation(op="set", path="password", value=PASSWORD)]),
        lambda: patch.validate([operation(op="add", value=PASSWORD)]),
        lambda: patch.validate([operation(op="add", value={"id": "x", "password": PASSWORD})]),
    ]
    for attempt in attempts:
        with pytest.raises(ValueError, match=r" ") as caught:
            attempt()
        assert caught.value.__context__ is None
        # All that a report with the frames' locals would hold, but for the frames of this file.
        entries = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
        frames = [entry for entry in entries if entry.filename != __file__]
        assert frames
        assert PASSWORD not in str([caught.value, *(entry.locals for entry in frames)])


def test_importing_costs_no_models():
    code = "import sys, maia_scim.patch, maia_scim.diff; print('attrs' in sys.modules, 'httpx' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]


def test_the_public_names():
    assert set(patch.__all__) == {
        name
        for name, value in vars(patch).items()
        if getattr(value, "__module__", "") == patch.__name__ and name[0] != "_"
    } | {"READ_ONLY"}
