"""What an install puts on the disk: ours, openai-python and databricks-sdk, each with its dependencies and no extras.

python -m benchmarks.footprint
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from .bare import NotInstalled, bare, wheel
from .figure import Figure, show

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHERS = ("openai", "databricks-sdk")
SMALLER = 0.99  # as small is not smaller


def figures() -> Iterator[Figure]:
    """Compare the bytes and the number of packages with the smaller of the others; `details` list all of them."""
    try:
        with ExitStack() as stack:
            found = {"maia-scim": _installed(stack.enter_context(wheel()))}
        found |= {other: _installed(other) for other in OTHERS}
    except NotInstalled as error:
        for what, against in (("installed size", "the smaller of"), ("packages installed", "the fewer of")):
            yield Figure(what, f"{against} {' and '.join(OTHERS)}", None, bound=SMALLER, details={"why": str(error)})
        return
    ours = found["maia-scim"]
    for key, what, against in (
        ("bytes", "installed size", "the smaller of"),
        ("count", "packages installed", "the fewer of"),
    ):
        least = min(found[other][key] for other in OTHERS)
        yield Figure(what, f"{against} {' and '.join(OTHERS)}", ours[key] / least, bound=SMALLER, details=found)


def _installed(wanted: str) -> dict[str, Any]:
    with bare(wanted) as where:
        packages = where.listed()
        return {"bytes": where.size(), "count": len(packages), "packages": packages}


if __name__ == "__main__":
    show(figures())
