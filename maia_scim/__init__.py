"""Python SDK for the SCIM 2.0 directory API of Maia (formerly Matillion Data Productivity Cloud)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from maia_public_api.servers import Region
    from maia_public_api.spec import SPEC

    from . import apply, errors, events, limits, models, patch
    from .auth import BearerToken, ClientCredentials
    from .client import AsyncMaiaScim, MaiaScim
    from .limits import RateLimit
    from .many import Outcome, Progress
    from .retry import RetryPolicy
    from .token_cache import FileTokenCache

# Where each name lives. It is imported on first use, so that a program pays for what it uses.
_HOMES = {
    "AsyncMaiaScim": "maia_scim.client",
    "BearerToken": "maia_scim.auth",
    "ClientCredentials": "maia_scim.auth",
    "FileTokenCache": "maia_scim.token_cache",
    "MaiaScim": "maia_scim.client",
    "Outcome": "maia_scim.many",
    "Progress": "maia_scim.many",
    "RateLimit": "maia_scim.limits",
    "Region": "maia_public_api.servers",
    "RetryPolicy": "maia_scim.retry",
    "SPEC": "maia_public_api.spec",
    "apply": "",
    "errors": "",
    "events": "",
    "limits": "",
    "models": "",
    "patch": "",
}

if not TYPE_CHECKING:  # hidden from type checkers, which would else accept any misspelt name

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(home), name) if home else import_module(f"{__name__}.{name}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return __all__


__all__ = [
    "SPEC",
    "AsyncMaiaScim",
    "BearerToken",
    "ClientCredentials",
    "FileTokenCache",
    "MaiaScim",
    "Outcome",
    "Progress",
    "RateLimit",
    "Region",
    "RetryPolicy",
    "__version__",
    "apply",
    "errors",
    "events",
    "limits",
    "models",
    "patch",
]
