"""The generated models (``ScimUser``, ``Name``, ``Email``, ``Meta``, …), each imported on first use."""

from typing import TYPE_CHECKING, Any

import maia_public_api.models as _generated

if TYPE_CHECKING:
    from maia_public_api.models import *  # noqa: F403 - the names are the specification's, and change with it
else:
    __all__ = _generated.__all__

    def __getattr__(name: str) -> Any:
        return getattr(_generated, name)

    def __dir__() -> list[str]:
        return dir(_generated)
