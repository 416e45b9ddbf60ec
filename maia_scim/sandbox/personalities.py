"""The servers that a sandbox can be like, imported when one is wanted."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, cast, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_scim.sandbox.clock import Clock
    from maia_scim.sandbox.directory import Directory

Personality = Literal["default", "strict", "scimple", "hostile"]
"""Whom the sandbox answers in the manner of; see `Sandbox`."""

_CLASSES: dict[Personality, tuple[str, str]] = {
    "default": ("plain", "PlainDirectory"),
    "strict": ("strict", "StrictDirectory"),
    "scimple": ("scimple", "ScimpleDirectory"),
    "hostile": ("hostile", "HostileDirectory"),
}
MISSING = "The sandbox needs scim2-server: pip install 'maia-scim[sandbox]'"


def check(personality: str) -> None:
    """Refuse an unknown personality.

    Raises:
        ValueError: naming those there are.
    """
    if personality not in _CLASSES:
        raise ValueError(f"personality must be one of {', '.join(get_args(Personality))}: {personality!r}")


def make(personality: Personality, base_url: str, clock: Clock) -> Directory:
    """Make the directory of a personality, empty.

    Raises:
        ImportError: when the extra ``sandbox`` is not installed.
    """
    if find_spec("scim2_server") is None:  # not every personality imports it at once, but each needs it for something
        raise ImportError(MISSING, name="scim2_server")
    module, name = _CLASSES[personality]
    made = getattr(import_module(f"maia_scim.sandbox.{module}"), name)
    return cast("Callable[[str, Clock], Directory]", made)(base_url, clock)
