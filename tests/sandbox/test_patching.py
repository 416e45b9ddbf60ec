"""PATCH operations on plain JSON: what RFC 7644 §3.5.2 says, and what clients that do not heed it mean."""

import copy
from typing import Any

import pytest

from maia_scim.sandbox.directory import RefusedError
from maia_scim.sandbox.patching import apply
from maia_scim.sandbox.schema import schema

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BADGE = "urn:example:params:scim:schemas:extension:badge:1.0:User"
USER: dict[str, Any] = {
    "schemas": [CORE, ENTERPRISE],
    "userName": "otto",
    "displayName": "Otto Lind",
    "active": True,
    "name": {"givenName": "Otto", "familyName": "Lind"},
    "emails": [
        {"value": "otto@work.example", "type": "work", "primary": True},
        {"value": "otto@home.example", "type": "home"},
    ],
    "addresses": [{"type": "work", "country": "SE", "locality": "Lund"}, {"type": "home", "locality": "Ystad"}],
    "x-shoe": 43,
    ENTERPRISE: {"department": "Data", "manager": {"value": "m1", "displayName": "Mai"}},
}
GROUP: dict[str, Any] = {
    "displayName": "Readers",
    "members": [{"value": "u1", "display": "Una", "type": "USER"}, {"value": "u2"}, {"value": "u3"}],
}
Operation = dict[str, Any]


def patched(*operations: Any, **changes: Any) -> dict[str, Any]:
    return apply(USER | changes, list(operations), schema("User"))


def group_patched(*operations: Operation) -> dict[str, Any]:
    return apply(GROUP, list(operations), schema("Group"))


def difference(after: dict[str, Any], before: dict[str, Any] = USER) -> dict[str, Any]:
    """What a patch changed; ``None`` for what it removed."""
    keys = before.keys() | after.keys()
    return {key: after.get(key) for key in keys if after.get(key) != before.get(key)}


def refusal(*operations: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        patched(*operations)
    assert caught.value.status == 400
    assert "\n" not in caught.value.detail
    return caught.value.detail


def op(name: str, path: str | None = None, *value: Any) -> Operation:
    return {"op": name} | ({} if path is None else {"path": path}) | ({"value": value[0]} if value else {})


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


# -- Filters ---------------------------------------------------------------------

ITEMS: list[Any] = [
    {"n": 0, "value": "Alpha", "type": "work", "primary": True, "size": 10, "note": {"by": "Ann"}, "tags": ["x", "y"]},
    {"n": 1, "value": "beta", "type": "HOME", "primary": False, "size": 2.5, "display": ""},
    {"n": 2, "Value": 'quo"te', "size": -1500.0},
]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ('value eq "ALPHA"', [0]),
        ('VALUE EQ "alpha"', [0]),
        ('value ne "alpha"', [1, 2]),
        ('type ne "work"', [1, 2]),
        ('value co "ET"', [1]),
        ('value sw "al"', [0]),
        ('value sw "lph"', []),
        ('value ew "TA"', [1]),
        ('value ew "et"', []),
        ('value gt "alpha"', [1, 2]),
        ('value ge "Alpha"', [0, 1, 2]),
        ('value lt "BETA"', [0]),
        ('value le "beta"', [0, 1]),
        ('value eq "quo\\"te"', [2]),
        ('value eq "\\u0061lpha"', [0]),
        ("size eq 10", [0]),
        ("size eq 10.0", [0]),
        ('size eq "10"', []),
        ("size gt 2", [0, 1]),
        ("size ge 2.5", [0, 1]),
        ("size lt 2.5", [2]),
        ("size le -1.5e3", [2]),
        ('size gt "2"', []),
        ("primary eq true", [0]),
        ("primary eq false", [1]),
        ('primary eq "TRUE"', [0]),
        ("primary eq 1", []),
        ("size eq true", []),
        ("type eq null", [2]),
        ("type ne null", [0, 1]),
        ("type pr", [0, 1]),
        ("display pr", []),
        ("primary pr", [0, 1]),
        ("note pr", [0]),
        ("tags pr", [0]),
        ('note.by eq "ann"', [0]),
        ('tags eq "y"', [0]),
        ('tags ne "y"', [1, 2]),
        ('type eq "work" and primary eq true', [0]),
        ('type eq "work" or type eq "home" and primary eq true', [0]),
        ('(type eq "work" or type eq "home") and primary eq false', [1]),
        ('not (type eq "work")', [1, 2]),
        ('not (type eq "work") and type pr', [1]),
        ('not(type pr or value co "x")', [2]),
    ],
)
def test_filters(chosen: str, found: list[int]) -> None:
    kept = patched(op("remove", f"{BADGE}:items[{chosen}]"), **{BADGE: {"items": ITEMS}}).get(BADGE, {"items": []})

    assert [item["n"] for item in ITEMS if item not in kept["items"]] == found


