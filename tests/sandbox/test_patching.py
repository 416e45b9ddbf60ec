"""PATCH operations on plain JSON: what RFC 7644 §3.5.2 says, and what clients that do not heed it mean."""

import copy
from typing import Any

import pytest

from maia_scim.sandbox.directory import RefusedError
from tests.sandbox.patches import (
    BADGE,
    CORE,
    ENTERPRISE,
    GROUP,
    USER,
    Operation,
    difference,
    group_patched,
    op,
    patched,
    refusal,
)

# -- One operation, one change --------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        # a simple attribute
        (op("replace", "title", "Editor"), {"title": "Editor"}),
        (op("add", "title", "Editor"), {"title": "Editor"}),
        (op("replace", "displayName", "O."), {"displayName": "O."}),
        (op("replace", "displayname", "O."), {"displayName": "O."}),
        (op("add", "NICKNAME", "Ot"), {"nickName": "Ot"}),
        (op("replace", "title", ""), {"title": ""}),
        (op("replace", "active", False), {"active": False}),
        (op("remove", "displayName"), {"displayName": None}),
        (op("replace", "displayName", None), {"displayName": None}),
        (op("remove", "title"), {}),
        (op("replace", f"{CORE}:displayName", "O."), {"displayName": "O."}),
        (op("replace", "x-shoe", 44), {"x-shoe": 44}),
        (op("remove", "X-Shoe"), {"x-shoe": None}),
        # a complex one keeps what is not said of it
        (op("replace", "name.givenName", "O"), {"name": {"givenName": "O", "familyName": "Lind"}}),
        (op("replace", "NAME.GIVENNAME", "O"), {"name": {"givenName": "O", "familyName": "Lind"}}),
        (op("add", "name", {"middleName": "K"}), {"name": USER["name"] | {"middleName": "K"}}),
        (op("replace", "name", {"GivenName": "O"}), {"name": {"givenName": "O", "familyName": "Lind"}}),
        (op("replace", "name", {"givenName": None}), {"name": {"familyName": "Lind"}}),
        (op("add", "name", {"givenName": None, "x": 1}), {"name": USER["name"] | {"x": 1}}),
        (op("remove", "name.givenName"), {"name": {"familyName": "Lind"}}),
        (op("remove", "name"), {"name": None}),
        # an array as a whole
        (op("replace", "emails", [{"value": "a@b"}]), {"emails": [{"value": "a@b"}]}),
        (op("replace", "emails", {"value": "a@b"}), {"emails": [{"value": "a@b"}]}),
        (op("replace", "emails", [{"value": "a"}, {"value": "a"}]), {"emails": [{"value": "a"}, {"value": "a"}]}),
        (op("replace", "emails", []), {"emails": None}),
        (op("add", "emails", []), {}),
        (op("remove", "emails"), {"emails": None}),
        (op("add", "emails", [{"value": "c@d"}]), {"emails": [*USER["emails"], {"value": "c@d"}]}),
        (op("add", "emails", {"value": "c@d"}), {"emails": [*USER["emails"], {"value": "c@d"}]}),
        (op("add", "emails", [{"value": "c"}, {"value": "c"}]), {"emails": [*USER["emails"], {"value": "c"}]}),
        (op("add", "emails", [{"value": "otto@home.example", "type": "home"}]), {}),
        (op("add", "emails", [{"Value": "otto@home.example"}]), {}),
        (op("add", "roles", [{"value": "r"}]), {"roles": [{"value": "r"}]}),
        # a part of every item
        (op("remove", "addresses.type"), {"addresses": [{"country": "SE", "locality": "Lund"}, {"locality": "Ystad"}]}),
        (
            op("replace", "addresses.country", "FI"),
            {"addresses": [{**USER["addresses"][0], "country": "FI"}, {**USER["addresses"][1], "country": "FI"}]},
        ),
        (op("add", "roles.value", "owner"), {"roles": [{"value": "owner"}]}),
        (op("remove", "roles.value"), {}),
        # what a filter finds
        (op("remove", 'emails[type eq "home"]'), {"emails": USER["emails"][:1]}),
        (op("remove", 'emails[type eq "pager"]'), {}),
        (op("remove", 'emails[type eq "pager"]', {"type": "pager"}), {}),
        (op("remove", "emails[type pr]"), {"emails": None}),
        (op("remove", 'addresses[type eq "home"].locality'), {"addresses": [USER["addresses"][0], {"type": "home"}]}),
        (
            op("replace", 'emails[type eq "home"].value', "x@y"),
            {"emails": [USER["emails"][0], {"value": "x@y", "type": "home"}]},
        ),
        (op("replace", 'emails[type eq "home"]', {"value": "x"}), {"emails": [USER["emails"][0], {"value": "x"}]}),
        (op("replace", 'emails[type eq "home"]', None), {"emails": USER["emails"][:1]}),
        (
            op("add", 'emails[type eq "home"]', {"display": "H"}),
            {"emails": [USER["emails"][0], {**USER["emails"][1], "display": "H"}]},
        ),
        (
            op("replace", f'{CORE}:emails[type eq "home"].value', "x@y"),
            {"emails": [USER["emails"][0], {"value": "x@y", "type": "home"}]},
        ),
        # extensions, known and not
        (op("replace", f"{ENTERPRISE}:department", "Art"), {ENTERPRISE: USER[ENTERPRISE] | {"department": "Art"}}),
        (op("replace", f"{ENTERPRISE.upper()}:Department", "A"), {ENTERPRISE: USER[ENTERPRISE] | {"department": "A"}}),
        (op("remove", f"{ENTERPRISE}:manager"), {ENTERPRISE: {"department": "Data"}}),
        (
            op("replace", f"{ENTERPRISE}:manager.value", "m2"),
            {ENTERPRISE: {"department": "Data", "manager": {"value": "m2", "displayName": "Mai"}}},
        ),
        (
            op("replace", ENTERPRISE, {"manager": {"value": "m2"}}),
            {ENTERPRISE: {"department": "Data", "manager": {"value": "m2", "displayName": "Mai"}}},
        ),
        (op("remove", ENTERPRISE), {ENTERPRISE: None}),
        (op("replace", ENTERPRISE, None), {ENTERPRISE: None}),
        (op("add", f"{BADGE}:level", 3), {BADGE: {"level": 3}}),
        (op("add", BADGE, {"level": 3, "open": None}), {BADGE: {"level": 3}}),
        (op("add", f"{BADGE}:door.lock", "A"), {BADGE: {"door": {"lock": "A"}}}),
        (op("remove", f"{BADGE}:level"), {}),
        (op("remove", BADGE), {}),
        (op("replace", f"{BADGE}:id", "b7"), {BADGE: {"id": "b7"}}),
        (op("add", "urn:x:tool:User", {"a": 1}), {"urn:x:tool": {"User": {"a": 1}}}),
        # the schemas
        (op("add", "schemas", ["urn:x:1.0:U"]), {"schemas": [CORE, ENTERPRISE, "urn:x:1.0:U"]}),
        (op("remove", f'schemas[value eq "{ENTERPRISE}"]'), {"schemas": [CORE]}),
    ],
)
def test_what_an_operation_changes(operation: Operation, changes: dict[str, Any]) -> None:
    assert difference(patched(operation)) == changes


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        # Entra
        (op("Replace", "active", "False"), {"active": False}),
        (op("REPLACE", "active", "false"), {"active": False}),
        (op("Add", None, {"name.givenName": "O"}), {"name": {"givenName": "O", "familyName": "Lind"}}),
        (op("Replace", None, {f"{ENTERPRISE}:department": "A"}), {ENTERPRISE: USER[ENTERPRISE] | {"department": "A"}}),
        (
            op("Replace", 'phoneNumbers[type eq "fax"].value', "1"),
            {"phoneNumbers": [{"type": "fax", "value": "1"}]},
        ),
        (op("Add", 'roles[primary eq "True"].value', "r"), {"roles": [{"primary": True, "value": "r"}]}),
        (op("Replace", 'emails[primary eq "True"].display', "!"), {"emails": [
            {**USER["emails"][0], "display": "!"}, USER["emails"][1]]}),
        (op("Replace", 'ims[TYPE eq "x"]', {"type": "X", "value": "1"}), {"ims": [{"type": "X", "value": "1"}]}),
        (op("Replace", 'phoneNumbers[type eq "fax"].value', None), {}),
        # Okta
        (op("replace", None, {"active": False}), {"active": False}),
        (op("replace", None, {"id": "o1", "meta": {}, "groups": [1], "schemas": ["x"], "title": "t"}), {"title": "t"}),
        (op("replace", None, {"emails": [{"value": "z"}], "nickname": "N"}), {
            "emails": [{"value": "z"}], "nickName": "N"}),
        (op("replace", CORE, {"title": "t"}), {"title": "t"}),
        # others
        (op("replace", None, {"displayName": None, "emails": []}), {"displayName": None, "emails": None}),
        (op("add", None, {"displayName": None, "emails": None}), {}),
        (op("remove", "name.givenName", "Otto"), {"name": {"familyName": "Lind"}}),
        (op("replace", None, {}), {}),
        ({"OP": "replace", "Path": "title", "VALUE": "t"}, {"title": "t"}),
    ],
)  # fmt: skip
def test_what_clients_mean(operation: Operation, changes: dict[str, Any]) -> None:
    assert difference(patched(operation)) == changes


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        (op("remove", "members"), None),
        (op("remove", "members", None), None),
        (op("remove", 'members[value eq "u2"]'), ["u1", "u3"]),
        (op("Remove", "members", [{"$ref": None, "value": "u2"}]), ["u1", "u3"]),
        (op("Remove", "members", [{"VALUE": "u1"}, {"value": "u3"}]), ["u2"]),
        (op("Remove", "members", [{"value": "u1", "display": "Another"}]), ["u1", "u2", "u3"]),
        (op("Remove", "members", {"value": "u1"}), ["u2", "u3"]),
        (op("Remove", "members", {"members": [{"value": "u3"}]}), ["u1", "u2"]),
        (op("Remove", "members", ["u3"]), ["u1", "u2"]),
        (op("Remove", "members", []), ["u1", "u2", "u3"]),
        (op("Remove", "members", {"members": []}), ["u1", "u2", "u3"]),
        (op("Remove", "members", [{"$ref": None}]), ["u1", "u2", "u3"]),
        (op("Add", "members", [{"value": "u4", "$ref": None}]), ["u1", "u2", "u3", "u4"]),
        (op("add", "members", [{"value": "u1"}, {"value": "u2", "display": "Ulf"}]), ["u1", "u2", "u3"]),
        (op("add", None, {"members": [{"value": "u4"}]}), ["u1", "u2", "u3", "u4"]),
        (op("replace", "members", [{"value": "u9"}]), ["u9"]),
    ],
)
def test_members(operation: Operation, left: list[str] | None) -> None:
    members = group_patched(operation).get("members")

    assert (members and [member["value"] for member in members]) == left
    assert all("$ref" not in member for member in members or ())


