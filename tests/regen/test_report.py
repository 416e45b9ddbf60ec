"""The report: the verdict of real regenerations, how it reads, and what it asks of the version."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.regen import report
from scripts.regen.report import build
from scripts.regen.verdict import Bump, Finding
from tests.regen.packages import FIELDS, PUT, SPEC, Json, mutated, regenerated
from tests.regen.reports import FULL, NOTHING


@pytest.fixture(scope="module")
def old_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return regenerated(SPEC, tmp_path_factory.mktemp("old"))


@pytest.fixture
def facade(tmp_path: Path) -> Path:
    folder = tmp_path / "maia_scim"
    folder.mkdir()
    (folder / "users.py").write_text(
        "from maia_public_api.api.directory_integration import update_user\n", encoding="utf-8"
    )
    return folder


MUTATIONS: list[tuple[Any, ...]] = [
    # what, edits, verdict, from which side: what the specification shows, what Python shows
    ("optional field added", [((*FIELDS, "nickName"), {"type": "string"})], "minor", "minor", "minor"),
    (
        "field inserted in the middle",
        [(FIELDS, {"active": {"type": "boolean"}, **SPEC["components"]["schemas"]["ScimUser"]["properties"]})],
        "minor",
        "minor",
        "minor",
    ),
    ("field removed", [((*FIELDS, "displayName"), None)], "major", "major", "major"),
    ("field type changed", [((*FIELDS, "displayName", "type"), "integer")], "major", "major", "major"),
    ("operationId renamed", [((*PUT, "operationId"), "replaceUser")], "major", "major", "major"),
    ("tag renamed", [((*PUT, "tags"), ["Users"])], "major", "major", "major"),
    ("enum value added", [((*FIELDS, "type", "enum"), ["DIRECT", "INDIRECT", "NONE"])], "minor", "minor", "minor"),
    ("enum value removed", [((*FIELDS, "type", "enum"), ["DIRECT"])], "major", "major", "major"),
    (
        "server added",
        [(("servers",), [*SPEC["servers"], {"description": "AU1", "url": "https://au1.example.com"}])],
        "minor",
        "minor",
        "minor",
    ),
    ("server removed", [(("servers",), SPEC["servers"][:1])], "major", "major", "major"),
    (
        "result type changed",
        [((*PUT, "responses", "200", "content", "application/json", "schema"), {"$ref": "#/components/schemas/Meta"})],
        "major",
        "major",
        "major",
    ),
    # Every attribute has a default in Python, so the signature stays; at most a docstring speaks of it.
    (
        "field becomes required",
        [(("components", "schemas", "ScimUser", "required"), ["displayName"])],
        "minor",
        "minor",
        "none",
    ),
    ("described", [((*FIELDS, "displayName", "description"), "As shown")], "patch", "patch", "patch"),
    (
        "path moved",
        [(("paths",), {"/v2/Users/{id}": SPEC["paths"]["/v1/Users/{id}"]})],
        "minor",
        "minor",
        "patch",
    ),
    ("nothing", [], "none", "none", "none"),
]


@pytest.mark.parametrize(
    ("edits", "bump", "spec_bump", "python_bump"), [pytest.param(*it[1:], id=it[0]) for it in MUTATIONS]
)
def test_verdict_of_a_regeneration(
    tmp_path: Path, old_package: Path, facade: Path, edits: Any, bump: Bump, spec_bump: Bump, python_bump: Bump
) -> None:
    new_spec = mutated(*edits)
    new_package = regenerated(new_spec, tmp_path / "new")

    def verdict(old_spec: Json, spec: Json, before: Path, after: Path) -> Bump:
        return build(
            old_spec=old_spec,
            new_spec=spec,
            old_package=before,
            new_package=after,
            facade=facade,
            base="v1.0.0",
            notes=[],
        ).bump

    assert verdict(SPEC, new_spec, old_package, new_package) == bump
    assert verdict(SPEC, new_spec, new_package, new_package) == spec_bump
    assert verdict(SPEC, SPEC, old_package, new_package) == python_bump


def test_without_a_release_the_specification_decides(tmp_path: Path, facade: Path) -> None:
    missing = tmp_path / "nowhere"
    found = build(
        old_spec=SPEC,
        new_spec=mutated(((*FIELDS, "displayName"), None)),
        old_package=None,
        new_package=missing,
        facade=facade,
        base=None,
        notes=["not shallow, just new"],
    )

    assert found.bump == "major"
    assert found.python == ()
    assert "No release to compare with: the verdict comes from the difference of the specifications alone." in (
        found.to_markdown()
    )
    assert json.loads(found.to_json())["base"] is None


MARKDOWN = """\
# Regeneration report

