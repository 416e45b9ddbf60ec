"""What goes out of PATCH operations, and what is refused of them."""

from __future__ import annotations

from typing import Any

import pytest

from maia_scim import patch
from maia_scim.models import PatchOperation


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
