"""What the generated code makes of schemas that the present specification does not have."""

from __future__ import annotations

import importlib
import json
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.regen.packages import FIELDS, mutated, regenerated

TEXT = {"type": "string"}
SPEC = mutated(
    (
        ("components", "schemas", "Tags"),
        {"type": "object", "properties": {"label": TEXT}, "additionalProperties": TEXT},
    ),
    (
        ("components", "schemas", "Parts"),
        {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Meta"}},
    ),
    ((*FIELDS, "tags"), {"$ref": "#/components/schemas/Tags"}),
    ((*FIELDS, "parts"), {"$ref": "#/components/schemas/Parts"}),
    ((*FIELDS, "any"), {}),
    ((*FIELDS, "either"), {"oneOf": [{"$ref": "#/components/schemas/Meta"}, TEXT]}),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", "7"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["version", "a"]), inner, max_size=2),
    max_leaves=4,
)
NAMES = st.sampled_from(["label", "Label", "LABEL", "x", "X", "version"])


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("people")
    regenerated(SPEC, folder).rename(folder / "people_of_others")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module("people_of_others.models"), importlib.import_module("people_of_others.kept")


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(
    body=st.fixed_dictionaries(
        {}, optional={name: st.dictionaries(NAMES, VALUES, max_size=4) for name in ("tags", "parts")}
    )
)
def test_what_a_schema_has_one_type_for_goes_back_as_it_came(people: tuple[ModuleType, ModuleType], body: Any):
    models, _ = people
    user = models.ScimUser.from_dict(body)
    assert same(user.to_dict(), body)
    assert user == models.ScimUser.from_dict(user.to_dict())


def test_null_and_what_is_unreadable_keep_their_place_until_they_are_set(people: tuple[ModuleType, ModuleType]):
    models, _ = people
    tags = models.Tags.from_dict({"a": None, "b": {"c": 1}, "d": 7, "label": "x", "LABEL": 8})
    assert tags.additional_properties == {"d": "7", "LABEL": "8"}
    assert same(tags.to_dict(), {"a": None, "b": {"c": 1}, "d": 7, "label": "x", "LABEL": 8})
    tags["a"], tags["b"] = "new", "new"
    del tags["d"]
    tags.label = None
    assert same(tags.to_dict(), {"a": "new", "b": "new", "label": None, "LABEL": 8})


@pytest.mark.parametrize("name", ["parts", "any", "either"])
def test_the_outline_of_an_answer_tells_of_objects_wherever_they_may_be(
    people: tuple[ModuleType, ModuleType], name: str
):
    models, kept = people
    body = {name: {"version": {"version": "1", "a": 1} if name == "parts" else "1", "a": {"b": 1}}}
    user = models.ScimUser.from_dict(body)
    kept.keep(user, "https://example.com", json.dumps(body).encode(), None)
    outline = kept.kept(user).outline
    assert same(user.to_dict(), body)
    assert kept.speaks_of(user.to_dict(), outline)
    assert not kept.speaks_of({name: {"version": "1"}}, outline)
    assert not kept.speaks_of({name: {"version": body[name]["version"], "a": {}}}, outline)
