"""From the names that people hold to the ids that the service wants: an index of who was seen, in a local file.

The service has no list and no search. The index knows whom it was shown: by the answers of a client, by journals, by
reading. It is no list of the directory.

>>> with Index.open(Path("seen.sqlite"), maia) as index:
...     seen = index.fed_by(maia)
...     seen.users.get("2819c223-7f76-453a-919d-413861904646")
...     index.find("bjensen@example.com").id
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import IndexFault, IndexRefused, NameAmbiguous, NameNotFound
    from .feeding import add_groups, add_users, learn, refresh
    from .model import Counts, Found, SeenGroup, SeenUser
    from .store import Index

# Where each name lives, imported on first use, as in maia_scim itself.
_HOMES = {
    **dict.fromkeys(("IndexFault", "IndexRefused", "NameAmbiguous", "NameNotFound"), "errors"),
    **dict.fromkeys(("add_groups", "add_users", "learn", "refresh"), "feeding"),
    **dict.fromkeys(("Counts", "Found", "SeenGroup", "SeenUser"), "model"),
    "Index": "store",
}

if not TYPE_CHECKING:  # hidden from type checkers, which would else accept any misspelt name

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{home}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return __all__


__all__ = [
    "Counts",
    "Found",
    "Index",
    "IndexFault",
    "IndexRefused",
    "NameAmbiguous",
    "NameNotFound",
    "SeenGroup",
    "SeenUser",
    "add_groups",
    "add_users",
    "learn",
    "refresh",
]
