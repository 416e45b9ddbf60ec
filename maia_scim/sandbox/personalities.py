"""The servers that a sandbox can be like, imported when one is wanted."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, cast, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_scim.sandbox.clock import Clock
    from maia_scim.sandbox.directory import Directory

Personality = Literal["default", "strict", "scimple", "hostile"]
"""Whom the sandbox answers in the manner of; see `Sandbox`."""

_CLASSES: dict[Personality, tuple[str, str]] = {
    "default": ("strict", "StrictDirectory"),
    "strict": ("strict", "StrictDirectory"),
    "scimple": ("scimple", "ScimpleDirectory"),
    "hostile": ("hostile", "HostileDirectory"),
}
MISSING = "The sandbox needs more packages: pip install 'maia-scim[sandbox]'"


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
    module, name = _CLASSES[personality]
    try:
        made = getattr(import_module(f"maia_scim.sandbox.{module}"), name)
    except ModuleNotFoundError as error:
        raise ImportError(MISSING, name=error.name) from error
    return cast("Callable[[str, Clock], Directory]", made)(base_url, clock)
