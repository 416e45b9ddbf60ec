"""PATCH operations: how they are made of values, of leaves and of changes."""

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
from tests.scim import ENTERPRISE as URN
from tests.scim import RESOURCES, many
from tests.scim.operations import operation, refusal, sent
from tests.support.canary import PASSWORD

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
