"""For the reference: lets griffe, which reads code and runs none, see what ``maia_scim.models`` re-exports."""

from __future__ import annotations

from typing import Any

from griffe import Alias, Extension, GriffeLoader, Module


class Reexports(Extension):
    """Gives ``maia_scim.models`` the names that it takes from the generated package as they come."""

    def on_package(self, *, pkg: Module, loader: GriffeLoader, **_: Any) -> None:
        """Add them once the package is read."""
        if pkg.name == "maia_scim":
            for name in loader.modules_collection["maia_public_api.models"].exports:
                pkg["models"].set_member(name, Alias(name, f"maia_public_api.models.{name}"))
