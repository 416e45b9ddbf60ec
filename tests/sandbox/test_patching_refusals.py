"""PATCH operations on plain JSON: what filters choose, and what is refused."""

from typing import Any

import pytest

from maia_scim.sandbox.directory import RefusedError
from maia_scim.sandbox.patching import apply
from maia_scim.sandbox.schema import schema
from tests.sandbox.patches import BADGE, CORE, ENTERPRISE, USER, group_patched, op, patched, refusal

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
