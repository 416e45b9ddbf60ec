"""The Overlay specification's own examples, its fine print, and this project's rules."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from scripts.regen import document, overlay
from scripts.regen.errors import RegenError
from scripts.regen.overlay import OverlayError

PETS: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {
            "get": {
                "summary": "All pets",
                "parameters": [
                    {"name": "filter", "in": "query", "schema": {"type": "string"}},
                    {"name": "dummy", "in": "query"},
                    {"name": "filter", "in": "header"},
                ],
                "x-traits": {"paged": True},
            },
            "post": {"summary": "A new pet"},
        },
        "/owners": {"get": {"summary": "All owners", "parameters": []}},
    },
    "components": {"schemas": {"Pet": {"type": "object"}}},
    "tags": [{"name": "pets"}],
}


def applied(text: str, to: dict[str, Any] = PETS) -> dict[str, Any]:
    """Apply the actions of a YAML list, in order; the document given stays as it is."""
    before, result = copy.deepcopy(to), to
    for action in document.load(text):
        result, _ = overlay.apply(result, action)
    assert to == before
    return result


def test_a_structured_overlay_merges_at_the_root() -> None:
    result = applied("""
    - target: $
      update:
        info:
          x-overlay-applied: structured
        paths:
          /pets:
            get:
              summary: Every pet
              x-rate-limit: 100
        components:
        tags:
    """)
    assert result["info"] == {"title": "Pets", "version": "1", "x-overlay-applied": "structured"}
    assert result["paths"]["/pets"]["get"]["summary"] == "Every pet"
    assert result["paths"]["/pets"]["get"]["x-rate-limit"] == 100
    assert result["paths"]["/pets"]["post"] == {"summary": "A new pet"}
    assert (result["components"], result["tags"]) == (PETS["components"], PETS["tags"])


def test_targeted_actions_build_on_each_other() -> None:
    result = applied("""
    - target: $.paths['/pets'].get
      update: {description: First}
    - target: $.paths['/pets'].get
      update: {description: Second}
    - target: $.paths['/owners']
      update: {post: {summary: A new owner, x-safe: false}}
    """)
    assert result["paths"]["/pets"]["get"]["description"] == "Second"
    assert result["paths"]["/owners"]["post"] == {"summary": "A new owner", "x-safe": False}


def test_wildcards_and_filters_select_many() -> None:
    result = applied("""
    - target: $.paths.*.get
      update: {x-safe: true}
    - target: $.paths.*.get.parameters[?@.name=='filter' && @.in=='query']
      update: {schema: {$ref: '#/components/schemas/filterSchema'}}
    """)
    assert [result["paths"][path]["get"]["x-safe"] for path in ("/pets", "/owners")] == [True, True]
    first, _, last = result["paths"]["/pets"]["get"]["parameters"]
    assert first["schema"] == {"type": "string", "$ref": "#/components/schemas/filterSchema"}
    assert "schema" not in last


def test_an_array_gets_another_item_and_loses_those_that_match() -> None:
    result = applied("""
    - target: $.paths.*.get.parameters
      update: {name: newParam, in: query}
    - target: $.paths.*.get.parameters[?@.name == 'dummy']
      remove: true
    """)
    names = [parameter["name"] for parameter in result["paths"]["/pets"]["get"]["parameters"]]
    assert names == ["filter", "filter", "newParam"]
    assert result["paths"]["/owners"]["get"]["parameters"] == [{"name": "newParam", "in": "query"}]


def test_traits_select_where_they_stand() -> None:
    result = applied("""
    - target: $.paths.*[?@['x-traits'].paged]
      update: {parameters: [{name: top, in: query}]}
    """)
    assert [it["name"] for it in result["paths"]["/pets"]["get"]["parameters"]] == ["filter", "dummy", "filter", "top"]
    assert result["paths"]["/owners"] == PETS["paths"]["/owners"]


def test_what_was_removed_can_be_made_anew() -> None:
    result = applied("""
    - target: $.paths['/pets']
      remove: true
    - target: $.paths
      update: {/pets: {delete: {summary: No pets}}}
    """)
    assert result["paths"]["/pets"] == {"delete": {"summary": "No pets"}}


def test_several_items_of_one_array_go_at_once() -> None:
    result = applied('- {target: \'$.paths["/pets"].get.parameters[?@.name=="filter"]\', remove: true}')
    assert [it["name"] for it in result["paths"]["/pets"]["get"]["parameters"]] == ["dummy"]


def test_a_node_and_what_is_in_it_may_both_be_removed() -> None:
    assert "info" not in applied("- {target: '$..[?@.title || @.summary]', remove: true}")


def test_remove_false_updates() -> None:
    assert applied("- {target: $.info, remove: false, update: {title: X}}")["info"]["title"] == "X"


def test_remove_true_wins_over_update() -> None:
    assert "info" not in applied("- {target: $.info, remove: true, update: {title: X}}")


def test_neither_update_nor_remove_changes_nothing() -> None:
    assert applied("- {target: $.info}") == PETS


def test_targets_share_no_update() -> None:
    result = applied("""
    - target: $.paths.*.get
      update: {x-note: {words: [one]}}
    - target: $.paths['/pets'].get['x-note']
      update: {words: [two]}
    """)
    assert result["paths"]["/pets"]["get"]["x-note"] == {"words": ["one", "two"]}
    assert result["paths"]["/owners"]["get"]["x-note"] == {"words": ["one"]}


def test_a_node_that_a_query_finds_twice_is_updated_once() -> None:
    result = applied("- {target: \"$['tags','tags']\", update: {name: more}}")
    assert result["tags"] == [{"name": "pets"}, {"name": "more"}]


@pytest.mark.parametrize(
    ("action", "word"),
    [
        ("{target: paths, update: {}}", "no JSONPath"),
        ("{target: '$.paths[', update: {}}", "no JSONPath"),
        ("{target: $.info.title, update: X}", "/info/title is neither an object nor an array"),
        ("{target: $.info.title, remove: true}", "/info/title is neither an object nor an array"),
        ("{target: $.info, update: text}", "/info is an object, and the update is none"),
        ("{target: $, update: {info: text}}", "/info is an object, and the update has a plain value there"),
        ("{target: $, update: {tags: {name: x}}}", "/tags is an array, and the update has an object there"),
        ("{target: $.info, update: {title: [x]}}", "/info/title is a plain value, and the update has an array there"),
        ("{target: $, remove: true}", "the whole document cannot be removed"),
    ],
)
def test_an_action_that_does_not_fit_is_refused(action: str, word: str) -> None:
    with pytest.raises(OverlayError) as error:
        applied(f"- {action}")
    assert word in str(error.value)


HEAD = "overlay: 1.0.0\ninfo: {title: T, version: '1'}\n"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "overlay: 1.0.0"),
        ("overlay: 2.0.0\n", "overlay: 1.0.0"),
        ("overlay: 1.0.0\nactions: [{target: $}]\n", "'info' needs"),
        (HEAD, "at least one action"),
        (HEAD + "actions: []\n", "at least one action"),
        (HEAD + "actions: [{update: {}}]\n", "action 1 has no 'target'"),
        (HEAD + "actions: [{target: $, remove: 'yes'}]\n", "neither true nor false"),
        (HEAD + "actions: [{target: $, updates: {}}]\n", "unknown field 'updates'"),
        (HEAD + "action: [{target: $}]\n", "unknown field 'action'"),
        (HEAD + "actions: [\n", "line "),
    ],
)
def test_what_is_no_overlay_is_refused(text: str, word: str) -> None:
    with pytest.raises(OverlayError) as error:
        overlay.parse(text)
    assert word in str(error.value)


def test_extensions_are_no_unknown_fields() -> None:
    actions = overlay.parse(HEAD + "x-mine: 1\nextends: a.yaml\nactions: [{target: $, x-source: s, description: d}]\n")
    assert actions == [{"target": "$", "x-source": "s", "description": "d"}]


def ours(tmp_path: Path, actions: str, spec: dict[str, Any] = PETS) -> tuple[dict[str, Any], list[str]]:
    """Apply an overlay file by this project's rules."""
    file = tmp_path / "10-test.yaml"
    file.write_text(HEAD + "actions:\n" + actions, encoding="utf-8")
    before = copy.deepcopy(spec)
    result = overlay.apply_files(spec, [file])
    assert spec == before
    return result


