"""A user of a name and addresses."""

from __future__ import annotations

from typing import Any

from tests.apply.small import user


def named(id: str, name: str, *others: str, **more: Any) -> dict[str, Any]:
    """A user whose first address is the name."""
    emails = [{"value": each, "type": "work"} for each in (name, *others)]
    return user(id, userName=name, emails=emails, **more)