def test_a_group_is_renamed_with_its_id_beside() -> None:
    after = group_patched(op("replace", None, {"id": "g1", "displayName": "Writers"}))

    assert difference(after, GROUP) == {"displayName": "Writers"}


def test_values_in_an_extension_that_nobody_registered_are_arrays_when_they_are() -> None:
    tags = f"{BADGE}:tags"
    after = patched(
        op("add", BADGE, {"tags": ["a"]}),
        op("add", tags, ["a", "b"]),
        op("add", tags, "c"),
        op("add", None, {BADGE: {"TAGS": ["d"]}}),
        op("remove", f'{tags}[value eq "b"]'),
        op("add", tags, ["e", "f"]),
        op("remove", tags, ["e"]),
        op("remove", tags, "f"),
    )
    assert after[BADGE] == {"tags": ["a", "c", "d"]}
    assert patched(op("replace", tags, "z"), **{BADGE: {"tags": ["a"]}})[BADGE] == {"tags": "z"}
    assert patched(op("replace", tags, ["z", "z"]), **{BADGE: {"tags": ["a"]}})[BADGE] == {"tags": ["z", "z"]}
    assert patched(op("add", tags, [True]), **{BADGE: {"tags": [1]}})[BADGE] == {"tags": [1, True]}


def test_an_extension_is_known_by_its_key_or_by_the_schemas() -> None:
    tool = "urn:x:tool"

    assert patched(op("replace", tool.upper(), {"b": 2}), **{tool: {"a": 1}})[tool] == {"a": 1, "b": 2}
    assert tool not in patched(op("remove", tool), **{tool: {"a": 1}})
    assert patched(op("add", tool, {"a": 1}), schemas=[CORE, tool])[tool] == {"a": 1}