WHY = "description: why, x-source: how we know"


def test_an_action_that_matches_nothing_fails(tmp_path: Path) -> None:
    with pytest.raises(RegenError) as error:
        ours(tmp_path, f"- {{target: \"$.paths['/cats']\", {WHY}, update: {{x: 1}}}}\n")
    assert error.value.where == "openapi/overlays/10-test.yaml, action 1 ($.paths['/cats'])"
    assert "matches nothing" in error.value.why


def test_an_action_that_changes_nothing_is_called_superfluous(tmp_path: Path) -> None:
    result, notes = ours(tmp_path, f"- {{target: $.info, {WHY}, update: {{title: Pets}}}}\n")
    assert result == PETS
    assert len(notes) == 1
    assert "superfluous" in notes[0]


@pytest.mark.parametrize("missing", ["description: why", "x-source: how we know", "x-source: ''"])
def test_an_action_needs_its_reason_and_source(tmp_path: Path, missing: str) -> None:
    have = "x-source: how we know" if missing.startswith("d") else "description: why"
    with pytest.raises(RegenError) as error:
        ours(tmp_path, f"- {{target: $.info, {have}, update: {{title: X}}}}\n")
    assert repr(missing.split(":", maxsplit=1)[0]) in error.value.why


def test_an_added_operation_gives_way_to_the_vendors(tmp_path: Path) -> None:
    added = "/pets: {get: {summary: ours}, delete: {summary: ours}}"
    result, notes = ours(tmp_path, f"- {{target: $.paths, {WHY}, update: {{{added}}}}}\n")
    assert result["paths"]["/pets"]["get"] == PETS["paths"]["/pets"]["get"]
    assert result["paths"]["/pets"]["delete"] == {"summary": "ours"}
    assert len(notes) == 1
    assert notes[0].endswith("has GET /pets now: the addition can go")


