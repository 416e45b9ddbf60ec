"""Which values SCIM compares without regard to letter case, against the schemas that scim2-models has of RFC 7643."""

from collections.abc import Iterator
from typing import Any

import pytest
from scim2_models import CaseExact, EnterpriseUser, User

from maia_scim.apply.case import only_case
from maia_scim.diff import Change

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
# scim2-models has no word of it, and RFC 7643 section 2.3.6 has: binary is case exact.
TEXTS = (str,)


def attributes(model: Any, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bool, bool]]:
    """Texts of a schema: where each stands, whether its case counts, and whether it is in an array."""
    for name, field in model.model_fields.items():
        if name in ("schemas", "meta"):
            continue
        kind = model.get_field_root_type(name)
        place = (*above, field.serialization_alias or field.alias or name)
        if hasattr(kind, "model_fields"):
            yield from attributes(kind, place)
        elif kind is not bool:
            yield place, model.get_field_annotation(name, CaseExact) is CaseExact.true, False


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


CASES = [
    *((".".join(map(camel, place)), exact) for place, exact, _ in attributes(User, ())),
    *((f"{ENTERPRISE}:{'.'.join(map(camel, place))}", exact) for place, exact, _ in attributes(EnterpriseUser, ())),
]
ARRAYS = {"emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles", "x509Certificates"}


@pytest.mark.parametrize(("path", "exact"), CASES)
def test_case_counts_as_the_schema_says(path: str, exact: bool) -> None:
    first, _, sub = path.partition(".")
    if first in ARRAYS:
        before: Any = [{sub: "Abc", "type": "work"}]
        after: Any = [{sub: "aBC", "type": "work"}]
        change = Change(first, before, after)
    else:
        change = Change(path, "Abc", "aBC")
    assert only_case(change) is not exact


def test_most_texts_are_looked_at() -> None:
    assert len(CASES) > 50
    assert sum(exact for _, exact in CASES) > 6


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a", "b"),
        ("a", None),
        (None, "A"),
        (True, "True"),
        ([{"value": "A"}], [{"value": "a"}, {"value": "b"}]),
        ([{"value": "A", "primary": True}], [{"value": "a", "primary": False}]),
    ],
)
def test_another_difference_is_more_than_case(before: Any, after: Any) -> None:
    assert not only_case(Change("emails", before, after))


def test_the_order_of_items_does_not_matter() -> None:
    assert only_case(Change("emails", [{"value": "A@x"}, {"value": "b@x"}], [{"value": "B@X"}, {"value": "a@x"}]))


def test_of_other_extensions_case_counts() -> None:
    assert not only_case(Change("urn:example:2.0:User:code", "Ab", "ab"))
    assert only_case(Change(f"{ENTERPRISE.upper()}:department", "Sales", "SALES"))


def test_the_unicode_form_does_not_count_where_case_does_not() -> None:
    composed, decomposed = "josé@x.example", "jose\u0301@x.example"
    assert only_case(Change("userName", composed, decomposed))
    assert only_case(Change("emails", [{"value": composed}], [{"value": decomposed.upper()}]))
    assert not only_case(Change("externalId", composed, decomposed))


def test_letters_beyond_ascii_fold_too() -> None:
    assert only_case(Change("title", "STRASSE ÄÖ", "straße äö"))