def test_an_item_without_anything_left_is_gone() -> None:
    roles = [{"value": "r"}, {"value": "s", "type": "t"}]

    assert patched(op("remove", "roles.value"), roles=roles)["roles"] == [{"type": "t"}]
    assert patched(op("remove", 'roles[value eq "r"].value'), roles=roles)["roles"] == roles[1:]
    assert "roles" not in patched(op("remove", "roles.value"), roles=roles[:1])


def test_a_sub_attribute_that_an_item_has_is_known() -> None:
    emails = [{"value": "a", "Verified": False}, {"value": "b"}]

    after = patched(op("replace", "emails[verified eq false].verified", "yes"), emails=emails)["emails"]
    assert after == [{"value": "a", "Verified": "yes"}, {"value": "b"}]
    assert patched(op("remove", "emails.VERIFIED"), emails=emails)["emails"] == [{"value": "a"}, {"value": "b"}]
    assert patched(op("replace", "name.legal", "L"), name={"Legal": "l"})["name"] == {"Legal": "L"}


def test_doors_of_an_extension_are_found_by_a_filter() -> None:
    doors = [{"id": "a", "open": True, "primary": True}, {"id": "b", "primary": True}, {"id": "c"}]
    path = f"{BADGE}:doors"
    seed = {BADGE: {"doors": doors}}

    assert patched(op("remove", f'{path}[id eq "b"]'), **seed)[BADGE]["doors"] == [doors[0], doors[2]]
    assert patched(op("replace", f'{path}[id eq "c"].open', 1), **seed)[BADGE]["doors"][2] == {"id": "c", "open": 1}
    assert patched(op("add", path, {"id": "d", "primary": True}), **seed)[BADGE]["doors"][:3] == doors