def test_an_added_operation_gives_way_under_another_parameter_name(tmp_path: Path) -> None:
    spec = copy.deepcopy(PETS)
    spec["paths"]["/pets/{petId}"] = {"get": {"summary": "theirs"}}
    action = f"- {{target: $.paths, {WHY}, update: {{'/pets/{{id}}': {{get: {{summary: ours}}}}}}}}\n"
    result, notes = ours(tmp_path, action, spec)
    assert result == spec
    assert notes[0].endswith("has GET /pets/{id} now: the addition can go")


def test_an_operation_added_to_a_path_gives_way(tmp_path: Path) -> None:
    action = f"- {{target: \"$.paths['/pets']\", {WHY}, update: {{post: {{summary: ours}}}}}}\n"
    result, notes = ours(tmp_path, action)
    assert result == PETS
    assert notes[0].endswith("has POST /pets now: the addition can go")


@pytest.mark.parametrize(
    ("target", "update"),
    [
        ("$.components.schemas", "Pet: {type: string}, Toy: {type: object}"),
        ("$.components", "schemas: {Pet: {type: string}, Toy: {type: object}}"),
    ],
)
def test_an_added_component_gives_way(tmp_path: Path, target: str, update: str) -> None:
    result, notes = ours(tmp_path, f"- {{target: {target}, {WHY}, update: {{{update}}}}}\n")
    assert result["components"]["schemas"] == {"Pet": {"type": "object"}, "Toy": {"type": "object"}}
    assert notes[0].endswith("has components/schemas/Pet now: the addition can go")


def test_a_repair_of_an_operation_does_not_give_way(tmp_path: Path) -> None:
    result, notes = ours(tmp_path, f"- {{target: \"$.paths['/pets'].get\", {WHY}, update: {{summary: mended}}}}\n")
    assert result["paths"]["/pets"]["get"]["summary"] == "mended"
    assert notes == []


def test_security_reaches_every_operation_without_its_own() -> None:
    spec: dict[str, Any] = copy.deepcopy(PETS) | {"security": [{"bearer": []}]}
    spec["paths"]["/owners"]["get"]["security"] = []
    result = overlay.spread_security(spec)
    assert result["paths"]["/pets"]["get"]["security"] == [{"bearer": []}]
    assert result["paths"]["/pets"]["post"]["security"] == [{"bearer": []}]
    assert result["paths"]["/owners"]["get"]["security"] == []
    assert "security" not in spec["paths"]["/pets"]["get"]
    assert overlay.spread_security(PETS) == PETS
