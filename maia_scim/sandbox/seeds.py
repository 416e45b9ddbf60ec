"""What a sandbox begins with."""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from maia_scim.sandbox.directory import State


def seeded(users: Iterable[Mapping[str, Any]] | None, groups: Iterable[Mapping[str, Any]] | None) -> State:
    """Return what to begin with: what was given, else the built-in users, and groups only with the users they name."""
    text = resources.files("maia_scim.sandbox").joinpath("seed.json").read_text("utf-8")
    builtin: State = json.loads(text)
    if groups is None:
        groups = builtin["groups"] if users is None else []
    seed = {"users": list(builtin["users"] if users is None else users), "groups": list(groups)}
    return cast("State", copy.deepcopy(seed))  # what the caller changes later must not change what `reset` goes back to