# -- More than one ---------------------------------------------------------------


def test_operations_build_on_each_other_and_leave_the_input_alone() -> None:
    before = copy.deepcopy(USER)
    value = {"value": "n@e.example", "type": "other"}
    operations = [
        op("add", "emails", [value]),
        op("replace", 'emails[type eq "other"].display', "New"),
        op("replace", "name.givenName", "Ottilie"),
        op("add", f"{BADGE}:doors", [{"id": "a"}]),
        op("replace", f'{BADGE}:doors[id eq "a"].open', True),
    ]
    sent = copy.deepcopy(operations)

    after = patched(*operations)

    assert after["emails"][2] == {**value, "display": "New"}
    assert after["name"]["givenName"] == "Ottilie"
    assert (USER, operations) == (before, sent)
    with pytest.raises(RefusedError):
        patched(*operations, op("replace", "nothing", 1))
    assert before == USER


def test_a_new_primary_takes_it_from_the_others() -> None:
    def primaries(*operations: Operation) -> list[Any]:
        return [email.get("primary") for email in patched(*operations)["emails"]]

    assert primaries(op("add", "emails", [{"value": "n", "primary": True}])) == [False, None, True]
    assert primaries(op("add", "emails", [{"value": "n", "primary": "True"}])) == [False, None, True]
    assert primaries(op("replace", 'emails[type eq "home"].primary', True)) == [False, True]
    assert primaries(op("add", 'emails[type eq "x"]', {"value": "n", "primary": True})) == [False, None, True]
    assert primaries(op("replace", 'emails[type eq "home"].primary', False)) == [True, False]
    assert primaries(op("replace", 'emails[type eq "work"].value', "w")) == [True, None]
    both = [{"value": "a", "primary": True}, {"value": "b", "primary": True}]
    assert refusal(op("replace", "emails", both)) == (
        "Operations[0].value: emails: one item at most is primary (invalidValue)"
    )
    assert "one item at most" in refusal(op("replace", "emails.primary", True), op("add", "emails", both))