def test_a_filter_on_plain_values_compares_them_themselves() -> None:
    def left(chosen: str) -> Any:
        after = patched(op("remove", f"{BADGE}:codes[{chosen}]"), **{BADGE: {"codes": ["A", "b", 3]}})
        return after.get(BADGE, {}).get("codes")

    assert left('value eq "a"') == ["b", 3]
    assert left("value gt 2") == ["A", "b"]
    assert left('value.x eq "a"') == ["A", "b", 3]
    assert left('other eq "a"') == ["A", "b", 3]
    assert left("value pr") is None


@pytest.mark.parametrize(
    ("array", "sub"), [("photos", "value"), ("x509Certificates", "value"), ("members", "$ref"), ("members", "ref")]
)
def test_references_and_binary_values_are_compared_to_the_letter(array: str, sub: str) -> None:
    kind = "Group" if array == "members" else "User"
    seed = {"userName": "a", "displayName": "a", array: [{"value": "1", sub: "Ab"}]}

    assert array in apply(seed, [op("remove", f'{array}[{sub} eq "ab"]')], schema(kind))
    assert array not in apply(seed, [op("remove", f'{array}[{sub} eq "Ab"]')], schema(kind))


# -- Refusals ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (op("replace", "nonsense", "x"), "path: a User has no attribute 'nonsense' (invalidPath)"),
        (op("replace", None, {"nonsense": "x"}), "value: a User has no attribute 'nonsense' (invalidPath)"),
        (op("remove", "nonsense"), "path: a User has no attribute 'nonsense' (invalidPath)"),
        (op("replace", "name.nonsense", "x"), "path: name has no sub-attribute 'nonsense' (invalidPath)"),
        (op("replace", "emails.nonsense", "x"), "path: emails has no sub-attribute 'nonsense' (invalidPath)"),
        (op("replace", "title.value", "x"), "path: title has no sub-attribute 'value' (invalidPath)"),
        (op("replace", "x-shoe.size", 1), "path: x-shoe has no sub-attributes here (invalidPath)"),
        (op("replace", 'emails[type eq "home"].x', 1), "path: emails has no sub-attribute 'x' (invalidPath)"),
        (op("remove", 'emails[x eq "home"]'), "path: emails has no sub-attribute 'x' (invalidFilter)"),
        (op("remove", 'emails[type pr or not (x eq "home")]'), "path: emails has no sub-attribute 'x' (invalidFilter)"),
        (op("replace", 'emails[value.x eq "y"].type', "z"), "looks for (noTarget)"),
        (op("remove", "emails[primary gt true]"), "path: gt does not compare booleans (invalidFilter)"),
        (op("remove", 'title[value eq "x"]'), "path: title is no array: it takes no filter (invalidPath)"),
        (op("remove", 'x-shoe[value eq "x"]'), "path: x-shoe is no array: it takes no filter (invalidPath)"),
        (op("remove", 'schemas[value eq "x"].y'), "path: schemas has no sub-attribute 'y' (invalidPath)"),
        (op("replace", "", "x"), "path: '' is no path, such as title, name.givenName or urn:…:User:department"),
        (op("replace", "na me", "x"), "path: 'na me' is no path"),
        (op("replace", "a.b.c", "x"), "path: 'a.b.c' is no path"),
        (op("replace", f"{CORE}:", "x"), f"path: '{CORE}:' is no path"),
        ({"op": "replace", "path": 3, "value": "x"}, "path: a path is text (invalidPath)"),
        (op("replace", "emails[", "x"), "path: 'emails[': invalid syntax at column"),
        (op("replace", "emails[type eq home]", "x"), "path: 'emails[type eq home]': invalid syntax at column 16"),
        (op("replace", 'emails[type eq "a"].b.c', "x"), "invalid syntax at column"),
        (op("replace", 'type eq "["', "x"), "a filter stands in brackets after an array"),
        (op("replace", 'emails[type co "x"].value', "y"), "path: no item of emails is what the filter looks for (noTa"),
        (op("replace", 'emails[type eq "x" and display eq "y"].value', "y"), "(noTarget)"),
        (op("replace", "emails[type eq null].value", "y"), "(noTarget)"),
        (op("replace", 'emails[type eq "x"]', {"type": "y"}), "value: it is not what the filter of emails looks for"),
        (op("replace", 'emails[type eq "x"]', "y"), "path: no item of emails is what the filter looks for"),
        (op("replace", "id", "x"), "path: id is the service's to set (mutability)"),
        (op("replace", f"{CORE}:id", "x"), "path: id is the service's to set (mutability)"),
        (op("replace", "Meta.version", "x"), "path: Meta is the service's to set (mutability)"),
        (op("remove", "groups"), "path: groups is the service's to set (mutability)"),
        (op("remove", 'groups[value eq "1"]'), "path: groups is the service's to set (mutability)"),
        (op("remove", "schemas"), "path: schemas is the service's to set (mutability)"),
        (op("remove", "userName"), "path: userName is required: it cannot be left without a value (mutability)"),
        (op("replace", "username", None), "path: userName is required"),
        (op("replace", "userName", ""), "path: userName is required"),
        (op("replace", None, {"userName": None}), "value: userName is required"),
        (op("replace", "userName", 7), "value: userName: text is needed, not a number (invalidValue)"),
        (op("replace", "active", "perhaps"), "value: active: a boolean is needed, not text (invalidValue)"),
        (op("replace", "active", 1), "value: active: a boolean is needed, not a number (invalidValue)"),
        (op("replace", "emails", "x"), "value: emails: an array is needed, not text (invalidValue)"),
        (op("add", "emails", "x"), "value: emails: an array is needed, not text (invalidValue)"),
        (op("add", "emails", ["x", 1]), "value: emails[0]: an object is needed, not text; emails[1]: an object is nee"),
        (op("replace", "name", "x"), "value: name: an object is needed, not text (invalidValue)"),
        (op("replace", "name.givenName", {}), "value: name.givenName: text is needed, not an object (invalidValue)"),
        (op("replace", "name", {"givenName": 1}), "value: name.givenName: text is needed, not a number"),
        (op("replace", 'emails[type eq "work"].value', 10), "value: emails.value: text is needed, not a number"),
        (op("replace", ENTERPRISE, "x"), f"value: {ENTERPRISE} needs an object (invalidValue)"),
        (op("remove"), "path: remove needs a path (noTarget)"),
        (op("remove", None, [{"value": "x"}]), "path: remove needs a path (noTarget)"),
        (op("remove", CORE), "path: PATCH does not remove the resource itself (noTarget)"),
        (op("move", "title", "x"), "op: it must be add, replace or remove (invalidSyntax)"),
        ({"path": "title", "value": "x"}, "op: it must be add, replace or remove (invalidSyntax)"),
        ({"op": 1, "path": "title", "value": "x"}, "op: it must be add, replace or remove (invalidSyntax)"),
        (op("add", "title"), "value: add needs a value (invalidValue)"),
        (op("replace", "title"), "value: replace needs a value (invalidValue)"),
        (op("replace", None, "x"), "value: without a path, an object of attributes is needed (invalidValue)"),
        (op("replace", None, None), "value: without a path, an object of attributes is needed (invalidValue)"),
        ("remove", "op: an operation is an object with op, path and value (invalidSyntax)"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(operation: Any, said: str) -> None:
    detail = refusal(op("replace", "title", "fine"), operation)

    assert detail.startswith("Operations[1].")
    assert said in detail


def test_an_extension_must_be_an_object_to_have_attributes() -> None:
    with pytest.raises(RefusedError, match=r"Operations\[0\]\.path: urn:.* holds no object \(noTarget\)"):
        patched(op("replace", f"{BADGE}:level", 3), **{BADGE: "gold"})


@pytest.mark.parametrize("operations", [None, [], {}, "x", {"op": "remove", "path": "title"}])
def test_there_must_be_operations(operations: object) -> None:
    with pytest.raises(RefusedError, match="Operations: an array of one operation or more is needed"):
        apply(USER, operations, schema("User"))


def test_a_group_requires_its_name() -> None:
    with pytest.raises(RefusedError, match="displayName is required"):
        group_patched(op("remove", "displayName"))
