"""Resources to compare, and what they mean in SCIM, said in another way than the package does."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

# The same examples in every run of CI; others on every run elsewhere.
many = settings(derandomize="CI" in os.environ, database=None, deadline=None, max_examples=150)

_SCALARS = st.sampled_from([0, 1, 1.0, True, False, "", "a", "b", "1"])


def _objects(names: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have each name once, in any case."""
    spelled: list[Callable[[str], str]] = [str, str.lower, str.upper]
    spellings = st.sampled_from(spelled)
    pairs = st.tuples(st.sampled_from(names), spellings, values)
    return st.lists(pairs, unique_by=lambda pair: pair[0], max_size=len(names)).map(
        lambda found: {spell(name): value for name, spell, value in found}
    )


_ITEMS = _objects(["value", "type", "primary"], _SCALARS | st.none())
_ARRAYS = st.lists(_ITEMS | _SCALARS, max_size=3)
_LEAVES = _SCALARS | _ARRAYS | st.none() | st.builds(list) | st.builds(dict)
_COMPLEX = _objects(["givenName", "familyName", "value"], _LEAVES)
RESOURCES = _objects(["title", "name", "emails", "active", "x"], _LEAVES | _COMPLEX).flatmap(
    lambda core: _objects([ENTERPRISE, "id", "meta"], _objects(["department", "manager"], _LEAVES | _COMPLEX)).map(
        lambda others: {**core, **others}
    )
)
"""As SCIM shapes them: attributes, complex attributes and one extension, assigned or not, spelled in any case."""


def meaning(value: Any) -> Any:
    """What a value means: nothing, itself, or names in lower case with what they mean; arrays in a fixed order."""
    if isinstance(value, dict):
        inner = {key.lower(): meant for key, item in value.items() if (meant := meaning(item)) is not None}
        return inner or None
    if isinstance(value, list):
        return sorted(json.dumps(meaning(item), sort_keys=True) for item in value) or None
    return None if value is None else f"{type(value).__name__} {value}"