**Verdict: major** — code that uses the package may break (before 1.0: raise y of 0.y.z).

Compared with `v1.0.0`: the specification and the generated package.

| | added | removed | changed |
|---|--:|--:|--:|
| Servers | 1 |  |  |
| Fields |  |  | 1 |
| Enum values | 2 |  |  |

## Servers

- **minor** · `AU1` added: `https://au1.example.com/dpc` — Region.AU1 is new

## Fields

- **major** · `ScimUser.displayName` changed: `string` → `integer` — its Python type changes
- **patch** · `ScimUser.displayName` changed — description only

## Enum values

- **minor** · `UserGroup.type` added: `NESTED` — a new member
- **minor** · `UserGroup.type` added: `OTHER` — a new member

## Breaking changes of the Python surface

- **major** · `models.ScimUser.display_name` changed: `a` → `b` — the attribute's type changes

## Other changes of the Python surface

- **minor** · `models.UserGroupType.NESTED` added — a new name

## No longer type-checks

Examples and tests of `v1.0.0` that check against its own code, and not against the new. \
An error in an example calls for a major bump; a test may reach into what is private: judge by hand.

- `examples/quick_start.py:3: error: Unsupported operand`

## Operations without a facade method

The functions of `maia_public_api.api` can call them.

- `getUser (GET /Users/{id})`

## Notes

- the overlay is superfluous
"""


def test_markdown() -> None:
    assert FULL.to_markdown() == MARKDOWN


def test_markdown_of_nothing_has_no_empty_section() -> None:
    assert NOTHING.to_markdown() == (
        "# Regeneration report\n\n"
        "**Verdict: none** — nothing changed, no version bump is called for.\n\n"
        "Compared with `v1.0.0`: the specification and the generated package.\n"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a`b", "``a`b``"),
        ("``", "``` `` ```"),
        ("two\nlines", "`two lines`"),
        ("", "`  `"),
        ("x" * 200, f"`{'x' * 99}…`"),
    ],
)
def test_text_of_the_specification_stays_text(text: str, shown: str) -> None:
    finding = Finding("fields", "User.name", "changed", "minor", "why", text, "b")

    assert f": {shown} → `b` — why" in replace(NOTHING, spec=(finding,)).to_markdown()


def test_json_is_whole_and_sorted() -> None:
    long = "x" * 200
    finding = Finding("fields", "User.näme", "changed", "minor", "why", long, "b")
    text = replace(FULL, spec=(finding,)).to_json()
    data = json.loads(text)

    assert data["bump"] == "major"
    assert data["spec"] == [
        {
            "kind": "fields",
            "name": "User.näme",
            "action": "changed",
            "bump": "minor",
            "why": "why",
            "before": long,
            "after": "b",
        }
    ]
    assert data["operations_without_facade_method"] == ["getUser (GET /Users/{id})"]
    assert data["type_errors"] == list(FULL.type_errors)
    assert text == json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


@pytest.mark.parametrize(
    ("errors", "bump"),
    [(["examples/a.py:1: error: gone"], "major"), (["tests/a.py:1: error: gone"], "none"), ([], "none")],
)
def test_an_example_that_no_longer_checks_is_a_break(
    old_package: Path, facade: Path, errors: list[str], bump: Bump
) -> None:
    found = build(
        old_spec=SPEC,
        new_spec=SPEC,
        old_package=old_package,
        new_package=old_package,
        facade=facade,
        base="v1.0.0",
        notes=[],
        type_errors=errors,
    )

    assert found.bump == bump
    assert list(found.type_errors) == errors


def test_the_same_input_gives_the_same_text(tmp_path: Path, old_package: Path, facade: Path) -> None:
    new_spec = mutated(((*FIELDS, "a"), {"type": "string"}), ((*FIELDS, "b"), {"type": "string"}), (PUT, None))
    new_package = regenerated(new_spec, tmp_path / "new")
    texts = {
        (it.to_markdown(), it.to_json())
        for it in (
            build(
                old_spec=SPEC,
                new_spec=new_spec,
                old_package=old_package,
                new_package=new_package,
                facade=facade,
                base="v1.0.0",
                notes=[],
            )
            for _ in range(2)
        )
    }

    assert len(texts) == 1


def test_the_type_check_is_at_hand() -> None:
    assert report.type_check.__module__ == "scripts.regen.typecheck"
